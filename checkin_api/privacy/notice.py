"""The notice 告知事項: its version, and its text in both languages as plain parts, which a page shows as text."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from checkin_api.config import Settings
from checkin_api.privacy.retention import Period, retention

# Of the text with the product's own periods; raised with every change of either. A test holds the two together.
VERSION = "1"
Language = Literal["zh", "en"]
_LANGUAGES: tuple[Language, Language] = ("zh", "en")
_BETWEEN = " / "


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its paragraphs."""

    heading: str
    paragraphs: list[str]


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of data: what it is, what for, how long it is kept, who sees it."""

    data: str
    what: str
    why: str
    kept: str
    who: str


@dataclass(frozen=True, slots=True)
class Table:
    """What is stored, with the headings of its columns."""

    heading: str
    columns: dict[str, str]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Notice:
    """The notice in one language."""

    title: str
    sections: list[Section]
    table: Table


def notice_version(periods: Mapping[str, Period]) -> str:
    """The version of the notice with these periods: another for other periods, and everybody is then asked again."""
    if periods == retention(Settings.model_construct()):
        return VERSION
    days = json.dumps({kind: period.days for kind, period in periods.items()}, sort_keys=True)
    return f"{VERSION}-{hashlib.sha256(days.encode()).hexdigest()[:8]}"


def notice(periods: Mapping[str, Period], *, agency: str, contact: str) -> dict[Language, Notice]:
    """The notice in zh-TW and English.

    Args:
        periods: How long each kind of data is kept.
        agency: Who collects; "zh / en", or one name for both.
        contact: Whom to ask, likewise.
    """
    return {language: _in(language, periods, agency, contact) for language in _LANGUAGES}


def _in(language: Language, periods: Mapping[str, Period], agency: str, contact: str) -> Notice:
    text = _text(language)
    names = {"{agency}": _half(agency, language), "{contact}": _half(contact, language)}
    return Notice(
        text["title"],
        [
            Section(each["heading"], [_filled(paragraph, names) for paragraph in each["paragraphs"]])
            for each in text["sections"]
        ],
        Table(
            text["table"]["heading"],
            text["table"]["columns"],
            [
                Row(kept=periods[row["data"]].words()[_LANGUAGES.index(language)], **row)
                for row in text["table"]["rows"]
            ],
        ),
    )


def _half(both: str, language: Language) -> str:
    zh, _, en = both.partition(_BETWEEN)
    return zh if language == "zh" else en or zh


def _filled(paragraph: str, names: dict[str, str]) -> str:
    for placeholder, name in names.items():
        paragraph = paragraph.replace(placeholder, name)
    return paragraph[:1].upper() + paragraph[1:]


@cache
def _text(language: Language) -> Any:
    return json.loads(Path(__file__).with_name(f"notice.{language}.json").read_text("utf-8"))
