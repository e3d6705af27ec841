"""What must be known to judge a batch of events, loaded with a handful of set-based queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api import queries
from checkin_api.domain import punching
from checkin_api.domain.ids import LIFF_PREFIX, BeaconKind, LineUserId, PunchSource
from checkin_api.domain.proof import BeaconClock, Judgement, Key
from checkin_api.domain.radar import Place
from checkin_api.domain.shifts import local_date
from checkin_api.domain.windows import PunchFact
from checkin_api.fleet.keys import keys_of
from checkin_api.line.events import BeaconHeard, Event, PlaceShown, PunchAsked
from checkin_api.vault import Vault

# A duty is at most 24 hours long and its window some hours longer at both ends.
_REACH = timedelta(days=2)
# How far back an expired presence is still worth naming to the officer.
PRESENCE_REACH = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOfficer:
    """The officer behind a LINE account."""

    id: int
    staff_no: str
    name: str
    active_from: date | None
    active_to: date | None

    def is_active(self, day: date) -> bool:
        """Whether the officer is expected at all on a local date."""
        return (self.active_from is None or self.active_from <= day) and (
            self.active_to is None or day <= self.active_to
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBeacon:
    """A registered beacon, where it stands, and what is known of its clock; None before anybody heard it."""

    id: int
    kind: BeaconKind
    retired_at: datetime | None
    zone: punching.Zone
    keys: Sequence[Key]
    clock: BeaconClock | None
    synced_at: datetime | None


@dataclass(slots=True)
class Casefile:
    """Accounts, beacons and officers' days around a batch of events; rulings keep it up to date as they go."""

    timezone: ZoneInfo
    officers: dict[LineUserId, KnownOfficer] = field(default_factory=dict)
    beacons: dict[str, KnownBeacon] = field(default_factory=dict)
    zones: dict[str, punching.Zone] = field(default_factory=dict)
    days: dict[int, punching.OfficerDay] = field(default_factory=dict)

    def learn(self, hwid: str, judgement: Judgement) -> None:
        """Judge what comes next of the same beacon by what this one told."""
        self.beacons[hwid] = replace(self.beacons[hwid], clock=judgement.clock)


def load_casefile(session: Session, events: Sequence[Event], timezone: ZoneInfo, vault: Vault) -> Casefile:
    """Everything the rulings on these events look at."""
    casefile = Casefile(timezone)
    casefile.officers = _officers(session, {event.user_id for event in events})
    hwids = {event.hwid for event in events if isinstance(event, BeaconHeard)}
    casefile.beacons = _beacons(session, hwids, vault)
    casefile.zones = _zones(session, {event.zone_code for event in events if isinstance(event, PlaceShown)})
    concerned = [
        (casefile.officers[event.user_id].id, event.at)
        for event in events
        if isinstance(event, BeaconHeard | PunchAsked | PlaceShown) and event.user_id in casefile.officers
    ]
    if concerned:
        ids = {officer_id for officer_id, _ in concerned}
        first, last = min(at for _, at in concerned), max(at for _, at in concerned)
        casefile.days = _days(session, ids, first, last, timezone)
    return casefile


def _officers(session: Session, users: set[LineUserId]) -> dict[LineUserId, KnownOfficer]:
    who = (m.Officer.id, m.Officer.staff_no, m.Officer.name, m.Officer.active_from, m.Officer.active_to)
    rows = session.execute(
        select(m.LineAccount.line_user_id, *who)
        .join(m.Officer, m.Officer.id == m.LineAccount.officer_id)
        .where(m.LineAccount.line_user_id.in_(users), m.LineAccount.unbound_at.is_(None))
    )
    return {
        LineUserId(user): KnownOfficer(id=id_, staff_no=staff_no, name=name, active_from=begin, active_to=end)
        for user, id_, staff_no, name, begin, end in rows
    }


def _zone(row: Any) -> punching.Zone:
    return punching.Zone(
        id=row.zone_id,
        name=row.zone_name,
        mode=row.mode,
        required_assurance=row.required_assurance,
        enforced=row.enforced,
        presence_ttl=timedelta(seconds=row.presence_ttl_s),
        site=Place(row.site_id, row.latitude, row.longitude),
    )


_ZONE_COLUMNS = (
    m.Zone.id.label("zone_id"),
    m.Zone.name.label("zone_name"),
    m.Zone.mode,
    m.Zone.required_assurance,
    m.Zone.enforced,
    m.Zone.presence_ttl_s,
    m.Site.id.label("site_id"),
    m.Site.latitude,
    m.Site.longitude,
)


_SHOWN_COLUMNS = (m.Presence.shown, m.Presence.distance_m, m.Presence.accuracy_m)
_HEALTH_COLUMNS = (
    m.BeaconHealth.synced_at,
    m.BeaconHealth.lag_s,
    m.BeaconHealth.lag_at,
    m.BeaconHealth.last_step,
    m.BeaconHealth.last_at,
)


