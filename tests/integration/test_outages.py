"""Outages: derived from who was heard where, entered by hand, dismissed, confirmed for everyone concerned."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from checkin_api import audit, corrections, outages
from checkin_api import models as m
from checkin_api.corrections import MissingPunch, Request
from checkin_api.db import Database
from checkin_api.domain.corrections import Actor, Policy
from checkin_api.domain.ids import (
    CorrectionRefusal,
    CorrectionState,
    Direction,
    OutageSource,
    Proof,
    Reason,
    StaffNo,
    Status,
)
from checkin_api.errors import NotFoundError
from checkin_api.outages import Confirmed, Derived, OutageRefusedError
from checkin_api.queries import coverage
from checkin_api.queries.attendance import Period, attendance
from tests import builders

TAIPEI = ZoneInfo("Asia/Taipei")
MONDAY = date(2026, 11, 23)
HOUR = timedelta(hours=1)
POLICY = Policy(quota=3, days=31, zone=TAIPEI)
HR = Actor("cli:hr", StaffNo("HR1"))


def at(clock: str, day: date = MONDAY) -> datetime:
    hours, minutes = clock.split(":")
    return datetime(day.year, day.month, day.day, int(hours), int(minutes), tzinfo=TAIPEI).astimezone(UTC)


NIGHT = at("23:59")


class Department:
    """A gate where three officers have day duty 08:00–17:00 on Monday, and a yard where somebody is always heard."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.write() as session:
            self.unit_id = builders.unit(session, code="U1").id
            unit = session.get_one(m.Unit, self.unit_id)
            self.gate_id = builders.zone(session, code="GATE", name="大門").id
            self.yard_id = builders.zone(session, code="YARD").id
            shift = builders.shift(session, code="day", start=time(8), end=time(17))
            builders.officer(session, unit, staff_no="HR1")
            for staff_no in ("A1", "A2", "A3"):
                officer = builders.officer(session, unit, staff_no=staff_no)
                builders.roster(session, officer, shift, MONDAY, zone_id=self.gate_id)
            for hour in range(24):
                _heard(session, "YARD", at(f"{hour:02}:30"))

    def heard(self, zone: str, clock: str, day: date = MONDAY) -> None:
        with self.database.write() as session:
            _heard(session, zone, at(clock, day))

    def punch(self, staff_no: str, direction: Direction, clock: str) -> None:
        with self.database.write() as session:
            officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == staff_no)).one()
            builders.punch(session, officer, direction, at(clock))

    def derive(self, now: datetime = NIGHT) -> Derived:
        return outages.derive(self.database, now, TAIPEI, within=HOUR)

    def outages(self, *, dismissed: bool = False) -> list[str]:
        with self.database.read() as session:
            return [
                f"{row.zone_code} {row.begin.astimezone(TAIPEI):%H:%M}-"
                + (f"{row.end.astimezone(TAIPEI):%H:%M}" if row.end else "")
                for row in coverage.outages(session, dismissed=dismissed)
            ]

    def statuses(self, now: datetime = NIGHT + HOUR) -> dict[str, Status]:
        with self.database.read() as session:
            period = Period(first=MONDAY, last=MONDAY, as_of=now, zone=TAIPEI)
            return {
                block.officers[record.officer].staff_no: record.status
                for block in attendance(session, period)
                for record in block.records()
            }

    def the_outage(self) -> int:
        with self.database.read() as session:
            [row] = coverage.outages(session, dismissed=True)
        return row.id

    def confirm(
        self, outage_id: int, actor: Actor = HR, *, without: Sequence[str] = (), now: datetime = NIGHT + HOUR
    ) -> list[Confirmed]:
        with self.database.write() as session:
            row = outages.find(session, outage_id)
            rows = [
                each for each in coverage.concerned(session, row, now, TAIPEI) if each.officer.staff_no not in without
            ]
            return list(outages.confirm(session, now, row, rows, actor=actor, policy=POLICY))


def _heard(session: Session, zone_code: str, moment: datetime) -> None:
    officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "HR1")).one()
    zone = session.scalars(select(m.Zone).where(m.Zone.code == zone_code)).one()
    builders.presence(session, officer, zone, moment)


@pytest.fixture
def department(database: Database) -> Department:
    return Department(database)


# --- derived -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proof", "expected"), [(Proof.VALID, 0), (Proof.STATIC, 0), (Proof.FORGED, 1), (Proof.STALE, 1), (None, 1)]
)
def test_an_agent_that_heard_the_zones_beacon_shows_that_it_could_see(
    department: Department, proof: Proof | None, expected: int
):
    with department.database.write() as session:
        gate = session.get_one(m.Zone, department.gate_id)
        beacon = builders.beacon(session, gate, hwid="c0ffee00aa")
        for clock in ("08:00", "17:00"):
            builders.beacon_sighting(session, beacon, at(clock), proof=proof)
        # What another zone's agent heard of it is a copy, or the wall between them.
        far = builders.zone(session, code="FAR")
        builders.beacon_sighting(session, beacon, at("09:00"), zone_id=far.id, proof=Proof.VALID)
    department.derive()
    assert len(department.outages()) == expected


