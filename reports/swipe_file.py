"""The swipe file: punches as lines that the city's attendance system imports, laid out by a profile."""

import codecs
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import BinaryIO, assert_never

from checkin_api.errors import CheckinError
from reports.swipe_profile import (
    AnyField,
    CodeField,
    DateField,
    DatePattern,
    DeviceField,
    OfficerField,
    Profile,
    TextField,
    TimeField,
    TimePattern,
    bare,
    fit,
)
from reports.swipes import Swipe

# As many problems as a person reads at one time; the rest is counted.
SHOWN_PROBLEMS = 50
# The year of the Republic 民國: 1912 is its first. Source: 中華民國紀元, used by every office in Taiwan.
_ROC = 1911
# Source: OWASP, "CSV Injection": somebody opens the file in Excel before the city's system does.
FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class SwipeProblem:
    """Why punches cannot be written as the profile says, and how many of them."""

    message: str
    punches: int

    def __str__(self) -> str:
        return f"{self.message}（{self.punches} 筆 / punches: {self.punches}）"


class SwipeRefusedError(CheckinError):
    """The file is not written; carries every problem with the officer or zone it is about."""

    def __init__(self, problems: Sequence[SwipeProblem]) -> None:
        self.problems = tuple(problems)
        lines = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        if len(self.problems) > SHOWN_PROBLEMS:
            more = len(self.problems) - SHOWN_PROBLEMS
            lines.append(f"…另有 {more:,} 個問題 / …and {more:,} more")
        super().__init__("\n".join(lines))


