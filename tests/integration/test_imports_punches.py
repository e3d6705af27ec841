"""Punches of other clocks and outages entered by hand, into the database."""

from datetime import UTC, datetime, timedelta

import pytest

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import Assurance, Direction, OutageSource, PunchSource, new_id
from checkin_api.imports import ImportResult, Kind
from tests.importing import NOW, import_department, refused, run, stored

PUNCHES = "staff_no,at,direction,zone_code\n"
OUTAGES = "zone_code,start,end,reason\n"
EIGHT = datetime(2026, 11, 23, 0, tzinfo=UTC)


@pytest.fixture
def department(database: Database) -> Database:
    import_department(database)
    return database


def test_an_imported_punch_says_where_it_comes_from_and_proves_nothing(department: Database):
    assert run(department, Kind.PUNCHES, PUNCHES + "0012,2026-11-23T08:00:12+08:00,in,Z01\n").added == 1
    columns = (m.Punch.officer_id, m.Punch.at, m.Punch.direction, m.Punch.source, m.Punch.zone_id, m.Punch.assurance)
    assert stored(department, *columns, m.Punch.presence_id, m.Punch.received_at) == [
        (1, EIGHT + timedelta(seconds=12), Direction.IN, PunchSource.IMPORT, 1, Assurance.NONE, None, NOW)
    ]


def test_the_same_file_twice_changes_nothing_also_at_another_offset(department: Database):
    rows = "0012,2026-11-23T08:00+08:00,in,\n0012,2026-11-23T08:00+08:00,out,\nA013,2026-11-23T08:00+08:00,auto,Z01\n"
    assert run(department, Kind.PUNCHES, PUNCHES + rows) == ImportResult(added=3, changed=0, unchanged=0)
    before = stored(department, *m.Punch.__table__.columns)
    again = PUNCHES + rows.replace("T08:00+08:00", "T00:00Z")
    assert run(department, Kind.PUNCHES, again) == ImportResult(added=0, changed=0, unchanged=3)
    assert stored(department, *m.Punch.__table__.columns) == before


def test_a_stored_punch_is_never_changed(department: Database):
    run(department, Kind.PUNCHES, PUNCHES + "0012,2026-11-23T08:00+08:00,in,\n")
    content = PUNCHES + "A013,2026-11-23T08:00+08:00,in,\n0012,2026-11-23T08:00+08:00,in,Z01\n"
    [problem] = refused(department, Kind.PUNCHES, content)
    assert problem.startswith("punches.csv:3: 資料庫已有這一筆而內容不同，不會更改")
    assert stored(department, m.Punch.officer_id, m.Punch.zone_id) == [(1, None)]
    assert run(department, Kind.PUNCHES, "staff_no,at,direction\n0012,2026-11-23T08:00+08:00,in\n").unchanged == 1


def test_a_punch_of_the_chat_at_the_same_time_stands_beside_the_imported_one(department: Database):
    with department.write() as session:
        session.add(
            m.Punch(
                id=new_id(),
                officer_id=1,
                direction=Direction.IN,
                at=EIGHT,
                received_at=EIGHT,
                source=PunchSource.CHAT,
                assurance=Assurance.HIGH,
                request_id="line:1",
            )
        )
    assert run(department, Kind.PUNCHES, PUNCHES + "0012,2026-11-23T08:00+08:00,in,\n").added == 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("0012,2026-11-23T08:00,in,", "2: at: 缺時差"),
        ("0012,2026-11-23,in,", "2: at: 須為 ISO 8601"),
        ("0012,0226-11-23T08:00+08:00,in,", "2: at: 年份須為 2000 到 2099"),
        ("0012,2026-11-23T08:00+08:00,up,", "2: direction: 只能是 in|out|auto 之一"),
        ("0012,2026-11-23T08:00+08:00,,", "2: direction: 不可空白"),
        ("12,2026-11-23T08:00+08:00,in,", "2: staff_no: 員警 12 不存在"),
        ("0012,2026-11-23T08:00+08:00,in,Z9", "2: zone_code: 簽到區 Z9 不存在"),
    ],
)
def test_a_wrong_punch_is_refused_at_its_line_and_column(department: Database, row: str, words: str):
    [problem] = refused(department, Kind.PUNCHES, f"{PUNCHES}{row}\n0012,2026-11-23T20:00+08:00,out,\n")
    assert problem.startswith(f"punches.csv:{words}")
    assert stored(department, m.Punch.id) == []


