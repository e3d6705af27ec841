"""Decide what is stored and undecided in the inbox, a batch at a time, in the order it happened."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from checkin_api import enrolment
from checkin_api import models as m
from checkin_api.checkin.casefile import load_casefile
from checkin_api.checkin.records import Ruled
from checkin_api.checkin.rulings import Rulings
from checkin_api.domain.ids import EventState, Reason
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What deciding needs of the settings."""

    timezone: ZoneInfo
    code_key: bytes
    forwards: bool = False


@dataclass(frozen=True, slots=True)
class _Desk:
    """What judging one batch needs at hand."""

    session: Session
    rulings: Rulings
    now: datetime
    rules: Rules


Pair = tuple[m.InboxEvent, LineEvent]


def decide_events(session: Session, now: datetime, rules: Rules, *, limit: int = 200) -> int:
    """Decide up to ``limit`` stored events and return how many were; 0 means that none is left. The caller commits.

    An event that breaks the code that judges it is parked, and the others are decided all the same.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _PG_LOCK})
    stored = session.scalars(
        select(m.InboxEvent).where(m.InboxEvent.state == EventState.STORED).order_by(m.InboxEvent.id).limit(limit)
    ).all()
    batch = _in_order(stored)
    if not batch:
        return 0
    try:
        with session.begin_nested():
            _decide(session, batch, now, rules)
    except Exception:
        logger.exception("deciding %d events together failed; deciding them one by one", len(batch))
        for pair in batch:
            _decide_alone(session, pair, now, rules)
    return len(batch)


def has_undecided(session: Session) -> bool:
    """Whether anything waits; cheap enough to ask many times a second."""
    return session.scalar(select(m.InboxEvent.id).where(m.InboxEvent.state == EventState.STORED).limit(1)) is not None


def _in_order(stored: Sequence[m.InboxEvent]) -> list[Pair]:
    """The events with what they say, in the order they happened; nothing after an enrolment, which changes who is who.

    LINE promises no order; within a batch the events' own times put it right.
    """
    batch = [(event, parse_event(event.raw, event.received_at)) for event in stored]
    batch.sort(key=lambda pair: pair[1].at if isinstance(pair[1], Event) else pair[0].received_at)
    for position, (_, line_event) in enumerate(batch):
        if isinstance(line_event, EnrolmentAsked):
            return batch[: position + 1]
    return batch


def _decide_alone(session: Session, pair: Pair, now: datetime, rules: Rules) -> None:
    try:
        with session.begin_nested():
            _decide(session, [pair], now, rules)
    except Exception:
        stored = pair[0]
        logger.exception("event %d could not be decided and is parked", stored.id)
        stored.state, stored.reason, stored.decided_at = EventState.PARKED, "internal_error", now
        session.flush()


def _decide(session: Session, batch: Sequence[Pair], now: datetime, rules: Rules) -> None:
    casefile = load_casefile(session, [event for _, event in batch if isinstance(event, Event)], rules.timezone)
    desk = _Desk(session, Rulings(casefile), now, rules)
    for stored, event in batch:
        desk.rulings.records.ruled.append((stored, _rule(desk, stored, event)))
    desk.rulings.records.write(session, now, forwards=rules.forwards)


def _rule(desk: _Desk, stored: m.InboxEvent, event: LineEvent) -> Ruled:  # noqa: PLR0911 (one line per type)
    rulings = desk.rulings
    match event:
        case BeaconHeard():
            return rulings.beacon(stored, event)
        case PunchAsked():
            return rulings.punch_asked(stored, event)
        case EnrolmentAsked():
            return _enrol(desk, stored, event)
        case HelpAsked():
            return rulings.answer(stored, event, messages.explain())
        case Followed():
            enrolment.set_friend(desk.session, event.user_id, is_friend=True)
            return rulings.answer(stored, event, messages.welcome())
        case Unfollowed():
            enrolment.set_friend(desk.session, event.user_id, is_friend=False)
            return Ruled(EventState.DECIDED)
        case NotOurs(reason):
            return Ruled(EventState.IGNORED, reason, is_foreign=True)
        case Strange(reason, detail):
            return Ruled(EventState.PARKED, reason, detail, is_foreign=True)
        case never:
            assert_never(never)


def _enrol(desk: _Desk, stored: m.InboxEvent, event: EnrolmentAsked) -> Ruled:
    outcome = enrolment.enrol(
        desk.session, event.at, event.user_id, staff_no=event.staff_no, code=event.code, key=desk.rules.code_key
    )
    if isinstance(outcome, Reason):
        return desk.rulings.refuse(stored, event, outcome, said=messages.enrolment_refused(outcome))
    return desk.rulings.answer(stored, event, messages.enrolled(outcome))
