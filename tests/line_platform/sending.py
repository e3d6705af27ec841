"""Reply, push and multicast as the platform carries them out. Source: Messaging API reference, "Message"."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.line_platform import ids
from tests.line_platform.checks.messages import check_messages
from tests.line_platform.errors import ApiError, Detail, body_errors, invalid_property
from tests.line_platform.faults import MONTHLY_LIMIT
from tests.line_platform.phones import Friendship, Phone
from tests.line_platform.retry_keys import Accepted
from tests.line_platform.world import World

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DESTINATION = re.compile(r"[UCR][0-9a-f]{32}")
_MOST_RECIPIENTS = 500
# A stranger who wrote in the 1:1 chat can be pushed to for 7 days. Source: "Conditions for sending push message".
_STRANGER_S = 7 * 24 * 3600
# Message types that can be quoted and so carry a quote token. Source: "Get quote tokens".
_QUOTABLE = ("text", "textV2", "sticker", "image", "video", "template", "imagemap", "flex")


def reply(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """Use a reply token up and show the messages; free of quota.

    Raises:
        ApiError: in LINE's words; a refused request leaves the token unused.
    """
    token = _required(request, "replyToken")
    messages = _messages(request)
    with world.lock:
        user_id = world.reply_tokens.redeem(token, world.clock.now())
        if user_id is None:
            raise ApiError(400, "Invalid reply token")
        return _show(world, world.phones.get(user_id), messages, "reply")


def push(world: World, request: Mapping[str, Any], *, retry_key: str | None, request_id: str) -> dict[str, Any]:
    """Send to one user; answers 200 even where the message can never arrive.

    Raises:
        ApiError: in LINE's words; 409 for a retry key accepted before.
    """
    to = _required(request, "to")
    if not _DESTINATION.fullmatch(to):
        raise invalid_property("to")
    messages = _messages(request)
    with world.lock:
        _check_retry_key(world, retry_key)
        phone = world.phones.get(to)
        if phone is None:
            raise ApiError(400, "Failed to send messages")
        _spend(world, [phone])
        answer = _show(world, phone, messages, "push")
        _remember(world, retry_key, request_id, answer)
    return answer


def multicast(world: World, request: Mapping[str, Any], *, retry_key: str | None, request_id: str) -> dict[str, Any]:
    """Send to up to 500 users; those who cannot receive are left out in silence.

    Raises:
        ApiError: in LINE's words.
    """
    to = request.get("to")
    if not isinstance(to, list) or not 1 <= len(to) <= _MOST_RECIPIENTS:
        raise body_errors([Detail("to", f"Size must be between 1 and {_MOST_RECIPIENTS}")])
    for i, user_id in enumerate(to):
        if not isinstance(user_id, str) or not ids.USER_ID.fullmatch(user_id) or user_id not in world.phones:
            raise invalid_property(f"to[{i}]")
    messages = _messages(request)
    with world.lock:
        _check_retry_key(world, retry_key)
        phones = [world.phones[user_id] for user_id in dict.fromkeys(to)]
        _spend(world, phones)
        for phone in phones:
            _show(world, phone, messages, "multicast")
        _remember(world, retry_key, request_id, {})
    return {}


def validate(request: Mapping[str, Any]) -> dict[str, Any]:
    """Check message objects as a send would, and send nothing."""
    _messages(request)
    return {}


def _required(request: Mapping[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise body_errors([Detail(name, "May not be empty")])
    return value


def _messages(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    messages = request.get("messages")
    error = check_messages(messages)
    if error or not isinstance(messages, list):
        raise error or body_errors([])
    return messages


def _check_retry_key(world: World, retry_key: str | None) -> None:
    if retry_key is None:
        return
    if not _UUID.fullmatch(retry_key):
        # The reference asks for a UUID and gives no text for its absence.
        raise ApiError(400, "Invalid X-Line-Retry-Key")
    accepted = world.retry_keys.find(retry_key.lower(), world.clock.now())
    if accepted:
        headers = {"x-line-accepted-request-id": accepted.request_id}
        raise ApiError(409, "The retry key is already accepted", headers=headers, more=accepted.answer)


def _remember(world: World, retry_key: str | None, request_id: str, answer: Mapping[str, object]) -> None:
    if retry_key:
        world.retry_keys.remember(retry_key.lower(), Accepted(request_id, answer, world.clock.now()))


def _spend(world: World, phones: Sequence[Phone]) -> None:
    now = world.clock.now()
    if not world.quota.spend(sum(_receives(phone, now) for phone in phones), now):
        raise ApiError(429, MONTHLY_LIMIT)


def _receives(phone: Phone, now: float) -> bool:
    wrote_lately = phone.last_wrote_at is not None and now - phone.last_wrote_at <= _STRANGER_S
    return phone.friendship is Friendship.FRIEND or (phone.friendship is Friendship.STRANGER and wrote_lately)


def _show(world: World, phone: Phone | None, messages: Sequence[Mapping[str, Any]], via: str) -> dict[str, Any]:
    arrives = phone is not None and (_receives(phone, world.clock.now()) or via == "reply") and not _blocked(phone)
    sent = []
    for message in messages:
        line_id = world.show(phone, "account", via, message).id if phone and arrives else ids.message_id()
        quote = {"quoteToken": ids.quote_token()} if message["type"] in _QUOTABLE else {}
        sent.append({"id": line_id, **quote})
    return {"sentMessages": sent}


def _blocked(phone: Phone) -> bool:
    return phone.friendship is Friendship.BLOCKED
