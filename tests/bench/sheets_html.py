"""The month sheet as HTML and CSS, for the peer: the same data, the same look, as one would write it for WeasyPrint."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from reports.sheet_layout import WIDTHS
from reports.sheets import Line, Sheet

_CSS = """
@page { size: A4; margin: 11mm 12mm 15mm }
body { font: 7.6pt 'Noto Sans CJK TC'; margin: 0 }
h1 { font: bold 14pt 'Noto Serif CJK TC'; text-align: center; margin: 0 }
section { break-after: page }
table { border-collapse: collapse; table-layout: fixed; width: 186mm; margin: 0 0 1.2mm }
th, td { border: .3pt solid #5a5a5a; padding: 0 .8mm; text-align: center; font-weight: normal }
thead th { background: #e8e8e8 }
tbody td { height: 5.1mm }
tr.off { background: #dedede }
td.words { text-align: left }
td.minutes { text-align: right }
small { font-size: 5.2pt }
.boxes td { height: 23mm; border-width: .8pt }
footer { font-size: 5.8pt; border-top: .3pt solid #5a5a5a }
"""
_HEAD = (
    "<thead><tr><th rowspan=2>日期<br><small>Date</small><th rowspan=2>星期<br><small>Day</small>"
    "<th colspan=3>第一班 <small>First duty</small><th colspan=3>第二班 <small>Second duty</small>"
    "<th rowspan=2>狀態與註記<br><small>Status and notes</small><th colspan=4>分鐘 <small>Minutes</small></tr><tr>"
    + "".join(
        f"<th>{zh}<br><small>{en}</small>"
        for zh, en in (
            *(("班別", "Shift"), ("簽到", "In"), ("簽退", "Out")) * 2,
            *(("遲到", "Late"), ("早退", "Early"), ("加班", "Over"), ("深夜", "Night")),
        )
    )
    + "</tr></thead>"
)
_BOXES = "<table class=boxes><tr><th>承辦人<th>單位主管<th>人事<th>本人<tr><td><td><td><td></table>"


def document(sheets: Sequence[Sheet], given: Mapping[str, Any]) -> str:
    """All sheets, a page each."""
    columns = "".join(f"<col style='width:{width}mm'>" for width in WIDTHS)
    sections = "".join(f"<section>{''.join(_section(sheet, given, columns))}</section>" for sheet in sheets)
    return f"<!doctype html><html lang=zh-TW><title>{given['title']}</title><style>{_CSS}</style>{sections}"


def _section(sheet: Sheet, given: Mapping[str, Any], columns: str) -> Iterator[str]:
    person = sheet.person
    yield f"<h1>{given['agency']}</h1><h1>{given['title']}　{given['month']}</h1><table><tr>"
    for name, value in (
        ("單位", person.unit),
        ("員警編號", person.staff_no),
        ("職稱", person.title),
        ("姓名", person.name),
    ):
        yield f"<td>{name}<br>{escape(value)}"
    yield f"</table><table><colgroup>{columns}</colgroup>{_HEAD}<tbody>"
    yield from map(_line, sheet.lines)
    yield f"</tbody></table><table><tr><td>班數<td>{escape(str(sheet.statuses))}</table>{given['legend']}{_BOXES}"
    yield f"<footer>{given['foot']}<br>本表資料 SHA-256：{sheet.sha256}</footer>"


def _line(line: Line) -> str:
    pairs = (f"<td>{escape(pair.shift)}<td>{pair.sign_in}<td>{pair.sign_out}" for pair in (line.first, line.second))
    minutes = "".join(f"<td class=minutes>{each or ''}" for each in (line.late, line.early, line.overtime, line.night))
    row = "<tr class=off>" if line.is_off else "<tr>"
    return f"{row}<td>{line.day}<td>{line.weekday}{''.join(pairs)}<td class=words>{escape(line.words)}{minutes}</tr>"
