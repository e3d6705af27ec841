"""Sheets as their template takes them: lines broken to the width of their columns, spread over pages; pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from checkin_api.domain.ids import Flag, Status
from checkin_api.domain.words import FLAG, STATUS
from reports.sheets import Line, Sheet
from reports.wrapping import broken, ems

# In millimetres, as the template has them: A4 less its margins.
WIDTHS = (11, 9, 20.5, 15.5, 15.5, 20.5, 15.5, 15.5, 29, 8.5, 8.5, 8.5, 8.5)
_PADDING = 1.6
# Of a line, in millimetres: 7.6 pt.
_EM = 2.68
_EMS = [(width - _PADDING) / _EM for width in WIDTHS]
# The columns that anybody's words stand in; what is in the others is short, and a time must not be broken.
_WORDS = {2, 5, 8}
# Lines of days that fit on a page, by the template's heights: with the boxes for stamps below them, and without.
LAST_PAGE_LINES = 34
PAGE_LINES = 41
# Values in the head of the sheet: so long they may be in large type; longer ones are set small.
_LARGE_EMS = 13
_LARGE_PT, _SMALL_PT = 9.5, 5.5

Clean = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Block:
    """One line of the sheet, broken: its columns have as many lines each, and it stays on one page."""

    columns: Sequence[Sequence[str]]
    is_off: bool

    @property
    def height(self) -> int:
        return len(self.columns[0])


def laid_out(sheet: Sheet, clean: Clean) -> dict[str, Any]:
    """One sheet as plain data; ``clean`` makes anybody's text drawable."""
    person = sheet.person
    head = (
        ("單位", "Unit", person.unit),
        ("員警編號", "Staff no.", person.staff_no),
        ("職稱", "Title", person.title),
        ("姓名", "Name", person.name),
    )
    blocks = [_block(line, clean) for line in sheet.lines]
    blocks.append(_broken(_sums(sheet), is_off=False))
    return {
        "staff_no": clean(person.staff_no)[:40],
        "person": [[zh, en, (shown := clean(value) or " "), _points(shown)] for zh, en, value in head],
        "pages": list(_pages(blocks)),
        "totals": [[f"{zh} {en}", words] for zh, en, words in _totals(sheet)],
        "sha256": sheet.sha256,
    }


def _points(text: str) -> float:
    return _LARGE_PT if ems(text) <= _LARGE_EMS else _SMALL_PT


def _block(line: Line, clean: Clean) -> _Block:
    minutes = (line.late, line.early, line.overtime, line.night)
    cells = (
        *(line.day, line.weekday),
        *(clean(line.first.shift), line.first.sign_in, line.first.sign_out),
        *(clean(line.second.shift), line.second.sign_in, line.second.sign_out),
        clean(line.words),
        *(str(each) if each else "" for each in minutes),
    )
    return _broken(cells, is_off=line.is_off)


def _broken(cells: Sequence[str], *, is_off: bool) -> _Block:
    columns = [broken(cell, _EMS[at]) if at in _WORDS else (cell,) for at, cell in enumerate(cells)]
    height = max(map(len, columns))
    return _Block([(*column, *("",) * (height - len(column))) for column in columns], is_off)


def _sums(sheet: Sheet) -> Sequence[str]:
    minutes = (sheet.minutes[name] for name in ("late", "early", "overtime", "night"))
    return ("合計", *("",) * 8, *(f"{each}" for each in minutes))


def _pages(blocks: Sequence[_Block]) -> Iterator[dict[str, Any]]:
    """Pages as full as they can be, but the last one has room for the boxes."""
    left, number = list(blocks), 1
    while (height := sum(block.height for block in left)) > LAST_PAGE_LINES:
        # Something has to be left for the last page.
        room, taken = min(PAGE_LINES, height - 1), 0
        while taken == 0 or (taken < len(left) - 1 and sum(b.height for b in left[: taken + 1]) <= room):
            taken += 1
        yield _page(left[:taken], number, is_last=False)
        left, number = left[taken:], number + 1
    yield _page(left, number, is_last=True)


def _page(blocks: Sequence[_Block], number: int, *, is_last: bool) -> dict[str, Any]:
    rules, grey = [0], []
    for block in blocks:
        if block.is_off:
            grey.append([rules[-1], rules[-1] + block.height])
        rules.append(rules[-1] + block.height)
    columns = ["\n".join(line for block in blocks for line in block.columns[at]) for at in range(len(WIDTHS))]
    return {"number": number, "last": is_last, "rules": rules, "grey": grey, "columns": columns}


def _totals(sheet: Sheet) -> Iterator[tuple[str, str, str]]:
    duties = [f"{STATUS[status][0]} {count}" for status in Status if (count := sheet.statuses[status])]
    yield "班數", "Duties", "、".join(duties) or "無勤務"
    flags = [f"{FLAG[flag][0]} {count}" for flag in Flag if (count := sheet.flags[flag])]
    yield "加註", "Flags", "、".join(flags) or "無"
    minutes = sheet.minutes
    hours = (
        f"工時 {_hours(minutes['worked'])}；加班 {_hours(minutes['overtime'])}："
        f"各班整小時 {sheet.overtime_hours}、餘數併計 {sheet.pooled_hours}、餘 {sheet.left_minutes} 分；"
        f"深夜 {_hours(minutes['night'])}"
    )
    yield "時數", "Hours", hours


def _hours(minutes: int) -> str:
    return f"{minutes // 60} 時 {minutes % 60} 分"
