"""The audit log 稽核紀錄: adding an entry to the chain of hashes, looking at entries, finding the first broken link.

An entry's hash is the SHA-256 of a JSON object of all its other columns; ``Entry.computed_hash`` is the definition.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from checkin_api.db import Turn, take_turn
from checkin_api.models import AuditEntry

# What the first entry has for the hash of the one before it.
GENESIS = "0" * 64
# Entries read at a time when the chain is followed.
_STEP = 1000
# In the order of ``Entry``.
_COLUMNS = list(AuditEntry.__table__.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who did what to what; ``detail`` is anything JSON can say, without secrets and without LINE user IDs."""

    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the chain, as it is stored; ``detail`` is JSON text."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    previous_hash: str
    hash: str = ""

    def computed_hash(self) -> str:
        """The hash of all other columns as canonical JSON: UTF-8, keys in order, no spaces.

        ``at`` is in UTC with microseconds, ``detail`` the text that is stored.
        """
        content = {
            "action": self.action,
            "actor": self.actor,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "detail": self.detail,
            "number": self.number,
            "previous_hash": self.previous_hash,
            "subject": self.subject,
        }
        return hashlib.sha256(_canonical(content).encode()).hexdigest()


class Fault(StrEnum):
    """How a link of the chain is broken."""

    MISSING = "missing"
    PREVIOUS_HASH = "previous_hash"
    HASH = "hash"
    HEAD_UNKNOWN = "head_unknown"


FAULT_WORDS: dict[Fault, tuple[str, str]] = {
    Fault.MISSING: ("此號紀錄不見了", "the entry is missing"),
    Fault.PREVIOUS_HASH: ("與前一筆接不上", "it does not follow the entry before it"),
    Fault.HASH: ("內容被改過", "its content was changed"),
    Fault.HEAD_UNKNOWN: ("鏈中沒有這個雜湊，尾端可能被截斷", "no entry has this hash: the end may be cut off"),
}


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first entry that is not as it was written; everything before it is whole."""

    number: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Whole:
    """A chain without a broken link: how many entries it has, and the hash of the last."""

    count: int
    head: str


@dataclass(frozen=True, slots=True)
class Followed:
    """How far a chain was found whole: the last entry that was looked at, and whether it is the last there is."""

    number: int = 0
    hash: str = GENESIS
    is_end: bool = False


def record(session: Session, now: datetime, act: Act) -> int:
    """Append an act in the caller's transaction, so that neither is there without the other.

    A use case that records several acts in one transaction takes ``Turn.AUDIT`` before it locks any row: otherwise two
    of them can wait for each other.

    Returns:
        The number of the entry; numbers count from 1 without a gap.
    """
    take_turn(session, Turn.AUDIT)
    last = session.execute(
        select(AuditEntry.number, AuditEntry.hash).order_by(AuditEntry.number.desc()).limit(1)
    ).one_or_none()
    entry = Entry(
        number=last.number + 1 if last else 1,
        at=now,
        actor=act.actor,
        action=act.action,
        subject=act.subject,
        detail=_canonical(act.detail),
        previous_hash=last.hash if last else GENESIS,
    )
    session.execute(insert(AuditEntry).values(asdict(replace(entry, hash=entry.computed_hash()))))
    return entry.number


def verify(session: Session, *, head: str | None = None) -> Whole | BrokenLink:
    """Follow the chain from its first entry.

    A chain whose end was cut off looks whole; only a hash that was noted elsewhere tells.

    Args:
        session: Where to read.
        head: The hash of an entry, noted earlier, that must still be in the chain.
    """
    found = follow(session, Followed())
    return found if isinstance(found, BrokenLink) else judge(session, found, head=head)


def follow(session: Session, done: Followed, *, most: int | None = None) -> Followed | BrokenLink:
    """Follow the chain on from where somebody has got to, over at most so many entries."""
    number, previous, is_end = done.number, done.hash, True
    if number and session.scalar(select(AuditEntry.hash).where(AuditEntry.number == number)) != previous:
        return BrokenLink(number, Fault.HASH)
    try:
        for entry in _chain(session, number):
            if most is not None and number - done.number >= most:
                is_end = False
                break
            if (fault := _fault(entry, number + 1, previous)) is not None:
                return BrokenLink(number + 1, fault)
            number, previous = entry.number, entry.hash
    except (ValueError, TypeError):
        # SQLite keeps anything in any column: a time that is none, say.
        return BrokenLink(number + 1, Fault.HASH)
    return Followed(number, previous, is_end)


def judge(session: Session, done: Followed, *, head: str | None = None) -> Whole | BrokenLink:
    """What a chain is that was followed to its end and is whole so far."""
    noted = 0 if head in (None, GENESIS) else session.scalar(select(AuditEntry.number).where(AuditEntry.hash == head))
    if noted is None or noted > done.number:
        return BrokenLink(done.number + 1, Fault.HEAD_UNKNOWN)
    return Whole(done.number, done.hash)


def entries(session: Session, *, subject: str | None = None, limit: int = 100) -> list[Entry]:
    """The newest entries, the newest first; with ``subject`` only those about it."""
    query = select(*_COLUMNS).order_by(AuditEntry.number.desc()).limit(limit)
    rows = session.execute(query if subject is None else query.where(AuditEntry.subject == subject))
    return [Entry(*row) for row in rows]


def import_act(*, actor: str, kind: str, filename: str, content: bytes, counts: Mapping[str, int]) -> Act:
    """That a file was imported: which bytes, and how many rows it added, changed and left."""
    return Act(
        actor=actor,
        action="import",
        subject=f"import:{kind}",
        detail={"file": filename, "sha256": hashlib.sha256(content).hexdigest(), **counts},
    )


def _fault(entry: Entry, number: int, previous: str) -> Fault | None:
    if entry.number != number:
        return Fault.MISSING
    if entry.previous_hash != previous:
        return Fault.PREVIOUS_HASH
    return None if entry.hash == entry.computed_hash() else Fault.HASH


def _chain(session: Session, after: int) -> Iterator[Entry]:
    """All entries after one in order, some at a time; those appended meanwhile are the end of it."""
    query, size = select(*_COLUMNS).order_by(AuditEntry.number), _STEP
    if after:
        query = query.where(AuditEntry.number > after)
    while True:
        try:
            step = [Entry(*row) for row in session.execute(query.limit(size))]
        except (ValueError, TypeError):
            if size == 1:
                raise
            # One of them cannot be read; those before it can.
            size = 1
            continue
        if not step:
            return
        yield from step
        query = query.where(AuditEntry.number > step[-1].number)


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
