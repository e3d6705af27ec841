"""X-Line-Retry-Key: an accepted request is remembered for a day."""

from collections.abc import Mapping
from dataclasses import dataclass

# Source: LINE Developers, "Retry failed API requests".
_REMEMBERED_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The request that a retry key was first accepted with, and its answer."""

    request_id: str
    answer: Mapping[str, object]
    at: float


class RetryKeys:
    """Accepted retry keys. Not thread-safe by itself: the platform's lock is held around each call."""

    def __init__(self) -> None:
        self._accepted: dict[str, Accepted] = {}

    def find(self, key: str, now: float) -> Accepted | None:
        """Return the request accepted under this key within the last 24 hours."""
        accepted = self._accepted.get(key)
        return accepted if accepted and now - accepted.at <= _REMEMBERED_S else None

    def remember(self, key: str, accepted: Accepted) -> None:
        """Remember an accepted request."""
        self._accepted[key] = accepted
