"""Reminders of a missing OUT: who wants them, which duties are due for one, and what the month's budget leaves."""

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api import queries
from checkin_api.db import Database
from checkin_api.domain.ids import HoursRule, MessageState, Withheld, new_id
from checkin_api.domain.pairing import pair
from checkin_api.domain.shifts import DAY, REACH, Duty, local_date, local_day
from checkin_api.domain.windows import PunchFact, assign
from checkin_api.errors import DeliveryError, MonthlyLimitError
from checkin_api.line import messages

logger = logging.getLogger(__name__)

# Later it is no reminder any more, and LINE remembers the retry key for a day (Messaging API, "Retry failed requests").
SEND_WITHIN = timedelta(hours=1)

# To whom, what, and the key by which LINE knows a second try.
Push = Callable[[str, list[dict[str, Any]], UUID], None]


@dataclass(frozen=True, slots=True)
class Rules:
    """The department's settings: how many pushes a month, how long after the end of a duty, by which clock."""

    budget: int
    after: timedelta
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Tally:
    """The reminders of a month: handed over to be sent, and withheld."""

    sent: int
    withheld: int


@dataclass(frozen=True, slots=True)
class _Due:
    officer_id: int
    duty: Duty


def is_wanted(session: Session, officer_id: int) -> bool:
    """Whether an officer wants to be reminded of a missing OUT; not, as long as nobody said so."""
    wish = m.ReminderWish
    return bool(session.scalar(select(wish.is_wanted).where(wish.officer_id == officer_id)))


def set_wanted(session: Session, now: datetime, officer_id: int, *, wanted: bool) -> None:
    """Remember what an officer wants, and since when. The caller commits."""
    # Two at once: the second waits here and finds the first.
    session.get_one(m.Officer, officer_id, with_for_update={"key_share": True})
    wish = m.ReminderWish
    said = {"is_wanted": wanted, "said_at": now}
    known = session.scalar(update(wish).where(wish.officer_id == officer_id).values(**said).returning(wish.officer_id))
    if known is None:
        session.execute(insert(wish).values(officer_id=officer_id, **said))


def tally(session: Session, now: datetime, zone: ZoneInfo) -> Tally:
    """The reminders of this calendar month, by the department's clock."""
    withheld = m.Reminder.withheld.is_not(None)
    # What failed was refused by LINE, and did not count there.
    sent = m.Reminder.state.in_((MessageState.PENDING, MessageState.SENT, MessageState.EXPIRED))
    count = select(func.count(m.Reminder.id)).where(_in_month(now, zone))
    return Tally(session.scalar(count.where(sent)) or 0, session.scalar(count.where(withheld)) or 0)


def remind(database: Database, now: datetime, rules: Rules) -> Tally:
    """Queue a reminder for each duty that is due for one, as far as the budget goes; returns this run's.

    Each duty is looked at once: what is withheld stays so.
    """
    with database.read() as session:
        due = _due(session, now, rules)
        names = dict(session.execute(select(m.Shift.code, m.Shift.name)).all()) if due else {}
    if not due:
        return Tally(0, 0)
    with database.write() as session:
        before, limit_reached = tally(session, now, rules.zone), _limit_reached(session, now, rules.zone)
        room = 0 if limit_reached else max(0, rules.budget - before.sent)
        why = Withheld.LINE_LIMIT if limit_reached else Withheld.BUDGET
        rows = [
            _row(each, names, now, rules.zone, withheld=None if number < room else why)
            for number, each in enumerate(due)
        ]
        session.execute(insert(m.Reminder), rows)
    queued = min(room, len(due))
    if queued < len(due) and not before.withheld:
        logger.warning("no more reminders this month (%s): further ones are counted and not sent", why)
    return Tally(queued, len(due) - queued)


def sender(database: Database, push: Push) -> Callable[[m.Reminder], None]:
    """How a courier sends a reminder: to the officer's LINE account of that moment."""

    def send(reminder: m.Reminder) -> None:
        account = m.LineAccount
        with database.read() as session:
            user_id = session.scalar(
                select(account.line_user_id).where(account.officer_id == reminder.officer_id, _reachable())
            )
        if user_id is None:
            raise DeliveryError("the officer has no LINE account that can be reached", permanent=True)
        try:
            push(user_id, reminder.messages, reminder.id)
        except MonthlyLimitError:
            with database.write() as session:
                session.execute(
                    update(m.Reminder).where(m.Reminder.id == reminder.id).values(withheld=Withheld.LINE_LIMIT)
                )
            raise

    return send


