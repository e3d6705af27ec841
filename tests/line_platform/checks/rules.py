"""Rules on single values, and the check of an object against a table of rules.

A rule takes a JSON value and returns what is wrong with it, or None.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Rule = Callable[[object], str | None]
Path = tuple[str | int, ...]

# LINE's words. Source: error answers in the Messaging API reference and in the issues of line-bot-sdk-nodejs and -go.
MISSING = "must be specified"
UNKNOWN = "unknown field"
INVALID = "invalid property"
EMPTY = "May not be empty"


@dataclass(frozen=True, slots=True)
class Wrong:
    """One mistake: where it is and what LINE says about it."""

    path: Path
    message: str

    def dotted(self) -> str:
        """Return the place as LINE writes it for message properties: `messages[0].text`."""
        parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return "".join(parts).removeprefix(".")

    def pointer(self) -> str:
        """Return the place as LINE writes it inside a Flex container: `/footer/contents/2`."""
        return "/" + "/".join(str(step) for step in self.path)


@dataclass(frozen=True, slots=True)
class Shape:
    """What an object may hold: a rule for each known property, and which of them must be there."""

    rules: Mapping[str, Rule]
    required: tuple[str, ...] = ()

    def wrongs(self, value: Mapping[str, Any], path: Path) -> Iterable[Wrong]:
        """Yield every mistake; a null counts as absent."""
        present = {key: inner for key, inner in value.items() if inner is not None}
        yield from (Wrong((*path, key), MISSING) for key in self.required if key not in present)
        for key, inner in present.items():
            rule = self.rules.get(key)
            message = UNKNOWN if rule is None else rule(inner)
            if message:
                yield Wrong((*path, key), message)


def utf16_units(text: str) -> int:
    """Return the length LINE counts: UTF-16 code units, so that most emoji count twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def anything(_value: object) -> str | None:
    """Accept: the value is checked elsewhere."""
    return None


def text(longest: int) -> Rule:
    """Return a rule for text that is not empty and at most `longest` UTF-16 units."""

    def rule(value: object) -> str | None:
        if not isinstance(value, str):
            return INVALID
        if not value:
            return EMPTY
        return None if utf16_units(value) <= longest else f"Length must be between 0 and {longest}"

    return rule


def one_of(*values: object) -> Rule:
    """Return a rule for a closed set of values."""
    return lambda value: None if value in values else INVALID


def matching(pattern: str) -> Rule:
    """Return a rule for strings that match a regular expression as a whole."""
    compiled = re.compile(pattern)
    return lambda value: None if isinstance(value, str) and compiled.fullmatch(value) else INVALID


def boolean(value: object) -> str | None:
    """Accept true and false."""
    return None if isinstance(value, bool) else INVALID


def number(low: float, high: float) -> Rule:
    """Return a rule for a number from `low` to `high`."""

    def rule(value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return INVALID
        return None if low <= value <= high else f"Must be between {low:g} and {high:g}"

    return rule


def url(longest: int, *schemes: str) -> Rule:
    """Return a rule for an absolute URL with one of the schemes."""

    def rule(value: object) -> str | None:
        if not isinstance(value, str) or not value:
            return EMPTY
        if value.partition(":")[0].lower() not in schemes:
            return "invalid uri scheme"
        return None if len(value) <= longest else f"Length must be between 0 and {longest}"

    return rule


def items(low: int, high: int) -> Rule:
    """Return a rule for an array with `low` to `high` elements."""

    def rule(value: object) -> str | None:
        if not isinstance(value, list):
            return INVALID
        return None if low <= len(value) <= high else f"Size must be between {low} and {high}"

    return rule
