"""Tables as the PDF's template takes them: widths that fit the page, lines broken to them, rows in stripes; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reports.wrapping import broken, ems

# A4 in landscape less the template's margins, and what a column has left and right of its text, in millimetres.
_PAGE, _PADDING = 273.0, 0.6
_MM_A_POINT = 25.4 / 72
# A wide table is set smaller; below this nobody can read it, and its texts are broken instead.
_SIZES = (8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0)
_GOOD_SIZE = 6.5
_SHORT_EMS = 4.0
_WIDEST_EMS, _NARROWEST_EMS = 26.0, 2.0
# English headings, of the size of the table.
_ENGLISH = 0.75
# Of the size of the table: from one line to the next.
_LINE = 1.55
# Rows that are laid out together, and stay on one page together.
_ROWS_A_STRIPE = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as text: headings in zh-TW and English, which columns are on the right, which are days off."""

    zh: str
    en: str
    heads: Sequence[tuple[str, str]]
    right: Sequence[bool]
    off: Sequence[bool]
    rows: Sequence[Sequence[str]]


def laid_out(table: Shown) -> dict[str, Any]:
    """A table as plain data."""
    size, widths = _fitted(table)
    room = [width - 2 * _PADDING for width in widths]
    em = size * _MM_A_POINT
    edges = [0.0]
    for width in widths:
        edges.append(edges[-1] + width)
    return {
        "zh": table.zh,
        "en": table.en,
        "size": size,
        "row": size * _MM_A_POINT * _LINE,
        "padding": _PADDING,
        "widths": widths,
        "edges": edges,
        "full": edges[-1],
        "right": list(table.right),
        "off": [[edges[at], edges[at + 1]] for at, is_off in enumerate(table.off) if is_off],
        "heads": [
            ["\n".join(broken(zh, wide / em)), "\n".join(_english(en, wide / em / _ENGLISH))]
            for (zh, en), wide in zip(table.heads, room, strict=True)
        ],
        "stripes": list(_stripes(table, [wide / em for wide in room])),
    }


def _english(en: str, wide: float) -> Sequence[str]:
    """An English heading in whole words; none where a word does not fit."""
    return broken(en, wide) if max(map(ems, en.split()), default=0.0) <= wide else ()


def _fitted(table: Shown) -> tuple[float, list[float]]:
    """The largest size at which everything fits, and the widths; at the smallest the widest columns give way."""
    heads = [_head_ems(zh, en) for zh, en in table.heads]
    cells = [max((ems(row[at]) for row in table.rows), default=0.0) for at in range(len(heads))]
    for size in _SIZES:
        # Below a good size, headings are broken wherever it suits the cells.
        least = heads if size >= _GOOD_SIZE else [_NARROWEST_EMS] * len(heads)
        wanted = [min(_WIDEST_EMS, max(pair)) for pair in zip(cells, least, strict=True)]
        widths = [wide * size * _MM_A_POINT + 2 * _PADDING for wide in wanted]
        if sum(widths) <= _PAGE:
            # What is left over is shared, up to half as wide again.
            share = min(1.5, _PAGE / sum(widths))
            return size, [width * share for width in widths]
    # Short columns, a name or a number, are never broken; the others share what is left.
    short = _SHORT_EMS * size * _MM_A_POINT + 2 * _PADDING
    long = [width for width in widths if width > short]
    most = max(_most(long, _PAGE - sum(widths) + sum(long)), _PAGE / len(widths) / 2)
    return size, [min(width, most) if width > short else width for width in widths]


def _head_ems(zh: str, en: str) -> float:
    """How wide a column's headings are: zh-TW on two lines, English with whole words."""
    return max(_NARROWEST_EMS, ems(zh) / 2 + 0.5, max(map(ems, en.split()), default=0.0) * _ENGLISH)


def _most(widths: Sequence[float], full: float) -> float:
    """The width that none may pass, for all to fit."""
    left = full
    for number, width in enumerate(ordered := sorted(widths)):
        fair = left / (len(ordered) - number)
        if width > fair:
            return fair
        left -= width
    return full


def _stripes(table: Shown, room: Sequence[float]) -> Iterator[dict[str, Any]]:
    for begin in range(0, len(table.rows), _ROWS_A_STRIPE):
        rules, grey = [0], []
        columns: list[list[str]] = [[] for _ in room]
        for number, row in enumerate(table.rows[begin : begin + _ROWS_A_STRIPE], begin):
            # A number is never broken.
            cells = [
                (cell,) if is_right else broken(cell, wide)
                for cell, wide, is_right in zip(row, room, table.right, strict=True)
            ]
            height = max(map(len, cells))
            if number % 2:
                grey.append([rules[-1], rules[-1] + height])
            rules.append(rules[-1] + height)
            for column, lines in zip(columns, cells, strict=True):
                column += [*lines, *("",) * (height - len(lines))]
        yield {"rules": rules, "grey": grey, "columns": ["\n".join(column) for column in columns]}
