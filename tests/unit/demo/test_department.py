"""The invented department is whole, the same every time, and has somebody on duty at every hour."""

import csv
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from tests.demo.department import write_csvs

MONDAY = date(2026, 11, 23)
KINDS = ("units", "shifts", "officers", "sites", "zones", "beacons", "roster")


def rows(folder: Path, kind: str) -> list[dict[str, str]]:
    with (folder / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def open_windows(folder: Path) -> dict[str, list[tuple[datetime, datetime]]]:
    """Every officer's duty windows: from two hours before the start to four hours after the end."""
    shifts = {
        row["code"]: (time.fromisoformat(row["start"]), time.fromisoformat(row["end"]))
        for row in rows(folder, "shifts")
    }
    windows = defaultdict(list)
    for row in rows(folder, "roster"):
        day = date.fromisoformat(row["duty_date"])
        start, end = (datetime.combine(day, clock) for clock in shifts[row["shift_code"]])
        end += timedelta(days=end <= start)
        windows[row["staff_no"]].append((start - timedelta(hours=2), end + timedelta(hours=4)))
    return windows


def test_the_department_has_the_size_that_was_asked_for(tmp_path: Path):
    write_csvs(tmp_path, MONDAY)
    sizes = {kind: len(rows(tmp_path, kind)) for kind in KINDS if kind != "roster"}
    assert sizes == {"units": 4, "shifts": 7, "officers": 90, "sites": 3, "zones": 3, "beacons": 6}
    assert [zone["mode"] for zone in rows(tmp_path, "zones")] == ["auto", "confirm", "confirm"]
    assert {row["shift_code"] for row in rows(tmp_path, "roster")} == {row["code"] for row in rows(tmp_path, "shifts")}


def test_keys_are_unique_and_staff_numbers_begin_with_letters_and_with_zeros(tmp_path: Path):
    write_csvs(tmp_path, MONDAY, officers=700, units=12)
    for kind, key in (("officers", "staff_no"), ("beacons", "hwid"), ("sites", "name"), ("units", "name")):
        values = [row[key] for row in rows(tmp_path, kind)]
        assert len(set(values)) == len(values)
    staff_nos = [row["staff_no"] for row in rows(tmp_path, "officers")]
    assert {number[0] for number in staff_nos} == {"A", "0"}
    assert len({row["name"] for row in rows(tmp_path, "officers")}) == 700
    assert all(len(row["hwid"]) == 10 and int(row["hwid"], 16) >= 0 for row in rows(tmp_path, "beacons"))


def test_the_same_arguments_give_the_same_files(tmp_path: Path):
    write_csvs(tmp_path / "one", MONDAY)
    write_csvs(tmp_path / "two", MONDAY)
    for kind in KINDS:
        assert (tmp_path / "one" / f"{kind}.csv").read_bytes() == (tmp_path / "two" / f"{kind}.csv").read_bytes()


def test_rosters_of_overlapping_weeks_agree(tmp_path: Path):
    write_csvs(tmp_path / "one", MONDAY)
    write_csvs(tmp_path / "two", MONDAY + timedelta(days=2))
    shared = {(MONDAY + timedelta(days=n)).isoformat() for n in range(2, 7)}
    one, two = (
        [row for row in rows(tmp_path / name, "roster") if row["duty_date"] in shared] for name in ("one", "two")
    )
    assert one == two


def test_every_officer_is_on_duty_on_most_days(tmp_path: Path):
    write_csvs(tmp_path, MONDAY)
    days = defaultdict(set)
    for row in rows(tmp_path, "roster"):
        days[row["staff_no"]].add(row["duty_date"])
    assert len(days) == 90
    assert all(len(on_duty) >= 4 for on_duty in days.values())


@pytest.mark.parametrize(("officers", "units"), [(60, 3), (40, 3), (100, 7), (300, 20)])
def test_at_every_hour_of_the_week_a_third_of_the_officers_have_an_open_window(
    tmp_path: Path, officers: int, units: int
):
    write_csvs(tmp_path, MONDAY, officers=officers, units=units)
    windows = open_windows(tmp_path)
    midnight = datetime.combine(MONDAY, time())
    for half_hour in range(7 * 48):
        at = midnight + timedelta(minutes=30 * half_hour)
        with_open_window = sum(any(opens <= at <= closes for opens, closes in mine) for mine in windows.values())
        assert with_open_window >= officers / 3, at


def test_every_unit_has_somebody_on_duty_at_every_hour(tmp_path: Path):
    write_csvs(tmp_path, MONDAY)
    windows = open_windows(tmp_path)
    unit_of = {row["staff_no"]: row["unit_code"] for row in rows(tmp_path, "officers")}
    midnight = datetime.combine(MONDAY, time())
    for hour in range(7 * 24):
        at = midnight + timedelta(hours=hour)
        units = {unit_of[n] for n, mine in windows.items() if any(opens <= at <= closes for opens, closes in mine)}
        assert units == {"U01", "U02", "U03"}, at
