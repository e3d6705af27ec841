"""Where a phone believes itself to be: near its zone's place, kilometres from all of them, or nowhere."""

import math

import pytest

from tests.integration.line_platform.conftest import OFFICER
from tests.line_platform import ConfigError, PlatformConfig
from tests.line_platform.positions import NoPosition, Position

PLACE = (24.11, 120.61)
OTHER = (24.15, 120.61)


@pytest.fixture
def located(line):
    line.add_zone("D1", "第一分局", beacons={"d41d8cd991": "00"}, place=PLACE)
    line.add_zone("D2", "第二分局", place=OTHER)
    return line


def metres(position: Position, place: tuple[float, float]) -> float:
    north = (position.latitude - place[0]) * 111_320
    return math.hypot(north, (position.longitude - place[1]) * 111_320 * math.cos(math.radians(place[0])))


def test_a_phone_in_a_zone_is_a_few_metres_from_its_place(located, line_clock):
    located.walk_in(OFFICER, "D1")
    readings = []
    for _ in range(50):
        readings.append(located.position(OFFICER))
        line_clock.advance(60)
    assert all(metres(each, PLACE) <= each.accuracy_m for each in readings)
    assert all(8 <= each.accuracy_m <= 22 for each in readings)
    assert len({each.latitude for each in readings}) > 20


def test_a_reading_stands_for_some_seconds(located, line_clock):
    located.walk_in(OFFICER, "D1")
    first = located.position(OFFICER)
    line_clock.advance(1)
    assert located.position(OFFICER) == first


def test_a_phone_outside_is_kilometres_from_every_zone(located):
    for number in range(20):
        position = located.position(located.add_phone(f"員警{number}"))
        assert min(metres(position, PLACE), metres(position, OTHER)) > 3_900
        assert metres(position, PLACE) < 20_000


def test_an_approximate_position_says_so(located):
    located.walk_in(OFFICER, "D1")
    located.switch(OFFICER, precise_location=False)
    position = located.position(OFFICER)
    assert 1_500 <= position.accuracy_m <= 2_500
    assert metres(position, PLACE) <= position.accuracy_m


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"location_permission": "off"}, NoPosition.PERMISSION_DENIED),
        ({"location_services": False}, NoPosition.POSITION_UNAVAILABLE),
    ],
)
@pytest.mark.parametrize("system", ["android", "iphone"])
def test_no_position_without_permission_or_location_services(located, control, settings, reason, system):
    located.walk_in(OFFICER, "D1")
    located.switch(OFFICER, system=system, **settings)
    assert located.position(OFFICER) is reason
    assert control.post(f"/phones/{OFFICER}/position").json() == {"error": int(reason)}


def test_no_position_is_made_up_where_no_coordinates_are_known(line):
    assert line.position(OFFICER) is NoPosition.POSITION_UNAVAILABLE
    line.add_zone("D1", place=PLACE)
    line.walk_in(OFFICER, "HQ")
    assert line.position(OFFICER) is NoPosition.POSITION_UNAVAILABLE


def test_coordinates_come_over_http_and_from_the_configuration(control):
    zone = {"code": "D1", "name": "第一分局", "latitude": PLACE[0], "longitude": PLACE[1]}
    answer = control.post("/zones", json=zone).json()
    assert (answer["latitude"], answer["longitude"]) == PLACE
    control.post(f"/phones/{OFFICER}/walk", json={"zone": "D1"})
    assert set(control.post(f"/phones/{OFFICER}/position").json()) == {"latitude", "longitude", "accuracy"}
    assert PlatformConfig.from_mapping({"zones": [zone]}).zones[0].place == PLACE


@pytest.mark.parametrize(
    "wrong", [{"latitude": 91, "longitude": 0}, {"latitude": 24.1}, {"latitude": "x", "longitude": 1}]
)
def test_wrong_coordinates_are_refused(wrong):
    with pytest.raises(ConfigError, match="expected degrees"):
        PlatformConfig.from_mapping({"zones": [{"code": "D1", **wrong}]})


def test_an_unknown_system_is_refused():
    with pytest.raises(ConfigError, match="expected one of android, iphone"):
        PlatformConfig.from_mapping({"phones": [{"name": "陳志明", "system": "symbian"}]})
