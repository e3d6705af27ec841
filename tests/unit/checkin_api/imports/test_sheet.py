"""A file becomes rows of values, or says at which line and column it is wrong; the database is not asked."""

import codecs
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin_api.imports import ImportRefusedError, Kind, Sheet, read_sheet, records
from checkin_api.imports.layouts import LAYOUTS
from checkin_api.imports.outcome import SHOWN_PROBLEMS


def read(content: str | bytes, kind: Kind = Kind.ROSTER) -> Sheet:
    content = content.encode() if isinstance(content, str) else content
    return read_sheet(kind, content, filename=f"{kind}.csv", default_timezone="Asia/Taipei")


def problems(content: str | bytes, kind: Kind = Kind.ROSTER) -> list[str]:
    with pytest.raises(ImportRefusedError) as refused:
        read(content, kind).problems.refuse_if_any()
    return str(refused.value).splitlines()


HEADER = "staff_no,duty_date,shift_code,zone_code\n"
UNITS = b"code,name,parent_code\nU01,\xe6\xb4\xbe\xe5\x87\xba\xe6\x89\x80,B00\n"


@pytest.mark.parametrize(
    "content",
    [
        UNITS,
        codecs.BOM_UTF8 + UNITS,
        UNITS.decode().encode("cp950"),
        UNITS.replace(b"\n", b"\r\n"),
        UNITS.replace(b"\n", b"\r"),
        UNITS.rstrip(b"\n"),
        UNITS.replace(b"\n", b"\n\n  \n,,\n"),
        b"\n\n" + UNITS,
        UNITS.replace(b"U01", b'"U01"').replace(b"B00", b' "B00"').replace(b' "B00"', b'" B00 "'),
        b"parent_code, name ,code\nB00,\xe6\xb4\xbe\xe5\x87\xba\xe6\x89\x80,U01\n",
    ],
)
def test_every_usual_way_of_writing_a_csv_gives_the_same_row(content: bytes):
    sheet = read(content, Kind.UNITS)
    assert not sheet.problems
    [row] = [dict(zip((c.name for c in sheet.columns), row.values, strict=True)) for row in sheet.rows]
    assert row == {"code": "U01", "name": "派出所", "parent_code": "B00"}


def test_leading_zeros_quoted_commas_and_formula_signs_stay():
    sheet = read('staff_no,name,unit_code\n0012,"=王,小明",U01\n', Kind.OFFICERS)
    assert sheet.rows[0].values == ("0012", "=王,小明", "U01")


def test_cells_become_values_and_optional_ones_default():
    sheet = read(HEADER + "A012,2026-11-23,day,\n")
    assert sheet.rows == [(2, ("A012", date(2026, 11, 23), "day", None))]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ["roster.csv:1: 檔案是空的 / the file is empty"]),
        (b"\n\n", ["roster.csv:1: 檔案是空的 / the file is empty"]),
        ("staff_no,duty_date\n", ["roster.csv:1: shift_code: 缺少必要欄位 / this required column is missing"]),
        ("staff_no,duty_date,shift_code,班\n", ["roster.csv:1: 班: 未知的欄位"]),
        ("\n" + HEADER.strip() + ",\n", ["roster.csv:2: 第 5 欄沒有名稱 / column 5 has no name"]),
        (HEADER.strip() + ",staff_no\n", ["roster.csv:1: staff_no: 欄位重複 / the column is there twice"]),
        ("<a>\n", ["roster.csv:1: <a>: ", "staff_no: ", "duty_date: ", "shift_code: "]),
        ("<html>\n", ["roster.csv:1: 這是網頁（HTML）"]),
        ("\n <!DOCTYPE html><title>404</title>", ["roster.csv:1: 這是網頁（HTML）"]),
        ("\ufeff<!-- moved -->\n<HTML lang=zh>", ["roster.csv:1: 這是網頁（HTML）"]),
        ("\ufeff" * 2 + HEADER, ["<U+FEFF>staff_no: ", "staff_no: "]),
    ],
)
def test_a_wrong_header_is_refused_by_name(content: str | bytes, expected: list[str]):
    found = problems(content)
    assert len(found) == len(expected)
    assert all(words in line for words, line in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("A012,2026-11-23,day,Z01\nA013,2026-11", "roster.csv:3: 只有 2 欄，應為 4 欄"),
        ("A012,2026-11-23,day,Z01,x\n", "roster.csv:2: 有 5 欄，應為 4 欄"),
        ('A012,2026-11-23,day,Z01\n"A013,2026-11-24,day,Z01\n\n\n', "roster.csv:3: 引號未結束"),
        ('A012,2026-11-23,day,"' + "x" * 200_000, "roster.csv:2: 引號未結束"),
        ('A012,2026-11-23,day,"Z"01\n', "roster.csv:2: 不是正確的 CSV"),
        ("\n\nA012,2026-02-30,day,Z01\n", "roster.csv:4: duty_date: 日期須為"),
        (",2026-11-23,day,Z01\n", "roster.csv:2: staff_no: 不可空白 / must not be empty"),
        ("A\x1b12,2026-11-23,day,Z01\n", "roster.csv:2: staff_no: 含有不可見或遺失的字元 U+001B"),
        ('"A\n12",2026-11-23,day,Z01\n', "roster.csv:2: staff_no: 含有不可見或遺失的字元 U+000A"),
        (
            "A012,2026-11-23,day,Z01\n\nA012,2026-11-23,day,Z02\n",
            "roster.csv:4: staff_no,duty_date,shift_code: 與第 2 行",
        ),
    ],
)
def test_a_wrong_line_is_refused_at_its_line_and_column(rows: str, expected: str):
    [found] = problems(HEADER + rows)
    assert found.startswith(expected)
    assert " / " in found
    assert len(found) < 200


