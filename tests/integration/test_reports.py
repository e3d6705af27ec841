"""Reports from the database: their numbers are those of ``checkin attendance show``, in every format."""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pypdf
import pytest

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.duty_law import DutyLimits
from checkin_api.domain.ids import AlarmKind, Assurance, Direction, OutageSource, Proof, Status
from checkin_api.domain.words import STATUS
from checkin_api.errors import NotFoundError
from checkin_api.imports import Kind, read_sheet, store_sheet
from reports.catalogue import FORMS, KINDS, Rules, Wanted, Written, write
from tests import builders
from tests.commands import checkin

TAIPEI = ZoneInfo("Asia/Taipei")
RULES = Rules(TAIPEI, DutyLimits(), "測試警察局")
MADE_AT = datetime(2026, 12, 1, tzinfo=TAIPEI)
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
FILES = {
    Kind.UNITS: "code,name,parent_code\nU,一所,\nV,二所,U\n",
    Kind.SHIFTS: (
        "code,name,start,end,break_minutes,late_grace_minutes\nD,日勤,08:00,17:00,60,5\nN,夜勤,20:00,08:00,,\n"
    ),
    # The names are as hostile as an import takes them, and one has two characters that Big5 lacks.
    Kind.OFFICERS: "staff_no,name,unit_code\n00123,=1+1,U\nA2,林𡍼堃,V\nA3,陳志明,U\nA4,沒有勤務,V\n",
    Kind.SITES: "code,name\nHQ,總局\n",
    Kind.ZONES: "code,name,site_code,required_assurance\nZ1,大廳,HQ,none\nZ2,停車場,HQ,none\n",
    Kind.ROSTER: (
        "staff_no,duty_date,shift_code,zone_code\n"
        "00123,2026-11-23,D,Z1\n00123,2026-11-23,N,\nA2,2026-11-23,D,Z1\nA2,2026-11-24,D,Z1\nA3,2026-11-23,D,Z2\n"
    ),
    Kind.LEAVE: "staff_no,start,end,kind\nA3,2026-11-23,2026-11-23,休假\n",
    Kind.PUNCHES: (
        "staff_no,at,direction,zone_code\n"
        "00123,2026-11-23T08:12:30.5+08:00,in,Z1\n00123,2026-11-23T18:50:00+08:00,out,Z1\n"
        "00123,2026-11-23T19:50+08:00,in,\n00123,2026-11-24T08:01+08:00,out,\n"
        "A2,2026-11-24T07:59+08:00,in,Z1\nA3,2026-11-22T09:00+08:00,in,\n"
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Read by all tests, and changed by none."""
    path = tmp_path_factory.mktemp("reports") / "checkin.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    for kind, content in FILES.items():
        sheet = read_sheet(kind, content.encode(), filename=f"{kind}.csv", default_timezone="Asia/Taipei")
        with database.write() as session:
            store_sheet(session, sheet, now=datetime(2026, 11, 30, tzinfo=UTC), actor="test")
    yield database
    database.close()


def made(database: Database, kind: str, form: str, **more: Any) -> tuple[bytes, Written]:
    wanted = {"first": FIRST, "last": LAST, **more}
    if KINDS[kind].period == "day":
        wanted["first"] = wanted["last"] = more.get("first", date(2026, 11, 23))
    out = io.BytesIO()
    written = write(database, RULES, Wanted(kind, form, **wanted), out, made_at=MADE_AT, made_by="cli:hr")
    return out.getvalue(), written


def document(database: Database, kind: str, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made(database, kind, "json", **more)[0])
    return found


def sheet_rows(content: bytes, title: str) -> list[dict[str, Any]]:
    """The rows of a sheet by the zh-TW half of its headings."""
    sheet = openpyxl.load_workbook(io.BytesIO(content))[title]
    heads, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip((str(head).split("\n")[0] for head in heads), row, strict=True)) for row in rows]


def csv_rows(content: bytes, head: str, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    """The section of a CSV whose first heading is this one."""
    lines = list(csv.reader(io.StringIO(content.decode(encoding), newline="")))
    begin = next(number for number, line in enumerate(lines) if line and line[0].startswith(head + " /"))
    end = next((n for n in range(begin, len(lines)) if not lines[n]), len(lines))
    names = [cell.split(" / ")[0] for cell in lines[begin]]
    return [dict(zip(names, line, strict=True)) for line in lines[begin + 1 : end]]


def shown(database: Database) -> list[dict[str, Any]]:
    """What the command line says of the same period."""
    period = ("--from", str(FIRST), "--to", str(LAST), "--as-of", MADE_AT.isoformat())
    url = database.url.render_as_string(hide_password=False)
    done = checkin(url, "attendance", "show", *period, "--format", "json")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def minute(text: str | None) -> str | None:
    return None if text is None else text[:16].replace("T", " ")


def text_of(content: bytes) -> list[str]:
    """The pages of a PDF as text."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def counted(records: list[dict[str, Any]], officer: str, word: str) -> int:
    """How many of an officer's records have a status or a flag."""
    return sum(word in (record["status"], *record["flags"]) for record in records if record["staff_no"] == officer)


def summed(records: list[dict[str, Any]], officer: str, key: str) -> int:
    """An officer's minutes."""
    return sum(record[key] or 0 for record in records if record["staff_no"] == officer)


_MINUTES = {
    "worked_minutes": "工時分鐘", "late_minutes": "遲到分鐘", "early_leave_minutes": "早退分鐘",
    "overtime_minutes": "加班候選分鐘", "before_minutes": "早到分鐘", "night_minutes": "深夜分鐘",
}  # fmt: skip
_TIMES = {"start": "應到", "end": "應退", "in": "簽到", "out": "簽退"}


def of_json(row: Mapping[str, Any]) -> list[Any]:
    """What is compared of a record."""
    times = (minute(row[key]) for key in _TIMES)
    return [row["staff_no"], row["duty_date"], row["status"], *times, *map(row.get, _MINUTES)]


def said(row: Mapping[str, Any], *, empty: Any) -> list[Any]:
    """The numbers of a row of a spreadsheet, comparable with those of the command line."""
    times = [None if row[zh] == empty else str(row[zh])[:16] for zh in _TIMES.values()]
    minutes = [None if row[zh] == empty else int(row[zh]) for zh in _MINUTES.values()]
    return [row["員警編號"], str(row["勤務日"])[:10], row["狀態代碼"], *times, *minutes]


def test_duty_records_are_those_of_attendance_show_in_every_format(filled: Database):
    truth = [of_json(row) for row in shown(filled)]
    assert len(truth) == 6
    xlsx, of_xlsx = made(filled, "duty_records", "xlsx")
    text, of_csv = made(filled, "duty_records", "csv")
    objects, of_objects = made(filled, "duty_records", "json")
    assert [said(row, empty=None) for row in sheet_rows(xlsx, "差勤紀錄 1")] == truth
    assert [said(row, empty="") for row in csv_rows(text, "員警編號")] == truth
    assert [of_json(row) for row in json.loads(objects)["duty_records"]] == truth
    assert of_xlsx == of_csv == of_objects
    assert of_xlsx.rows == 6


def test_month_matrix_counts_what_attendance_show_lists_in_every_format(filled: Database):
    records = shown(filled)
    xlsx, of_xlsx = made(filled, "month_matrix", "xlsx")
    text, of_csv = made(filled, "month_matrix", "csv")
    objects = document(filled, "month_matrix")
    assert of_xlsx == of_csv
    assert objects["meta"]["sha256"] == of_csv.sha256
    for row, of_sheet, of_text in zip(
        objects["matrix"], sheet_rows(xlsx, "月差勤表"), csv_rows(text, "員警編號"), strict=True
    ):
        own = [record for record in records if record["staff_no"] == row["staff_no"]]
        expected = {
            "present": sum(record["status"] == "present" for record in own),
            "absent": sum(record["status"] == "absent" for record in own),
            "leave": sum(record["status"] == "leave" for record in own),
            "late_minutes": sum(record["late_minutes"] or 0 for record in own),
            "overtime_minutes": sum(record["overtime_minutes"] or 0 for record in own),
            "night_minutes": sum(record["night_minutes"] or 0 for record in own),
        }
        zh = ("出勤班數", "未簽到", "請假", "遲到分鐘", "加班候選分鐘", "深夜分鐘")
        if own:
            assert {key: row[key] for key in expected} == expected
            assert [of_sheet[name] for name in zh] == list(expected.values())
            assert [int(of_text[name]) for name in zh] == list(expected.values())
        else:
            # Nothing is known of who had no duty and no punch: no data is not zero.
            assert {row[key] for key in expected} == {of_sheet[name] for name in zh} == {None}
            assert {of_text[name] for name in zh} == {""}
    marks = {row["staff_no"]: (row["d22"], row["d23"], row["d24"]) for row in objects["matrix"]}
    assert marks == {
        "00123": (None, "出遲/出", None),
        "A2": (None, "未到", "缺退"),
        "A3": ("加", "假", None),
        "A4": (None, None, None),
    }


def test_numbers_of_the_pdf_matrix_are_those_of_attendance_show(filled: Database):
    records = shown(filled)
    text = text_of(made(filled, "month_matrix", "pdf")[0])[0]
    # A reader of PDF takes the figures column by column; who has no records has none.
    figures = re.search(r"((?:^[0-9]+\n)+)代號說明", text, re.MULTILINE)
    assert figures
    columns = [int(line) for line in figures[1].split()]
    officers = sorted({record["staff_no"] for record in records})
    of_officer = {officer: columns[number :: len(officers)] for number, officer in enumerate(officers)}
    assert of_officer == {
        officer: [
            *(counted(records, officer, "present"), counted(records, officer, "late")),
            *(summed(records, officer, "late_minutes"), counted(records, officer, "early_leave")),
            *(summed(records, officer, "early_leave_minutes"), counted(records, officer, "missing_in")),
            *(counted(records, officer, each) for each in ("missing_out", "absent", "unproven", "leave")),
            *(summed(records, officer, f"{each}_minutes") for each in ("worked", "overtime", "night")),
        ]
        for officer in officers
    }


def test_numbers_of_the_sheets_to_sign_are_those_of_attendance_show(filled: Database):
    records = shown(filled)
    pages = {
        page.partition("員警編號 Staff no.\n")[2].split("\n")[0]: page
        for page in text_of(made(filled, "month_sheets", "pdf")[0])
    }
    assert sorted(pages) == ["00123", "A2", "A3", "A4"]
    for officer, page in pages.items():
        own = [record for record in records if record["staff_no"] == officer]
        body = page[: page.index("班數 Duties")]
        times = sorted(record[key][11:16] for record in own for key in ("in", "out") if record[key])
        assert sorted(re.findall(r"\b[0-9]{2}:[0-9]{2}\b", body[body.index("合計") :])) == times
        totals = re.search(
            r"工時 ([0-9]+) 時 ([0-9]+) 分；加班 ([0-9]+) 時 ([0-9]+) 分.*；深夜 ([0-9]+) 時 ([0-9]+) 分", page
        )
        assert totals
        numbers = [int(text) for text in totals.groups()]
        minutes = [hours * 60 + rest for hours, rest in zip(numbers[::2], numbers[1::2], strict=True)]
        assert minutes == [summed(records, officer, f"{each}_minutes") for each in ("worked", "overtime", "night")]
        told = dict(
            re.findall(r"(\w+) ([0-9]+)", page[page.index("班數 Duties") :].split("\n")[0].partition("Duties ")[2])
        )
        assert told == {
            STATUS[status][0]: f"{counted(records, officer, status)}"
            for status in Status
            if counted(records, officer, status)
        }


def test_xlsx_cells_have_their_types_and_no_cell_is_a_formula(filled: Database):
    for kind, title in (("month_matrix", "月差勤表"), ("duty_records", "差勤紀錄 1"), ("exceptions", "異常清單")):
        book = openpyxl.load_workbook(io.BytesIO(made(filled, kind, "xlsx")[0]))
        sheet = book[title]
        assert [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"] == []
        assert sheet.freeze_panes is not None
        assert sheet.auto_filter.ref
        assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
        assert sheet.print_title_rows == "$1:$1"
        assert "說明" in book.sheetnames
    [first, *_] = sheet_rows(made(filled, "duty_records", "xlsx")[0], "差勤紀錄 1")
    assert (first["員警編號"], first["姓名"]) == ("00123", "=1+1")
    assert first["勤務日"].isoformat() == "2026-11-23T00:00:00"
    assert first["簽到"].isoformat() == "2026-11-23T08:12:00"
    assert first["工時（時:分）"] == timedelta(minutes=first["工時分鐘"])


def test_rare_characters_are_kept_and_big5_says_which_it_lost(filled: Database):
    assert {row["姓名"] for row in sheet_rows(made(filled, "month_matrix", "xlsx")[0], "月差勤表")} >= {"林𡍼堃"}
    content, written = made(filled, "month_matrix", "csv-big5")
    assert written.lost == ("𡍼", "堃")
    rows = csv_rows(content, "員警編號", encoding="cp950")
    assert [row["姓名"] for row in rows] == ["'=1+1", "林？？", "陳志明", "沒有勤務"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "json" in KINDS[kind].forms])
def test_every_kind_says_what_it_is_in_every_format_and_hrs_page_defines_it(filled: Database, kind: str):
    found = [made(filled, kind, form) for form in KINDS[kind].forms if form in FORMS]
    assert len({(written.rows, written.sha256) for _, written in found}) == 1
    told = document(filled, kind)
    meta = told["meta"]
    assert (meta["row_count"], meta["sha256"]) == (found[0][1].rows, found[0][1].sha256)
    assert meta["made_by"] == "cli:hr"
    assert meta["made_at"] == MADE_AT.isoformat()
    assert {"unit", "data_complete_to", "undecided_events"} <= set(meta)
    tables = (rows for name, rows in told.items() if name not in {"report", "meta"})
    keys = {*meta, *(key for rows in tables for row in rows for key in row)}
    page = (Path(__file__).parents[2] / "docs" / "hr.md").read_text(encoding="utf-8")
    undefined = {key for key in keys if f"`{key}`" not in page and not re.fullmatch(r"d\d\d", key)}
    assert undefined == set()


def test_unit_and_officer_filters_hold_and_unknown_ones_are_refused(filled: Database):
    assert {row["staff_no"] for row in document(filled, "duty_records", unit="V")["duty_records"]} == {"A2"}
    assert {row["staff_no"] for row in document(filled, "month_matrix", officer="A3")["matrix"]} == {"A3"}
    assert document(filled, "raw_punches", unit="V", officer="A3")["raw_punches"] == []
    with pytest.raises(NotFoundError):
        made(filled, "month_matrix", "json", unit="none")


def test_unit_day_counts_people_and_lists_their_duties(filled: Database):
    found = document(filled, "unit_day")
    by_unit = {row["unit"]: tuple(row.values())[2:] for row in found["units"]}
    # Expected, present, late, OUT missing, on leave, exceptions: 00123 has two duties and is one person.
    assert by_unit == {"U": (2, 1, 1, 0, 1, 1), "V": (1, 0, 0, 0, 0, 1)}
    assert [(row["staff_no"], row["shift"]) for row in found["people"]] == [
        ("00123", "D"), ("00123", "N"), ("A3", "D"), ("A2", "D"),
    ]  # fmt: skip


def test_exceptions_come_gravest_first_with_their_age(filled: Database):
    found = document(filled, "exceptions")["exceptions"]
    assert [(row["severity"], row["staff_no"], row["status"], row["age_days"]) for row in found] == [
        ("high", "A2", "absent", 8),
        ("medium", "00123", "present", 8),
        ("medium", "A2", "missing_out", 7),
        ("low", "A3", "unrostered", 9),
        ("low", "00123", "present", 8),
    ]


def test_overtime_pools_the_rests_and_lists_the_limits(filled: Database):
    found = document(filled, "overtime")
    row = next(row for row in found["officers"] if row["staff_no"] == "00123")
    assert (row["overtime_minutes"], row["overtime_hours"], row["left_minutes"]) == (111, 1, 51)
    assert ("00123", "daily_limit") in {(row["staff_no"], row["limit"]) for row in found["limits"]}


def test_adoption_has_numerator_and_denominator_and_no_rate_of_nobody(filled: Database):
    days = {row["date"]: row for row in document(filled, "adoption")["days"]}
    assert days["2026-11-23"] == {"date": "2026-11-23", "checked_in": 0, "expected": 3, "adoption_rate": 0.0}
    assert days["2026-11-22"] == {"date": "2026-11-22", "checked_in": 0, "expected": 0, "adoption_rate": None}


def test_raw_punches_and_fleet_on_both_databases(database: Database):
    at = datetime(2026, 11, 23, 7, 58, 30, tzinfo=TAIPEI)
    with database.write() as session:
        officer = builders.officer(session, builders.unit(session, code="U"), staff_no="00123", name="王小明")
        zone = builders.zone(session, code="Z1")
        beacon = builders.beacon(session, zone, hwid="c0ffee0001")
        sensed = builders.presence(
            session, officer, zone, at, beacon_id=beacon.id, proof=Proof.VALID, assurance=Assurance.MEDIUM
        )
        builders.punch(session, officer, Direction.IN, at, proof=sensed)
        # Just outside of the local dates.
        builders.punch(session, officer, Direction.OUT, datetime(2026, 12, 1, tzinfo=TAIPEI))
        session.add(m.BeaconHealth(beacon_id=beacon.id, heard_at=at, synced_at=at, lag_s=0, lag_at=at, battery=3))
        session.add(m.BeaconAlarm(
            beacon_id=beacon.id, kind=AlarmKind.LOW_BATTERY, first_at=at, last_at=at, count=2, evidence=[]
        ))  # fmt: skip
        builders.beacon_sighting(session, beacon, at + timedelta(hours=1))
        builders.agent(session, zone, name="pi-1", heartbeat_at=MADE_AT - timedelta(minutes=5))
        for begin, end in ((8, 10), (9, 11)):
            session.add(m.Outage(
                zone_id=zone.id, begin=datetime(2026, 11, 23, begin, tzinfo=TAIPEI),
                end=datetime(2026, 11, 23, end, tzinfo=TAIPEI), source=OutageSource.ENTERED, entered_at=at,
            ))  # fmt: skip
    [punch] = document(database, "raw_punches")["raw_punches"]
    assert (punch["staff_no"], punch["at"], punch["zone"], punch["hwid"]) == (
        "00123", "2026-11-23T07:58:30+08:00", "Z1", "c0ffee0001",
    )  # fmt: skip
    assert punch["evidence_zh"] == "手機感應到簽到區信標，滾動碼有效"
    fleet = document(database, "fleet_health")
    [row] = fleet["beacons"]
    assert (row["battery_percent"], row["open_alarms"], row["alarms"]) == (20, 1, "low_battery")
    assert row["agent_at"] == "2026-11-23T08:58:30+08:00"
    assert [row["silent_minutes"] for row in fleet["agents"]] == [5]
    # Outages that overlap are counted once.
    assert [(row["outages"], row["outage_minutes"]) for row in fleet["zones"]] == [(2, 180)]


class FullDisk(io.BytesIO):
    """A file on a disk that is full after some bytes."""

    def write(self, content: Any) -> int:
        if self.tell() + len(content) > 200:
            raise OSError(28, "No space left on device")
        return super().write(content)


@pytest.mark.parametrize(("kind", "form"), [("raw_punches", "xlsx"), ("month_matrix", "xlsx"), ("duty_records", "csv")])
def test_a_full_disk_is_an_error_of_the_file_and_of_nothing_else(filled: Database, kind: str, form: str):
    with pytest.raises(OSError, match="No space left on device"):
        write(filled, RULES, Wanted(kind, form, FIRST, LAST), FullDisk(), made_at=MADE_AT, made_by="cli:hr")


def test_command_writes_whole_files_and_says_in_words_what_is_wrong(filled: Database, tmp_path: Path):
    url = filled.url.render_as_string(hide_password=False)
    month = tmp_path / "11月.xlsx"
    done = checkin(url, "report", "monthly", "--month", "2026-11", "--format", "xlsx", "--output", str(month))
    assert done.exit_code == 0, done.output
    assert {row["員警編號"] for row in sheet_rows(month.read_bytes(), "月差勤表")} == {"00123", "A2", "A3", "A4"}
    period = ("--from", "2026-11-01", "--to", "2026-11-30")
    big5 = checkin(
        url, "report", "build", "raw_punches", *period, "--format", "csv", "--encoding", "big5", "--output",
        str(tmp_path / "punches.csv"),
    )  # fmt: skip
    assert big5.exit_code == 0
    assert "𡍼" in big5.output
    wrong = checkin(url, "report", "build", "nothing", *period, "--format", "csv", "--output", "-")
    assert wrong.exit_code == 2
    assert "month_matrix" in wrong.output
    full = checkin(url, "report", "build", "duty_records", *period, "--format", "xlsx", "--output", "/dev/full/x")
    assert full.exit_code == 1
    assert full.output.count("\n") == 1
    assert "daily_usage" in checkin(url, "report", "kinds").output
