"""A plan of sites: to scale, no mark under another, whatever the coordinates are."""

import itertools
import math

import pytest

from checkin_api.domain.plan import APART, FOOT, MARGIN, WIDTH, Mark, Plan, Spot, plan

# A degree of latitude; one of longitude at 24° N is so many times shorter.
DEGREE_M = math.pi * 6_371_008.8 / 180
NAN, INF = math.nan, math.inf


def city(count: int) -> list[Spot]:
    return [
        Spot(f"S{n:03}", f"第{n}派出所", 24.05 + n * 37 % 101 / 400, 120.5 + n * 53 % 97 / 300)
        for n in range(1, count + 1)
    ]


def here(count: int) -> list[Spot]:
    return [Spot(f"S{n:03}", f"第{n}派出所", 24.15, 120.65) for n in range(1, count + 1)]


def closest(marks: tuple[Mark, ...]) -> float:
    pairs = itertools.combinations(marks, 2)
    return min((math.hypot(one.x - other.x, one.y - other.y) for one, other in pairs), default=INF)


def insist_on_order(drawn: Plan) -> None:
    assert closest(drawn.marks) >= APART
    for mark in drawn.marks:
        assert MARGIN <= mark.x <= WIDTH - MARGIN
        assert MARGIN <= mark.y <= drawn.height - MARGIN - FOOT + 4


@pytest.mark.parametrize(
    "spots",
    [
        city(1),
        city(100),
        city(300),
        here(100),
        here(300),
        here(700),
        [*here(50), *city(50)],
        [Spot("TPE", "臺北", 25.03, 121.56), Spot("NYC", "紐約", 40.71, -74.0)],
        [Spot("N", "北極", 90, 0), Spot("S", "南極", -90, 180)],
    ],
    ids=["1", "100", "300", "here", "here300", "here700", "both", "apart", "poles"],
)
def test_every_site_has_a_mark_of_its_own_that_can_be_hit(spots: list[Spot]):
    drawn = plan(spots)
    assert {mark.key for mark in drawn.marks} == {spot.key for spot in spots}
    assert (drawn.unplaced, drawn.far) == ((), ())
    insist_on_order(drawn)


def test_a_kilometre_is_as_long_to_the_east_as_to_the_north():
    narrower = math.cos(math.radians(24))
    spots = [
        Spot("O", "", 24, 120),
        Spot("N", "", 24 + 10_000 / DEGREE_M, 120),
        Spot("E", "", 24, 120 + 10_000 / DEGREE_M / narrower),
    ]
    drawn = plan(spots)
    at = {mark.key: (mark.true_x, mark.true_y) for mark in drawn.marks}
    assert at["O"][1] - at["N"][1] == pytest.approx(at["E"][0] - at["O"][0], abs=0.2)
    assert (at["N"][0], at["E"][1]) == (at["O"][0], at["O"][1])
    # The bar says the same: of 10 km so many of its lengths.
    assert (at["E"][0] - at["O"][0]) / drawn.bar == pytest.approx(10_000 / drawn.bar_m, rel=0.01)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(None, None), (24.1, None), (NAN, 120), (24, NAN), (INF, 120), (24, -INF), (90.001, 0), (0, 180.001), (1e308, 0)],
)
def test_what_is_no_place_on_the_earth_is_listed_and_not_drawn(latitude: float | None, longitude: float | None):
    drawn = plan([Spot("X", "無座標", latitude, longitude), *city(3)])
    assert drawn.unplaced == ("X",)
    assert len(drawn.marks) == 3


def test_without_any_coordinates_there_is_no_drawing():
    assert plan([Spot("X", "", None, None)]) == Plan(0, (), ("X",), ())
    assert plan([]) == Plan(0, (), (), ())


def test_one_site_at_the_end_of_the_world_does_not_make_a_point_of_the_others():
    drawn = plan([*city(20), Spot("TYPO", "經緯度顛倒", 12.06, 24.15)])
    assert drawn.far == ("TYPO",)
    assert len(drawn.marks) == 20
    assert drawn.bar_m <= 10_000


def test_across_the_180th_meridian_sites_are_neighbours():
    drawn = plan([Spot("W", "", 0, 179.99), Spot("E", "", 0, -179.99)])
    assert drawn.bar_m <= 1000
    west, east = sorted(drawn.marks, key=lambda mark: mark.true_x)
    assert (west.key, east.key) == ("W", "E")


def test_who_makes_room_is_shown_where_it_belongs():
    first, second = plan(here(2)).marks
    assert (first.is_aside, second.is_aside) == (False, True)
    assert (first.true_x, first.true_y) == (second.true_x, second.true_y) == (WIDTH / 2, (second.true_y))


def test_a_site_stays_in_its_place_when_others_are_not_shown():
    spots = city(60)
    every = {mark.key: (mark.x, mark.y) for mark in plan(spots).marks}
    some = plan(spots, shown={"S007", "S030"})
    assert {mark.key: (mark.x, mark.y) for mark in some.marks} == {key: every[key] for key in ("S007", "S030")}


def test_labels_cover_neither_marks_nor_each_other_and_the_first_sites_have_theirs():
    spots = [*here(1), *city(100)]
    drawn = plan(spots)
    boxes: list[tuple[float, float, float, float]] = []
    for mark in drawn.marks:
        boxes.append((mark.x - 9, mark.y - 9, mark.x + 9, mark.y + 9))
        if mark.label:
            wide = sum(12 if each > "\x7f" else 7 for each in mark.label.text)
            left = mark.label.x - {"start": 0, "middle": wide / 2, "end": wide}[mark.label.anchor]
            boxes.append((left, mark.label.y - 10, left + wide, mark.label.y + 2))
    for (a, b, c, d), (e, f, g, h) in itertools.combinations(boxes, 2):
        assert c <= e or g <= a or d <= f or h <= b
    by_key = {mark.key: mark for mark in drawn.marks}
    assert by_key["S001"].label is not None
    assert sum(mark.label is not None for mark in drawn.marks) > 60


def test_a_long_name_is_cut_and_where_it_finds_no_room_the_code_stands():
    [mark] = plan([Spot("A", "非常" * 20, 24, 120)]).marks
    assert mark.label is not None
    assert len(mark.label.text) == 16
    assert mark.label.text.endswith("…")
    assert any(mark.label and mark.label.text == mark.key for mark in plan(city(300)).marks)
