"""One-time codes: issued by HR, tied to one officer, expiring, with limited tries."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checkin_api import enrolment
from checkin_api.db import Database
from checkin_api.domain.ids import LineUserId, Reason, StaffNo
from checkin_api.enrolment import AlreadyBoundError, Bound, IssuedCode
from checkin_api.errors import NotFoundError
from checkin_api.models import EnrolmentCode, LineAccount, Officer
from tests import builders, webhooks

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEY = b"key"
ANN, BOB = LineUserId(webhooks.user(1)), LineUserId(webhooks.user(2))


def issue(session: Session, staff_no: str = "A0001", now: datetime = NOW) -> IssuedCode:
    return enrolment.issue_code(session, now, staff_no, actor="cli:hr", key=KEY)


def enrol(
    session: Session, code: str, *, user: LineUserId = ANN, staff_no: str = "A0001", now: datetime = NOW
) -> Bound | Reason:
    return enrolment.enrol(session, now, user, staff_no=staff_no, code=code, key=KEY)


@pytest.fixture
def session(database: Database):
    with database.write() as session:
        builders.officer(session, staff_no="A0001", name="王小明")
        builders.officer(session, staff_no="A0002", name="李大華")
        yield session


def test_code_binds_the_account_to_its_officer(session: Session):
    assert enrol(session, issue(session).code) == Bound(StaffNo("A0001"), "王小明")
    [account] = session.scalars(select(LineAccount))
    assert (account.line_user_id, account.bound_at, account.unbound_at) == (ANN, NOW, None)


@pytest.mark.parametrize("typed", ["{}", "{lower}", " {spaced} ", "{plain}", "{wide}"])
def test_code_may_be_typed_as_people_type(session: Session, typed: str):
    code = issue(session).code
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter != "-" else letter for letter in code)
    said = typed.format(code, lower=code.lower(), spaced=code.replace("-", " "), plain=code.replace("-", ""), wide=wide)
    assert isinstance(enrol(session, said), Bound)


def test_code_works_once(session: Session):
    code = issue(session).code
    enrol(session, code)
    enrolment.release(session, NOW, "A0001", actor="cli:hr")
    assert enrol(session, code, user=BOB) is Reason.CODE_WRONG


def test_code_is_for_its_officer_only(session: Session):
    code = issue(session).code
    issue(session, "A0002")
    assert enrol(session, code, staff_no="A0002") is Reason.CODE_WRONG


def test_new_code_replaces_the_one_before(session: Session):
    old, new = issue(session).code, issue(session).code
    assert enrol(session, old) is Reason.CODE_WRONG
    assert isinstance(enrol(session, new), Bound)


@pytest.mark.parametrize(("late", "expired"), [(timedelta(days=7, seconds=-1), False), (timedelta(days=7), True)])
def test_code_expires(session: Session, late: timedelta, expired: bool):
    outcome = enrol(session, issue(session).code, now=NOW + late)
    assert (outcome is Reason.CODE_EXPIRED) == expired


def test_code_dies_after_five_wrong_tries_by_anyone(session: Session):
    code = issue(session).code
    for number in range(5):
        user = LineUserId(webhooks.user(10 + number))
        assert enrol(session, "WRONG", user=user) is Reason.CODE_WRONG
    assert enrol(session, "WRONG", user=BOB) is Reason.CODE_WRONG
    assert enrol(session, code, user=BOB) is Reason.CODE_EXPIRED


def test_account_may_be_wrong_five_times_an_hour(session: Session):
    code = issue(session, "A0002").code
    for _ in range(5):
        assert enrol(session, "WRONG", staff_no="NOBODY") is Reason.CODE_WRONG
    assert enrol(session, code, staff_no="A0002") is Reason.TOO_MANY_TRIES
    assert isinstance(enrol(session, code, staff_no="A0002", now=NOW + timedelta(hours=1)), Bound)


@pytest.mark.parametrize("late", [timedelta(), timedelta(days=8)])
def test_unknown_number_and_wrong_code_are_refused_alike(session: Session, late: timedelta):
    issue(session)
    assert enrol(session, "WRONG", now=NOW + late) is Reason.CODE_WRONG
    assert enrol(session, "WRONG", staff_no="NOBODY", now=NOW + late) is Reason.CODE_WRONG


@pytest.mark.parametrize("typed", ["a0001", "Ａ０００１", "ａ０００１"])
def test_staff_number_may_be_typed_as_people_type(session: Session, typed: str):
    assert isinstance(enrol(session, issue(session).code, staff_no=typed), Bound)


def test_staff_numbers_that_differ_in_case_only_are_two_officers(session: Session):
    builders.officer(session, staff_no="a0001", name="王小名")
    codes = issue(session, "a0001").code, issue(session, "A0001").code
    assert enrol(session, codes[0], staff_no="a0001") == Bound(StaffNo("a0001"), "王小名")
    assert enrol(session, codes[1], staff_no="A0001", user=BOB) == Bound(StaffNo("A0001"), "王小明")


def test_one_account_and_one_officer_at_a_time(session: Session):
    code = issue(session).code
    other = issue(session, "A0002").code
    assert isinstance(enrol(session, code), Bound)
    assert enrol(session, other, staff_no="A0002") is Reason.ALREADY_ENROLLED
    with pytest.raises(AlreadyBoundError):
        issue(session)


def test_officer_with_another_account_keeps_it_though_a_code_is_open(session: Session):
    code = issue(session).code
    officer = session.scalars(select(Officer).where(Officer.staff_no == "A0001")).one()
    builders.line_account(session, officer, BOB)
    assert enrol(session, code) is Reason.OFFICER_HAS_ACCOUNT
    assert session.scalars(select(LineAccount.line_user_id)).all() == [BOB]


def test_released_account_can_be_bound_again(session: Session):
    enrol(session, issue(session).code)
    assert enrolment.release(session, NOW, "A0001", actor="cli:hr") is True
    assert enrolment.release(session, NOW, "A0001", actor="cli:hr") is False
    assert isinstance(enrol(session, issue(session).code, user=BOB), Bound)
    assert session.scalar(select(func.count()).select_from(LineAccount)) == 2


def test_code_is_not_in_the_database(session: Session):
    code = issue(session).code
    [row] = session.scalars(select(EnrolmentCode))
    assert code.replace("-", "") not in repr(vars(row))
    assert len(row.code_hash) == 64


def test_unknown_officer_gets_no_code(session: Session):
    with pytest.raises(NotFoundError, match="NOBODY"):
        issue(session, "NOBODY")
