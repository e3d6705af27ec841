"""The rich menus at LINE: made once, kept while they are unchanged, given to everybody and to who is enrolled."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import MenuKind
from checkin_api.line.menus import NAME_PREFIX, Menu, menus

if TYPE_CHECKING:
    # They load the SDK.
    from checkin_api.line.client import LineClient
    from checkin_api.line.menu_client import MenuClient


@dataclass(frozen=True, slots=True)
class Plan:
    """What LINE has of ours already, what is to be made, and what of an earlier run is in the way."""

    kept: Sequence[tuple[Menu, str]]
    new: Sequence[Menu]
    outdated: Sequence[str]
    user_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is done; ``share`` of a long one tells how far it is."""

    what: str
    subject: str = ""
    share: tuple[int, int] | None = None


def plan(database: Database, client: "MenuClient", liff_id: str) -> Plan:
    """Compare the menus of this release and these settings with what LINE has; changes nothing."""
    ours = {menu_id: name for menu_id, name in client.listed().items() if name.startswith(f"{NAME_PREFIX}:")}
    with database.read() as session:
        known = set(session.scalars(select(m.RichMenu.line_menu_id)))
        account = m.LineAccount
        bound = select(account.line_user_id).where(account.unbound_at.is_(None)).order_by(account.id)
        user_ids = session.scalars(bound).all()
    kept, new = [], []
    for menu in menus(liff_id):
        # Of two that are equal, the one that phones have.
        equal = sorted(
            (menu_id for menu_id, name in ours.items() if name == menu.name), key=lambda id_: id_ not in known
        )
        if equal:
            kept.append((menu, equal[0]))
        else:
            new.append(menu)
    stay = {menu_id for _, menu_id in kept}
    return Plan(kept, new, [menu_id for menu_id in ours if menu_id not in stay], user_ids)


def set_up(database: Database, client: "MenuClient", now: datetime, plan_: Plan, *, at_once: int) -> Iterator[Step]:
    """Carry the plan out, step by step; interrupted anywhere, the next run goes on from there.

    The old menus go last, when everybody has a new one.
    """
    ids = {}
    for menu, menu_id in plan_.kept:
        if not client.has_picture(menu_id):
            client.upload(menu_id, menu.png)
        ids[menu.kind] = menu_id
        yield Step("kept", menu.kind)
    for menu in plan_.new:
        ids[menu.kind] = client.create(menu)
        client.upload(ids[menu.kind], menu.png)
        yield Step("created", menu.kind)
    client.show_to_all(ids[MenuKind.NEW])
    yield Step("default", MenuKind.NEW)
    made = [*(menu for menu, _ in plan_.kept), *plan_.new]
    with database.write() as session:
        session.execute(delete(m.RichMenu))
        rows = [
            {"kind": menu.kind, "line_menu_id": ids[menu.kind], "digest": menu.digest, "made_at": now} for menu in made
        ]
        session.execute(insert(m.RichMenu), rows)
    total = len(plan_.user_ids)
    for begin in range(0, total, at_once):
        client.show_to(plan_.user_ids[begin : begin + at_once], ids[MenuKind.ENROLLED])
        yield Step("linked", MenuKind.ENROLLED, (min(begin + at_once, total), total))
    for menu_id in plan_.outdated:
        client.delete(menu_id)
        yield Step("deleted", menu_id)


def problem(session: Session, liff_id: str) -> str | None:
    """Why phones do not show the menus of this release, or None."""
    stored = dict(session.execute(select(m.RichMenu.kind, m.RichMenu.digest)).all())
    wanted = {menu.kind: menu.digest for menu in menus(liff_id)}
    if stored == wanted:
        return None
    return "missing" if not stored else "outdated"


def shower(database: Database, client: "LineClient") -> Callable[[m.MenuLink], None]:
    """How a courier tells LINE which menu an account has: as the account is bound at that moment."""

    def show(link: m.MenuLink) -> None:
        account, menu = m.LineAccount, m.RichMenu
        with database.read() as session:
            menu_id = session.scalar(select(menu.line_menu_id).where(menu.kind == MenuKind.ENROLLED))
            bound = select(account.id).where(account.line_user_id == link.line_user_id, account.unbound_at.is_(None))
            is_bound = session.scalar(bound) is not None
        if menu_id is None:
            # Nobody has made any; whoever does gives them to all who are enrolled.
            return
        if is_bound:
            client.show_menu(link.line_user_id, menu_id)
        else:
            client.show_default_menu(link.line_user_id)

    return show
