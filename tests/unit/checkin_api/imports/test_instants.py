"""Which times of duties, leave and punches a file may say."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from checkin_api.imports.cells import CellError
from checkin_api.imports.instants import duty_date, instant, leave_begin, leave_end

TAIPEI = ZoneInfo("Asia/Taipei")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("2026-11-23T08:00+08:00", datetime(2026, 11, 23, 0, 0, tzinfo=UTC)),
        ("2026-11-23 08:00:30+0800", datetime(2026, 11, 23, 0, 0, 30, tzinfo=UTC)),
        ("2026-11-23T00:00:00.250Z", datetime(2026, 11, 23, 0, 0, 0, 250_000, tzinfo=UTC)),
        ("2024-02-29T23:59:59-05", datetime(2024, 3, 1, 4, 59, 59, tzinfo=UTC)),
        ("2000-01-01T00:00+14:00", datetime(1999, 12, 31, 10, 0, tzinfo=UTC)),
    ],
)
def test_an_instant_says_its_offset(cell: str, at: datetime):
    assert instant(cell) == at


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("2026-11-23T08:00", "缺時差"),
        ("2026-11-23 08:00:00", "缺時差"),
        ("2026-11-23", "ISO 8601"),
        ("2026-02-30T08:00+08:00", "ISO 8601"),
        ("2026-11-23T24:00+08:00", "ISO 8601"),
        ("2026-11-23T08:60+08:00", "ISO 8601"),
        ("20261123T080000+0800", "ISO 8601"),
        ("2026-W48-1T08:00+08:00", "ISO 8601"),
        ("2026/11/23T08:00+08:00", "ISO 8601"),
        ("2026-11-23T08:00+99:00", "ISO 8601"),
        ("2026-11-23T08:00+18:00", "14 小時"),
        ("0226-11-23T08:00+08:00", "2000 到 2099"),
        ("2100-01-01T00:00Z", "2000 到 2099"),
        ("下午三點", "ISO 8601"),
    ],
)
def test_any_other_instant_is_refused(cell: str, words: str):
    with pytest.raises(CellError, match=words) as refused:
        instant(cell)
    assert " / " in str(refused.value)


def test_a_plain_date_of_leave_is_the_whole_local_day():
    assert leave_begin("2026-11-23", TAIPEI) == datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert leave_end("2026-11-23", TAIPEI) == datetime(2026, 11, 23, 16, tzinfo=UTC)
    assert leave_end("2099-12-31", TAIPEI) == datetime(2099, 12, 31, 16, tzinfo=UTC)


def test_the_day_on_which_clocks_change_is_23_hours_of_leave():
    length = leave_end("2026-03-29", BERLIN) - leave_begin("2026-03-29", BERLIN)
    assert length.total_seconds() == 23 * 3600


def test_leave_may_say_a_time_at_either_end():
    noon = datetime(2026, 11, 23, 4, tzinfo=UTC)
    assert leave_begin("2026-11-23T12:00+08:00", TAIPEI) == leave_end("2026-11-23T12:00+08:00", TAIPEI) == noon


@pytest.mark.parametrize("cell", ["1999-12-31", "2100-01-01", "0226-11-23", "2026-02-30", "115-11-23"])
def test_a_date_outside_this_century_is_refused(cell: str):
    for parse in (duty_date, lambda cell: leave_begin(cell, TAIPEI), lambda cell: leave_end(cell, TAIPEI)):
        with pytest.raises(CellError):
            parse(cell)


def test_the_first_and_the_last_date_of_the_century_are_taken():
    assert (duty_date("2000-01-01"), duty_date("2099-12-31")) == (date(2000, 1, 1), date(2099, 12, 31))
