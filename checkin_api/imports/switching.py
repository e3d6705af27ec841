"""The days that an import of the government's calendar switches between work and off."""

from datetime import date

from checkin_api.domain.calendar import is_working_day
from checkin_api.domain.ids import RosterAction
from checkin_api.domain.shifts import DAY
from checkin_api.imports.calendar import dates
from checkin_api.imports.columns import Values
from checkin_api.imports.comparing import Difference
from checkin_api.imports.outcome import Change
from checkin_api.imports.review import Findings, Review

# A file of more days is a year's calendar, one of fewer corrects some days of it.
_A_REVISION = 31


class CalendarReview(Review):
    """Which days switch between work and off, and whether the file has whole years."""

    def begin(self) -> None:
        """Start without any; refuse a year that was cut off, as by a download that broke."""
        self._switched: list[Change] = []
        self._days = [key[0] for key in self.sheet.key_lines]
        if len(self._days) <= _A_REVISION:
            return
        first, last = min(self._days), max(self._days)
        for begin, end, line_of in (
            (date(first.year, 1, 1), first - DAY, first),
            (last + DAY, date(last.year, 12, 31), last),
        ):
            if begin <= end:
                missing = dates(begin, end)
                line = self.sheet.key_lines[line_of,]
                self.sheet.problems.add(
                    line, "西元日期", f"不是整年，缺少 {missing} / not a whole year, missing: {missing}"
                )

    def step(self, difference: Difference) -> None:
        """Compare with what holds until now: the calendar of the last import, else the ``holidays`` package."""
        for values in difference.added.values():
            self._compare(is_working_day(values["day"]), values)
        for key, values in difference.changed.items():
            self._compare(difference.old[key]["is_working"], values)

    def end(self) -> Findings:
        """The days that switch, and a warning where a year is not whole."""
        return Findings(changes=self._switched, warnings=self._warnings())

    def _compare(self, was_working: bool, values: Values) -> None:  # noqa: FBT001 (a fact about the day, not a switch)
        if was_working is values["is_working"]:
            return
        was, now = ("work", "off") if was_working else ("off", "work")
        words = "上班→放假" if was_working else "放假→上班"
        note = values.get("note", "")
        text = f"{values['day']} {words} / {was} → {now} {note}".rstrip()
        row = {"day": values["day"], "was": was, "now": now, "note": note}
        self._switched.append(Change(RosterAction.CHANGED, text, row))

    def _warnings(self) -> tuple[str, ...]:
        if not self._days:
            return ()
        first, last = min(self._days), max(self._days)
        if (first.month, first.day) == (1, 1) and (last.month, last.day) == (12, 31):
            return ()
        return (f"只有 {dates(first, last)}，不是整年 / only {dates(first, last)}, not whole years",)
