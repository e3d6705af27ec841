"""Corrections 補打卡: from the request to the attendance of the day, on both databases."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from checkin_api import audit, corrections
from checkin_api import models as m
from checkin_api.corrections import Approval, MissingPunch, Request, WrongPunch
from checkin_api.db import Database
from checkin_api.domain.attachments import Attachment
from checkin_api.domain.corrections import Actor, Policy
from checkin_api.domain.ids import (
    Assurance,
    CorrectionRefusal,
    CorrectionState,
    Direction,
    Disposition,
    Flag,
    PunchSource,
    StaffNo,
    Status,
    new_id,
)
from checkin_api.domain.records import DutyRecord
from checkin_api.errors import NotFoundError
from checkin_api.queries.attendance import Period, attendance
from checkin_api.queries.corrections import attachment, correction
from tests import builders

TAIPEI = ZoneInfo("Asia/Taipei")
POLICY = Policy(quota=3, days=31, zone=TAIPEI)
DAY = date(2026, 11, 23)
PDF = Attachment("證明.pdf", b"%PDF-1.7 rest")
FORGOTTEN = "忘了簽退"
ANN, BOB, CAT = (Actor("cli:hr", StaffNo(number)) for number in ("A0001", "A0002", "A0003"))


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=TAIPEI)


NOW = at(21)
SIGN_OUT = MissingPunch(Direction.OUT, at(20), "Z1")


@pytest.fixture
def department(database: Database) -> Database:
    """Ann, who signed in and forgot to sign out; Bob and Cat, who decide."""
    with database.write() as session:
        unit = builders.unit(session, code="U1")
        ann = builders.officer(session, unit, staff_no="A0001", name="王小明")
        for staff_no in ("A0002", "A0003"):
            builders.officer(session, unit, staff_no=staff_no)
        zone = builders.zone(session, code="Z1", required_assurance=Assurance.LOW)
        builders.roster(session, ann, builders.shift(session, start=time(8), end=time(20)), DAY, zone_id=zone.id)
        builders.punch(session, ann, Direction.IN, at(8), proof=builders.presence(session, ann, zone, at(8)))
    return database


def ask(database: Database, wanted: MissingPunch | WrongPunch = SIGN_OUT, **values: Any) -> Any:
    actor, now = values.pop("actor", ANN), values.pop("now", NOW)
    asked = Request(**{"staff_no": "A0001", "wanted": wanted, "reason": FORGOTTEN, **values})
    with database.write() as session:
        return corrections.request(session, now, asked, actor=actor, policy=POLICY)


def approve(database: Database, correction_id: UUID, actor: Actor = BOB, policy: Policy = POLICY) -> Any:
    with database.write() as session:
        return corrections.approve(session, NOW, correction_id, actor=actor, policy=policy)


def reject(database: Database, correction_id: UUID, actor: Actor = BOB, comment: str = "與監視器不符") -> Any:
    with database.write() as session:
        return corrections.reject(session, NOW, correction_id, actor=actor, comment=comment)


def withdraw(database: Database, correction_id: UUID, actor: Actor = ANN) -> Any:
    with database.write() as session:
        return corrections.withdraw(session, NOW, correction_id, actor=actor)


def two_steps(database: Database, *, on: bool = True) -> bool:
    with database.write() as session:
        return corrections.set_two_step(session, NOW, "U1", two_step=on, actor=Actor("cli:hr"))


def rows(database: Database, table: type[Any]) -> list[Any]:
    with database.read() as session:
        return list(session.scalars(select(table)))


def the_day(database: Database) -> DutyRecord:
    """Ann's duty record of the day, looked at a week later."""
    period = Period(first=DAY, last=DAY, as_of=at(8, day=30), zone=TAIPEI)
    with database.read() as session:
        records = [record for block in attendance(session, period) for record in block.records()]
    [record] = records
    return record


