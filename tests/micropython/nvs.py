"""Reads an NVS partition image, written from Espressif's description of the format and not with the product's tools.

Source: ESP-IDF Programming Guide, "Non-Volatile Storage Library", "Structure of Pages" and "Structure of Entry".
"""

import struct

Values = dict[str, int | bytes]

_PAGE, _ENTRY, _ENTRIES_AT, _ENTRIES = 4096, 32, 64, 126
_EMPTY_PAGE = b"\xff" * 4
_WRITTEN = 0b10
_I32, _U8, _BLOB_DATA, _BLOB_INDEX = 0x14, 0x01, 0x42, 0x48


def read_image(image: bytes) -> dict[str, Values]:
    """The values of each namespace: numbers and blobs; other types are not used by the firmware."""
    names: dict[int, str] = {}
    found: dict[int, Values] = {}
    for at in range(0, len(image), _PAGE):
        page = image[at : at + _PAGE]
        if page[:4] != _EMPTY_PAGE:
            _read_page(page, names, found)
    return {names[number]: values for number, values in found.items()}


def _read_page(page: bytes, names: dict[int, str], found: dict[int, Values]) -> None:
    index = 0
    while index < _ENTRIES:
        state = page[32 + index // 4] >> (index % 4 * 2) & 0b11
        entry = page[_ENTRIES_AT + index * _ENTRY :][:_ENTRY]
        if state != _WRITTEN:
            index += 1
            continue
        namespace, kind, span = entry[0], entry[1], entry[2]
        key = entry[8:24].split(b"\0")[0].decode()
        if namespace == 0 and kind == _U8:
            names[entry[24]] = key
        elif kind == _I32:
            found.setdefault(namespace, {})[key] = struct.unpack_from("<i", entry, 24)[0]
        elif kind == _BLOB_DATA:
            size = struct.unpack_from("<H", entry, 24)[0]
            start = _ENTRIES_AT + (index + 1) * _ENTRY
            found.setdefault(namespace, {})[key] = page[start : start + size]
        elif kind != _BLOB_INDEX:
            raise AssertionError(f"entry of type 0x{kind:02x}")
        index += span
