"""What the people holding the phones do: walk, write, tap, add and block the account."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from tests.line_platform import events
from tests.line_platform.checks.messages import check_messages
from tests.line_platform.checks.rules import utf16_units
from tests.line_platform.config import BeaconSpec
from tests.line_platform.courier import Courier
from tests.line_platform.errors import RefusedError, UnknownError
from tests.line_platform.events import Event
from tests.line_platform.phones import ChatMessage, Friendship, Phone, Walk
from tests.line_platform.reception import Silence
from tests.line_platform.world import World

PhoneRef = str | Phone
BeaconEventType = Literal["enter", "stay", "banner"]
_LONGEST_TEXT = 5000  # UTF-16 units of a text message
# Messages that a page can send and a webhook cannot carry. Source: Messaging API reference, "Message event".
_EVENTLESS = frozenset({"flex", "template"})


class People:
    """The acts of the phones' owners. A phone is named by its name, its LINE user ID or itself."""

    def __init__(self, world: World, courier: Courier) -> None:
        self._world = world
        self._courier = courier

    def walk_in(self, phone: PhoneRef, zone: str, *, at: float | None = None) -> Walk:
        """Walk into a zone: one `enter` event for each of its beacons, unless the phone stays silent.

        Args:
            phone: who walks.
            zone: the zone's code.
            at: when, in seconds since the epoch; now when left out.
        """
        who, where = self._world.phone(phone), self._world.zone(zone)
        with self._world.lock:
            who.zone = where.code
            beacons = tuple(where.beacons)
        return self._meet(who, beacons, "enter", at)

    def walk_out(self, phone: PhoneRef) -> None:
        """Walk out of the zone. LINE has no event for it."""
        who = self._world.phone(phone)
        with self._world.lock:
            who.zone, who.last_walk = None, None
            self._world.touch()

    def hear(
        self,
        phone: PhoneRef,
        hwid: str,
        dm: str | None,
        *,
        kind: BeaconEventType = "enter",
        at: float | None = None,
    ) -> Walk:
        """Pick up one frame from the air, such as a copied or unknown beacon; the phone's settings apply."""
        return self._meet(self._world.phone(phone), (BeaconSpec(hwid.lower(), dm),), kind, at)

    def linger(self, phone: PhoneRef, kind: BeaconEventType = "stay", *, at: float | None = None) -> Walk:
        """Make the zone's beacons report again: `stay`, a `banner` tap, or `enter` as when LINE is restarted."""
        who = self._world.phone(phone)
        if who.zone is None:
            raise RefusedError(f"{who.name} is in no zone")
        return self._meet(who, tuple(self._world.zone(who.zone).beacons), kind, at)

    def switch(self, phone: PhoneRef, **settings: Any) -> Walk | None:
        """Change `Settings` of the phone.

        One that begins to hear inside a zone reports it, and so does LINE that comes back to the front there, heard or
        not: it reports `enter` again when it is opened inside a beacon's range.

        Raises:
            ConfigError: a setting or its value is unknown.
        """
        who = self._world.phone(phone)
        with self._world.lock:
            before, was_silent = who.settings, who.silence()
            who.settings = before.changed(settings)
            is_silent = who.silence()
            # Still no event, but now for another reason.
            if who.last_walk and was_silent and is_silent and who.last_walk.silence is was_silent:
                who.last_walk = replace(who.last_walk, silence=is_silent)
            self._world.touch()
        opened = who.settings.line_in_front and not before.line_in_front
        if who.zone is not None and is_silent is None and (was_silent or opened):
            return self.linger(who, "enter")
        return None

    def open_line(self, phone: PhoneRef) -> Walk | None:
        """Bring LINE to the front; see `switch`."""
        return self.switch(phone, line_in_front=True)

    def follow(self, phone: PhoneRef) -> str:
        """Add the account as a friend, or unblock it; return the event's id."""
        who = self._world.phone(phone)
        with self._world.lock:
            unblocked = who.friendship is Friendship.BLOCKED
            who.friendship, who.was_friend = Friendship.FRIEND, True
        self._world.show(who, "notice", "followed", {})
        return self._emit(who, "follow", {"follow": {"isUnblocked": unblocked}})

    def unfollow(self, phone: PhoneRef) -> str:
        """Block the account; return the event's id."""
        who = self._world.phone(phone)
        with self._world.lock:
            who.friendship = Friendship.BLOCKED
        self._world.show(who, "notice", "blocked", {})
        return self._emit(who, "unfollow", {})

    def say(self, phone: PhoneRef, text: str, *, at: float | None = None) -> str:
        """Write a text message; return the event's id.

        Raises:
            RefusedError: the account is blocked, or the text is empty or too long for LINE.
        """
        if not text.strip() or utf16_units(text) > _LONGEST_TEXT:
            raise RefusedError(f"a message has 1 to {_LONGEST_TEXT} characters")
        return self._write(self._world.phone(phone), {"type": "text", "text": text}, at=at)

    def send_sticker(self, phone: PhoneRef, package_id: str = "446", sticker_id: str = "1988") -> str:
        """Send a sticker; return the event's id."""
        content = {"type": "sticker", "packageId": package_id, "stickerId": sticker_id, "stickerResourceType": "STATIC"}
        return self._write(self._world.phone(phone), content)

    def send_location(self, phone: PhoneRef, latitude: float, longitude: float, *, address: str = "") -> str:
        """Send a location; return the event's id."""
        content: dict[str, Any] = {"type": "location", "latitude": latitude, "longitude": longitude}
        return self._write(self._world.phone(phone), content | ({"address": address} if address else {}))

    def send_from_page(self, phone: PhoneRef, messages: object) -> list[str]:
        """Send what a LIFF page hands over to `liff.sendMessages()`, as the phone's owner; return the events' ids.

        A Flex or template message stands in the chat and makes no event. Source: LIFF documentation.

        Raises:
            ApiError: in LINE's words, what is wrong with the messages.
            RefusedError: the account is blocked.
        """
        error = check_messages(messages)
        if error or not isinstance(messages, list):
            raise error or RefusedError("no messages")
        who = self._world.phone(phone)
        contents = [_as_the_user_sends(message) for message in messages]
        return [event for content in contents if (event := self._write(who, content, via="liff"))]

    def tap(
        self,
        phone: PhoneRef,
        postback_data: str,
        *,
        display_text: str | None = None,
        params: Mapping[str, str] | None = None,
    ) -> str:
        """Send a postback, whether or not a button for it is in the chat; return the event's id."""
        who = self._world.phone(phone)
        self._refuse_if_blocked(who)
        if display_text:
            self._world.show(who, "phone", "postback", {"type": "text", "text": display_text})
        postback = {"data": postback_data} | ({"params": dict(params)} if params else {})
        return self._emit(who, "postback", {"postback": postback})

    def press(self, phone: PhoneRef, label: str) -> dict[str, Any]:
        """Press the newest button with this label in the chat or the rich menu; see `perform`.

        Raises:
            UnknownError: there is no such button.
        """
        who = self._world.phone(phone)
        for action in self._reachable(who):
            if action.get("label") == label:
                return self.perform(who, action)
        raise UnknownError(f"no button {label!r} in the chat of {who.name}")

    def perform(
        self, phone: PhoneRef, action: Mapping[str, Any], params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Do what an action object says and return what came of it: an event's id, or a URI or text for the page."""
        match action.get("type"):
            case "postback" | "datetimepicker" | "richmenuswitch":
                display = action.get("displayText") or action.get("text")
                return {"event_id": self.tap(phone, action["data"], display_text=display, params=params)}
            case "message":
                return {"event_id": self.say(phone, action["text"])}
            case "uri":
                return self._open(self._world.phone(phone), action["uri"])
            case "clipboard":
                return {"copy": action["clipboardText"]}
            case kind:
                return {"app": kind}

    def _open(self, phone: Phone, uri: str) -> dict[str, Any]:
        """A LIFF app opens inside LINE, which comes to the front for it; any other address is for the page to show."""
        app = self._world.liff_address(phone, uri)
        if app is None:
            return {"open": uri}
        self.open_line(phone)
        return {"liff": app}

    def _reachable(self, phone: Phone) -> list[dict[str, Any]]:
        chat = self._world.chat(phone)
        with self._world.lock:
            menu = self._world.rich_menus.shown_to(phone.user_id)
        areas = [area["action"] for area in menu.menu["areas"]] if menu else []
        received = [message for message in chat if message.sender == "account"]
        found: list[dict[str, Any]] = []
        for message in reversed(received):
            found += _pressable(message, newest=message is chat[-1])
        return found + areas

    def _meet(self, phone: Phone, beacons: tuple[BeaconSpec, ...], kind: BeaconEventType, at: float | None) -> Walk:
        silence = phone.silence() if beacons else Silence.NO_BEACON
        sent = () if silence else tuple(self._emit_beacon(phone, beacon, kind, at) for beacon in beacons)
        walk = Walk(phone.zone, sent, silence)
        with self._world.lock:
            phone.last_walk = walk
            self._world.touch()
        return walk

    def _emit_beacon(self, phone: Phone, beacon: BeaconSpec, kind: BeaconEventType, at: float | None) -> str:
        return self._emit(phone, "beacon", events.beacon(beacon.hwid, beacon.dm, kind), at=at)

    def _write(self, phone: Phone, content: dict[str, Any], *, at: float | None = None, via: str = "typed") -> str:
        """Show a message as the phone's owner wrote it; return its event's id, or "" for a kind that has no event."""
        self._refuse_if_blocked(phone)
        with self._world.lock:
            phone.last_wrote_at = self._world.clock.now()
        line = self._world.show(phone, "phone", via, content)
        if content["type"] in _EVENTLESS:
            return ""
        return self._emit(phone, "message", events.message(content, line.id), at=at)

    def _emit(self, phone: Phone, kind: str, properties: dict[str, Any], *, at: float | None = None) -> str:
        world = self._world
        at_ms = world.clock.now_ms() if at is None else int(at * 1000)
        event = Event.now(phone.user_id, kind, properties, at_ms=at_ms, standby=world.faults.standby)
        if event.reply_token:
            with world.lock:
                world.reply_tokens.issue(event.reply_token, phone.user_id, event_at=at_ms / 1000)
        self._courier.post(event)
        return event.event_id

    def _refuse_if_blocked(self, phone: Phone) -> None:
        if phone.friendship is Friendship.BLOCKED:
            raise RefusedError(f"{phone.name} has blocked the account")


def _as_the_user_sends(message: Mapping[str, Any]) -> dict[str, Any]:
    content = {name: value for name, value in message.items() if name not in ("quickReply", "sender")}
    return content | ({"stickerResourceType": "STATIC"} if content["type"] == "sticker" else {})


def _pressable(message: ChatMessage, *, newest: bool) -> list[dict[str, Any]]:
    # Quick replies are gone as soon as anything follows their message.
    if newest:
        return message.actions()
    quick = (message.content.get("quickReply") or {}).get("items", ())
    gone = [button.get("action") for button in quick]
    return [action for action in message.actions() if not any(action is each for each in gone)]
