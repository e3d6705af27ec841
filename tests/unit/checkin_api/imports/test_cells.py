"""What each kind of cell accepts, and that everything else is refused."""

from datetime import date, time

import pytest

from checkin_api.domain.ids import ZoneMode
from checkin_api.imports.cells import (
    CellError,
    boolean,
    clean,
    degrees,
    hardware_id,
    iso_date,
    one_of,
    text,
    time_of_day,
    timezone,
    whole_number,
)

minutes = whole_number(0, 1440)
latitude = degrees(90)
mode = one_of(ZoneMode)

ACCEPTED = [
    (text, "=1+1", "=1+1"),
    (text, "-王小明", "-王小明"),
    (minutes, "0", 0),
    (minutes, "1440", 1440),
    (minutes, "007", 7),
    (latitude, "24.1477", 24.1477),
    (latitude, "-90", -90.0),
    (latitude, "+12.5", 12.5),
    (time_of_day, "00:00", time(0, 0)),
    (time_of_day, "23:59", time(23, 59)),
    (iso_date, "2024-02-29", date(2024, 2, 29)),
    (mode, "auto", ZoneMode.AUTO),
    (hardware_id, "0123456789", "0123456789"),
    (hardware_id, "ABCDEF0123", "abcdef0123"),
    (timezone, "Asia/Taipei", "Asia/Taipei"),
    *[(boolean, word, True) for word in ("true", "TRUE", "1", "yes", "是")],
    *[(boolean, word, False) for word in ("false", "False", "0", "no", "否")],
]

REFUSED = [
    *[(minutes, cell) for cell in ("-1", "1441", "1.5", "1e2", "1_0", "１２", "abc", "9" * 5000, "0x1")],
    *[(latitude, cell) for cell in ("90.1", "-91", "nan", "inf", "1e1", "24,5", "24°", "٢٤")],
    *[(time_of_day, cell) for cell in ("24:00", "8:00", "08:60", "08:00:00", "0800", "08：00", "٠٨:٠٠")],
    *[(iso_date, cell) for cell in ("2026-02-29", "2026-13-01", "20261123", "2026/11/23", "115-11-23", "0115-11-23")],
    *[(iso_date, cell) for cell in ("9999-12-31", "2026-W48-1", "2026-11-23T00:00", "０２６-11-23")],
    *[(mode, cell) for cell in ("AUTO", "automatic", "自動")],
    *[(boolean, cell) for cell in ("2", "y", "on", "對")],
    *[(hardware_id, cell) for cell in ("012345678", "01234567890", "01234g6789", "01:23:45:67", "０123456789")],
    *[(timezone, cell) for cell in ("Taipei", "Asia", "UTC+8", "../../etc/passwd", "/etc/passwd", "台北", "x" * 9999)],
]


@pytest.mark.parametrize(("parse", "cell", "value"), ACCEPTED)
def test_an_accepted_cell_becomes_its_value(parse, cell, value):
    assert parse(cell) == value


@pytest.mark.parametrize(("parse", "cell"), REFUSED)
def test_any_other_cell_is_refused_in_one_short_line_in_both_languages(parse, cell):
    with pytest.raises(CellError) as refused:
        parse(cell)
    message = str(refused.value)
    assert " / " in message
    assert len(message) < 160
    assert message.isprintable()


@pytest.mark.parametrize("cell", [" A012 ", "\u3000A012\u3000", "A012"])
def test_surrounding_spaces_are_no_part_of_a_cell(cell: str):
    assert clean(cell) == "A012"


@pytest.mark.parametrize(
    "char", ["\0", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\u200b", "\u202e", "\u2028", "\ufeff", "\ufffd"]
)
def test_control_invisible_and_lost_characters_are_refused_by_code_point(char: str):
    for cell in (f"A{char}012", f"A012{char}"):
        with pytest.raises(CellError, match=rf"U\+{ord(char):04X}"):
            clean(cell)
