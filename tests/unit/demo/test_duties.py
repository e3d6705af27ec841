"""The duties of the invented roster that can be signed in to at a moment."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.demo.department import write_csvs
from tests.demo.duties import open_duties
from tests.demo.workspace import Workspace

MONDAY = date(2026, 11, 23)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    write_csvs(workspace.csvs, MONDAY)
    return workspace


def at(clock: str, *, day: int = 23) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day}T{clock}").replace(tzinfo=ZoneInfo("Asia/Taipei"))


@pytest.mark.parametrize(
    ("moment", "shift_name", "duty_date", "is_open"),
    [
        (at("05:59"), "日勤", MONDAY, False),
        (at("06:00"), "日勤", MONDAY, True),
        (at("00:00", day=24), "日勤", MONDAY, True),
        (at("00:01", day=24), "日勤", MONDAY, False),
        (at("03:00", day=24), "夜勤", MONDAY, True),
        (at("11:59", day=24), "全日勤", MONDAY, True),
    ],
)
def test_a_duty_is_open_from_two_hours_before_it_to_four_hours_after(
    workspace: Workspace, moment: datetime, shift_name: str, duty_date: date, is_open: bool
):
    names = {duty.shift_name for duty in open_duties(workspace, moment) if duty.duty_date == duty_date}
    assert (shift_name in names) is is_open


def test_an_open_duty_names_officer_hours_and_zone(workspace: Workspace):
    duty = next(duty for duty in open_duties(workspace, at("12:00")) if duty.shift_name == "日勤")
    officers = {row["staff_no"]: row["unit_code"] for row in workspace.rows("officers")}
    assert duty.hours == "08:00–20:00"
    assert duty.zone_code == officers[duty.staff_no].replace("U", "Z")
