"""Working days of office staff in Taiwan."""

from datetime import date

import pytest

from checkin_api.domain.calendar import is_working_day


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-11-23", True),  # a Monday 星期一
        ("2026-11-22", False),  # a Sunday 星期日
        ("2026-01-01", False),  # 開國紀念日
        ("2026-02-16", False),  # 農曆除夕
        ("2025-02-08", True),  # a Saturday made up for 補行上班
    ],
)
def test_days(day: str, works: bool):
    assert is_working_day(date.fromisoformat(day)) == works


def test_governments_calendar_wins():
    assert is_working_day(date(2026, 11, 22), {date(2026, 11, 22): True})
    assert not is_working_day(date(2026, 11, 23), {date(2026, 11, 23): False})
