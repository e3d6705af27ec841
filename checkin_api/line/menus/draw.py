"""``python -m checkin_api.line.menus.draw [FOLDER]``: draws the menus' pictures; needs Pillow and Noto Sans CJK."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from checkin_api.line.menus import PICTURES, Cell, Picture

# Drawn larger and made smaller, which smooths the edges.
_SCALE = 2
_COLOURS = 64
# In PNG's own text chunk: what is drawn.
TOLD = "Description"

_PAPER, _INK, _FAINT, _LINE, _WHITE = "#F4F6FA", "#14284B", "#4A5670", "#C9D1DF", "#FFFFFF"
_ICON, _ZH, _EN = 190, 150, 66
_STROKE = 20
_BEHIND_LINK = next(cell.colour for picture in PICTURES for cell in picture.cells if cell.icon == "link")

Pen = ImageDraw.ImageDraw


def draw(picture: Picture) -> Image.Image:
    """The picture of a menu."""
    width, height = picture.size
    image = Image.new("RGB", (width * _SCALE, height * _SCALE), _PAPER)
    pen = ImageDraw.Draw(image)
    for cell, (x, y, wide, high) in zip(picture.cells, picture.bounds(), strict=True):
        _cell(pen, cell, (x * _SCALE, y * _SCALE, wide * _SCALE, high * _SCALE))
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _cell(pen: Pen, cell: Cell, bounds: tuple[int, int, int, int]) -> None:
    x, y, width, height = bounds
    ink, faint = (_WHITE, _WHITE) if cell.colour else (_INK, _FAINT)
    edge = 4 * _SCALE
    pen.rectangle((x, y, x + width, y + height), fill=cell.colour or _PAPER, outline=_LINE, width=edge)
    middle = x + width / 2
    _ICONS[cell.icon](pen, middle, y + height * 0.3, _ICON * _SCALE / 2, ink)
    font = _font("Bold", _ZH * _SCALE)
    pen.text((middle, y + height * 0.62), cell.zh, font=font, fill=ink, anchor="mm")
    pen.text((middle, y + height * 0.83), cell.en, font=_font("Regular", _EN * _SCALE), fill=faint, anchor="mm")


def _arrow(pen: Pen, begin: float, end: float, y: float, ink: str) -> None:
    width, head = _STROKE * _SCALE, 46 * _SCALE
    pen.line((begin, y, end - head / 2, y), fill=ink, width=width)
    pen.polygon([(end, y), (end - head, y - head * 0.8), (end - head, y + head * 0.8)], fill=ink)


def _door(pen: Pen, x: float, y: float, r: float, ink: str) -> None:
    """Half a frame, open at ``x``, with what is left of its fourth side; a negative ``r`` opens it to the right."""
    width, height = _STROKE * _SCALE, abs(r)
    corners = [(x, y - height), (x + r, y - height), (x + r, y + height), (x, y + height)]
    pen.line(corners, fill=ink, width=width, joint="curve")
    for end in (-height, height):
        pen.line([(x, y + end), (x, y + end * 0.55)], fill=ink, width=width)
        pen.rectangle((x - width / 2, y + end - width / 2, x + width / 2, y + end + width / 2), fill=ink)


def _arrive(pen: Pen, x: float, y: float, r: float, ink: str) -> None:
    _door(pen, x + r * 0.2, y, r, ink)
    _arrow(pen, x - r * 1.2, x + r * 0.65, y, ink)


def _leave(pen: Pen, x: float, y: float, r: float, ink: str) -> None:
    _door(pen, x - r * 0.2, y, -r, ink)
    _arrow(pen, x - r * 0.65, x + r * 1.2, y, ink)


def _phone(pen: Pen, x: float, y: float, r: float, ink: str) -> None:
    width = _STROKE * _SCALE
    pen.rounded_rectangle(
        (x - r * 0.72, y - r * 1.08, x + r * 0.72, y + r * 1.08), radius=r * 0.2, outline=ink, width=width
    )
    pen.line((x - r * 0.15, y + r * 0.78, x + r * 0.15, y + r * 0.78), fill=ink, width=width // 2)
    tick = [(x - r * 0.32, y - r * 0.1), (x - r * 0.06, y + r * 0.16), (x + r * 0.34, y - r * 0.34)]
    pen.line(tick, fill=ink, width=width, joint="curve")


def _sheet(pen: Pen, x: float, y: float, r: float, ink: str) -> None:
    """A sheet of a calendar, its head filled."""
    width = _STROKE * _SCALE
    pen.rounded_rectangle((x - r, y - r * 0.85, x + r, y + r), radius=r * 0.14, outline=ink, width=width)
    pen.rectangle((x - r + width / 2, y - r * 0.8, x + r - width / 2, y - r * 0.35), fill=ink)
    for side in (-0.5, 0.5):
        pen.line((x + side * r, y - r * 1.08, x + side * r, y - r * 0.6), fill=ink, width=width)


def _calendar(pen: Pen, x: float, y: float, r: float, ink: str) -> None:
    _sheet(pen, x, y, r, ink)
    half = r * 0.1
    for row in (0.0, 0.45):
        for column in (-0.5, 0.0, 0.5):
            at = (x + column * r, y + row * r)
            pen.rectangle((at[0] - half, at[1] - half, at[0] + half, at[1] + half), fill=ink)


def _day(pen: Pen, x: float, y: float, r: float, ink: str) -> None:
    _sheet(pen, x, y, r, ink)
    width = _STROKE * _SCALE
    tick = [(x - r * 0.42, y + r * 0.28), (x - r * 0.1, y + r * 0.58), (x + r * 0.45, y - r * 0.02)]
    pen.line(tick, fill=ink, width=width, joint="curve")


def _clock(pen: Pen, x: float, y: float, r: float, ink: str) -> None:
    width = _STROKE * _SCALE
    pen.ellipse((x - r, y - r, x + r, y + r), outline=ink, width=width)
    pen.line([(x, y - r * 0.55), (x, y + r * 0.05), (x + r * 0.42, y + r * 0.3)], fill=ink, width=width, joint="curve")


def _question(pen: Pen, x: float, y: float, r: float, ink: str) -> None:
    pen.ellipse((x - r, y - r, x + r, y + r), outline=ink, width=_STROKE * _SCALE)
    pen.text((x, y), "?", font=_font("Bold", round(r * 1.35)), fill=ink, anchor="mm")


def _link(pen: Pen, x: float, y: float, r: float, ink: str) -> None:
    width = _STROKE * _SCALE
    for middle in (x - r * 0.72, x + r * 0.72):
        box = (middle - r * 0.68, y - r * 0.45, middle + r * 0.68, y + r * 0.45)
        pen.rounded_rectangle(box, radius=r * 0.45, outline=ink, width=width)
    # The middle is open, and a bar goes through it.
    pen.rectangle((x - r * 0.24, y - r * 0.46, x + r * 0.24, y + r * 0.46), fill=_BEHIND_LINK)
    pen.line((x - r * 0.6, y, x + r * 0.6, y), fill=ink, width=width)


_ICONS: dict[str, Callable[[Pen, float, float, float, str], None]] = {
    "arrive": _arrive,
    "leave": _leave,
    "phone": _phone,
    "calendar": _calendar,
    "day": _day,
    "clock": _clock,
    "question": _question,
    "link": _link,
}


def _font(style: str, size: int) -> ImageFont.FreeTypeFont:
    """Noto Sans CJK in its Traditional Chinese forms, from wherever this machine keeps it."""
    asked = ["fc-match", "--format", "%{family}\n%{file}\n%{index}", f"Noto Sans CJK TC:style={style}"]
    found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout  # noqa: S603 (words of our own)
    family, file, index = found.split("\n")
    if "Noto Sans CJK TC" not in family:
        sys.exit("error: Noto Sans CJK is not installed:  apt-get install fonts-noto-cjk")
    return ImageFont.truetype(file, size, index=int(index))


def main() -> None:
    """Write all pictures into the folder, or beside this module."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for picture in PICTURES:
        told = PngInfo()
        told.add_text(TOLD, picture.told())
        # Flat colours need few; what is left of the smoothed edges looks the same.
        few = draw(picture).quantize(_COLOURS, dither=Image.Dither.NONE)
        few.save(folder / f"{picture.name}.png", optimize=True, pnginfo=told)


if __name__ == "__main__":
    main()
