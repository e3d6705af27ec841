"""Duty records from the database: the same rules as from files, with leave, calendar, outages and voids."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api import queries
from checkin_api.db import Database
from checkin_api.domain.ids import (
    Assurance,
    CorrectionKind,
    CorrectionState,
    Direction,
    Flag,
    OutageSource,
    PunchSource,
    Status,
    new_id,
)
from checkin_api.queries import attendance as read
from tests import builders
from tests.attendance import in_words

TAIPEI = ZoneInfo("Asia/Taipei")
MONDAY, TUESDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 22)
LATER = datetime(2026, 12, 1, tzinfo=TAIPEI)


def at(clock: str, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), TAIPEI)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        yield session


def blocks(session: Session, first: date = MONDAY, last: date = MONDAY, **question: Any) -> list[read.OfficerBlock]:
    as_of = question.pop("as_of", LATER)
    return list(read.attendance(session, read.Period(first=first, last=last, as_of=as_of, zone=TAIPEI), **question))


def words(session: Session, first: date = MONDAY, last: date = MONDAY, **question: Any) -> list[str]:
    return [in_words(record) for block in blocks(session, first, last, **question) for record in block.records()]


def day_shift(session: Session, **rules: Any) -> m.Shift:
    return builders.shift(session, **{"code": "day", "start": time(8), "end": time(17), **rules})


def test_records_come_by_staff_number_duty_date_and_start(session: Session):
    day, night = day_shift(session), builders.shift(session, code="night", start=time(20), end=time(8))
    second, first = builders.officer(session, staff_no="B2"), builders.officer(session, staff_no="A1")
    builders.roster(session, second, day, MONDAY)
    builders.roster(session, first, night, TUESDAY)
    builders.roster(session, first, day, MONDAY)
    for direction, moment in ((Direction.IN, at("07:55")), (Direction.OUT, at("17:03:59.999999"))):
        builders.punch(session, first, direction, moment)
    builders.punch(session, first, Direction.IN, at("19:50", TUESDAY))
    found = [
        (block.officers[record.officer].staff_no, in_words(record))
        for block in blocks(session, MONDAY, TUESDAY)
        for record in block.records()
    ]
    assert found == [
        ("A1", "day present 07:55-17:03"),
        ("A1", "night missing_out 19:50-…"),
        ("B2", "day absent …-…"),
    ]


def test_many_officers_come_in_blocks(session: Session, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(read, "LARGEST_BLOCK", 2)
    day = day_shift(session)
    unit = builders.unit(session)
    for number in range(5):
        officer = builders.officer(session, unit, staff_no=f"S{number}")
        builders.roster(session, officer, day, MONDAY)
        builders.punch(session, officer, Direction.IN, at(f"08:0{number}"))
    assert [len(block.officers) for block in blocks(session)] == [2, 2, 1]
    assert words(session) == ["day missing_out 08:00-…", *(f"day missing_out 08:0{n}-… +late" for n in range(1, 5))]


def test_what_is_stored_while_a_question_is_answered_mixes_nobody_up(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    # SQLite answers from a snapshot.
    database = Database(postgres_url)
    monkeypatch.setattr(read, "LARGEST_BLOCK", 1)
    with database.write() as session:
        day, zones = day_shift(session), [builders.zone(session) for _ in range(3)]
        for name in ("A1", "B2", "C3"):
            builders.roster(session, builders.officer(session, staff_no=name), day, MONDAY, zone_id=zones[0].id)
    with database.read() as session, database.write() as other:
        question = read.attendance(session, read.Period(first=MONDAY, last=MONDAY, as_of=LATER, zone=TAIPEI))
        found = [next(question)]
        last = other.scalars(select(m.Officer).where(m.Officer.staff_no == "C3")).one()
        new = builders.zone(other)
        presence = builders.presence(other, last, new, at("07:55"))
        builders.punch(other, last, Direction.IN, at("07:55"), proof=presence)
        builders.roster(other, last, builders.shift(other, code="new"), TUESDAY, zone_id=new.id)
        other.commit()
        found += question
    database.close()
    assert [in_words(record) for block in found for record in block.records()] == [
        "day absent …-…", "day absent …-…", "day missing_out 07:55-…",
    ]  # fmt: skip


def test_office_staff_work_their_default_shift_on_working_days_of_the_calendar(session: Session):
    office = day_shift(session, code="office")
    officer = builders.officer(session, default_shift_id=office.id, active_from=SUNDAY)
    builders.roster(session, officer, builders.shift(session, code="extra", start=time(9), end=time(10)), TUESDAY)
    assert words(session, date(2026, 11, 20), TUESDAY) == ["office absent …-…", "extra absent …-…"]
    # A make-up day on Sunday, a day off on Monday.
    session.add_all([m.CalendarDay(day=SUNDAY, is_working=True), m.CalendarDay(day=MONDAY, is_working=False)])
    session.flush()
    [sunday, _] = [record for block in blocks(session, SUNDAY, TUESDAY) for record in block.records()]
    assert (sunday.duty_date, sunday.status) == (SUNDAY, Status.ABSENT)


def test_leave_outages_voids_corrections_and_weak_proof_are_seen(session: Session):
    day, zone, other = day_shift(session), builders.zone(session), builders.zone(session)
    on_leave, unseen, elsewhere, voided, weak = (
        builders.officer(session, staff_no=name)
        for name in ("1 leave", "2 unseen", "3 elsewhere", "4 voided", "5 weak")
    )
    for officer, its_zone in ((on_leave, zone), (unseen, zone), (elsewhere, other), (voided, other), (weak, other)):
        builders.roster(session, officer, day, MONDAY, zone_id=its_zone.id)
    session.add(m.Leave(officer_id=on_leave.id, begin=at("08:00"), end=at("17:00"), kind="休假"))
    session.add(
        m.Outage(
            zone_id=zone.id, begin=at("09:00"), end=at("10:00"), source=OutageSource.ENTERED, entered_at=at("10:00")
        )
    )
    wrong = builders.punch(session, voided, Direction.IN, at("06:30"))
    builders.punch(session, voided, Direction.IN, at("08:00"), source=PunchSource.CORRECTION)
    request = m.Correction(
        id=new_id(), officer_id=voided.id, kind=CorrectionKind.VOID, direction=Direction.IN, at=wrong.at,
        punch_id=wrong.id, reason="誤按",
        requested_at=LATER, requested_by="A1", state=CorrectionState.APPROVED,
    )  # fmt: skip
    session.add(request)
    session.flush()
    session.add(m.PunchVoid(punch_id=wrong.id, correction_id=request.id, at=LATER))
    presence = builders.presence(session, weak, zone, at("08:00"), assurance=Assurance.LOW)
    builders.punch(session, weak, Direction.IN, at("08:00"), proof=presence)
    assert words(session) == [
        "day leave …-…",
        "day unproven …-…",
        "day absent …-…",
        "day missing_out 08:00-… +corrected",
        "day missing_out 08:00-… +low_assurance",
    ]


def test_a_duty_outside_service_is_none(session: Session):
    day, leaver = day_shift(session), builders.officer(session, active_from=MONDAY, active_to=MONDAY)
    for date_ in (SUNDAY, MONDAY, TUESDAY):
        builders.roster(session, leaver, day, date_)
    [record] = [record for block in blocks(session, SUNDAY, TUESDAY) for record in block.records()]
    assert record.duty_date == MONDAY


def test_exceptions_are_what_somebody_should_look_at(session: Session):
    day, unit = day_shift(session), builders.unit(session)
    for name, (come, gone) in {
        "1 fine": ("07:58", "17:02"), "2 late": ("08:10", "17:02"), "3 forgot": ("07:58", None),
        "4 absent": (None, None),
    }.items():  # fmt: skip
        officer = builders.officer(session, unit, staff_no=name)
        builders.roster(session, officer, day, MONDAY)
        for direction, clock in ((Direction.IN, come), (Direction.OUT, gone)):
            if clock is not None:
                builders.punch(session, officer, direction, at(clock), source=PunchSource.CORRECTION)
    [block] = blocks(session)
    assert [block.officers[record.officer].staff_no for record in block.exceptions()] == [
        "2 late", "3 forgot", "4 absent",
    ]  # fmt: skip


def test_units_officers_and_the_moment_narrow_the_question(session: Session):
    day = day_shift(session)
    bureau = builders.unit(session, code="B")
    station = builders.unit(session, code="S", parent_id=bureau.id)
    inside, outside = builders.officer(session, station, staff_no="IN"), builders.officer(session, staff_no="OUT")
    for officer in (inside, outside):
        builders.roster(session, officer, day, MONDAY)
    of_bureau = queries.of_units(queries.units(session, "B"))
    assert words(session, among=of_bureau, as_of=at("05:00")) == ["day pending …-…"]
    assert words(session, among=queries.of_staff_no(session, "OUT"), as_of=at("12:00")) == ["day in_progress …-…"]


def test_a_site_abroad_has_its_own_time(session: Session):
    berlin = builders.zone(session, builders.site(session, timezone="Europe/Berlin"))
    officer = builders.officer(session)
    builders.roster(session, officer, day_shift(session), date(2026, 3, 30), zone_id=berlin.id)
    builders.punch(session, officer, Direction.IN, datetime(2026, 3, 30, 8, 5, tzinfo=ZoneInfo("Europe/Berlin")))
    assert words(session, date(2026, 3, 30), date(2026, 3, 30)) == ["day missing_out 08:05-… +late"]


def test_totals_and_limits_of_a_month(session: Session):
    officer = builders.officer(session, staff_no="A1")
    whole = builders.shift(session, code="24h", start=time(8), end=time(8))
    builders.roster(session, officer, whole, MONDAY)
    builders.punch(session, officer, Direction.IN, at("08:00"))
    builders.punch(session, officer, Direction.OUT, at("09:30", TUESDAY))
    month = blocks(session, date(2026, 11, 1), date(2026, 11, 30))
    [row] = read.month_totals(month)
    assert (
        row.as_json().items() >= {"staff_no": "A1", "present": 1, "worked_minutes": 1530, "overtime_hours": 1}.items()
    )
    assert (row.as_json()["night_minutes"], row.as_json()["left_minutes"]) == (360, 30)
    [limit] = read.limits_passed(month)
    assert limit.passed.flag is Flag.DAILY_LIMIT
    assert limit.as_json().items() >= {"measured": 1500, "allowed": 720, "beyond_exceptional": True}.items()
