"""Deleting what is past its period, some rows to a transaction, and noting in the audit log what went."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m
from checkin_api.audit import Act
from checkin_api.db import Database, Turn, take_turn
from checkin_api.privacy.expiry import FILES, KEPT, RULES, Condition, CutOffs, Rule, unused

# Rows to a transaction: on SQLite everybody else's writing waits for it.
BATCH = 500
# Keys read at a time; reading holds nobody up.
_LOOK = 100 * BATCH
# Between two transactions, so that whoever waits for the one writer of SQLite has a turn.
_REST_S = 0.01

Erase = Callable[[Session, Sequence[Any], Condition, CutOffs], Mapping[str, int]]
# The files of reports of dates before one.
Reports = Callable[[date], Iterable[Path]]


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows of each kind went, or would; not ``complete`` when there was no time for the rest."""

    counts: Mapping[str, int]
    complete: bool = True


def preview(database: Database, cut: CutOffs, reports: Reports) -> Purged:
    """What a purge would delete; changes nothing."""
    counts = Counter(dict.fromkeys(_kinds(cut), 0))
    for rule in RULES:
        with database.read() as session:
            counts[rule.kind] += _count(session, rule, cut)
    counts[FILES] += len(list(reports(cut.day(FILES))))
    return Purged(counts)


def purge(
    database: Database, cut: CutOffs, reports: Reports, *, actor: str, enough: Callable[[], bool] = lambda: False
) -> Purged:
    """Delete it, with transactions of its own; what is left when it is ``enough`` is for the next time.

    One entry of the audit log says what went, also when it fails half way.
    """
    counts = Counter(dict.fromkeys(_kinds(cut), 0))
    complete = False
    try:
        if all(_erase_all(database, rule, cut, counts, enough) for rule in RULES if not rule.goes_along):
            for path in reports(cut.day(FILES)):
                path.unlink(missing_ok=True)
                counts[FILES] += 1
            complete = True
    finally:
        with database.write() as session:
            audit.record(session, cut.now, _act(cut, counts, actor=actor, complete=complete))
    return Purged(counts, complete=complete)


def older_than(cut: CutOffs, kind: str) -> datetime | None:
    """Up to when rows of a kind go; None of one that no period ends."""
    return None if kind in KEPT or cut.periods[kind].days is None else cut.at(kind)


def _kinds(cut: CutOffs) -> list[str]:
    return [kind for kind in cut.periods if kind not in KEPT]


def _act(cut: CutOffs, counts: Mapping[str, int], *, actor: str, complete: bool) -> Act:
    before = {kind: at.isoformat() for kind in _kinds(cut) if (at := older_than(cut, kind)) is not None}
    detail = {"removed": dict(counts), "older_than": before, "complete": complete}
    return Act(actor=actor, action="privacy.purge", subject="privacy:retention", detail=detail)


def _count(session: Session, rule: Rule, cut: CutOffs) -> int:
    over = rule.is_over(cut)
    if rule.table is m.BeaconAlarm:
        alarms = session.scalars(select(m.BeaconAlarm.evidence).where(over))
        return sum(len(evidence) - len(_newer(evidence, cut)) for evidence in alarms)
    return session.scalar(select(func.count()).select_from(rule.table).where(over)) or 0


def _erase_all(database: Database, rule: Rule, cut: CutOffs, counts: Counter[str], enough: Callable[[], bool]) -> bool:
    """Every row of a rule, in batches; False when it was enough before the end."""
    over, erase = rule.is_over(cut), _ERASE.get(rule.table) or _plainly(rule)
    for keys in _batches(database, rule, over):
        if enough():
            return False
        with database.write() as session:
            gone = erase(session, keys, over, cut)
        counts.update(gone)
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


def _plainly(rule: Rule) -> Erase:
    # The condition again: a row may have changed since its key was read.
    return lambda session, keys, over, _: {rule.kind: _delete(session, rule.table, rule.key.in_(keys) & over)}


def _punches(session: Session, keys: Sequence[Any], _: Condition, __: CutOffs) -> Mapping[str, int]:
    """Punches with all that refers to them, and the presences that then prove nothing any more."""
    p, v, c = m.Punch, m.PunchVoid, m.Correction
    proofs = session.scalars(select(p.presence_id).where(p.id.in_(keys), p.presence_id.is_not(None))).all()
    of_them = select(c.id).where(c.punch_id.in_(keys))
    _delete(session, v, or_(v.punch_id.in_(keys), v.correction_id.in_(of_them)))
    return {
        "corrections": _delete(session, c, c.punch_id.in_(keys)),
        "refusals": _delete(session, m.Refusal, m.Refusal.punch_id.in_(keys)),
        "punches": _delete(session, p, p.id.in_(keys)),
        "proofs": _delete(session, m.Presence, m.Presence.id.in_(proofs) & unused()),
    }


def _events(session: Session, keys: Sequence[Any], over: Condition, _: CutOffs) -> Mapping[str, int]:
    """Events and what was answered; a presence stays, without the event that told it."""
    i, p = m.InboxEvent, m.Presence
    events = session.scalars(select(i.id).where(i.id.in_(keys), over)).all()
    session.connection().execute(update(p).where(p.inbox_event_id.in_(events)).values(inbox_event_id=None))
    return {
        "replies": _delete(session, m.Reply, m.Reply.inbox_event_id.in_(events)),
        "inbox": _delete(session, i, i.id.in_(events)),
    }


def _evidence(session: Session, keys: Sequence[Any], _: Condition, cut: CutOffs) -> Mapping[str, int]:
    take_turn(session, Turn.ALARMS)
    gone = 0
    for alarm in session.scalars(select(m.BeaconAlarm).where(m.BeaconAlarm.id.in_(keys))):
        kept = _newer(alarm.evidence, cut)
        gone += len(alarm.evidence) - len(kept)
        alarm.evidence = kept
    return {"alarms": gone}


def _newer(evidence: Sequence[dict[str, Any]], cut: CutOffs) -> list[dict[str, Any]]:
    return [each for each in evidence if datetime.fromisoformat(each["at"]) >= cut.at("alarms")]


def _persons(session: Session, keys: Sequence[Any], over: Condition, _: CutOffs) -> Mapping[str, int]:
    officers = session.scalars(select(m.Officer.id).where(m.Officer.id.in_(keys), over)).all()
    _delete(session, m.Supervisor, m.Supervisor.officer_id.in_(officers))
    u = m.ConsoleUser
    session.connection().execute(update(u).where(u.officer_id.in_(officers)).values(officer_id=None))
    return {"person": _delete(session, m.Officer, m.Officer.id.in_(officers))}


def _builds(session: Session, keys: Sequence[Any], over: Condition, _: CutOffs) -> Mapping[str, int]:
    """Builds of reports with their downloads; the audit log keeps who took which file."""
    old = session.scalars(select(m.ReportBuild.id).where(m.ReportBuild.id.in_(keys), over)).all()
    _delete(session, m.ReportDownload, m.ReportDownload.build_id.in_(old))
    return {FILES: _delete(session, m.ReportBuild, m.ReportBuild.id.in_(old))}


# Tables whose rows do not go by themselves.
_ERASE: Mapping[type[m.Base], Erase] = {
    m.Punch: _punches,
    m.InboxEvent: _events,
    m.BeaconAlarm: _evidence,
    m.Officer: _persons,
    m.ReportBuild: _builds,
}


def _delete(session: Session, table: type[m.Base], where: Condition) -> int:
    return session.connection().execute(delete(table).where(where)).rowcount
