"""UTF-8, UTF-16 with its BOM, or Big5; what is none is refused at its line, damaged UTF-8 is not read as Big5."""

import codecs

import pytest

from checkin_api.imports.encoding import encoding_of
from checkin_api.imports.outcome import BrokenFileError

LINES = "code,name\r\nU01,晨光派出所\r\nU02,松濤派出所\r\n"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"code,name\n", "code,name\n"),
        (LINES.encode(), LINES),
        (codecs.BOM_UTF8 + LINES.encode(), LINES),
        (LINES.encode("cp950"), LINES),
        (LINES.encode("utf-16"), LINES),
        (codecs.BOM_UTF16_BE + LINES.encode("utf-16-be"), LINES),
        ("碁€恒".encode("cp950"), "碁€恒"),
    ],
)
def test_text_in_an_accepted_encoding_is_read(content: bytes, text: str):
    assert content.decode(encoding_of(content)) == text


@pytest.mark.parametrize(
    ("content", "line", "word"),
    [
        (b"code\nA\nB\xff\n", 3, "0xFF"),
        (b"code\rA\rB\xff\r", 3, "0xFF"),
        (LINES.encode() + b"U03,\xff\r\n", 4, "0xFF"),
        (LINES.encode("cp950") + b"U03,\xff\r\n", 4, "0xFF"),
        (codecs.BOM_UTF8 + b"code\n\xa4\xa4\n", 2, "0xA4"),
        # Half a character at the end: written halfway.
        (LINES.encode()[:-9], 3, "0x"),
        # A character of an office's own, which Hong Kong's Big5 would silently read as another one.
        (b"code,name\nU01," + "王".encode("cp950") + b"\xfa\x40\n", 2, "0xFA"),
        (b"code\nA\0\n", 2, "NUL"),
        (LINES.encode("utf-16-le"), 1, "NUL"),
        (LINES.encode("utf-16")[:-1], 3, "UTF-16"),
    ],
)
def test_other_bytes_are_refused_at_the_line_of_the_first_wrong_one(content: bytes, line: int, word: str):
    with pytest.raises(BrokenFileError, match=word) as refused:
        encoding_of(content)
    assert refused.value.line == line


@pytest.mark.parametrize("cut", ["派警袁".encode()[:-1], "孫孫".encode()[:-2]])
def test_damaged_utf_8_is_refused_even_where_big5_would_read_nonsense(cut: bytes):
    damaged = b"code,name\nU01," + cut
    damaged.decode("cp950")
    with pytest.raises(BrokenFileError) as refused:
        encoding_of(damaged)
    assert refused.value.line == 2
