"""The delivery log: what became of each webhook request, in the words of LINE's error statistics."""

from collections import deque
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import Any

_KEPT = 500


class Reason(Enum):
    """Why a delivery failed. Source: LINE Developers, "Check webhook error causes and statistics"."""

    COULD_NOT_CONNECT = "could_not_connect"
    REQUEST_TIMEOUT = "request_timeout"
    ERROR_STATUS_CODE = "error_status_code"
    UNCLASSIFIED = "unclassified"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one request met: a status and no reason when it was answered 2xx."""

    status: int | None
    elapsed_ms: int
    reason: Reason | None = None
    detail: str = ""

    @property
    def accepted(self) -> bool:
        """Whether LINE counts the webhook as received."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line of the log; `outcome` is None for a webhook that a fault kept from being sent."""

    seq: int
    at_ms: int
    kinds: tuple[str, ...]
    users: tuple[str, ...]
    event_ids: tuple[str, ...]
    body: str
    redelivery: bool
    note: str
    outcome: Outcome | None

    def as_json(self) -> dict[str, Any]:
        """Return the delivery for the control API."""
        outcome = self.outcome
        return {
            "seq": self.seq,
            "at_ms": self.at_ms,
            "kinds": list(self.kinds),
            "users": list(self.users),
            "event_ids": list(self.event_ids),
            "body": self.body,
            "redelivery": self.redelivery,
            "note": self.note,
            "status": outcome.status if outcome else None,
            "elapsed_ms": outcome.elapsed_ms if outcome else None,
            "reason": outcome.reason.value if outcome and outcome.reason else None,
            "detail": outcome.detail if outcome else "",
        }


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call of the product to the platform's API."""

    seq: int
    at_ms: int
    method: str
    path: str
    status: int
    request_id: str
    answer: str

    def as_json(self) -> dict[str, Any]:
        """Return the call for the control API."""
        return {
            "seq": self.seq,
            "at_ms": self.at_ms,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "request_id": self.request_id,
            "answer": self.answer,
        }


class Logs:
    """The newest deliveries and API calls, and how many there have been. The platform's lock is held around calls."""

    def __init__(self) -> None:
        self.deliveries: deque[Delivery] = deque(maxlen=_KEPT)
        self.api_calls: deque[ApiCall] = deque(maxlen=_KEPT)
        self._numbers = count(1)

    def next_seq(self) -> int:
        """Return the number of the next line."""
        return next(self._numbers)
