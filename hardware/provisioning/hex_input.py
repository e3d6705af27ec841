"""Bytes as people paste them from a phone app, a log or a data sheet."""

import re

from hardware.provisioning.words import Text

# An advertisement has 31 bytes; an extended one 255. More than that is a paste of something else.
_MAX_LENGTH = 255
_SEPARATORS = re.compile(r"[\s:,\-]+")
_NOT_HEX = re.compile(r"[^0-9a-fA-F]")


class HexInputError(ValueError):
    """Not hexadecimal bytes; ``text`` says in both languages what to do."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


def parse_hex(pasted: str) -> bytes:
    """The bytes; spaces, colons, commas, hyphens and ``0x`` are for the eye.

    Raises:
        HexInputError: nothing, something that is no hex digit, an odd number of digits, or more than 255 bytes.
    """
    digits = "".join(part.removeprefix("0x").removeprefix("0X") for part in _SEPARATORS.split(pasted))
    if not digits:
        raise HexInputError(
            Text("沒有內容：請貼上廣播的十六進位位元組", "nothing given: paste the advertisement's hex")
        )
    if stray := _NOT_HEX.search(digits):
        wrong = ascii(stray.group())
        raise HexInputError(
            Text(f"{wrong} 不是十六進位數字：只用 0-9 與 a-f", f"{wrong} is no hex digit: use only 0-9 and a-f")
        )
    if len(digits) % 2:
        raise HexInputError(
            Text(
                f"{len(digits)} 個數字是奇數：每個位元組兩個數字，請檢查是否漏貼",
                f"{len(digits)} digits is odd: a byte has two; check that none was lost when pasting",
            )
        )
    if len(digits) // 2 > _MAX_LENGTH:
        raise HexInputError(
            Text(
                f"{len(digits) // 2} 個位元組太長：廣播最多 31 個，請只貼一則廣播",
                f"{len(digits) // 2} bytes is too long: an advertisement has at most 31; paste one only",
            )
        )
    return bytes.fromhex(digits)
