"""Rich menu objects and their images. Source: Messaging API reference, "Rich menu structure"."""

import struct
from collections.abc import Iterator
from typing import Any

from tests.line_platform.checks.actions import Place, check_action
from tests.line_platform.checks.rules import (
    INVALID,
    MISSING,
    Path,
    Shape,
    Wrong,
    anything,
    boolean,
    items,
    number,
    text,
)
from tests.line_platform.errors import ApiError, Detail, body_errors

_WIDTH, _HEIGHT = (800, 2500), 250
_RATIO = 1.45
_IMAGE_BYTES = 1024 * 1024

_MENU = Shape(
    {"size": anything, "selected": boolean, "name": text(300), "chatBarText": text(14), "areas": items(0, 20)},
    ("size", "selected", "name", "chatBarText", "areas"),
)
_SIZE = Shape({"width": number(*_WIDTH), "height": number(_HEIGHT, _WIDTH[1] / _RATIO)}, ("width", "height"))
_SIDE = number(0, _WIDTH[1])
_BOUNDS = Shape({"x": _SIDE, "y": _SIDE, "width": _SIDE, "height": _SIDE}, ("x", "y", "width", "height"))


def check_rich_menu(menu: object) -> ApiError | None:
    """Return the answer LINE gives to a wrong rich menu object, or None."""
    wrongs = list(_menu(menu)) if isinstance(menu, dict) else [Wrong((), INVALID)]
    if not wrongs:
        return None
    return body_errors([Detail(wrong.dotted(), _words(wrong)) for wrong in wrongs])


def check_image(image: bytes) -> ApiError | None:
    """Return the answer LINE gives to an image it does not take, or None."""
    size = image_size(image)
    if size is None or len(image) > _IMAGE_BYTES:
        return ApiError(400, "The image size is not allowed for richmenu")
    width, height = size
    good = _WIDTH[0] <= width <= _WIDTH[1] and height >= _HEIGHT and width / height >= _RATIO
    return None if good else ApiError(400, "The image size is not allowed for richmenu")


def image_size(image: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG or JPEG image, or None when it is neither."""
    if image[:8] == b"\x89PNG\r\n\x1a\n" and len(image) >= 24:  # signature, then IHDR (PNG specification, 5.2, 11.2.2)
        return struct.unpack(">II", image[16:24])
    return _jpeg_size(image) if image[:2] == b"\xff\xd8" else None


def _jpeg_size(image: bytes) -> tuple[int, int] | None:
    # Segments: FF, marker, two bytes of length, payload. SOF0 to SOF15, but for DHT, JPG and DAC, hold the size
    # (ITU-T T.81, B.2.2).
    at = 2
    while at + 9 <= len(image):
        marker, length = image[at + 1], int.from_bytes(image[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", image[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


def _menu(menu: dict[str, Any]) -> Iterator[Wrong]:
    yield from _MENU.wrongs(menu, ())
    size = menu.get("size")
    if isinstance(size, dict):
        yield from _SIZE.wrongs(size, ("size",))
    areas = menu.get("areas")
    for i, area in enumerate(areas if isinstance(areas, list) else ()):
        yield from _area(area, ("areas", i))


def _area(area: object, path: Path) -> Iterator[Wrong]:
    if not isinstance(area, dict) or not isinstance(area.get("bounds"), dict):
        yield Wrong((*path, "bounds"), MISSING)
        return
    yield from _BOUNDS.wrongs(area["bounds"], (*path, "bounds"))
    yield from check_action(area.get("action"), Place.RICH_MENU, (*path, "action"))


def _words(wrong: Wrong) -> str:
    return "invalid uri" if wrong.message == "invalid uri scheme" else wrong.message
