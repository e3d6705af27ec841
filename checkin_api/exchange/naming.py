"""Names that HR gives: short, of one line, and of nothing that an address or a file's name could not have."""

import re
import unicodedata

from checkin_api.models.exchange import LONGEST_NAME

_NAME = re.compile(rf"\w[\w \-（）()]{{0,{LONGEST_NAME - 1}}}")


def tidy(name: str) -> str:
    """The name without blanks around it, its characters in one form."""
    return unicodedata.normalize("NFC", name).strip()


def wrong_name(name: str) -> str | None:
    """Why something may not be called so."""
    if not name:
        return "name: 不可空白 / may not be empty"
    if _NAME.fullmatch(name) is None:
        return (
            f"name: 最多 {LONGEST_NAME} 字，只能有文字、數字、空格、-、_、括號"
            f" / at most {LONGEST_NAME} letters, digits, spaces, -, _ and brackets"
        )
    return None
