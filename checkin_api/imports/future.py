"""Punches of a file against the present."""

from checkin_api.imports.review import Findings, Review


class PunchReview(Review):
    """Warns of punches that have not been made yet: a clock that is wrong, or a slip in a date."""

    def end(self) -> Findings:
        """How many there are, with the line of the first."""
        lines = [number for number, cells in self.sheet.lines() if cells["at"] > self.terms.now]
        if not lines:
            return Findings()
        message = (
            f"{len(lines):,} 筆打卡時間在未來，第一筆在第 {lines[0]} 行"
            f" / {len(lines):,} punches are in the future, the first in line {lines[0]}"
        )
        return Findings(warnings=(message,))
