"""One-time codes that people read from paper and type."""

import secrets
import unicodedata

# No 0/O, 1/I/L, U/V: a code is read from paper and typed on a phone. 28 letters: 4.8 bits each.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"[:28]
_GROUP = 4


def new_code(length: int) -> str:
    """A code of so many letters, at random."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def in_groups(code: str) -> str:
    """The code as it is shown: in groups of four."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def as_typed(text: str) -> str:
    """The code in what somebody typed: full-width or small letters, with or without the groups' marks."""
    return unicodedata.normalize("NFKC", text).upper().replace("-", "").replace(" ", "")
