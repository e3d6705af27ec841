"""Which duties of the invented roster can be signed in to at a moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tests.demo.workspace import Workspace

# The windows that a shift has unless it says otherwise. Source: attendance rules, opens_before and closes_after.
_OPENS_BEFORE = timedelta(minutes=120)
_CLOSES_AFTER = timedelta(minutes=240)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDuty:
    """A duty whose window is open."""

    staff_no: str
    duty_date: date
    shift_name: str
    hours: str
    zone_code: str


def open_duties(workspace: Workspace, now: datetime) -> Iterator[OpenDuty]:
    """The duties that a punch at this local time may belong to, in the roster's order."""
    shifts = {row["code"]: row for row in workspace.rows("shifts")}
    for row in workspace.rows("roster"):
        shift, day = shifts[row["shift_code"]], date.fromisoformat(row["duty_date"])
        start, end = (datetime.combine(day, time.fromisoformat(shift[name]), now.tzinfo) for name in ("start", "end"))
        if end <= start:
            end += timedelta(days=1)
        if start - _OPENS_BEFORE <= now <= end + _CLOSES_AFTER:
            yield OpenDuty(
                staff_no=row["staff_no"],
                duty_date=day,
                shift_name=shift["name"],
                hours=f"{shift['start']}–{shift['end']}",
                zone_code=row["zone_code"],
            )