def test_more_punches_than_one_step_holds_are_all_stored_once(department: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("checkin_api.imports.comparing._STEP", 7)
    rows = "".join(f"{no},2026-11-{day:02}T08:00+08:00,in,\n" for no in ("0012", "A013") for day in range(1, 21))
    assert run(department, Kind.PUNCHES, PUNCHES + rows).added == 40
    assert run(department, Kind.PUNCHES, PUNCHES + rows).unchanged == 40


# --- outages -------------------------------------------------------------------------------------------------------


def test_outages_entered_by_hand_may_be_of_all_zones_and_may_last(department: Database):
    content = OUTAGES + "Z01,2026-11-23T08:00+08:00,2026-11-23T09:00+08:00,停電\n,2026-11-23T10:00+08:00,,LINE 中斷\n"
    assert run(department, Kind.OUTAGES, content).added == 2
    columns = (m.Outage.begin, m.Outage.end, m.Outage.zone_id, m.Outage.reason, m.Outage.source, m.Outage.entered_at)
    hour = timedelta(hours=1)
    assert stored(department, *columns) == [
        (EIGHT, EIGHT + hour, 1, "停電", OutageSource.ENTERED, NOW),
        (EIGHT + 2 * hour, None, None, "LINE 中斷", OutageSource.ENTERED, NOW),
    ]
    assert run(department, Kind.OUTAGES, content).unchanged == 2


def test_an_outage_that_lasted_is_ended_by_importing_it_with_its_end(department: Database):
    run(department, Kind.OUTAGES, OUTAGES + ",2026-11-23T10:00+08:00,,LINE 中斷\n")
    ended = OUTAGES + ",2026-11-23T10:00+08:00,2026-11-23T11:00+08:00,LINE 中斷\n"
    assert run(department, Kind.OUTAGES, ended) == ImportResult(added=0, changed=1, unchanged=0)
    assert stored(department, m.Outage.end) == [(EIGHT + timedelta(hours=3),)]


def test_a_derived_outage_is_not_touched(department: Database):
    derived = m.Outage(zone_id=1, begin=EIGHT, reason="", source=OutageSource.DERIVED, entered_at=EIGHT)
    with department.write() as session:
        session.add(derived)
    assert run(department, Kind.OUTAGES, OUTAGES + "Z01,2026-11-23T08:00+08:00,,停電\n").added == 1
    assert [reason for _, reason in stored(department, m.Outage.id, m.Outage.reason)] == ["", "停電"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Z9,2026-11-23T08:00+08:00,,", "2: zone_code: 簽到區 Z9 不存在"),
        ("Z01,2026-11-23T08:00+08:00,2026-11-23T08:00+08:00,", "2: end: 結束不晚於開始"),
        ("Z01,,2026-11-23T08:00+08:00,", "2: start: 不可空白"),
        ("Z01,2026-11-23,,", "2: start: 須為 ISO 8601"),
    ],
)
def test_a_wrong_outage_is_refused_at_its_line_and_column(department: Database, row: str, words: str):
    [problem] = refused(department, Kind.OUTAGES, f"{OUTAGES}{row}\n,2026-11-23T08:00+08:00,,\n")
    assert problem.startswith(f"outages.csv:{words}")


def test_outages_must_say_of_which_zone_even_if_it_is_all(department: Database):
    [problem] = refused(department, Kind.OUTAGES, "start,end\n2026-11-23T08:00+08:00,\n")
    assert problem.startswith("outages.csv:1: zone_code: 缺少必要欄位")
