"""What an officer shows instead of a beacon: put into the inbox like a tap, and decided in the same order."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checkin_api import fallbacks
from checkin_api import models as m
from checkin_api.checkin.tapping import asked_on_the_page
from checkin_api.domain.ids import PLACE_PREFIX, Assurance, EventState, LineUserId, PunchSource, Reason, Shown, new_id
from checkin_api.domain.showing import Near, Position, judge_position
from checkin_api.domain.words import evidence
from checkin_api.line.events import PLACE_TYPE
from checkin_api.vault import Vault

WRONG_CODES = 5
WRONG_CODES_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A zone that an officer has shown to be in; distance and accuracy in metres, of a position."""

    zone_code: str
    shown: Shown
    distance_m: int | None = None
    accuracy_m: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSeen:
    """The presence that came of it, as its officer looks at it."""

    zone: str
    at: datetime
    assurance: Assurance
    evidence: tuple[str, str]


def by_code(session: Session, vault: Vault, officer_id: int, code: str, now: datetime) -> Place | Reason:
    """The zone whose screen shows this code; wrong ones are counted, one try of an officer after the other."""
    session.get_one(m.Officer, officer_id, with_for_update={"key_share": True})
    r = m.Refusal
    wrong = select(func.count(r.id)).where(
        r.officer_id == officer_id, r.at > now - WRONG_CODES_WINDOW, r.reason == Reason.SITE_CODE_WRONG
    )
    if (session.scalar(wrong) or 0) >= WRONG_CODES:
        return Reason.TOO_MANY_TRIES
    zone_code = fallbacks.zone_of_code(session, vault, code, now)
    return Reason.SITE_CODE_WRONG if zone_code is None else Place(zone_code=zone_code, shown=Shown.SITE_CODE)


def by_position(session: Session, position: Position) -> Place | Reason:
    """The zone that a position lies in; of the position nothing but distance and accuracy is kept."""
    found = judge_position(position, fallbacks.areas(session))
    if isinstance(found, Near):
        return Place(
            zone_code=found.zone_code,
            shown=Shown.LOCATION,
            distance_m=found.distance_m,
            accuracy_m=found.accuracy_m,
        )
    return found


def as_event(user_id: LineUserId, request_id: str, place: Place, at: datetime) -> tuple[str, str]:
    """The place as an inbox event: its ID, which makes it count once, and its JSON."""
    shown: dict[str, str | int | None] = {"zone": place.zone_code, "by": place.shown.value}
    if place.shown is Shown.LOCATION:
        shown |= {"distance_m": place.distance_m, "accuracy_m": place.accuracy_m}
    return asked_on_the_page(user_id, f"{PLACE_PREFIX}{request_id}", PLACE_TYPE, at, place=shown)


def refuse(session: Session, officer_id: int, request_id: str, reason: Reason, now: datetime) -> None:
    """Remember that what was shown proves nothing: it is counted. The caller commits."""
    key = f"{PLACE_PREFIX}{request_id}"
    session.add(m.Refusal(id=new_id(), at=now, reason=reason, officer_id=officer_id, request_id=key))


def is_stored(session: Session, request_id: str) -> bool:
    """Whether something was shown under this number that the web process took, decided or not."""
    i = m.InboxEvent
    return session.scalar(select(i.id).where(i.webhook_event_id == f"{PLACE_PREFIX}{request_id}")) is not None


def outcome(session: Session, request_id: str) -> PlaceSeen | Reason | None:
    """The presence that came of it, or why it was refused; None while it is not decided."""
    refused = session.scalar(select(m.Refusal.reason).where(m.Refusal.request_id == f"{PLACE_PREFIX}{request_id}"))
    if refused is not None:
        return refused
    p, i = m.Presence, m.InboxEvent
    row = session.execute(
        select(i.state, i.reason, m.Zone.name, p.at, p.assurance, p.shown, p.distance_m, p.accuracy_m)
        .outerjoin(p, p.inbox_event_id == i.id)
        .outerjoin(m.Zone, m.Zone.id == p.zone_id)
        .where(i.webhook_event_id == f"{PLACE_PREFIX}{request_id}")
    ).first()
    if row is None or row.state is EventState.STORED:
        return None
    if row.at is None:
        # The officer is out of service, or the zone is gone since.
        return Reason(row.reason) if row.reason in set(Reason) else Reason.NOT_NEAR
    said = evidence(
        PunchSource.LIFF,
        None,
        from_agent=False,
        shown=row.shown,
        distance_m=row.distance_m,
        accuracy_m=row.accuracy_m,
    )
    return PlaceSeen(zone=row.name, at=row.at, assurance=row.assurance, evidence=said)
