"""Decide what is stored and undecided in the inbox, a batch at a time, in the order it happened."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from sqlalchemy import select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.checkin import answers
from checkin_api.checkin.casefile import load_casefile
from checkin_api.checkin.records import Records, Ruled, Stored
from checkin_api.checkin.rulings import Messages, Rules, Rulings
from checkin_api.db import Database, Turn, take_turn
from checkin_api.domain.ids import INTERNAL_ERROR, EventState
from checkin_api.line.events import (
    BeaconHeard,
    EnrolmentAsked,
    Event,
    Followed,
    ForgotAsked,
    HelpAsked,
    LineEvent,
    MonthAsked,
    NotOurs,
    PlaceShown,
    PunchAsked,
    RemindersAsked,
    Strange,
    TodayAsked,
    Unfollowed,
    parse_event,
)

logger = logging.getLogger(__name__)

Pair = tuple[Stored, LineEvent]

# Different answers that are looked up in one go: some tenths of a second, for which punches wait.
ANSWERS_AT_ONCE = 5


def decide_events(database: Database, now: datetime, rules: Rules, *, limit: int = 500) -> bool:
    """Decide up to ``limit`` stored events and commit; returns whether more may be waiting.

    An event that breaks the code that judges it is parked, and the others are decided all the same.

    Raises:
        DBAPIError: the database failed; nothing is parked for that, and everything can be tried again.
        OSError: the database is not there, likewise.
    """
    batch, is_more = _next_batch(database, limit)
    if not batch:
        return False
    try:
        _decide(database, batch, now, rules)
    except Exception as exc:
        if not _is_of_an_event(exc):
            raise
        logger.exception("deciding %d events failed; deciding each alone", len(batch))
        for pair in batch:
            _decide_alone(database, pair, now, rules)
    return is_more


def _decide_alone(database: Database, pair: Pair, now: datetime, rules: Rules) -> None:
    try:
        _decide(database, [pair], now, rules)
    except Exception as exc:
        if not _is_of_an_event(exc):
            raise
        logger.exception("event %d could not be decided and is parked", pair[0].id)
        _park(database, pair, now, rules)


def _is_of_an_event(exc: Exception) -> bool:
    """Whether an event broke the code, or values of it the rules of a table; else the database is to blame."""
    if isinstance(exc, DBAPIError):
        return isinstance(exc, DataError | IntegrityError)
    return not isinstance(exc, OSError)


def _next_batch(database: Database, limit: int) -> tuple[list[Pair], bool]:
    """The oldest undecided events with what they say, in the order they happened, and whether more may be waiting.

    LINE promises no order; within a batch the events' own times put it right. After an enrolment no event follows that
    depends on who the account belongs to.
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
    is_more = len(batch) == limit
    asking = [pair for pair in batch if answers.is_question(pair[1])]
    if asking:
        # What is looked up waits until everything else is decided, and so tells of it, too.
        others = [pair for pair in batch if not answers.is_question(pair[1])]
        batch = others or _first_questions(asking)
        is_more = True
    enrolling = set()
    for position, (_, line_event) in enumerate(batch):
        if isinstance(line_event, EnrolmentAsked):
            enrolling.add(line_event.user_id)
        elif isinstance(line_event, BeaconHeard | PunchAsked | PlaceShown) and line_event.user_id in enrolling:
            return batch[:position], True
    return batch, is_more


def _first_questions(asking: Sequence[Pair]) -> list[Pair]:
    """A few different questions; whoever asks the same again and again gets the same answer and holds nobody up."""
    different: set[object] = set()
    chosen = []
    for pair in asking:
        asked = _asked(pair[1])
        if asked in different or len(different) < ANSWERS_AT_ONCE:
            different.add(asked)
            chosen.append(pair)
    return chosen


def _asked(event: LineEvent) -> object:
    """What tells questions from one another: who asks what."""
    return type(event), event.user_id if isinstance(event, Event) else None


def _decide(database: Database, batch: Sequence[Pair], now: datetime, rules: Rules) -> None:
    """Judge and record a batch in one transaction; what another process has decided meanwhile is left alone."""
    if not database.is_sqlite:
        with database.write() as session:
            # Serial among all processes, so that a tap never overtakes the presence it needs.
            take_turn(session, Turn.DECIDE)
            batch = _undecided(session, batch)
            _judge(session, batch, rules).write(session, now)
        return
    # SQLite has one writer for everybody, and webhooks wait for their turn: it is taken only for the writing.
    with database.read() as session:
        rulings = _judge(session, batch, rules)
    with database.write() as session:
        if len(_undecided(session, batch)) == len(batch):
            rulings.write(session, now)


def _undecided(session: Session, batch: Sequence[Pair]) -> list[Pair]:
    query = select(m.InboxEvent.id).where(
        m.InboxEvent.id.in_([stored.id for stored, _ in batch]), m.InboxEvent.state == EventState.STORED
    )
    waiting = set(session.scalars(query))
    return [pair for pair in batch if pair[0].id in waiting]


def _park(database: Database, pair: Pair, now: datetime, rules: Rules) -> None:
    """Set the event aside, unless another process has decided it; what it came with may concern another service."""
    records = Records()
    records.ruled.append((pair[0], Ruled(EventState.PARKED, INTERNAL_ERROR, is_foreign=True)))
    with database.write() as session:
        take_turn(session, Turn.DECIDE)
        if _undecided(session, [pair]):
            records.write(session, now, forwards=rules.forwards)


def _judge(session: Session, batch: Sequence[Pair], rules: Rules) -> Rulings:
    events = [event for _, event in batch if isinstance(event, Event)]
    casefile = load_casefile(session, events, rules.timezone, rules.vault)
    rulings = Rulings(casefile, rules)
    look_up = _LookUp(session, rules)
    for stored, event in batch:
        ruled = _rule(rulings, stored, event, look_up)
        if ruled is not None:
            rulings.records.ruled.append((stored, ruled))
    return rulings


class _LookUp:
    """Answers to the questions of a batch, each looked up once."""

    def __init__(self, session: Session, rules: Rules) -> None:
        self._session, self._rules = session, rules
        self._found: dict[object, Messages] = {}

    def __call__(self, event: answers.Question) -> Messages:
        asked = _asked(event)
        if asked not in self._found:
            rules = self._rules
            self._found[asked] = answers.answer(
                self._session, event, rules.timezone, liff_id=rules.liff_id, reminds=rules.reminds
            )
        return self._found[asked]


def _rule(rulings: Rulings, stored: Stored, event: LineEvent, look_up: _LookUp) -> Ruled | None:  # noqa: C901, PLR0911 (one line per type)
    match event:
        case BeaconHeard():
            return rulings.beacon(stored, event)
        case PunchAsked():
            return rulings.punch_asked(stored, event)
        case PlaceShown():
            return rulings.place_shown(stored, event)
        case EnrolmentAsked():
            rulings.enrolments.append((stored, event))
            return None
        case HelpAsked() | ForgotAsked():
            return rulings.help_asked(stored, event)
        case RemindersAsked(wanted=bool(wanted)):
            return rulings.reminders_asked(stored, event, wanted=wanted)
        case TodayAsked() | MonthAsked() | RemindersAsked():
            return rulings.answer(stored, event, look_up(event))
        case Followed() | Unfollowed():
            return rulings.friend(stored, event, is_friend=isinstance(event, Followed))
        case NotOurs(reason):
            return Ruled(EventState.IGNORED, reason, is_foreign=True)
        case Strange(reason, detail):
            return Ruled(EventState.PARKED, reason, detail, is_foreign=True)
        case never:
            assert_never(never)
