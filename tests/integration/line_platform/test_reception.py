"""When LINE hears beacons: every row of the documented table, and what coming back to the front does."""

import pytest

from tests.integration.line_platform.conftest import LIFF_ID, OFFICER
from tests.line_platform import ConfigError
from tests.line_platform.reception import LocationPermission, Silence, System

# Rows of LINE's partner documentation, "LINE Beacon": user settings, then reception conditions of each system.
ANDROID_FRONT = {"system": "android"}
ANDROID_BACK = {"system": "android", "line_in_front": False}
IPHONE_FRONT = {"system": "iphone"}
IPHONE_BACK = {"system": "iphone", "line_in_front": False, "location_permission": "always"}
NO_LOCATION = {"location_services": False, "location_permission": "off", "precise_location": False}


@pytest.mark.parametrize(
    ("row", "change", "silence"),
    [
        (ANDROID_FRONT, {}, None),
        (ANDROID_FRONT, {"bluetooth": False}, Silence.BLUETOOTH_OFF),
        (ANDROID_FRONT, {"beacon_consent": False}, Silence.CONSENT_OFF),
        (ANDROID_FRONT, {"location_services": False}, Silence.LOCATION_SERVICES_OFF),
        (ANDROID_FRONT, {"location_permission": "off"}, Silence.LOCATION_PERMISSION_OFF),
        (ANDROID_FRONT, {"location_permission": "always"}, None),
        (ANDROID_FRONT, {"precise_location": False}, Silence.PRECISE_LOCATION_OFF),
        (ANDROID_FRONT, {"nearby_devices": False}, Silence.NEARBY_DEVICES_OFF),
        (ANDROID_BACK, {}, Silence.ANDROID_IN_BACKGROUND),
        (ANDROID_BACK, {"location_permission": "always"}, Silence.ANDROID_IN_BACKGROUND),
        (IPHONE_FRONT, {}, None),
        (IPHONE_FRONT, {"bluetooth": False}, Silence.BLUETOOTH_OFF),
        (IPHONE_FRONT, {"beacon_consent": False}, Silence.CONSENT_OFF),
        (IPHONE_FRONT, NO_LOCATION, None),
        (IPHONE_FRONT, {"nearby_devices": False}, None),
        (IPHONE_BACK, {}, None),
        (IPHONE_BACK, {"nearby_devices": False}, None),
        (IPHONE_BACK, {"bluetooth": False}, Silence.BLUETOOTH_OFF),
        (IPHONE_BACK, {"beacon_consent": False}, Silence.CONSENT_OFF),
        (IPHONE_BACK, {"location_services": False}, Silence.LOCATION_SERVICES_OFF),
        (IPHONE_BACK, {"location_permission": "off"}, Silence.LOCATION_PERMISSION_OFF),
        (IPHONE_BACK, {"location_permission": "in_use"}, Silence.LOCATION_NOT_ALWAYS),
        (IPHONE_BACK, {"precise_location": False}, Silence.PRECISE_LOCATION_OFF),
    ],
)
def test_reception_is_as_documented(line, receiver, row, change, silence):
    line.switch(OFFICER, **row | change)
    assert line.walk_in(OFFICER, "HQ").silence is silence
    line.wait_idle()
    assert [event["type"] for event in receiver.events()] == ([] if silence else ["beacon", "beacon"])


def test_a_phone_is_android_unless_said_otherwise_and_hears_with_line_in_front(line, control):
    line.add_phone("王小明", system="iphone")
    phones = {phone["name"]: phone for phone in control.get("/state").json()["phones"]}
    assert {name: phones[OFFICER][name] for name in ("system", "line_in_front", "silence")} == {
        "system": "android",
        "line_in_front": True,
        "silence": None,
    }
    assert phones["王小明"]["system"] == "iphone"


def test_line_opened_inside_range_reports_enter_again_though_it_was_heard_before(line, receiver):
    line.walk_in(OFFICER, "HQ")
    line.wait_idle()
    line.switch(OFFICER, line_in_front=False)
    line.open_line(OFFICER)
    line.wait_idle()
    assert [event["beacon"]["type"] for event in receiver.events()] == ["enter"] * 4
    assert len({event["webhookEventId"] for event in receiver.events()}) == 4


def test_line_that_is_in_front_already_is_not_opened_again(line, receiver):
    line.walk_in(OFFICER, "HQ")
    assert line.open_line(OFFICER) is None
    line.wait_idle()
    assert len(receiver.events()) == 2


def test_line_opened_outside_range_reports_nothing(line, receiver):
    line.switch(OFFICER, line_in_front=False)
    assert line.open_line(OFFICER) is None
    assert receiver.requests == []


def test_a_background_iphone_reports_by_itself_and_again_when_line_is_opened(line, receiver):
    line.switch(OFFICER, **IPHONE_BACK)
    line.walk_in(OFFICER, "HQ")
    line.wait_idle()
    assert len(receiver.events()) == 2
    line.open_line(OFFICER)
    line.wait_idle()
    assert len(receiver.events()) == 4


def test_a_setting_that_ends_the_silence_inside_range_reports_the_beacons(line, receiver):
    line.switch(OFFICER, nearby_devices=False, bluetooth=False)
    assert line.walk_in(OFFICER, "HQ").silence is Silence.BLUETOOTH_OFF
    assert line.switch(OFFICER, bluetooth=True) is None
    # Silent still, and the page says what is left to do.
    assert line.world.phone(OFFICER).last_walk.silence is Silence.NEARBY_DEVICES_OFF
    assert len(line.switch(OFFICER, nearby_devices=True).event_ids) == 2
    line.wait_idle()
    assert len(receiver.events()) == 2


@pytest.mark.usefixtures("liff_app")
def test_opening_a_liff_page_brings_line_to_the_front(line):
    line.switch(OFFICER, line_in_front=False)
    line.walk_in(OFFICER, "HQ")
    line.perform(OFFICER, {"type": "uri", "uri": "https://liff.line.me/1-a"})
    # None of this channel's apps: the page is shown elsewhere.
    assert line.world.phone(OFFICER).silence() is Silence.ANDROID_IN_BACKGROUND
    line.perform(OFFICER, {"type": "uri", "uri": f"https://liff.line.me/{LIFF_ID}"})
    assert line.world.phone(OFFICER).settings.line_in_front
    assert len(line.world.phone(OFFICER).last_walk.event_ids) == 2


def test_settings_are_switched_over_http_and_wrong_ones_are_all_named(control):
    switched = {"system": "iphone", "location_permission": "always", "line_in_front": False, "precise_location": False}
    assert control.post(f"/phones/{OFFICER}/switch", json=switched).status_code == 200
    phone = control.get("/state").json()["phones"][0]
    assert {name: phone[name] for name in switched} == switched
    assert phone["silence"] == "precise_location_off"
    wrong = {"system": "symbian", "bluetooth": "on", "wifi": True}
    answer = control.post(f"/phones/{OFFICER}/switch", json=wrong)
    assert answer.status_code == 400
    assert answer.json()["error"] == (
        "system: expected one of android, iphone, got 'symbian'; bluetooth: expected true or false, got 'on'; "
        "unknown setting 'wifi'"
    )
    assert control.post(f"/phones/{OFFICER}/open-line").json() == {}


def test_enumerations_do_as_well_as_words(line):
    line.switch(OFFICER, system=System.IPHONE, location_permission=LocationPermission.OFF)
    assert line.world.phone(OFFICER).settings.system is System.IPHONE
    with pytest.raises(ConfigError, match="location_permission: expected one of always, in_use, off, got 'never'"):
        line.switch(OFFICER, location_permission="never")
