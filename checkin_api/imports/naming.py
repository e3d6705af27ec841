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
    look_ups = [_look_up(session, column) for column in sheet.columns]
    rows = []
    for line, values in sheet.rows:
        pairs = zip(look_ups, values, strict=True)
        try:
            rows.append(Row(line, tuple([value if known is None else known.ids[value] for known, value in pairs])))
        except KeyError:
            _note_missing(look_ups, line, values)
    for column, look_up in zip(sheet.columns, look_ups, strict=True):
        if look_up is not None:
            _report_missing(sheet, column, look_up)
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
        line = min(sheet.key_lines[(unit,)] for unit in cycle if (unit,) in sheet.key_lines)
        sheet.problems.add(line, parent.name, f"上級單位形成循環 / the units form a circle: {show_cycle(cycle)}")


def _look_up(session: Session, column: Column) -> _LookUp | None:
    reference = column.refers_to
    if reference is None:
        return None
    stored = session.execute(select(reference.code, reference.code.class_.id))
    return _LookUp(reference, {None: None, **{code: row_id for code, row_id in stored}})


def _note_missing(look_ups: list[_LookUp | None], line: int, values: tuple[object, ...]) -> None:
    for look_up, value in zip(look_ups, values, strict=True):
        if look_up is not None and value not in look_up.ids:
            look_up.missing.setdefault(value, []).append(line)


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
