"""A plan of sites from their coordinates: where each mark stands so that none hides another, its label, the scale.

Lengths are in pixels of the drawing, x to the east and y to the south, unless they say metres.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

import numpy as np
from numpy.typing import NDArray

from checkin_api.domain.columns import Bools

WIDTH = 960
# Room for labels at the sides; below there is the scale as well.
MARGIN, FOOT = 48, 32
_INNER_WIDTH = WIDTH - 2 * MARGIN
_LEAST_HEIGHT, _USUAL_HEIGHT = 280, 640
# Marks stand on a grid, so that free places are found at once.
_STEP = 4
# From one mark to the next. Source: WCAG 2.2, 2.5.8: a target has 24 by 24 pixels.
APART = 28
_APART_STEPS = APART // _STEP
_TALLER = 1.25
# A line shows where a mark really belongs that had to go so far aside.
_ASIDE = 6
# What a mark covers on either side of its middle, and how far from it a label begins.
_HALF, _BESIDE = 11, 14
_WIDE_LETTER, _NARROW_LETTER, _LABEL_HEIGHT, _LONGEST_LABEL = 12.0, 7.5, 14, 16
# A plan shows no less than a kilometre: marks of one street would look like a city.
_LEAST_ACROSS_M = 1000.0
# No site of one department is so far from the middle of all, unless its neighbours are, too: the island is 400 km long.
_FAR_M, _FAR_TIMES = 500_000.0, 4.0
# Source: IUGG, mean radius of the earth.
_EARTH_RADIUS_M = 6_371_008.8
_LONGEST_BAR = 200.0
_QUARTER, _HALF_TURN, _TURN = 90.0, 180.0, 360.0

_Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spot:
    """A site to be drawn: in degrees, None where nobody wrote them down."""

    key: str
    name: str
    latitude: float | None
    longitude: float | None

    @property
    def is_known(self) -> bool:
        """Whether the coordinates are a place on the earth."""
        if self.latitude is None or self.longitude is None:
            return False
        # NaN is within no limits.
        return abs(self.latitude) <= _QUARTER and abs(self.longitude) <= _HALF_TURN


@dataclass(frozen=True, slots=True)
class Label:
    """Words beside a mark; ``anchor`` is SVG's ``text-anchor``."""

    text: str
    x: int
    y: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A site on the plan: where it is drawn, where it really is, its label if there is room for one."""

    key: str
    x: int
    y: int
    true_x: float
    true_y: float
    label: Label | None

    @property
    def is_aside(self) -> bool:
        """Whether it had to make room for another."""
        return math.hypot(self.x - self.true_x, self.y - self.true_y) > _ASIDE


@dataclass(frozen=True, slots=True)
class Plan:
    """The drawing: ``unplaced`` have no coordinates, ``far`` are so far away that the others would be one point.

    Attributes:
        bar_m: How many metres the scale's bar is long.
        bar: The same on the plan; 0 where nothing is drawn.
        columns: Lines that far apart, from the middle on.
        rows: The same from west to east.
    """

    height: int
    marks: tuple[Mark, ...]
    unplaced: tuple[str, ...]
    far: tuple[str, ...]
    bar_m: int = 0
    bar: float = 0.0
    columns: tuple[float, ...] = ()
    rows: tuple[float, ...] = ()


def plan(spots: Sequence[Spot], *, shown: Collection[str] | None = None) -> Plan:
    """Draw sites; the first get their own place and their label before the others.

    Args:
        spots: The sites, by weight.
        shown: Only these get a mark, at the place where it stands among all; None for all.
    """
    known = [spot for spot in spots if spot.is_known]
    unplaced = tuple(spot.key for spot in spots if not spot.is_known)
    if not known:
        return Plan(0, (), unplaced, ())
    metres = _projected(known)
    near = _near(metres)
    far = tuple(spot.key for spot, is_near in zip(known, near, strict=True) if not is_near)
    drawn = [spot for spot, is_near in zip(known, near, strict=True) if is_near]
    metres = metres[near]
    middle = (metres.min(axis=0) + metres.max(axis=0)) / 2
    inner, scale = _frame(np.ptp(metres, axis=0))
    while (cells := _cells(points := _on_paper(metres - middle, inner, scale), inner)) is None:
        inner = round(inner * _TALLER)
    height = inner + 2 * MARGIN + FOOT
    chosen = [at for at, spot in enumerate(drawn) if shown is None or spot.key in shown]
    places = [(MARGIN + _STEP * x, MARGIN + _STEP * y) for x, y in cells]
    labels = _labels([drawn[at] for at in chosen], [places[at] for at in chosen], height)
    marks = (
        Mark(drawn[at].key, *places[at], round(float(points[at, 0]), 1), round(float(points[at, 1]), 1), label)
        for at, label in zip(chosen, labels, strict=True)
    )
    bar_m = _round_length(_LONGEST_BAR / scale)
    bar = bar_m * scale
    return Plan(
        height,
        tuple(sorted(marks, key=lambda mark: mark.key)),
        unplaced,
        far,
        bar_m,
        round(bar, 1),
        tuple(_lines(WIDTH, bar)),
        tuple(_lines(inner + 2 * MARGIN, bar)),
    )


def _projected(spots: Sequence[Spot]) -> _Points:
    """East and south in metres; as wide as they are at the latitude in the middle."""
    degrees = np.array([(spot.latitude, spot.longitude) for spot in spots], np.float64)
    # The short way around, where some are beyond the 180th meridian.
    east = (degrees[:, 1] - degrees[0, 1] + _HALF_TURN) % _TURN - _HALF_TURN
    narrower = math.cos(math.radians(float(np.median(degrees[:, 0]))))
    metres: _Points = _EARTH_RADIUS_M * np.radians(np.column_stack((east * narrower, -degrees[:, 0])))
    return metres


def _near(metres: _Points) -> Bools:
    away = np.hypot(*(metres - np.median(metres, axis=0)).T)
    near: Bools = away <= max(_FAR_M, _FAR_TIMES * float(np.median(away)))
    return near


def _frame(span: _Points) -> tuple[int, float]:
    """How high the inner part is, and the pixels of a metre, the same both ways."""
    across, down = max(float(span[0]), _LEAST_ACROSS_M), float(span[1])
    scale = _INNER_WIDTH / across
    inner = round(min(max(down * scale, _LEAST_HEIGHT), _USUAL_HEIGHT))
    return inner, min(scale, inner / down) if down else scale


def _on_paper(metres: _Points, inner: int, scale: float) -> _Points:
    points: _Points = metres * scale + np.array([WIDTH / 2, MARGIN + inner / 2])
    return points


def _cells(points: _Points, inner: int) -> list[tuple[int, int]] | None:
    """A place of its own for each, the nearest that is free; None if there are not enough."""
    columns, rows = _INNER_WIDTH // _STEP + 1, inner // _STEP + 1
    east, south = np.arange(columns), np.arange(rows)[:, None]
    taken = np.zeros((rows, columns), bool)
    found = []
    for point in points:
        x, y = (int(each) for each in np.rint((point - MARGIN) / _STEP))
        x, y = min(max(x, 0), columns - 1), min(max(y, 0), rows - 1)
        if taken[y, x]:
            away = np.where(taken, np.iinfo(np.int64).max, (east - x) ** 2 + (south - y) ** 2)
            y, x = (int(each) for each in np.unravel_index(int(away.argmin()), away.shape))
            if taken[y, x]:
                return None
        taken |= (east - x) ** 2 + (south - y) ** 2 < _APART_STEPS**2
        found.append((x, y))
    return found


def _labels(spots: Sequence[Spot], places: Sequence[tuple[int, int]], height: int) -> list[Label | None]:
    """The name beside a mark, or its key, or nothing where there is no room for either."""
    taken = np.zeros((height // _STEP + 1, WIDTH // _STEP + 1), bool)
    # The arrow to the north stands there.
    taken[: MARGIN // _STEP, (WIDTH - MARGIN) // _STEP :] = True
    for x, y in places:
        taken[_steps(y - _HALF, y + _HALF), _steps(x - _HALF, x + _HALF)] = True
    return [_label(spot, place, taken) for spot, place in zip(spots, places, strict=True)]


def _label(spot: Spot, place: tuple[int, int], taken: Bools) -> Label | None:
    x, y = place
    for text in dict.fromkeys((_short(spot.name), _short(spot.key))):
        long = round(sum(_WIDE_LETTER if east_asian_width(each) in "WF" else _NARROW_LETTER for each in text))
        beginnings = (
            (Label(text, x + _BESIDE, y + 4, "start"), x + _BESIDE),
            (Label(text, x - _BESIDE, y + 4, "end"), x - _BESIDE - long),
            (Label(text, x, y - _BESIDE - 2, "middle"), x - long // 2),
            (Label(text, x, y + _BESIDE + 10, "middle"), x - long // 2),
        )
        for label, begin in beginnings:
            room = _steps(label.y + 3 - _LABEL_HEIGHT, label.y + 3), _steps(begin, begin + long)
            if 0 <= begin <= WIDTH - long and not taken[room].any():
                taken[room] = True
                return label
    return None


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"


def _steps(begin: int, end: int) -> slice:
    return slice(begin // _STEP, end // _STEP + 1)


def _round_length(most: float) -> int:
    """The longest of 1, 2, 5, 10, … metres that is not longer."""
    power = int(10 ** math.floor(math.log10(most)))
    return next(times * power for times in (5, 2, 1) if times * power <= most)


def _lines(length: int, step: float) -> Iterator[float]:
    """Lines that far apart, one of them in the middle."""
    middle = length / 2
    first = middle - math.floor(middle / step) * step
    return (round(first + number * step, 1) for number in range(math.floor((length - first) / step) + 1))
