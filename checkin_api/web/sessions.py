"""The console's session in a request: its cookie, whose it is, and whether the request comes from a page of ours."""

import hmac
from datetime import datetime
from urllib.parse import urlsplit

from flask import Response, current_app, request

from checkin_api import accounts
from checkin_api.accounts import Viewer
from checkin_api.config import Settings
from checkin_api.db import Database

COOKIE = "checkin_console"
# Where the browser sends it: the console, and the API that people may ask by their sign-in to it.
PATHS = ("/console/", "/api/v1/")


def find_viewer(now: datetime) -> Viewer | None:
    """Whose session the request's cookie is; None when there is none or it is over."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    database: Database = current_app.extensions["database"]
    with database.read() as session:
        found = accounts.viewer_of(session, now, token)
    # What looks by itself keeps nobody signed in.
    if found is not None and found.is_to_be_noted(now) and "X-Poll" not in request.headers:
        with database.write() as session:
            accounts.note_seen(session, now, found)
    return found


def owes_second_step(viewer: Viewer) -> bool:
    """Whether the account must have an app or a passkey before it may be used; the agency's provider asks itself."""
    settings: Settings = current_app.extensions["settings"]
    is_asked_for = settings.console_second_step == "required" and not viewer.by_agency
    return is_asked_for and not viewer.has_second_step


def is_from_here() -> bool:
    """Whether a page of ours, or no page at all, has sent the request."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    return site in {"same-origin", "none"} and (origin is None or urlsplit(origin).netloc == request.host)


def knows_key(viewer: Viewer, key: str) -> bool:
    """Whether a key is that of the session's forms, which another site cannot know."""
    return hmac.compare_digest(key.encode(), viewer.form_key.encode())


def keep_cookie(answer: Response, token: str) -> None:
    """Give the browser the session."""
    for path in PATHS:
        answer.set_cookie(COOKIE, token, path=path, secure=is_secure(), httponly=True, samesite="Lax")


def is_secure() -> bool:
    """Whether the browser is to send cookies by https only."""
    settings: Settings = current_app.extensions["settings"]
    return request.is_secure or settings.public_url.startswith("https://")


def drop_cookie(answer: Response) -> None:
    """Take it back."""
    for path in PATHS:
        answer.delete_cookie(COOKIE, path=path)
