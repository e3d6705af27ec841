"""Looking at builds: the history, one of them, its download on the record, and how the queue does."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.builds.ordering import OPEN, act, unknown_build
from checkin_api.domain.ids import BuildRefusal, BuildState, ReportForm, new_id
from checkin_api.models import ReportBuild, ReportDownload


@dataclass(frozen=True, slots=True)
class BuildRow:
    """One build as people look at it; ``done`` of ``total`` is its progress, 0 of 0 while that is not known."""

    id: UUID
    kind: str
    form: ReportForm
    first: date
    last: date
    unit: str | None
    officer: str | None
    state: BuildState
    ordered_by: str
    ordered_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    next_try_at: datetime
    done: int
    total: int
    attempts: int
    error: str
    file_name: str
    size_bytes: int | None
    row_count: int | None
    sha256: str
    downloads: int


@dataclass(frozen=True, slots=True)
class DownloadRow:
    """That somebody took a file: who, when, from where, and what is in it; of a build, unless it was made at once."""

    at: datetime
    by: str
    address: str | None
    build_id: UUID | None
    kind: str
    file_name: str
    row_count: int | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Sight:
    """Which builds somebody may look at: of units by their codes, None is all; and of which kinds none."""

    units: Collection[str] | None = None
    without: Collection[str] = ()


_b, _d = ReportBuild, ReportDownload
_OF_FILE = ("kind", "file_name", "row_count", "sha256")
_ALL = Sight()
_ROW: Sequence[Any] = (
    *(getattr(_b, name) for name in BuildRow.__slots__ if name != "downloads"),
    select(func.count()).select_from(_d).where(_d.build_id == _b.id).correlate(_b).scalar_subquery(),
)


def history(
    session: Session, *, among: Sight = _ALL, state: BuildState | None = None, limit: int = 100
) -> list[BuildRow]:
    """The builds ordered last, the newest first, among those that somebody may look at."""
    query = _seen(among).order_by(_b.ordered_at.desc(), _b.id.desc()).limit(limit)
    rows = session.execute(query if state is None else query.where(_b.state == state))
    return [BuildRow(*row) for row in rows]


def build(session: Session, build_id: UUID, *, among: Sight = _ALL) -> BuildRow:
    """One build.

    Raises:
        NotFoundError: there is none, or not among these.
    """
    row = session.execute(_seen(among).where(_b.id == build_id)).one_or_none()
    if row is None:
        raise unknown_build(build_id)
    return BuildRow(*row)


def download(  # noqa: PLR0913 (who, what, from where, and what they may see)
    session: Session,
    now: datetime,
    build_id: UUID,
    *,
    actor: str,
    address: str | None = None,
    among: Sight = _ALL,
) -> BuildRow | BuildRefusal:
    """Record that somebody takes the file, here and in the audit log; commit before the first byte is given.

    Raises:
        NotFoundError: there is no such build, or not among these.
    """
    found = build(session, build_id, among=among)
    if found.state is not BuildState.DONE:
        return BuildRefusal.NOT_DONE
    session.add(_d(id=new_id(), build_id=build_id, by=actor, at=now, address=address))
    told = {
        "kind": found.kind,
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "unit": found.unit,
        "officer": found.officer,
        "file": found.file_name,
        "rows": found.row_count,
        "sha256": found.sha256,
        "address": address,
    }
    audit.record(session, now, act(actor, "report.download", build_id, told))
    return found


def downloads(session: Session, *, build_id: UUID | None = None, limit: int = 100) -> list[DownloadRow]:
    """Who took which file, the newest first."""
    query = (
        select(
            *(_d.at, _d.by, _d.address, _d.build_id),
            *(func.coalesce(getattr(_b, name), getattr(_d, name)) for name in _OF_FILE),
        )
        .outerjoin(_b, _b.id == _d.build_id)
        .order_by(_d.at.desc(), _d.id.desc())
        .limit(limit)
    )
    if build_id is not None:
        query = query.where(_d.build_id == build_id)
    return [DownloadRow(*row) for row in session.execute(query)]


def service_levels(session: Session, now: datetime) -> dict[str, float]:
    """What Prometheus and the doctor watch: how many are open, how long one has waited, how many failed."""
    open_builds = session.scalar(select(func.count()).where(_b.state.in_(OPEN))) or 0
    waiting = session.scalar(select(func.min(_b.next_try_at)).where(_b.state == BuildState.QUEUED))
    failed = session.scalar(select(func.count()).where(_b.state == BuildState.FAILED)) or 0
    return {
        "report_builds_open": open_builds,
        "report_builds_oldest_waiting_seconds": max(0.0, (now - waiting).total_seconds()) if waiting else 0.0,
        "report_builds_failed": failed,
    }


def _seen(among: Sight) -> Select[Any]:
    query = select(*_ROW).where(_b.kind.not_in(among.without))
    return query if among.units is None else query.where(_b.unit.in_(among.units))
