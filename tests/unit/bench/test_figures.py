"""What the benchmarks compute from what they measured."""

import pytest

from tests.bench.figures import Figure, Goal, percentile, ratios, table


def test_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([float(n) for n in range(1, 101)], 0.99) == 99.0
    assert percentile([7.0], 0.99) == 7.0


def test_ratios_go_pair_by_pair() -> None:
    assert ratios([6.0, 8.0], [2.0, 4.0]) == [3.0, 2.0]
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        (Goal("at least", 3), 3.0, True),
        (Goal("at least", 3), 2.99, False),
        (Goal("at most", 0.5), 0.5, True),
        (Goal("at most", 0.5), 0.51, False),
    ],
)
def test_a_goal_is_met_at_its_bound(goal: Goal, value: float, *, met: bool) -> None:
    assert goal.is_met(value) is met


def test_the_median_is_held_against_the_goal() -> None:
    assert Figure(name="a", values=[1.0, 9.0, 3.0], goal=Goal("at least", 3)).met is True
    assert Figure(name="a", values=[1.0, 9.0, 2.0], goal=Goal("at least", 3)).met is False
    assert Figure(name="a", values=[1.0]).met is None


def test_the_table_shows_median_range_and_missed_goal() -> None:
    shown = table(
        [Figure(name="requests/s", values=[2.0, 4.0, 2.5], goal=Goal("at least", 3), ours="900/s", peer="400/s")]
    )
    assert shown.splitlines()[-1].split("  ") == ["requests/s", "900/s", "400/s", "2.5 x (2 to 4)", "at least 3", "NO"]
