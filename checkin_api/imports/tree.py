"""The organisation tree: every unit's line of parents must end."""

from collections.abc import Iterator, Mapping

from checkin_api.imports.outcome import shown

# A circle longer than this is shown by its beginning.
_SHOWN_UNITS = 8


def find_cycles(parents: Mapping[str, str | None]) -> Iterator[list[str]]:
    """Yield every circle of units, given each unit's parent; each is yielded once, in the order child to parent."""
    settled: set[str] = set()
    for start in parents:
        path: dict[str, int] = {}
        unit: str | None = start
        while unit is not None and unit not in settled and unit not in path:
            path[unit] = len(path)
            unit = parents.get(unit)
        if unit in path:
            yield list(path)[path[unit] :]
        settled.update(path)


def show_cycle(cycle: list[str]) -> str:
    """A circle in words: ``A → B → A``."""
    names = [shown(code) for code in cycle[:_SHOWN_UNITS]]
    if len(cycle) > _SHOWN_UNITS:
        names.append("…")
    return " → ".join([*names, shown(cycle[0])])
