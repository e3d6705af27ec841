"""Empties the outbox into the server: a batch at a time, the same one until it is answered, without flooding."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import stamina
import stamina.instrumentation

from beacon_agent import timebase
from beacon_agent.outbox import Batch, Outbox, Waiting
from beacon_agent.server import Server, ServerError

logger = logging.getLogger(__name__)

BATCH_ITEMS = 200
# After a week offline a hundred agents come back at once: each sends two batches a second at most.
_BETWEEN_BATCHES_S = 0.5
_FIRST_RETRY_S, _LONGEST_RETRY_S, _JITTER_S = 1.0, 300.0, 5.0
# Until then a revoked agent does not ask again; somebody may have enrolled it anew.
_REVOKED_REST_S = 600.0
# The server takes nothing older than 31 days.
_OLDEST_S = 30 * 86_400.0


class Uploader:
    """One task; ``trouble`` is why nothing is sent at present, for whoever asks how the agent is."""

    def __init__(self, server: Server, outbox: Outbox, *, now_s: Callable[[], float]) -> None:
        self._server, self._outbox, self._now_s = server, outbox, now_s
        self._wanted = asyncio.Event()
        self._kept_offset_s: float | None = None
        self.trouble = ""
        self.sent = 0
        # It would warn at every try, for days.
        stamina.instrumentation.set_on_retry_hooks([])

    def wake(self) -> None:
        """There is something to send."""
        self._wanted.set()

    async def run(self) -> None:
        """Send whatever waits, and then whatever comes."""
        while True:
            self._wanted.clear()
            while (batch := self._outbox.next_batch(BATCH_ITEMS)) is not None:
                await self._deliver(batch)
                await asyncio.sleep(_BETWEEN_BATCHES_S)
            await self._wanted.wait()

    async def _deliver(self, batch: Batch) -> None:
        """Send a batch until it is answered."""
        async for attempt in stamina.retry_context(
            on=self._rest_s,
            attempts=None,
            timeout=None,
            wait_initial=_FIRST_RETRY_S,
            wait_max=_LONGEST_RETRY_S,
            wait_jitter=_JITTER_S,
        ):
            with attempt:
                try:
                    await self._send(batch)
                except ServerError as exc:
                    self.note(exc)
                    if not exc.permanent:
                        raise
                    logger.warning("batch of %d items set aside: %s", len(batch.items), exc)
                    self._outbox.reject(batch)
                    return
        self._outbox.confirm(batch)
        self.sent += len(batch.items)
        if self.trouble:
            logger.info("sending again")
        self.trouble = ""

    async def _send(self, batch: Batch) -> None:
        offset_s = self._server.timebase.offset_s
        if offset_s is None:
            # Any answer tells the time.
            await self._server.get("/assignment")
            offset_s = self._server.timebase.offset_s
            if offset_s is None:
                raise ServerError("伺服器沒有說時間 / the server did not tell the time", permanent=False)
        self.keep_offset(offset_s)
        await self._server.post("/sightings", _told(batch, self._now_s(), offset_s, self._server.timebase.boot))

    def keep_offset(self, offset_s: float) -> None:
        """Remember on the disk what the clock means; not at every hair's breadth, for cards wear."""
        if self._kept_offset_s is None or abs(offset_s - self._kept_offset_s) > 1.0:
            self._outbox.learn_offset(offset_s)
            self._kept_offset_s = offset_s

    def _rest_s(self, exc: Exception) -> bool | float:
        """Whether to try again, and after how long where that is not left to the back-off."""
        if not isinstance(exc, ServerError):
            return False
        if exc.is_revoked:
            return _REVOKED_REST_S
        return exc.retry_after_s if exc.retry_after_s is not None else True

    def note(self, exc: ServerError) -> None:
        """Remember why nothing is sent; warn once while it lasts."""
        level = logging.DEBUG if self.trouble else logging.WARNING
        logger.log(level, "not sent, kept: %s", exc)
        self.trouble = str(exc)


def _told(batch: Batch, now_s: float, offset_s: float, boot: str) -> dict[str, Any]:
    """The batch as the protocol has it, all times by the server's clock as far as it is known here."""
    sent_s = now_s + offset_s
    dated = [(each, Times(_offset(each, offset_s, boot), sent_s)) for each in batch.items]
    known = [(each, times) for each, times in dated if times.is_known(each.body)]
    return {
        "batch": batch.id,
        "sent_at": timebase.iso(sent_s),
        "beacons": [_beacon(each.body, times) for each, times in known if each.kind == "beacon"],
        "devices": [_device(each.body, times) for each, times in known if each.kind == "device"],
        "undated": len(dated) - len(known),
    }


@dataclass(frozen=True, slots=True)
class Times:
    """Turns the times of an item into the server's; none lies after the batch was sent, whatever a former clock was."""

    offset_s: float | None
    sent_s: float

    def is_known(self, body: dict[str, Any]) -> bool:
        """Whether anybody knows when the item was made, and the server would still take it."""
        return self.offset_s is not None and body["at_s"] + self.offset_s > self.sent_s - _OLDEST_S

    def iso(self, at_s: float) -> str:
        """A time as the protocol has it."""
        unix_s = at_s + (self.offset_s or 0.0)
        return timebase.iso(min(max(unix_s, self.sent_s - _OLDEST_S), self.sent_s))


def _offset(item: Waiting, offset_s: float, boot: str) -> float | None:
    return offset_s if item.boot == boot else item.offset_s


def _beacon(body: dict[str, Any], times: Times) -> dict[str, Any]:
    return {
        "hwid": body["hwid"],
        "rssi_dbm": body["rssi_dbm"],
        "heard": [{"at": times.iso(at_s), "device_message": message} for at_s, message in body["messages"]],
    }


def _device(body: dict[str, Any], times: Times) -> dict[str, Any]:
    return {
        "device": body["id"],
        "begin": times.iso(body["begin_s"]),
        "end": times.iso(body["at_s"]),
        "rssi_dbm": body["rssi_dbm"],
    }
