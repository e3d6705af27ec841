"""Reply tokens: one use each, within a minute of the delivery that carried them."""

from dataclasses import dataclass
from itertools import islice

# Source: Messaging API reference, "Reply token". Beyond one minute LINE promises nothing; here it is the end.
_LIFE_S = 60.0
# Source: same section: a redelivered token is dead 20 minutes after the event occurred.
_REDELIVERED_LIFE_S = 20 * 60.0


@dataclass(slots=True)
class _Token:
    user_id: str
    event_at: float
    usable_until: float = 0.0


class ReplyTokens:
    """All reply tokens in circulation. Not thread-safe by itself: the platform's lock is held around each call."""

    def __init__(self) -> None:
        self._tokens: dict[str, _Token] = {}

    def issue(self, token: str, user_id: str, *, event_at: float) -> None:
        """Register the token of a new event; it becomes usable with its delivery."""
        self._tokens[token] = _Token(user_id, event_at)
        self._forget_before(event_at - _REDELIVERED_LIFE_S)

    def delivered(self, token: str, now: float, *, redelivery: bool) -> None:
        """Open the minute in which the token can be used. A used token stays used."""
        known = self._tokens.get(token)
        if known is None:
            return
        until = now + _LIFE_S
        known.usable_until = min(until, known.event_at + _REDELIVERED_LIFE_S) if redelivery else until

    def redeem(self, token: str, now: float) -> str | None:
        """Use the token up and return its LINE user ID, or None when it is unknown, used or expired."""
        known = self._tokens.get(token)
        if known is None or now > known.usable_until:
            return None
        del self._tokens[token]
        return known.user_id

    def _forget_before(self, event_at: float) -> None:
        # Insertion order is nearly event order: looking at the oldest two, one more than came in, bounds the memory.
        for token in tuple(islice(self._tokens, 2)):
            if self._tokens[token].event_at < event_at:
                del self._tokens[token]
