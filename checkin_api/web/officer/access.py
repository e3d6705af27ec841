"""Whose phone asks: the LINE ID token, and nothing else in the request, says which officer it is."""

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from apiflask import APIBlueprint
from flask import Response, current_app, g, request
from sqlalchemy.orm import Session

from checkin_api import privacy
from checkin_api.checkin import tapping
from checkin_api.checkin.today import Person, person_of
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import LineUserId
from checkin_api.domain.shifts import local_date
from checkin_api.line.id_token import IdTokens
from checkin_api.web.errors import ProblemError

PREFIX = "/api/v1/me"

# The decider rests 50 ms at most; what it has not reached by then is told as waiting, and is not lost.
DECIDED_WITHIN_S = 1.5
LOOK_EVERY_S = 0.015

blueprint = APIBlueprint("officer", __name__, url_prefix=PREFIX)

_P = ParamSpec("_P")
_R = TypeVar("_R")


def signed_in(view: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let only a holder of a good ID token call a view, and not too often."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise ProblemError(401, "token_missing", "請從 LINE 開啟 / open this page from LINE")
        tokens: IdTokens | None = current_app.extensions["id_tokens"]
        if tokens is None:
            raise ProblemError(503, "liff_not_configured", "set CHECKIN_LINE_LOGIN_CHANNEL_ID")
        g.user_id = tokens.verify(token.strip(), now())
        if not current_app.extensions["pace"].admits(g.user_id):
            problem = ProblemError(429, "too_many_requests", "太頻繁了，請稍候再試 / too many requests: wait a moment")
            raise problem
        return view(*args, **kwargs)

    return guarded


@blueprint.after_request
def _never_stored(answer: Response) -> Response:
    """What is personal stays in no cache."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


def person(session: Session) -> Person:
    """The officer who asks.

    Raises:
        ProblemError: 403, the account belongs to nobody.
    """
    found = person_of(session, user(), today())
    if found is None:
        raise ProblemError(403, "not_enrolled", "這個 LINE 帳號尚未綁定 / this LINE account is not enrolled")
    return found


def insist_on_own(request_id: str) -> None:
    """Refuse a number that was not given to this very account.

    Raises:
        ProblemError: 422.
    """
    if tapping.is_issued(key(), user(), request_id, now()) is False:
        raise ProblemError(422, "request_id_unknown", "請重新載入頁面 / not a number of this page: load it again")


def insist_on_fresh(request_id: str) -> None:
    """Refuse a number that was given too long ago, for something new.

    Raises:
        ProblemError: 409.
    """
    if not tapping.is_issued(key(), user(), request_id, now()):
        raise expired()


def expired() -> ProblemError:
    """The number is of no use any more; nothing was done under it, and a new one will do."""
    return ProblemError(409, "request_id_expired", "頁面已過期，請重新載入 / the page is too old: load it again")


def insist_on_accepted(session: Session, whose: Person) -> None:
    """Refuse what makes data about an officer who has not accepted the notice as it stands.

    Raises:
        ProblemError: 403.
    """
    if not privacy.accepted(session, whose.id, notice_version()):
        raise ProblemError(
            403, "notice_not_accepted", "請先看過並接受個人資料告知事項 / read and accept the privacy notice first"
        )


def notice_version() -> str:
    """The version of the notice in force."""
    return privacy.notice_version(privacy.retention(settings()))


def words(both: tuple[str, str]) -> dict[str, str]:
    """The same in zh-TW and English, for the page to choose."""
    return {"zh": both[0], "en": both[1]}


def user() -> LineUserId:
    """Whose LINE account it is."""
    user_id: LineUserId = g.user_id
    return user_id


def now() -> datetime:
    """The server's time."""
    at: datetime = current_app.extensions["clock"].now()
    return at


def today() -> date:
    """The department's date."""
    return local_date(now(), settings().zone)


def key() -> bytes:
    """What codes and numbers are sealed with."""
    return settings().secret_key.get_secret_value().encode()


def settings() -> Settings:
    """The installation's settings."""
    found: Settings = current_app.extensions["settings"]
    return found


def database() -> Database:
    """The application's database."""
    found: Database = current_app.extensions["database"]
    return found


def extension(name: str) -> Any:
    """One of the application's parts."""
    return current_app.extensions[name]
