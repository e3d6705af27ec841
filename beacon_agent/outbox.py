"""What waits to be sent: on the disk before it counts as taken, in order, capped by age and size; SQLite.

Times are seconds since a start of the machine (``timebase``), each with the start they belong to; what that start's
clock meant is kept beside, as soon as it is known.
"""

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from beacon_agent.errors import AgentError

logger = logging.getLogger(__name__)

DEFAULT_MOST_BYTES = 64 << 20
DEFAULT_LONGEST_S = 14 * 86_400.0
_SCHEMA = """
create table if not exists boot (id text primary key, offset_s real);
create table if not exists item (
    seq integer primary key autoincrement,
    boot text not null, at_s real not null, kind text not null, is_alarm integer not null, body text not null,
    batch text
);
create index if not exists item_batch on item (batch) where batch is not null;
create table if not exists counter (name text primary key, number integer not null);
"""
_ITEM_COLUMNS = ("seq", "boot", "at_s", "kind", "is_alarm", "body", "batch")
# How much is dropped at a time when the disk is full.
_TENTH = 10


class OutboxError(AgentError):
    """Nothing can be kept: the disk is full, or cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something to send; ``is_alarm`` is dropped last. Times in ``body`` are uptimes like ``at_s``."""

    kind: str
    at_s: float
    body: dict[str, Any]
    is_alarm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An item on its way, with what its clock meant; None where nobody will ever know."""

    kind: str
    boot: str
    body: dict[str, Any]
    offset_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Items that are sent together, under one ID until they are answered."""

    id: str
    items: Sequence[Waiting]


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How full it is.

    Attributes:
        waiting: Items that wait.
        bytes: Their size.
        oldest_s: How long ago the oldest was made, of those of this start of the machine.
        dropped: How many were ever dropped.
        damaged: How many damaged files were moved aside and lie there for somebody to look at.
    """

    waiting: int
    bytes: int
    oldest_s: float
    dropped: int
    damaged: int


class Outbox:
    """Belongs to one process and one thread."""

    def __init__(
        self,
        path: Path,
        boot: str,
        *,
        most_bytes: int = DEFAULT_MOST_BYTES,
        longest_s: float = DEFAULT_LONGEST_S,
    ) -> None:
        self._path, self._boot, self._most_bytes, self._longest_s = path, boot, most_bytes, longest_s
        self.moved_aside: Path | None = None
        self._db = self._opened(path)
        self._bytes = self._measured()
        with self._writing():
            self._db.execute("insert or ignore into boot values (?, null)", (boot,))

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def put(self, items: Iterable[Item]) -> None:
        """Keep items; when this returns they survive a loss of power.

        Raises:
            OutboxError: they could not be kept, though older ones were dropped for them.
        """
        rows = [
            (self._boot, item.at_s, item.kind, item.is_alarm, json.dumps(item.body, separators=(",", ":")))
            for item in items
        ]
        if not rows:
            return
        for attempt in range(2):
            try:
                self._insert(rows)
                break
            except sqlite3.OperationalError as exc:
                if attempt or not self._drop_some():
                    raise OutboxError(
                        f"寫不進待送匣，檢查磁碟 / the outbox cannot be written, check the disk: {exc}"
                    ) from exc
        self._bytes += sum(len(row[-1]) for row in rows)
        self._trim(rows[-1][1])

    def next_batch(self, most: int) -> Batch | None:
        """The oldest items, under one ID that stays theirs; None if nothing waits."""
        known = self._db.execute("select batch from item where batch is not null limit 1").fetchone()
        if known is None:
            id_ = str(uuid4())
            with self._writing():
                # Before it is sent: the same items go under the same ID again, whatever happens in between.
                self._db.execute(
                    "update item set batch = ? where seq in (select seq from item order by seq limit ?)", (id_, most)
                )
        else:
            id_ = known[0]
        rows = self._db.execute(
            "select kind, boot, body, offset_s from item join boot on boot.id = item.boot where batch = ? order by seq",
            (id_,),
        ).fetchall()
        if not rows:
            return None
        return Batch(
            id=id_,
            items=[
                Waiting(kind=kind, boot=boot, body=json.loads(body), offset_s=offset_s)
                for kind, boot, body, offset_s in rows
            ],
        )

    def confirm(self, batch: Batch) -> None:
        """The batch has arrived: its items are forgotten."""
        self._forget("batch = ?", batch.id)

    def reject(self, batch: Batch) -> None:
        """The batch will never be taken: its items are counted as dropped."""
        self._count_dropped(self._forget("batch = ?", batch.id))

    def learn_offset(self, offset_s: float) -> None:
        """Keep what the clock of this start of the machine means."""
        with self._writing():
            self._db.execute("update boot set offset_s = ? where id = ?", (offset_s, self._boot))

    def depth(self, now_s: float) -> Depth:
        """How full it is."""
        waiting, oldest = self._db.execute(
            "select count(*), min(case when boot = ? then at_s end) from item", (self._boot,)
        ).fetchone()
        dropped = self._db.execute("select coalesce(sum(number), 0) from counter where name = 'dropped'").fetchone()[0]
        return Depth(
            waiting=waiting,
            bytes=self._bytes,
            oldest_s=0.0 if oldest is None else max(0.0, now_s - oldest),
            dropped=dropped,
            damaged=sum(not each.name.endswith(("-wal", "-shm")) for each in self._damaged()),
        )

    def _damaged(self) -> Iterable[Path]:
        return self._path.parent.glob(f"{self._path.name}.damaged-*")

    def _opened(self, path: Path) -> sqlite3.Connection:
        try:
            return _connect(path)
        except sqlite3.DatabaseError as exc:
            if isinstance(exc, sqlite3.OperationalError) and not path.exists():
                raise OutboxError(f"{path}: {exc}") from exc
            # Whatever can be saved of it is for a person to look at; the agent goes on with a new one.
            self.moved_aside = _free_name(path)
            for suffix in ("", "-wal", "-shm"):
                part = path.with_name(path.name + suffix)
                if part.exists():
                    part.rename(self.moved_aside.with_name(self.moved_aside.name + suffix))
            logger.warning("%s is damaged (%s): moved to %s, begun anew", path, exc, self.moved_aside)
            return _connect(path)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def _insert(self, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._writing():
            self._db.executemany("insert into item (boot, at_s, kind, is_alarm, body) values (?, ?, ?, ?, ?)", rows)

    def _trim(self, now_s: float) -> None:
        """Drop what is too old or too much: the oldest first, alarms last; what is on its way stays."""
        old = self._forget("batch is null and boot = ? and at_s < ?", self._boot, now_s - self._longest_s)
        dropped = old
        while self._bytes > self._most_bytes and (some := self._drop_oldest()):
            dropped += some
        if dropped:
            self._count_dropped(dropped)

    def _drop_some(self) -> bool:
        """Make room on a full disk; whether anything could be dropped."""
        try:
            dropped = self._drop_oldest()
            self._count_dropped(dropped)
        except sqlite3.OperationalError:
            return False
        return bool(dropped)

    def _drop_oldest(self) -> int:
        count = self._db.execute("select count(*) from item where batch is null").fetchone()[0]
        some = max(1, count // _TENTH)
        return self._forget("seq in (select seq from item where batch is null order by is_alarm, seq limit ?)", some)

    def _forget(self, where: str, *values: object) -> int:
        with self._writing():
            gone = self._db.execute(f"delete from item where {where} returning length(body)", values).fetchall()  # noqa: S608 (our own words)
        self._bytes -= sum(size for (size,) in gone)
        return len(gone)

    def _count_dropped(self, number: int) -> None:
        with self._writing():
            self._db.execute(
                "insert into counter values ('dropped', ?) on conflict do update set number = number + excluded.number",
                (number,),
            )

    def _measured(self) -> int:
        return int(self._db.execute("select coalesce(sum(length(body)), 0) from item").fetchone()[0])


def _connect(path: Path) -> sqlite3.Connection:
    """Open, check and prepare the file.

    Raises:
        sqlite3.DatabaseError: it is none, or damaged.
    """
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("pragma journal_mode = wal")
        # Every commit is on the card when it returns.
        db.execute("pragma synchronous = full")
        db.executescript(_SCHEMA)
        _require_sound(db)
    except BaseException:
        db.close()
        raise
    return db


def _require_sound(db: sqlite3.Connection) -> None:
    if (said := db.execute("pragma quick_check(1)").fetchone()[0]) != "ok":
        raise sqlite3.DatabaseError(said)
    with closing(db.execute("select * from item limit 1")) as cursor:
        if tuple(column[0] for column in cursor.description) != _ITEM_COLUMNS:
            raise sqlite3.DatabaseError("made by another release")


def _free_name(path: Path) -> Path:
    number = 1
    while (name := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    return name
