"""Small stand-ins for what a test cannot use for real: time."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """A clock that a test sets and moves; it never moves by itself."""

    def __init__(self, at: datetime = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, **interval: float) -> datetime:
        self.at += timedelta(**interval)
        return self.at
