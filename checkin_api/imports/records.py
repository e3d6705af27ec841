"""The bytes of a CSV file as records with the line where each begins."""

import csv
import io
import re
from collections.abc import Iterator

from checkin_api.imports.encoding import encoding_of
from checkin_api.imports.outcome import BrokenFileError

# Room for a month of 30,000 officers; beyond it a mistake is likelier than a file.
MAX_LINES = 1_000_000
MAX_BYTES = 64 * 1024 * 1024
_BEGINNING = 1_000
_WEB_PAGE = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<(!doctype|html|head|body)\b", re.IGNORECASE | re.DOTALL)


def read_records(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, fields) of every record that is not blank.

    Raises:
        BrokenFileError: too large, not text, or not CSV; it names the line.
    """
    if len(content) > MAX_BYTES:
        size = MAX_BYTES // (1024 * 1024)
        raise BrokenFileError(1, f"檔案超過 {size} MiB，請分批匯入 / larger than {size} MiB, split the file")
    text = io.TextIOWrapper(io.BytesIO(content), encoding_of(content), newline="")
    _refuse_a_web_page(text)
    reader = csv.reader(text, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            raise BrokenFileError(line, _explain(str(exc))) from exc
        if line > MAX_LINES:
            raise BrokenFileError(line, f"超過 {MAX_LINES:,} 行，請分批匯入 / over {MAX_LINES:,} lines, split the file")
        if any(field.strip() for field in fields):
            yield line, fields


def _refuse_a_web_page(text: io.TextIOWrapper) -> None:
    """A download that failed leaves a page of the web site in the place of the file."""
    if _WEB_PAGE.match(text.read(_BEGINNING)):
        raise BrokenFileError(
            1, "這是網頁（HTML），不是 CSV，請重新下載 / this is a web page, not CSV: download it again"
        )
    text.seek(0)


def _explain(error: str) -> str:
    """The csv module's words in ours; what it calls the end of data is a quote that never closes."""
    if "unexpected end of data" in error or "field larger" in error:
        return "引號未結束，檔案可能不完整 / a quote is not closed, the file may be half-written"
    return f"不是正確的 CSV，請檢查引號 / not valid CSV, check the quotes: {error}"
