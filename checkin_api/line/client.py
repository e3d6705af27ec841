"""Sending through line-bot-sdk; imported only where messages are sent, as loading the SDK takes a second."""

import logging
from typing import Any

from linebot.v3.messaging import ApiClient, Configuration
from linebot.v3.messaging.exceptions import ApiException
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from checkin_api.errors import DeliveryError

logger = logging.getLogger(__name__)

# Connect and read time-out; the SDK has none of its own.
TIMEOUT_S = (2.0, 3.0)
# Answers that another try cannot change: a spent token, a malformed message, a wrong channel access token.
_PERMANENT = frozenset({400, 401, 403, 404, 413})


# Source: Messaging API reference, "Send reply message".
_REPLY = "/v2/bot/message/reply"
_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}
_OPTIONS: dict[str, Any] = {
    "auth_settings": ["Bearer"],
    # The content of the answer is not needed: a reply that was taken is sent.
    "response_types_map": {},
    "_return_http_data_only": True,
    "_request_timeout": TIMEOUT_S,
}


class LineClient:
    """One channel of the LINE Platform; safe to use from several threads.

    Messages go as they are: the SDK's models would take them apart and put them together again, for more than the
    whole rest of a reply costs.
    """

    def __init__(self, api_url: str, access_token: str, *, connections: int) -> None:
        configuration = Configuration(host=api_url, access_token=access_token)
        configuration.connection_pool_maxsize = connections
        # Repeating is the caller's: it knows when the reply token dies.
        configuration.retries = Retry(0)
        self._client = ApiClient(configuration)

    def close(self) -> None:
        """Close the connections; the SDK's own ``close`` leaves them open."""
        self._client.rest_client.pool_manager.clear()

    def reply(self, reply_token: str, messages: list[dict[str, Any]]) -> None:
        """Answer an event.

        Raises:
            DeliveryError: not sent; ``permanent`` tells whether trying again makes sense.
        """
        body = {"replyToken": reply_token, "messages": messages}
        try:
            self._client.call_api(_REPLY, "POST", header_params=dict(_HEADERS), body=body, **_OPTIONS)
        except (ValueError, LookupError):
            # A 2xx answer in an encoding that cannot be read: the reply is sent all the same.
            logger.warning("LINE's answer to a reply has an unknown form")
        except ApiException as exc:
            # The body is LINE's and names the problem; the request, which holds the token, is not repeated here.
            said = str(exc.body or exc.reason or "")[:200]
            raise DeliveryError(f"HTTP {exc.status}: {said}", permanent=exc.status in _PERMANENT) from exc
        except HTTPError as exc:
            raise DeliveryError(type(exc).__name__, permanent=False) from exc
