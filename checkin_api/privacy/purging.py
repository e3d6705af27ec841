"""Deleting what is past its period, some rows to a transaction, and proving in the audit log what went."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m
from checkin_api.audit import Act
from checkin_api.db import Database, Turn, take_turn
from checkin_api.domain.purges import ACTION, FILES_TABLE, SUBJECT
from checkin_api.privacy.expiry import ALONG, FILES, KEPT, RULES, Condition, CutOffs, Rule, unused
from checkin_api.privacy.proving import Gone, Tally, delete_rows

# Rows to a transaction: on SQLite everybody else's writing waits for it.
BATCH = 500
# Keys read at a time; reading holds nobody up.
_LOOK = 100 * BATCH
# Between two transactions, so that whoever waits for the one writer of SQLite has a turn.
_REST_S = 0.01

Erase = Callable[[Session, Sequence[Any], Condition, CutOffs], Iterable[Gone]]
# The files of reports of dates before one.
Reports = Callable[[date], Iterable[Path]]
# Rows past their cut-off, by kind and table.
_Left = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows of each kind went, or would; not ``complete`` when some are left for the next time."""

    counts: Mapping[str, int]
    complete: bool = True


def preview(database: Database, cut: CutOffs, reports: Reports) -> Purged:
    """What a purge would delete; changes nothing."""
    counts = Counter(dict.fromkeys(_kinds(cut), 0))
    for (kind, _), rows in _past(database, cut, reports, RULES).items():
        counts[kind] += rows
    return Purged(counts)


def purge(
    database: Database, cut: CutOffs, reports: Reports, *, actor: str, enough: Callable[[], bool] = lambda: False
) -> Purged:
    """Delete it, with transactions of its own; what is left when it is ``enough`` is for the next time.

    One entry of the audit log proves what went, also when it fails half way. That nothing is left is counted, not
    taken for granted.
    """
    tally = Tally(_kinds(cut))
    left: _Left | None = None
    complete = False
    try:
        if all(_erase_all(database, rule, cut, tally, enough) for rule in RULES if not rule.goes_along):
            for path in reports(cut.day(FILES)):
                path.unlink(missing_ok=True)
                tally.add(Gone(FILES, FILES_TABLE, [(path.name, None)]))
            complete = True
        left = _past(database, cut, reports, (*RULES, *ALONG))
        complete = complete and not any(left.values())
    finally:
        with database.write() as session:
            audit.record(session, cut.now, _act(cut, tally, left, actor=actor, complete=complete))
    return Purged(tally.counts, complete=complete)


def older_than(cut: CutOffs, kind: str) -> datetime | None:
    """Up to when rows of a kind go; None of one that no period ends."""
    return None if kind in KEPT or cut.periods[kind].days is None else cut.at(kind)


def _kinds(cut: CutOffs) -> list[str]:
    return [kind for kind in cut.periods if kind not in KEPT]


def _act(cut: CutOffs, tally: Tally, left: _Left | None, *, actor: str, complete: bool) -> Act:
    before = {kind: at.isoformat() for kind in _kinds(cut) if (at := older_than(cut, kind)) is not None}
    detail = {
        "removed": dict(tally.counts),
        "older_than": before,
        "days": {kind: cut.periods[kind].days for kind in before},
        "complete": complete,
        "left": None if left is None else sum(left.values()),
        "tables": tally.tables(left),
    }
    return Act(actor=actor, action=ACTION, subject=SUBJECT, detail=detail)


def _past(database: Database, cut: CutOffs, reports: Reports, rules: Iterable[Rule]) -> Counter[tuple[str, str]]:
    """How many rows are past their cut-off now."""
    found: Counter[tuple[str, str]] = Counter()
    for rule in rules:
        with database.read() as session:
            found[rule.kind, rule.table.__tablename__] += _count(session, rule, cut)
    found[FILES, FILES_TABLE] += len(list(reports(cut.day(FILES))))
    return found


def _count(session: Session, rule: Rule, cut: CutOffs) -> int:
    over = rule.is_over(cut)
    if rule.table is m.BeaconAlarm:
        alarms = session.scalars(select(m.BeaconAlarm.evidence).where(over))
        return sum(len(_older(evidence, cut)) for evidence in alarms)
    return session.scalar(select(func.count()).select_from(rule.table).where(over)) or 0


def _erase_all(database: Database, rule: Rule, cut: CutOffs, tally: Tally, enough: Callable[[], bool]) -> bool:
    """Every row of a rule, in batches; False when it was enough before the end."""
    over, erase = rule.is_over(cut), _ERASE.get(rule.table) or _plainly(rule)
    for keys in _batches(database, rule, over):
        if enough():
            return False
        with database.write() as session:
            gone = list(erase(session, keys, over, cut))
        for each in gone:
            tally.add(each)
        time.sleep(_REST_S)
    return True


