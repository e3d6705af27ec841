"""Every difference that an import makes, row by row, of the kinds that have few rows and no review of their own."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select

from checkin_api.domain.formulas import unguarded
from checkin_api.domain.ids import RosterAction
from checkin_api.imports.columns import Column, Values
from checkin_api.imports.comparing import Difference, in_steps
from checkin_api.imports.outcome import Change
from checkin_api.imports.review import Findings, Review
from checkin_api.imports.sheet import Key
from checkin_api.imports.written import cell

_Names = Mapping[str, Mapping[Any, str]]


class PlainReview(Review):
    """Takes down what is added, and of what is changed which columns and from what to what."""

    def begin(self) -> None:
        """Start without any; a new unit is there already, without its parent."""
        self._found: list[tuple[RosterAction, Values, Values]] = []

    def step(self, difference: Difference) -> None:
        """Remember the rows of one step."""
        self._found += [(RosterAction.ADDED, values, {}) for values in difference.added.values()]
        for key, values in difference.changed.items():
            if key not in self.terms.newcomers:
                self._found.append((RosterAction.CHANGED, values, difference.old[key]))

    def end(self) -> Findings:
        """Put them into words, with codes in the place of ids."""
        found = [*self._newcomers(), *self._found]
        names = self._names([row for _, values, old in found for row in (values, old)])
        return Findings(changes=[self._change(*each, names) for each in found])

    def _newcomers(self) -> Iterator[tuple[RosterAction, Values, Values]]:
        targets = [column.target.key for column in self.sheet.columns]
        positions = self.sheet.key_positions
        for row in self.sheet.rows:
            key: Key = tuple(row.values[at] for at in positions)
            if key in self.terms.newcomers:
                yield RosterAction.ADDED, dict(zip(targets, row.values, strict=True)), {}

    def _names(self, rows: list[Values]) -> _Names:
        """The codes behind the ids of each column that refers to another row."""
        names: dict[str, dict[Any, str]] = {}
        for column in self.sheet.columns:
            if column.refers_to is not None:
                code, key = column.refers_to.code, column.target.key
                ids = {row[key] for row in rows if row.get(key) is not None}
                names[column.name] = {
                    row_id: name
                    for some in in_steps(sorted(ids))
                    for row_id, name in self.session.execute(
                        select(code.class_.id, code).where(code.class_.id.in_(some))
                    )
                }
        return names

    def _change(self, action: RosterAction, values: Values, old: Values, names: _Names) -> Change:
        def shown(column: Column, row: Values) -> str:
            value = row.get(column.target.key)
            of_column = names.get(column.name)
            return unguarded(cell(column, value if of_column is None else of_column.get(value), self.sheet.zone))

        now = {column.name: shown(column, values) for column in self.sheet.columns}
        key = " ".join(now[name] for name in self.sheet.layout.key)
        if action is RosterAction.ADDED:
            others = [text for name, text in now.items() if name not in self.sheet.layout.key and text]
            return Change(action, " ".join([key, *others]), now)
        was = {column.name: shown(column, old) for column in self.sheet.columns if column.target.key in old}
        changed = [f"{name}: {was[name] or '-'} → {now[name] or '-'}" for name in was if was[name] != now[name]]
        return Change(action, f"{key} {'; '.join(changed)}", {**now, "was": was})
