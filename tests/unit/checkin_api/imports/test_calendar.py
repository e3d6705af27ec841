"""The government's calendar file: what it may say, and what makes it unbelievable."""

import codecs
from datetime import date, timedelta

import pytest

from checkin_api.imports import ImportRefusedError, Kind, Sheet, read_sheet

HEADER = "西元日期,星期,是否放假,備註\n"
WEEK = HEADER + "20261221,一,0,\n20261222,二,0,\n20261223,三,0,\n20261224,四,0,\n20261225,五,2,行憲紀念日\n"


def read(content: str | bytes) -> Sheet:
    content = content.encode() if isinstance(content, str) else content
    return read_sheet(Kind.CALENDAR, content, filename="calendar.csv", default_timezone="Asia/Taipei")


def problems(content: str | bytes) -> list[str]:
    with pytest.raises(ImportRefusedError) as refused:
        read(content).problems.refuse_if_any()
    return str(refused.value).splitlines()


def year(number: int) -> str:
    """A whole year with weekends off."""
    days = (date(number, 1, 1) + timedelta(days=n) for n in range(366))
    lines = (
        f"{day:%Y%m%d},{'一二三四五六日'[day.weekday()]},{2 if day.weekday() > 4 else 0},\n"
        for day in days
        if day.year == number
    )
    return HEADER + "".join(lines)


@pytest.mark.parametrize(
    "content",
    [
        WEEK.encode(),
        codecs.BOM_UTF8 + WEEK.encode(),
        WEEK.encode("cp950"),
        WEEK.encode("utf-16"),
        WEEK.replace("\n", "\r\n").encode("cp950"),
    ],
)
def test_the_encoding_is_found_out(content: bytes):
    sheet = read(content)
    assert not sheet.problems
    assert sheet.rows[-1].values == (date(2026, 12, 25), 4, False, "行憲紀念日")


@pytest.mark.parametrize("number", [2024, 2025, 2026])
def test_a_whole_year_is_read_leap_day_included(number: int):
    sheet = read(year(number))
    assert not sheet.problems
    assert len(sheet.rows) == (366 if number == 2024 else 365)


def test_a_missing_day_is_named():
    assert problems(WEEK.replace("20261223,三,0,\n", "")) == [
        "calendar.csv:4: 西元日期: 之前缺少 2026-12-23 / missing before it: 2026-12-23"
    ]


def test_missing_days_are_named_as_one_gap_whatever_the_order_of_lines():
    first, *rest = WEEK.replace("20261222,二,0,\n20261223,三,0,\n", "").splitlines()
    assert problems("\n".join([first, *reversed(rest)])) == [
        "calendar.csv:3: 西元日期: 之前缺少 2026-12-22…2026-12-23 / missing before it: 2026-12-22…2026-12-23"
    ]


def test_a_day_of_the_week_that_does_not_fit_its_date_is_refused_at_its_line():
    assert problems(WEEK.replace("23,三", "23,四")) == [
        "calendar.csv:4: 星期: 2026-12-23 是星期三 / 2026-12-23 is a Wednesday"
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("20261223", "2026-12-23", "4: 西元日期: 日期須為西元 YYYYMMDD"),
        ("20261223", "20260230", "4: 西元日期: 日期須為西元 YYYYMMDD"),
        ("20261223", "02261223", "4: 西元日期: 年份須為 2000 到 2099"),
        ("20261223", "20261222", "4: 西元日期: 與第 3 行重複"),
        ("三,0", "三,1", "4: 是否放假: 只能是 0（上班）或 2（放假）"),
        ("三,0", "三,", "4: 是否放假: 不可空白"),
        ("三,0", "Wed,0", "4: 星期: 須為 日一二三四五六 之一"),
        ("三,0", "三四,0", "4: 星期: 須為 日一二三四五六 之一"),
    ],
)
def test_a_cell_that_is_wrong_is_the_only_problem_told(right: str, wrong: str, words: str):
    [problem] = problems(WEEK.replace(right, wrong))
    assert problem.startswith(f"calendar.csv:{words}")


def test_a_web_page_in_the_place_of_the_file_is_refused_as_such():
    [problem] = problems("<!DOCTYPE html>\n<html><body>404</body></html>\n")
    assert problem.startswith("calendar.csv:1: 這是網頁（HTML），不是 CSV")