@dataclass(frozen=True, slots=True)
class WrittenSwipes:
    """How many lines of punches a file has, and the SHA-256 of its bytes."""

    punches: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The lines that a profile makes of some punches, what is wrong with the others, and what to know."""

    lines: tuple[str, ...]
    problems: tuple[SwipeProblem, ...]
    notes: tuple[str, ...]


def render(profile: Profile, punches: Iterable[Swipe], outfile: BinaryIO) -> WrittenSwipes:
    """Write the punches in the order of their times, or nothing at all.

    Raises:
        SwipeRefusedError: a value does not fit its field, a zone has no device number, the encoding lacks characters.
    """
    lines = _Lines(profile)
    content = bytearray(codecs.BOM_UTF8 if profile.encoding == "utf-8-sig" else b"")
    end = b"\r\n" if profile.line_end == "crlf" else b"\n"
    if profile.header:
        content += lines.header() + end
    count = 0
    for line in lines.of(punches):
        content += line + end
        count += 1
    if lines.problems:
        raise SwipeRefusedError(lines.in_words())
    outfile.write(content)
    return WrittenSwipes(count, hashlib.sha256(content).hexdigest())


def preview(profile: Profile, punches: Iterable[Swipe]) -> Preview:
    """What the file would say of some punches."""
    lines = _Lines(profile)
    header = [lines.header()] if profile.header else []
    made = [line.decode(bare(profile.encoding)) for line in (*header, *lines.of(punches))]
    return Preview(tuple(made), lines.in_words(), profile.notes)


@lru_cache(4096)
def date_text(day: date, pattern: DatePattern) -> str | None:
    """A date as the pattern says; None for a date before the Republic where the pattern counts from it."""
    if "RRR" in pattern:
        if day.year <= _ROC:
            return None
        year = pattern.replace("RRR", f"{day.year - _ROC:03}")
    else:
        year = pattern.replace("YYYY", f"{day.year:04}")
    return year.replace("MM", f"{day.month:02}").replace("DD", f"{day.day:02}")


@lru_cache(4096)
def time_text(at: time, pattern: TimePattern) -> str:
    """A time of day as the pattern says, the rest dropped."""
    return pattern.replace("HH", f"{at.hour:02}").replace("MM", f"{at.minute:02}").replace("SS", f"{at.second:02}")


class _Lines:
    """Punches into lines, with the problems met on the way; each text is fitted into its field once."""

    def __init__(self, profile: Profile) -> None:
        self.problems: Counter[str] = Counter()
        self._profile = profile
        self._separator = (profile.separator or "").encode()
        self._fitted: dict[tuple[int, str], bytes | str] = {}

    def in_words(self) -> tuple[SwipeProblem, ...]:
        return tuple(SwipeProblem(message, count) for message, count in self.problems.items())

    def header(self) -> bytes:
        # The profile has been checked: every label fits.
        labels = (fit(field.label, field, self._profile) for field in self._profile.fields)
        return self._separator.join(label for label in labels if isinstance(label, bytes))

    def of(self, punches: Iterable[Swipe]) -> Iterator[bytes]:
        """The lines of those punches with which nothing is wrong."""
        kept = (punch for punch in punches if not (punch.is_duplicate and self._profile.leave_out_duplicates))
        for punch in sorted(kept, key=lambda punch: (punch.at, punch.staff_no, punch.direction)):
            line = self._line(punch)
            if line is not None:
                yield line

    def _line(self, punch: Swipe) -> bytes | None:
        cells = []
        for number, field in enumerate(self._profile.fields):
            text = text_of(field, punch, self._profile)
            if text is None:
                self.problems[why_no_text(field, punch)] += 1
                continue
            cell = self._fitted.get((number, text))
            if cell is None:
                cell = self._fitted[number, text] = fit(text, field, self._profile)
            if isinstance(cell, bytes):
                cells.append(cell)
            else:
                self.problems[_why_unfit(number, field, punch, text, why=cell)] += 1
        return self._separator.join(cells) if len(cells) == len(self._profile.fields) else None


def text_of(field: AnyField, punch: Swipe, profile: Profile) -> str | None:
    """The text of a field, None where there is none."""
    text: str | None
    match field:
        case OfficerField():
            text = punch.name if field.what == "name" else punch.staff_no
            text = None if text.startswith(FORMULA) else text
        case DateField():
            text = date_text(punch.at.date(), field.format)
        case TimeField():
            text = time_text(punch.at.time(), field.format)
        case CodeField():
            text = profile.codes.of(punch.direction)
        case DeviceField():
            zone = punch.zone_code
            text = profile.device_without_zone if zone is None else profile.devices.get(zone)
        case TextField():
            text = field.text
        case _:
            assert_never(field)
    return text


def why_no_text(field: AnyField, punch: Swipe) -> str:
    """Why a field of a punch has no text."""
    match field:
        case OfficerField():
            what = punch.name if field.what == "name" else punch.staff_no
            return f"{_officer(punch)}: {field.what} 像公式 / looks like a formula: {what}"
        case DateField():
            return f"{_officer(punch)}: {punch.at.date()} 早於民國 / is before the Republic"
        case CodeField():
            return f"codes.{punch.direction} 沒有設定 / is not set: {_officer(punch)}"
        case DeviceField() if punch.zone_code is None:
            why = "device_without_zone 沒有設定，有打卡沒有簽到區 / is not set, and punches have no zone"
            return f"{why}: {_officer(punch)}"
        case DeviceField():
            zone = punch.zone_code
            return f"簽到區 {zone} 沒有設備號碼 / zone {zone} has no device number"
        case _:
            raise LookupError(field.what)


def _why_unfit(number: int, field: AnyField, punch: Swipe, text: str, *, why: str) -> str:
    """Why the text of a punch is not in its field, with whose it is."""
    where = f"第 {number + 1} 欄 / field {number + 1} {field.what} {text}"
    return f"{_subject(field, punch)}，{where}: {why}"


def _officer(punch: Swipe) -> str:
    return f"員警 / officer {punch.staff_no}"


def _subject(field: AnyField, punch: Swipe) -> str:
    return f"簽到區 / zone {punch.zone_code}" if isinstance(field, DeviceField) else _officer(punch)
