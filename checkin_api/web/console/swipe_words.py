"""What the editor of profiles calls things: every choice with what it means, and what is wrong by its place."""

import re
from datetime import date, time
from typing import get_args

from checkin_api.web.console.wording import say
from reports.swipe_file import date_text, time_text
from reports.swipe_profile import DatePattern, TimePattern

_DAY, _TIME = date(2026, 11, 29), time(8, 0, 30)

WHAT: dict[str, tuple[str, str]] = {
    "staff_no": ("員警編號", "Staff number"),
    "card_no": ("卡號（填員警編號）", "Card no. (staff number)"),
    "name": ("姓名", "Name"),
    "date": ("日期", "Date"),
    "time": ("時間", "Time"),
    "direction": ("簽到退代碼", "In/out code"),
    "device": ("設備號碼", "Device number"),
    "text": ("固定文字", "Fixed text"),
}
LAYOUT: dict[str, tuple[str, str]] = {
    "fixed": ("固定寬度：每欄佔固定位元組，不足補字", "Fixed width: each field has its bytes, padded"),
    "separated": ("分隔：欄與欄之間有符號", "Separated: a sign between fields"),
}
SEPARATOR: dict[str, tuple[str, str]] = {
    ",": ("逗號 ,", "comma ,"),
    ";": ("分號 ;", "semicolon ;"),
    "\t": ("定位字元 Tab", "tab"),
    "|": ("直線 |（Big5 不可用）", "bar | (not with Big5)"),
}
ENCODING: dict[str, tuple[str, str]] = {
    "cp950": (
        "CP950：Windows 的 Big5，舊系統最常用；中文字 2 位元組",
        "CP950: Big5 of Windows; a Chinese character is 2 bytes",
    ),
    "big5": ("Big5：標準字集，字比 CP950 少；中文字 2 位元組", "Big5: fewer characters than CP950; 2 bytes each"),
    "utf-8": ("UTF-8：所有的字都有；中文字 3 位元組", "UTF-8: has every character; a Chinese one is 3 bytes"),
    "utf-8-sig": ("UTF-8 加 BOM：Excel 直接開才不會亂碼", "UTF-8 with BOM: opens in Excel"),
}
LINE_END: dict[str, tuple[str, str]] = {
    "crlf": ("CRLF：Windows", "CRLF: Windows"),
    "lf": ("LF：Linux", "LF: Linux"),
}
PAD: dict[str, tuple[str, str]] = {"right": ("補右邊", "on the right"), "left": ("補左邊", "on the left")}
# The patterns with what 2026-11-29 08:00:30 becomes.
DATES = {pattern: date_text(_DAY, pattern) or "" for pattern in get_args(DatePattern)}
TIMES = {pattern: time_text(_TIME, pattern) for pattern in get_args(TimePattern)}

_KEYS: dict[str, tuple[str, str]] = {
    "name": ("名稱", "Name"),
    "title": ("說明", "Title"),
    "layout": ("格式", "Layout"),
    "separator": ("分隔符號", "Separator"),
    "encoding": ("編碼", "Encoding"),
    "line_end": ("行尾", "Line end"),
    "codes": ("簽到退代碼", "In/out codes"),
    "codes.in": ("簽到代碼", "Code for in"),
    "codes.out": ("簽退代碼", "Code for out"),
    "codes.auto": ("不分方向的代碼", "Code for either"),
    "devices": ("設備號碼", "Device numbers"),
    "device_without_zone": ("沒有簽到區的設備號碼", "Device number without a zone"),
    "fields": ("欄位", "Fields"),
    "what": ("內容", "content"),
    "label": ("欄名", "heading"),
    "width": ("寬度", "width"),
    "pad": ("補哪邊", "padded side"),
    "fill": ("補什麼", "padding"),
    "format": ("格式", "format"),
    "text": ("固定文字", "fixed text"),
}
_FIELD = re.compile(r"fields\.(?P<number>\d+)(?:[ .](?P<key>\w+)(?P<rest>.*))?")


def half(text: str) -> str:
    """One language of words that say it in both; of several such words in one text all of it."""
    zh, between, en = text.partition(" / ")
    return text if not between or " / " in en else say(zh, en)


def in_words(problem: str) -> str:
    """What is wrong with a profile, with its place as the editor calls it."""
    place, colon, words = problem.partition(": ")
    return f"{_place(place)}{say('：', ': ')}{half(words)}" if colon else half(problem)


def _place(text: str) -> str:
    found = _FIELD.fullmatch(text)
    if found is None:
        zone = text.removeprefix("devices.")
        if zone != text:
            return f"{say(*_KEYS['devices'])} {zone}"
        return say(*_KEYS[text]) if text in _KEYS else text
    key, rest = found["key"], found["rest"] or ""
    what = f" {say(*_KEYS[key])}{rest}" if key in _KEYS else f" {key or ''}{rest}".rstrip()
    return say(f"第 {found['number']} 欄", f"Field {found['number']}") + what
