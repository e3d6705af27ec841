"""An uploaded XLSX before a library reads it: what is hostile, and what would be lost, is refused in words.

A DTD is refused in every part, by ``expat`` and before ``openpyxl`` parses anything, so that no entity can expand; the
library then gets an archive of only the parts that were looked at.
"""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from xml.parsers import expat

from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries

from checkin_api.errors import CheckinError

# Forms have some pages; an archive that is more than this is none.
MAX_BYTES = 5 * 1024 * 1024
MAX_ENTRIES = 200
MAX_UNPACKED = 20 * 1024 * 1024
MAX_ELEMENTS = 500_000
# Cells that merged ranges and links cover, each of which the library makes.
MAX_COVERED = 50_000
# Cells from A1 to the last one of a sheet.
MAX_AREA = 200_000

_READ = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(app|core|custom)\.xml|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels"
    r"|xl/(styles|sharedStrings)\.xml|xl/theme/theme[0-9]*\.xml|xl/worksheets/(_rels/)?sheet[0-9]*\.xml(\.rels)?"
    r"|xl/comments/?(comment)?[0-9]*\.xml|xl/drawings/(_rels/)?drawing[0-9]*\.xml(\.rels)?"
)
# What Excel makes anew, or what has nothing to do with the form.
_LEFT_OUT = re.compile(
    r".*/|docProps/thumbnail\..*|xl/printerSettings/.*|xl/calcChain\.xml|xl/drawings/vmlDrawing[0-9]*\.vml"
    r"|xl/drawings/commentsDrawing[0-9]*\.vml|customXml/.*|docMetadata/.*"
)
_REFUSED: Mapping[str, str] = {
    r"xl/(vba.*|activeX/.*|ctrlProps/.*|macrosheets/.*|dialogsheets/.*)": "含有巨集或控制項 / has macros or controls",
    r"xl/(externalLinks/.*|connections\.xml|queryTables/.*|embeddings/.*)": "含有外部連結 / it has external links",
    r"xl/(media|charts|drawings|diagrams|cellimages).*": (
        "圖片、圖案、圖表無法保留，請移除 / pictures, shapes and charts cannot be kept: remove them"
    ),
    r"xl/tables/.*": "請把「表格」轉換為範圍 / convert the table to a range",
}
# Only in the newer form of a sheet, which the library drops.
_DROPPED = frozenset({"conditionalFormattings", "dataValidations", "sparklineGroups"})
_NEWER = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_LINKS = ("http://", "https://", "mailto:")
_NO_WORKBOOK = (
    "這個檔案不是 XLSX：請以 Excel 開啟，另存為 Excel 活頁簿（.xlsx）"
    " / this file is no XLSX: open it in Excel and save it as an Excel workbook (.xlsx)"
)


