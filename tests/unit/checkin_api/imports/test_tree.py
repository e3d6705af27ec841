"""Circles of units, and only circles, are found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin_api.imports.tree import find_cycles, show_cycle


@pytest.mark.parametrize(
    ("parents", "cycles"),
    [
        ({}, []),
        ({"A": None, "B": "A", "C": "B"}, []),
        ({"A": "A"}, [["A"]]),
        ({"A": "B", "B": "A"}, [["A", "B"]]),
        ({"X": "A", "A": "B", "B": "C", "C": "A"}, [["A", "B", "C"]]),
        ({"A": "B", "B": "A", "C": "C", "D": "A"}, [["A", "B"], ["C"]]),
        ({"A": "unknown"}, []),
    ],
)
def test_every_circle_is_found_once(parents: dict[str, str | None], cycles: list[list[str]]):
    assert list(find_cycles(parents)) == cycles


@given(st.dictionaries(st.integers(0, 20).map(str), st.none() | st.integers(0, 20).map(str)))
def test_a_unit_is_in_a_circle_exactly_when_its_parents_lead_back_to_it(parents: dict[str, str | None]):
    def leads_back(unit: str) -> bool:
        above = parents.get(unit)
        for _ in parents:
            if above in (unit, None):
                break
            above = parents.get(above)
        return above == unit

    found = [unit for cycle in find_cycles(parents) for unit in cycle]
    assert sorted(found) == sorted(unit for unit in parents if leads_back(unit))


def test_a_long_line_of_parents_takes_no_recursion():
    parents: dict[str, str | None] = {str(n): str(n + 1) for n in range(100_000)}
    assert list(find_cycles(parents)) == []
    [cycle] = find_cycles({**parents, "100000": "0"})
    assert len(cycle) == 100_001
    assert show_cycle(cycle) == "0 → 1 → 2 → 3 → 4 → 5 → 6 → 7 → … → 0"


def test_a_circle_is_shown_back_to_its_beginning():
    assert show_cycle(["A", "B"]) == "A → B → A"
