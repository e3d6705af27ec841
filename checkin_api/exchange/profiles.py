"""The department's own profiles 設定檔 of swipe files: looked at, saved when nothing is lost by them, deleted."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m
from checkin_api.audit import Act
from checkin_api.db import Turn, take_turn
from checkin_api.errors import NotFoundError
from checkin_api.exchange.naming import tidy, wrong_name
from checkin_api.queries.clocked import serving_officers
from reports.swipe_preview import unfit
from reports.swipe_profile import ProfileRefusedError, load_profile, ready_profiles

_CHANGED = (
    "這個設定檔剛才被別人改過或刪除，請重新開啟再改"
    " / somebody has changed or deleted this profile meanwhile: open it again"
)
# As many officers as are named when a profile does not fit them; the rest is counted.
NAMED = 5


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """A saved profile: its JSON document, and who saved it last."""

    name: str
    definition: str
    saved_at: datetime
    saved_by: str

    @property
    def title(self) -> str:
        """What it says of itself, whether or not this release would still take it."""
        return str(document_of(self.definition.encode()).get("title", ""))

    @property
    def version(self) -> str:
        """Tells this content from any other."""
        return hashlib.sha256(self.definition.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A profile as it is to be: its name and document; of one that is changed its name until now, and its version."""

    name: str
    document: Mapping[str, Any]
    was: str | None = None
    seen: str | None = None

    @property
    def definition(self) -> str:
        """The document as it is stored."""
        return json.dumps(self.document, ensure_ascii=False, indent=2)


def profiles(session: Session) -> list[ProfileRow]:
    """The saved profiles, by name."""
    return [ProfileRow(*row) for row in session.execute(_ROWS.order_by(m.SwipeProfile.name))]


def saved_profile(session: Session, name: str) -> ProfileRow:
    """One of them.

    Raises:
        NotFoundError: there is none of this name.
    """
    row = session.execute(_ROWS.where(m.SwipeProfile.name == name)).one_or_none()
    if row is None:
        raise NotFoundError(f"沒有設定檔 {name[:80]} / there is no profile {name[:80]}")
    return ProfileRow(*row)


def find_profile(session: Session, name: str) -> bytes | None:
    """The document of a profile, one that comes with the product or a saved one; None if there is none."""
    ready = ready_profiles().get(name)
    if ready is not None:
        return ready
    saved = session.scalar(select(m.SwipeProfile.definition).where(m.SwipeProfile.name == tidy(name)))
    return None if saved is None else saved.encode()


def document_of(content: bytes) -> dict[str, Any]:
    """What a profile that was accepted says, to be edited."""
    text = content.decode("utf-8-sig")
    document: dict[str, Any] = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    return document


def save_profile(session: Session, now: datetime, draft: Draft, *, actor: str, today: date) -> list[str]:
    """Save a profile, a new one or one that is changed or renamed.

    Returns:
        What is wrong with it; nothing if it is saved. Whoever serves must fit it: the file refuses what it cannot hold.
    """
    take_turn(session, Turn.AUDIT)
    name = tidy(draft.name)
    problems = [*_of_name(session, draft, name), *_of_document(session, draft.definition, today)]
    if problems:
        return problems
    row = None if draft.was is None else session.get(m.SwipeProfile, draft.was)
    if row is None:
        row = m.SwipeProfile(name=name)
        session.add(row)
    row.name, row.definition, row.saved_at, row.saved_by = name, draft.definition, now, actor
    session.flush()
    told = {"definition": draft.document, **({"was": draft.was} if draft.was not in {None, name} else {})}
    audit.record(session, now, _act(actor, "save", name, told))
    return []


def delete_profile(session: Session, now: datetime, name: str, *, actor: str) -> None:
    """Delete a profile.

    Raises:
        NotFoundError: there is none of this name.
    """
    take_turn(session, Turn.AUDIT)
    gone = saved_profile(session, name)
    session.execute(delete(m.SwipeProfile).where(m.SwipeProfile.name == name))
    audit.record(session, now, _act(actor, "delete", name, {"definition": document_of(gone.definition.encode())}))


_ROWS = select(m.SwipeProfile.name, m.SwipeProfile.definition, m.SwipeProfile.saved_at, m.SwipeProfile.saved_by)


def _of_name(session: Session, draft: Draft, name: str) -> list[str]:
    wrong = wrong_name(name)
    if wrong is not None:
        return [wrong]
    if name in ready_profiles():
        return [f"name: {name} 是內附的設定檔，請取別的名字 / {name} comes with the product, choose another"]
    if draft.was is not None:
        known = wrong_name(draft.was) is None
        found = session.execute(_ROWS.where(m.SwipeProfile.name == draft.was)).one_or_none() if known else None
        if found is None or ProfileRow(*found).version != draft.seen:
            return [_CHANGED]
    if name != draft.was and session.get(m.SwipeProfile, name) is not None:
        return [f"name: 已有設定檔 {name} / there is a profile {name} already"]
    return []


def _of_document(session: Session, definition: str, today: date) -> list[str]:
    try:
        profile = load_profile(definition.encode())
    except ProfileRefusedError as exc:
        return list(exc.problems)
    lost = [str(each) for each in unfit(profile, serving_officers(session, today))]
    more = len(lost) - NAMED
    return lost[:NAMED] + ([f"…另有 {more:,} 個 / …and {more:,} more"] if more > 0 else [])


def _act(actor: str, action: str, name: str, told: Mapping[str, Any]) -> Act:
    return Act(actor=actor, action=f"swipe_profile.{action}", subject=f"swipe_profile:{name}", detail=told)
