"""A tap in the LIFF app: put into the inbox like LINE's own events, so that one decider judges both in order."""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api import queries
from checkin_api.domain.ids import (
    LIFF_PREFIX,
    TAPPED_ALREADY,
    Assurance,
    Direction,
    EventState,
    LineUserId,
    PunchSource,
    Reason,
)
from checkin_api.domain.words import evidence
from checkin_api.line.events import TAP_TYPE

# A page that was opened this long ago must be told anew who it is and what is due.
GOOD_FOR = timedelta(minutes=15)
_MAC_LENGTH = 12
_RANDOM_LENGTH = 9
_HANDSET_LENGTH = 16


def new_request_id(key: bytes, user_id: LineUserId, now: datetime) -> str:
    """A number for one tap of one LINE account: unpredictable, signed, and good for a quarter of an hour."""
    stem = f"{int(now.timestamp()):x}.{_text(secrets.token_bytes(_RANDOM_LENGTH))}"
    return f"{stem}.{_seal(key, user_id, stem)}"


def is_issued(key: bytes, user_id: LineUserId, request_id: str, now: datetime) -> bool | None:
    """Whether the number was given to this account: None if it was, but too long ago."""
    stem, _, seal = request_id.rpartition(".")
    if not hmac.compare_digest(seal.encode(), _seal(key, user_id, stem).encode()):
        return False
    issued = int(stem.partition(".")[0], 16)
    return True if now.timestamp() - issued <= GOOD_FOR.total_seconds() else None


def as_event(
    user_id: LineUserId, request_id: str, direction: Direction, at: datetime, *, handset: str = ""
) -> tuple[str, str]:
    """The tap as an inbox event: its ID, which makes it count once, and its JSON."""
    tap = {"direction": direction.value, **({"handset": handset} if handset else {})}
    return asked_on_the_page(user_id, f"{LIFF_PREFIX}{request_id}", TAP_TYPE, at, tap=tap)


def asked_on_the_page(
    user_id: LineUserId, event_id: str, kind: str, at: datetime, **what: Mapping[str, Any]
) -> tuple[str, str]:
    """Something asked for on the page, in the shape of LINE's own events."""
    event = {
        "type": kind,
        "webhookEventId": event_id,
        "mode": "active",
        "timestamp": int(at.timestamp() * 1000),
        "source": {"type": "user", "userId": user_id},
        **what,
    }
    return event_id, json.dumps(event, separators=(",", ":"))


def handset_of(key: bytes, number: str) -> str:
    """A phone by the number that its page keeps, so that nobody who reads the database can claim to be it."""
    return hmac.digest(key, f"handset:{number}".encode(), "sha256")[:_HANDSET_LENGTH].hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class PunchSeen:
    """A punch as its officer looks at it; ``evidence`` in zh-TW and English."""

    direction: Direction
    at: datetime
    zone: str | None
    assurance: Assurance
    source: PunchSource
    evidence: tuple[str, str]
    heard_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped:
    """What became of a tap: a punch, or why there is none (yet); neither while it waits to be decided.

    ``is_parked`` tells that deciding failed: it is kept, and somebody has to look at it.
    """

    at: datetime
    direction: Direction
    punch: PunchSeen | None = None
    reason: Reason | None = None
    zone: str | None = None
    is_parked: bool = False


def outcome(session: Session, request_id: str) -> Tapped | None:
    """What became of a tap; None if none has this number."""
    i = m.InboxEvent
    event = session.execute(
        select(i.id, i.state, i.reason, i.detail, i.received_at, i.raw).where(
            i.webhook_event_id == f"{LIFF_PREFIX}{request_id}"
        )
    ).first()
    if event is None:
        return None
    asked = {"at": event.received_at, "direction": Direction(json.loads(event.raw)["tap"]["direction"])}
    if event.state is EventState.STORED:
        return Tapped(**asked)
    refused = session.execute(
        select(m.Refusal.reason, m.Refusal.punch_id, m.Zone.name)
        .outerjoin(m.Zone, m.Zone.id == m.Refusal.zone_id)
        .where(m.Refusal.request_id == f"{LIFF_PREFIX}{event.id}")
    ).first()
    if event.state is EventState.PARKED:
        return Tapped(**asked, is_parked=True)
    if event.reason == TAPPED_ALREADY:
        return Tapped(**asked, punch=seen_punches(session, m.Punch.id == UUID(event.detail))[0])
    made = [f"{LIFF_PREFIX}{event.id}:{direction}" for direction in (Direction.IN, Direction.OUT)]
    punches = seen_punches(
        session, or_(m.Punch.request_id.in_(made), m.Punch.id == (refused.punch_id if refused else None))
    )
    if punches:
        return Tapped(**asked, punch=punches[0])
    return Tapped(
        **asked,
        reason=refused.reason if refused else Reason.NO_PRESENCE,
        zone=refused.name if refused else None,
    )


def seen_punches(session: Session, *where: Any) -> list[PunchSeen]:
    """Punches that count, in order."""
    p = m.Punch
    rows = session.execute(
        select(
            *(p.direction, p.at, m.Zone.name, p.assurance, p.source),
            *(p.presence_id, m.Presence.proof, m.Presence.agent_id, m.Presence.at.label("heard_at")),
            *(m.Presence.shown, m.Presence.distance_m, m.Presence.accuracy_m),
        )
        .outerjoin(m.Zone, m.Zone.id == p.zone_id)
        .outerjoin(m.Presence, m.Presence.id == p.presence_id)
        .where(queries.counts(), *where)
        .order_by(p.at, p.id)
    )
    return [
        PunchSeen(
            direction=row.direction,
            at=row.at,
            zone=row.name,
            assurance=row.assurance,
            source=row.source,
            evidence=evidence(
                row.source,
                row.proof,
                proved=row.presence_id is not None,
                from_agent=row.agent_id is not None,
                **{name: getattr(row, name) for name in ("shown", "distance_m", "accuracy_m")},
            ),
            heard_at=row.heard_at,
        )
        for row in rows
    ]


def _seal(key: bytes, user_id: LineUserId, stem: str) -> str:
    return _text(hmac.digest(key, f"tap:{user_id}:{stem}".encode(), "sha256")[:_MAC_LENGTH])


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