def _batches(database: Database, rule: Rule, over: Condition) -> Iterator[Sequence[Any]]:
    """The keys of the rows, in order, each once: whatever a batch leaves is not looked at again."""
    query = select(rule.key).where(over).order_by(rule.key).distinct().limit(_LOOK)
    last = None
    while True:
        with database.read() as session:
            keys = session.scalars(query if last is None else query.where(rule.key > last)).all()
        yield from (keys[begin : begin + BATCH] for begin in range(0, len(keys), BATCH))
        if len(keys) < _LOOK:
            return
        last = keys[-1]


def _gone(session: Session, kind: str, table: type[m.Base], where: Condition, *, counted: bool = True) -> Gone:
    return Gone(kind, table.__tablename__, delete_rows(session, table, where), counted)


def _plainly(rule: Rule) -> Erase:
    # The condition again: a row may have changed since its key was read.
    return lambda session, keys, over, _: [_gone(session, rule.kind, rule.table, rule.key.in_(keys) & over)]


def _punches(session: Session, keys: Sequence[Any], _: Condition, __: CutOffs) -> Iterable[Gone]:
    """Punches with all that refers to them, and the presences that then prove nothing any more."""
    p, v, c = m.Punch, m.PunchVoid, m.Correction
    proofs = session.scalars(select(p.presence_id).where(p.id.in_(keys), p.presence_id.is_not(None))).all()
    of_them = select(c.id).where(c.punch_id.in_(keys))
    voids = or_(v.punch_id.in_(keys), v.correction_id.in_(of_them))
    yield _gone(session, "corrections", v, voids, counted=False)
    yield _gone(session, "corrections", c, c.punch_id.in_(keys))
    yield _gone(session, "refusals", m.Refusal, m.Refusal.punch_id.in_(keys))
    yield _gone(session, "punches", p, p.id.in_(keys))
    yield _gone(session, "proofs", m.Presence, m.Presence.id.in_(proofs) & unused())


def _events(session: Session, keys: Sequence[Any], over: Condition, _: CutOffs) -> Iterable[Gone]:
    """Events and what was answered; a presence stays, without the event that told it."""
    i, p = m.InboxEvent, m.Presence
    events = session.scalars(select(i.id).where(i.id.in_(keys), over)).all()
    session.connection().execute(update(p).where(p.inbox_event_id.in_(events)).values(inbox_event_id=None))
    yield _gone(session, "replies", m.Reply, m.Reply.inbox_event_id.in_(events))
    yield _gone(session, "inbox", i, i.id.in_(events))


def _evidence(session: Session, keys: Sequence[Any], _: Condition, cut: CutOffs) -> Iterable[Gone]:
    """Of an alarm the old evidence; its key is that of the alarm and its time as it is stored."""
    take_turn(session, Turn.ALARMS)
    for alarm in session.scalars(select(m.BeaconAlarm).where(m.BeaconAlarm.id.in_(keys))):
        kept, times = _newer(alarm.evidence, cut), [each["at"] for each in _older(alarm.evidence, cut)]
        alarm.evidence = kept
        gone = [(f"{alarm.id}|{at}", datetime.fromisoformat(at)) for at in times]
        yield Gone("alarms", m.BeaconAlarm.__tablename__, gone)


def _newer(evidence: Sequence[dict[str, Any]], cut: CutOffs) -> list[dict[str, Any]]:
    return [each for each in evidence if datetime.fromisoformat(each["at"]) >= cut.at("alarms")]


def _older(evidence: Sequence[dict[str, Any]], cut: CutOffs) -> list[dict[str, Any]]:
    return [each for each in evidence if datetime.fromisoformat(each["at"]) < cut.at("alarms")]


def _persons(session: Session, keys: Sequence[Any], over: Condition, _: CutOffs) -> Iterable[Gone]:
    officers = session.scalars(select(m.Officer.id).where(m.Officer.id.in_(keys), over)).all()
    yield _gone(session, "person", m.Supervisor, m.Supervisor.officer_id.in_(officers), counted=False)
    u = m.ConsoleUser
    session.connection().execute(update(u).where(u.officer_id.in_(officers)).values(officer_id=None))
    yield _gone(session, "person", m.Officer, m.Officer.id.in_(officers))


def _builds(session: Session, keys: Sequence[Any], over: Condition, _: CutOffs) -> Iterable[Gone]:
    """Builds of reports with their downloads; the audit log keeps who took which file."""
    b, d = m.ReportBuild, m.ReportDownload
    old = session.scalars(select(b.id).where(b.id.in_(keys), over)).all()
    yield _gone(session, FILES, d, d.build_id.in_(old), counted=False)
    yield _gone(session, FILES, b, b.id.in_(old))


# Tables whose rows do not go by themselves.
_ERASE: Mapping[type[m.Base], Erase] = {
    m.Punch: _punches,
    m.InboxEvent: _events,
    m.BeaconAlarm: _evidence,
    m.Officer: _persons,
    m.ReportBuild: _builds,
}