def test_every_problem_of_a_file_is_reported_at_once_in_the_order_of_lines():
    found = problems(HEADER + "A,x,day,\n,y,day,\nB,2026-11-23\n" + '"')
    assert [line.split(": ")[:2] for line in found][:3] == [
        ["roster.csv:2", "duty_date"],
        ["roster.csv:3", "staff_no"],
        ["roster.csv:3", "duty_date"],
    ]
    assert [line.split(":")[1] for line in found] == ["2", "3", "3", "4", "5"]


def test_problems_beyond_those_shown_are_counted():
    found = problems(HEADER + "A,x,day,\n" * 1_254)
    assert len(found) == SHOWN_PROBLEMS + 1
    assert found[-1] == "…另有 1,204 個問題 / …and 1,204 more"


def test_text_may_fill_its_column_and_not_one_character_more():
    limit = 64
    assert read(f"code,name\n{'單' * limit},x\n", Kind.UNITS).rows
    [found] = problems(f"code,name\n{'單' * (limit + 1)},x\n", Kind.UNITS)
    assert found.startswith("units.csv:2: code: 超過 64 個字 / longer than 64 characters: 單單")
    assert len(found) < 160


def test_hardware_ids_that_differ_in_case_only_are_the_same_beacon():
    [found] = problems("hwid,zone_code,kind\nABCDEF0123,Z,line\nabcdef0123,Z,line\n", Kind.BEACONS)
    assert found.startswith("beacons.csv:3: hwid: 與第 2 行重複 / the same as in line 2")


def test_a_duplicate_of_a_line_that_is_wrong_itself_is_reported_too():
    found = problems("code,name\nA,\nA,x\n", Kind.UNITS)
    assert [line.split(":")[1] for line in found] == ["2", "3"]


def test_a_file_with_too_many_lines_or_bytes_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(records, "MAX_LINES", 3)
    content = "code,name\nA,x\nB,x\n"
    assert len(read(content, Kind.UNITS).rows) == 2
    [found] = problems(content + "C,x\n", Kind.UNITS)
    assert found.startswith("units.csv:4: 超過 3 行")
    monkeypatch.setattr(records, "MAX_BYTES", 10)
    [found] = problems(content, Kind.UNITS)
    assert found.startswith("units.csv:1: 檔案超過")


# --- any bytes at all ----------------------------------------------------------------------------------------------

kinds = st.sampled_from(list(Kind))
cells = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "A", "A012", "2026-11-23", "08:00", "20:00", "auto", "line", "0", "1", '"', "\0", "0123456789"]
    ),
)


@st.composite
def likely_files(draw: st.DrawFn) -> tuple[Kind, bytes]:
    """Files with a header that is about right and rows of anything, in some encoding, cut somewhere."""
    kind = draw(kinds)
    names = [column.name for column in LAYOUTS[kind].columns]
    header = draw(st.permutations(names))
    rows = draw(st.lists(st.lists(cells, min_size=len(names), max_size=len(names)), max_size=5))
    text = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(",".join(row) for row in [header, *rows])
    content = text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "cp950", "utf-16"])), errors="replace")
    return kind, content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


def outcome(kind: Kind, content: bytes) -> Sheet | ImportRefusedError:
    try:
        sheet = read(content, kind)
        sheet.problems.refuse_if_any()
    except ImportRefusedError as refused:
        return refused
    return sheet


def check_that_it_is_read_or_refused(kind: Kind, content: bytes) -> None:
    answer = outcome(kind, content)
    if isinstance(answer, Sheet):
        assert all(len(row.values) == len(answer.columns) for row in answer.rows)
    else:
        assert answer.problems
        assert all(line.isprintable() for line in str(answer).splitlines())


@given(kinds, st.binary())
def test_any_bytes_are_read_or_refused_and_nothing_else(kind: Kind, content: bytes):
    check_that_it_is_read_or_refused(kind, content)


@given(likely_files())
def test_anything_under_a_header_is_read_or_refused_and_nothing_else(file: tuple[Kind, bytes]):
    check_that_it_is_read_or_refused(*file)
