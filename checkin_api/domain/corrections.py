"""The rules of corrections 補打卡: what may be asked, who may decide, and where a correction stands then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from checkin_api.domain.ids import CorrectionRefusal, CorrectionState, StaffNo

OPEN = frozenset({CorrectionState.REQUESTED, CorrectionState.ENDORSED})
# As many characters as a reason or a comment may have.
TEXT_LIMIT = 400


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the account that the program sees, and the officer behind it where one is known."""

    account: str
    staff_no: StaffNo | None = None

    @property
    def name(self) -> str:
        """The person: two accounts of one officer are the same."""
        return self.account if self.staff_no is None else officer_name(self.staff_no)


def officer_name(staff_no: StaffNo) -> str:
    """An officer as an actor."""
    return f"officer:{staff_no}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an installation sets.

    Attributes:
        quota: How many corrections an officer may have approved in a month before the approver is warned.
        days: How old the time that is corrected may be.
        zone: Where a month begins when a correction names no place.
    """

    quota: int
    days: int
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A correction as far as the rules look at it; people by ``Actor.name``."""

    state: CorrectionState
    officer: str
    requested_by: str
    endorsed_by: str = ""


def clean_text(text: str) -> str:
    """A reason or comment without what nobody can see."""
    return "".join(char for char in text if char.isprintable() or char == "\n").strip()


def judge_text(text: str) -> CorrectionRefusal | None:
    """Whether a clean reason or comment says something and fits."""
    if not text:
        return CorrectionRefusal.NO_REASON
    return CorrectionRefusal.TEXT_TOO_LONG if len(text) > TEXT_LIMIT else None


def judge_time(at: datetime, now: datetime, policy: Policy) -> CorrectionRefusal | None:
    """Whether a time may be corrected: it has been, and not too long ago, to the second."""
    if at > now:
        return CorrectionRefusal.FUTURE
    return CorrectionRefusal.TOO_OLD if now - at > timedelta(days=policy.days) else None


def approve(case: Case, actor: Actor, *, two_step: bool) -> CorrectionState | CorrectionRefusal:
    """What an approval makes of a correction; with two steps the first one endorses, and another person approves."""
    refusal = _may_decide(case, actor)
    if refusal is not None:
        return refusal
    if case.state is CorrectionState.ENDORSED:
        return CorrectionRefusal.SAME_APPROVER if actor.name == case.endorsed_by else CorrectionState.APPROVED
    return CorrectionState.ENDORSED if two_step else CorrectionState.APPROVED


def reject(case: Case, actor: Actor) -> CorrectionState | CorrectionRefusal:
    """What a rejection makes of a correction; whoever endorsed it may think again."""
    return _may_decide(case, actor) or CorrectionState.REJECTED


def withdraw(case: Case, actor: Actor) -> CorrectionState | CorrectionRefusal:
    """What a withdrawal makes of a correction; it is for the officer or whoever asked, until it is decided."""
    if case.state not in OPEN:
        return CorrectionRefusal.CLOSED
    if actor.name not in {case.officer, case.requested_by}:
        return CorrectionRefusal.NOT_THEIRS
    return CorrectionState.WITHDRAWN


def month_of(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The calendar month that an instant is in, the end not included."""
    local = at.astimezone(zone)
    begin = datetime(local.year, local.month, 1, tzinfo=zone)
    return begin, datetime(local.year + local.month // 12, local.month % 12 + 1, 1, tzinfo=zone)


def _may_decide(case: Case, actor: Actor) -> CorrectionRefusal | None:
    if case.state not in OPEN:
        return CorrectionRefusal.CLOSED
    if actor.name == case.officer:
        return CorrectionRefusal.OWN_RECORD
    return CorrectionRefusal.OWN_REQUEST if actor.name == case.requested_by else None
