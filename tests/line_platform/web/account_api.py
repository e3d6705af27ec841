"""LINE's endpoints about the account: profile, bot info and webhook settings."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify

from tests.line_platform.deliveries import Reason
from tests.line_platform.errors import ApiError
from tests.line_platform.phones import Friendship
from tests.line_platform.web.request import check_channel_token, json_body, platform

blueprint = Blueprint("account_api", __name__, url_prefix="/v2/bot")
blueprint.before_request(check_channel_token)

_LONGEST_URL = 500
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Source: Messaging API reference, "Test webhook endpoint".
_DETAILS = {
    Reason.COULD_NOT_CONNECT: "Failure to connect",
    Reason.REQUEST_TIMEOUT: "Request timeout",
    Reason.UNCLASSIFIED: "N/A",
}


@blueprint.get("/profile/<user_id>")
def profile(user_id: str) -> Response:
    """Return a friend's profile; anyone else is not found."""
    world = platform().world
    with world.lock:
        phone = world.phones.get(user_id)
        if phone is None or phone.friendship is not Friendship.FRIEND:
            raise ApiError(404, "Not found")
        return jsonify(userId=phone.user_id, displayName=phone.name, language="zh-TW")


@blueprint.get("/info")
def info() -> Response:
    """Return the bot's own profile; its userId is every webhook's `destination`."""
    config = platform().config
    return jsonify(
        userId=config.bot_user_id,
        basicId=f"@{config.channel_id}",
        displayName=config.bot_name,
        chatMode="bot",
        markAsReadMode="auto",
    )


@blueprint.get("/channel/webhook/endpoint")
def get_endpoint() -> Response:
    """Return the webhook URL and whether webhooks are on."""
    url = platform().world.webhook_url
    return jsonify(endpoint=url or "", active=url is not None)


@blueprint.put("/channel/webhook/endpoint")
def put_endpoint() -> Response:
    """Set the webhook URL. LINE takes up to a minute to use it; here it counts at once."""
    url = json_body().get("endpoint")
    if not isinstance(url, str) or not _is_webhook_url(url):
        raise ApiError(400, "Invalid webhook endpoint URL")
    platform().set_webhook_url(url)
    return jsonify({})


@blueprint.post("/channel/webhook/test")
def test_endpoint() -> Response:
    """Send a request without events to the webhook URL, or to the URL given, and report."""
    url = json_body().get("endpoint") or platform().world.webhook_url
    if not url:
        raise ApiError(404, "Webhook endpoint not found")
    if not isinstance(url, str) or not _is_webhook_url(url):
        raise ApiError(400, "Invalid webhook endpoint URL")
    outcome = platform().courier.verify(url)
    reason = outcome.reason
    return jsonify(
        success=outcome.accepted,
        timestamp=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        statusCode=outcome.status or 0,
        reason=reason.name if reason else "OK",
        detail=_DETAILS.get(reason, str(outcome.status)) if reason else str(outcome.status),
    )


def _is_webhook_url(url: str) -> bool:
    parts = urlsplit(url)
    # LINE wants HTTPS; a server under test on the loopback interface has no certificate.
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    return secure and bool(parts.hostname) and len(url) <= _LONGEST_URL
