"""Identifiers in the shapes LINE gives them."""

import base64
import itertools
import re
import secrets
import uuid

# Source: Messaging API reference, "Source user": U followed by 32 lower-case hexadecimal digits.
USER_ID = re.compile(r"U[0-9a-f]{32}")

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Message ids are decimal strings of 18 digits that grow; the reference's own examples start here.
_message_numbers = itertools.count(461_230_966_842_064_897 + secrets.randbelow(10**12))


def ulid(epoch_ms: int) -> str:
    """Return a ULID: 48 bits of time, 80 random bits, 26 Crockford base32 digits."""
    value = (epoch_ms & (1 << 48) - 1) << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))


def user_id() -> str:
    """Return a new LINE user ID."""
    return "U" + secrets.token_hex(16)


def reply_token() -> str:
    """Return a new reply token of 32 hexadecimal digits."""
    return secrets.token_hex(16)


def message_id() -> str:
    """Return the next message id."""
    return str(next(_message_numbers))


def quote_token() -> str:
    """Return an opaque quote token."""
    return base64.urlsafe_b64encode(secrets.token_bytes(48)).decode()


def request_id() -> str:
    """Return the value of an x-line-request-id header."""
    return str(uuid.uuid4())


def rich_menu_id() -> str:
    """Return a new rich menu id."""
    return "richmenu-" + secrets.token_hex(16)
