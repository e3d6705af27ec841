"""Reconciliation as a truth table: what matches, what differs, and by how much."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from checkin_api.domain.ids import Direction, Status
from checkin_api.domain.shifts import Shift, duty_on
from reports.reconciliation import (
    DIFFERENCE,
    MOST_LINES,
    Difference,
    DifferenceKind,
    RegisterLine,
    RosteredDuty,
    Sides,
    match,
    reconcile,
    register_lines,
    too_many,
)
from reports.swipes import Swipe

TAIPEI = ZoneInfo("Asia/Taipei")
MONDAY = date(2026, 11, 23)
IN, OUT, AUTO = Direction.IN, Direction.OUT, Direction.AUTO
DAY_SHIFT = Shift(code="D", name="日勤", start=time(8), end=time(20))
NIGHT_SHIFT = Shift(code="N", name="夜勤", start=time(20), end=time(8))
TOLERANCE = timedelta(minutes=5)


def at(clock: str, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), TAIPEI)


def line(
    clock: str, direction: Direction = IN, number: int = 2, staff_no: str = "A1", day: date = MONDAY
) -> RegisterLine:
    return RegisterLine(staff_no=staff_no, at=at(clock, day), direction=direction, line=number)


def swipe(clock: str, direction: Direction = IN, day: date = MONDAY, **values: Any) -> Swipe:
    made: dict[str, Any] = {"staff_no": "A1", "name": "王小明", "at": at(clock, day), "direction": direction}
    return Swipe(**made | values)


def duty(status: Status = Status.ABSENT, shift: Shift = DAY_SHIFT, day: date = MONDAY) -> RosteredDuty:
    return RosteredDuty(staff_no="A1", duty=duty_on(day, shift, TAIPEI), status=status)


def differences(
    register: Sequence[RegisterLine] = (),
    punches: Sequence[Swipe] = (),
    duties: Sequence[RosteredDuty] = (),
    **values: Any,
) -> list[tuple[str, int | None]]:
    return [(each.kind.value, each.minutes) for each in found(register, punches, duties, **values)]


def found(register: Any, punches: Any, duties: Any, **values: Any) -> list[Difference]:
    sides = {
        "begin": at("00:00"), "end": at("00:00", date(2026, 11, 24)),
        "register": register, "punches": punches, "duties": duties, "officers": {"A1"},
    }  # fmt: skip
    return list(reconcile(Sides(**sides | values), TOLERANCE).differences)


@pytest.mark.parametrize(
    ("register", "punched", "result"),
    [
        ("08:00", "08:00", []),
        ("08:00", "08:05", []),
        ("08:05", "08:00", []),
        ("08:00", "08:05:00.000001", [("time_differs", 5)]),
        ("08:06", "08:00", [("time_differs", -6)]),
        ("08:00", "10:00", [("time_differs", 120)]),
        ("08:00", "10:00:01", [("register_only", None), ("ours_only", None)]),
        ("08:00", None, [("register_only", None)]),
        (None, "08:00", [("ours_only", None)]),
    ],
)
def test_a_line_and_a_punch_agree_within_the_tolerance(register: str | None, punched: str | None, result: list[Any]):
    lines = [line(register)] if register else []
    assert differences(lines, [swipe(punched)] if punched else []) == result


@pytest.mark.parametrize(
    ("of_line", "of_punch", "agree"),
    [(IN, IN, True), (OUT, OUT, True), (IN, OUT, False), (AUTO, IN, True), (OUT, AUTO, True), (AUTO, AUTO, True)],
)
def test_directions_agree_when_they_are_the_same_or_unknown(of_line: Direction, of_punch: Direction, agree: bool):
    result = differences([line("08:00", of_line)], [swipe("08:00", of_punch)])
    assert result == ([] if agree else [("register_only", None), ("ours_only", None)])


def pairs(lines: list[str], punches: list[str]) -> list[tuple[str, str]]:
    matched = match([line(clock, number=n) for n, clock in enumerate(lines)], [swipe(clock) for clock in punches])
    return sorted((f"{each.at:%H:%M}", f"{punch.at:%H:%M}") for each, punch in matched)


@pytest.mark.parametrize(
    ("lines", "punches", "expected"),
    [
        # The nearest first: 08:10 takes 08:09, and 08:00 what is left.
        (["08:00", "08:10"], ["08:09", "08:30"], [("08:00", "08:30"), ("08:10", "08:09")]),
        # One line, two punches; two lines, one punch.
        (["08:00"], ["07:58", "08:01"], [("08:00", "08:01")]),
        (["07:58", "08:01"], ["08:00"], [("08:01", "08:00")]),
        # Equally near: the earlier line, the earlier punch.
        (["08:00", "08:02"], ["08:01"], [("08:00", "08:01")]),
        (["08:01"], ["08:00", "08:02"], [("08:01", "08:00")]),
        (["08:00"], [], []),
    ],
)
def test_ambiguous_matches_go_to_the_nearest_and_then_the_earlier(
    lines: list[str], punches: list[str], expected: list[tuple[str, str]]
):
    assert pairs(lines, punches) == expected


@pytest.mark.parametrize("seed", range(20))
def test_every_line_and_punch_is_in_at_most_one_pair_whatever_their_order(seed: int):
    chance = random.Random(seed)  # noqa: S311 (examples that come again)
    lines = [line(f"08:{chance.randrange(60):02}", number=number) for number in range(12)]
    punches = [swipe(f"08:{chance.randrange(60):02}", zone_code=str(number)) for number in range(9)]
    matched = match(lines, punches)
    assert len(matched) == 9
    assert len({each.line for each, _ in matched}) == len({punch.zone_code for _, punch in matched}) == 9
    chance.shuffle(lines)
    distances = sorted(abs(punch.at - each.at) for each, punch in matched)
    assert sorted(abs(punch.at - each.at) for each, punch in match(lines, punches)) == distances


def test_officers_are_never_mixed():
    result = differences([line("08:00", staff_no="A2")], [swipe("08:00")], officers={"A1", "A2"})
    assert result == [("ours_only", None), ("register_only", None)]


def test_a_staff_number_that_nobody_has_is_told_from_one_of_another_unit():
    lines = [line("08:00", staff_no="X9"), line("08:00", staff_no="B1", number=3)]
    assert differences(lines, elsewhere={"B1"}) == [("unknown_officer", None)]


def test_duplicates_of_ours_are_not_reported():
    assert differences([line("08:00")], [swipe("08:00"), swipe("08:00:30", is_duplicate=True)]) == []


def test_a_punch_without_duty_is_reported_and_still_matched():
    assert differences([line("08:00")], [swipe("08:00", has_duty=False)]) == [("punch_without_duty", None)]


@pytest.mark.parametrize(
    ("status", "clock", "result"),
    [
        (Status.ABSENT, None, [("duty_without_either", None)]),
        (Status.UNPROVEN, None, [("duty_without_either", None)]),
        (Status.LEAVE, None, []),
        (Status.PENDING, None, []),
        (Status.IN_PROGRESS, None, []),
        (Status.ABSENT, "06:00", [("register_only", None)]),
        (Status.ABSENT, "05:59", [("register_only", None), ("duty_without_either", None)]),
    ],
)
def test_a_duty_without_either_is_over_and_not_on_leave(status: Status, clock: str | None, result: list[Any]):
    assert differences([line(clock)] if clock else [], duties=[duty(status)]) == result


def test_the_out_of_one_duty_is_nothing_of_the_next():
    duties = [duty(Status.PRESENT), duty(Status.ABSENT, NIGHT_SHIFT)]
    result = differences([line("08:00"), line("20:01", OUT, 3)], [swipe("08:00"), swipe("20:01", OUT)], duties)
    assert result == [("duty_without_either", None)]


def test_what_matches_across_midnight_is_no_difference_and_what_is_outside_is_not_reported():
    sunday, tuesday = date(2026, 11, 22), date(2026, 11, 24)
    assert differences([line("23:59")], [swipe("00:01", day=tuesday)]) == []
    assert differences([line("23:50")], [swipe("00:10", day=tuesday)]) == [("time_differs", 20)]
    assert differences([line("23:00", day=sunday)], [swipe("00:00", day=tuesday)]) == []


def test_differences_are_in_the_order_of_officers_and_times_and_all_have_words():
    lines = [line("17:00", OUT, 3, "A2"), line("08:00", IN, 2, "A2"), line("09:00")]
    listed = found(lines, [], [], officers={"A1", "A2"})
    assert [(each.staff_no, f"{each.at:%H:%M}") for each in listed] == [
        ("A1", "09:00"),
        ("A2", "08:00"),
        ("A2", "17:00"),
    ]
    assert set(DIFFERENCE) == set(DifferenceKind)
    assert not any("曠職" in zh for zh, _ in DIFFERENCE.values())


def test_counts_say_how_much_was_compared():
    lines = [line("08:00"), line("08:00", day=date(2026, 11, 20), number=3), line("09:00", staff_no="B1", number=4)]
    sides = Sides(
        begin=at("00:00"), end=at("00:00", date(2026, 11, 24)), register=lines, punches=[swipe("08:00")],
        duties=[duty(Status.PRESENT)], officers={"A1"}, elsewhere={"B1"},
    )  # fmt: skip
    counted = reconcile(sides, TOLERANCE)
    assert (counted.lines, counted.lines_outside, counted.lines_elsewhere) == (3, 1, 1)
    assert (counted.punches, counted.matched, counted.duties) == (1, 1, 1)


def test_a_register_with_more_lines_of_one_officer_than_can_be_is_noticed():
    lines = [line("08:00", number=number) for number in range(MOST_LINES + 1)]
    assert (too_many(lines), too_many(lines[1:])) == ("A1", None)


def test_lines_of_a_file_keep_their_numbers():
    row = {"staff_no": "A1", "at": at("08:00"), "direction": IN, "zone_code": None}
    assert register_lines([(7, row)]) == [line("08:00", number=7)]
