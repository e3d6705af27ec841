"""The two rich menus: what is on them, where, what a tap does; their pictures are drawn by ``draw`` and lie beside."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from checkin_api.domain.ids import Direction, MenuKind
from checkin_api.line import buttons
from checkin_api.line.buttons import Action

# Source: Messaging API reference, "Rich menu": 800 to 2500 wide, at most 1 MB; these are LINE's own two sizes.
WIDTH, HEIGHT, HALF_HEIGHT = 2500, 1686, 843
# By this an earlier run's menus are known among those of other programs.
NAME_PREFIX = "police-checkin"
_DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a menu; ``icon`` is a function of ``draw``, ``colour`` what is behind it, "" for the plain ones."""

    zh: str
    en: str
    icon: str
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of a menu: a grid of cells, read row by row."""

    name: str
    columns: int
    cells: Sequence[Cell]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return WIDTH, HEIGHT if len(self.cells) > self.columns else HALF_HEIGHT

    def bounds(self) -> list[tuple[int, int, int, int]]:
        """Where each cell is: x, y, width, height; without a gap, so that no tap is lost."""
        width, height = self.size
        rows = len(self.cells) // self.columns
        xs = [round(width * column / self.columns) for column in range(self.columns + 1)]
        ys = [round(height * row / rows) for row in range(rows + 1)]
        return [
            (xs[column], ys[row], xs[column + 1] - xs[column], ys[row + 1] - ys[row])
            for row in range(rows)
            for column in range(self.columns)
        ]

    def told(self) -> str:
        """What is drawn, as the picture says it of itself; a picture that says something else is out of date."""
        cells = [[cell.zh, cell.en, cell.icon, cell.colour] for cell in self.cells]
        return json.dumps([self.columns, cells])

    def png(self) -> bytes:
        """The picture as it is shipped."""
        return (resources.files(__name__) / f"{self.name}.png").read_bytes()


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu to create with LINE; ``name`` carries a digest of all of it, so that an unchanged one is known."""

    kind: MenuKind
    name: str
    digest: str
    body: dict[str, Any]
    png: bytes


_SIGN_IN = Cell("簽到", "Sign in", "arrive", "#0B6B3A")
_SIGN_OUT = Cell("簽退", "Sign out", "leave", "#1B4F8F")
_PAGE = Cell("簽到頁", "Check-in page", "phone")
_TODAY = Cell("今天", "Today", "day")
_MONTH = Cell("本月", "Month", "calendar")
_FORGOT = Cell("忘記打卡", "Forgot to punch", "clock")
_HELP = Cell("說明", "Help", "question")
_BIND = Cell("綁定", "Enrol", "link", "#0B6B3A")

_WITH_PAGE = Picture("enrolled", 3, (_SIGN_IN, _SIGN_OUT, _PAGE, _MONTH, _FORGOT, _HELP))
_IN_CHAT = Picture("enrolled-chat", 3, (_SIGN_IN, _SIGN_OUT, _TODAY, _MONTH, _FORGOT, _HELP))
_NEW = Picture("new", 2, (_BIND, _HELP))
PICTURES = (_WITH_PAGE, _IN_CHAT, _NEW)


def menus(liff_id: str) -> list[Menu]:
    """Both menus; without a LIFF page everything is done in the chat."""
    page = buttons.page(liff_id, _PAGE.zh, "Page") if liff_id else buttons.today()
    bind = buttons.page(liff_id, _BIND.zh, _BIND.en) if liff_id else buttons.bind_in_chat()
    punches = buttons.both_punches(Direction.IN)
    enrolled = [*punches, page, buttons.month(), buttons.forgot(), buttons.help_()]
    return [
        _menu(MenuKind.ENROLLED, _WITH_PAGE if liff_id else _IN_CHAT, enrolled, "簽到選單 Menu"),
        _menu(MenuKind.NEW, _NEW, [bind, buttons.help_()], "綁定 Enrol"),
    ]


def _menu(kind: MenuKind, picture: Picture, actions: Sequence[Action], chat_bar: str) -> Menu:
    width, height = picture.size
    body: dict[str, Any] = {
        "size": {"width": width, "height": height},
        "selected": True,
        "chatBarText": chat_bar,
        "areas": [
            {"bounds": {"x": x, "y": y, "width": wide, "height": high}, "action": action}
            for (x, y, wide, high), action in zip(picture.bounds(), actions, strict=True)
        ],
    }
    png = picture.png()
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode() + png).hexdigest()[:_DIGEST_LENGTH]
    name = f"{NAME_PREFIX}:{kind}:{digest}"
    return Menu(kind, name, digest, {**body, "name": name}, png)
