"""What goes wrong for an installer: each error says in one line, or a line for each problem, what to do next."""

from collections.abc import Sequence


class KitError(Exception):
    """The root of all that ``beacon-kit`` reports to a person, zh-TW first, English second."""

    def __init__(self, *lines: str) -> None:
        self.lines: Sequence[str] = lines
        super().__init__("; ".join(lines))
