"""How near a phone's position must be to a site that takes positions."""

import pytest

from checkin_api.domain.ids import Reason
from checkin_api.domain.radar import Place
from checkin_api.domain.showing import Area, Near, Position, judge_position

# A hundredth of a degree of latitude is 1,112 m.
STATION = Area("Z1", Place(1, 24.15, 120.65), 150)
OTHER = Area("Z2", Place(2, 24.16, 120.65), 150)
NOWHERE_KNOWN = Area("Z3", Place(3, None, None), 150)


@pytest.mark.parametrize(
    ("latitude", "accuracy_m", "found"),
    [
        (24.15, 10, Near("Z1", 0, 10)),
        (24.151, 10, Near("Z1", 111, 10)),
        # 167 m from the site: outside by itself, inside by what a vague position is given.
        (24.1515, 10, Reason.NOT_NEAR),
        (24.1515, 30, Near("Z1", 167, 30)),
        # No more than 100 m is given, however vague.
        (24.1525, 200, Reason.NOT_NEAR),
        (24.15, 200, Near("Z1", 0, 200)),
        (24.15, 201, Reason.POSITION_VAGUE),
        (24.1599, 20, Near("Z2", 11, 20)),
        (-90.0, 5, Reason.NOT_NEAR),
    ],
)
def test_a_position_is_near_within_the_radius_and_what_its_accuracy_gives(
    latitude: float, accuracy_m: float, found: Near | Reason
):
    assert judge_position(Position(latitude, 120.65, accuracy_m), [NOWHERE_KNOWN, OTHER, STATION]) == found


def test_without_areas_nothing_is_near():
    assert judge_position(Position(24.15, 120.65, 5), []) is Reason.NOT_NEAR
