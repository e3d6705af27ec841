"""Everything the platform remembers, in memory, behind one lock."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from tests.line_platform import ids
from tests.line_platform.access_tokens import AccessTokens
from tests.line_platform.clock import Clock
from tests.line_platform.config import PhoneSpec, PlatformConfig, ZoneSpec
from tests.line_platform.deliveries import Logs
from tests.line_platform.errors import ConfigError, UnknownError
from tests.line_platform.faults import ApiFaults, WebhookFaults
from tests.line_platform.identity import Identity
from tests.line_platform.liff_apps import LiffSession, liff_app, new_code, with_code
from tests.line_platform.phones import ChatMessage, Friendship, Phone, Sender, Zone
from tests.line_platform.quota import Quota
from tests.line_platform.reception import Settings, System
from tests.line_platform.reply_tokens import ReplyTokens
from tests.line_platform.retry_keys import RetryKeys
from tests.line_platform.richmenus import RichMenus


class World:
    """The state of the platform. Hold `lock` to read or change more than one thing; `touch` tells who waits."""

    def __init__(self, config: PlatformConfig, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.closing = threading.Event()
        self.revision = 0
        # The keys outlive a reset: a server under test may have cached the JWKS.
        self.identity = Identity(login_channel_id=config.login_channel_id, channel_secret=config.channel_secret)
        self._chat_numbers = count(1)
        self.reset()

    def reset(self) -> None:
        """Go back to the configuration: chats, tokens, quota, faults and logs are forgotten."""
        with self.lock:
            self.webhook_url = self.config.webhook_url
            self.faults = WebhookFaults()
            self.api_faults = ApiFaults()
            self.logs = Logs()
            self.reply_tokens = ReplyTokens()
            self.retry_keys = RetryKeys()
            self.quota = Quota(self.config.monthly_quota)
            self.access_tokens = AccessTokens(self.config.channel_access_token)
            self.rich_menus = RichMenus()
            self.liff_sessions: dict[str, LiffSession] = {}
            self.phones: dict[str, Phone] = {}
            self.zones: dict[str, Zone] = {}
            for phone in self.config.phones:
                self.add_phone(phone)
            for zone in self.config.zones:
                self.add_zone(zone)
            self.touch()

    def touch(self) -> None:
        """Count a change and wake everyone who waits for one."""
        with self.lock:
            self.revision += 1
            self.changed.notify_all()

    def wait_until(self, happened: Callable[[], Any], timeout_s: float) -> Any:
        """Wait until `happened()` is true and return its value; return the last, false value after the time-out."""
        with self.changed:
            return self.changed.wait_for(happened, timeout_s)

    def wait_for_change(self, seen: int, timeout_s: float) -> int:
        """Wait until the revision is another than `seen`, or the platform closes; return the revision."""
        self.wait_until(lambda: self.revision != seen or self.closing.is_set(), timeout_s)
        return self.revision

    def add_phone(self, spec: PhoneSpec) -> Phone:
        """Add a phone, its LINE user ID made up where none is given.

        Raises:
            ConfigError: the LINE user ID is taken.
        """
        friendship = Friendship.FRIEND if spec.friend else Friendship.STRANGER
        user_id, settings = spec.line_user_id or ids.user_id(), Settings(system=spec.system)
        phone = Phone(spec.name, user_id, friendship, spec.note, settings, was_friend=spec.friend)
        with self.lock:
            if phone.user_id in self.phones:
                raise ConfigError([f"there is a phone {phone.user_id!r} already"])
            self.phones[phone.user_id] = phone
            self.touch()
        return phone

    def add_zone(self, spec: ZoneSpec) -> Zone:
        """Add a zone, or replace the one with this code."""
        zone = Zone(spec.code, spec.name, list(spec.beacons), spec.place)
        with self.lock:
            self.zones[zone.code] = zone
            self.touch()
        return zone

    def phone(self, ref: "str | Phone") -> Phone:
        """Return the phone with this LINE user ID, or with this name where only one has it.

        Raises:
            UnknownError: there is none, or several people have the name.
        """
        if isinstance(ref, Phone):
            return ref
        with self.lock:
            found = [self.phones[ref]] if ref in self.phones else [p for p in self.phones.values() if p.name == ref]
        if len(found) != 1:
            raise UnknownError(f"{len(found) or 'no'} phones are called {ref!r}" + "; use a LINE user ID" * bool(found))
        return found[0]

    def zone(self, code: str) -> Zone:
        """Return the zone with this code.

        Raises:
            UnknownError: there is none.
        """
        with self.lock:
            if code not in self.zones:
                raise UnknownError(f"no zone {code!r}")
            return self.zones[code]

    def liff_address(self, phone: Phone, uri: str) -> str | None:
        """Return where a LIFF address leads for one phone, or None if it is none of this channel's."""
        app = liff_app(uri, self.config.liff_apps)
        return app and with_code(app[1], self.open_liff(phone, app[0]))

    def open_liff(self, phone: Phone, liff_id: str, *, in_client: bool = True) -> str:
        """Give a page the tokens of this phone's owner, and return the code by which its SDK asks for them."""
        client = "ios" if phone.settings.system is System.IPHONE else "android"
        code = new_code(client if in_client else "web", phone.user_id)
        with self.lock:
            now = self.clock.now()
            id_token = self.identity.issue(self.identity.claims(phone.user_id, phone.name, now=now, more={}))
            access_token = self.access_tokens.issue_for_user(phone.user_id, self.config.login_channel_id, now)
            self.liff_sessions[code] = LiffSession(phone.user_id, liff_id, id_token, access_token, in_client)
        return code

    def show(self, phone: Phone, sender: Sender, via: str, content: Mapping[str, Any]) -> ChatMessage:
        """Append a message to a phone's chat."""
        with self.lock:
            line = ChatMessage(
                next(self._chat_numbers), ids.message_id(), sender, via, self.clock.now_ms(), dict(content)
            )
            phone.chat.append(line)
            if sender == "account":
                phone.loading_until = 0.0
            self.touch()
        return line

    def chat(self, phone: Phone) -> deque[ChatMessage]:
        """Return a copy of a phone's chat."""
        with self.lock:
            return phone.chat.copy()
