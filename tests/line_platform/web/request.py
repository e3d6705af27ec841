"""Reading requests as LINE does: bearer token, JSON body, and the errors it answers with."""

import json
from typing import TYPE_CHECKING, Any

from flask import current_app, request

from tests.line_platform.errors import ApiError

if TYPE_CHECKING:
    from tests.line_platform.platform import LinePlatform

# Source: Messaging API reference, "Status codes": 413 above 2 MB.
_LARGEST_BODY = 2 * 1024 * 1024
_NO_TOKEN = (
    "Authentication failed due to the following reason: Need an access token. "
    "Confirm that the access token in the authorization header is valid."
)
_BAD_TOKEN = (
    "Authentication failed due to the following reason: invalid token. "
    "Confirm that the access token in the authorization header is valid."
)


def platform() -> "LinePlatform":
    """Return the platform this application belongs to."""
    found: LinePlatform = current_app.extensions["line_platform"]
    return found


def bearer_token() -> str:
    """Return the bearer token of the request, or raise LINE's 401."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ApiError(401, _NO_TOKEN)
    return token.strip()


def check_channel_token() -> None:
    """Refuse a request without a valid channel access token."""
    world = platform().world
    token = bearer_token()
    with world.lock:
        if not world.access_tokens.is_channel_token(token, world.clock.now()):
            raise ApiError(401, _BAD_TOKEN)


def json_body() -> dict[str, Any]:
    """Return the JSON object of the request.

    Raises:
        ApiError: too large, another content type, not JSON, or not an object; in LINE's words where they are known.
    """
    raw = request.get_data()
    if len(raw) > _LARGEST_BODY:
        raise ApiError(413, "The request is larger than 2 MB")
    if request.mimetype != "application/json":
        raise ApiError(415, f"The content type, {request.mimetype or '-'}, is not supported")
    try:
        body = json.loads(raw)
    except json.JSONDecodeError as exc:
        place = f"(line: {exc.lineno}, column: {exc.colno})"
        raise ApiError(400, f"The request body could not be parsed as JSON {place}") from exc
    except (ValueError, RecursionError) as exc:
        raise ApiError(400, "The request body could not be parsed as JSON (line: -, column: -)") from exc
    if not isinstance(body, dict):
        raise ApiError(400, "The request body could not be parsed as JSON (line: 1, column: 1)")
    return body
