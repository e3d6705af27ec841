"""Adoption over some days, read back from the daily reports that were made, so that pages and files say the same."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from reports.tables import DAILY


@dataclass(frozen=True, slots=True)
class Adoption:
    """Officers expected and those with a proved punch on a duty date; None where no report tells."""

    day: date
    checked_in: int | None
    expected: int | None

    @property
    def rate(self) -> float | None:
        """Between 0 and 1; None where nobody was expected or no report tells, which is not zero."""
        return self.checked_in / self.expected if self.checked_in is not None and self.expected else None


def adoption(folder: Path, first: date, last: date, *, units: Collection[str] | None = None) -> list[Adoption]:
    """Each day from first to last; of some units, by code, when they are given."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [_of_day(folder / f"{DAILY}_{day.isoformat()}.json", day, units) for day in days]


def _of_day(path: Path, day: date, units: Collection[str] | None) -> Adoption:
    try:
        document = json.loads(path.read_bytes())
        rows = [document["meta"]] if units is None else [u for u in document["units"] if u["unit_code"] in units]
        return Adoption(day, sum(int(row["checked_in"]) for row in rows), sum(int(row["expected"]) for row in rows))
    except (OSError, ValueError, KeyError, TypeError):
        return Adoption(day, None, None)
