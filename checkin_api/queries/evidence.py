"""What there is about an officer around a duty date: punches with their proof, presences, corrections."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.ids import Assurance, Direction, PunchSource
from checkin_api.domain.words import evidence
from checkin_api.queries.corrections import CorrectionRow, corrections


@dataclass(frozen=True, slots=True, kw_only=True)
class PunchFound:
    """A punch with what proves it; ``evidence`` in zh-TW and English, ``voided_at`` since when it counts no more."""

    id: UUID
    at: datetime
    received_at: datetime
    direction: Direction
    source: PunchSource
    zone: str | None
    assurance: Assurance
    evidence: tuple[str, str]
    heard_at: datetime | None
    impossible_travel: bool
    voided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceFound:
    """That an officer was sensed, or showed something, in a zone."""

    at: datetime
    zone: str
    assurance: Assurance
    evidence: tuple[str, str]


def punches_found(session: Session, officer_id: int, begin: datetime, end: datetime) -> list[PunchFound]:
    """An officer's punches of an interval in order, void ones included; the end is not."""
    p = m.Punch
    rows = session.execute(
        _proof(
            select(
                *(p.id, p.at, p.received_at, p.direction, p.source, m.Zone.name.label("zone"), p.assurance),
                *(p.presence_id, p.impossible_travel, m.PunchVoid.at.label("voided_at")),
                m.Presence.at.label("heard_at"),
            )
        )
        .select_from(p)
        .outerjoin(m.Zone, m.Zone.id == p.zone_id)
        .outerjoin(m.Presence, m.Presence.id == p.presence_id)
        .outerjoin(m.PunchVoid, m.PunchVoid.punch_id == p.id)
        .where(p.officer_id == officer_id, p.at >= begin, p.at < end)
        .order_by(p.at, p.id)
    )
    names = ("id", "at", "received_at", "direction", "source", "zone", "assurance")
    return [
        PunchFound(
            **{name: getattr(row, name) for name in (*names, "heard_at", "impossible_travel", "voided_at")},
            evidence=_words(row, row.source, proved=row.presence_id is not None),
        )
        for row in rows
    ]


def presences_found(
    session: Session, officer_id: int, begin: datetime, end: datetime, *, limit: int
) -> tuple[list[PresenceFound], int]:
    """The first presences of an officer in an interval, and how many there are; the end is not in it."""
    p = m.Presence
    theirs = and_(p.officer_id == officer_id, p.at >= begin, p.at < end)
    rows = session.execute(
        _proof(select(p.at, m.Zone.name.label("zone"), p.assurance))
        .select_from(p)
        .join(m.Zone, m.Zone.id == p.zone_id)
        .where(theirs)
        .order_by(p.at, p.id)
        .limit(limit)
    )
    found = [
        PresenceFound(at=row.at, zone=row.zone, assurance=row.assurance, evidence=_words(row, PunchSource.ZONE))
        for row in rows
    ]
    return found, session.scalar(select(func.count(p.id)).where(theirs)) or 0


def corrections_about(session: Session, officer_id: int, begin: datetime, end: datetime) -> list[CorrectionRow]:
    """Corrections of an officer's punches in an interval, asked for or decided; the end is not in it."""
    c = m.Correction
    return corrections(session, among=and_(c.officer_id == officer_id, c.at >= begin, c.at < end))


def _proof(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """With what a presence says of its proof."""
    p = m.Presence
    return query.add_columns(p.proof, p.agent_id, p.shown, p.distance_m, p.accuracy_m)


def _words(row: Any, source: PunchSource, *, proved: bool = True) -> tuple[str, str]:
    return evidence(
        source,
        row.proof,
        proved=proved,
        from_agent=row.agent_id is not None,
        shown=row.shown,
        distance_m=row.distance_m,
        accuracy_m=row.accuracy_m,
        to_officer=False,
    )
