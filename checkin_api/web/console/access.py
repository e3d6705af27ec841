"""Who looks at the console: the session of a request, which roles a page is for, and which units somebody may see."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Response, current_app, g, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from checkin_api.accounts import Viewer
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.corrections import Actor
from checkin_api.domain.ids import Role
from checkin_api.queries import UnitRow
from checkin_api.web import scope, sessions
from checkin_api.web.errors import ProblemError

_P = ParamSpec("_P")
_R = TypeVar("_R")

logger = logging.getLogger(__name__)

READERS = scope.READERS
_FOR = "_console_roles"
_FILE = "_console_file_bytes"
# Of a form besides its file.
_FORM_BYTES = 1024 * 1024
# Where somebody may go who has to set up a second step first.
_SETTING_UP = {
    *("console.own_password", "console.second_step", "console.sign_out"),
    *("console.passkeys", "console.passkeys_begin", "console.passkeys_add"),
}


def page(*roles: Role, file_bytes: int = 0) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """A page for people with one of these roles, and for admins; the blueprint refuses a view that is no page.

    With ``file_bytes`` its form may have a file so large.
    """

    def decorate(view: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(view)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            # Here too, so that a view which is called some other way is guarded as well.
            insist_on_role(frozenset(roles))
            return view(*args, **kwargs)

        setattr(guarded, _FOR, frozenset(roles))
        setattr(guarded, _FILE, file_bytes)
        return guarded

    return decorate


def for_anybody(view: Callable[_P, _R]) -> Callable[_P, _R]:
    """A page that needs no session: signing in, and what it looks like."""
    setattr(view, _FOR, None)
    return view


def for_anyone_signed_in(view: Callable[_P, _R]) -> Callable[_P, _R]:
    """A page of one's own account: whatever the role, and before the second step is set up."""
    setattr(view, _FOR, frozenset(Role))
    return view


def guard() -> Response | None:
    """Before each request: the session, the form's key, and what has to be done before anything else."""
    view = current_app.view_functions.get(request.endpoint or "")
    if not hasattr(view, _FOR):
        raise ProblemError(403, "forbidden", "這個頁面沒有開放 / this page is for nobody")
    _insist_on_text(request.view_args or {}, request.args)
    g.viewer = sessions.find_viewer(now())
    if getattr(view, _FILE, 0):
        if g.viewer is None or not g.viewer.complete:
            # Nobody unknown sends us files.
            return _to("console.sign_in")
        request.max_content_length = getattr(view, _FILE) + _FORM_BYTES
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        _insist_on_our_form()
        _insist_on_text(request.form)
    return None if getattr(view, _FOR) is None else _first_elsewhere(g.viewer)


def _insist_on_text(*given: Mapping[str, Any]) -> None:
    """Refuse NUL, which no text of PostgreSQL has.

    Raises:
        ProblemError: 422.
    """
    for each in given:
        several = each.lists() if isinstance(each, MultiDict) else ((name, [value]) for name, value in each.items())
        for name, values in several:
            if any("\0" in text for text in (name, *values) if isinstance(text, str)):
                raise ProblemError(
                    422, "validation_failed", "含有不可用的字元 / there is a character that none may have"
                )


def _first_elsewhere(who: Viewer | None) -> Response | None:
    """Where somebody has to go before the page that was asked for, or instead of it."""
    place = request.endpoint
    if who is None or not who.complete:
        return _to("console.sign_in", wanted=_wanted())
    if who.must_change and place not in {"console.own_password", "console.sign_out"}:
        return _to("console.own_password")
    if sessions.owes_second_step(who) and place not in _SETTING_UP:
        return _to("console.second_step")
    # Of attendance an installer sees nothing.
    return _to("console.fleet") if place == "console.home" and who.role is Role.INSTALLER else None


def insist_on_role(roles: frozenset[Role]) -> None:
    """Refuse who has none of these roles and is no admin.

    Raises:
        ProblemError: 403.
    """
    who = viewer()
    if who.role is not Role.ADMIN and who.role not in roles:
        logger.warning("%s (%s) asked for %s and may not", who.actor, who.role, request.path)
        raise ProblemError(403, "forbidden", "您的角色沒有這個權限 / your role may not do this")


def viewer() -> Viewer:
    """Who looks, in a page that asks for a session.

    Raises:
        ProblemError: 401, nobody is signed in.
    """
    found: Viewer | None = g.get("viewer")
    if found is None or not found.complete:
        raise ProblemError(401, "signed_out", "請先登入 / sign in first")
    return found


def half_signed_in() -> Viewer | None:
    """Who has given the password and owes the code."""
    found: Viewer | None = g.get("viewer")
    return found if found is not None and not found.complete else None


def is_one_of(*roles: Role) -> bool:
    """Whether who looks has one of these roles, or is an admin."""
    found: Viewer | None = g.get("viewer")
    return found is not None and (found.role is Role.ADMIN or found.role in roles)


def units(session: Session, code: str | None = None) -> list[UnitRow]:
    """The units that who looks may see, or one of them with all below it; by code.

    Raises:
        NotFoundError: there is no such unit, or it is none of theirs, which is logged.
    """
    return scope.units(session, viewer(), code)


def insist_on_officer(session: Session, staff_no: str) -> None:
    """Refuse an officer whom who looks may not see.

    Raises:
        NotFoundError: there is no such officer, or it is none of theirs, which is logged.
    """
    scope.insist_on_officer(session, viewer(), staff_no)


def actor() -> Actor:
    """Who acts, for use cases that ask about the person behind the account."""
    who = viewer()
    return Actor(who.actor, who.staff_no)


def settings() -> Settings:
    """The installation's settings."""
    found: Settings = current_app.extensions["settings"]
    return found


def database() -> Database:
    """The database."""
    found: Database = current_app.extensions["database"]
    return found


def now() -> datetime:
    """This request's moment: one for all of it."""
    if "now" not in g:
        g.now = current_app.extensions["clock"].now()
    moment: datetime = g.now
    return moment


def extension(name: str) -> Any:
    """Something else that the application was made with."""
    return current_app.extensions[name]


def local_path(wanted: str) -> str:
    """Where somebody wanted to go, if that is a page of the console; else its first page."""
    home = url_for("console.home")
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return home
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith(home) and "\\" not in wanted
    return wanted if is_ours and not wanted.startswith("//") else home


def _insist_on_our_form() -> None:
    """Refuse what another site's page sends with our cookie.

    Raises:
        ProblemError: 403.
    """
    who: Viewer | None = g.viewer
    key = request.form.get("form_key", "")
    if not sessions.is_from_here() or (who is not None and not sessions.knows_key(who, key)):
        raise ProblemError(
            403,
            "form_expired",
            "頁面已過期，請回上一頁重新整理再送一次 / the page is out of date: reload it and send again",
        )


def _wanted() -> str | None:
    """Where to go after signing in: a page, not the part of one that htmx asks for."""
    is_page = request.method == "GET" and "Hx-Request" not in request.headers
    return request.full_path.rstrip("?") if is_page and request.path != url_for("console.home") else None


def _to(endpoint: str, **more: Any) -> Response:
    """Go elsewhere first; htmx would put that page into a corner of this one, so it is told to load it whole."""
    place = url_for(endpoint, **more)
    if "Hx-Request" in request.headers:
        return Response(headers={"HX-Redirect": place})
    return Response(status=303, headers={"Location": place})