def _reachable() -> ColumnElement[bool]:
    """LINE answers 200 to a push to somebody who is no friend, and shows it to nobody."""
    return and_(m.LineAccount.unbound_at.is_(None), m.LineAccount.is_friend)


def _in_month(now: datetime, zone: ZoneInfo) -> ColumnElement[bool]:
    first = local_date(now, zone).replace(day=1)
    begin, _ = local_day(first, zone)
    end, _ = local_day((first + timedelta(days=31)).replace(day=1), zone)
    return and_(m.Reminder.created_at >= begin, m.Reminder.created_at < end)


def _limit_reached(session: Session, now: datetime, zone: ZoneInfo) -> bool:
    reached = select(m.Reminder.id).where(_in_month(now, zone), m.Reminder.withheld == Withheld.LINE_LIMIT)
    return session.scalar(reached.limit(1)) is not None


def _due(session: Session, now: datetime, rules: Rules) -> list[_Due]:
    """The duties that ended a while ago, are signed in to and not out of, and of which nobody was reminded."""
    wants = (
        select(m.ReminderWish.officer_id)
        .join(m.LineAccount, m.LineAccount.officer_id == m.ReminderWish.officer_id)
        .where(m.ReminderWish.is_wanted, _reachable())
    )
    dates = local_date(now - REACH, rules.zone), local_date(now + DAY, rules.zone)
    duties: dict[int, list[Duty]] = defaultdict(list)
    for expected in queries.expected_duties(session, *dates, rules.zone, among=m.Officer.id.in_(wants)):
        duties[expected.officer_id].append(expected.duty)
    ended = {
        officer_id: [duty for duty in its if duty.end + rules.after <= now <= duty.closes]
        for officer_id, its in duties.items()
    }
    concerned = sorted(officer_id for officer_id, its in ended.items() if its)
    if not concerned:
        return []
    punches = _punches(session, concerned, now)
    told = _told(session, concerned, now)
    return [
        _Due(officer_id, found.duty)
        for officer_id in concerned
        for found in assign(punches[officer_id], duties[officer_id]).duties
        if found.duty in ended[officer_id] and (officer_id, found.duty.start) not in told and _lacks_out(found.punches)
    ]


def _lacks_out(punches: Any) -> bool:
    paired = pair(punches, HoursRule.FIRST_LAST)
    return paired.sign_in is not None and paired.sign_out is None


def _punches(session: Session, officers: list[int], now: datetime) -> dict[int, list[PunchFact]]:
    found: dict[int, list[PunchFact]] = defaultdict(list)
    punch = m.Punch
    rows = session.execute(
        select(punch.officer_id, punch.id, punch.direction, punch.at).where(
            punch.officer_id.in_(officers), punch.at.between(now - REACH - DAY, now), queries.counts()
        )
    )
    for officer_id, punch_id, direction, at in rows:
        found[officer_id].append(PunchFact(direction=direction, at=at, proved=True, key=punch_id))
    return found


def _told(session: Session, officers: list[int], now: datetime) -> set[tuple[int, datetime]]:
    reminder = m.Reminder
    rows = session.execute(
        select(reminder.officer_id, reminder.duty_start).where(
            reminder.officer_id.in_(officers), reminder.duty_start >= now - REACH - DAY
        )
    )
    return {(officer_id, start) for officer_id, start in rows}


def _row(
    due: _Due, names: dict[str, str], now: datetime, zone: ZoneInfo, *, withheld: Withheld | None
) -> dict[str, Any]:
    said = messages.remind(names.get(due.duty.shift_code, due.duty.shift_code), due.duty.end, zone)
    return {
        "id": new_id(),
        "officer_id": due.officer_id,
        "duty_start": due.duty.start,
        "messages": [] if withheld else said,
        "withheld": withheld,
        "state": None if withheld else MessageState.PENDING,
        "created_at": now,
        "next_attempt_at": now,
        "expires_at": min(due.duty.closes, now + SEND_WITHIN),
    }
