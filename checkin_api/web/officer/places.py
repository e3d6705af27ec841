"""Where no beacon is heard: the code on the zone's screen, or the phone's position by the officer's own act."""

import time
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from sqlalchemy.orm import Session

from checkin_api.checkin import showing
from checkin_api.checkin.showing import Place, PlaceSeen
from checkin_api.domain.ids import Assurance, Reason
from checkin_api.domain.showing import Position
from checkin_api.domain.words import ASSURANCE, PLACE_REFUSED
from checkin_api.ingest import Arrival
from checkin_api.web.errors import ProblemError
from checkin_api.web.officer import access, schemas
from checkin_api.web.officer.access import DECIDED_WITHIN_S, LOOK_EVERY_S, blueprint, signed_in, words
from checkin_api.web.schemas import In, Out, printable


class PhonePositionIn(In):
    """Where the phone believes itself to be, in degrees (WGS 84), good to ``accuracy_m`` metres."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    accuracy_m: Annotated[float, Field(ge=0, le=1_000_000)]


class PlaceIn(In):
    """The code on a zone's screen or the phone's position, one of the two; ``request_id`` as for a tap."""

    request_id: schemas.RequestId
    site_code: Annotated[str, Field(min_length=1, max_length=32), AfterValidator(printable)] | None = None
    position: PhonePositionIn | None = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.site_code is None) is (self.position is None):
            raise ValueError("send either site_code or position")
        return self


class PlaceOut(Out):
    """The presence that came of it; ``state``: `recorded`, or `waiting` to be decided."""

    state: Literal["recorded", "waiting"]
    zone: str | None = None
    at: datetime | None = None
    assurance: Assurance | None = None
    assurance_words: schemas.WordsOut | None = None
    evidence: schemas.WordsOut | None = None


@blueprint.post("/places")
@signed_in
@blueprint.input(PlaceIn)
@blueprint.output(PlaceOut)
def show_place(json_data: PlaceIn) -> Any:
    """Show to be in a zone without its beacon; the same `request_id` again tells what became of the first.

    Of a position nothing is kept but how far it is from the site, and how vague.
    """
    now, request_id = access.now(), json_data.request_id
    access.insist_on_own(request_id)
    with access.database().write() as session:
        person = access.person(session)
        judged: Place | Reason | None = None
        # One number is one try, however often it is sent.
        if not showing.is_stored(session, request_id) and showing.outcome(session, request_id) is None:
            access.insist_on_accepted(session, person)
            access.insist_on_fresh(request_id)
            judged = _judge(session, json_data, person.id)
            if isinstance(judged, Reason):
                showing.refuse(session, person.id, request_id, judged, now)
    if isinstance(judged, Place):
        event = showing.as_event(access.user(), request_id, judged, now)
        access.extension("ingest").put(Arrival(now, [event]))
    return _seen(_decided(request_id))


def _judge(session: Session, sent: PlaceIn, officer_id: int) -> Place | Reason:
    if sent.position is not None:
        return showing.by_position(session, Position(**sent.position.model_dump()))
    return showing.by_code(session, access.extension("vault"), officer_id, sent.site_code or "", access.now())


def _decided(request_id: str) -> PlaceSeen | Reason | None:
    """Wait for the decider, as long as somebody who has tapped likes to."""
    end = time.monotonic() + DECIDED_WITHIN_S
    while True:
        with access.database().read() as session:
            found = showing.outcome(session, request_id)
        if found is not None or time.monotonic() > end:
            return found
        time.sleep(LOOK_EVERY_S)


def _seen(found: PlaceSeen | Reason | None) -> dict[str, Any]:
    if found is None:
        return {"state": "waiting"}
    if isinstance(found, Reason):
        zh, en = PLACE_REFUSED.get(found, PLACE_REFUSED[Reason.NOT_NEAR])
        raise ProblemError(429 if found is Reason.TOO_MANY_TRIES else 409, str(found), f"{zh} / {en}")
    return {
        "state": "recorded",
        "zone": found.zone,
        "at": found.at,
        "assurance": found.assurance,
        "assurance_words": words(ASSURANCE[found.assurance]),
        "evidence": words(found.evidence),
    }
