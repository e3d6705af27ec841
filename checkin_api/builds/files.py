"""Where the files of builds are: one folder that every worker and every web process shares."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from checkin_api.domain.ids import ReportForm
from checkin_api.domain.shifts import local_date

FOLDER = "builds"
# A UUID of version 7 begins with the milliseconds since 1970. Source: RFC 9562, section 5.7: 48 of its 128 bits.
_TIME_SHIFT = 80


def path_of(report_dir: Path, build_id: UUID, form: ReportForm) -> Path:
    """Where the file of a finished build is."""
    return report_dir / FOLDER / f"{build_id}.{form}"


def part_of(report_dir: Path, build_id: UUID, attempt: int) -> Path:
    """Where an attempt writes: two of them never share a file, and no part is ever taken for a report."""
    return report_dir / FOLDER / f".{build_id}.{attempt}.part"


def clear(report_dir: Path, build_id: UUID) -> None:
    """Delete what attempts left behind that were killed half way."""
    for path in (report_dir / FOLDER).glob(f".*{build_id}*"):
        path.unlink(missing_ok=True)


def files_before(report_dir: Path, day: date, zone: ZoneInfo) -> Iterator[Path]:
    """The files of builds that were ordered before a date; whatever else is in the folder is not ours."""
    for path in sorted((report_dir / FOLDER).glob("*")):
        at = _ordered_at(path.name)
        if at is not None and local_date(at, zone) < day:
            yield path


def _ordered_at(name: str) -> datetime | None:
    try:
        build_id = UUID(name.lstrip(".").split(".")[0])
    except ValueError:
        return None
    return datetime.fromtimestamp((build_id.int >> _TIME_SHIFT) / 1000, UTC)
