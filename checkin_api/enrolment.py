"""Binding one LINE account to one officer, by a one-time code that HR hands over."""

import hmac
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.audit import Act
from checkin_api.codes import as_typed, in_groups, new_code
from checkin_api.domain.ids import LineUserId, Reason, StaffNo
from checkin_api.errors import CheckinError, unknown_officer
from checkin_api.models import EnrolmentCode, EnrolmentTry, LineAccount, MenuLink, Officer

# About 2^38 codes, and few tries.
CODE_LENGTH = 8
TRIES_PER_CODE = 5
TRIES_PER_ACCOUNT = 5
TRIES_WINDOW = timedelta(hours=1)
VALID_FOR = timedelta(days=7)
# For so long it is tried to tell LINE which menu an account has.
MENU_WITHIN = timedelta(days=7)


class AlreadyBoundError(CheckinError):
    """The officer has a LINE account bound; it must be released first."""


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A code to hand over; shown once, kept nowhere."""

    staff_no: StaffNo
    name: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Bound:
    """A LINE account now belongs to this officer."""

    staff_no: StaffNo
    name: str


def issue_code(  # noqa: PLR0913 (whose, by whom, when, keyed by what, for how long)
    session: Session, now: datetime, staff_no: str, *, actor: str, key: bytes, valid_for: timedelta = VALID_FOR
) -> IssuedCode:
    """Make a new code for an officer; any code issued before stops working. The caller commits.

    Raises:
        NotFoundError: no such officer.
        AlreadyBoundError: the officer's LINE account must be released first.
    """
    officer = _officer(session, staff_no)
    if _current(session, LineAccount.officer_id == officer.id) is not None:
        raise AlreadyBoundError(
            f"{staff_no} 已綁定，請先解除 / officer {staff_no} is enrolled already; release the LINE account first"
        )
    session.execute(
        update(EnrolmentCode)
        .where(EnrolmentCode.officer_id == officer.id, EnrolmentCode.closed_at.is_(None))
        .values(closed_at=now)
    )
    code = new_code(CODE_LENGTH)
    expires_at = now + valid_for
    session.add(
        EnrolmentCode(
            officer_id=officer.id,
            code_hash=_digest(key, officer.id, code),
            issued_at=now,
            expires_at=expires_at,
            tries_left=TRIES_PER_CODE,
        )
    )
    session.flush()
    detail = {"expires_at": expires_at.isoformat(timespec="seconds")}
    act = Act(actor=actor, action="enrolment.issue", subject=f"officer:{officer.staff_no}", detail=detail)
    audit.record(session, now, act)
    return IssuedCode(StaffNo(officer.staff_no), officer.name, in_groups(code), expires_at)


def enrol(  # noqa: PLR0913 (who, when, and the three parts of the claim)
    session: Session, now: datetime, user_id: LineUserId, *, staff_no: str, code: str, key: bytes
) -> Bound | Reason:
    """Bind the account if the code is this officer's and still good; a wrong try is counted. The caller commits.

    An unknown staff number and a wrong code are refused alike, so that numbers cannot be tried out.
    """
    if _current(session, LineAccount.line_user_id == user_id) is not None:
        return Reason.ALREADY_ENROLLED
    if _tries(session, user_id, now) >= TRIES_PER_ACCOUNT:
        return Reason.TOO_MANY_TRIES
    row = session.execute(
        select(Officer, EnrolmentCode)
        .join(EnrolmentCode, EnrolmentCode.officer_id == Officer.id)
        .where(Officer.staff_no.in_(_spellings(staff_no)), EnrolmentCode.closed_at.is_(None))
        # As it was typed first, where two numbers differ in nothing but case.
        .order_by(Officer.staff_no != staff_no)
        .limit(1)
        .with_for_update()
    ).first()
    reason = _judge(row[1], row[0], code, now, key) if row else Reason.CODE_WRONG
    if row is None or reason is not None:
        session.add(EnrolmentTry(line_user_id=user_id, at=now))
        session.flush()
        return reason or Reason.CODE_WRONG
    officer, issued = row
    if _current(session, LineAccount.officer_id == officer.id) is not None:
        return Reason.OFFICER_HAS_ACCOUNT
    issued.closed_at = now
    session.add(LineAccount(line_user_id=user_id, officer_id=officer.id, bound_at=now))
    _change_menu(session, user_id, now)
    session.flush()
    return Bound(StaffNo(officer.staff_no), officer.name)


def release(session: Session, now: datetime, staff_no: str, *, actor: str) -> bool:
    """End the binding of an officer's LINE account; False if there was none. The caller commits.

    Raises:
        NotFoundError: no such officer.
    """
    account = _current(session, LineAccount.officer_id == _officer(session, staff_no).id)
    if account is None:
        return False
    account.unbound_at = now
    _change_menu(session, account.line_user_id, now)
    session.flush()
    act = Act(actor=actor, action="enrolment.release", subject=f"officer:{staff_no}", detail={})
    audit.record(session, now, act)
    return True


def set_friend(session: Session, now: datetime, user_id: LineUserId, *, is_friend: bool) -> None:
    """Remember whether the officer can be reached: LINE answers 200 to a push that a block will swallow."""
    account = session.scalar(
        update(LineAccount)
        .where(LineAccount.line_user_id == user_id, LineAccount.unbound_at.is_(None))
        .values(is_friend=is_friend)
        .returning(LineAccount.id)
    )
    if is_friend and account is not None:
        # What LINE was told before they were friends, it did not do.
        _change_menu(session, user_id, now)


def _change_menu(session: Session, user_id: str, now: datetime) -> None:
    """Have LINE told which rich menu the account has now."""
    session.add(MenuLink(line_user_id=user_id, created_at=now, next_attempt_at=now, expires_at=now + MENU_WITHIN))


def _judge(issued: EnrolmentCode, officer: Officer, code: str, now: datetime, key: bytes) -> Reason | None:
    # The code first: who has none learns from the answer neither whether the number exists nor how its code stands.
    if not hmac.compare_digest(issued.code_hash, _digest(key, officer.id, code)):
        issued.tries_left = max(0, issued.tries_left - 1)
        return Reason.CODE_WRONG
    return Reason.CODE_EXPIRED if issued.expires_at <= now or issued.tries_left <= 0 else None


def _spellings(staff_no: str) -> set[str]:
    """How a staff number that was typed on a phone may be stored."""
    narrow = unicodedata.normalize("NFKC", staff_no)
    return {staff_no, narrow, narrow.upper(), narrow.lower()}


def _digest(key: bytes, officer_id: int, code: str) -> str:
    """Only a keyed hash is stored, so that a copy of the database gives no codes away."""
    return hmac.digest(key, f"enrolment:{officer_id}:{as_typed(code)}".encode(), "sha256").hex()


def _officer(session: Session, staff_no: str) -> Officer:
    officer = session.scalar(select(Officer).where(Officer.staff_no == staff_no))
    if officer is None:
        raise unknown_officer(staff_no)
    return officer


def _current(session: Session, whose: object) -> LineAccount | None:
    return session.scalar(select(LineAccount).where(whose, LineAccount.unbound_at.is_(None)))  # type: ignore[arg-type]  # a column condition


def _tries(session: Session, user_id: LineUserId, now: datetime) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(EnrolmentTry)
            .where(EnrolmentTry.line_user_id == user_id, EnrolmentTry.at > now - TRIES_WINDOW)
        )
        or 0
    )
