"""Month sheets for signing: pages a second, against WeasyPrint on the same sheets as HTML and CSS."""

import time
from datetime import UTC, date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

import numpy as np
import weasyprint
from weasyprint.text.fonts import FontConfiguration

from checkin_api.domain.attendance import compute
from checkin_api.domain.calendar import is_working_day
from checkin_api.domain.totals import totals
from reports.sheet_files import LEGEND, TITLE
from reports.sheet_layout import WIDTHS, laid_out
from reports.sheets import Found, Month, Person, Sheet, days_of, sheet_of
from reports.typesetting import Typesetter
from tests.bench import sheets_html
from tests.bench.figures import Figure, Goal, middle, ratios
from tests.bench.made_up import SHIFTS, facts
from tests.bench.plan import Plan

_FIRST, _LAST = date(2026, 11, 1), date(2026, 11, 30)
_AT = datetime(2026, 12, 1, tzinfo=UTC)
# Of a unit; the peer makes fewer, for it takes most of a second for each.
_OURS, _PEERS = 100, 10
_GIVEN = {
    "title": TITLE,
    "agency": "示範市政府警察局",
    "month": "民國 115 年 11 月",
    "legend": LEGEND,
    "foot": "資料截至 115/12/01 07:55（尚未處理事件 0）　稽核紀錄第 9 筆 5f0c12ab34cd5678　製表 115/12/01 08:00（hr）",
    "watermark": None,
    "widths": WIDTHS,
}


def measure(plan: Plan) -> list[Figure]:
    """Both sides in turn, in one process, each with its fonts found beforehand and one document tried."""
    sheets = made_up_sheets(_OURS)
    typesetter, fonts = Typesetter("sheet.typ"), FontConfiguration()
    _ours(typesetter, sheets[:1])
    _peers(fonts, sheets[:1])
    ours, peers = [], []
    for _ in range(plan.pairs):
        ours.append(_OURS / _seconds(lambda: _ours(typesetter, sheets)))
        peers.append(_PEERS / _seconds(lambda: _peers(fonts, sheets[:_PEERS])))
    return [
        Figure(
            name="month sheets, pages/s (peer: WeasyPrint, the same sheets)",
            values=ratios(ours, peers),
            goal=Goal("at least", 20),
            ours=middle(ours, "/s"),
            peer=middle(peers, "/s"),
        )
    ]


def made_up_sheets(officers: int) -> list[Sheet]:
    """A month of the made-up department."""
    known = facts(np.arange(officers), _FIRST.toordinal(), (_LAST - _FIRST).days + 1)
    attendance = compute(known, _AT)
    chosen = attendance.columns.duty_date <= _LAST.toordinal()
    sums = totals(attendance.columns, chosen, officers=officers)
    days = days_of(_FIRST, _LAST)
    off = frozenset(day for day in days if not is_working_day(day))
    month = Month(
        first=_FIRST,
        last=_LAST,
        zone=ZoneInfo("Asia/Taipei"),
        off=off,
        notes={},
        shifts={shift.code: shift.name for shift in SHIFTS},
    )
    of_officers = groupby(attendance.records(chosen), lambda record: record.officer)
    return [
        sheet_of(
            Person(f"A{number:05}", f"王小明{number}", "警員", "晨光派出所（U01）"),
            month,
            Found(list(records), sums[number], known, ()),
        )
        for number, records in of_officers
    ]


def _ours(typesetter: Typesetter, sheets: list[Sheet]) -> None:
    laid = [laid_out(sheet, typesetter.drawable) for sheet in sheets]
    typesetter.pdf({**_GIVEN, "sheets": laid}, made_at=_AT, tagged=False)
    # Part of what a sheet costs: memory given back.
    typesetter.forget({**_GIVEN, "sheets": []})


def _peers(fonts: FontConfiguration, sheets: list[Sheet]) -> None:
    html = weasyprint.HTML(string=sheets_html.document(sheets, _GIVEN))
    html.write_pdf(pdf_variant="pdf/a-2b", font_config=fonts)


def _seconds(make) -> float:
    begin = time.perf_counter()
    make()
    return time.perf_counter() - begin
