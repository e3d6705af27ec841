"""Files that are made while somebody waits: about which dates and whom, not more than that takes; and handed over."""

import io
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, request, send_file
from sqlalchemy.orm import Session

from checkin_api import builds, queries
from checkin_api.builds import MadeAtOnce
from checkin_api.web.console import access
from checkin_api.web.errors import ProblemError
from reports.wanted import safe_name

# Officers times days of what is looked at one by one while somebody waits: 7,000 for a week, or a station of 500 for
# three months. Measured on two cores: a second for 10,000.
MOST_OFFICER_DAYS = 50_000


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
        whose = safe_name(self.officer or self.unit or "全機關")
        period = f"{self.first}" if self.first == self.last else f"{self.first:%Y%m%d}-{self.last:%Y%m%d}"
        return f"{safe_name(what)}_{whose}_{period}.{ending}"


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


def insist_on_little(session: Session, of: Scope) -> None:
    """Refuse what somebody would wait too long for.

    Raises:
        ProblemError: 422.
    """
    officers = queries.officer_count(session, queries.among(session, of.unit, of.officer))
    days = (of.last - of.first).days + 1
    if officers * days > MOST_OFFICER_DAYS:
        raise ProblemError(
            422,
            "too_much_at_once",
            f"{officers:,} 人 {days} 天太多，請選單位或縮短期間，或在伺服器上用命令列"
            f" / {officers:,} officers for {days} days are too many: take a unit, fewer days, or the command line",
        )


def hand_over(content: bytes, made: MadeAtOnce) -> Response:
    """The file; that it is taken is recorded before the first byte is given."""
    with access.database().write() as session:
        builds.take(session, access.now(), made, actor=access.viewer().actor, address=request.remote_addr)
    return attachment(content, made.file_name)


def attachment(content: bytes, name: str) -> Response:
    """A file for the browser to keep, never to show."""
    return send_file(
        io.BytesIO(content),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=name,
        max_age=0,
    )
