"""A long list in pages: which one is asked for, and where the others are."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

from checkin_api.web.console import parameters

SIZE = 50


@dataclass(frozen=True, slots=True)
class Paging:
    """Page ``number`` of a list of ``total`` rows, counted from 1."""

    number: int
    total: int
    size: int = SIZE

    @property
    def pages(self) -> int:
        """How many there are; an empty list has one."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """The number of the first row shown, from 1."""
        return min(self.total, skipped(self.number, self.size) + 1)

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return min(self.total, self.number * self.size)

    def address(self, number: int) -> str:
        """The same list, another page of it."""
        others = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
        return "?" + urlencode([*others, ("page", number)])


def wanted() -> int:
    """The page that is asked for.

    Raises:
        ProblemError: 422, it is none.
    """
    return parameters.number("page")


def skipped(number: int, size: int = SIZE) -> int:
    """How many rows come before a page."""
    return (number - 1) * size
