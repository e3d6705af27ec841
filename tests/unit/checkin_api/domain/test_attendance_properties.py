"""What holds of the attendance rules whatever the facts are, and that the columns say what the rules say."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin_api.domain import matching
from checkin_api.domain.attendance import compute
from checkin_api.domain.columns import MISSING
from checkin_api.domain.ids import Disposition, HoursRule, Status
from checkin_api.domain.matching import match
from checkin_api.domain.records import Attendance, DutyRecord
from checkin_api.domain.status import STATUSES
from tests.attendance import SHIFTS, at, attendance

CODES = [shift.code for shift in SHIFTS]
rosters = st.lists(
    st.builds("{}: {} {}".format, st.integers(0, 2), st.integers(22, 24), st.sampled_from(CODES)),
    unique=True,
    max_size=8,
)
_clock = st.builds("{:02}:{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59), st.sampled_from([0, 30, 59]))
punch_lists = st.lists(
    st.builds(
        "{}: {} {} {}{}".format,
        st.integers(0, 2),
        st.sampled_from(["in", "out", "auto"]),
        st.integers(22, 25),
        _clock,
        st.sampled_from(["", "", "", " voided", " corrected", " weak"]),
    ),
    max_size=16,
)
leaves = st.lists(st.builds("23 {:02}:00/23 {:02}:30".format, st.integers(0, 11), st.integers(11, 23)), max_size=2)
outages = st.lists(st.builds("23 {:02}:00/24 {:02}:30".format, st.integers(0, 23), st.integers(0, 23)), max_size=1)


def shown(found: Attendance) -> list[DutyRecord]:
    """Records without where their punches stood among the rows."""
    return [
        replace(record, punches=tuple(replace(punch, row=0) for punch in record.punches)) for record in found.records()
    ]


@given(rosters, punch_lists, leaves, outages, st.randoms())
def test_order_of_rows_changes_nothing(roster, punches, leave, outage, chance):
    before = shown(attendance(roster, punches, leave=leave, outages=outage))
    for rows in (roster, punches, leave):
        chance.shuffle(rows)
    assert shown(attendance(roster, punches, leave=leave, outages=outage)) == before


@given(rosters, punch_lists)
def test_unrelated_officer_changes_nobody_else(roster, punches):
    everyone = shown(attendance(roster, punches))
    others = [row for row in roster if not row.startswith("2")], [row for row in punches if not row.startswith("2")]
    assert shown(attendance(*others)) == [record for record in everyone if record.officer != 2]


@given(rosters, punch_lists)
def test_every_punch_has_exactly_one_disposition(roster, punches):
    found = attendance(roster, punches)
    rows = Counter(punch.row for record in found.records() for punch in record.punches)
    assert rows == Counter(range(len(punches)))


@given(rosters, punch_lists, leaves)
def test_minutes_are_never_negative_and_the_parts_of_a_day_add_up(roster, punches, leave):
    found = attendance(roster, punches, leave=leave)
    columns = found.columns
    for name in ("worked", "late", "early", "overtime", "before", "night", "day", "evening"):
        minutes = getattr(columns, name)
        assert ((minutes >= 0) | (minutes == MISSING)).all(), name
    in_pairs = found.facts.duties.follows(HoursRule.EVERY_PAIR)
    for number in np.flatnonzero((columns.sign_in != MISSING) & (columns.sign_out != MISSING)):
        parts = columns.night[number] + columns.day[number] + columns.evening[number]
        span = columns.sign_out[number] - columns.sign_in[number]
        if columns.duty[number] >= 0 and in_pairs[columns.duty[number]]:
            assert columns.worked[number] == parts <= span
        else:
            assert columns.worked[number] <= parts == span


@given(rosters, punch_lists, leaves, outages, st.integers(0, 100))
def test_another_today_changes_only_what_is_not_over(roster, punches, leave, outage, hours):
    past = attendance(roster, punches, leave=leave, outages=outage)
    now = at("22 00:00") + timedelta(hours=hours)
    then = compute(past.facts, now)
    changing = {Status.PENDING, Status.IN_PROGRESS}
    for earlier, later in zip(then.records(), past.records(), strict=True):
        assert (earlier.sign_in, earlier.sign_out, earlier.punches) == (later.sign_in, later.sign_out, later.punches)
        assert earlier.status == later.status or earlier.status in changing


@given(rosters, punch_lists)
@settings(max_examples=300)
def test_columns_say_what_the_rules_say_one_by_one(roster, punches):
    facts = attendance(roster, punches).facts
    quick = match(facts.duties, facts.punches)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_hard_clusters", _all_hard)
        slow = match(facts.duties, facts.punches)
    for name in ("sign_in", "sign_out", "duty", "disposition"):
        assert getattr(quick, name).tolist() == getattr(slow, name).tolist(), name
    assert sorted(quick.spans.tolist()) == sorted(slow.spans.tolist())


def _all_hard(duties, punches, windows, matched):
    del punches, matched
    return np.ones(windows.cluster_of_duty[-1] + 1 if len(duties) else 0, bool)


@given(rosters, punch_lists)
def test_absent_has_no_punch_and_present_has_both(roster, punches):
    for record in attendance(roster, punches).records():
        used = [punch for punch in record.punches if punch.disposition is Disposition.USED]
        if record.status is Status.ABSENT:
            assert used == []
        if record.status is Status.PRESENT:
            assert None not in (record.sign_in, record.sign_out)


def test_statuses_are_numbered_as_listed():
    assert [STATUSES.index(status) for status in Status] == list(range(len(STATUSES)))