def test_what_only_agents_saw_tells_nothing_of_line(department: Department):
    with department.database.write() as session:
        session.execute(delete(m.Presence))
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A1")).one()
        gate = session.get_one(m.Zone, department.gate_id)
        builders.presence(session, officer, gate, at("08:00"), agent_id=builders.agent(session, gate).id)
    department.derive()
    assert department.outages() == ["None 08:00-"]


def test_a_zone_that_heard_nobody_when_punches_were_due_was_blind(department: Department):
    department.heard("GATE", "05:00")
    department.heard("GATE", "20:00")
    assert department.derive() == Derived(added=1, changed=0, removed=0)
    assert department.outages() == ["GATE 05:00-20:00"]
    assert set(department.statuses().values()) == {Status.UNPROVEN}


def test_who_was_not_there_when_others_were_heard_is_absent(department: Department):
    department.heard("GATE", "07:50")
    department.heard("GATE", "17:05")
    assert department.derive() == Derived(0, 0, 0)
    assert set(department.statuses().values()) == {Status.ABSENT}


def test_an_outage_of_everything_is_one_outage(department: Department):
    with department.database.write() as session:
        session.query(m.Presence).delete()
    department.heard("YARD", "07:00", date(2026, 11, 20))
    department.derive()
    assert department.outages() == ["None 07:00-"]


def test_refused_taps_show_that_line_reaches_us_and_not_that_the_zone_sees(department: Department):
    with department.database.write() as session:
        session.query(m.Presence).delete()
        for clock in ("08:00", "17:00"):
            builders.refusal(session, Reason.NO_PRESENCE, at(clock))
    department.derive()
    assert department.outages() == ["GATE 08:00-"]


def test_deriving_again_changes_nothing_and_follows_the_evidence(department: Department):
    department.heard("GATE", "05:00")
    assert department.derive(at("09:30")) == Derived(1, 0, 0)
    assert department.outages() == ["GATE 05:00-"]
    assert department.derive(at("09:45")) == Derived(0, 0, 0)
    department.heard("GATE", "10:00")
    assert department.derive(at("10:30")) == Derived(0, 1, 0)
    assert department.outages() == ["GATE 05:00-10:00"]
    # An event that LINE delivers late proves that the zone could see at eight.
    department.heard("GATE", "07:58")
    assert department.derive(at("11:00")) == Derived(0, 0, 1)
    assert department.outages() == []


def test_an_outage_longer_than_the_days_looked_at_keeps_its_begin_and_ends(department: Department):
    department.heard("GATE", "05:00")
    department.derive()
    two_weeks_on = NIGHT + timedelta(days=14)
    assert department.derive(two_weeks_on) == Derived(0, 0, 0)
    assert department.outages() == ["GATE 05:00-"]
    department.heard("GATE", "06:00", MONDAY + timedelta(days=14))
    department.derive(two_weeks_on)
    assert department.outages() == ["GATE 05:00-06:00"]


def test_what_hr_dismissed_is_not_derived_again_but_the_next_one_is(department: Department):
    department.heard("GATE", "05:00")
    department.derive(at("10:00"))
    with department.database.write() as session:
        outages.dismiss(session, at("10:00"), department.the_outage(), reason="三人都出差", actor="cli:hr")
    assert department.derive(at("11:00")) == Derived(0, 0, 0)
    assert set(department.statuses().values()) == {Status.ABSENT}
    department.heard("GATE", "12:00")
    assert department.derive() == Derived(1, 0, 0)
    assert department.outages() == ["GATE 12:00-"]


def test_a_zone_that_stays_silent_after_a_dismissal_is_blind_the_next_day(department: Department):
    tuesday = MONDAY + timedelta(days=1)
    with department.database.write() as session:
        shift = session.scalars(select(m.Shift)).one()
        for officer in session.scalars(select(m.Officer).where(m.Officer.staff_no != "HR1")):
            builders.roster(session, officer, shift, tuesday, zone_id=department.gate_id)
    department.heard("GATE", "05:00")
    department.heard("YARD", "08:00", tuesday)
    department.heard("YARD", "17:00", tuesday)
    department.derive()
    with department.database.write() as session:
        outages.dismiss(session, NIGHT, department.the_outage(), reason="三人都出差", actor="cli:hr")
    assert department.derive(NIGHT + timedelta(days=1)) == Derived(1, 0, 0)
    assert department.outages() == ["GATE 23:59-"]


