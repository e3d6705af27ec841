"""Who asks: the bearer token of a request, and which roles a path is for; a path that names none is nobody's."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import current_app, g, request

from checkin_api import tokens
from checkin_api.db import Database
from checkin_api.domain.ids import Role
from checkin_api.tokens import Holder
from checkin_api.web.errors import ProblemError

_P = ParamSpec("_P")
_R = TypeVar("_R")


def allowed(*roles: Role) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Let only holders of a token with one of these roles, or an admin, call a view."""

    def decorate(view: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(view)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            g.holder = authenticate()
            if g.holder.role is not Role.ADMIN and g.holder.role not in roles:
                raise ProblemError(403, "forbidden", f"a token of role {g.holder.role} may not do this")
            return view(*args, **kwargs)

        return guarded

    return decorate


def holder() -> Holder:
    """Who asks, in a view that is guarded by ``allowed``."""
    found: Holder = g.holder
    return found


def authenticate() -> Holder:
    """Whose the bearer token of the request is.

    Raises:
        ProblemError: 401, there is none, or nobody's.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ProblemError(401, "token_missing", "send the header  Authorization: Bearer TOKEN  (checkin token issue)")
    database: Database = current_app.extensions["database"]
    now = current_app.extensions["clock"].now()
    with database.read() as session:
        found = tokens.holder_of(session, now, token.strip())
    if found is None:
        raise ProblemError(401, "token_invalid", "this token is unknown, revoked or expired: ask for a new one")
    return found
