"""Access tokens: the channel's, for the Messaging API, and the users', for LINE Login."""

import secrets
from dataclasses import dataclass

# Source: Messaging API reference, "Issue stateless channel access token".
STATELESS_LIFE_S = 900
# Source: LIFF documentation: an access token lives 12 hours, and ends with the LIFF app.
_USER_TOKEN_LIFE_S = 12 * 3600


@dataclass(frozen=True, slots=True)
class UserToken:
    """A LINE Login access token of one user."""

    user_id: str
    client_id: str
    expires_at: float


class AccessTokens:
    """Every token the platform accepts. Not thread-safe by itself: the platform's lock is held around each call."""

    def __init__(self, long_lived: str) -> None:
        self._long_lived = long_lived
        self._stateless: dict[str, float] = {}
        self._users: dict[str, UserToken] = {}

    def issue_stateless(self, now: float) -> str:
        """Return a new channel access token of 15 minutes."""
        token = "eyJhbGciOiJIUzI1NiJ9." + secrets.token_urlsafe(96)
        self._stateless[token] = now + STATELESS_LIFE_S
        return token

    def is_channel_token(self, token: str, now: float) -> bool:
        """Say whether the token opens the Messaging API now."""
        return secrets.compare_digest(token.encode(), self._long_lived.encode()) or self._stateless.get(token, 0) > now

    def issue_for_user(self, user_id: str, client_id: str, now: float) -> str:
        """Return a new LINE Login access token."""
        token = "eyJhbGciOiJIUzI1NiJ9." + secrets.token_urlsafe(64)
        self._users[token] = UserToken(user_id, client_id, now + _USER_TOKEN_LIFE_S)
        return token

    def user(self, token: str, now: float) -> UserToken | None:
        """Return whose LINE Login access token this is, unless it has expired."""
        known = self._users.get(token)
        return known if known and known.expires_at > now else None
