"""Which times of one officer overlap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin_api.domain.overlaps import overlaps


def found(*spans: tuple[str, int, int]) -> list[tuple[int, int]]:
    officers = [officer for officer, _, _ in spans]
    return list(overlaps(officers, np.array([span[1] for span in spans]), np.array([span[2] for span in spans])))


@pytest.mark.parametrize(
    ("spans", "pairs"),
    [
        ([], []),
        ([("A", 8, 20)], []),
        ([("A", 8, 20), ("A", 20, 32)], []),
        ([("A", 8, 20), ("A", 19, 32)], [(0, 1)]),
        ([("A", 19, 32), ("A", 8, 20)], [(1, 0)]),
        ([("A", 8, 20), ("B", 8, 20)], []),
        ([("A", 8, 20), ("A", 8, 20)], [(0, 1)]),
        # Within a longer one, and after a shorter one that a longer one still outlasts.
        ([("A", 8, 32), ("A", 9, 10), ("A", 12, 14)], [(0, 1), (0, 2)]),
        ([("A", 8, 10), ("A", 9, 20), ("A", 12, 14), ("A", 20, 22)], [(0, 1), (1, 2)]),
        # The night before reaches into the morning.
        ([("A", 20, 32), ("A", 30, 38), ("B", 30, 38)], [(0, 1)]),
    ],
)
def test_a_span_that_begins_before_another_of_the_officer_ended_overlaps_it(spans, pairs):
    assert found(*spans) == pairs


span = st.tuples(st.sampled_from("ABC"), st.integers(-50, 50), st.integers(1, 30)).map(
    lambda s: (s[0], s[1], s[1] + s[2])
)


@given(st.lists(span, max_size=12))
def test_every_overlap_is_found_by_its_later_span(spans: list[tuple[str, int, int]]):
    pairs = found(*spans)
    assert all(_overlap(spans[first], spans[second]) for first, second in pairs)
    some = any(_overlap(one, other) for at, one in enumerate(spans) for other in spans[:at])
    assert bool(pairs) is some
    assert len({second for _, second in pairs}) == len(pairs)


def _overlap(one: tuple[str, int, int], other: tuple[str, int, int]) -> bool:
    return one[0] == other[0] and one[1] < other[2] and other[1] < one[2]
