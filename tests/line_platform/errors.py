"""What goes wrong: answers in LINE's error shape, and mistakes of the person driving the platform."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class PlatformError(Exception):
    """Root of the errors raised here."""


class ConfigError(PlatformError):
    """The configuration has problems; the message lists every one of them."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class UnknownError(PlatformError, LookupError):
    """A phone, zone or label was named that does not exist."""


class RefusedError(PlatformError):
    """A phone's owner tried what LINE does not let them do, such as writing to a blocked account."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry of `details`: what is wrong and where."""

    property: str
    message: str


@dataclass
class ApiError(PlatformError):
    """An API call answered with an error in LINE's shape `{message, details}`."""

    status: int
    message: str
    details: tuple[Detail, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)

    def body(self) -> dict[str, object]:
        """Return the JSON object of the answer; LINE leaves `details` out where it would be empty."""
        answer: dict[str, object] = {"message": self.message, **self.more}
        if self.details:
            answer["details"] = [{"message": each.message, "property": each.property} for each in self.details]
        return answer


def body_errors(details: Sequence[Detail]) -> ApiError:
    """Return LINE's 400 for a request body with one or more wrong properties."""
    return ApiError(400, f"The request body has {len(details)} error(s)", tuple(details))


def invalid_property(name: str) -> ApiError:
    """Return LINE's 400 for a property whose value has the wrong form."""
    return ApiError(400, f"The property, '{name}', in the request body is invalid (line: -, column: -)")
