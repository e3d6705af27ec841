"""Today, taps and the own month."""

import time
from datetime import date
from typing import TYPE_CHECKING, Any

from checkin_api import enrolment, fallbacks, privacy, reminders
from checkin_api.checkin import tapping
from checkin_api.checkin.tapping import PunchSeen, Tapped
from checkin_api.checkin.today import DutySeen, Sensed, today_of
from checkin_api.domain.ids import Direction, Reason
from checkin_api.domain.punching import TAP_WAIT, WAITABLE
from checkin_api.domain.words import ASSURANCE, ENROLMENT_REFUSED, FLAG, STATUS, TAP_PARKED, TAP_REFUSED
from checkin_api.ingest import Arrival, Ingest
from checkin_api.web.errors import ProblemError
from checkin_api.web.officer import access, schemas
from checkin_api.web.officer.access import DECIDED_WITHIN_S, LOOK_EVERY_S, blueprint, signed_in, words

if TYPE_CHECKING:
    from checkin_api.checkin.month import RecordSeen

# Opening LINE makes a phone hear the beacon; the page waits this long for it before it offers help.
LIFF_WAITS_S = 8


@blueprint.get("")
@signed_in
@blueprint.output(schemas.MeOut)
def get_me() -> Any:
    """Who, today's duty, what was sensed and recorded, and the number for a tap."""
    now, settings = access.now(), access.settings()
    with access.database().read() as session:
        today = today_of(session, access.person(session), now, settings.zone)
        site_code, location = fallbacks.on_offer(session)
        notice_accepted = privacy.accepted(session, today.person.id)
        # Without a budget nobody is reminded, and nothing is offered.
        offers_reminders = settings.push_budget_per_month > 0
        is_reminded = offers_reminders and reminders.is_wanted(session, today.person.id)
    return {
        "now": now,
        "timezone": settings.timezone,
        "officer": today.person,
        "duty": _duty(today.duty),
        "next_duty": _duty(today.next_duty),
        "due": today.due,
        "sensed": _sensed(today.sensed),
        "punches": [_punch(each) for each in today.punches],
        "request_id": tapping.new_request_id(access.key(), access.user(), now),
        "liff_waits_s": LIFF_WAITS_S,
        "supervises": today.person.supervises,
        "notice_accepted": notice_accepted,
        "reminder": {"wanted": is_reminded} if offers_reminders else None,
        "fallbacks": {"site_code": site_code, "location": location},
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

    now, settings = access.now(), access.settings()
    first = date.fromisoformat(f"{query_data.month}-01")
    with access.database().read() as session:
        month = month_of(
            session, access.person(session), first, now=now, zone=settings.zone, limits=duty_limits(session, settings)
        )
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
    with access.database().write() as session:
        outcome = enrolment.enrol(
            session, access.now(), access.user(), staff_no=json_data.staff_no, code=json_data.code, key=access.key()
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
    now, request_id = access.now(), json_data.request_id
    access.insist_on_own(request_id)
    with access.database().read() as session:
        person = access.person(session)
        done = tapping.outcome(session, request_id)
        # What became of a tap is told whatever the notice says now.
        if done is None:
            access.insist_on_accepted(session, person)
    if done is not None and done.direction != json_data.direction:
        # Of another tap: the page asks under a new number.
        raise access.expired()
    if done is None:
        access.insist_on_fresh(request_id)
        handset = tapping.handset_of(access.key(), json_data.handset) if json_data.handset else ""
        event = tapping.as_event(access.user(), request_id, Direction(json_data.direction), now, handset=handset)
        ingest: Ingest = access.extension("ingest")
        ingest.put(Arrival(now, [event]))
    return _tapped(request_id, _decided(request_id))


@blueprint.get("/punches/<request_id>")
@signed_in
@blueprint.output(schemas.TapOut)
def get_tap(request_id: str) -> Any:
    """What became of a tap."""
    # Good or too old, it must have been given to this very account.
    if tapping.is_issued(access.key(), access.user(), request_id, access.now()) is False:
        raise ProblemError(404, "not_found", "there is no such tap")
    with access.database().read() as session:
        found = tapping.outcome(session, request_id)
    if found is None:
        raise ProblemError(404, "not_found", "there is no such tap")
    return _tapped(request_id, found)


def _decided(request_id: str) -> Tapped:
    """Wait for the decider, as long as somebody who has tapped likes to."""
    end = time.monotonic() + DECIDED_WITHIN_S
    while True:
        with access.database().read() as session:
            found = tapping.outcome(session, request_id)
        if found is None:
            raise ProblemError(503, "storage_unavailable", "not stored; send it again")
        if found.punch or found.reason or found.is_parked or time.monotonic() > end:
            return found
        time.sleep(LOOK_EVERY_S)


def _tapped(request_id: str, tapped: Tapped) -> dict[str, Any]:
    now = access.now()
    told: dict[str, Any] = {"request_id": request_id, "now": now, "zone": tapped.zone, "state": "waiting"}
    if tapped.punch:
        return {**told, "state": "recorded", "punch": _punch(tapped.punch)}
    if tapped.is_parked:
        return {**told, "state": "refused", "reason_words": words(TAP_PARKED)}
    if tapped.reason:
        until = tapped.at + TAP_WAIT
        waits = tapped.reason in WAITABLE and now < until
        why = TAP_REFUSED.get(tapped.reason, TAP_REFUSED[Reason.NO_PRESENCE])
        return {
            **told,
            "state": "waiting" if waits else "refused",
            "reason": tapped.reason,
            "reason_words": words(why),
            "waits_until": until if waits else None,
        }
    return told


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
        "assurance_words": words(ASSURANCE[sensed.assurance]),
        "heard": sensed.is_heard,
        "proves_now": sensed.is_enough,
    }


def _punch(punch: PunchSeen) -> dict[str, Any]:
    return {
        "direction": punch.direction,
        "at": punch.at,
        "zone": punch.zone,
        "assurance": punch.assurance,
        "assurance_words": words(ASSURANCE[punch.assurance]),
        "source": punch.source,
        "evidence": words(punch.evidence),
        "heard_at": punch.heard_at,
    }


def _record(seen: "RecordSeen") -> dict[str, Any]:
    record = seen.record
    names = ("duty_date", "start", "end", "sign_in", "sign_out", "status", "worked_minutes", "late_minutes")
    more = ("early_leave_minutes", "overtime_minutes", "night_minutes")
    return {
        **{name: getattr(record, name) for name in names + more},
        "shift": seen.shift_name,
        "status_words": words(STATUS[record.status]),
        "flags": [{"code": flag, "words": words(FLAG[flag])} for flag in record.flags],
        "punches": [{**_punch(punch), "disposition": disposition} for punch, disposition in seen.punches],
    }
