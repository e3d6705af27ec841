"""The preview of a profile: what fits and what would be cut or lost, cell by cell, and whom a profile does not fit."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from checkin_api.domain.ids import Direction
from reports.swipe_file import preview
from reports.swipe_preview import invented, positions, shown, unfit, without_device
from reports.swipe_profile import Profile, load_profile
from reports.swipes import Swipe

AT = datetime(2026, 11, 23, 8, 0, 30, tzinfo=ZoneInfo("Asia/Taipei"))


def profile(*fields: dict[str, Any], **more: Any) -> Profile:
    document = {"title": "t", "layout": "fixed", "encoding": "cp950", "codes": {"in": "1", "out": "2"}} | more
    return load_profile(json.dumps(document | {"fields": list(fields)}).encode())


def swipe(staff_no: str = "A0012", name: str = "王小明", zone: str | None = "Z1") -> Swipe:
    return Swipe(staff_no=staff_no, name=name, at=AT, direction=Direction.IN, zone_code=zone)


STAFF_NO = {"what": "staff_no", "width": 5}
NAME = {"what": "name", "width": 6}


def test_a_line_of_the_preview_is_the_line_of_the_file():
    made = profile(STAFF_NO, {"what": "time", "format": "HHMM", "width": 6, "pad": "left", "fill": "0"}, NAME)
    [line] = shown(made, [swipe()])
    assert "".join(cell.kept for cell in line.cells) == preview(made, [swipe()]).lines[0] == "A0012000800王小明"
    assert (line.size_bytes, line.problems) == (17, [])
    assert positions(made) == [(1, 5), (6, 11), (12, 17)]


@pytest.mark.parametrize(
    ("punch", "cell", "kept", "cut", "lost"),
    [
        (swipe(staff_no="A00123"), 0, "A0012", "3", ""),
        # A character is never cut in two.
        (swipe(name="歐陽小明"), 1, "歐陽小", "明", ""),
        (swipe(name="方堃"), 1, "方堃", "", "堃"),
    ],
)
def test_what_would_be_cut_or_lost_is_shown(punch: Swipe, cell: int, kept: str, cut: str, *, lost: str):
    [line] = shown(profile(STAFF_NO, NAME), [punch])
    found = line.cells[cell]
    assert (found.kept, found.cut, found.lost) == (kept, cut, lost)
    assert line.size_bytes is None
    assert line.problems == [found.why]


def test_officers_whom_a_profile_does_not_fit_are_named_with_the_field():
    found = unfit(profile(STAFF_NO, NAME), [("A0012", "王小明"), ("A00123", "方堃"), ("=1", "x")])
    assert [(each.staff_no, each.number) for each in found] == [("A00123", 1), ("A00123", 2), ("=1", 1)]
    assert str(found[0]) == "A00123 方堃: 6 位元組，超過寬度 5 / 6 bytes, wider than 5"
    assert unfit(profile(STAFF_NO), [("A0012", "方堃")]) == []


def test_zones_without_a_device_number_matter_only_to_a_file_that_has_device_numbers():
    device = {"what": "device", "width": 3}
    assert without_device(profile(STAFF_NO, device, devices={"Z1": "001"}), ["Z1", "Z2"]) == ["Z2"]
    assert without_device(profile(STAFF_NO), ["Z1", "Z2"]) == []


def test_a_department_without_punches_sees_invented_ones():
    lines = shown(profile(STAFF_NO, {"what": "direction", "width": 1}), invented(AT, None, ()))
    assert [line.cells[1].kept for line in lines] == ["1", "1", "2", "2"]