def _beacons(session: Session, hwids: set[str], vault: Vault) -> dict[str, KnownBeacon]:
    if not hwids:
        return {}
    rows: Sequence[Any] = session.execute(
        select(m.Beacon.id, m.Beacon.hwid, m.Beacon.kind, m.Beacon.retired_at, *_ZONE_COLUMNS, *_HEALTH_COLUMNS)
        .join(m.Zone, m.Zone.id == m.Beacon.zone_id)
        .join(m.Site, m.Site.id == m.Zone.site_id)
        .outerjoin(m.BeaconHealth, m.BeaconHealth.beacon_id == m.Beacon.id)
        .where(m.Beacon.hwid.in_(hwids))
    ).all()
    keys = keys_of(session, vault, [row.id for row in rows if row.kind is BeaconKind.ROLLING])
    return {
        row.hwid: KnownBeacon(
            id=row.id,
            kind=row.kind,
            retired_at=row.retired_at,
            zone=_zone(row),
            keys=keys.get(row.id, ()),
            clock=_clock(row),
            synced_at=row.synced_at,
        )
        for row in rows
    }


def _zones(session: Session, codes: set[str]) -> dict[str, punching.Zone]:
    if not codes:
        return {}
    rows: Iterable[Any] = session.execute(
        select(m.Zone.code, *_ZONE_COLUMNS).join(m.Site, m.Site.id == m.Zone.site_id).where(m.Zone.code.in_(codes))
    )
    return {row.code: _zone(row) for row in rows}


def _clock(row: Any) -> BeaconClock | None:
    if row.synced_at is None:
        return None
    return BeaconClock(lag_s=row.lag_s, lag_at=row.lag_at, last_step=row.last_step, last_at=row.last_at)


def _days(
    session: Session, officers: set[int], first: datetime, last: datetime, timezone: ZoneInfo
) -> dict[int, punching.OfficerDay]:
    days: dict[int, punching.OfficerDay] = defaultdict(punching.OfficerDay)
    dates = local_date(first - _REACH, timezone), local_date(last + _REACH, timezone)
    for expected in queries.expected_duties(session, *dates, timezone, among=queries.of_officers(officers)):
        days[expected.officer_id].duties.append(expected.duty)
    for officer_id, punch in _punches(session, officers, first - _REACH, last + _REACH):
        days[officer_id].punches.append(punch)
    for officer_id, presence in presences_of(session, officers, first - PRESENCE_REACH, last + punching.TAP_WAIT):
        days[officer_id].presences.append(presence)
    for officer_id, tap in _waiting(session, officers, first - PRESENCE_REACH, last + PRESENCE_REACH):
        days[officer_id].waiting.append(tap)
    return days


def _punches(session: Session, officers: set[int], begin: datetime, end: datetime) -> Iterator[tuple[int, PunchFact]]:
    rows = session.execute(
        select(m.Punch.officer_id, m.Punch.id, m.Punch.direction, m.Punch.at, m.Punch.presence_id).where(
            m.Punch.officer_id.in_(officers), m.Punch.at.between(begin, end), queries.counts()
        )
    )
    for officer_id, punch_id, direction, at, presence_id in rows:
        yield officer_id, PunchFact(direction=direction, at=at, proved=presence_id is not None, key=punch_id)


def presences_of(
    session: Session, officers: set[int], begin: datetime, end: datetime
) -> Iterator[tuple[int, punching.Presence]]:
    """What was sensed of officers in an interval."""
    rows: Iterable[Any] = session.execute(
        select(
            m.Presence.officer_id,
            m.Presence.id,
            m.Presence.at,
            m.Presence.assurance,
            m.Presence.proof,
            m.Presence.agent_id,
            *_SHOWN_COLUMNS,
            *_ZONE_COLUMNS,
        )
        .join(m.Zone, m.Zone.id == m.Presence.zone_id)
        .join(m.Site, m.Site.id == m.Zone.site_id)
        .where(m.Presence.officer_id.in_(officers), m.Presence.at.between(begin, end))
    )
    for row in rows:
        zone = _zone(row)
        presence = punching.Presence(
            id=row.id,
            zone=zone,
            at=row.at,
            assurance=row.assurance,
            proof=row.proof,
            from_agent=row.agent_id is not None,
            shown=row.shown,
            distance_m=row.distance_m,
            accuracy_m=row.accuracy_m,
        )
        yield row.officer_id, presence


def _waiting(
    session: Session, officers: set[int], begin: datetime, end: datetime
) -> Iterator[tuple[int, punching.WaitingTap]]:
    """Refused taps; a refusal without a direction is of a beacon event and can never be granted."""
    rows: Iterable[Any] = session.execute(
        select(
            m.Refusal.officer_id,
            m.Refusal.id,
            m.Refusal.direction,
            m.Refusal.at,
            m.Refusal.reason,
            m.Refusal.request_id,
            m.Refusal.handset,
        ).where(
            m.Refusal.officer_id.in_(officers),
            m.Refusal.punch_id.is_(None),
            m.Refusal.direction.is_not(None),
            m.Refusal.at.between(begin, end),
        )
    )
    for row in rows:
        yield (
            row.officer_id,
            punching.WaitingTap(
                refusal_id=row.id,
                direction=row.direction,
                at=row.at,
                reason=row.reason,
                source=PunchSource.LIFF if row.request_id.startswith(LIFF_PREFIX) else PunchSource.CHAT,
                handset=row.handset,
            ),
        )
