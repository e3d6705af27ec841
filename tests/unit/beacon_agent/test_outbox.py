"""What waits to be sent: order, caps, a full disk, a damaged file, another start of the machine."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from beacon_agent.outbox import Item, Outbox, OutboxError


def item(number: int, *, alarm: bool = False, size: int = 0, at_s: float | None = None) -> Item:
    body = {"number": number, "filling": "x" * size}
    return Item(kind="device", at_s=float(number) if at_s is None else at_s, body=body, is_alarm=alarm)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    outbox = Outbox(path, "boot-1")
    yield outbox
    outbox.close()


def numbers(outbox: Outbox, most: int = 100) -> list[int]:
    """What is sent, to the end."""
    found = []
    while (batch := outbox.next_batch(most)) is not None:
        found += [each.body["number"] for each in batch.items]
        outbox.confirm(batch)
    return found


def test_what_is_put_comes_out_in_order_and_once(outbox: Outbox):
    for number in range(10):
        outbox.put([item(number)])
    assert numbers(outbox, most=3) == list(range(10))
    assert outbox.next_batch(3) is None
    assert outbox.depth(10.0).waiting == outbox.depth(10.0).bytes == 0


def test_a_batch_stays_the_same_until_it_is_answered(path: Path, outbox: Outbox):
    outbox.put([item(number) for number in range(3)])
    first = outbox.next_batch(2)
    outbox.put([item(3)])
    assert outbox.next_batch(100) == first
    outbox.close()
    again = Outbox(path, "boot-2")
    assert again.next_batch(100) == first
    assert first is not None
    again.confirm(first)
    assert numbers(again) == [2, 3]
    again.close()


def test_the_offset_of_each_start_of_the_machine_is_kept(path: Path, outbox: Outbox):
    outbox.put([item(1)])
    outbox.learn_offset(1000.5)
    outbox.close()
    for boot in ("boot-2", "boot-3"):
        other = Outbox(path, boot)
        other.put([item(2)])
        other.close()
    last = Outbox(path, "boot-3")
    last.learn_offset(7.0)
    batch = last.next_batch(10)
    assert batch is not None
    assert [(each.boot, each.offset_s) for each in batch.items] == [
        ("boot-1", 1000.5),
        ("boot-2", None),
        ("boot-3", 7.0),
    ]
    last.close()


def test_the_oldest_go_first_and_alarms_last(path: Path):
    outbox = Outbox(path, "boot", most_bytes=20_000)
    outbox.put([item(0, alarm=True, size=1000)])
    for number in range(1, 41):
        outbox.put([item(number, size=1000)])
    depth = outbox.depth(41.0)
    assert depth.bytes <= 20_000
    assert depth.dropped + depth.waiting == 41
    kept = numbers(outbox)
    assert kept == [0, *range(41 - len(kept) + 1, 41)]
    outbox.close()


def test_what_is_on_its_way_is_never_dropped(path: Path):
    outbox = Outbox(path, "boot", most_bytes=5_000)
    outbox.put([item(number, size=1000) for number in range(4)])
    batch = outbox.next_batch(4)
    for number in range(4, 20):
        outbox.put([item(number, size=1000)])
    assert outbox.next_batch(4) == batch
    outbox.close()


def test_what_is_too_old_is_dropped(path: Path):
    outbox = Outbox(path, "boot", longest_s=100)
    for number in (0, 50, 99, 150):
        outbox.put([item(number)])
    assert numbers(outbox) == [50, 99, 150]
    assert outbox.depth(150.0).dropped == 1
    outbox.close()


def test_a_batch_that_will_never_be_taken_is_counted(outbox: Outbox):
    outbox.put([item(1), item(2)])
    batch = outbox.next_batch(1)
    assert batch is not None
    outbox.reject(batch)
    assert (numbers(outbox), outbox.depth(2.0).dropped) == ([2], 1)


def test_depth_says_how_long_the_oldest_waits(outbox: Outbox):
    outbox.put([item(5), item(9)])
    assert (outbox.depth(15.0).waiting, outbox.depth(15.0).oldest_s) == (2, 10.0)


def test_on_a_full_disk_the_oldest_make_room(outbox: Outbox):
    outbox.put([item(number, size=2000) for number in range(50)])
    pages = outbox._db.execute("pragma page_count").fetchone()[0]  # noqa: SLF001 (the disk is full from here on)
    outbox._db.execute(f"pragma max_page_count = {pages}")  # noqa: SLF001
    for number in range(50, 80):
        outbox.put([item(number, size=2000)])
    kept = numbers(outbox)
    assert kept[-1] == 79
    assert kept == sorted(kept)
    assert outbox.depth(80.0).dropped == 80 - len(kept)


def test_a_disk_that_takes_nothing_is_said(outbox: Outbox):
    outbox._db.execute("pragma query_only = on")  # noqa: SLF001 (nothing can be written)
    with pytest.raises(OutboxError, match="check the disk"):
        outbox.put([item(1)])


@pytest.mark.parametrize("damage", ["no database", "torn", "another release"])
def test_a_damaged_file_is_moved_aside_and_begun_anew(path: Path, damage: str):
    before = Outbox(path, "boot")
    before.put([item(number, size=500) for number in range(200)])
    before.close()
    if damage == "no database":
        path.write_bytes(b"not a database at all" * 100)
    elif damage == "torn":
        content = bytearray(path.read_bytes())
        content[4096 : len(content) - 4096] = bytes(len(content) - 8192)
        path.write_bytes(content)
    else:
        with sqlite3.connect(path) as db:
            db.execute("drop table item")
            db.execute("create table item (batch text, something text)")
        db.close()
    outbox = Outbox(path, "boot")
    assert outbox.moved_aside is not None
    assert outbox.moved_aside.exists()
    outbox.put([item(1)])
    assert numbers(outbox) == [1]
    outbox.close()


def test_two_damaged_files_are_both_kept(path: Path, tmp_path: Path):
    for _ in range(2):
        path.write_bytes(b"not a database at all" * 100)
        outbox = Outbox(path, "boot")
        depth = outbox.depth(0.0)
        outbox.close()
    # Whoever looks at the agent is told.
    assert depth.damaged == 2
    assert sorted(each.name for each in tmp_path.glob("*.damaged-*")) == ["outbox.db.damaged-1", "outbox.db.damaged-2"]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(OutboxError):
        Outbox(tmp_path / "nowhere" / "outbox.db", "boot")


def test_settings_of_the_disk(outbox: Outbox):
    def asked(name: str) -> Any:
        return outbox._db.execute(f"pragma {name}").fetchone()[0]  # noqa: SLF001 (what durability rests on)

    assert (asked("journal_mode"), asked("synchronous")) == ("wal", 2)
