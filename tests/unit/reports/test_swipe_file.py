"""Swipe files: bytes as the city's system reads them, or nothing and the reasons."""

import io
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from checkin_api.domain.ids import Direction
from reports.swipe_file import SwipeRefusedError, date_text, preview, render, time_text
from reports.swipe_profile import Profile, load_profile, ready_profiles
from reports.swipes import Swipe

TAIPEI = ZoneInfo("Asia/Taipei")


def swipe(clock: str = "2026-11-29T08:00:59", **values: Any) -> Swipe:
    at = datetime.fromisoformat(clock).replace(tzinfo=TAIPEI)
    made: dict[str, Any] = {
        "staff_no": "A0012",
        "name": "王小明",
        "at": at,
        "direction": Direction.IN,
        "zone_code": "Z01",
    }
    return Swipe(**made | values)


def profile(*fields: dict[str, Any], **values: Any) -> Profile:
    document = {
        "title": "x", "layout": "separated", "separator": ",", "encoding": "utf-8", "line_end": "lf",
        "codes": {"in": "1", "out": "2"}, "fields": list(fields),
    }  # fmt: skip
    return Profile.model_validate(document | values)


def written(profile_: Profile, *swipes: Swipe) -> bytes:
    file = io.BytesIO()
    render(profile_, swipes, file)
    return file.getvalue()


def refused(profile_: Profile, *swipes: Swipe) -> list[str]:
    file = io.BytesIO()
    with pytest.raises(SwipeRefusedError) as refusal:
        render(profile_, swipes, file)
    assert file.getvalue() == b""
    return str(refusal.value).splitlines()


STAFF, NAME = {"what": "staff_no"}, {"what": "name"}
FIXED = {"layout": "fixed", "separator": None}


@pytest.mark.parametrize(
    ("day", "pattern", "text"),
    [
        ("2026-11-29", "YYYYMMDD", "20261129"),
        ("2026-01-09", "YYYY-MM-DD", "2026-01-09"),
        ("2026-01-09", "YYYY/MM/DD", "2026/01/09"),
        ("2026-11-29", "RRRMMDD", "1151129"),
        ("2010-12-31", "RRRMMDD", "0991231"),
        ("2011-01-01", "RRRMMDD", "1000101"),
        ("2010-12-31", "RRR/MM/DD", "099/12/31"),
        ("2011-01-01", "RRR-MM-DD", "100-01-01"),
        ("2011-01-01", "RRR.MM.DD", "100.01.01"),
        ("1912-01-01", "RRRMMDD", "0010101"),
        ("1911-12-31", "RRRMMDD", None),
    ],
)
def test_a_date_is_written_as_the_pattern_says(day: str, pattern: Any, text: str | None):
    assert date_text(date.fromisoformat(day), pattern) == text


@pytest.mark.parametrize(
    ("pattern", "text"), [("HHMM", "0805"), ("HHMMSS", "080559"), ("HH:MM", "08:05"), ("HH:MM:SS", "08:05:59")]
)
def test_a_time_is_written_as_the_pattern_says_and_never_rounded_up(pattern: Any, text: str):
    assert time_text(time(8, 5, 59, 999_999), pattern) == text


def test_the_ready_fixed_profile_makes_lines_of_26_bytes():
    fixed = load_profile(ready_profiles()["fixed-big5-roc"]).model_copy(update={"devices": {"Z01": "7"}})
    assert written(fixed, swipe()) == b"A0012     1151129080010" + b"07L\r\n"


def test_the_ready_csv_profile_has_a_bom_and_a_header():
    csv = load_profile(ready_profiles()["csv-utf8"])
    lines = "員警編號,姓名,日期,時間,簽到退\r\nA0012,王小明,2026/11/29,08:00:59,I\r\n"
    assert written(csv, swipe()) == b"\xef\xbb\xbf" + lines.encode()


@pytest.mark.parametrize("name", ready_profiles())
def test_every_ready_profile_is_one(name: str):
    assert load_profile(ready_profiles()[name]).title


