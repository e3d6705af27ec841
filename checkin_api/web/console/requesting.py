"""HR enters a correction for an officer: a punch to add, or one of the day's punches to void; somebody else decides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from checkin_api import corrections, queries
from checkin_api.corrections import MissingPunch, Request, WrongPunch, policy_in_force
from checkin_api.domain.attachments import SIZE_LIMIT, Attachment
from checkin_api.domain.corrections import judge_time
from checkin_api.domain.ids import CorrectionRefusal, Direction, Role
from checkin_api.domain.records import DutyRecord
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.domain.words import CORRECTION_REFUSAL
from checkin_api.queries import corrections as reading
from checkin_api.queries.attendance import OfficerRow, Period, attendance
from checkin_api.queries.corrections import PunchRow
from checkin_api.web.console import access, parameters
from checkin_api.web.console.access import page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError

# The night before and after belong to a duty as well.
_AROUND = timedelta(hours=12)
_VOID = "void:"


@dataclass(frozen=True, slots=True)
class Due:
    """A punch that a duty of the day asks for: when and where it was due, and whether it is missing."""

    direction: Direction
    at: datetime
    zone: str
    is_missing: bool


@dataclass(frozen=True, slots=True)
class OfficerDay:
    """What there is of a day to correct; ``end`` is that of the day and its duties."""

    officer: OfficerRow
    end: datetime
    punches: Sequence[PunchRow] = ()
    due: Sequence[Due] = ()
    zones: dict[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> list[Due]:
        """The punches that are not there."""
        return [due for due in self.due if due.is_missing]


@blueprint.get("/corrections/new")
@page(Role.HR)
def corrections_new() -> Any:
    """The officer and the day, then what is wrong with it."""
    staff_no, day = _whose()
    if not staff_no:
        return render_template("console/corrections_new.html", found=None, date=day, refusal=None)
    return _form(staff_no, day, None)


@blueprint.post("/corrections/new")
@page(Role.HR, file_bytes=SIZE_LIMIT)
def corrections_request() -> Any:
    """Enter it, with a scan or a picture of the paper if there is one; somebody else decides."""
    staff_no, day = _whose()
    made = _request(staff_no)
    if isinstance(made, CorrectionRefusal):
        return Response(_form(staff_no, day, made), 409)
    return redirect(url_for("console.corrections", officer=staff_no, done="requested"), 303)


def _whose() -> tuple[str, date]:
    day = parameters.day("day", local_date(access.now(), access.settings().zone))
    return request.values.get("staff_no", "").strip(), day


def _request(staff_no: str) -> UUID | CorrectionRefusal:
    asked = Request(staff_no, _wanted(), request.form.get("reason", ""), _attachment())
    with access.database().write() as session:
        access.insist_on_officer(session, staff_no)
        policy = policy_in_force(session, access.settings())
        return corrections.request(session, access.now(), asked, actor=access.actor(), policy=policy)


def _attachment() -> Attachment | None:
    """The file of the form, as it was sent; the use case judges it as it does an officer's."""
    file = request.files.get("attachment")
    return None if file is None or not file.filename else Attachment(file.filename, file.read())


def _wanted() -> MissingPunch | WrongPunch:
    """What is asked for.

    Raises:
        ProblemError: 422, neither a punch to add nor one to void.
    """
    what = request.form.get("what", "")
    if what.startswith(_VOID):
        try:
            return WrongPunch(UUID(what.removeprefix(_VOID)))
        except ValueError:
            raise _unclear() from None
    at = parameters.moment("at", access.settings().zone)
    if what not in {Direction.IN, Direction.OUT} or at is None:
        raise _unclear()
    return MissingPunch(Direction(what), at, request.form.get("zone") or None)


def _unclear() -> ProblemError:
    return ProblemError(
        422,
        "validation_failed",
        "請選擇補簽到、補簽退（並填時間），或要作廢的打卡"
        " / choose a sign-in or sign-out with its time, or the punch to void",
    )


def _form(staff_no: str, day: date, refusal: CorrectionRefusal | None) -> str:
    with access.database().read() as session:
        access.insist_on_officer(session, staff_no)
        found = _day(session, staff_no, day)
        policy = policy_in_force(session, access.settings())
    return render_template(
        "console/corrections_new.html",
        found=found,
        date=day,
        refusal=refusal and CORRECTION_REFUSAL[refusal],
        sent=request.form,
        zone=access.settings().zone,
        days=policy.days,
        # Not one moment of the day or its duties can be corrected any more.
        is_too_old=judge_time(found.end, access.now(), policy) is CorrectionRefusal.TOO_OLD,
    )


def _day(session: Session, staff_no: str, day: date) -> OfficerDay:
    settings, now = access.settings(), access.now()
    period = Period(first=day, last=day, as_of=now, zone=settings.zone, of_month=False)
    begin = datetime.combine(day, time(), settings.zone)
    punches = reading.officer_punches(session, staff_no, begin - _AROUND, begin + DAY + _AROUND)
    [block] = attendance(session, period, among=queries.of_staff_no(session, staff_no))
    records = list(block.records())
    due = [each for record in records for each in _due(record, block.zones[record.zone].code) if each.at <= now]
    end = max([begin + DAY, *(record.end for record in records if record.end is not None)])
    return OfficerDay(block.officers[0], end, punches, due, queries.zone_names(session))


def _due(record: DutyRecord, zone: str) -> list[Due]:
    of_record = ((Direction.IN, record.sign_in, record.start), (Direction.OUT, record.sign_out, record.end))
    return [Due(direction, at, zone, made is None) for direction, made, at in of_record if at is not None]
