"""Files into the database: all rows or none, with one clear message per problem, the same on both databases."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import Assurance, BeaconKind, HoursRule, ZoneMode
from checkin_api.imports import ImportRefusedError, ImportResult, Kind, import_file
from tests.demo.department import write_csvs
from tests.importing import NOW, import_department, refused, run, stored


@pytest.fixture
def department(database: Database) -> Database:
    """One unit, one shift, two officers, one site, one zone, one beacon."""
    import_department(database)
    return database


# --- what is stored ------------------------------------------------------------------------------------------------


def test_empty_and_left_out_cells_take_the_defaults(department: Database):
    assert stored(department, *m.Shift.__table__.columns) == [
        (1, "day", "日勤", time(8), time(20), 0, 0, 0, 120, 240, HoursRule.FIRST_LAST, 0, 0)
    ]
    assert stored(department, m.Zone.code, m.Zone.mode, m.Zone.required_assurance, m.Zone.enforced) == [
        ("Z01", ZoneMode.CONFIRM, Assurance.MEDIUM, False)
    ]
    assert stored(department, m.Site.code, m.Site.address, m.Site.latitude, m.Site.timezone) == [
        ("S01", "", None, "Asia/Taipei")
    ]
    assert stored(department, m.Beacon.hwid, m.Beacon.kind, m.Beacon.label, m.Beacon.retired_at) == [
        ("0123456789", BeaconKind.LINE, "", None)
    ]


def test_a_full_row_of_each_kind_is_stored_as_it_says(department: Database):
    run(
        department,
        Kind.SHIFTS,
        "code,name,start,end,break_minutes,late_grace_minutes,early_grace_minutes,opens_before_minutes,"
        "closes_after_minutes,hours_rule,half_day_below_minutes,absent_below_minutes\n"
        "n,夜勤,20:00,08:00,60,5,6,90,180,every_pair,300,60\n",
    )
    assert stored(department, *m.Shift.__table__.columns)[1] == (
        *(2, "n", "夜勤", time(20), time(8), 60, 5, 6, 90, 180, HoursRule.EVERY_PAIR, 300, 60),
    )
    run(
        department,
        Kind.SITES,
        "code,name,address,latitude,longitude,timezone\nS02,辦公室,示範路 1 號,24.1477358,-120.5,Asia/Tokyo\n",
    )
    assert stored(department, *m.Site.__table__.columns)[1] == (
        *(2, "S02", "辦公室", "示範路 1 號", 24.1477358, -120.5, "Asia/Tokyo"),
    )
    run(
        department,
        Kind.ZONES,
        "code,name,site_code,mode,required_assurance,enforced,presence_ttl_s\nZ02,後門,S02,auto,high,是,60\n",
    )
    assert stored(department, *m.Zone.__table__.columns)[1] == (
        *(2, "Z02", "後門", 2, ZoneMode.AUTO, Assurance.HIGH, True, 60),
    )
    run(
        department,
        Kind.OFFICERS,
        "staff_no,name,unit_code,title,default_shift,active_from,active_to\n"
        "0099,=張禾霖,U01,巡佐,n,2026-01-01,2026-12-31\n",
    )
    assert stored(department, *m.Officer.__table__.columns)[2] == (
        *(3, "0099", "=張禾霖", 1, "巡佐", 2, date(2026, 1, 1), date(2026, 12, 31)),
    )
    run(department, Kind.BEACONS, "hwid,zone_code,kind,label\nABCDEF0123,Z02,static,後門\n")
    assert stored(department, m.Beacon.hwid, m.Beacon.zone_id, m.Beacon.kind, m.Beacon.label)[1] == (
        *("abcdef0123", 2, BeaconKind.STATIC, "後門"),
    )
    run(department, Kind.ROSTER, "staff_no,duty_date,shift_code,zone_code\n0099,2026-11-23,n,Z02\n")
    assert stored(department, *m.RosterEntry.__table__.columns) == [(1, 3, date(2026, 11, 23), 2, 2)]


def test_rows_are_counted_as_added_changed_or_unchanged(department: Database):
    content = "staff_no,name,unit_code,title\n0012,王沐謙,U01,警員\nA013,李苡岑,U01,\nB001,陳昀棠,U01,\n"
    assert run(department, Kind.OFFICERS, content) == ImportResult(added=1, changed=1, unchanged=1)
    assert run(department, Kind.OFFICERS, content) == ImportResult(added=0, changed=0, unchanged=3)


def test_a_column_left_out_keeps_what_is_stored_and_an_empty_cell_does_not(department: Database):
    run(department, Kind.OFFICERS, "staff_no,name,unit_code,title,active_from\n0012,王沐謙,U01,巡佐,2026-01-01\n")
    assert run(department, Kind.OFFICERS, "staff_no,name,unit_code\n0012,王沐謙,U01\n").unchanged == 1
    assert stored(department, m.Officer.staff_no, m.Officer.title)[0] == ("0012", "巡佐")
    assert run(department, Kind.OFFICERS, "staff_no,name,unit_code,title\n0012,王沐謙,U01,\n").changed == 1
    assert stored(department, m.Officer.staff_no, m.Officer.title, m.Officer.active_from)[0] == (
        *("0012", "", date(2026, 1, 1)),
    )


def test_officers_missing_from_a_file_are_not_deleted(department: Database):
    run(department, Kind.OFFICERS, "staff_no,name,unit_code\nB001,陳昀棠,U01\n")
    assert [number for (number,) in stored(department, m.Officer.staff_no)] == ["0012", "A013", "B001"]


def test_a_roster_adds_duties_and_may_change_their_zone_and_replaces_nothing(department: Database):
    header = "staff_no,duty_date,shift_code,zone_code\n"
    assert run(department, Kind.ROSTER, header + "0012,2026-11-23,day,\n0012,2026-11-24,day,\n").added == 2
    content = header + "0012,2026-11-24,day,Z01\nA013,2026-11-24,day,Z01\n"
    assert run(department, Kind.ROSTER, content) == ImportResult(added=1, changed=1, unchanged=0)
    assert stored(department, m.RosterEntry.id, m.RosterEntry.duty_date, m.RosterEntry.zone_id) == [
        (1, date(2026, 11, 23), None),
        (2, date(2026, 11, 24), 1),
        (3, date(2026, 11, 24), 1),
    ]


def test_a_dry_run_counts_and_changes_nothing(department: Database):
    with department.write() as session:
        content = b"code,name\nU02,x\n"
        result = import_file(session, Kind.UNITS, content, filename="u", now=NOW, default_timezone="Asia/Taipei")
        session.rollback()
    assert result == ImportResult(added=1, changed=0, unchanged=0)
    assert len(stored(department, m.Unit.code)) == 1


# --- units ---------------------------------------------------------------------------------------------------------


def test_a_parent_may_stand_later_in_the_file(database: Database):
    content = "code,name,parent_code\nU02,派出所,U01\nU01,分局,B\nB,局,\n"
    assert run(database, Kind.UNITS, content) == ImportResult(added=3, changed=0, unchanged=0)
    parent = m.Unit.__table__.alias()
    with database.read() as session:
        pairs = session.execute(select(m.Unit.code, parent.c.code).outerjoin(parent, parent.c.id == m.Unit.parent_id))
        assert dict(pairs.all()) == {"U02": "U01", "U01": "B", "B": None}
    assert run(database, Kind.UNITS, content) == ImportResult(added=0, changed=0, unchanged=3)
    moved = content.replace("派出所,U01", "派出所,B").replace("U01,分局", "U01,第一分局") + "U03,隊,U01\n"
    assert run(database, Kind.UNITS, moved) == ImportResult(added=1, changed=2, unchanged=1)


def test_an_empty_parent_makes_a_unit_a_root_and_a_left_out_column_does_not(database: Database):
    run(database, Kind.UNITS, "code,name,parent_code\nA,a,B\nB,b,\n")
    assert run(database, Kind.UNITS, "code,name\nA,a\n").unchanged == 1
    assert run(database, Kind.UNITS, "code,name,parent_code\nA,a,\n").changed == 1
    assert stored(database, m.Unit.code, m.Unit.parent_id) == [("A", None), ("B", None)]


@pytest.mark.parametrize(
    ("before", "rows", "line", "circle"),
    [
        ("", "A,a,A\n", 2, "A → A"),
        ("", "X,x,\nA,a,B\nB,b,C\nC,c,A\n", 3, "A → B → C → A"),
        ("A,a,\nB,b,A\nC,c,B\n", "X,x,\nA,a,C\n", 3, "A → C → B → A"),
    ],
)
def test_a_circle_of_units_is_refused_also_together_with_stored_ones(
    database: Database, before: str, rows: str, line: int, circle: str
):
    header = "code,name,parent_code\n"
    run(database, Kind.UNITS, header + before)
    was = stored(database, m.Unit.code, m.Unit.parent_id)
    assert refused(database, Kind.UNITS, header + rows) == [
        f"units.csv:{line}: parent_code: 上級單位形成循環 / the units form a circle: {circle}"
    ]
    assert stored(database, m.Unit.code, m.Unit.parent_id) == was


def test_a_unit_whose_own_line_is_wrong_is_no_second_problem_of_those_below(database: Database):
    [problem] = refused(database, Kind.UNITS, "code,name,parent_code\nA,a,B\nB,,\n")
    assert problem.startswith("units.csv:3: name: 不可空白")


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (
            Kind.UNITS,
            "code,name,parent_code\nU02,x,U99\n",
            "units.csv:2: parent_code: 單位 U99 不存在 / no such unit: U99",
        ),
        (Kind.OFFICERS, "staff_no,name,unit_code\nB1,x,U99\n", "officers.csv:2: unit_code: 單位 U99 不存在"),
        (
            Kind.OFFICERS,
            "staff_no,name,unit_code,default_shift\nB1,x,U01,z\n",
            "officers.csv:2: default_shift: 班別 z ",
        ),
        (Kind.ZONES, "code,name,site_code\nZ9,x,s01\n", "zones.csv:2: site_code: 地點 s01 不存在 / no such site: s01"),
        (Kind.BEACONS, "hwid,zone_code,kind\n0000000001,Z9,line\n", "beacons.csv:2: zone_code: 簽到區 Z9 不存在"),
        (
            Kind.ROSTER,
            "staff_no,duty_date,shift_code\n0012,2026-11-23,day\n12,2026-11-23,day\n12,2026-11-24,day\n",
            "roster.csv:3: staff_no: 員警 12 不存在 / no such officer: 12 (共 2 行 / 2 lines)",
        ),
        (
            Kind.OFFICERS,
            "staff_no,name,unit_code,active_from,active_to\nB1,x,U01,2026-02-01,2026-01-31\n",
            "officers.csv:2: active_to: 早於 active_from 2026-02-01 / 2026-01-31 is before active_from 2026-02-01",
        ),
        (Kind.SITES, "code,name,latitude\nS01,x,24.1\n", "sites.csv:2: longitude: 緯度與經度須同時填寫"),
    ],
)
def test_what_does_not_fit_the_database_is_refused_by_name_and_nothing_is_changed(
    department: Database, kind: Kind, content: str, expected: str
):
    content += {Kind.UNITS: "U03,good,\n", Kind.ZONES: "Z03,good,S01\n"}.get(kind, "")
    counts = [
        stored(department, func.count(model.id)) for model in (m.Unit, m.Officer, m.Zone, m.Beacon, m.RosterEntry)
    ]
    [problem] = refused(department, kind, content)
    assert problem.startswith(expected)
    assert counts == [
        stored(department, func.count(model.id)) for model in (m.Unit, m.Officer, m.Zone, m.Beacon, m.RosterEntry)
    ]


def test_a_rule_counts_what_is_stored_in_columns_that_the_file_leaves_out(department: Database):
    run(department, Kind.OFFICERS, "staff_no,name,unit_code,active_from\n0012,王沐謙,U01,2026-06-01\n")
    [problem] = refused(department, Kind.OFFICERS, "staff_no,name,unit_code,active_to\n0012,王沐謙,U01,2026-05-31\n")
    assert problem.startswith("officers.csv:2: active_to: 早於 active_from 2026-06-01")


def test_problems_of_cells_and_of_the_database_are_reported_together(department: Database):
    found = refused(
        department,
        Kind.ROSTER,
        "staff_no,duty_date,shift_code\n0012,x,day\nA013,2026-11-23,late\nZ,2026-11-23,day\n0012,2026-11-24,day\n",
    )
    assert [line.split(": ")[:2] for line in found] == [
        ["roster.csv:2", "duty_date"],
        ["roster.csv:3", "shift_code"],
        ["roster.csv:4", "staff_no"],
    ]
    assert stored(department, m.RosterEntry.id) == []


def test_a_problem_in_a_late_step_takes_back_the_earlier_ones(department: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("checkin_api.imports.comparing._STEP", 2)
    retire(department, "0123456789", NOW)
    rows = "".join(f"000000000{n},Z01,line\n" for n in range(5))
    content = f"hwid,zone_code,kind\n{rows}0123456789,Z01,line\n".encode()
    with department.write() as session, pytest.raises(ImportRefusedError):
        import_file(session, Kind.BEACONS, content, filename="b", now=NOW, default_timezone="Asia/Taipei")
    # Even a caller that commits after a refusal has nothing of the file.
    assert [hwid for (hwid,) in stored(department, m.Beacon.hwid)] == ["0123456789"]


def retire(database: Database, hwid: str, at: datetime) -> None:
    with database.write() as session:
        session.scalars(select(m.Beacon).where(m.Beacon.hwid == hwid)).one().retired_at = at


def test_a_retired_beacon_is_not_put_back_silently(department: Database):
    retire(department, "0123456789", NOW - timedelta(days=22))
    content = "hwid,zone_code,kind\n0123456789,Z01,line\n"
    [problem] = refused(department, Kind.BEACONS, content)
    assert problem.startswith("beacons.csv:2: hwid: 信標已於 2026-11-01 停用，匯入不會重新啟用")
    retire(department, "0123456789", NOW + timedelta(days=1))
    assert run(department, Kind.BEACONS, content).unchanged == 1


# --- two at a time, many, and anything -----------------------------------------------------------------------------


def test_two_imports_of_one_file_at_the_same_time_store_it_once(department: Database):
    content = "code,name\n" + "".join(f"U{n:03d},x\n" for n in range(100, 400))
    answers: list[ImportResult | ImportRefusedError] = []
    ready = threading.Barrier(2)

    def one() -> None:
        ready.wait(10)
        try:
            answers.append(run(department, Kind.UNITS, content))
        except ImportRefusedError as exc:
            answers.append(exc)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert ImportResult(added=300, changed=0, unchanged=0) in answers
    assert len(answers) == 2
    assert len(stored(department, m.Unit.code)) == 301


def test_who_comes_second_with_the_same_new_row_is_told_to_try_again(postgres_url: str):
    database, other = Database(postgres_url), Database(postgres_url)

    def overtake(_connection, _cursor, statement: str, *_rest) -> None:
        if statement.startswith("INSERT INTO unit"):
            run(other, Kind.UNITS, "code,name\nU02,x\n")

    event.listen(database.engine, "before_cursor_execute", overtake)
    [problem] = refused(database, Kind.UNITS, "code,name\nU02,y\n")
    assert problem.startswith("units.csv:1: 資料同時被他人變更，請再試一次")
    assert stored(database, m.Unit.code, m.Unit.name) == [("U02", "x")]
    database.close()
    other.close()


@contextmanager
def counted_statements(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(_connection, _cursor, statement, *_rest) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    yield statements
    event.remove(database.engine, "before_cursor_execute", count)


def test_a_large_roster_takes_a_handful_of_statements(department: Database):
    first = date(2026, 1, 1)
    days = [(first + timedelta(days=n)).isoformat() for n in range(6_000)]
    content = "staff_no,duty_date,shift_code\n" + "".join(
        f"{no},{day},day\n" for no in ("0012", "A013") for day in days
    )
    with counted_statements(department) as statements:
        assert run(department, Kind.ROSTER, content).added == 12_000
    assert len(statements) < 25
    with counted_statements(department) as statements:
        assert run(department, Kind.ROSTER, content).unchanged == 12_000
    assert len(statements) < 25


def test_the_invented_department_imports_cleanly_and_a_second_time_changes_nothing(database: Database, tmp_path: Path):
    write_csvs(tmp_path, date(2026, 11, 23))
    kinds = [kind for kind in Kind if (tmp_path / f"{kind}.csv").exists()]
    assert kinds == ["units", "shifts", "officers", "sites", "zones", "beacons", "roster"]
    files = {kind: (tmp_path / f"{kind}.csv").read_text("utf-8") for kind in kinds}
    rows = {kind: len(content.splitlines()) - 1 for kind, content in files.items()}
    for kind, content in files.items():
        assert run(database, kind, content) == ImportResult(added=rows[kind], changed=0, unchanged=0)
    for kind, content in files.items():
        assert run(database, kind, content) == ImportResult(added=0, changed=0, unchanged=rows[kind])


def known_rows() -> st.SearchStrategy[tuple[Kind, bytes]]:
    """Files that get past the header and often name what exists."""
    words = [
        "",
        "U01",
        "0012",
        "A013",
        "day",
        "S01",
        "Z01",
        "0123456789",
        "2026-11-23",
        "08:00",
        "line",
        "auto",
        "24.1",
        "2026-11-23T08:00+08:00",
        "2026-11-24",
        "in",
        "20261123",
        "一",
        "0",
    ]
    columns = {
        Kind.UNITS: "code,name,parent_code",
        Kind.OFFICERS: "staff_no,name,unit_code,title,default_shift,active_from,active_to",
        Kind.SITES: "code,name,latitude,longitude",
        Kind.ZONES: "code,name,site_code,mode",
        Kind.BEACONS: "hwid,zone_code,kind,label",
        Kind.ROSTER: "staff_no,duty_date,shift_code,zone_code",
        Kind.LEAVE: "staff_no,start,end,kind",
        Kind.CALENDAR: "西元日期,星期,是否放假,備註",
        Kind.PUNCHES: "staff_no,at,direction,zone_code",
        Kind.OUTAGES: "zone_code,start,end,reason",
    }
    cell = st.sampled_from(words) | st.text(st.characters(exclude_characters='",\r\n', codec="utf-8"), max_size=6)

    def file(kind: Kind) -> st.SearchStrategy[tuple[Kind, bytes]]:
        width = columns[kind].count(",") + 1
        rows = st.lists(st.lists(cell, min_size=width, max_size=width).map(",".join), max_size=6)
        return rows.map(lambda lines: (kind, "\n".join([columns[kind], *lines]).encode()))

    return st.sampled_from(list(columns)).flatmap(file)


# The department is only read: every example rolls back.
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(known_rows() | st.tuples(st.sampled_from(list(Kind)), st.binary()))
def test_any_file_is_imported_or_refused_and_nothing_else(department: Database, file: tuple[Kind, bytes]):
    kind, content = file
    with department.write() as session:
        try:
            import_file(session, kind, content, filename="f", now=NOW, default_timezone="Asia/Taipei")
        except ImportRefusedError as exc:
            assert exc.problems  # noqa: PT017 (imported is fine too)
        session.rollback()
