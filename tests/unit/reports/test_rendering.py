"""Cells of every type in every format; long reports as the short ones; nothing that a spreadsheet would run."""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.catalogue import FORMS
from reports.render import csv as csv_form
from reports.render import long_xlsx, xlsx
from reports.tables import Cell, Chart, Column, Fact, Fingerprint, Report, Stream, Table, Type, fingerprint
from reports.wanted import no_progress

TAIPEI = ZoneInfo("Asia/Taipei")
AT = datetime(2026, 11, 23, 7, 58, 30, tzinfo=TAIPEI)
COLUMNS = (
    Column("staff_no", "員警編號", "Staff no."),
    Column("name", "姓名", "Name"),
    Column("day", "日", "Day", Type.DATE),
    Column("at", "時", "At", Type.DATETIME),
    Column("minutes", "分", "Minutes", Type.MINUTES),
    Column("worked", "工時", "Worked", Type.DURATION),
    Column("rate", "率", "Rate", Type.RATE),
    Column("off", "30（日）", "30 Sun", is_off=True),
)
HOSTILE = ["=1+1", "+886", "-1", "@cmd", "\tx", "http://x.y/", "{=1}", "_x0041_"]
ROWS: Sequence[Sequence[Cell]] = [
    ("00123", "林𡍼堃", date(2026, 11, 23), AT, 0, 605, 0.5, "出"),
    ("00124", None, None, None, None, None, None, None),
    *((f"{number}", text, None, None, None, None, None, text) for number, text in enumerate(HOSTILE)),
]


def report(rows: Sequence[Sequence[Cell]] = ROWS) -> Report:
    table = Table("people", "名單[1]", "People", COLUMNS, rows)
    facts = (Fact("unit", "單位", "Unit", "=D1"), Fact("sha256", "雜湊", "SHA-256", fingerprint([table])))
    return Report("people", "名單", "People", facts, (table,), (Chart("people", "率", "Rate", "name", ("rate",)),))


def stream(rows: Sequence[Sequence[Cell]] = ROWS, size: int = 3) -> Stream:
    batches = (rows[begin : begin + size] for begin in range(0, len(rows), size))
    return Stream("people", "名單", "People", (Fact("unit", "單位", "Unit", "=D1"),), COLUMNS, batches, len(rows))


CELLS = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.integers(-(2**53), 2**53),
    st.integers(0, 10_000).map(lambda rate: rate / 10_000),
    st.dates(date(2000, 1, 1), date(2199, 12, 31)),
    st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 31), timezones=st.just(TAIPEI)),  # noqa: DTZ001 (hypothesis wants it so)
)


@given(st.lists(st.lists(CELLS, min_size=8, max_size=8), max_size=8))
def test_the_hash_of_rows_in_batches_is_that_of_all_at_once(rows: list[list[Cell]]):
    hashed = Fingerprint("people", COLUMNS)
    for begin in range(0, len(rows), 3):
        hashed.add(rows[begin : begin + 3])
    assert hashed.value() == fingerprint([Table("people", "名單", "People", COLUMNS, rows)])


@pytest.mark.parametrize("form", sorted(form for form in FORMS if FORMS[form].stream))
@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], []])
def test_a_long_report_has_the_hash_of_the_same_short_one(form: str, rows: Sequence[Sequence[Cell]]):
    told: list[tuple[int, int]] = []
    as_it_comes, whole = FORMS[form].stream, FORMS[form].render
    assert as_it_comes
    assert whole
    long = as_it_comes(stream(rows), io.BytesIO(), lambda done, total: told.append((done, total)))
    short = whole(report(rows), io.BytesIO())
    assert (long.rows, long.sha256) == (short.rows, short.sha256)
    assert told[-1:] == ([(len(rows), len(rows))] if rows else [])


@pytest.mark.parametrize("is_long", [False, True])
def test_xlsx_cells_are_typed_and_never_formulas(is_long: bool):
    out = io.BytesIO()
    if is_long:
        long_xlsx.stream(stream(), out, no_progress)
    else:
        xlsx.render(report(), out)
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == (["名單 1", "說明"] if is_long else ["說明", "名單-1-"])
    sheet = book["名單 1" if is_long else "名單-1-"]
    _, first, second, *others = sheet.iter_rows(values_only=True)
    assert (first[0], first[1], first[4], first[6]) == ("00123", "林𡍼堃", 0, 0.5)
    assert [str(cell) for cell in first[2:4]] == ["2026-11-23 00:00:00", "2026-11-23 07:58:30"]
    assert first[5] == timedelta(minutes=605)
    # Nothing is nothing, and a rate of nobody is said to be none.
    assert set(second[1:6]) == {None}
    assert [row[1] for row in others] == HOSTILE or [row[1] for row in others] == [*HOSTILE[:-1], "_x005F_x0041_"]
    assert {cell.data_type for one in book for row in one.iter_rows() for cell in row} <= {"s", "n", "d"}
    assert all(cell.hyperlink is None for row in sheet.iter_rows() for cell in row)
    assert sheet.auto_filter.ref
    assert sheet.print_title_rows == "$1:$1"


def test_xlsx_of_several_tables_draws_the_charts_beside_them():
    out = io.BytesIO()
    xlsx.render(report(), out)
    assert [name for name in zipfile.ZipFile(out).namelist() if "/charts/" in name] == ["xl/charts/chart1.xml"]


def test_long_xlsx_goes_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(long_xlsx, "SHEET_ROWS", 4)
    out = io.BytesIO()
    long_xlsx.stream(stream(), out, no_progress)
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["名單 1", "名單 2", "名單 3", "說明"]
    names = [row[0] for name in book.sheetnames[:3] for row in book[name].iter_rows(min_row=2, values_only=True)]
    assert names == [row[0] for row in ROWS]


def test_long_xlsx_without_room_for_its_drafts_is_an_error_of_the_disk(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(long_xlsx, "_DRAFT_BYTES", 1 << 60)
    with pytest.raises(OSError, match="no room for drafts"):
        long_xlsx.stream(stream(), io.BytesIO(), no_progress)


def test_csv_shows_what_people_read_and_big5_tells_its_losses():
    out = io.BytesIO()
    csv_form.render(report(), out)
    lines = list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))
    assert ["00123", "林𡍼堃", "2026-11-23", "2026-11-23 07:58:30", "0", "10:05", "50.0%", "出"] in lines
    assert ["00124", "", "", "", "", "", "無資料 / no data", ""] in lines
    assert [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    big5 = io.BytesIO()
    assert csv_form.render_big5(report(), big5).lost == ("𡍼", "堃")
    assert "林？？" in big5.getvalue().decode("cp950")


def test_json_of_a_long_report_is_one_document():
    out = io.BytesIO()
    FORMS["json"].stream(stream(), out, no_progress)  # type: ignore[misc]
    document = json.loads(out.getvalue())
    assert document["people"][0]["at"] == "2026-11-23T07:58:30+08:00"
    assert document["people"][1]["minutes"] is None
    assert document["meta"]["row_count"] == len(ROWS)
