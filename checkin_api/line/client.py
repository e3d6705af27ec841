"""Sending through line-bot-sdk; imported only where messages are sent, as loading the SDK takes a second."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from linebot.v3.messaging import ApiClient, Configuration, MessagingApi
from linebot.v3.messaging.exceptions import ApiException
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from checkin_api.errors import DeliveryError, MonthlyLimitError

logger = logging.getLogger(__name__)

# Connect and read time-out; the SDK has none of its own.
TIMEOUT_S = (2.0, 3.0)
# Answers that another try cannot change: a spent token, a malformed message, a wrong channel access token.
_PERMANENT = frozenset({400, 401, 403, 404, 413})
# What tells the month's end of pushes from a call too many, which has the same status.
# Source: Messaging API reference, "Error messages".
_MONTHLY_LIMIT = "monthly limit"


# Source: Messaging API reference, "Send reply message", "Send push message".
_REPLY, _PUSH = "/v2/bot/message/reply", "/v2/bot/message/push"
_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}
_OPTIONS: dict[str, Any] = {
    "auth_settings": ["Bearer"],
    # The content of the answer is not needed: a message that was taken is sent.
    "response_types_map": {},
    "_return_http_data_only": True,
    "_request_timeout": TIMEOUT_S,
}


def sdk_client(host: str, access_token: str, *, connections: int) -> ApiClient:
    """The SDK's client for one of LINE's hosts; ``close_sdk`` ends it."""
    configuration = Configuration(host=host, access_token=access_token)
    configuration.connection_pool_maxsize = connections
    # Repeating is the caller's: it knows when the reply token dies.
    configuration.retries = Retry(0)
    return ApiClient(configuration)


def close_sdk(client: ApiClient) -> None:
    """Close the connections; the SDK's own ``close`` leaves them open."""
    client.rest_client.pool_manager.clear()


class LineClient:
    """One channel of the LINE Platform; safe to use from several threads.

    Messages go as they are: the SDK's models would take them apart and put them together again, for more than the
    whole rest of a reply costs.
    """

    def __init__(self, api_url: str, access_token: str, *, connections: int) -> None:
        self._client = sdk_client(api_url, access_token, connections=connections)
        self._api = MessagingApi(self._client)

    def close(self) -> None:
        """Close the connections."""
        close_sdk(self._client)

    def reply(self, reply_token: str, messages: list[dict[str, Any]]) -> None:
        """Answer an event.

        Raises:
            DeliveryError: not sent; ``permanent`` tells whether trying again makes sense.
        """
        body = {"replyToken": reply_token, "messages": messages}
        _told(lambda: self._client.call_api(_REPLY, "POST", header_params=dict(_HEADERS), body=body, **_OPTIONS))

    def push(self, user_id: str, messages: list[dict[str, Any]], *, retry_key: UUID) -> None:
        """Send to one user; with the same key again within a day, LINE sends nothing more.

        Raises:
            MonthlyLimitError: LINE pushes nothing more this month.
            DeliveryError: not sent; ``permanent`` tells whether trying again makes sense.
        """
        body = {"to": user_id, "messages": messages}
        headers = {**_HEADERS, "X-Line-Retry-Key": str(retry_key)}
        try:
            _told(lambda: self._client.call_api(_PUSH, "POST", header_params=headers, body=body, **_OPTIONS))
        except _ConflictError:
            # An earlier try with this key was taken, and its answer lost.
            logger.info("a push had been taken before")

    def show_menu(self, user_id: str, menu_id: str) -> None:
        """Give a user a rich menu of their own.

        Raises:
            DeliveryError: not done; a menu that LINE does not know may be known to the database in a moment.
        """
        _told(lambda: self._api.link_rich_menu_id_to_user(user_id, menu_id, _request_timeout=TIMEOUT_S), absent=False)

    def show_default_menu(self, user_id: str) -> None:
        """Take a user's own rich menu away.

        Raises:
            DeliveryError: not done; ``permanent`` tells whether trying again makes sense.
        """
        _told(lambda: self._api.unlink_rich_menu_id_from_user(user_id, _request_timeout=TIMEOUT_S))


class _ConflictError(DeliveryError):
    """The same request was taken before."""


def _told(call: Callable[[], Any], *, absent: bool = True) -> None:
    """Call LINE; ``absent`` tells whether something that LINE does not know is never going to be there."""
    try:
        call()
    except (ValueError, LookupError) as exc:
        if isinstance(exc.__context__, ApiException):
            # An error whose body cannot be read.
            raise DeliveryError(f"HTTP {exc.__context__.status}", permanent=False) from exc
        # A 2xx answer in an encoding that cannot be read: it is done all the same.
        logger.warning("LINE's answer has an unknown form")
    except ApiException as exc:
        raise _failure(exc, absent=absent) from exc
    except HTTPError as exc:
        raise DeliveryError(type(exc).__name__, permanent=False) from exc


def _failure(exc: ApiException, *, absent: bool) -> DeliveryError:
    # The body is LINE's and names the problem; the request, which holds the token, is not repeated here.
    said = f"HTTP {exc.status}: {str(exc.body or exc.reason or '')[:200]}"
    if exc.status == HTTPStatus.CONFLICT:
        return _ConflictError(said, permanent=True)
    if exc.status == HTTPStatus.TOO_MANY_REQUESTS and _MONTHLY_LIMIT in said:
        return MonthlyLimitError(said)
    if exc.status == HTTPStatus.NOT_FOUND:
        return DeliveryError(said, permanent=absent)
    return DeliveryError(said, permanent=exc.status in _PERMANENT)
