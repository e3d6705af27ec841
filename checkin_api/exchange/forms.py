"""The department's own forms 自己的表格: kept by name after they were checked, replaced, deleted."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m
from checkin_api.audit import Act
from checkin_api.db import Turn, take_turn
from checkin_api.errors import NotFoundError
from checkin_api.exchange.naming import tidy, wrong_name


@dataclass(frozen=True, slots=True)
class FormRow:
    """A form: which kind of report fills it, the table whose rows are repeated if HR chose one, and who sent it."""

    name: str
    kind: str
    repeated: str | None
    size_bytes: int
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewForm:
    """A form that was checked; it takes the place of the one of its name only when it is to."""

    name: str
    kind: str
    content: bytes
    repeated: str | None = None
    replaces: bool = False


def forms(session: Session) -> list[FormRow]:
    """All forms, by name."""
    return [FormRow(*row) for row in session.execute(_ROWS.order_by(m.OwnForm.name))]


def own_form(session: Session, name: str) -> FormRow:
    """One of them.

    Raises:
        NotFoundError: there is none of this name.
    """
    row = session.execute(_ROWS.where(m.OwnForm.name == name)).one_or_none()
    if row is None:
        raise NotFoundError(f"沒有表格 {name[:80]} / there is no form {name[:80]}")
    return FormRow(*row)


def form_content(session: Session, name: str) -> bytes:
    """The file of a form.

    Raises:
        NotFoundError: there is none of this name.
    """
    own_form(session, name)
    return session.scalars(select(m.OwnForm.content).where(m.OwnForm.name == name)).one()


def keep_form(session: Session, now: datetime, new: NewForm, *, actor: str) -> list[str]:
    """Keep a form.

    Returns:
        What is wrong with its name; nothing if it is kept.
    """
    take_turn(session, Turn.AUDIT)
    name = tidy(new.name)
    wrong = wrong_name(name)
    if wrong is not None:
        return [wrong]
    row = session.get(m.OwnForm, name)
    if row is not None and not new.replaces:
        return [f"name: 已有表格 {name}，要換掉請用「取代」 / there is a form {name}; to change it, replace it"]
    if row is None:
        row = m.OwnForm(name=name)
        session.add(row)
    row.kind, row.repeated, row.content = new.kind, new.repeated, new.content
    row.saved_at, row.saved_by = now, actor
    session.flush()
    told = {"kind": new.kind, "table": new.repeated, "size": len(new.content), "sha256": _hash(new.content)}
    audit.record(session, now, _act(actor, "save", name, told))
    return []


def drop_form(session: Session, now: datetime, name: str, *, actor: str) -> None:
    """Delete a form.

    Raises:
        NotFoundError: there is none of this name.
    """
    take_turn(session, Turn.AUDIT)
    gone = form_content(session, name)
    session.execute(delete(m.OwnForm).where(m.OwnForm.name == name))
    audit.record(session, now, _act(actor, "delete", name, {"sha256": _hash(gone)}))


_ROWS = select(
    *(m.OwnForm.name, m.OwnForm.kind, m.OwnForm.repeated, func.length(m.OwnForm.content)),
    *(m.OwnForm.saved_at, m.OwnForm.saved_by),
)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _act(actor: str, action: str, name: str, told: Mapping[str, Any]) -> Act:
    return Act(actor=actor, action=f"own_form.{action}", subject=f"own_form:{name}", detail=told)
