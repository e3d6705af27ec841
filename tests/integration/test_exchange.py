"""``checkin report swipe-file``, ``fill``, ``reconcile``: files to and from other systems, on the command line."""

import io
import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook, load_workbook

from checkin_api import builds, exchange
from checkin_api import models as m
from checkin_api.builds import MadeAtOnce
from checkin_api.db import Database
from checkin_api.domain.ids import CorrectionKind, CorrectionState, Direction, new_id
from reports.reconciliation import RegisterLine
from reports.reconciling import Comparison, build_reconciliation
from reports.swipe_profile import ready_profiles
from reports.swipes import read_swipes
from reports.tables import Report
from tests import builders
from tests.commands import checkin

TAIPEI = ZoneInfo("Asia/Taipei")
MONDAY = date(2026, 11, 23)
PERIOD = ("--from", "2026-11-23", "--to", "2026-11-23")
MADE_AT = datetime(2026, 12, 1, 6, tzinfo=TAIPEI)
REGISTER = (
    "staff_no,at,direction\nA1,2026-11-23T08:02+08:00,in\nA1,2026-11-23T17:30+08:00,out\n"
    "A2,2026-11-23T08:00+08:00,in\nX9,2026-11-23T08:00+08:00,in\nB1,2026-11-23T08:00+08:00,in\n"
)


def at(clock: str, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), TAIPEI)


def fill_database(database: Database) -> None:
    """Two units; punches in order, twice, void, without a zone, without a duty; a duty nobody did, one on leave."""
    with database.write() as session:
        first, other = builders.unit(session, code="U1", name="一所"), builders.unit(session, code="U2", name="二所")
        site = builders.site(session, timezone="Asia/Tokyo")
        zone, abroad = builders.zone(session, code="Z1"), builders.zone(session, site, code="Z2")
        day = builders.shift(session, code="D", start=time(8), end=time(17))
        names = {"A1": "王小明", "A2": "方堃", "A3": "=cmd|'/c calc'!A1", "A4": "林美玲"}
        staff = {no: builders.officer(session, first, staff_no=no, name=name) for no, name in names.items()}
        staff["B1"] = builders.officer(session, other, staff_no="B1", name="陳志明")
        for staff_no in ("A1", "A2", "A4", "B1"):
            builders.roster(session, staff[staff_no], day, MONDAY)
        session.add(m.Leave(officer_id=staff["A4"].id, begin=at("00:00"), end=at("23:59"), kind="休假"))
        builders.punch(session, staff["A1"], Direction.IN, at("08:00:30"), zone_id=zone.id)
        builders.punch(session, staff["A1"], Direction.IN, at("08:01:10"), zone_id=zone.id)
        builders.punch(session, staff["A1"], Direction.OUT, at("17:05"), zone_id=abroad.id)
        builders.punch(session, staff["A3"], Direction.IN, at("12:00"))
        wrong = builders.punch(session, staff["A1"], Direction.IN, at("09:00"), zone_id=zone.id)
        builders.punch(session, staff["A1"], Direction.IN, at("00:00", MONDAY + timedelta(days=1)), zone_id=zone.id)
        void = m.Correction(
            id=new_id(), officer_id=staff["A1"].id, kind=CorrectionKind.VOID, direction=Direction.IN, at=wrong.at,
            punch_id=wrong.id, reason="代打", requested_at=MADE_AT, requested_by="x", state=CorrectionState.APPROVED,
        )  # fmt: skip
        session.add(void)
        session.flush()
        session.add(m.PunchVoid(punch_id=wrong.id, correction_id=void.id, at=MADE_AT))


@pytest.fixture
def url(sqlite_url: str) -> str:
    database = Database(sqlite_url)
    fill_database(database)
    database.close()
    return sqlite_url


PROFILE = """
title = "t"
layout = "separated"
separator = ","
encoding = "cp950"
line_end = "lf"
device_without_zone = "0"
codes = { in = "I", out = "O" }
devices = { Z1 = "1", Z2 = "2" }
fields = [{ what = "staff_no" }, { what = "date", format = "RRRMMDD" }, { what = "time", format = "HHMMSS" },
          { what = "direction" }, { what = "device" }]
"""