def log(database: Database) -> list[audit.Entry]:
    """The audit log from its beginning, which must be whole."""
    with database.read() as session:
        assert isinstance(audit.verify(session), audit.Whole)
        return audit.entries(session)[::-1]


# --- what comes of it ------------------------------------------------------------------------------------------------


def test_approved_correction_is_the_missing_punch_of_the_day(department: Database):
    assert the_day(department).status is Status.MISSING_OUT
    asked = ask(department)
    assert the_day(department).status is Status.MISSING_OUT
    assert approve(department, asked).state is CorrectionState.APPROVED
    record = the_day(department)
    assert (record.status, record.sign_out, record.worked_minutes) == (Status.PRESENT, at(20), 720)
    assert Flag.CORRECTED in record.flags
    assert Flag.LOW_ASSURANCE not in record.flags


def test_correction_becomes_a_punch_that_says_what_it_is(department: Database):
    asked = ask(department)
    approve(department, asked)
    before, made = sorted(rows(department, m.Punch), key=lambda punch: punch.at)
    assert (made.source, made.assurance, made.presence_id) == (PunchSource.CORRECTION, Assurance.NONE, None)
    assert (made.request_id, made.at, made.received_at) == (f"correction:{asked}", at(20), NOW)
    assert (made.direction, made.zone_id) == (Direction.OUT, before.zone_id)
    [row] = rows(department, m.Correction)
    assert (row.punch_id, row.decided_by, row.decided_at) == (made.id, "officer:A0002", NOW)


def test_voided_punch_stays_and_is_ignored(department: Database):
    [punch] = rows(department, m.Punch)
    asked = ask(department, WrongPunch(punch.id), reason="代他人打卡")
    assert [used.disposition for used in the_day(department).punches] == [Disposition.USED]
    approve(department, asked)
    record = the_day(department)
    assert record.status is Status.ABSENT
    assert [ignored.disposition for ignored in record.punches] == [Disposition.IGNORED]
    [kept] = rows(department, m.Punch)
    assert (kept.id, kept.at, kept.source) == (punch.id, punch.at, punch.source)
    [void] = rows(department, m.PunchVoid)
    assert (void.punch_id, void.correction_id, void.at) == (punch.id, asked, NOW)


def test_corrected_punch_can_be_voided_in_turn(department: Database):
    approve(department, ask(department))
    [made] = [punch for punch in rows(department, m.Punch) if punch.source is PunchSource.CORRECTION]
    approve(department, ask(department, WrongPunch(made.id)))
    assert the_day(department).status is Status.MISSING_OUT


@pytest.mark.parametrize("end", [reject, withdraw])
def test_request_that_is_rejected_or_withdrawn_changes_no_attendance(
    department: Database, end: Callable[[Database, UUID], object]
):
    end(department, ask(department))
    assert len(rows(department, m.Punch)) == 1
    assert the_day(department).status is Status.MISSING_OUT


# --- who may ---------------------------------------------------------------------------------------------------------


def test_nobody_approves_or_rejects_their_own(department: Database):
    for_ann_by_bob = ask(department, actor=BOB)
    assert approve(department, for_ann_by_bob, ANN) is CorrectionRefusal.OWN_RECORD
    assert approve(department, for_ann_by_bob, BOB) is CorrectionRefusal.OWN_REQUEST
    assert reject(department, for_ann_by_bob, BOB) is CorrectionRefusal.OWN_REQUEST
    assert approve(department, for_ann_by_bob, Actor("console:li", BOB.staff_no)) is CorrectionRefusal.OWN_REQUEST
    assert approve(department, for_ann_by_bob, CAT).state is CorrectionState.APPROVED


