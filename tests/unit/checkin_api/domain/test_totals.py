"""Totals of a period per officer, checked by hand."""

import numpy as np

from checkin_api.domain.ids import Flag, Status
from checkin_api.domain.totals import totals
from tests.attendance import attendance

ROSTER = ["2 lunch", "3 lunch", "4 night", "1: 2 day"]
PUNCHES = [
    "in 2 07:50", "out 2 18:50",
    "in 3 08:10", "out 3 17:20",
    "in 4 20:00", "out 5 08:55",
    "1: in 2 08:00",
]  # fmt: skip


def test_minutes_days_and_overtime_in_hours_with_the_rests_pooled():
    columns = attendance(ROSTER, PUNCHES).columns
    first, second = totals(columns, np.ones(len(columns), bool), officers=2)
    # Overtime of 110, 20 and 55 minutes: 1 whole hour, and 50 + 20 + 55 left over are 2 hours and 5 minutes.
    assert (first.overtime_hours, first.pooled_hours, first.left_minutes) == (1, 2, 5)
    assert first.minutes["worked"] == (11 * 60 - 60) + (9 * 60 + 10 - 60) + (12 * 60 + 55)
    assert (first.minutes["late"], first.minutes["night"], first.minutes["before"]) == (10, 360, 10)
    assert (first.statuses[Status.PRESENT], first.flags[Flag.LATE]) == (3, 1)
    assert (second.statuses[Status.MISSING_OUT], second.minutes["worked"]) == (1, 0)


def test_only_chosen_records_count():
    columns = attendance(ROSTER, PUNCHES).columns
    first, second = totals(columns, columns.duty_date < 0, officers=2)
    assert set(first.statuses.values()) == {0}
    assert second.minutes["worked"] == 0
