"""HR's forms: what is filled in, what stays as HR made it, and what is refused with its cell."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from reports.tables import Cell, Column, Fact, Report, Table, Type
from reports.template import fill
from reports.template_file import TemplateRefusedError

COLUMNS = (
    Column("staff_no", "員警編號", "Staff no."),
    Column("name", "姓名", "Name"),
    Column("days.1", "1 日", "Day 1"),
    Column("rate", "率", "Rate", Type.RATE),
)
ROWS = [("0012", "王小明", 480, 0.75), ("A013", "方堃𠮷", None, None), ("A014", "=cmd|'/c calc'!A1", 0, 1.0)]


def report(rows: Sequence[Sequence[Cell]] = ROWS, *more: Table, columns: Sequence[Column] = COLUMNS) -> Report:
    facts = (
        Fact("unit", "單位", "Unit", "晨光派出所"),
        Fact("month", "月份", "Month", "115 年 11 月"),
        Fact("expected", "應到", "Expected", 8),
        Fact("adoption_rate", "使用率", "Adoption", None),
        Fact("filter", "篩選", "Filter", None),
    )
    return Report("month", "月報", "Month", facts, (Table("officers", "員警", "Officers", columns, rows), *more))


def form(cells: dict[str, Any]) -> tuple[Workbook, Any]:
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "表"
    for coordinate, value in cells.items():
        sheet[coordinate] = value
    return workbook, sheet


def saved(workbook: Workbook) -> bytes:
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def filled(workbook: Workbook, report_: Report | None = None, table: str | None = None) -> Any:
    file = io.BytesIO()
    fill(saved(workbook), report_ or report(), file, table=table)
    return load_workbook(io.BytesIO(file.getvalue()))["表"]


def refused(cells: dict[str, Any], report_: Report | None = None, table: str | None = None) -> str:
    file = io.BytesIO()
    with pytest.raises(TemplateRefusedError) as refusal:
        fill(saved(form(cells)[0]), report_ or report(), file, table=table)
    assert file.getvalue() == b""
    return str(refusal.value)


def values(sheet: Any) -> list[list[Any]]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_facts_and_rows_are_filled_in():
    cells = {"A1": "{{unit}} {{ month }}簽到表", "C1": "{{expected}}", "A2": "{{row.staff_no}}", "B2": "{{row.name}}"}
    sheet = filled(form({**cells, "C2": "{{row.days.1}}", "A3": "承辦人"})[0])
    assert values(sheet) == [
        ["晨光派出所 115 年 11 月簽到表", None, 8],
        ["0012", "王小明", 480],
        ["A013", "方堃𠮷", None],
        ["A014", "=cmd|'/c calc'!A1", 0],
        ["承辦人", None, None],
    ]


def test_no_value_is_a_formula_whatever_it_begins_with():
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "#N/A", "=cmd|'/c calc'!A1", "2026-11-29", "0012"]
    workbook, _ = form({"A1": "{{row.name}}", "B1": "={{x", "C1": "員警 {{row.name}}"})
    workbook.worksheets[0]["B1"] = "=LEN(A1)"
    sheet = filled(workbook, report([("1", text, None, None) for text in hostile]))
    assert [sheet.cell(row, 1).value for row in range(1, 9)] == hostile
    assert {sheet.cell(row, 1).data_type for row in range(1, 9)} == {"s"}
    assert [sheet.cell(row, 1).quotePrefix for row in (1, 2, 3, 4, 5)] == [True, True, True, True, False]
    # HR's own formula is still one, in every row.
    assert [sheet.cell(row, 2).value for row in (1, 8)] == ["=LEN(A1)", "=LEN(A8)"]


def test_missing_data_is_not_zero():
    sheet = filled(
        form({"A1": "{{adoption_rate}}", "B1": "率 {{adoption_rate}}", "C1": "{{filter}}", "D1": "{{row.rate}}"})[0]
    )
    assert values(sheet) == [
        ["無資料 / no data", "率 無資料 / no data", None, 0.75],
        [*["無資料 / no data", "率 無資料 / no data", None], "無資料 / no data"],
        [*["無資料 / no data", "率 無資料 / no data", None], 1],
    ]


def test_a_table_without_rows_says_so():
    sheet = filled(form({"A1": "{{row.staff_no}}", "B1": "{{row.name}}", "A2": "合計"})[0], report([]))
    assert values(sheet) == [["無資料 / no data", None], ["合計", None]]


def test_formulas_and_ranges_follow_the_rows():
    workbook, sheet = form({
        "A1": "{{unit}}", "A2": "{{row.staff_no}}", "C2": "{{row.days.1}}", "D2": "=C2/C$4",
        "E2": "=SUM(A2:C2)/SUM(C$2:C$2)", "A3": "小計",
        "C3": "=SUM(C2:C2)", "C4": '=SUM($C$2:$C$2)+SUM(C1:C3)&"C2:C2"', "D4": "=SUM(C:C)+SUM(2:2)+SUM(A1:B1)",
        "E4": "=表!C3",
    })  # fmt: skip
    other = workbook.create_sheet("It's")
    other["A1"] = "=SUM(表!C2:C2)+A2"
    file = io.BytesIO()
    fill(saved(workbook), report(), file)
    book = load_workbook(io.BytesIO(file.getvalue()))
    sheet = book["表"]
    assert [sheet.cell(row, 4).value for row in (2, 3, 4)] == ["=C2/C$6", "=C3/C$6", "=C4/C$6"]
    assert [sheet.cell(row, 5).value for row in (2, 4)] == ["=SUM(A2:C2)/SUM(C$2:C$4)", "=SUM(A4:C4)/SUM(C$2:C$4)"]
    assert sheet["C5"].value == "=SUM(C2:C4)"
    assert sheet["C6"].value == '=SUM($C$2:$C$4)+SUM(C1:C5)&"C2:C2"'
    assert sheet["D6"].value == "=SUM(C:C)+SUM(2:4)+SUM(A1:B1)"
    assert sheet["E6"].value == "=表!C5"
    assert book["It's"]["A1"].value == "=SUM(表!C2:C4)+A2"


def test_the_look_of_the_form_stays_and_is_repeated():
    workbook, sheet = form(
        {"A1": "{{unit}}", "A2": "{{row.staff_no}}", "B2": "{{row.name}}", "A3": "承辦人", "A5": "核章"}
    )
    bold, thin = Font(name="標楷體", bold=True, size=14), Border(top=Side("thin"), bottom=Side("thin"))
    sheet["A1"].font, sheet["B2"].border, sheet["A5"].fill = bold, thin, PatternFill("solid", "FFFF00")
    for merged in ("A1:D1", "B2:C2", "A5:C6"):
        sheet.merge_cells(merged)
    sheet.row_dimensions[2].height, sheet.row_dimensions[5].height = 30, 60
    sheet.column_dimensions["B"].width = 33
    sheet.print_area, sheet.print_title_rows = "A1:D6", "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = "landscape", 9, 0
    sheet.oddFooter.center.text = "第 &P 頁"
    sheet.row_breaks.append(Break(3))
    sheet["A3"].comment = Comment("由承辦人簽章", "HR")
    sheet["A3"].hyperlink = "https://example.gov.tw/"
    sheet["A4"] = CellRichText("注意：", TextBlock(InlineFont(b=True), "核對"), "後簽章")
    done = filled(workbook)
    assert {str(each) for each in done.merged_cells.ranges} == {"A1:D1", "B2:C2", "B3:C3", "B4:C4", "A7:C8"}
    assert (done["A1"].font.name, done["A1"].font.b, done["B4"].border.top.style) == ("標楷體", True, "thin")
    assert done["A7"].fill.fgColor.rgb == "00FFFF00"
    assert [done.row_dimensions[row].height for row in (2, 3, 4, 5, 7)] == [30, 30, 30, None, 60]
    assert done.column_dimensions["B"].width == 33
    assert (done.print_area, done.print_title_rows) == ("'表'!$A$1:$D$8", "$1:$1")
    assert (done.page_setup.orientation, done.page_setup.paperSize) == ("landscape", 9)
    assert done.oddFooter.center.text == "第 &P 頁"
    assert [each.id for each in done.row_breaks.brk] == [5]
    assert (done["A5"].comment.text, done["A5"].hyperlink.ref) == ("由承辦人簽章", "A5")
    assert done["A6"].value == "注意：核對後簽章"


def test_conditional_formats_and_validations_follow():
    workbook, sheet = form({"A2": "{{row.staff_no}}", "C2": "{{row.days.1}}", "C3": "=SUM(C2:C2)"})
    red = DifferentialStyle(fill=PatternFill("solid", bgColor="FF0000"))
    sheet.conditional_formatting.add("A2:C2", Rule("expression", formula=["$C2<480"], dxf=red))
    sheet.conditional_formatting.add("C3", Rule("cellIs", operator="lessThan", formula=["$C$3"], dxf=red))
    choice = DataValidation(type="list", formula1='"是,否"')
    choice.add("B2")
    sheet.add_data_validation(choice)
    done = filled(workbook)
    found = {str(each.sqref): each.rules[0].formula for each in done.conditional_formatting}
    assert found == {"A2:C4": ["$C2<480"], "C5": ["$C$5"]}
    assert str(done.data_validations.dataValidation[0].sqref) == "B2:B4"


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"A1": "{{unti}}"}, "表!A1: 不認得 {{unti}}，最接近的是 {{unit}} / unknown: {{unti}}, nearest: {{unit}}"),
        ({"B7": "{{row.staffno}}"}, "unknown: {{row.staffno}}, nearest: {{row.staff_no}}"),
        ({"A1": "{{姓名}}"}, "表!A1: 不認得 {{姓名}} / unknown: {{姓名}}"),
        ({"A1": "{{}}"}, "表!A1: 不認得 {{}}"),
        ({"A1": "{{unit}"}, "表!A1: 括號不成對"),
        ({"A1": "｛｛unit｝｝"}, "表!A1: 括號不成對"),
        ({"A1": "{{row.name}}", "A2": "=)"}, "無法讀懂公式"),
        ({"A1": '=SUM("{{unit}}")'}, "表!A1: 公式裡不可有"),
        ({"A1": "{{row.name}}", "A3": "{{row.name}}"}, "表!3: 每張工作表只能有一列重複"),
        ({"A1": "x"}, "沒有任何"),
        ({"A1": "{{row.days.1}}", "A2": "=A1*2"}, "表!A2: 公式只指到重複列的一格 A1"),
        ({"A1": "{{row.days.1}}", "A2": "=SUM(表!$A$1)"}, "表!A2"),
    ],
)
def test_a_wrong_form_is_refused_with_the_cell(cells: dict[str, Any], words: str):
    assert words in refused(cells)


def test_all_problems_are_said_at_once():
    assert len(refused({"A1": "{{a}}", "B2": "{{b}}", "C3": "{{unit}"}).splitlines()) == 3


def test_placeholders_are_refused_where_they_are_not_filled_in():
    workbook, sheet = form({"A1": "{{unit}}"})
    sheet.oddFooter.center.text = "{{unit}}"
    with pytest.raises(TemplateRefusedError, match="oddFooter"):
        filled(workbook)


def test_a_merge_across_the_repeated_row_is_refused():
    workbook, sheet = form({"A1": "單位", "B2": "{{row.name}}"})
    sheet.merge_cells("A1:A3")
    with pytest.raises(TemplateRefusedError, match="A1:A3"):
        filled(workbook)


def test_the_table_is_chosen_by_its_columns_or_by_name():
    units = Table("units", "單位", "Units", (Column("unit_code", "代碼", "Code"), COLUMNS[1]), [("U1", "一所")])
    both = report(ROWS, units)
    assert values(filled(form({"A1": "{{row.unit_code}}"})[0], both)) == [["U1"]]
    assert values(filled(form({"A1": "{{row.name}}"})[0], both, "units")) == [["一所"]]
    assert "officers, units" in refused({"A1": "{{row.name}}"}, both)
    assert "officers, units" in refused({"A1": "{{row.name}}"}, both, "nothing")
    assert "{{row.name}}" in refused({"A1": "{{row.namee}}"}, both)


def test_control_characters_and_long_texts_of_the_data_break_no_file():
    form_, _ = form({"A1": "{{row.name}}"})
    assert values(filled(form_, report([("1", "王\0\x1b小明", None, None)]))) == [["王\ufffd\ufffd小明"]]
    with pytest.raises(TemplateRefusedError, match="表!A1"):
        filled(form_, report([("1", "王" * 32_768, None, None)]))


def test_more_rows_than_a_form_can_hold_are_refused():
    rows = [("1", "王", 1, 1.0)] * 250_001
    with pytest.raises(TemplateRefusedError, match="250,001"):
        filled(form({"A1": "{{row.name}}", "B1": "{{row.staff_no}}"})[0], report(rows))


def test_the_file_says_of_itself_what_every_report_does():
    file = io.BytesIO()
    fill(saved(form({"A1": "{{unit}}"})[0]), report(), file)
    assert "單位 / Unit: 晨光派出所" in load_workbook(io.BytesIO(file.getvalue())).properties.description


def test_what_hr_wrote_as_a_formula_stays_as_it_was_written():
    written = {"A3": '=HYPERLINK("https://example.gov.tw/")', "B3": "=合計+1", "C3": "=#REF!+A1"}
    done = filled(form({"A2": "{{row.name}}", **written})[0])
    assert [done.cell(5, column).value for column in range(1, 4)] == list(written.values())


def test_a_call_of_a_program_stays_where_nothing_moves_and_is_refused_where_rows_do():
    call = "=cmd|'/c calc'!A1"
    assert filled(form({"A1": "{{unit}}", "A2": call})[0])["A2"].value == call
    assert call in refused({"A1": "{{row.name}}", "A2": call})


def test_a_watermark_stands_over_the_header_of_every_printed_page():
    workbook, sheet = form({"A1": "{{unit}}"})
    sheet.oddHeader.center.text, sheet.oddHeader.left.text = "晨光派出所", "密"
    sheet.HeaderFooter.differentFirst = True
    other = workbook.create_sheet("二")
    other.oddHeader.right.text = "長" * 250
    file = io.BytesIO()
    fill(saved(workbook), report(), file, watermark="cli:a&b　115/12/01 00:00")
    mark = "cli:a&&b　115/12/01 00:00"
    sheets: list[Any] = load_workbook(file).worksheets
    first, second = sheets
    assert (first.oddHeader.center.text, first.oddHeader.left.text) == (f"{mark}\n晨光派出所", "密")
    assert (first.firstHeader.center.text, first.evenHeader.center.text) == (mark, None)
    # A header holds so much: what leaves no room gives way.
    assert (second.oddHeader.center.text, second.oddHeader.right.text) == (mark, None)