def test_two_steps_need_two_approvers(department: Database):
    assert two_steps(department) is True
    asked = ask(department)
    assert approve(department, asked, BOB).state is CorrectionState.ENDORSED
    assert len(rows(department, m.Punch)) == 1
    assert approve(department, asked, BOB) is CorrectionRefusal.SAME_APPROVER
    assert approve(department, asked, CAT).state is CorrectionState.APPROVED
    [row] = rows(department, m.Correction)
    assert (row.endorsed_by, row.decided_by) == ("officer:A0002", "officer:A0003")
    assert the_day(department).status is Status.PRESENT


def test_switch_that_is_set_already_is_left_alone(department: Database):
    assert two_steps(department, on=False) is False
    assert [two_steps(department), two_steps(department), two_steps(department, on=False)] == [True, False, True]
    assert [(entry.action, json.loads(entry.detail)["two_step"]) for entry in log(department)] == [
        ("unit.two_step", True), ("unit.two_step", False),
    ]  # fmt: skip


def test_request_is_withdrawn_by_its_officer_or_by_whoever_asked(department: Database):
    asked = ask(department, actor=BOB)
    assert withdraw(department, asked, CAT) is CorrectionRefusal.NOT_THEIRS
    assert withdraw(department, asked, ANN) is CorrectionState.WITHDRAWN
    assert withdraw(department, ask(department, actor=BOB), BOB) is CorrectionState.WITHDRAWN


def test_closed_request_stays_closed(department: Database):
    asked = ask(department)
    assert reject(department, asked) is CorrectionState.REJECTED
    assert {approve(department, asked), reject(department, asked), withdraw(department, asked)} == {
        CorrectionRefusal.CLOSED
    }
    [row] = rows(department, m.Correction)
    assert (row.state, row.comment, row.decided_by) == (CorrectionState.REJECTED, "與監視器不符", "officer:A0002")


def test_rejection_says_why(department: Database):
    assert reject(department, ask(department), comment=" ") is CorrectionRefusal.NO_REASON


# --- what may be asked -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"wanted": MissingPunch(Direction.OUT, NOW + timedelta(seconds=1))}, CorrectionRefusal.FUTURE),
        ({"now": at(20, day=23) + timedelta(days=31, seconds=1)}, CorrectionRefusal.TOO_OLD),
        ({"reason": " "}, CorrectionRefusal.NO_REASON),
        ({"reason": "字" * 401}, CorrectionRefusal.TEXT_TOO_LONG),
        ({"attachment": Attachment("a.pdf", b"MZ")}, CorrectionRefusal.ATTACHMENT_KIND),
        ({"attachment": Attachment("a.pdf", b"%PDF-".ljust(5_242_881))}, CorrectionRefusal.ATTACHMENT_TOO_LARGE),
    ],
)
def test_request_that_the_rules_refuse_leaves_nothing(
    department: Database, values: dict[str, Any], refusal: CorrectionRefusal
):
    assert ask(department, **values) is refusal
    assert (rows(department, m.Correction), log(department)) == ([], [])


def test_same_request_is_not_taken_twice_while_it_is_open(department: Database):
    asked = ask(department)
    assert ask(department, actor=BOB, reason="他忘了") is CorrectionRefusal.DUPLICATE
    assert isinstance(ask(department, MissingPunch(Direction.OUT, at(20, 1))), UUID)
    assert isinstance(ask(department, MissingPunch(Direction.IN, at(20))), UUID)
    withdraw(department, asked)
    assert isinstance(ask(department), UUID)


def test_a_punch_that_claims_to_be_of_the_future_can_be_voided(department: Database):
    with department.write() as session:
        officer = session.get_one(m.Officer, rows(department, m.Punch)[0].officer_id)
        wrong = builders.punch(session, officer, Direction.IN, NOW + timedelta(days=400), source=PunchSource.IMPORT).id
    assert isinstance(ask(department, WrongPunch(wrong)), UUID)


def test_void_is_not_asked_twice_nor_granted_twice(department: Database):
    [punch] = rows(department, m.Punch)
    asked = ask(department, WrongPunch(punch.id))
    assert ask(department, WrongPunch(punch.id)) is CorrectionRefusal.DUPLICATE
    approve(department, asked)
    assert ask(department, WrongPunch(punch.id)) is CorrectionRefusal.VOID_ALREADY


