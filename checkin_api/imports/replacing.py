"""What a roster that replaces may remove: the duties of whom, between which dates."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api.domain.shifts import DAY
from checkin_api.imports.review import Replacing
from checkin_api.imports.sheet import Sheet
from checkin_api.models import Officer, RosterEntry
from checkin_api.queries import units

# A file that spans more has a slip in a date, and would remove the years between.
_LONGEST = 366


@dataclass(frozen=True, slots=True)
class Scope:
    """The officers and the duty dates, both ends included, of which a file is the whole truth."""

    officers: frozenset[int]
    first: date
    last: date

    def has(self, officer_id: int, duty_date: date) -> bool:
        """Whether the duties of an officer on a date are for the file to say."""
        return officer_id in self.officers and self.first <= duty_date <= self.last


def scope_of(session: Session, sheet: Sheet, replacing: Replacing) -> Scope:
    """The officers of the file, with those of the units that are named, and the dates that the file spans.

    Lines that do not fit it are noted: a span longer than a year, officers of none of the units named.

    Raises:
        NotFoundError: there is no unit with one of the codes.
    """
    officer_at, date_at, _ = sheet.key_positions
    lines: dict[int, int] = {}
    dates: dict[date, int] = {}
    for row in sheet.rows:
        lines.setdefault(row.values[officer_at], row.line)
        dates.setdefault(row.values[date_at], row.line)
    first, last = min(dates), max(dates)
    if (last - first) >= _LONGEST * DAY:
        message = f"取代的期間不可超過 {_LONGEST} 天 / a replacing file spans at most {_LONGEST} days: {first} … {last}"
        sheet.problems.add(dates[last], "duty_date", message)
    of_units = _officers_of(session, replacing.units)
    if replacing.units:
        codes = ", ".join(replacing.units)
        for officer_id in lines.keys() - of_units:
            message = f"員警不屬於 --unit 所指的單位 / the officer is in none of the units of --unit: {codes}"
            sheet.problems.add(lines[officer_id], "staff_no", message)
    return Scope(frozenset(lines) | of_units, first, last)


def left_alone(session: Session, scope: Scope) -> tuple[str, ...]:
    """A warning if colleagues in the same units have duties in the scope's dates and are not in it."""
    officers = session.execute(select(Officer.id, Officer.unit_id)).all()
    concerned = {unit_id for officer_id, unit_id in officers if officer_id in scope.officers}
    colleagues = {officer_id for officer_id, unit_id in officers if unit_id in concerned} - scope.officers
    on_duty = session.scalars(
        select(RosterEntry.officer_id).distinct().where(RosterEntry.duty_date.between(scope.first, scope.last))
    )
    count = len(colleagues.intersection(on_duty))
    message = (
        f"同單位另有 {count:,} 人在這段期間有勤務而檔案沒有，予以保留；要一併取代請加 --unit"
        f" / {count:,} more officers of the same units have duties in these dates, kept unless --unit names the unit"
    )
    return (message,) if count else ()


def _officers_of(session: Session, codes: tuple[str, ...]) -> frozenset[int]:
    chosen = {unit.id for code in codes for unit in units(session, code)}
    officers = session.execute(select(Officer.id, Officer.unit_id))
    return frozenset(officer_id for officer_id, unit_id in officers if unit_id in chosen)
