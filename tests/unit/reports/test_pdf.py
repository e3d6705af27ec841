"""PDF files read back: text, pages, boxes, fonts, hashes; whatever somebody typed is only text."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pypdf
import pypdf.generic
import pytest

from checkin_api.errors import CheckinError
from reports import typesetting
from reports.glyphs import drawable
from reports.render import pdf
from reports.sheet_files import LEGEND, TITLE
from reports.sheet_layout import WIDTHS, laid_out
from reports.sheets import Sheet
from reports.tables import Chart, Column, Fact, Report, Table, Type, fingerprint
from reports.typesetting import Typesetter, TypesettingError
from tests.unit.reports.test_sheets import PERSON, sheet

AT = datetime(2026, 12, 1, tzinfo=UTC)
HOSTILE = ['#read("/etc/passwd")', "*bold* _i_ `c` $x$ @b // <a>", "王" * 100, "𠮷堃喆", "\\u{48} #panic()"]


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    return Typesetter("sheet.typ")


def sheets_pdf(typesetter: Typesetter, *sheets: Sheet, **more: Any) -> pypdf.PdfReader:
    given = {
        "title": TITLE,
        "agency": "測試警察局",
        "month": "民國 115 年 11 月",
        "legend": LEGEND,
        "widths": WIDTHS,
        "foot": "資料截至 115/12/01 07:55",
        "watermark": None,
        **more,
        "sheets": [laid_out(each, typesetter.drawable) for each in sheets],
    }
    return pypdf.PdfReader(io.BytesIO(typesetter.pdf(given, made_at=AT, tagged=False)))


def report(*tables: Table, charts: tuple[Chart, ...] = ()) -> Report:
    facts = [
        Fact("agency", "機關", "Agency", "測試警察局"),
        Fact("unit", "單位範圍", "Unit filter", HOSTILE[0]),
        Fact("made_at", "製表時間", "Made at", "2026-12-01T08:00:00+08:00"),
        Fact("made_by", "製表人", "Made by", "cli:hr"),
        Fact("sha256", "資料雜湊", "SHA-256 of the tables", fingerprint(tables)),
    ]
    return Report("test", "測試報表", "Test report", facts, tables, charts)


def rendered(made: Report, **more: Any) -> pypdf.PdfReader:
    out = io.BytesIO()
    pdf.render(made, out, **more)
    return pypdf.PdfReader(out)


def text_of(page: pypdf.PageObject) -> str:
    return re.sub(r"\s", "", page.extract_text())


def fonts_of(reader: pypdf.PdfReader) -> set[str]:
    return {str(each["/BaseFont"]) for each in objects_of(reader) if "/BaseFont" in each}


def alts_of(reader: pypdf.PdfReader) -> list[str]:
    return [str(each["/Alt"]) for each in objects_of(reader) if "/Alt" in each]


def objects_of(reader: pypdf.PdfReader) -> Iterator[pypdf.generic.DictionaryObject]:
    for number in range(1, len(reader.xref[0]) + len(reader.xref_objStm) + 1):
        found = reader.get_object(number)
        if isinstance(found, pypdf.generic.DictionaryObject):
            yield found


def test_a_sheet_says_whose_it_is_and_has_boxes_hash_and_roc_month(typesetter: Typesetter):
    made = sheet(["23 night"], ["in 23 19:50 corrected", "out 24 08:02 weak"])
    [page] = sheets_pdf(typesetter, made).pages
    text = text_of(page)
    said = ("測試警察局", TITLE, "民國115年11月", "00123", "王小明", "警員", "一所（D1）", "19:50補", "翌08:02*")
    boxes = ("承辦人", "單位主管", "人事", "本人", "第1頁，共1頁", "資料截至115/12/0107:55", made.sha256)
    assert [each for each in (*said, *boxes) if each not in text] == []


def test_a_sheet_of_two_pages_repeats_its_headings_and_has_boxes_on_the_last(typesetter: Typesetter):
    long = sheet([f"{day} {code}" for day in range(1, 31) for code in ("a", "b", "c")], [])
    first, second = map(text_of, sheets_pdf(typesetter, long).pages)
    for number, text in ((1, first), (2, second)):
        assert ("狀態與註記" in text, f"第{number}頁，共2頁" in text, long.sha256 in text) == (True,) * 3
    assert ("承辦人" in first, "承辦人" in second) == (False, True)


def test_the_fonts_are_those_with_the_shapes_of_taiwan_and_the_file_is_pdf_a_2b(typesetter: Typesetter):
    reader = sheets_pdf(typesetter, sheet([], []))
    names = {name.split("+")[1] for name in fonts_of(reader)}
    assert names
    assert all(re.match(r"Noto(Sans|Serif)CJKtc", name) for name in names)
    metadata = reader.xmp_metadata
    assert metadata is not None
    assert b"pdfaid:part>2<" in metadata.stream.get_data().replace(b" ", b"")
    assert b"pdfaid:conformance>B<" in metadata.stream.get_data().replace(b" ", b"")


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_somebody_typed_is_only_text_on_a_sheet(typesetter: Typesetter, typed: str):
    made = replace(sheet([], []), person=replace(PERSON, name=typed, title=typed, unit=typed))
    [page] = sheets_pdf(typesetter, made, watermark=typed).pages
    assert text_of(page).count(re.sub(r"\s", "", typed)) >= 3


def test_a_character_without_a_glyph_is_marked_and_never_lost(typesetter: Typesetter):
    made = replace(sheet([], []), person=replace(PERSON, name="王\U000323af\u202e明\n😀"))
    [page] = sheets_pdf(typesetter, made).pages
    assert "王〓(U+323AF)〓(U+202E)明〓(U+1F600)" in text_of(page)


def test_text_stands_on_one_line_whatever_it_holds():
    assert drawable("a\r\n\u2028b\x00c　d", frozenset(map(ord, "abcd　"))) == "a   b c　d"


def test_a_missing_font_is_said_and_not_replaced():
    with pytest.raises(CheckinError, match=r"Noto Serif CJK TC.*install fonts-noto-cjk"):
        typesetting.require_fonts(["DejaVu Sans", "Noto Sans CJK TC"])


def test_a_template_that_names_a_font_that_is_not_there_is_refused(tmp_path: Path):
    (tmp_path / "t.typ").write_text('#set text(font: "No Such Font")\nx', "utf-8")
    with pytest.raises(TypesettingError, match="unknown font family"):
        Typesetter("t.typ", folder=tmp_path).pdf({}, made_at=AT, tagged=False)


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.txt", "/../secret.txt"])
def test_templates_read_no_file_outside_their_folder(tmp_path: Path, path: str):
    (folder := tmp_path / "templates").mkdir()
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    (folder / "t.typ").write_text(f'#read("{path}")', "utf-8")
    with pytest.raises(TypesettingError):
        Typesetter("t.typ", folder=folder).pdf({}, made_at=AT, tagged=False)


def test_a_sheet_that_runs_over_its_page_is_refused_and_not_cut(typesetter: Typesetter):
    given = laid_out(sheet([], []), typesetter.drawable)
    given["totals"] = [["班數", "字" * 9000]]
    shared = {"title": TITLE, "agency": "a", "month": "m", "legend": "l", "widths": WIDTHS, "foot": "f"}
    with pytest.raises(TypesettingError, match="run over"):
        typesetter.pdf({**shared, "watermark": None, "sheets": [given]}, made_at=AT, tagged=False)


COLUMNS = (
    Column("who", "姓名", "Name"),
    Column("minutes", "遲到分鐘", "Late minutes", Type.MINUTES),
    Column("rate", "使用率", "Adoption", Type.RATE),
    Column("day", "勤務日", "Duty date", Type.DATE),
    Column("time", "工時", "Worked", Type.DURATION),
)


def test_a_report_repeats_its_headings_and_numbers_its_pages():
    rows = [(f"員警{number}", number, 0.75, date(2026, 11, 23), 65) for number in range(90)]
    made = report(Table("t", "名冊", "People", COLUMNS, rows), Table("e", "空表", "Empty", COLUMNS, []))
    pages = [text_of(page) for page in rendered(made).pages]
    assert len(pages) == 3
    for number, text in enumerate(pages, 1):
        assert (f"第{number}頁，共3頁" in text, made.sha256[:16] in text, "cli:hr115/12/0108:00" in text) == (True,) * 3
        assert "遲到分鐘" in text
    assert (made.sha256 in pages[0], HOSTILE[0] in pages[0]) == (True, True)
    whole = "".join(pages)
    assert [f"員警{number}" for number in range(90) if f"員警{number}" not in whole] == []
    assert ("75.0%" in whole, "115/11/23" in whole, "1:05" in whole, "無資料/nodata" in whole) == (True,) * 4


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_somebody_typed_is_only_text_in_a_report(typed: str):
    made = report(Table("t", "表", "Table", (Column("who", typed, "Name"),), [(typed,)]))
    text = "".join(map(text_of, rendered(made, watermark=typed).pages))
    assert text.count(re.sub(r"\s", "", typed)) >= 2


def test_a_watermark_is_on_every_page_and_the_file_still_pdf_a_2b_with_the_same_words():
    made = report(
        Table("t", "表", "Table", (Column("n", "數", "Number", Type.INT),), [(number,) for number in range(90)])
    )
    plain, marked = rendered(made), rendered(made, watermark="console:陳科員　115/12/01 08:00")
    mark = "console:陳科員115/12/0108:00"
    assert len(marked.pages) == len(plain.pages) > 1
    assert all(text_of(page).count(mark) >= 4 for page in marked.pages)
    assert [text_of(page).replace(mark, "") for page in marked.pages] == [text_of(page) for page in plain.pages]
    assert all(re.match(r"Noto(Sans|Serif)CJKtc", name.split("+")[1]) for name in fonts_of(marked))
    assert marked.xmp_metadata is not None
    assert b"pdfaid:part>2<" in marked.xmp_metadata.stream.get_data().replace(b" ", b"")


def test_a_wide_table_fits_the_page_and_loses_nothing():
    columns = [Column(f"d{number}", f"第{number}欄", f"Column {number}") for number in range(48)]
    made = report(Table("t", "寬表", "Wide", columns, [[f"值{number}之內容" for number in range(48)]]))
    text = "".join(map(text_of, rendered(made).pages))
    # Broken into lines, a column's characters are apart in the text; none of them is missing.
    assert text.count("值") == 48
    assert text.count("容") == 48


def test_charts_have_words_for_who_cannot_see_them_and_say_no_data():
    columns = (Column("unit", "單位", "Unit"), Column("rate", "使用率", "Adoption", Type.RATE))
    rows = [("一所", 0.75), ("一所", 0.5), ("<b>&二所", None)]
    chart = Chart("t", "各單位使用率", "Adoption by unit", "unit", ("rate",))
    reader = rendered(report(Table("t", "表", "Table", columns, rows), charts=(chart,)))
    assert any("一所 75.0%、一所 (2) 50.0%、<b>&二所 無資料" in alt for alt in alts_of(reader))
    assert "參考67%" in text_of(reader.pages[0])


def test_the_same_report_gives_the_same_bytes():
    made, first, second = report(), io.BytesIO(), io.BytesIO()
    for out in (first, second):
        pdf.render(made, out)
    assert first.getvalue() == second.getvalue()
