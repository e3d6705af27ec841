"""Shifts of a file against the roster that is stored: a changed shift moves every duty of it, later ones too."""

from datetime import timedelta

from checkin_api.domain.shifts import local_date
from checkin_api.imports.comparing import Difference
from checkin_api.imports.plain_changes import PlainReview
from checkin_api.imports.review import Findings
from checkin_api.imports.sheet import Key
from checkin_api.queries import shifts
from checkin_api.queries.effects import overlaps_of

# What is older is not rostered again.
_BACK = timedelta(days=62)


class ShiftReview(PlainReview):
    """Refuses a shift by which duties of one officer would overlap: that roster could not be imported again."""

    def begin(self) -> None:
        """Start without any."""
        super().begin()
        self._moved: list[Key] = []

    def step(self, difference: Difference) -> None:
        """Remember the shifts that begin or end at another time."""
        super().step(difference)
        self._moved += [
            key
            for key, values in difference.changed.items()
            if any(values[name] != difference.old[key][name] for name in ("start", "end") if name in values)
        ]

    def end(self) -> Findings:
        """Note every line whose shift makes duties overlap, now that all of the file are stored."""
        first = local_date(self.terms.now, self.sheet.zone) - _BACK
        patterns = {shift.code: shift for shift in shifts(self.session)} if self._moved else {}
        for key in self._moved:
            found = overlaps_of(self.session, patterns[key[0]], first, self.sheet.zone)
            if found:
                message = (
                    f"這樣改，有 {len(found)} 個勤務會與同一人的另一個勤務重疊，例如 {found[0].staff_no}"
                    f" {found[0].duty_date}；請先改勤務表 / {len(found)} duties would overlap another of their officer,"
                    f" such as {found[0].staff_no} on {found[0].duty_date}: change the roster first"
                )
                self.sheet.problems.add(self.sheet.key_lines[key], "end", message)
        return super().end()
