"""The way of webhooks to the server: batches, faults, attempts, redeliveries and the delivery log."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from tests.line_platform import events
from tests.line_platform.deliveries import Delivery, Outcome
from tests.line_platform.events import Event
from tests.line_platform.faults import SignatureKind
from tests.line_platform.sender import Sender
from tests.line_platform.signature import sign
from tests.line_platform.timetable import Timetable
from tests.line_platform.world import World

_SENDERS = 16
# A signature that is well formed and belongs to another body.
_WRONG_SIGNATURE = sign("another secret", b"another body")
_REDELIVERED = "redelivered"


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What one request carries; `event_list` is empty for raw bodies and the verification request."""

    event_list: tuple[Event, ...]
    raw: bytes | None = None
    attempt: int = 0
    note: str = ""


class Courier:
    """Sends webhooks from a pool of threads and applies the faults that are switched on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sender = Sender()
        self._pool = ThreadPoolExecutor(_SENDERS, thread_name_prefix="line-platform-webhook")
        self._timetable = Timetable()
        self._batch = threading.local()
        self._held: _Parcel | None = None
        self._under_way = 0

    def post(self, *event_list: Event) -> None:
        """Deliver events in one request, or add them to the batch this thread has open."""
        open_batch: list[Event] | None = getattr(self._batch, "events", None)
        if open_batch is not None:
            open_batch.extend(event_list)
        elif event_list:
            self._dispatch(_Parcel(event_list))

    @contextmanager
    def one_request(self) -> Iterator[None]:
        """Collect what this thread posts inside the block and deliver it in one request."""
        collected: list[Event] = []
        self._batch.events = collected
        try:
            yield
        finally:
            self._batch.events = None
        self.post(*collected)

    def send_raw(self, body: bytes, signature: SignatureKind | str = "valid") -> Delivery:
        """Send a body as it is, once, and return what came of it; `signature` is a kind or the header's value."""
        return self._attempt(_Parcel((), raw=body, note="raw"), signature)

    def verify(self, url: str | None = None) -> Outcome:
        """Send the console's verification request, which carries no events and appears in no statistics."""
        body = events.body(self._world.config.bot_user_id, ())
        return self._sender.post(url or self._world.webhook_url or "", body, self._headers(body, "valid"))

    def release(self) -> None:
        """Deliver the event that the reorder fault holds back, if any."""
        with self._world.lock:
            held, self._held = self._held, None
        if held:
            self._start((held,))

    def forget_held(self) -> None:
        """Drop the event that the reorder fault holds back, if any."""
        with self._world.lock:
            self._held = None

    def is_idle(self) -> bool:
        """Say whether nothing is under way or waiting for redelivery; a held event does not count."""
        with self._world.lock:
            return self._under_way == 0

    def stop(self) -> None:
        """Stop sending; what is under way is waited for, what is scheduled is forgotten."""
        self._timetable.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._sender.close()

    def _dispatch(self, parcel: _Parcel) -> None:
        faults = self._world.faults
        if self._world.webhook_url is None or faults.drop:
            self._log(parcel, b"", None, "dropped" if faults.drop else "no_webhook_url")
            return
        parcels = self._reordered(parcel) if faults.reorder else (parcel,)
        if not parcels:
            return
        for copy in range(2 if faults.duplicate else 1):
            train = tuple(_Parcel(each.event_list, note="duplicate" if copy else "") for each in parcels)
            self._start(train, faults.delay_s)

    def _reordered(self, parcel: _Parcel) -> tuple[_Parcel, ...]:
        """Hold every other parcel and send it right after the next one."""
        with self._world.lock:
            held, self._held = self._held, None if self._held else parcel
        return (parcel, held) if held else ()

    def _start(self, train: Sequence[_Parcel], delay_s: float = 0.0) -> None:
        with self._world.lock:
            self._under_way += 1
        if delay_s > 0:
            self._timetable.after(delay_s, lambda: self._submit(train))
        else:
            self._submit(train)

    def _submit(self, train: Sequence[_Parcel]) -> None:
        if self._world.closing.is_set():
            return
        self._pool.submit(self._run, train)

    def _run(self, train: Sequence[_Parcel]) -> None:
        try:
            for parcel in train:
                self._deliver(parcel)
        finally:
            with self._world.lock:
                self._under_way -= 1
                self._world.touch()

    def _deliver(self, parcel: _Parcel) -> None:
        faults = self._world.faults
        delivery = self._attempt(parcel, faults.signature)
        failed = delivery.outcome is not None and not delivery.outcome.accepted
        if failed and faults.redelivery and parcel.attempt < faults.redeliveries:
            again = _Parcel(parcel.event_list, attempt=parcel.attempt + 1, note=_REDELIVERED)
            self._start((again,), faults.redelivery_spacing_s)

    def _attempt(self, parcel: _Parcel, signature: SignatureKind | str) -> Delivery:
        world, redelivery = self._world, parcel.attempt > 0
        body = parcel.raw
        if body is None:
            body = events.body(world.config.bot_user_id, parcel.event_list, redelivery=redelivery)
        with world.lock:
            url, now = world.webhook_url or "", world.clock.now()
            for event in parcel.event_list:
                if event.reply_token:
                    world.reply_tokens.delivered(event.reply_token, now, redelivery=redelivery)
        outcome = self._sender.post(url, body, self._headers(body, signature))
        return self._log(parcel, body, outcome, parcel.note)

    def _headers(self, body: bytes, signature: SignatureKind | str) -> dict[str, str]:
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "LineBotWebhook/2.0"}
        match signature:
            case "missing":
                return headers
            case "valid":
                return {**headers, "x-line-signature": sign(self._world.config.channel_secret, body)}
            case "wrong":
                return {**headers, "x-line-signature": _WRONG_SIGNATURE}
            case _:
                return {**headers, "x-line-signature": signature}

    def _log(self, parcel: _Parcel, body: bytes, outcome: Outcome | None, note: str) -> Delivery:
        world = self._world
        with world.lock:
            delivery = Delivery(
                seq=world.logs.next_seq(),
                at_ms=world.clock.now_ms(),
                kinds=tuple(event.kind for event in parcel.event_list),
                users=tuple(event.user_id for event in parcel.event_list),
                event_ids=tuple(event.event_id for event in parcel.event_list),
                body=body.decode("utf-8", "replace"),
                redelivery=parcel.attempt > 0,
                note=note,
                outcome=outcome,
            )
            world.logs.deliveries.append(delivery)
            world.touch()
        return delivery
