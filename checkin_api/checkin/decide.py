"""Decide what is stored and undecided in the inbox, a batch at a time, in the order it happened."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.checkin.casefile import load_casefile
from checkin_api.checkin.records import Ruled, Stored
from checkin_api.checkin.rulings import Rulings
from checkin_api.db import Database
from checkin_api.domain.ids import EventState
from checkin_api.line import messages
from checkin_api.line.events import (
    BeaconHeard,
    EnrolmentAsked,
    Event,
    Followed,
    HelpAsked,
    LineEvent,
    NotOurs,
    PunchAsked,
    Strange,
    Unfollowed,
    parse_event,
)

logger = logging.getLogger(__name__)

# Deciding is serial among all processes, so that a tap never overtakes the presence it needs.
_PG_LOCK = 0x63_68_65_63_6B  # "check"

Pair = tuple[Stored, LineEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What deciding needs of the settings."""

    timezone: ZoneInfo
    code_key: bytes
    forwards: bool = False


def decide_events(database: Database, now: datetime, rules: Rules, *, limit: int = 500) -> int:
    """Decide up to ``limit`` stored events and commit; returns how many, 0 when none is left.

    An event that breaks the code that judges it is parked, and the others are decided all the same.
    """
    batch = _next_batch(database, limit)
    if not batch:
        return 0
    try:
        return _decide(database, batch, now, rules)
    except Exception:
        logger.exception("deciding %d events failed; deciding each alone", len(batch))
    for pair in batch:
        try:
            _decide(database, [pair], now, rules)
        except Exception:
            logger.exception("event %d could not be decided and is parked", pair[0].id)
            _park(database, pair[0], now)
    return len(batch)


def _next_batch(database: Database, limit: int) -> list[Pair]:
    """The oldest undecided events with what they say, in the order they happened.

    LINE promises no order; within a batch the events' own times put it right. Nothing comes after an enrolment, which
    changes who is who.
    """
    event = m.InboxEvent
    query = (
        select(event.id, event.raw, event.received_at, event.delivery_id)
        .where(event.state == EventState.STORED)
        .order_by(event.id)
        .limit(limit)
    )
    with database.read() as session:
        stored = [Stored(*row) for row in session.execute(query)]
    batch = [(each, parse_event(each.raw, each.received_at)) for each in stored]
    batch.sort(key=lambda pair: pair[1].at if isinstance(pair[1], Event) else pair[0].received_at)
    for position, (_, line_event) in enumerate(batch):
        if isinstance(line_event, EnrolmentAsked):
            return batch[: position + 1]
    return batch


def _decide(database: Database, batch: Sequence[Pair], now: datetime, rules: Rules) -> int:
    """Judge and record a batch in one transaction; what another process has decided meanwhile is left alone."""
    if not database.is_sqlite:
        with database.write() as session:
            session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _PG_LOCK})
            batch = _undecided(session, batch)
            _judge(session, batch, rules).write(session, now)
        return len(batch)
    # SQLite has one writer for everybody, and webhooks wait for their turn: it is taken only for the writing.
    with database.read() as session:
        rulings = _judge(session, batch, rules)
    with database.write() as session:
        if len(_undecided(session, batch)) == len(batch):
            rulings.write(session, now)
    return len(batch)


def _undecided(session: Session, batch: Sequence[Pair]) -> list[Pair]:
    query = select(m.InboxEvent.id).where(
        m.InboxEvent.id.in_([stored.id for stored, _ in batch]), m.InboxEvent.state == EventState.STORED
    )
    waiting = set(session.scalars(query))
    return [pair for pair in batch if pair[0].id in waiting]


def _park(database: Database, stored: Stored, now: datetime) -> None:
    parked = {"state": EventState.PARKED, "reason": "internal_error", "decided_at": now}
    with database.write() as session:
        session.execute(update(m.InboxEvent).where(m.InboxEvent.id == stored.id).values(parked))


def _judge(session: Session, batch: Sequence[Pair], rules: Rules) -> Rulings:
    casefile = load_casefile(session, [event for _, event in batch if isinstance(event, Event)], rules.timezone)
    rulings = Rulings(casefile, code_key=rules.code_key, forwards=rules.forwards)
    for stored, event in batch:
        ruled = _rule(rulings, stored, event)
        if ruled is not None:
            rulings.records.ruled.append((stored, ruled))
    return rulings


def _rule(rulings: Rulings, stored: Stored, event: LineEvent) -> Ruled | None:  # noqa: PLR0911 (one line per type)
    match event:
        case BeaconHeard():
            return rulings.beacon(stored, event)
        case PunchAsked():
            return rulings.punch_asked(stored, event)
        case EnrolmentAsked():
            rulings.enrolments.append((stored, event))
            return None
        case HelpAsked():
            return rulings.answer(stored, event, messages.explain())
        case Followed():
            return rulings.friend(stored, event, is_friend=True, said=messages.welcome())
        case Unfollowed():
            return rulings.friend(stored, event, is_friend=False, said=[])
        case NotOurs(reason):
            return Ruled(EventState.IGNORED, reason, is_foreign=True)
        case Strange(reason, detail):
            return Ruled(EventState.PARKED, reason, detail, is_foreign=True)
        case never:
            assert_never(never)
