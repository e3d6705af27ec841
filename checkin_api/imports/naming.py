"""From the codes that a file names to the rows of the database, set-based: every look-up is loaded once."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api.imports.columns import Column, Reference
from checkin_api.imports.sheet import Row, Sheet
from checkin_api.imports.tree import find_cycles, show_cycle


@dataclass(slots=True)
class _LookUp:
    """The id behind every code (an empty cell has none), and the lines that name a code without one."""

    reference: Reference
    ids: dict[object, int | None]
    missing: dict[object, list[int]] = field(default_factory=dict)


def resolve(session: Session, sheet: Sheet) -> list[Row]:
    """The rows with ids in the place of codes, without those that name something unknown, which becomes a problem."""
    look_ups = {
        position: _look_up(session, column.refers_to)
        for position, column in enumerate(sheet.columns)
        if column.refers_to is not None
    }
    rows = []
    for row in sheet.rows:
        values = list(row.values)
        try:
            for position, look_up in look_ups.items():
                values[position] = look_up.ids[values[position]]
        except KeyError:
            _note_missing(look_ups, row)
        else:
            rows.append(Row(row.line, tuple(values)))
    for position, look_up in look_ups.items():
        _report_missing(sheet, sheet.columns[position], look_up)
    return rows


def check_tree(session: Session, sheet: Sheet) -> None:
    """Note every circle that the file's units would close together with those of the database."""
    parent_at = next((at for at, column in enumerate(sheet.columns) if sheet.layout.is_own(column)), None)
    if parent_at is None:
        return
    (code_at,) = sheet.key_positions
    code, parent = sheet.columns[code_at], sheet.columns[parent_at]
    parents = _stored_parents(session, code, parent)
    parents.update((row.values[code_at], row.values[parent_at]) for row in sheet.rows)
    for cycle in find_cycles(parents):
        # Every new circle has a link of the file; one that was in the database before has the first line to blame.
        line = min((sheet.key_lines[(unit,)] for unit in cycle if (unit,) in sheet.key_lines), default=1)
        sheet.problems.add(line, parent.name, f"上級單位形成循環 / the units form a circle: {show_cycle(cycle)}")


def _look_up(session: Session, reference: Reference) -> _LookUp:
    stored = session.execute(select(reference.code, reference.code.class_.id))
    return _LookUp(reference, {None: None, **dict(stored.all())})


def _note_missing(look_ups: dict[int, _LookUp], row: Row) -> None:
    for position, look_up in look_ups.items():
        code = row.values[position]
        if code not in look_up.ids:
            look_up.missing.setdefault(code, []).append(row.line)


def _report_missing(sheet: Sheet, column: Column, look_up: _LookUp) -> None:
    for code, lines in look_up.missing.items():
        # A unit whose own line is wrong is no second problem of the units below it.
        if not (sheet.layout.is_own(column) and (code,) in sheet.key_lines):
            sheet.problems.add(lines[0], column.name, look_up.reference.missing(code, len(lines)))


def _stored_parents(session: Session, code: Column, parent: Column) -> dict[str, str | None]:
    table = code.target.table
    above = table.alias()
    joined = table.outerjoin(above, parent.target == above.c.id)
    return dict(session.execute(select(code.target, above.c[code.target.key]).select_from(joined)).all())