@pytest.mark.parametrize(
    ("field", "encoding", "cell"),
    [
        ({"width": 8}, "utf-8", b"A0012   "),
        ({"width": 8, "pad": "left"}, "utf-8", b"   A0012"),
        ({"width": 8, "pad": "left", "fill": "0"}, "utf-8", b"000A0012"),
        ({"width": 5}, "utf-8", b"A0012"),
        ({"what": "name", "width": 8}, "cp950", "王小明".encode("cp950") + b"  "),
        ({"what": "name", "width": 6}, "big5", "王小明".encode("big5")),
        ({"what": "name", "width": 10}, "utf-8", "王小明".encode() + b" "),
    ],
)
def test_a_field_is_as_wide_as_said_in_bytes(field: dict[str, Any], encoding: str, cell: bytes):
    assert written(profile(STAFF | field, encoding=encoding, **FIXED), swipe()) == cell + b"\n"


@pytest.mark.parametrize(
    ("field", "values", "word"),
    [
        ({"width": 4}, {}, "A0012"),
        ({"what": "name", "width": 5}, {}, "6 bytes, wider than 5"),
        ({"what": "name", "width": 20}, {"name": "方堃"}, "堃 (U+5803)"),
        ({"what": "name", "width": 20}, {"name": "𠮷田"}, "𠮷 (U+20BB7)"),
        ({"what": "name", "width": 20}, {"name": "=cmd|'/c calc'!A1"}, "A0012"),
        ({"width": 20}, {"staff_no": "-1+1"}, "-1+1"),
        ({"width": 20}, {"staff_no": "A\n0012"}, "invisible"),
        ({"what": "device", "width": 3}, {"zone_code": "Z02"}, "Z02"),
        ({"what": "device", "width": 3}, {"zone_code": None}, "device_without_zone"),
        ({"what": "direction", "width": 3}, {"direction": Direction.AUTO}, "codes.auto"),
        ({"what": "date", "format": "RRRMMDD", "width": 7}, {"at": datetime(1911, 12, 31, 8, tzinfo=TAIPEI)}, "A0012"),
    ],
)
def test_what_does_not_fit_is_refused_by_name_and_nothing_is_written(
    field: dict[str, Any], values: dict[str, Any], word: str
):
    layout = profile(STAFF | field, encoding="cp950", devices={"Z01": "001"}, **FIXED)
    problems = refused(layout, swipe(), swipe(**values))
    assert any(word in problem for problem in problems)


@pytest.mark.parametrize("name", ["王,小明", '王"小明', "王\t小明"])
def test_a_separator_or_quote_in_a_name_is_refused_for_no_reader_of_such_a_line_is_known(name: str):
    assert refused(profile(NAME), swipe(name=name))


def test_problems_are_counted_once_for_each_officer_and_zone():
    layout = profile({"what": "device"}, STAFF | {"width": 3})
    problems = refused(layout, swipe(), swipe("2026-11-29T09:00"), swipe(staff_no="B00001", zone_code="Z02"))
    assert len(problems) == 4
    assert problems[0] == "簽到區 Z01 沒有設備號碼 / zone Z01 has no device number（2 筆 / punches: 2）"


def test_more_problems_than_a_person_reads_are_counted():
    many = [swipe(staff_no=f"A{number:05}") for number in range(60)]
    problems = refused(profile(STAFF | {"width": 3}), *many)
    assert (len(problems), problems[-1]) == (51, "…另有 10 個問題 / …and 10 more")


def test_lines_are_in_the_order_of_their_times():
    later, earlier = swipe("2026-11-29T17:00", direction=Direction.OUT), swipe("2026-11-29T08:00")
    layout = profile({"what": "time", "format": "HHMM"}, {"what": "direction"})
    assert written(layout, later, earlier) == b"0800,1\n1700,2\n"


def test_duplicates_are_left_out_unless_the_profile_wants_them():
    pair = swipe(), swipe("2026-11-29T08:01:30", is_duplicate=True)
    assert written(profile(STAFF), *pair).count(b"\n") == 1
    assert written(profile(STAFF, leave_out_duplicates=False), *pair).count(b"\n") == 2


def test_a_card_number_is_the_staff_number_and_says_so():
    layout = profile({"what": "card_no"})
    assert written(layout, swipe()) == b"A0012\n"
    assert "no card numbers" in preview(layout, [swipe()]).notes[0]


def test_a_preview_has_the_good_lines_and_the_problems_of_the_others():
    seen = preview(profile(NAME, encoding="big5", header=True), [swipe(), swipe(name="方堃")])
    assert seen.lines == ("", "王小明")
    assert [problem.punches for problem in seen.problems] == [1]


def test_no_punches_make_an_empty_file():
    assert written(profile(STAFF)) == b""
