"""``/api/v1/me``: an officer's own phone, by the LINE ID token; whose it is comes from the token alone."""

import time
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from apiflask import APIBlueprint
from flask import Response, current_app, g, request

from checkin_api import enrolment
from checkin_api.checkin import tapping
from checkin_api.checkin.tapping import PunchSeen, Tapped
from checkin_api.checkin.today import DutySeen, Person, Sensed, person_of, today_of
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import Direction, LineUserId, Reason
from checkin_api.domain.punching import TAP_WAIT, WAITABLE
from checkin_api.domain.words import ASSURANCE, ENROLMENT_REFUSED, FLAG, STATUS, TAP_PARKED, TAP_REFUSED
from checkin_api.ingest import Arrival, Ingest
from checkin_api.line.id_token import IdTokens
from checkin_api.web import officer_schemas as schemas
from checkin_api.web.errors import ProblemError

if TYPE_CHECKING:
    from checkin_api.checkin.month import RecordSeen

PREFIX = "/api/v1/me"
# Opening LINE makes a phone hear the beacon; the page waits this long for it before it offers help.
LIFF_WAITS_S = 8
# The decider rests 50 ms at most; a tap that it has not reached by then is told as waiting, and is not lost.
_DECIDED_WITHIN_S = 1.5
_LOOK_EVERY_S = 0.015

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
        g.user_id = tokens.verify(token.strip(), _now())
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


@blueprint.get("")
@signed_in
@blueprint.output(schemas.MeOut)
def get_me() -> Any:
    """Who, today's duty, what was sensed and recorded, and the number for a tap."""
    now, settings = _now(), _settings()
    with _database().read() as session:
        today = today_of(session, _person(session), now, settings.zone)
    return {
        "now": now,
        "timezone": settings.timezone,
        "officer": today.person,
        "duty": _duty(today.duty),
        "next_duty": _duty(today.next_duty),
        "due": today.due,
        "sensed": _sensed(today.sensed),
        "punches": [_punch(each) for each in today.punches],
        "request_id": tapping.new_request_id(_key(), _user(), now),
        "liff_waits_s": LIFF_WAITS_S,
    }


@blueprint.get("/attendance")
@signed_in
@blueprint.input(schemas.WhichMonthIn, location="query")
@blueprint.output(schemas.MonthOut)
def get_month(query_data: schemas.WhichMonthIn) -> Any:
    """An own month: duty records with their punches, and totals."""
    # Numpy, which phones that only sign in do without.
    from checkin_api.checkin.month import month_of  # noqa: PLC0415
    from checkin_api.queries.attendance import duty_limits  # noqa: PLC0415

    now, settings = _now(), _settings()
    first = date.fromisoformat(f"{query_data.month}-01")
    with _database().read() as session:
        month = month_of(session, _person(session), first, now=now, zone=settings.zone, limits=duty_limits(settings))
    minutes = {f"{name}_minutes": month.totals.minutes[name] for name in ("worked", "late", "overtime", "night")}
    return {
        "now": now,
        "timezone": settings.timezone,
        "month": query_data.month,
        "records": [_record(each) for each in month.records],
        "totals": {"statuses": month.totals.statuses, "flags": month.totals.flags, **minutes},
    }


@blueprint.post("/enrolment")
@signed_in
@blueprint.input(schemas.EnrolmentIn)
@blueprint.output(schemas.EnrolledOut, status_code=201)
def enrol(json_data: schemas.EnrolmentIn) -> Any:
    """Bind this LINE account to an officer by the one-time code from HR; a wrong try is counted."""
    with _database().write() as session:
        outcome = enrolment.enrol(
            session, _now(), _user(), staff_no=json_data.staff_no, code=json_data.code, key=_key()
        )
    if isinstance(outcome, Reason):
        zh, en = ENROLMENT_REFUSED[outcome]
        raise ProblemError(409, str(outcome), f"{zh} / {en}")
    return outcome, 201


@blueprint.post("/punches")
@signed_in
@blueprint.input(schemas.TapIn)
@blueprint.output(schemas.TapOut)
def tap(json_data: schemas.TapIn) -> Any:
    """Sign in or out; the same `request_id` again tells what became of the first."""
    now, user_id, request_id = _now(), _user(), json_data.request_id
    is_good = tapping.is_issued(_key(), user_id, request_id, now)
    if is_good is False:
        raise ProblemError(422, "request_id_unknown", "請重新載入頁面 / not a number of this page: load it again")
    with _database().read() as session:
        _person(session)
        done = tapping.outcome(session, request_id)
    if done is None:
        if is_good is None:
            raise ProblemError(409, "request_id_expired", "頁面已過期，請重新載入 / the page is too old: load it again")
        event = tapping.as_event(user_id, request_id, Direction(json_data.direction), now)
        ingest: Ingest = current_app.extensions["ingest"]
        ingest.put(Arrival(now, [event]))
    return _tapped(request_id, _decided(request_id))


