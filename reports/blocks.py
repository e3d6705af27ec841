"""The attendance that a report is wanted of: blocks of officers, and what all of them share."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from checkin_api import queries
from checkin_api.queries import Completeness, UnitRow
from checkin_api.queries.attendance import OfficerBlock, Period, attendance
from reports.wanted import Progress, Question


@dataclass(frozen=True, slots=True)
class Asked:
    """The blocks, once, and what is known beside them."""

    units: Sequence[UnitRow]
    calendar: Mapping[date, bool]
    completeness: Completeness
    blocks: Iterator[OfficerBlock]

    @property
    def unit_names(self) -> dict[str, str]:
        """What the units are called."""
        return {unit.code: unit.name for unit in self.units}


@contextmanager
def asked(question: Question, *, months_before: int = 0) -> Iterator[Asked]:
    """Ask for what is wanted, as seen from the moment at which the report is made.

    Raises:
        NotFoundError: there is no such unit or officer.
    """
    wanted, rules = question.wanted, question.rules
    period = Period(
        first=wanted.first,
        last=wanted.last,
        as_of=question.made_at,
        zone=rules.zone,
        limits=rules.limits,
        months_before=months_before,
    )
    with question.database.read() as session:
        units = queries.units(session, wanted.unit)
        among = queries.among(session, wanted.unit, wanted.officer)
        yield Asked(
            units=units,
            calendar=queries.calendar(session, wanted.first, wanted.last),
            completeness=queries.completeness(session),
            blocks=_told(
                attendance(session, period, among=among), queries.officer_count(session, among), question.progress
            ),
        )


def _told(blocks: Iterator[OfficerBlock], total: int, progress: Progress) -> Iterator[OfficerBlock]:
    done = 0
    progress(done, total)
    for block in blocks:
        yield block
        done += len(block.officers)
        progress(done, total)