def test_void_of_what_became_void_meanwhile_is_refused(department: Database):
    [punch] = rows(department, m.Punch)
    asked = ask(department, WrongPunch(punch.id))
    with department.write() as session:
        session.add(m.PunchVoid(punch_id=punch.id, correction_id=asked, at=NOW))
    assert approve(department, asked) is CorrectionRefusal.VOID_ALREADY


def test_equal_open_requests_are_refused_by_the_schema_too(department: Database):
    ask(department)
    [row] = rows(department, m.Correction)
    names = [column.key for column in m.Correction.__table__.columns]
    twin = m.Correction(**{name: getattr(row, name) for name in names if name != "attachment"})
    twin.id = new_id()
    with pytest.raises(IntegrityError), department.write() as session:
        session.add(twin)


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"staff_no": "NOBODY"}, "NOBODY"),
        ({"wanted": MissingPunch(Direction.IN, at(8), "NOWHERE")}, "NOWHERE"),
        ({"wanted": WrongPunch(UUID(int=7))}, str(UUID(int=7))),
    ],
)
def test_request_about_what_does_not_exist_is_an_error(department: Database, values: dict[str, Any], missing: str):
    with pytest.raises(NotFoundError, match=missing):
        ask(department, **values)


def test_punch_of_somebody_else_is_not_there(department: Database):
    [punch] = rows(department, m.Punch)
    with pytest.raises(NotFoundError, match=f"A0002 has no punch {punch.id}"):
        ask(department, WrongPunch(punch.id), staff_no="A0002")


def test_decision_on_what_does_not_exist_is_an_error(department: Database):
    for decide in (approve, reject, withdraw):
        with pytest.raises(NotFoundError, match="no correction"):
            decide(department, UUID(int=7))
    with pytest.raises(NotFoundError, match="U9"), department.write() as session:
        corrections.set_two_step(session, NOW, "U9", two_step=True, actor=BOB)
    with pytest.raises(NotFoundError, match="NOBODY"), department.read() as session:
        corrections.officer_actor(session, "NOBODY", account="cli:hr")


# --- quota -----------------------------------------------------------------------------------------------------------


def test_quota_of_the_month_warns_and_does_not_stop(department: Database):
    warned = []
    for minute in range(5):
        outcome = approve(department, ask(department, MissingPunch(Direction.OUT, at(20, minute))))
        assert isinstance(outcome, Approval)
        assert outcome.state is CorrectionState.APPROVED
        warned.append((outcome.month_count, outcome.is_over_quota))
    assert warned == [(1, False), (2, False), (3, False), (4, True), (5, True)]


def test_quota_counts_approved_corrections_of_the_same_month_at_the_place(department: Database):
    # 11 月 1 日 00:00 在臺北 / midnight in Taipei is still October in UTC.
    reject(department, ask(department, MissingPunch(Direction.OUT, at(20, 1))))
    ask(department, MissingPunch(Direction.OUT, at(20, 2)))
    ask_october = MissingPunch(Direction.OUT, at(0, day=1) - timedelta(seconds=1), "Z1")
    assert approve(department, ask(department, ask_october)).month_count == 1
    assert approve(department, ask(department, MissingPunch(Direction.OUT, at(0, day=1), "Z1"))).month_count == 1
    assert approve(department, ask(department)).month_count == 2


def test_month_of_a_place_in_another_zone_begins_there(department: Database):
    with department.write() as session:
        builders.zone(session, builders.site(session, timezone="America/New_York"), code="NY")
    here = MissingPunch(Direction.OUT, at(13, day=1), "Z1")  # 01:00 of 1 November there
    there = MissingPunch(Direction.OUT, at(9, day=1), "NY")  # 10 月 31 日 21:00 / still October there
    approve(department, ask(department, here))
    assert approve(department, ask(department, there)).month_count == 1