def test_punches_are_read_alike_from_both_databases(database: Database):
    fill_database(database)
    read = read_swipes(database, MONDAY, MONDAY, TAIPEI, unit="U1")
    rows = [
        (each.staff_no, f"{each.at:%H:%M:%S}", each.zone_code, each.is_duplicate, each.has_duty) for each in read.swipes
    ]
    assert sorted(rows, key=lambda row: row[:2]) == [
        ("A1", "08:00:30", "Z1", False, True),
        ("A1", "08:01:10", "Z1", True, True),
        # As the clock at its site shows.
        ("A1", "18:05:00", "Z2", False, True),
        ("A3", "12:00:00", None, False, False),
    ]
    lines = [RegisterLine(staff_no="A2", at=at("08:00"), direction=Direction.IN, line=2)]
    comparison = Comparison(first=MONDAY, last=MONDAY, zone=TAIPEI, unit="U1")
    report = build_reconciliation(database, comparison, lines, made_at=MADE_AT, made_by="test")
    assert counts(report)["register_only"] == 1


def counts(report: Report) -> dict[Any, Any]:
    return {row[0]: row[3] for row in next(table.rows for table in report.tables if table.key == "counts")}


def test_a_swipe_file_has_neither_void_nor_duplicate_punches(url: str, tmp_path: Path):
    (tmp_path / "p.toml").write_text(PROFILE, "utf-8")
    done = checkin(
        url, "report", "swipe-file", "--profile", str(tmp_path / "p.toml"), *PERIOD, "--output", f"{tmp_path}/o.txt"
    )
    assert done.exit_code == 0, done.output
    lines = (tmp_path / "o.txt").read_bytes().decode("cp950").splitlines()
    assert lines == ["A1,1151123,080030,I,1", "A3,1151123,120000,I,0", "A1,1151123,180500,O,2"]
    assert "punches: 3, SHA-256" in done.stderr
    assert "無資料 / no data" in done.stderr


def test_a_swipe_file_that_cannot_be_right_is_not_there(url: str, tmp_path: Path):
    output = tmp_path / "o.txt"
    done = checkin(url, "report", "swipe-file", "--profile", "fixed-big5-roc", *PERIOD, "--output", str(output))
    assert (done.exit_code, output.exists(), list(tmp_path.glob(".o*"))) == (1, False, [])
    assert "error: 簽到區 Z1 沒有設備號碼 / zone Z1 has no device number" in done.stderr
    done = checkin(url, "report", "swipe-file", "--profile", "csv-utf8", *PERIOD, "--preview", "9")
    assert done.stdout.splitlines()[:2] == ["員警編號,姓名,日期,時間,簽到退", "A1,王小明,2026/11/23,08:00:30,I"]
    assert "A3: name 像公式" in done.stderr


def test_the_ready_profiles_are_listed_and_printed(url: str):
    assert "fixed-big5-roc  固定寬度" in checkin(url, "report", "swipe-profile").stdout
    assert 'encoding = "cp950"' in checkin(url, "report", "swipe-profile", "fixed-big5-roc").stdout
    assert checkin(url, "report", "swipe-profile", "x").exit_code == 2
    done = checkin(url, "report", "swipe-file", "--profile", "no-such", *PERIOD, "--preview", "1")
    assert (done.exit_code, done.stderr) == (1, "error: no-such: No such file or directory\n")


def test_a_form_is_filled_in_from_the_command_line(url: str, tmp_path: Path):
    form = Workbook()
    form.worksheets[0].append(["{{date}} 應到 {{expected}} 人"])
    form.worksheets[0].append(["{{row.unit_code}}", "{{row.unit_name}}", "{{row.expected}}"])
    form.save(tmp_path / "form.xlsx")
    asked = (
        "report",
        "fill",
        "--template",
        f"{tmp_path}/form.xlsx",
        "--date",
        "2026-11-23",
        "--output",
        f"{tmp_path}/o.xlsx",
    )
    done = checkin(url, *asked)
    assert done.exit_code == 0, done.output
    sheet = load_workbook(io.BytesIO((tmp_path / "o.xlsx").read_bytes())).worksheets[0]
    assert list(sheet.values) == [("2026-11-23 應到 4 人", None, None), ("U1", "一所", 3), ("U2", "二所", 1)]
    (tmp_path / "form.xlsx").write_bytes(b"no form")
    done = checkin(url, *asked)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: 這個檔案不是 XLSX：請以 Excel 開啟")


