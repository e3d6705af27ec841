"""``/calendar/<token>.ics``: an officer's own duties, for whoever knows the secret address."""

from flask import Blueprint, Response, current_app, request

from checkin_api import calendar_feed
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.shifts import local_date
from checkin_api.web.errors import ProblemError
from checkin_api.web.pace import Pace

blueprint = Blueprint("calendar_feed", __name__)

# Calendars read a few times an hour; several devices may share an address.
_READINGS_PER_MINUTE = 10
# Of addresses that are none, from one place: somebody tries them out.
_TRIES_PER_MINUTE = 30


class Paces:
    """How often one address may be read, and how many wrong ones one place may try."""

    def __init__(self, readings: int = _READINGS_PER_MINUTE, tries: int = _TRIES_PER_MINUTE) -> None:
        self.readings, self.tries = Pace(readings), Pace(tries)


@blueprint.get("/calendar/<token>.ics")
def get_calendar(token: str) -> Response:
    """The duties; an address that was ended and one that never was are answered alike."""
    settings: Settings = current_app.extensions["settings"]
    database: Database = current_app.extensions["database"]
    paces: Paces = current_app.extensions["calendar_paces"]
    now, token_hash = current_app.extensions["clock"].now(), calendar_feed.hash_of(token)
    if not paces.readings.admits(token_hash):
        raise _too_many()
    with database.read() as session:
        opened = calendar_feed.opened_by(session, token_hash)
        entries = calendar_feed.duties(session, now, opened.officer_id, settings.zone) if opened else []
    if opened is None:
        if not paces.tries.admits(request.remote_addr or ""):
            raise _too_many()
        raise ProblemError(404, "not_found", "there is no such calendar")
    today = local_date(now, settings.zone)
    if opened.last_read_on != today:
        with database.write() as session:
            calendar_feed.note_read(session, opened.officer_id, today)
    return Response(calendar_feed.as_ics(entries, now, settings.zone), content_type="text/calendar; charset=utf-8")


@blueprint.after_request
def _never_stored(answer: Response) -> Response:
    """A list of when somebody is where stays in no cache, and its address in no other's log."""
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _too_many() -> ProblemError:
    return ProblemError(429, "too_many_requests", "太頻繁了，請稍候再試 / too many requests: wait a moment")
