"""Profiles of swipe files: everything that is wrong with a document is said, by the names in it."""

import json
from typing import Any

import pytest

from reports.swipe_profile import MAX_BYTES, ProfileRefusedError, load_profile

GOOD: dict[str, Any] = {
    "title": "x",
    "layout": "separated",
    "separator": ",",
    "encoding": "big5",
    "codes": {"in": "1", "out": "2"},
    "devices": {"Z01": "001"},
    "fields": [{"what": "staff_no"}, {"what": "date", "format": "RRRMMDD"}, {"what": "device", "width": 3}],
}


def refused(**values: Any) -> str:
    with pytest.raises(ProfileRefusedError) as refusal:
        load_profile(json.dumps(GOOD | values).encode())
    return str(refusal.value)


def test_toml_and_json_say_the_same():
    toml = b"""\xef\xbb\xbf
title = "x"
layout = "separated"
separator = ","
encoding = "big5"
codes = { in = "1", out = "2" }
devices = { Z01 = "001" }
fields = [{ what = "staff_no" }, { what = "date", format = "RRRMMDD" }, { what = "device", width = 3 }]
"""
    assert load_profile(toml) == load_profile(json.dumps(GOOD).encode())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"colour": "red"}, "colour: 不認得這個名稱 / unknown key"),
        ({"fields": [{"what": "staff_no", "widthh": 3}]}, "fields.1.widthh: 不認得這個名稱"),
        ({"fields": [{"what": "salary"}]}, "fields.1.what: 只能是 'staff_no'"),
        ({"fields": [{"width": 3}]}, "fields.1.what: 必要"),
        ({"fields": [{"what": "date"}]}, "fields.1.format: 必要"),
        ({"fields": [{"what": "date", "format": "%Y%m%d"}]}, "fields.1.format: 只能是 'YYYYMMDD'"),
        ({"fields": [{"what": "time", "format": "HH{0}"}]}, "fields.1.format: 只能是 'HHMM'"),
        ({"fields": [{"what": "staff_no", "width": "3"}]}, "fields.1.width: 不正確"),
        ({"fields": [{"what": "staff_no", "width": 0}]}, "fields.1.width: 不正確"),
        ({"fields": [{"what": "staff_no", "width": 3, "fill": "。"}]}, "fields.1.fill: 不正確"),
        ({"fields": [{"what": "staff_no", "fill": "00"}]}, "fields.1.fill: 不正確"),
        ({"fields": [{"what": "text", "text": "a\r\nb"}]}, "fields.1.text: 不正確"),
        ({"fields": [{"what": "text", "text": "a,b"}]}, "fields.1 text a,b: 含有分隔符號"),
        ({"fields": [{"what": "text", "text": "𠮷"}]}, "fields.1 text 𠮷: big5 沒有這些字"),
        ({"fields": [{"what": "device", "width": 2}]}, "fields.1 devices.Z01 001: 3 位元組，超過寬度 2"),
        ({"fields": [{"what": "direction", "width": 1}], "codes": {"in": "IN", "out": "2"}}, "fields.1 codes IN"),
        ({"fields": []}, "fields: 不正確"),
        ({"header": True, "fields": [{"what": "name", "label": "姓名", "width": 3}]}, "fields.1 label 姓名"),
        ({"separator": None}, "a separated layout needs a separator"),
        ({"separator": "|"}, "characters of Big5 contain the byte"),
        ({"separator": "\n"}, "separator: 只能是"),
        ({"layout": "fixed", "separator": None}, "fields.1.width: 固定寬度的每一欄都要有寬度"),
        ({"layout": "fixed"}, "a fixed layout has no separator"),
        ({"encoding": "utf-16"}, "encoding: 只能是 'utf-8'"),
        ({"codes": {"in": "1"}}, "codes.out: 必要"),
        ({"devices": {"Z01": 1}}, "devices.Z01: 不正確"),
    ],
)
def test_what_is_wrong_is_said_by_its_name(values: dict[str, Any], words: str):
    assert words in refused(**values)


def test_every_problem_is_said_at_once():
    assert len(refused(colour="red", encoding="x", codes={}).splitlines()) == 4


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"[", id="TOML"),
        pytest.param(b"{", id="JSON"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="no keys"),
        pytest.param(b'{"a":1,"a":2}', id="repeated"),
        pytest.param(b"a = " + b"[" * 20_000, id="deep TOML"),
        pytest.param(b'{"a":' + b"[" * 60_000, id="deep JSON"),
        pytest.param(b"#" * (MAX_BYTES + 1), id="large"),
    ],
)
def test_what_is_no_profile_is_refused_in_words(content: bytes):
    with pytest.raises(ProfileRefusedError) as refusal:
        load_profile(content)
    assert len(str(refusal.value)) < 2_000
