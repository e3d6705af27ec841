"""Whether a zone could see anybody: a table that HR could read. Minutes of a day are written as clock times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin_api.domain.coverage import NO_ZONE, Gap, Moments, gaps, missed_punches
from checkin_api.domain.ids import Direction
from tests.attendance import attendance

GATE, YARD = 0, 1
ZONES = {"gate": GATE, "yard": YARD, "": NO_ZONE}


def minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def moments(text: str) -> Moments:
    """``gate 08:00, yard 09:30, 10:00``: the last one names no zone."""
    parts = [part.split() for part in text.split(", ") if part]
    return Moments(
        zone=np.array([ZONES[part[0] if len(part) > 1 else ""] for part in parts], np.int64),
        at=np.array([minute(part[-1]) for part in parts], np.int64),
    )


NONE = moments("")


def clock(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes // 60:02}:{minutes % 60:02}"


def words(gap: Gap) -> str:
    name = next(name for name, zone in ZONES.items() if zone == gap.zone) or "everywhere"
    return f"{name} {clock(gap.begin)}-{clock(gap.end)} missed {gap.missed}"


@pytest.mark.parametrize(
    ("name", "missed", "signs", "expected"),
    [
        ("同一簽到區有人在一小時內被感應 heard within the hour before", "gate 08:00", "gate 07:00", []),
        ("之後一小時內 within the hour after", "gate 08:00", "gate 09:00", []),
        ("差一分鐘 a minute too far", "gate 08:00", "gate 06:59, gate 09:01, yard 08:00",
         ["gate 06:59-09:01 missed 1"]),
        ("別的簽到區不能證明 another zone proves nothing", "gate 08:00", "yard 08:00, gate 06:00",
         ["gate 06:00- missed 1"]),
        ("從來沒有感應過 never heard", "gate 08:00, gate 09:00", "yard 08:10", ["gate 08:00- missed 2"]),
        ("兩次缺口各自一段 two gaps", "gate 08:00, gate 16:00",
         "gate 05:00, gate 12:00, gate 19:00, yard 08:00, yard 16:00",
         ["gate 05:00-12:00 missed 1", "gate 12:00-19:00 missed 1"]),
        ("同一缺口合為一段 one gap", "gate 08:00, gate 09:00, gate 10:00",
         "gate 05:00, gate 12:00, yard 08:30, yard 10:00",
         ["gate 05:00-12:00 missed 3"]),
        ("全局都沒有 nothing anywhere is one outage of all zones", "gate 08:00, yard 08:00, 08:00",
         "gate 05:00, yard 06:30, gate 09:30", ["everywhere 06:30-09:30 missed 3"]),
        ("沒有指定簽到區，別處有人 no zone named, somebody heard", "08:00", "yard 08:30", []),
        ("只有事件、沒有感應 only the webhook is alive", "gate 08:00", "08:00, gate 06:00", ["gate 06:00- missed 1"]),
        ("一小時內的還可能補證 may still be proved", "gate 19:01", "gate 12:00", []),
        ("滿一小時 an hour has passed", "gate 19:00", "gate 12:00, yard 19:00", ["gate 12:00- missed 1"]),
        ("沒有缺 nothing missed", "", "gate 12:00", []),
        ("什麼都沒有 nothing at all", "gate 08:00", "", ["everywhere 08:00- missed 1"]),
    ],
)  # fmt: skip
def test_gaps(name: str, missed: str, signs: str, expected: list[str]):
    found = [words(gap) for gap in gaps(moments(missed), moments(signs), NONE, within=60, now=minute("20:00"))]
    assert found == expected, name


@pytest.mark.parametrize(
    ("name", "signs", "agents", "expected"),
    [
        ("監聽站聽得到信標 the agent hears the beacon", "yard 08:30", "gate 08:20", []),
        ("別處的監聽站 an agent elsewhere", "yard 08:30", "yard 08:20", ["gate 08:00- missed 1"]),
        ("LINE 沒有消息時不能證明 it tells nothing of LINE", "", "gate 08:00, yard 08:00",
         ["everywhere 08:00- missed 1"]),
        ("中斷到監聽站再聽到為止 until it hears again", "yard 08:30", "gate 05:00, gate 11:00",
         ["gate 05:00-11:00 missed 1"]),
    ],
)  # fmt: skip
def test_gaps_where_an_agent_listens(name: str, signs: str, agents: str, expected: list[str]):
    missed = moments("gate 08:00")
    found = [words(gap) for gap in gaps(missed, moments(signs), moments(agents), within=60, now=minute("20:00"))]
    assert found == expected, name


@pytest.mark.parametrize(
    ("punches", "leave", "as_of", "expected"),
    [
        ([], [], "24 00:00", "in out"),
        (["in 23 08:00"], [], "24 00:00", "out"),
        (["out 23 17:00"], [], "24 00:00", "in"),
        (["in 23 08:00", "out 23 17:00"], [], "24 00:00", ""),
        ([], ["23 00:00/24 00:00"], "24 00:00", ""),
        ([], [], "23 05:00", ""),  # 窗口未開 the window is not open yet
        ([], [], "23 12:00", "in out"),
    ],
)
def test_missed_punches(punches: list[str], leave: list[str], as_of: str, expected: str):
    missed = missed_punches(attendance(["23 day"], punches, leave=leave, as_of=as_of))
    assert " ".join(direction for direction in Direction if direction in missed and missed[direction].any()) == expected


MINUTES = st.lists(st.tuples(st.integers(NO_ZONE, 2), st.integers(0, 600)), max_size=12)


def columns(pairs: list[tuple[int, int]]) -> Moments:
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return Moments(zone=table[:, 0], at=table[:, 1])


@given(MINUTES, MINUTES)
def test_every_due_punch_is_in_one_gap_or_has_a_sign_near_it(
    missed: list[tuple[int, int]], signs: list[tuple[int, int]]
):
    found = list(gaps(columns(missed), columns(signs), NONE, within=60, now=600))
    assert sum(gap.missed for gap in found) == sum(not proved(zone, at, signs) for zone, at in missed if at <= 540)
    for gap in found:
        heard = [at for zone, at in signs if gap.zone in {NO_ZONE, zone}]
        assert not any(gap.begin < at < (gap.end or 10_000) for at in heard)


def proved(zone: int, at: int, signs: list[tuple[int, int]]) -> bool:
    return any(abs(at - sign) <= 60 for where, sign in signs if zone in {NO_ZONE, where})
