"""What a profile makes of some punches, cell by cell: what fits, what would be cut or lost; nothing of it is a file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkin_api.domain.ids import Direction
from reports.swipe_file import FORMULA, text_of, why_no_text
from reports.swipe_profile import AnyField, OfficerField, Profile, bare, fit, lacking
from reports.swipes import Swipe

_PEOPLE = (("A0001", "王小明"), ("A0002", "林美玲"))


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A field of one punch as the file has it, or what there would be of it if anything were cut.

    ``kept`` is what fits, ``cut`` what would not be in the file, ``lost`` the characters that the encoding lacks.
    """

    kept: str
    cut: str = ""
    lost: str = ""
    why: str | None = None


@dataclass(frozen=True, slots=True)
class ShownLine:
    """The cells of one punch, and how many bytes the line has, without its end; None when it is refused."""

    cells: Sequence[ShownCell]
    size_bytes: int | None

    @property
    def problems(self) -> list[str]:
        """Why the punch is not written."""
        return [cell.why for cell in self.cells if cell.why is not None]


@dataclass(frozen=True, slots=True)
class Unfit:
    """An officer of whom the file would lose something: in which field, counted from 1, and why."""

    staff_no: str
    name: str
    number: int
    why: str

    def __str__(self) -> str:
        return f"{self.staff_no} {self.name}: {self.why}"


def shown(profile: Profile, punches: Iterable[Swipe]) -> list[ShownLine]:
    """The lines of some punches, those with which something is wrong too."""
    return [_line(profile, punch) for punch in punches]


def positions(profile: Profile) -> list[tuple[int, int]] | None:
    """From which byte of a line to which each field reaches, counted from 1; None where that differs by line."""
    found, end = [], 0
    gap = len(profile.separator or "")
    for field in profile.fields:
        if field.width is None:
            return None
        found.append((end + 1, end + field.width))
        end += field.width + gap
    return found


def unfit(profile: Profile, officers: Iterable[tuple[str, str]]) -> list[Unfit]:
    """Officers by staff number and name whose punches this profile could never write."""
    fields = [(number, field) for number, field in enumerate(profile.fields, 1) if isinstance(field, OfficerField)]
    return [
        Unfit(staff_no, name, number, why)
        for staff_no, name in officers
        for number, field in fields
        if (why := _why(profile, field, name if field.what == "name" else staff_no)) is not None
    ]


def without_device(profile: Profile, zones: Iterable[str]) -> list[str]:
    """The zones whose punches would be refused for want of a device number, if the file has any."""
    has_devices = any(field.what == "device" for field in profile.fields)
    return [zone for zone in zones if zone not in profile.devices] if has_devices else []


def invented(at: datetime, zone: str | None, people: Sequence[tuple[str, str]]) -> list[Swipe]:
    """Punches that nobody made, for a department that has none yet; of its first officers, if there are any."""
    return [
        Swipe(
            staff_no=staff_no,
            name=name,
            at=at + timedelta(hours=hours, minutes=minutes),
            direction=direction,
            zone_code=zone,
        )
        for hours, direction in ((0, Direction.IN), (9, Direction.OUT))
        for minutes, (staff_no, name) in enumerate(people[:2] or _PEOPLE)
    ]


def _line(profile: Profile, punch: Swipe) -> ShownLine:
    cells, sizes = [], []
    for field in profile.fields:
        text = text_of(field, punch, profile)
        if text is None:
            cells.append(ShownCell("", why=why_no_text(field, punch)))
            continue
        fitted = fit(text, field, profile)
        if isinstance(fitted, bytes):
            cells.append(ShownCell(fitted.decode(bare(profile.encoding))))
            sizes.append(len(fitted))
        else:
            cells.append(_refused(text, field, profile, fitted))
    whole = len(sizes) == len(cells)
    gaps = len(profile.separator or "") * (len(cells) - 1)
    return ShownLine(cells, sum(sizes) + gaps if whole else None)


def _refused(text: str, field: AnyField, profile: Profile, why: str) -> ShownCell:
    lost = lacking(text, profile.encoding)
    if lost or field.width is None:
        return ShownCell(text, lost=lost, why=why)
    kept = text
    while len(kept.encode(bare(profile.encoding))) > field.width:
        kept = kept[:-1]
    return ShownCell(kept, cut=text[len(kept) :], why=why)


def _why(profile: Profile, field: OfficerField, text: str) -> str | None:
    if text.startswith(FORMULA):
        return "像公式 / looks like a formula"
    fitted = fit(text, field, profile)
    return fitted if isinstance(fitted, str) else None