# --- attachments and the log -----------------------------------------------------------------------------------------


def test_attachment_is_kept_as_it_was_sent(department: Database):
    asked = ask(department, attachment=Attachment("..\\證明\u202e.pdf", PDF.content))
    with department.read() as session:
        assert attachment(session, asked) == PDF
        assert correction(session, asked).attachment_name == PDF.name
        assert attachment(session, UUID(int=7)) is None


def test_every_step_is_in_the_log_and_no_reason_is(department: Database):
    two_steps(department)
    asked = ask(department, attachment=PDF)
    approve(department, asked, BOB)
    approve(department, asked, CAT)
    rejected = ask(department, MissingPunch(Direction.IN, at(7)))
    reject(department, rejected)
    withdraw(department, ask(department, MissingPunch(Direction.IN, at(7))))
    entries = log(department)[1:]
    assert [entry.action.removeprefix("correction.") for entry in entries] == [
        "request", "endorse", "approve", "request", "reject", "request", "withdraw",
    ]  # fmt: skip
    assert [json.loads(entry.detail)["by"] for entry in entries[:3]] == [
        "officer:A0001", "officer:A0002", "officer:A0003",
    ]  # fmt: skip
    assert {entry.actor for entry in entries} == {"cli:hr"}
    assert {entry.subject for entry in entries[:3]} == {f"correction:{asked}"}
    assert all(FORGOTTEN not in entry.detail for entry in entries)
    approved = json.loads(entries[2].detail)
    [made] = [punch for punch in rows(department, m.Punch) if punch.source is PunchSource.CORRECTION]
    assert approved == {
        "by": "officer:A0003", "officer": "A0001", "kind": "add", "direction": "out",
        "at": "2026-11-23T12:00:00.000000+00:00", "punch": str(made.id), "comment_sha256": None,
        "reason_sha256": hashlib.sha256(FORGOTTEN.encode()).hexdigest(),
        "attachment_sha256": hashlib.sha256(PDF.content).hexdigest(),
    }  # fmt: skip


# --- at the same time ------------------------------------------------------------------------------------------------


def at_once(*calls: Callable[[], object]) -> list[object]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(30) for future in [pool.submit(call) for call in calls]]


def test_approvals_at_the_same_time_make_one_punch(department: Database):
    asked = ask(department)
    outcomes = at_once(*[lambda who=who: approve(department, asked, who) for who in (BOB, CAT) * 4])
    assert sorted(isinstance(outcome, Approval) for outcome in outcomes) == [False] * 7 + [True]
    assert {outcome for outcome in outcomes if not isinstance(outcome, Approval)} == {CorrectionRefusal.CLOSED}
    assert len(rows(department, m.Punch)) == 2
    assert [entry.action for entry in log(department)] == ["correction.request", "correction.approve"]


def test_approval_waits_for_the_withdrawal_that_came_first(department: Database):
    asked = ask(department)
    with ThreadPoolExecutor(1) as pool:
        with department.write() as session:
            corrections.withdraw(session, NOW, asked, actor=ANN)
            waiting = pool.submit(approve, department, asked)
        assert waiting.result(30) is CorrectionRefusal.CLOSED
    assert len(rows(department, m.Punch)) == 1


def test_equal_requests_at_the_same_time_become_one(department: Database):
    outcomes = at_once(*[lambda who=who: ask(department, actor=who) for who in (ANN, BOB, CAT) * 2])
    assert sorted(isinstance(outcome, UUID) for outcome in outcomes) == [False] * 5 + [True]
    with department.read() as session:
        assert session.scalar(select(func.count(m.Correction.id))) == 1


def test_times_are_stored_in_utc(department: Database):
    ask(department)
    [row] = rows(department, m.Correction)
    assert row.at == datetime(2026, 11, 23, 12, tzinfo=UTC)
