"""Rules 1 to 3 of the attendance rules, row by row: which duty a punch belongs to, and whether it counts."""

from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin_api.domain.ids import Direction, Disposition
from checkin_api.domain.shifts import Duty, Shift, duty_on
from checkin_api.domain.windows import PunchFact, assign

TAIPEI = ZoneInfo("Asia/Taipei")


def duty(day: int, start: str, end: str, code: str) -> Duty:
    shift = Shift(code=code, name=code, start=time.fromisoformat(start), end=time.fromisoformat(end))
    return duty_on(date(2026, 11, day), shift, TAIPEI)


DAY = duty(23, "08:00", "16:00", "day")
EVENING = duty(23, "16:00", "00:00", "evening")
NIGHT = duty(23, "20:00", "08:00", "night")
NEXT_DAY = duty(24, "08:00", "16:00", "next")


def fact(punch: str) -> PunchFact:
    """``in 23 08:00:00`` as a value."""
    direction, day, clock = punch.split()
    at = datetime.combine(date(2026, 11, int(day)), time.fromisoformat(clock), TAIPEI)
    return PunchFact(direction=Direction(direction), at=at, proved=True, key=punch)


def outcome(punches: Sequence[str], duties: Sequence[Duty]) -> dict[str, str]:
    """Each punch with its duty, a star for a duplicate, a dash for none."""
    assignment = assign([fact(punch) for punch in punches], duties)
    found = {
        str(punch.fact.key): there.duty.shift_code + ("*" if punch.disposition is Disposition.DUPLICATE else "")
        for there in assignment.duties
        for punch in there.punches
    }
    return found | {str(punch.key): "-" for punch in assignment.unassigned}


@pytest.mark.parametrize(
    ("name", "duties", "expected"),
    [
        ("一般 plain", [DAY], {"in 23 07:58": "day", "out 23 16:05": "day"}),
        ("窗口兩端均含 both ends of the window", [DAY], {"in 23 06:00": "day", "out 23 20:00": "day"}),
        ("窗口外 outside", [DAY], {"in 23 05:59:59": "-", "out 23 20:00:01": "-"}),
        ("跨夜簽退屬前一日勤務 overnight OUT", [NIGHT], {"in 23 19:50": "night", "out 24 08:10": "night"}),
        ("月底 month end", [duty(30, "20:00", "08:00", "last")], {"in 30 20:00": "last"}),
        (
            "連班：簽到屬後班、簽退屬前班 back to back",
            [DAY, EVENING],
            {"in 23 08:00": "day", "out 23 16:00": "day", "in 23 16:00": "evening", "out 24 00:05": "evening"},
        ),
        ("重疊窗口的簽到屬後班 IN in both windows", [DAY, EVENING], {"in 23 14:00": "evening"}),
        ("重疊窗口的簽退屬前班 OUT in both windows", [DAY, EVENING], {"in 23 08:00": "day", "out 23 16:30": "day"}),
        (
            "前班無打卡而後班已簽到，簽退屬後班 the earlier has no punch, the later an IN",
            [DAY, EVENING],
            {"in 23 15:50": "evening", "out 23 19:00": "evening"},
        ),
        ("前後班皆無打卡，簽退屬前班 neither has a punch", [DAY, EVENING], {"out 23 17:00": "day"}),
        (
            "忘記簽退不影響次日 a forgotten OUT never flips the next day",
            [NIGHT, NEXT_DAY],
            {"in 23 20:00": "night", "in 24 07:55": "next", "out 24 16:00": "next"},
        ),
        ("重複：60 秒內 duplicate within 60 s", [DAY], {"in 23 08:00:00": "day", "in 23 08:01:00": "day*"}),
        ("61 秒不算重複 61 s is none", [DAY], {"in 23 08:00:00": "day", "in 23 08:01:01": "day"}),
        (
            "重複以保留者起算 counted from the kept one",
            [DAY],
            {"in 23 08:00:00": "day", "in 23 08:00:50": "day*", "in 23 08:01:40": "day"},
        ),
        ("同一分鐘簽到又簽退 IN and OUT in one minute", [DAY], {"in 23 08:00:10": "day", "out 23 08:00:40": "day"}),
        ("無勤務 no duty", [], {"in 23 08:00": "-"}),
        ("二十四小時 24 hours", [duty(23, "08:00", "08:00", "24h")], {"in 23 08:00": "24h", "out 24 08:00": "24h"}),
    ],
)
def test_truth_table(name: str, duties: list[Duty], expected: dict[str, str]):
    assert outcome(list(expected), duties) == expected, name


def test_what_a_duty_knows_of_its_punches():
    [there] = assign([fact("in 23 08:00")], [DAY]).duties
    assert (there.has_in, there.has_out) == (True, False)


PUNCHES = st.lists(
    st.builds(
        lambda direction, day, minute: f"{direction} {day} {minute // 60:02}:{minute % 60:02}",
        st.sampled_from(["in", "out"]),
        st.sampled_from([23, 24]),
        st.integers(0, 1439),
    ),
    unique=True,
    max_size=8,
)


@given(PUNCHES, st.permutations([DAY, EVENING, NIGHT, NEXT_DAY]), st.randoms())
def test_order_of_rows_changes_nothing_and_every_punch_has_one_place(punches, duties, chance):
    shuffled = punches[:]
    chance.shuffle(shuffled)
    found = outcome(punches, [DAY, EVENING, NIGHT, NEXT_DAY])
    assert found == outcome(shuffled, duties)
    assert set(found) == set(punches)
