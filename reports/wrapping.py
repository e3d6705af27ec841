"""How wide text is, and where it is broken into lines, before it comes to a template."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

# In ems of Noto Sans CJK TC, rounded up: what is as wide as a Chinese character, a capital, anything else in ASCII.
_WIDE, _CAPITAL, _NARROW = 1.0, 0.92, 0.6


@lru_cache(4096)
def broken(text: str, width: float) -> Sequence[str]:
    """A text in lines none of which is wider than so many ems."""
    # Widths are sums of fractions.
    width += 0.01
    if ems(text) <= width:
        return [text]
    lines, used = [""], 0.0
    for character in text:
        wide = ems(character)
        if used + wide > width and lines[-1]:
            # At a space if there is one, so that no word is torn.
            head, space, tail = lines[-1].rpartition(" ")
            lines[-1:] = [head, tail] if space and head else [lines[-1], ""]
            used = ems(lines[-1])
        lines[-1] += character
        used += wide
    return lines


def ems(text: str) -> float:
    """How wide a text is at most."""
    return sum(_ems(character) for character in text)


def _ems(character: str) -> float:
    if not character.isascii():
        return 0.0 if unicodedata.category(character) == "Mn" else _WIDE
    return _CAPITAL if character.isupper() or character in "@%mw" else _NARROW
