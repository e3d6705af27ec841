"""Leave of a file against leave that is stored."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select

from checkin_api.imports.comparing import in_steps
from checkin_api.imports.intervals import overlapping
from checkin_api.imports.plain_changes import PlainReview
from checkin_api.models import Leave

# Officer, begin, end.
_Span = tuple[int, datetime, datetime]


class LeaveReview(PlainReview):
    """Refuses leave that overlaps stored leave; a line with the key of stored leave takes its place instead."""

    def begin(self) -> None:
        """Note every line that overlaps stored leave."""
        super().begin()
        if not self.sheet.rows:
            return
        numbers = [number for number, _ in self.sheet.lines()]
        spans = [(cells["staff_no"], cells["start"], cells["end"]) for _, cells in self.sheet.lines()]
        keys = {span[:2] for span in spans}
        spans += (stored for stored in self._stored(spans) if stored[:2] not in keys)
        for pair in overlapping(spans):
            line, other = sorted(pair)
            # Two lines of the file have been told when it was read.
            if line < len(numbers) <= other:
                self._complain(numbers[line], spans[other])

    def _stored(self, spans: Sequence[_Span]) -> Iterator[_Span]:
        first, last = min(begin for _, begin, _ in spans), max(end for _, _, end in spans)
        for officers in in_steps(sorted({officer for officer, _, _ in spans})):
            rows = self.session.execute(
                select(Leave.officer_id, Leave.begin, Leave.end).where(
                    Leave.officer_id.in_(officers), Leave.begin < last, Leave.end > first
                )
            )
            yield from ((officer_id, begin, end) for officer_id, begin, end in rows)

    def _complain(self, line: int, stored: _Span) -> None:
        begin, end = (at.astimezone(self.sheet.zone).isoformat(timespec="minutes") for at in stored[1:])
        message = f"與資料庫中的請假重疊 / overlaps leave in the database: {begin} … {end}"
        self.sheet.problems.add(line, "start", message)
