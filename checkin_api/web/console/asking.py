"""Files that are made while somebody waits: about which dates and whom, not more than that takes; and handed over."""

import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Response, request, send_file
from sqlalchemy.orm import Session

from checkin_api import builds, queries
from checkin_api.builds import MadeAtOnce
from checkin_api.web.console import access
from checkin_api.web.errors import ProblemError
from reports import wanted

# Officers times days of which somebody may wait for a file, the days around included that decide whose punches are
# whose; the rest is ordered, or made on the command line.
MOST_AT_ONCE = 12_000
UNTYPED = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Scope:
    """Dates, both included, and whom: a unit with all below it, an officer, or everybody."""

    first: date
    last: date
    unit: str | None = None
    officer: str | None = None

    def told(self) -> dict[str, Any]:
        """The same as JSON can say it, for the audit log."""
        return {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "unit": self.unit,
            "officer": self.officer,
        }

    def file_name(self, what: str, ending: str) -> str:
        """What a file about it is called."""
        return wanted.name_of_file(what, self.officer or self.unit, self.first, self.last, ending)


def scope(session: Session, first: date, last: date, *, with_officer: bool = False) -> Scope:
    """The unit and officer of the form, if who looks may see them; a supervisor's is the own unit at least.

    Raises:
        NotFoundError: there is no such unit or officer, or it is none of theirs.
    """
    unit = request.values.get("unit", "") or access.viewer().unit
    officer = (request.values.get("officer", "").strip() or None) if with_officer else None
    if unit is not None:
        access.units(session, unit)
    if officer is not None:
        access.insist_on_officer(session, officer)
        queries.of_staff_no(session, officer)
    return Scope(first, last, unit, officer)


def is_little(session: Session, of: Scope, *, around: timedelta = timedelta()) -> bool:
    """Whether somebody may wait for it."""
    officers = queries.officer_count(session, queries.among(session, of.unit, of.officer))
    return officers * ((of.last - of.first + 2 * around).days + 1) <= MOST_AT_ONCE


def insist_on_little(session: Session, of: Scope, *, around: timedelta = timedelta()) -> None:
    """Refuse what somebody would wait too long for.

    Raises:
        ProblemError: 422.
    """
    if not is_little(session, of, around=around):
        raise too_much()


def too_much() -> ProblemError:
    """That somebody would wait too long."""
    return ProblemError(
        422,
        "too_much_at_once",
        "人數乘天數太多，請選單位或縮短期間，或在伺服器上用命令列"
        " / too many officers for so many days: take a unit, fewer days, or the command line",
    )


def watermark() -> str | None:
    """What stands on every page of a file that is made now for who looks; None where the setting is off."""
    settings = access.settings()
    return wanted.watermark(access.viewer().actor, access.now(), settings.zone, marks=settings.report_watermark)


def hand_over(content: bytes, made: MadeAtOnce, mimetype: str = UNTYPED) -> Response:
    """The file; that it is taken is recorded before the first byte is given."""
    with access.database().write() as session:
        builds.take(session, access.now(), made, actor=access.viewer().actor, address=request.remote_addr)
    return attachment(content, made.file_name, mimetype)


def attachment(content: bytes, name: str, mimetype: str = UNTYPED) -> Response:
    """A file for the browser to keep, never to show."""
    return send_file(
        io.BytesIO(content),
        mimetype=mimetype,
        as_attachment=True,
        download_name=name,
        max_age=0,
    )
