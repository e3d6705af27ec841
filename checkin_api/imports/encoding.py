"""Which encoding the bytes of a file are in: UTF-8, UTF-16 with its BOM, or Big5 as Windows writes it."""

import codecs

from checkin_api.imports.outcome import BrokenFileError

# Reads UTF-8 with and without BOM.
UTF_8 = "utf-8-sig"
# Windows' Big5, which Excel in Taiwan writes. Not big5hkscs: it reads the bytes that Taiwanese offices use for
# characters of their own (FA40 and up) as Hong Kong's, and a wrong name is worse than a refused file.
BIG5 = "cp950"
# The first character that takes three bytes in UTF-8; Chinese characters all do.
_THREE_BYTES = "\u0800"
_SAVE_AS = "請另存為「CSV UTF-8」 / save it as CSV UTF-8"


def encoding_of(content: bytes) -> str:
    """The name of the codec that reads the whole file.

    Raises:
        BrokenFileError: the bytes are neither, with the line of the first wrong one.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _utf_16(content)
    nul = content.find(b"\0")
    if nul >= 0:
        raise BrokenFileError(_line(content, nul), f"檔案含有 NUL 位元組，{_SAVE_AS}: NUL byte")
    wrong_in_utf_8 = _first_wrong_byte(content, "utf-8")
    if wrong_in_utf_8 is None:
        return UTF_8
    if _is_damaged_utf_8(content):
        raise _not_text(content, wrong_in_utf_8)
    wrong_in_big5 = _first_wrong_byte(content, BIG5)
    if wrong_in_big5 is None:
        return BIG5
    # The encoding that got further is the one that was meant.
    raise _not_text(content, max(wrong_in_utf_8, wrong_in_big5))


def _utf_16(content: bytes) -> str:
    wrong = _first_wrong_byte(content, "utf-16")
    if wrong is None:
        return "utf-16"
    line = 1 + content[:wrong].decode("utf-16", errors="ignore").count("\n")
    raise BrokenFileError(line, f"UTF-16 不完整，{_SAVE_AS}: broken UTF-16")


def _first_wrong_byte(content: bytes, encoding: str) -> int | None:
    try:
        content.decode(encoding)
    except UnicodeDecodeError as exc:
        return exc.start
    return None


def _is_damaged_utf_8(content: bytes) -> bool:
    """Whether this is UTF-8 with some wrong bytes, which Big5 might read as nonsense instead of refusing it."""
    if content.startswith(codecs.BOM_UTF8):
        return True
    text = content.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    whole = sum(char >= _THREE_BYTES for char in text) - wrong
    return whole > 0 and whole >= wrong


def _not_text(content: bytes, position: int) -> BrokenFileError:
    byte = content[position]
    return BrokenFileError(
        _line(content, position),
        f"位元組 0x{byte:02X} 不是 UTF-8 也不是 Big5，{_SAVE_AS}: byte 0x{byte:02X} is neither UTF-8 nor Big5",
    )


def _line(content: bytes, position: int) -> int:
    """The line of a byte; lines end in LF, CR or both."""
    before = content[:position]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