def test_late_evidence_moves_the_begin_too(department: Department):
    department.heard("GATE", "02:00")
    department.derive()
    department.heard("GATE", "06:30")
    assert department.derive() == Derived(0, 1, 0)
    assert department.outages() == ["GATE 06:30-"]


def test_leave_and_duties_to_come_miss_no_punch(department: Department):
    with department.database.write() as session:
        for officer in session.scalars(select(m.Officer).where(m.Officer.staff_no != "HR1")):
            session.add(m.Leave(officer_id=officer.id, begin=at("00:00"), end=at("23:59"), kind="休假"))
    assert department.derive() == Derived(0, 0, 0)
    assert department.derive(at("05:00")) == Derived(0, 0, 0)


# --- entered -------------------------------------------------------------------------------------------------------


def enter(department: Department, **values) -> int:
    given = {"zone_code": "GATE", "begin": at("09:00"), "end": at("10:00"), "reason": "停電", "actor": "cli:hr"}
    with department.database.write() as session:
        return outages.enter(session, NIGHT, **{**given, **values})


def test_an_entered_outage_counts_is_ended_and_dismissed_and_all_of_it_is_in_the_audit_log(department: Department):
    number = enter(department, end=None)
    assert department.outages() == ["GATE 09:00-"]
    assert set(department.statuses().values()) == {Status.UNPROVEN}
    with department.database.write() as session:
        outages.end(session, NIGHT, number, at=at("09:30"), actor="cli:hr")
    assert department.outages() == ["GATE 09:00-09:30"]
    with department.database.write() as session:
        outages.dismiss(session, NIGHT, number, reason="記錯日期", actor="cli:hr")
    assert (department.outages(), department.outages(dismissed=True)) == ([], ["GATE 09:00-09:30"])
    assert set(department.statuses().values()) == {Status.ABSENT}
    with department.database.read() as session:
        acts = [entry.action for entry in audit.entries(session, subject=f"outage:{number}")]
    assert sorted(acts) == ["outage.dismiss", "outage.end", "outage.enter"]


def test_deriving_leaves_what_was_entered_alone(department: Department):
    enter(department)
    department.heard("GATE", "07:50")
    department.heard("GATE", "17:05")
    department.derive()
    assert department.outages() == ["GATE 09:00-10:00"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"end": at("09:00")}, "the end is not after the start"),
        ({"begin": NIGHT + HOUR, "end": None}, "begins in the future"),
        ({"reason": "  "}, "give a reason"),
        ({"reason": "長" * 401}, "at most 400"),
    ],
)
def test_an_outage_that_makes_no_sense_is_refused(department: Department, values: dict[str, object], said: str):
    with pytest.raises(OutageRefusedError, match=said):
        enter(department, **values)


def test_what_is_there_already_or_not_at_all_is_said(department: Department):
    number = enter(department)
    with pytest.raises(OutageRefusedError, match=f"entered already as number {number}"):
        enter(department, end=None)
    with pytest.raises(NotFoundError, match="NOWHERE"):
        enter(department, zone_code="NOWHERE")
    with department.database.write() as session, pytest.raises(NotFoundError, match="no outage 4711"):
        outages.dismiss(session, NIGHT, 4711, reason="x", actor="cli:hr")
    department.heard("GATE", "05:00")
    department.derive()
    with department.database.read() as session:
        derived = session.scalar(select(m.Outage.id).where(m.Outage.source == OutageSource.DERIVED))
    assert derived is not None
    with department.database.write() as session, pytest.raises(OutageRefusedError, match="ends by itself"):
        outages.end(session, NIGHT, derived, at=at("10:00"), actor="cli:hr")


# --- confirmed -----------------------------------------------------------------------------------------------------


def outcome(done: Sequence[Confirmed]) -> list[str]:
    return [f"{each.staff_no} {each.direction} {each.at.astimezone(TAIPEI):%H:%M} {each.outcome}" for each in done]


def test_everyone_concerned_is_confirmed_at_the_times_that_were_due(department: Department):
    number = enter(department)
    assert outcome(department.confirm(number, without=["A3"])) == [
        "A1 in 08:00 approved", "A1 out 17:00 approved", "A2 in 08:00 approved", "A2 out 17:00 approved",
    ]  # fmt: skip
    assert department.statuses() == {"A1": Status.PRESENT, "A2": Status.PRESENT, "A3": Status.UNPROVEN}
    assert department.confirm(number, without=["A3"]) == []
    with department.database.read() as session:
        [row] = coverage.outages(session)
        correction = session.scalars(select(m.Correction)).first()
    assert row.confirmed == 4
    assert correction is not None
    assert (correction.requested_by, correction.decided_by) == ("cli:hr", "officer:HR1")
    assert correction.reason == f"簽到區中斷（第 {number} 號） / the zone was blind (outage {number}): 停電"


