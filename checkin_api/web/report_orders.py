"""Ordered reports within what somebody may see: what they may order, which builds they see, the file on the record."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from flask import Response, current_app, request, send_file
from sqlalchemy.orm import Session

from checkin_api import builds, queries
from checkin_api.builds import BuildRow, Order, Sight
from checkin_api.config import Settings
from checkin_api.domain.ids import BuildRefusal, ReportForm, Role
from checkin_api.domain.words import BUILD_REFUSAL
from checkin_api.exchange import SWIPE_FILE
from checkin_api.web import scope
from checkin_api.web.errors import ProblemError
from checkin_api.web.scope import Looker
from reports.catalogue import KINDS, check
from reports.wanted import Wanted

# Whoever exchanges files with other systems; the files of the others are reports alone.
_EXCHANGING = frozenset({Role.HR, Role.ADMIN})


def order_of(session: Session, who: Looker, wanted: Wanted) -> Order:
    """What is wanted as an order; a supervisor who names no unit means the own one.

    Raises:
        WantedError: there is no such report, or not so.
        ProblemError: 403, it is about the whole department.
        NotFoundError: there is no such unit or officer, or it is none of theirs.
    """
    unit, kind = wanted.unit, KINDS.get(wanted.kind)
    if kind is not None and who.unit is not None:
        if not kind.by_unit:
            raise ProblemError(403, "forbidden", "這份報表是全機關的 / this report is about the whole department")
        unit = unit or who.unit
    if unit is not None:
        scope.units(session, who, unit)
    if wanted.officer is not None:
        scope.insist_on_officer(session, who, wanted.officer)
        queries.of_staff_no(session, wanted.officer)
    check(Wanted(wanted.kind, wanted.form, wanted.first, wanted.last, unit, wanted.officer))
    return Order(wanted.kind, ReportForm(wanted.form), wanted.first, wanted.last, unit, wanted.officer)


def sight(session: Session, who: Looker) -> Sight:
    """Which builds somebody sees: of the own unit and those below it or all, and swipe files if they are for them."""
    return Sight(
        units=None if who.unit is None else [unit.code for unit in scope.units(session, who)],
        without=() if who.role in _EXCHANGING else (SWIPE_FILE,),
    )


def take(session: Session, now: datetime, who: Looker, build_id: UUID) -> tuple[BuildRow, Path]:
    """The build and its file; that it is taken is recorded. Commit before the first byte is given.

    Raises:
        NotFoundError: there is no such build, or it is none of theirs.
        ProblemError: 409, it is not made yet; 410, its file is gone.
    """
    among = sight(session, who)
    found = builds.download(session, now, build_id, actor=who.actor, address=request.remote_addr, among=among)
    if isinstance(found, BuildRefusal):
        raise refused(found)
    settings: Settings = current_app.extensions["settings"]
    path = builds.path_of(settings.report_dir.absolute(), build_id, found.form)
    if not path.is_file():
        # Rolled back: nobody took anything.
        raise ProblemError(
            410,
            "file_gone",
            "檔案已不在伺服器上（保存期限已過或共用資料夾未掛載），請重新產製"
            " / the file is gone (past its period, or the shared folder is not mounted): order it again",
        )
    return found, path


def given(found: BuildRow, path: Path) -> Response:
    """The file as an attachment."""
    return send_file(path, as_attachment=True, download_name=found.file_name, max_age=0)


def refused(refusal: BuildRefusal) -> ProblemError:
    """A refusal in words."""
    zh, en = BUILD_REFUSAL[refusal]
    return ProblemError(409, refusal.value, f"{zh} / {en}")
