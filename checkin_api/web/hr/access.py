"""Who asks the HR paths, by a bearer token or a session of the console; which roles a path is for, and how often."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import ParamSpec, TypeVar

from apiflask import APIBlueprint
from flask import Response, current_app, g, request

from checkin_api.accounts import Viewer
from checkin_api.clock import Clock
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.corrections import Actor
from checkin_api.domain.ids import Role
from checkin_api.tokens import Holder
from checkin_api.web import auth, scope, sessions
from checkin_api.web.errors import ProblemError

logger = logging.getLogger(__name__)

_P = ParamSpec("_P")
_R = TypeVar("_R")

TAG = "HR"
READERS = scope.READERS
# What a program proves that uses a session's cookie: another site's page cannot set a header.
KEY_HEADER = "X-Form-Key"
_FOR = "_hr_roles"
_BUSY_S = 5
_TOO_BUSY = {429, 503}
# One at a time in a process: it is work for the processor, and whoever checks in comes first. One more may wait for it;
# a burst that waited would take all threads, LINE's webhooks' among them.
_computing = Lock()
_waiting = Lock()

blueprint = APIBlueprint("hr", __name__, url_prefix="/api/v1", tag=TAG)


def for_roles(*roles: Role) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """A path for people and programs with one of these roles, and for admins; one that names none is nobody's."""

    def decorate(view: Callable[_P, _R]) -> Callable[_P, _R]:
        setattr(view, _FOR, frozenset(roles))
        return view

    return decorate


@blueprint.before_request
def _guard() -> None:
    """Before each request: who asks, whether the path is theirs, and not too often."""
    g.who = auth.authenticate() if "Authorization" in request.headers else _by_session()
    found = who()
    if not current_app.extensions["api_pace"].admits(found.actor):
        raise ProblemError(429, "too_many_requests", "太頻繁了，請稍候再試 / too many requests: wait a moment")
    roles = getattr(current_app.view_functions.get(request.endpoint or ""), _FOR, None)
    if roles is None or (found.role is not Role.ADMIN and found.role not in roles):
        logger.warning("%s (%s) asked for %s and may not", found.actor, found.role, request.path)
        raise ProblemError(403, "forbidden", "您的角色沒有這個權限 / your role may not do this")
    if not all(text.isprintable() for text in (request.view_args or {}).values() if isinstance(text, str)):
        raise ProblemError(404, "not_found", "網址含有不可用的字元 / the address has a character that none may have")


@blueprint.after_request
def _close(answer: Response) -> Response:
    """What is personal stays in no cache; who has to wait is told how long."""
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    if answer.status_code in _TOO_BUSY:
        answer.headers["Retry-After"] = str(_BUSY_S)
    return answer


def who() -> Holder | Viewer:
    """Who asks; ``unit`` limits them."""
    found: Holder | Viewer = g.who
    return found


def person() -> Actor:
    """Who acts, for use cases that ask about the person: nobody knows whose a token is."""
    found = who()
    return Actor(found.actor, found.staff_no if isinstance(found, Viewer) else None)


@contextmanager
def computing() -> Iterator[None]:
    """While something is worked out that takes long; entered without a session, for who waits must hold no connection.

    Raises:
        ProblemError: 503, somebody else's question is being worked out, and another waits or this one has waited.
    """
    if not (_computing.acquire(blocking=False) or _is_next()):
        raise ProblemError(
            503, "busy", "正在計算別的查詢，請稍後再試 / busy with another question: try again in a moment"
        )
    try:
        yield
    finally:
        _computing.release()


def _is_next() -> bool:
    """Wait until nothing is worked out; False at once where somebody waits already, and after a while."""
    if not _waiting.acquire(blocking=False):
        return False
    try:
        return _computing.acquire(timeout=_BUSY_S)
    finally:
        _waiting.release()


def now() -> datetime:
    """This request's moment: one for all of it."""
    if "now" not in g:
        g.now = clock().now()
    moment: datetime = g.now
    return moment


def settings() -> Settings:
    """The installation's settings."""
    found: Settings = current_app.extensions["settings"]
    return found


def clock() -> Clock:
    """What time it is as something goes on."""
    found: Clock = current_app.extensions["clock"]
    return found


def database() -> Database:
    """The database."""
    found: Database = current_app.extensions["database"]
    return found


def _by_session() -> Viewer:
    """Who is signed in to the console.

    Raises:
        ProblemError: 401, nobody is; 403, the account has something to do in the console first, or another site asks.
    """
    found = sessions.find_viewer(now())
    if found is None or not found.complete:
        raise ProblemError(
            401,
            "token_missing",
            "請帶權杖或先登入人事後台 / send the header  Authorization: Bearer TOKEN  (checkin token issue), or sign in"
            " to the console",
        )
    if found.must_change or sessions.owes_second_step(found):
        raise ProblemError(
            403,
            "account_incomplete",
            "請先在後台換密碼並設定兩步驟驗證 / change the first password and set up the second step in the console",
        )
    is_reading = request.method in {"GET", "HEAD", "OPTIONS"}
    if not sessions.is_from_here() or not (
        is_reading or sessions.knows_key(found, request.headers.get(KEY_HEADER, ""))
    ):
        raise ProblemError(
            403,
            "form_key_missing",
            f"以後台登入寫入須帶標頭 {KEY_HEADER}，且不可來自別的網站"
            f" / with a session of the console, writes carry the header {KEY_HEADER}, and no other site may ask",
        )
    return found
