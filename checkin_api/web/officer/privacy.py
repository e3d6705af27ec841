"""The officer's own data: the notice and its acceptance, a copy, requests; the secret address of the own calendar."""

import json
from typing import Any

from flask import Response, request

from checkin_api import calendar_feed, privacy
from checkin_api.checkin.today import person_of
from checkin_api.domain.ids import PrivacyRefusal
from checkin_api.domain.shifts import local_date
from checkin_api.domain.words import PRIVACY_REFUSAL, PRIVACY_REQUEST_KIND, PRIVACY_REQUEST_STATE
from checkin_api.privacy import RequestRow
from checkin_api.web.errors import ProblemError
from checkin_api.web.officer import access, privacy_schemas
from checkin_api.web.officer.access import blueprint, signed_in, words


@blueprint.get("/privacy")
@signed_in
@blueprint.output(privacy_schemas.PrivacyOut)
def get_privacy() -> Any:
    """The notice, for who is not enrolled yet too; what of it the officer accepted; the officer's requests."""
    settings, version = access.settings(), access.notice_version()
    with access.database().read() as session:
        person = person_of(session, access.user(), access.today())
        acceptances = privacy.acceptances(session, person.id) if person else []
        rows = privacy.requests_of(session, person.id) if person else []
    newest = next((each for each in acceptances if each.version == version), None)
    return {
        "now": access.now(),
        "timezone": settings.timezone,
        "version": version,
        "notice": privacy.notice(
            privacy.retention(settings), agency=settings.agency_name, contact=settings.privacy_contact
        ),
        "accepted_at": newest and newest.accepted_at,
        "acceptances": acceptances,
        "requests": [_request(row) for row in rows],
    }


@blueprint.post("/privacy/acceptance")
@signed_in
@blueprint.input(privacy_schemas.AcceptanceIn)
@blueprint.output(privacy_schemas.AcceptedOut)
def accept_notice(json_data: privacy_schemas.AcceptanceIn) -> Any:
    """Accept the current version of the notice; again changes nothing."""
    with access.database().write() as session:
        person, version = access.person(session), access.notice_version()
        if json_data.version != version:
            raise ProblemError(
                409, "notice_outdated", "告知事項已有新版，請重新載入 / the notice has a newer version: load it again"
            )
        privacy.accept(session, access.now(), person.id, version)
        [accepted] = [each for each in privacy.acceptances(session, person.id) if each.version == version]
    return accepted


@blueprint.post("/privacy/requests")
@signed_in
@blueprint.input(privacy_schemas.PrivacyRequestIn)
@blueprint.output(privacy_schemas.PrivacyRequestOut, status_code=201)
def ask_about_own_data(json_data: privacy_schemas.PrivacyRequestIn) -> Any:
    """Ask to see, correct, stop or delete; HR answers."""
    with access.database().write() as session:
        person = access.person(session)
        made = privacy.request(session, access.now(), person.id, json_data.kind, json_data.text)
        if isinstance(made, PrivacyRefusal):
            zh, en = PRIVACY_REFUSAL[made]
            raise ProblemError(409, str(made), f"{zh} / {en}")
        row = privacy.request_row(session, made)
    return _request(row), 201


@blueprint.get("/data")
@signed_in
@blueprint.doc(responses={200: "JSON: everything stored about the officer, as a file", 429: "a copy was just made"})
def get_own_data() -> Response:
    """A copy of everything that is stored about the officer."""
    now, settings = access.now(), access.settings()
    with access.database().read() as session:
        person = access.person(session)
    if not access.extension("copies_pace").admits(access.user()):
        raise ProblemError(429, "too_many_requests", "剛才已下載過，請稍候 / a copy was just made: wait a moment")
    # The reading takes a while, and must not hold SQLite's only right to write.
    with access.database().write() as session:
        privacy.record_copy(session, now, person.staff_no)
    with access.database().read() as session:
        document = privacy.own_data(session, now, person.id, settings.zone)
    # Half a surrogate pair, which a message may hold, is written as JSON escapes it.
    text = json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace")
    answer = Response(text, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="my-data-{local_date(now, settings.zone)}.json"'
    return answer


@blueprint.get("/calendar")
@signed_in
@blueprint.output(privacy_schemas.CalendarOut)
def get_calendar_address() -> Any:
    """Whether there is an address of the own duties, and when it was last read."""
    with access.database().read() as session:
        feed = calendar_feed.feed_of(session, access.person(session).id)
    return {
        "exists": feed is not None,
        "made_at": feed and feed.made_at,
        "last_read_on": feed and feed.last_read_on,
    }


@blueprint.post("/calendar")
@signed_in
@blueprint.output(privacy_schemas.CalendarAddressOut, status_code=201)
def make_calendar_address() -> Any:
    """A new secret address of the own duties, told once; the one before ends."""
    with access.database().write() as session:
        person = access.person(session)
        access.insist_on_accepted(session, person)
        token = calendar_feed.make(session, access.now(), person.id)
    base = access.settings().public_url or request.url_root
    return {"url": f"{base.rstrip('/')}/calendar/{token}.ics"}, 201


@blueprint.delete("/calendar")
@signed_in
@blueprint.output(privacy_schemas.CalendarOut)
def end_calendar_address() -> Any:
    """End the address; without one nothing changes."""
    with access.database().write() as session:
        calendar_feed.end(session, access.person(session).id)
    return {"exists": False, "made_at": None, "last_read_on": None}


def _request(row: RequestRow) -> dict[str, Any]:
    names = ("id", "kind", "text", "requested_at", "due_at", "state", "answer", "answered_at")
    return {
        **{name: getattr(row, name) for name in names},
        "kind_words": words(PRIVACY_REQUEST_KIND[row.kind]),
        "state_words": words(PRIVACY_REQUEST_STATE[row.state]),
    }