def test_a_reconciliation_lists_only_differences(url: str, tmp_path: Path):
    (tmp_path / "r.csv").write_bytes(REGISTER.encode("utf-16"))
    asked = (
        "report",
        "reconcile",
        *PERIOD,
        "--unit",
        "U1",
        "--register",
        f"{tmp_path}/r.csv",
        "--output",
        f"{tmp_path}/o",
    )
    assert checkin(url, *asked, "--format", "json").exit_code == 0
    document = json.loads((tmp_path / "o").read_text("utf-8"))
    found = [
        tuple(row[key] for key in ("difference", "staff_no", "register_line", "minutes_apart"))
        for row in document["differences"]
    ]
    assert found == [
        ("time_differs", "A1", 3, -25),
        ("register_only", "A2", 4, None),
        ("ours_only", "A3", None, None),
        ("punch_without_duty", "A3", None, None),
        ("unknown_officer", "X9", 5, None),
    ]
    assert (document["meta"]["lines_elsewhere"], document["meta"]["duties"], document["meta"]["matched"]) == (1, 3, 2)
    page = (Path(__file__).parents[2] / "docs" / "hr.md").read_text("utf-8")
    keys = {*document["meta"], *document["counts"][0], *document["differences"][0]}
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []
    assert checkin(url, *asked, "--format", "csv").exit_code == 0
    assert "'=cmd|" in (tmp_path / "o").read_text("utf-8-sig")


def test_a_register_is_refused_by_line(url: str, tmp_path: Path):
    (tmp_path / "r.csv").write_text(
        "staff_no,at,direction\nA1,2026-11-23 08:00,in\nA2,2026-11-23T08:00+08:00,go\n", "utf-8"
    )
    done = checkin(
        url, "report", "reconcile", *PERIOD, "--register", f"{tmp_path}/r.csv", "--format", "csv", "--output", "-"
    )
    assert done.exit_code == 1
    assert [text.split(": ")[1:3] for text in done.stderr.splitlines()] == [["r.csv:2", "at"], ["r.csv:3", "direction"]]


def test_profiles_and_forms_are_kept_alike_in_both_databases(database: Database):
    document = exchange.document_of(ready_profiles()["csv-utf8"])
    with database.write() as session:
        new = exchange.Draft(name="差勤", document=document)
        assert exchange.save_profile(session, MADE_AT, new, actor="t", today=MONDAY) == []
        [row] = exchange.profiles(session)
        renamed = exchange.Draft(name="人事", document=document, was=row.name, seen=row.version)
        assert exchange.save_profile(session, MADE_AT, renamed, actor="t", today=MONDAY) == []
        form = exchange.NewForm(name="表", kind="daily_usage", content=b"PK\x00\xff")
        assert exchange.keep_form(session, MADE_AT, form, actor="t") == []
        made = MadeAtOnce(kind="own_form", file_name="f.xlsx", row_count=1, sha256="0" * 64, asked={})
        builds.take(session, MADE_AT, made, actor="t")
    with database.read() as session:
        assert [row.name for row in exchange.profiles(session)] == ["人事"]
        assert [(row.name, row.size_bytes) for row in exchange.forms(session)] == [("表", 4)]
        assert exchange.form_content(session, "表") == b"PK\x00\xff"
        assert [(row.kind, row.row_count, row.build_id) for row in builds.downloads(session)] == [("own_form", 1, None)]


def test_a_month_fills_a_form_from_the_command_line(url: str, tmp_path: Path):
    form = Workbook()
    form.worksheets[0].append(["{{row.staff_no}}", "{{row.d23}}", "{{row.d31}}"])
    form.save(tmp_path / "form.xlsx")
    asked = ("report", "fill", "--template", f"{tmp_path}/form.xlsx", "--kind", "month_matrix", "--unit", "U2")
    done = checkin(url, *asked, "--month", "2026-11", "--output", f"{tmp_path}/o.xlsx")
    assert done.exit_code == 0, done.output
    [(staff_no, *_)] = load_workbook(tmp_path / "o.xlsx").worksheets[0].values
    assert staff_no == "B1"
    for wrong in (("--date", "2026-11-23", "--month", "2026-11"), (), ("--from", "2026-11-23")):
        assert checkin(url, *asked, *wrong, "--output", "-").exit_code == 2
    assert "一次一整月" in checkin(url, *asked, "--date", "2026-11-23", "--output", "-").stderr
