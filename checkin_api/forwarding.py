"""Passing webhooks on, untouched, to the official account's other services: one LINE channel has one webhook."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2

from checkin_api.errors import DeliveryError
from checkin_api.models import Delivery

TIMEOUT_S = 5.0


@contextmanager
def forwarder(url: str) -> Iterator[Callable[[Delivery], None]]:
    """A function that posts one delivery to ``url`` the way LINE would, good until the block ends.

    It raises DeliveryError when the answer is not 2xx or none comes; a refusal of the request itself is permanent.
    """

    def forward(delivery: Delivery) -> None:
        headers = {"Content-Type": "application/json; charset=utf-8", "X-Line-Signature": delivery.signature}
        try:
            answer = client.post(url, content=delivery.body, headers=headers)
        except httpx2.HTTPError as exc:
            raise DeliveryError(type(exc).__name__, permanent=False) from exc
        if not answer.is_success:
            # 4xx is an answer about the request, which will not change; 429 asks for patience.
            permanent = answer.is_client_error and answer.status_code != httpx2.codes.TOO_MANY_REQUESTS
            raise DeliveryError(f"HTTP {answer.status_code}", permanent=permanent)

    with httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False) as client:
        yield forward