@blueprint.get("/punches/<request_id>")
@signed_in
@blueprint.output(schemas.TapOut)
def get_tap(request_id: str) -> Any:
    """What became of a tap."""
    # Good or too old, it must have been given to this very account.
    if tapping.is_issued(_key(), _user(), request_id, _now()) is False:
        raise ProblemError(404, "not_found", "there is no such tap")
    with _database().read() as session:
        found = tapping.outcome(session, request_id)
    if found is None:
        raise ProblemError(404, "not_found", "there is no such tap")
    return _tapped(request_id, found)


def _decided(request_id: str) -> Tapped:
    """Wait for the decider, as long as somebody who has tapped likes to."""
    end = time.monotonic() + _DECIDED_WITHIN_S
    while True:
        with _database().read() as session:
            found = tapping.outcome(session, request_id)
        if found is None:
            raise ProblemError(503, "storage_unavailable", "not stored; send it again")
        if found.punch or found.reason or found.is_parked or time.monotonic() > end:
            return found
        time.sleep(_LOOK_EVERY_S)


def _tapped(request_id: str, tapped: Tapped) -> dict[str, Any]:
    now = _now()
    told: dict[str, Any] = {"request_id": request_id, "now": now, "zone": tapped.zone, "state": "waiting"}
    if tapped.punch:
        return {**told, "state": "recorded", "punch": _punch(tapped.punch)}
    if tapped.is_parked:
        return {**told, "state": "refused", "reason_words": _words(TAP_PARKED)}
    if tapped.reason:
        until = tapped.at + TAP_WAIT
        waits = tapped.reason in WAITABLE and now < until
        words = TAP_REFUSED.get(tapped.reason, TAP_REFUSED[Reason.NO_PRESENCE])
        return {
            **told,
            "state": "waiting" if waits else "refused",
            "reason": tapped.reason,
            "reason_words": _words(words),
            "waits_until": until if waits else None,
        }
    return told


def _person(session: Any) -> Person:
    person = person_of(session, _user())
    if person is None:
        raise ProblemError(403, "not_enrolled", "這個 LINE 帳號尚未綁定 / this LINE account is not enrolled")
    return person


def _duty(seen: DutySeen | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    duty = seen.duty
    names = ("duty_date", "start", "end", "opens", "closes")
    return {"shift": seen.shift_name, **{name: getattr(duty, name) for name in names}}


def _sensed(sensed: Sensed | None) -> dict[str, Any] | None:
    if sensed is None:
        return None
    return {
        "zone": sensed.zone,
        "at": sensed.at,
        "good_until": sensed.good_until,
        "assurance": sensed.assurance,
        "assurance_words": _words(ASSURANCE[sensed.assurance]),
        "proves_now": sensed.is_enough,
    }


def _punch(punch: PunchSeen) -> dict[str, Any]:
    return {
        "direction": punch.direction,
        "at": punch.at,
        "zone": punch.zone,
        "assurance": punch.assurance,
        "assurance_words": _words(ASSURANCE[punch.assurance]),
        "source": punch.source,
        "evidence": _words(punch.evidence),
        "heard_at": punch.heard_at,
    }


def _record(seen: "RecordSeen") -> dict[str, Any]:
    record = seen.record
    names = ("duty_date", "start", "end", "sign_in", "sign_out", "status", "worked_minutes", "late_minutes")
    more = ("early_leave_minutes", "overtime_minutes", "night_minutes")
    return {
        **{name: getattr(record, name) for name in names + more},
        "shift": seen.shift_name,
        "status_words": _words(STATUS[record.status]),
        "flags": [{"code": flag, "words": _words(FLAG[flag])} for flag in record.flags],
        "punches": [{**_punch(punch), "disposition": disposition} for punch, disposition in seen.punches],
    }


def _words(words: tuple[str, str]) -> dict[str, str]:
    return {"zh": words[0], "en": words[1]}


def _user() -> LineUserId:
    user_id: LineUserId = g.user_id
    return user_id


def _now() -> datetime:
    now: datetime = current_app.extensions["clock"].now()
    return now


def _key() -> bytes:
    return _settings().secret_key.get_secret_value().encode()


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _database() -> Database:
    database: Database = current_app.extensions["database"]
    return database