def test_only_the_punch_that_was_due_meanwhile_is_explained(department: Department):
    department.punch("A1", Direction.IN, "07:55")
    department.punch("A2", Direction.OUT, "17:05")
    number = enter(department, begin=at("16:30"), end=at("18:00"))
    assert outcome(department.confirm(number)) == [
        "A1 out 17:00 approved", "A3 in 08:00 approved", "A3 out 17:00 approved",
    ]  # fmt: skip
    assert department.statuses()["A2"] is Status.MISSING_IN


def test_nobody_confirms_their_own_and_what_was_asked_for_otherwise_waits_for_its_own_decision(department: Department):
    number = enter(department)
    with department.database.write() as session:
        asked = Request("A2", MissingPunch(Direction.IN, at("08:00")), "忘了")
        corrections.request(session, NIGHT, asked, actor=Actor("cli:a2", StaffNo("A2")), policy=POLICY)
    assert outcome(department.confirm(number, Actor("cli:hr", StaffNo("A1")))) == [
        f"A1 in 08:00 {CorrectionRefusal.OWN_RECORD}",
        f"A1 out 17:00 {CorrectionRefusal.OWN_RECORD}",
        f"A2 in 08:00 {CorrectionRefusal.DUPLICATE}",
        "A2 out 17:00 approved",
        "A3 in 08:00 approved",
        "A3 out 17:00 approved",
    ]


def test_where_a_unit_asks_for_two_a_second_person_confirms_the_same_outage(department: Department):
    number = enter(department)
    with department.database.write() as session:
        corrections.set_two_step(session, NIGHT, "U1", two_step=True, actor=Actor("cli:hr"))
    assert {each.outcome for each in department.confirm(number)} == {CorrectionState.ENDORSED}
    assert {each.outcome for each in department.confirm(number)} == {CorrectionRefusal.SAME_APPROVER}
    assert set(department.statuses().values()) == {Status.UNPROVEN}
    second = Actor("cli:chief", StaffNo("HR2"))
    assert {each.outcome for each in department.confirm(number, second)} == {CorrectionState.APPROVED}
    assert set(department.statuses().values()) == {Status.PRESENT}


def test_two_who_confirm_what_both_have_seen_add_each_punch_once(department: Department):
    number = enter(department)
    with department.database.read() as session:
        row = outages.find(session, number)
        seen = list(coverage.concerned(session, row, NIGHT + HOUR, TAIPEI))

    def confirm(name: str) -> list[Confirmed]:
        with department.database.write() as session:
            actor = Actor(f"cli:{name}", StaffNo(name))
            return list(outages.confirm(session, NIGHT + HOUR, row, seen, actor=actor, policy=POLICY))

    with ThreadPoolExecutor(2) as pool:
        done = [each.outcome for found in pool.map(confirm, ("HR1", "HR2")) for each in found]
    assert sorted(done) == ["added_already"] * 6 + ["approved"] * 6
    with department.database.read() as session:
        assert session.scalar(select(func.count()).select_from(m.Punch)) == 6


def test_a_confirmed_outage_counts_towards_nobodys_quota(department: Department):
    department.confirm(enter(department))
    with department.database.write() as session:
        asked = Request("A1", MissingPunch(Direction.IN, at("07:30")), "忘了")
        made = corrections.request(session, NIGHT, asked, actor=Actor("cli:a1", StaffNo("A1")), policy=POLICY)
        assert isinstance(made, UUID)
        approval = corrections.approve(session, NIGHT, made, actor=HR, policy=POLICY)
    assert isinstance(approval, corrections.Approval)
    assert approval.month_count == 1


def test_a_dismissed_outage_confirms_nobody(department: Department):
    number = enter(department)
    with department.database.write() as session:
        outages.dismiss(session, NIGHT, number, reason="記錯", actor="cli:hr")
    with pytest.raises(OutageRefusedError, match="dismissed"):
        department.confirm(number)


def test_a_confirmed_outage_stays_though_the_evidence_says_otherwise_later(department: Department):
    department.heard("GATE", "05:00")
    department.derive()
    department.confirm(department.the_outage())
    department.heard("GATE", "07:58")
    department.heard("GATE", "17:02")
    assert department.derive().removed == 0
    assert department.outages() == ["GATE 05:00-07:58"]


def test_two_workers_that_derive_at_once_add_an_outage_once(department: Department):
    department.heard("GATE", "05:00")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: department.derive(), range(4)))
    assert sum(derived.added for derived in done) == 1
    assert department.outages() == ["GATE 05:00-"]
