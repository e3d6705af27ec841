"""Hostile and broken forms: refused in words before a library reads them, quickly and without much memory."""

import io
import time
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from reports.template_file import MAX_BYTES, MAX_ENTRIES, TemplateRefusedError, open_template

SHEET, TYPES, RELS = "xl/worksheets/sheet1.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
# Without annotations of its own.
xlsxwriter = pytest.importorskip("xlsxwriter")
Edit = Callable[[bytes], bytes]


def good() -> bytes:
    workbook = Workbook()
    workbook.worksheets[0]["A1"] = "{{unit}}"
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def edited(part: str, edit: Edit, content: bytes | None = None) -> bytes:
    """A good form with one part changed, or added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content or good())) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, edit(old.read(name)) if name == part else old.read(name))
        if part not in old.namelist():
            new.writestr(part, edit(b""))
    return file.getvalue()


def refused(content: bytes) -> str:
    begin = time.process_time()
    with pytest.raises(TemplateRefusedError) as refusal:
        open_template(content)
    assert time.process_time() - begin < 5
    assert len(str(refusal.value)) < 1_000
    return str(refusal.value)


def in_sheet(xml: str, before: str = "<sheetData") -> Edit:
    return lambda sheet: sheet.replace(before.encode(), xml.encode() + before.encode())


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{of};" * 10}">' for of, name in ("ab", "bc", "cd", "de", "ef", "fg", "gh", "hi")
) + "]>"  # fmt: skip


def with_dtd(sheet: bytes) -> bytes:
    text = sheet.decode().split("?>")[-1]
    return f'<?xml version="1.0"?>{LAUGHS}{text.replace("{{unit}}", "&i;")}'.encode()


def in_utf_16(sheet: bytes) -> bytes:
    return (
        with_dtd(sheet)
        .decode()
        .replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="utf-16"?>')
        .encode("utf-16")
    )


def test_a_good_form_is_opened():
    assert open_template(good()).worksheets[0]["A1"].value == "{{unit}}"


@pytest.mark.parametrize("edit", [with_dtd, in_utf_16], ids=["utf-8", "utf-16"])
@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "docProps/core.xml", "xl/styles.xml"])
def test_no_entity_expands_in_any_part_or_encoding(part: str, edit: Edit):
    assert "DTD" in refused(edited(part, edit))


def test_a_file_of_another_computer_is_not_read():
    outside = b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'
    assert "DTD" in refused(edited("xl/theme/theme1.xml", lambda _: outside))


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("xl/vbaProject.bin", "macros"),
        ("xl/activeX/activeX1.bin", "controls"),
        ("xl/macrosheets/sheet1.xml", "macros"),
        ("xl/externalLinks/externalLink1.xml", "external links"),
        ("xl/connections.xml", "external links"),
        ("xl/embeddings/oleObject1.bin", "external links"),
        ("xl/media/image1.png", "pictures"),
        ("xl/charts/chart1.xml", "charts"),
        ("xl/tables/table1.xml", "convert the table"),
        ("xl/pivotTables/pivotTable1.xml", "cannot be kept"),
        ("../../etc/cron.d/x", "cannot be kept"),
        ("xl/worksheets/sheet1.xml.exe", "cannot be kept"),
    ],
)
def test_what_is_hostile_or_would_be_lost_is_refused_by_its_part(part: str, words: str):
    assert words in refused(edited(part, lambda _: b"x"))


def test_a_form_with_macros_is_refused_by_its_type():
    workbook = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    macros = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    assert "macros" in refused(edited(TYPES, lambda types: types.replace(workbook, macros)))


def test_an_external_relationship_is_refused_and_a_web_link_kept():
    outside = (
        b'<Relationship Id="x" Type="http://x/externalLinkPath" Target="file:///c:/x.xlsx" TargetMode="External"/>'
    )
    assert "external" in refused(
        edited(RELS, lambda rels: rels.replace(b"</Relationships>", outside + b"</Relationships>"))
    )
    workbook = Workbook()
    workbook.worksheets[0]["A1"].hyperlink = "https://example.gov.tw/"
    workbook.worksheets[0]["A2"].hyperlink = "mailto:hr@example.gov.tw"
    file = io.BytesIO()
    workbook.save(file)
    assert open_template(file.getvalue()).worksheets[0]["A1"].hyperlink
    bad = file.getvalue()
    rels = "xl/worksheets/_rels/sheet1.xml.rels"
    assert "external" in refused(edited(rels, lambda old: old.replace(b"https://", b"file:////"), bad))


def test_a_bomb_is_refused_by_what_it_unpacks_to():
    assert "too large unpacked" in refused(edited("xl/sharedStrings.xml", lambda _: b" " * 30_000_000))


def test_a_bomb_that_lies_about_its_size_is_refused():
    bomb = bytearray(edited("docProps/custom.xml", lambda _: b" " * 30_000_000))
    real, claimed = (30_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")
    assert "damaged" in refused(bytes(bomb).replace(real, claimed))


@pytest.mark.parametrize(
    ("xml", "before", "words"),
    [
        ('<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>', "<pageMargins", "merged cells are too large"),
        ('<hyperlinks><hyperlink ref="A1:XFD1048576" location="A1"/></hyperlinks>', "<pageMargins", "too large"),
        ('<mergeCells><mergeCell ref="A1:A1:A1"/></mergeCells>', "<pageMargins", "not a range"),
        ("<row>" + "<c/>" * 600_000 + "</row>", "</sheetData>", "too much in it"),
        ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "</sheetData>", "delete empty rows"),
        ("<row><c></row>", "</sheetData>", "broken XML"),
        ('<row r="9"><c r="ZZZZZ9" t="s"><v>99999</v></c></row>', "</sheetData>", "save it again"),
    ],
)
def test_a_sheet_that_would_take_all_memory_or_is_broken_is_refused(xml: str, before: str, words: str):
    assert words in refused(edited(SHEET, in_sheet(xml, before)))


def test_a_format_that_only_newer_sheets_have_is_refused_and_not_lost():
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file)
    sheet = workbook.add_worksheet()
    sheet.conditional_format("A1:A9", {"type": "data_bar", "data_bar_2010": True})
    workbook.close()
    assert "cannot be kept" in refused(file.getvalue())


def test_a_comment_is_kept_and_a_picture_refused():
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file)
    sheet = workbook.add_worksheet()
    sheet.write_comment("A1", "由承辦人簽章")
    workbook.close()
    assert open_template(file.getvalue()).worksheets[0]["A1"].comment.text == "由承辦人簽章"
    workbook = xlsxwriter.Workbook(file := io.BytesIO())
    workbook.add_worksheet().insert_textbox("A1", "簽章")
    workbook.close()
    assert "shapes" in refused(file.getvalue())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        b"staff_no,name\n0012,x\n",
        good()[:-100],
        b"PK\x05\x06" + b"\0" * 18,
        b"x" * (MAX_BYTES + 1),
    ],
    ids=["empty", "short", "password", "csv", "cut-off", "empty-zip", "large"],
)
def test_what_is_no_xlsx_is_refused_in_words(content: bytes):
    assert refused(content)


def test_too_many_parts_and_two_of_one_name_are_refused():
    file = io.BytesIO(good())
    with zipfile.ZipFile(file, "a") as archive:
        for number in range(MAX_ENTRIES):
            archive.writestr(f"customXml/{number}.xml", "")
    assert "too many parts" in refused(file.getvalue())
    file = io.BytesIO(good())
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(SHEET, "<x/>")
    assert "same name" in refused(file.getvalue())


def test_a_sheet_that_is_no_looked_at_part_is_not_read():
    """A part that is left out cannot come in by a relationship that calls it a sheet."""
    sneaky = edited("customXml/item1.xml", lambda _: with_dtd(b"<worksheet/>"))
    sneaky = edited(RELS, lambda rels: rels.replace(b"/xl/worksheets/sheet1.xml", b"/customXml/item1.xml"), sneaky)
    assert "there is no sheet" in refused(sneaky)
