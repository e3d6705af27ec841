"""What can go wrong on request: on the way to the webhook, and in the answers of the API."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from tests.line_platform.errors import ConfigError

SignatureKind = Literal["valid", "missing", "wrong"]
SIGNATURE_KINDS: tuple[SignatureKind, ...] = ("valid", "missing", "wrong")

# LINE's message texts. Source: Messaging API reference, "Error messages"; 500 has no documented text.
_TEXTS = {
    400: "The request body has 1 error(s)",
    401: "Authentication failed due to the following reason: invalid token. "
    "Confirm that the access token in the authorization header is valid.",
    403: "Access to this API is not available for your account",
    429: "The API rate limit has been exceeded. Try again later.",
    500: "Internal server error",
}
MONTHLY_LIMIT = "You have reached your monthly limit."


@dataclass(frozen=True, slots=True)
class WebhookFaults:
    """How webhooks go wrong; the default is a platform without faults, redelivery off as LINE has it by default.

    `redeliveries` counts the attempts after the first one; LINE does not disclose its number and spacing.
    """

    redelivery: bool = False
    redeliveries: int = 3
    redelivery_spacing_s: float = 1.0
    duplicate: bool = False
    reorder: bool = False
    delay_s: float = 0.0
    drop: bool = False
    signature: SignatureKind = "valid"
    standby: bool = False

    def changed(self, values: dict[str, Any]) -> "WebhookFaults":
        """Return a copy with some faults switched.

        Raises:
            ConfigError: a name or the signature kind is unknown, or a value has the wrong type.
        """
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        problems = [f"unknown fault {name!r}" for name in sorted(set(values) - set(known))]
        for name, value in values.items():
            kinds = (int, float) if type(known.get(name)) is float else (type(known.get(name)),)
            if name in known and type(value) not in kinds:
                problems.append(f"{name}: expected {kinds[-1].__name__}, got {value!r}")
        if values.get("signature", "valid") not in SIGNATURE_KINDS:
            problems.append(f"signature: expected one of {', '.join(SIGNATURE_KINDS)}")
        if problems:
            raise ConfigError(problems)
        return replace(self, **values)

    def as_json(self) -> dict[str, Any]:
        """Return the faults for the control API."""
        return asdict(self)


@dataclass(slots=True)
class ApiFault:
    """The next `times` calls whose path begins with `path` go wrong.

    With `status` the call is answered with that error; with `hang_s` it is held first. `accepted` says that the
    platform carried the call out before it went wrong, as when an answer is lost on its way back.
    """

    path: str = "/v2/"
    status: int | None = None
    message: str | None = None
    times: int = 1
    hang_s: float = 0.0
    accepted: bool = False

    def text(self) -> str:
        """Return the message of the error answer."""
        return self.message or _TEXTS.get(self.status or 0, "Error")


@dataclass(slots=True)
class ApiFaults:
    """The API faults waiting for their calls, in the order they were asked for."""

    waiting: list[ApiFault] = field(default_factory=list)

    def take(self, path: str) -> ApiFault | None:
        """Return the first fault for this path and count it down. Call with the platform's lock held."""
        for fault in self.waiting:
            if path.startswith(fault.path):
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
