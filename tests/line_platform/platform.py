"""The stand-in LINE Platform as one object: its server, its phones, its faults and what to wait for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from tests.line_platform.clock import Clock
from tests.line_platform.config import PhoneSpec, PlatformConfig, ZoneSpec, beacon_spec
from tests.line_platform.courier import Courier
from tests.line_platform.deliveries import ApiCall, Delivery, Outcome
from tests.line_platform.faults import ApiFault, SignatureKind
from tests.line_platform.identity import Forgery
from tests.line_platform.people import People, PhoneRef
from tests.line_platform.phones import ChatMessage, Phone, Zone
from tests.line_platform.positions import NoPosition, Position, locate
from tests.line_platform.reception import System
from tests.line_platform.server import Server
from tests.line_platform.web.app import create_app
from tests.line_platform.world import World


class WaitTimeoutError(AssertionError):
    """What was waited for did not come; the message says what came instead."""


class LinePlatform(People):
    """A LINE Platform on a loopback port.

    Use it as a context manager, or call `start` and `stop`. What the phones' owners do is in `People`.
    """

    def __init__(
        self,
        config: PlatformConfig | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self.config = config or PlatformConfig()
        self.clock = clock or Clock()
        self.world = World(self.config, self.clock)
        self.courier = Courier(self.world)
        super().__init__(self.world, self.courier)
        self._server = Server(create_app(self), host, port)

    def start(self) -> Self:
        """Serve in a background thread."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop serving and sending."""
        self.world.closing.set()
        self.world.touch()
        self.courier.stop()
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base address: `Configuration(host=...)` of the SDK, the JWKS and the phone page are below it."""
        return self._server.url

    def set_webhook_url(self, url: str | None) -> None:
        """Set the channel's webhook URL; None switches webhooks off."""
        with self.world.lock:
            self.world.webhook_url = url
            self.world.touch()

    def add_phone(
        self,
        name: str,
        line_user_id: str | None = None,
        *,
        friend: bool = True,
        note: str = "",
        system: System | str = System.ANDROID,
    ) -> Phone:
        """Add a phone; its LINE user ID is made up where none is given."""
        return self.world.add_phone(PhoneSpec(name, line_user_id, friend, note, System(system)))

    def add_zone(
        self,
        code: str,
        name: str = "",
        *,
        beacons: Mapping[str, str | None] | None = None,
        place: tuple[float, float] | None = None,
    ) -> Zone:
        """Add or replace a zone.

        Args:
            code: what the zone is called in `walk_in`.
            name: what people read.
            beacons: each HWID with its device message in hexadecimal digits.
            place: latitude and longitude in degrees.
        """
        specs = tuple(beacon_spec(hwid, dm) for hwid, dm in (beacons or {}).items())
        return self.world.add_zone(ZoneSpec(code, name or code, specs, place))

    def position(self, phone: PhoneRef) -> Position | NoPosition:
        """Return where the phone believes itself to be, as a page in it is told."""
        with self.world.lock:
            return locate(self.world.phone(phone), self.world.zones.values(), self.clock.now())

    def set_device_message(self, hwid: str, dm: str | None) -> None:
        """Change what the beacon with this HWID puts on the air, in every zone where it is heard."""
        spec = beacon_spec(hwid, dm)
        with self.world.lock:
            for zone in self.world.zones.values():
                zone.beacons = [spec if each.hwid == spec.hwid else each for each in zone.beacons]

    @contextmanager
    def one_request(self) -> Iterator[None]:
        """Deliver the events made inside the block, of whichever phones, in one webhook request."""
        with self.courier.one_request():
            yield

    def send_raw(self, body: bytes, *, signature: SignatureKind | str = "valid") -> Delivery:
        """Send any bytes as a webhook, once, and return what came of it."""
        return self.courier.send_raw(body, signature)

    def verify_webhook(self) -> Outcome:
        """Press the console's Verify button: a request without events."""
        return self.courier.verify()

    def set_faults(self, **values: Any) -> None:
        """Switch webhook faults; the names are the fields of `WebhookFaults`."""
        with self.world.lock:
            self.world.faults = self.world.faults.changed(values)
            self.world.touch()
        if not self.world.faults.reorder:
            self.courier.release()

    def fail_api(
        self,
        path: str = "/v2/",
        *,
        status: int | None = None,
        times: int = 1,
        hang_s: float = 0.0,
        message: str | None = None,
        accepted: bool = False,
    ) -> None:
        """Make the next calls below `path` fail or hang; see `ApiFault`."""
        with self.world.lock:
            self.world.api_faults.waiting.append(ApiFault(path, status, message, times, hang_s, accepted))

    def clear_faults(self) -> None:
        """Switch every fault off and deliver what was held back."""
        with self.world.lock:
            self.world.api_faults.waiting.clear()
            self.world.faults = type(self.world.faults)()
            self.world.touch()
        self.courier.release()

    def reset(self) -> None:
        """Go back to the configuration; the signing keys and the clock stay."""
        self.courier.forget_held()
        self.world.reset()

    def chat(self, phone: PhoneRef) -> list[ChatMessage]:
        """Return the chat of a phone, oldest message first."""
        return list(self.world.chat(self.world.phone(phone)))

    def deliveries(self) -> list[Delivery]:
        """Return the delivery log, oldest first."""
        with self.world.lock:
            return list(self.world.logs.deliveries)

    def api_calls(self, path: str = "/") -> list[ApiCall]:
        """Return the calls the product made below `path`, oldest first."""
        with self.world.lock:
            return [call for call in self.world.logs.api_calls if call.path.startswith(path)]

    def wait_for_message(
        self, phone: PhoneRef, text: str = "", *, after: int = 0, timeout_s: float = 5.0
    ) -> ChatMessage:
        """Wait for a message of the account that has `text` anywhere in it and a `seq` above `after`.

        Raises:
            WaitTimeoutError: it did not come; the message shows the chat.
        """
        who = self.world.phone(phone)

        def found() -> ChatMessage | None:
            wanted = (m for m in who.chat if m.sender == "account" and m.seq > after and text in m.words())
            return next(wanted, None)

        message: ChatMessage | None = self.world.wait_until(found, timeout_s)
        if message is None:
            chat = [f"{each.sender}: {each.words()}" for each in self.chat(who)]
            raise WaitTimeoutError(f"no message with {text!r} for {who.name} in {timeout_s:g} s; chat: {chat}")
        return message

    def wait_for_deliveries(
        self, number: int, *, matching: Callable[[Delivery], bool] = lambda _: True, timeout_s: float = 5.0
    ) -> list[Delivery]:
        """Wait until the log has this many matching deliveries and return them.

        Raises:
            WaitTimeoutError: they did not come; the message shows the log.
        """

        def found() -> list[Delivery] | None:
            hits = [each for each in self.world.logs.deliveries if matching(each)]
            return hits if len(hits) >= number else None

        hits: list[Delivery] | None = self.world.wait_until(found, timeout_s)
        if hits is None:
            log = [(each.kinds, each.outcome) for each in self.deliveries()]
            raise WaitTimeoutError(f"fewer than {number} deliveries in {timeout_s:g} s; log: {log}")
        return hits

    def wait_idle(self, timeout_s: float = 10.0) -> None:
        """Wait until no delivery is under way and no redelivery is planned.

        Raises:
            WaitTimeoutError: something still is.
        """
        if not self.world.wait_until(self.courier.is_idle, timeout_s):
            raise WaitTimeoutError(f"deliveries are still under way after {timeout_s:g} s")

    def id_token(
        self, phone: PhoneRef, *, nonce: str | None = None, forgery: Forgery | None = None, **claims: Any
    ) -> str:
        """Return an ID token as LIFF gives it to a page; `claims` replace good ones, None leaves one out."""
        who, identity = self.world.phone(phone), self.world.identity
        good = identity.claims(who.user_id, who.name, now=self.clock.now(), more={"nonce": nonce, **claims})
        return identity.issue(good, forgery)

    def user_access_token(self, phone: PhoneRef, *, client_id: str | None = None) -> str:
        """Return a LINE Login access token as `liff.getAccessToken()` does."""
        who = self.world.phone(phone)
        with self.world.lock:
            channel = client_id or self.config.login_channel_id
            return self.world.access_tokens.issue_for_user(who.user_id, channel, self.clock.now())

    def rotate_keys(self, *, keep_old: bool = True) -> str:
        """Sign ID tokens with a new key from now on and return its kid."""
        return self.world.identity.rotate(keep_old=keep_old)
