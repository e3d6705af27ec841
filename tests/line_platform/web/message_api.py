"""LINE's message endpoints: reply, push, multicast, validate, quota, loading animation."""

from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from tests.line_platform import sending
from tests.line_platform.errors import ApiError, Detail, body_errors
from tests.line_platform.ids import USER_ID
from tests.line_platform.web.request import check_channel_token, json_body, platform

blueprint = Blueprint("message_api", __name__, url_prefix="/v2/bot")
blueprint.before_request(check_channel_token)

_LOADING_S = range(5, 61)


@blueprint.post("/message/reply")
def reply() -> Response:
    """Answer an event."""
    body = json_body()
    if "X-Line-Retry-Key" in request.headers:
        # The reference says that the key is a 400 here and gives no text.
        raise ApiError(400, "The X-Line-Retry-Key header is not supported by this endpoint")
    return jsonify(sending.reply(platform().world, body))


@blueprint.post("/message/push")
def push() -> Response:
    """Send to one user."""
    return jsonify(sending.push(platform().world, json_body(), retry_key=_retry_key(), request_id=g.request_id))


@blueprint.post("/message/multicast")
def multicast() -> Response:
    """Send to many users."""
    return jsonify(sending.multicast(platform().world, json_body(), retry_key=_retry_key(), request_id=g.request_id))


@blueprint.post("/message/validate/reply")
@blueprint.post("/message/validate/push")
@blueprint.post("/message/validate/multicast")
def validate() -> Response:
    """Check messages without sending them."""
    return jsonify(sending.validate(json_body()))


@blueprint.get("/message/quota")
def quota() -> Response:
    """Return the monthly limit."""
    limit = platform().world.quota.limit
    return jsonify({"type": "none"} if limit is None else {"type": "limited", "value": limit})


@blueprint.get("/message/quota/consumption")
def consumption() -> Response:
    """Return the messages counted this month."""
    world = platform().world
    with world.lock:
        return jsonify(totalUsage=world.quota.used(world.clock.now()))


@blueprint.post("/chat/loading/start")
def loading() -> tuple[Response, int]:
    """Show the loading animation in a 1:1 chat."""
    body = json_body()
    seconds: Any = body.get("loadingSeconds", 20)
    details = list(_loading_errors(body.get("chatId"), seconds))
    if details:
        raise body_errors(details)
    world = platform().world
    with world.lock:
        phone = world.phones.get(body["chatId"])
        if phone is not None:
            phone.loading_until = world.clock.now() + seconds
        world.touch()
    return jsonify({}), 202


def _loading_errors(chat_id: object, seconds: object) -> list[Detail]:
    details = []
    if not isinstance(chat_id, str) or not USER_ID.fullmatch(chat_id):
        text = "Only user id is acceptable, please confirm if there are any group/room ids or illegal ids."
        details.append(Detail("chatId", text))
    if not isinstance(seconds, int) or seconds not in _LOADING_S:
        details.append(Detail("loadingSeconds", "Must be between 5 and 60"))
    if not isinstance(seconds, int) or seconds % 5:
        details.append(Detail("loadingSeconds", "must be a multiple of five"))
    return details


def _retry_key() -> str | None:
    return request.headers.get("X-Line-Retry-Key")
