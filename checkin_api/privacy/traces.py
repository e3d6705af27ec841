"""What is an officer's in tables that do not name officers: events, replies, alarms, the audit log."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from checkin_api import models as m
from checkin_api.domain.corrections import officer_name
from checkin_api.domain.ids import StaffNo

# Below what either database takes as parameters of one statement.
_STEP = 500


@dataclass(frozen=True, slots=True)
class Account:
    """A LINE account, and the time in which what came from it is the officer's; None is open."""

    user_id: str
    begin: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Whose:
    """An officer, by everything that rows know one by."""

    officer_id: int
    staff_no: str
    accounts: Sequence[Account]


def enrolment_tries(session: Session, whose: Whose) -> Iterator[dict[str, Any]]:
    """Failed tries to enrol, by the officer's LINE accounts."""
    t = m.EnrolmentTry
    of_account = [and_(t.line_user_id == each.user_id, _within(t.at, each)) for each in whose.accounts]
    yield from _dicts(session, t, or_(false(), *of_account))


def of_console_account(
    session: Session, whose: Whose, table: type[m.ConsolePasskey | m.ConsoleAgencyIdentity]
) -> Iterator[dict[str, Any]]:
    """What the officer's accounts of the console sign in with."""
    accounts = select(m.ConsoleUser.id).where(m.ConsoleUser.officer_id == whose.officer_id)
    yield from _dicts(session, table, table.user_id.in_(accounts))


def punch_voids(session: Session, whose: Whose) -> Iterator[dict[str, Any]]:
    """That punches of the officer do not count any more."""
    punches = select(m.Punch.id).where(m.Punch.officer_id == whose.officer_id)
    yield from _dicts(session, m.PunchVoid, m.PunchVoid.punch_id.in_(punches))


def inbox_events(session: Session, whose: Whose) -> Iterator[dict[str, Any]]:
    """Events that came from the officer's LINE accounts, with what they said as JSON.

    No index leads to them: the whole inbox is read once.
    """
    i = m.InboxEvent
    of_account = [and_(i.raw.contains(each.user_id), _within(i.received_at, each)) for each in whose.accounts]
    users = {each.user_id for each in whose.accounts}
    for row in _dicts(session, i, or_(false(), *of_account)):
        event = _json(row["raw"])
        # Somebody else's event may mention the account.
        if isinstance(event, dict) and _source(event) in users:
            yield {**row, "raw": event}


def replies(session: Session, event_ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    """What was answered to these events."""
    for begin in range(0, len(event_ids), _STEP):
        some = event_ids[begin : begin + _STEP]
        yield from _dicts(session, m.Reply, m.Reply.inbox_event_id.in_(some))


def beacon_alarms(session: Session, whose: Whose) -> Iterator[dict[str, Any]]:
    """Alarms about beacons, each with the evidence that the officer's phone gave and nobody else's."""
    a = m.BeaconAlarm
    for row in _dicts(session, a, cast(a.evidence, String).contains(json.dumps(whose.staff_no), autoescape=True)):
        own = [each for each in row["evidence"] if each.get("who") == whose.staff_no]
        if own:
            names = ("id", "beacon_id", "kind")
            yield {**{name: row[name] for name in names}, "evidence": own}


def audit_entries(session: Session, whose: Whose) -> Iterator[dict[str, Any]]:
    """What was done to the officer's data, and what the officer did."""
    e, number = m.AuditEntry, whose.staff_no
    subjects, by = {f"officer:{number}", f"roster:{number}"}, officer_name(StaffNo(number))
    quoted = [json.dumps(name, ensure_ascii=False) for name in (number, by)]
    may_be = or_(
        e.subject.in_(subjects),
        e.actor == f"liff:{number}",
        *(e.detail.contains(each, autoescape=True) for each in quoted),
    )
    for row in _dicts(session, e, may_be):
        detail = _json(row["detail"])
        told = {detail.get("officer"), detail.get("by")} if isinstance(detail, dict) else set()
        # A part of the text may be anything, and SQLite compares it without regard to case.
        if row["subject"] in subjects or row["actor"] == f"liff:{number}" or told & {number, by}:
            yield {**row, "detail": detail}


def _dicts(session: Session, table: type[m.Base], where: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    columns = list(table.__table__.c)
    for row in session.execute(select(*columns).where(where).order_by(*table.__table__.primary_key)):
        yield {column.name: value for column, value in zip(columns, row, strict=True)}


def _within(at: InstrumentedAttribute[datetime], account: Account) -> ColumnElement[bool]:
    bounds = [at > account.begin] if account.begin else []
    bounds += [at <= account.end] if account.end else []
    return and_(True, *bounds)  # noqa: FBT003 (SQLAlchemy's neutral element)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _source(event: dict[str, Any]) -> Any:
    source = event.get("source")
    return source.get("userId") if isinstance(source, dict) else None
