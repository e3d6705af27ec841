"""Which characters a font can draw, read from the file itself, and what is printed for the others."""

import struct
import unicodedata
from collections.abc import Set as AbstractSet
from functools import lru_cache
from pathlib import Path

# What printers in Taiwan and Japan set where a character is missing.
MISSING = "〓"

# Source: OpenType 1.9.1, "Font collections", "cmap": Unicode full repertoire is platform 0 or 3, format 12.
_FORMAT_12 = 12
_UNICODE, _WINDOWS = 0, 3
# Variation selectors choose a shape of the character before them and are none themselves.
_SELECTORS = frozenset([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])


@lru_cache(4)
def covered(path: Path, index: int) -> AbstractSet[int]:
    """The code points that a font of a file has glyphs for."""
    content = path.read_bytes()
    begin = struct.unpack_from(">I", content, 12 + 4 * index)[0] if content[:4] == b"ttcf" else 0
    for number in range(struct.unpack_from(">H", content, begin + 4)[0]):
        tag, _, offset, _ = struct.unpack_from(">4sIII", content, begin + 12 + 16 * number)
        if tag == b"cmap":
            return frozenset(_code_points(content, offset))
    return frozenset()


def _code_points(content: bytes, cmap: int) -> set[int]:
    found: set[int] = set()
    for number in range(struct.unpack_from(">H", content, cmap + 2)[0]):
        platform, _, offset = struct.unpack_from(">HHI", content, cmap + 4 + 8 * number)
        table = cmap + offset
        if platform in {_UNICODE, _WINDOWS} and struct.unpack_from(">H", content, table)[0] == _FORMAT_12:
            for group in range(struct.unpack_from(">I", content, table + 12)[0]):
                first, last, _ = struct.unpack_from(">III", content, table + 16 + 12 * group)
                found.update(range(first, last + 1))
    return found


def drawable(text: str, has: AbstractSet[int]) -> str:
    """The text on one line, with 〓 and the code point for each character that there is no glyph for.

    A name must not lose a character unseen, nor turn round or break the line it stands on.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_drawable(character, has) for character in text)


def _drawable(character: str, has: AbstractSet[int]) -> str:
    code, category = ord(character), unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp", "Zs"}:
        return "　" if character == "　" else " "
    if code in _SELECTORS or (code in has and category not in {"Cf", "Cs", "Co"}):
        return character
    return f"{MISSING}(U+{code:04X})"
