"""Ordering a report, and trying a failed one again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.audit import Act
from checkin_api.builds.queue import announce
from checkin_api.db import Turn, take_turn
from checkin_api.domain.ids import BuildRefusal, BuildState, ReportForm, new_id
from checkin_api.errors import NotFoundError
from checkin_api.models import ReportBuild

OPEN = (BuildState.QUEUED, BuildState.RUNNING)


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: duty dates ``first`` to ``last``, of a unit with all below it, of one officer, or of everybody.

    ``unit`` is also who may see the build: a supervisor's order always names one.
    """

    kind: str
    form: ReportForm
    first: date
    last: date
    unit: str | None = None
    officer: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """A digest; two orders of the same report have the same."""
        text = json.dumps(self.told(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def told(self) -> dict[str, Any]:
        """The same as JSON can say it, for the audit log."""
        return {
            "kind": self.kind,
            "form": self.form.value,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "unit": self.unit,
            "officer": self.officer,
            "options": dict(self.options),
        }


@dataclass(frozen=True, slots=True)
class Ordered:
    """The build of an order; not ``is_new`` when the same was ordered already and is not made yet."""

    build_id: UUID
    is_new: bool


def order(session: Session, now: datetime, wanted: Order, *, actor: str) -> Ordered:
    """Order a report to be made in the background; whoever asks again before it is made gets the same build."""
    take_turn(session, Turn.AUDIT)
    found = _open_one(session, wanted.key)
    if found is not None:
        return Ordered(found, is_new=False)
    ordered = ReportBuild(
        id=new_id(),
        order_key=wanted.key,
        kind=wanted.kind,
        form=wanted.form,
        first=wanted.first,
        last=wanted.last,
        unit=wanted.unit,
        officer=wanted.officer,
        options=dict(wanted.options),
        ordered_by=actor,
        ordered_at=now,
        next_try_at=now,
    )
    session.add(ordered)
    session.flush()
    announce(session, ordered.id, now)
    audit.record(session, now, act(actor, "report.order", ordered.id, wanted.told()))
    return Ordered(ordered.id, is_new=True)


def retry(session: Session, now: datetime, build_id: UUID, *, actor: str) -> BuildRefusal | None:
    """Begin again with a build that was given up; its attempts count anew.

    Raises:
        NotFoundError: there is no such build.
    """
    take_turn(session, Turn.AUDIT)
    failed = session.get(ReportBuild, build_id, with_for_update=True)
    if failed is None:
        raise unknown_build(build_id)
    if failed.state is not BuildState.FAILED:
        return BuildRefusal.NOT_FAILED
    if _open_one(session, failed.order_key) is not None:
        return BuildRefusal.ORDERED_AGAIN
    failed.state, failed.attempts, failed.error = BuildState.QUEUED, 0, ""
    failed.next_try_at, failed.finished_at, failed.done, failed.total = now, None, 0, 0
    session.flush()
    announce(session, build_id, now)
    audit.record(session, now, act(actor, "report.retry", build_id, {"kind": failed.kind, "officer": failed.officer}))
    return None


def ready(session: Session, wanted: Order, since: datetime, *, ordered_by: str | None = None) -> UUID | None:
    """The newest build of the same order that is done and was begun since; None if there is none.

    One that bears who ordered it is ready for that person alone: ``ordered_by``.
    """
    b = ReportBuild
    query = select(b.id).where(b.order_key == wanted.key, b.state == BuildState.DONE, b.started_at >= since)
    if ordered_by is not None:
        query = query.where(b.ordered_by == ordered_by)
    return session.scalar(query.order_by(b.started_at.desc()).limit(1))


def failed(session: Session, wanted: Order, since: datetime) -> UUID | None:
    """The build of the same order that ended last, if it was given up since; None while one is open."""
    b = ReportBuild
    newest = (
        select(b.id, b.state, b.finished_at)
        .where(b.order_key == wanted.key)
        .order_by(b.finished_at.desc().nulls_first())
        .limit(1)
    )
    row = session.execute(newest).one_or_none()
    return row.id if row and row.state is BuildState.FAILED and row.finished_at >= since else None


def unknown_build(build_id: object) -> NotFoundError:
    """No build has the ID."""
    return NotFoundError(f"沒有報表製作 {build_id} / there is no build {build_id}; see `checkin report builds`")


def act(actor: str, action: str, build_id: UUID, detail: Mapping[str, Any]) -> Act:
    """What somebody did with a build."""
    return Act(actor=actor, action=action, subject=f"report:{build_id}", detail=detail)


def _open_one(session: Session, key: str) -> UUID | None:
    return session.scalar(select(ReportBuild.id).where(ReportBuild.order_key == key, ReportBuild.state.in_(OPEN)))