class TemplateRefusedError(CheckinError):
    """The form cannot be used; carries every problem found."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def open_template(content: bytes) -> Workbook:
    """Read a form.

    Raises:
        TemplateRefusedError: with what is hostile or broken, or what could not be kept.
    """
    archive = _checked(content)
    try:
        with warnings.catch_warnings():
            # About things that are refused above, or that nobody sees.
            warnings.simplefilter("ignore")
            workbook = load_workbook(archive, rich_text=True, keep_links=False)
    except Exception as exc:
        raise TemplateRefusedError(["無法讀取，請以 Excel 另存 .xlsx / unreadable, save it again as .xlsx"]) from exc
    if not workbook.worksheets:
        raise TemplateRefusedError(["沒有工作表 / there is no sheet"])
    for sheet in workbook.worksheets:
        if sheet.max_row * sheet.max_column > MAX_AREA:
            last = f"{sheet.max_row} × {sheet.max_column}"
            raise TemplateRefusedError([f"{sheet.title}: 太大（{last}），請刪除空白列 / too large, delete empty rows"])
    return workbook


def _checked(content: bytes) -> io.BytesIO:
    """An archive of the parts that were looked at and are as they should be."""
    if len(content) > MAX_BYTES:
        raise TemplateRefusedError([f"檔案超過 {MAX_BYTES >> 20} MiB / larger than {MAX_BYTES >> 20} MiB"])
    # The beginning of what Office writes with a password, and of .xls.
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise TemplateRefusedError(
            ["有密碼或是舊的 .xls，請另存 .xlsx / has a password or is an .xls: save it as .xlsx"]
        )
    checked = io.BytesIO()
    part = ""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(checked, "w") as kept:
            problems = list(_of_entries(archive.infolist()))
            if problems:
                raise TemplateRefusedError(problems)
            look = _Look()
            for entry in archive.infolist():
                part = entry.filename
                if _READ.fullmatch(part):
                    data = archive.read(entry)
                    look.at(part, data)
                    kept.writestr(part, data)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as exc:
        damaged = f"檔案損壞（{part}），請以 Excel 另存 .xlsx / damaged, save it again as .xlsx: {part}"
        raise TemplateRefusedError([damaged if part else _NO_WORKBOOK]) from exc
    except expat.ExpatError as exc:
        raise TemplateRefusedError([f"{part}: 不是正確的 XML / broken XML: {exc}"]) from exc
    checked.seek(0)
    return checked


def _of_entries(entries: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """What is wrong with an archive by its directory; a part cannot unpack to more than is said there."""
    if len(entries) > MAX_ENTRIES:
        yield f"壓縮檔內檔案太多 / too many parts: {len(entries)}"
        return
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED:
        yield f"解壓縮後太大 / too large unpacked: {unpacked:,} bytes"
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        yield "壓縮檔內有同名檔案 / parts of the same name"
    if any(entry.flag_bits & 1 for entry in entries):
        yield "有密碼 / has a password"
    if "[Content_Types].xml" not in names:
        yield _NO_WORKBOOK
    reasons = dict.fromkeys(reason for name in names if (reason := _refused(name)))
    yield from reasons


def _refused(name: str) -> str | None:
    if _READ.fullmatch(name) or _LEFT_OUT.fullmatch(name):
        return None
    known = (reason for pattern, reason in _REFUSED.items() if re.fullmatch(pattern, name))
    return next(known, f"含有無法保留的部分：{name[:80]} / has a part that cannot be kept: {name[:80]}")


class _Look:
    """One pass over every part, with what they come to together."""

    def __init__(self) -> None:
        self._elements = 0
        self._covered = 0
        self._part = ""
        self._in_part = 0

    def at(self, part: str, content: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._element
        self._part, self._in_part = part, 0
        parser.Parse(content, True)  # noqa: FBT003 (expat's own signature)

    def _doctype(self, *_: object) -> None:
        # Source: ECMA-376 part 2 (OPC), "XML usage": no part may contain a DTD.
        raise TemplateRefusedError([f"{self._part}: 含有 DTD / has a DTD, which is how entities are made to expand"])

    def _element(self, name: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        self._in_part += 1
        if self._elements > MAX_ELEMENTS:
            raise TemplateRefusedError(["內容太多，請刪除空白列 / too much in it, delete empty rows"])
        namespace, _, local = name.rpartition(" ")
        if local in {"mergeCell", "hyperlink"}:
            self._cover(attributes.get("ref", ""))
        elif local == "Relationship" and attributes.get("TargetMode") == "External":
            self._external(attributes)
        elif local in {"Override", "Default"} and "macroEnabled" in attributes.get("ContentType", ""):
            raise TemplateRefusedError(["含有巨集，請另存 .xlsx / it has macros, save it as .xlsx"])
        elif namespace == _NEWER and local in _DROPPED:
            raise TemplateRefusedError(
                [f"{self._part}: 這種格式無法保留：{local} / formatting of this kind cannot be kept: {local}"]
            )
        elif self._part.startswith("xl/drawings/drawing") and self._in_part > 1:
            raise TemplateRefusedError([_REFUSED[r"xl/(media|charts|drawings|diagrams|cellimages).*"]])

    def _cover(self, ref: str) -> None:
        try:
            first_column, first_row, last_column, last_row = (int(number or 0) for number in range_boundaries(ref))
        except (ValueError, TypeError):
            raise TemplateRefusedError([f"{self._part}: 範圍不正確：{ref[:40]} / not a range: {ref[:40]}"]) from None
        self._covered += (last_column - first_column + 1) * (last_row - first_row + 1)
        if self._covered > MAX_COVERED:
            raise TemplateRefusedError([f"{self._part}: 合併儲存格太大：{ref} / merged cells are too large: {ref}"])

    def _external(self, attributes: Mapping[str, str]) -> None:
        is_link = attributes.get("Type", "").endswith("/hyperlink")
        if not (is_link and attributes.get("Target", "").startswith(_LINKS)):
            raise TemplateRefusedError([f"{self._part}: 含有外部連結 / has an external link"])
