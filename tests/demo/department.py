"""An invented city department as CSV text: the same arguments always give the same files."""

import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from pathlib import Path

BUREAU = "B00"

_SHIFTS = (
    # code, name, start, end, break, late grace, early grace, half day below, absent below; windows as by default
    ("day", "日勤", "08:00", "20:00", 60, 5, 0, 300, 60),
    ("night", "夜勤", "20:00", "08:00", 60, 5, 0, 300, 60),
    ("office", "內勤", "08:30", "17:30", 60, 10, 0, 240, 60),
    ("early", "早勤", "06:00", "14:00", "", "", "", "", ""),
    ("split-am", "兩段勤（上午）", "07:00", "11:00", "", "", "", "", ""),
    ("split-pm", "兩段勤（晚間）", "17:00", "21:00", "", "", "", "", ""),
    ("full", "全日勤", "08:00", "08:00", 120, 5, 0, 600, 120),
)
_SHIFT_HEADER = [
    "code",
    "name",
    "start",
    "end",
    "break_minutes",
    "late_grace_minutes",
    "early_grace_minutes",
    "half_day_below_minutes",
    "absent_below_minutes",
]

# A round of duties for each team, shifted by one day from officer to officer; an empty day is a day off.
_ROUNDS: dict[str, Sequence[tuple[str, ...]]] = {
    "D": (("day",),) * 6 + ((),),
    "N": (("night",),) * 6 + ((),),
    "E": (("early",),) * 6 + ((),),
    "S": (("split-am", "split-pm"),) * 6 + ((),),
    "F": (("full",), (), ("full",), (), ("day",), ("day",)),
    "O": (("office",),),
}
# The teams of twenty officers. Who is on duty at three in the morning decides: with eight on nights and two on
# 24-hour duties, 37 in 100 officers have an open window then, and no other hour has fewer.
_TEAMS = "NDNEDNSNDFNDNSNENODF"
_OVERNIGHT = frozenset({"night", "full"})
_SATURDAY = 5

_SURNAMES = "王李張劉陳楊黃吳周徐孫林何郭高羅鄭梁謝宋唐許鄧馮韓曹曾彭蕭蔡潘田董袁余葉蔣杜蘇魏"
_FIRST = "沐苡昀湘禾霽澄硯槿笙"
_SECOND = "謙岑霖甯竣蕎洛棠硯安"
_TITLES = ("警員", "警員", "警員", "警員", "巡佐", "警務佐", "偵查佐", "警務員")
_PLACES = ("晨光", "松濤", "柳橋", "雲杉", "石湖", "青禾", "南苑", "望高")


@dataclass(frozen=True, slots=True)
class _Officer:
    staff_no: str
    name: str
    unit: int
    title: str
    team: str
    place_in_team: int

    def duties(self, day: date) -> tuple[str, ...]:
        """The shifts of one day; they hang on the date alone, so that rosters of overlapping weeks agree."""
        if self.team == "O":
            return () if day.weekday() >= _SATURDAY else ("office",)
        turns = _ROUNDS[self.team]
        return turns[(self.place_in_team + day.toordinal()) % len(turns)]


def write_csvs(folder: Path, first_day: date, days: int = 7, officers: int = 90, units: int = 3) -> None:
    """Write units, shifts, officers, sites, zones, beacons and roster, each as ``<kind>.csv``.

    The roster begins with the duties that reach from the evening before into the first day, so that at every hour from
    the first day's midnight to the last day's at least a third of the officers (of 40 or more) have an open window.
    """
    folder.mkdir(parents=True, exist_ok=True)
    staff = list(_staff(officers, units))
    stations = range(1, units + 1)
    _write(folder, "units", ["code", "name", "parent_code"], _units(stations))
    _write(folder, "shifts", _SHIFT_HEADER, _SHIFTS)
    _write(folder, "officers", ["staff_no", "name", "unit_code", "title", "default_shift", "active_from"], _rows(staff))
    _write(folder, "sites", ["code", "name", "address", "latitude", "longitude", "timezone"], map(_site, stations))
    _write(folder, "zones", ["code", "name", "site_code", "mode", "required_assurance"], map(_zone, stations))
    _write(folder, "beacons", ["hwid", "zone_code", "kind", "label"], _beacons(stations))
    _write(folder, "roster", ["staff_no", "duty_date", "shift_code", "zone_code"], _roster(staff, first_day, days))


def _write(folder: Path, kind: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _station(number: int) -> str:
    name = _PLACES[(number - 1) % len(_PLACES)]
    again = (number - 1) // len(_PLACES)
    return f"{name}{again + 1}" if again else name


def _units(stations: Iterable[int]) -> Iterator[Sequence[object]]:
    for number in stations:
        yield f"U{number:02d}", f"{_station(number)}派出所", BUREAU
    # Behind its stations on purpose: a parent may stand later in the file.
    yield BUREAU, "示範分局", ""


def _staff(count: int, units: int) -> Iterator[_Officer]:
    names = ["".join(parts) for parts in product(_SURNAMES, _FIRST, _SECOND)]
    in_team: dict[str, int] = dict.fromkeys(_ROUNDS, 0)
    for index in range(count):
        team = _TEAMS[index // units % len(_TEAMS)]
        yield _Officer(
            # Some begin with a letter, some with zeros: a staff number is text.
            staff_no=f"{'A' if index % 2 else '0'}{index + 1:05d}",
            # A step without common divisor walks through all names before one comes again.
            name=names[index * 1_237 % len(names)],
            unit=index % units + 1,
            title=_TITLES[index % len(_TITLES)],
            team=team,
            place_in_team=in_team[team],
        )
        in_team[team] += 1


def _rows(staff: Iterable[_Officer]) -> Iterator[Sequence[object]]:
    for officer in staff:
        default_shift = "office" if officer.team == "O" else ""
        yield officer.staff_no, officer.name, f"U{officer.unit:02d}", officer.title, default_shift, "2020-01-01"


def _site(number: int) -> Sequence[object]:
    name = _station(number)
    latitude, longitude = 24.1 + number % 20 / 100, 120.6 + number % 17 / 100
    address = f"臺中市示範區{name}路 {number * 10} 號"
    return f"S{number:02d}", f"{name}派出所", address, f"{latitude:.2f}", f"{longitude:.2f}", "Asia/Taipei"


def _zone(number: int) -> Sequence[object]:
    mode = "auto" if number == 1 else "confirm"
    # The static beacons of the demonstration prove little; a zone that required more would flag every punch.
    return f"Z{number:02d}", f"{_station(number)}派出所大門", f"S{number:02d}", mode, "low"


def _beacons(stations: Iterable[int]) -> Iterator[Sequence[object]]:
    for number in stations:
        for kind, label in (("static", "大門內側"), ("line", "值班臺")):
            hwid = hashlib.sha256(f"demo beacon {number} {kind}".encode()).hexdigest()[:10]
            yield hwid, f"Z{number:02d}", kind, label


def _roster(staff: Sequence[_Officer], first_day: date, days: int) -> Iterator[Sequence[object]]:
    for since in range(-1, days):
        day = first_day + timedelta(days=since)
        for officer in staff:
            for shift in officer.duties(day):
                if since >= 0 or shift in _OVERNIGHT:
                    yield officer.staff_no, day.isoformat(), shift, f"Z{officer.unit:02d}"
