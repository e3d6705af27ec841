"""The beacons on the walls: which there are, taking one out of service, and what each zone's can prove."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.audit import Act
from checkin_api.domain.ids import Assurance, BeaconKind
from checkin_api.domain.proof import best_assurance
from checkin_api.errors import NotFoundError
from checkin_api.models import Agent, Beacon, BeaconKey, Site, Zone


class BeaconState(StrEnum):
    """Whether what a phone hears of a beacon counts."""

    IN_SERVICE = "in_service"
    RETIRED = "retired"

    @classmethod
    def of(cls, retired_at: datetime | None, now: datetime) -> "BeaconState":
        """The state of a beacon that is retired from a time on, or never."""
        return cls.RETIRED if retired_at is not None and retired_at <= now else cls.IN_SERVICE


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconRow:
    """One beacon as a person looks at it."""

    hwid: str
    zone_code: str
    zone: str
    site: str
    kind: BeaconKind
    label: str
    state: BeaconState
    retired_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneCover:
    """A zone, what it asks of a punch, and the kinds of its beacons in service."""

    code: str
    name: str
    required_assurance: Assurance
    enforced: bool
    kinds: frozenset[BeaconKind]
    provable: frozenset[Assurance]

    @property
    def refuses_everyone(self) -> bool:
        """Whether no beacon here can prove what the zone insists on, so that every punch is refused."""
        return (
            self.enforced
            and bool(self.kinds)
            and not any(assurance.meets(self.required_assurance) for assurance in self.provable)
        )


def list_beacons(session: Session, now: datetime) -> list[BeaconRow]:
    """Every beacon, by site, zone and hardware ID."""
    rows = session.execute(
        select(Beacon, Zone, Site)
        .join(Zone, Zone.id == Beacon.zone_id)
        .join(Site, Site.id == Zone.site_id)
        .order_by(Site.code, Zone.code, Beacon.hwid)
    )
    return [
        BeaconRow(
            hwid=beacon.hwid,
            zone_code=zone.code,
            zone=zone.name,
            site=site.name,
            kind=beacon.kind,
            label=beacon.label,
            state=BeaconState.of(beacon.retired_at, now),
            retired_at=beacon.retired_at,
        )
        for beacon, zone, site in rows
    ]


def retire(session: Session, now: datetime, hwid: str, *, actor: str) -> bool:
    """Take a beacon out of service; events from ``now`` on are refused, those before it still count.

    The caller commits.

    Returns:
        False if the beacon was retired already; since when then stays as it is.

    Raises:
        NotFoundError: no beacon has this hardware ID.
    """
    beacon = find(session, hwid)
    if BeaconState.of(beacon.retired_at, now) is BeaconState.RETIRED:
        return False
    beacon.retired_at = now
    session.flush()
    _record(session, now, "beacon.retire", hwid=hwid, actor=actor)
    return True


def restore(session: Session, now: datetime, hwid: str, *, actor: str) -> bool:
    """Put a beacon back in service; what was refused meanwhile stays refused. The caller commits.

    Returns:
        False if the beacon was in service.

    Raises:
        NotFoundError: no beacon has this hardware ID.
    """
    beacon = find(session, hwid)
    if beacon.retired_at is None:
        return False
    beacon.retired_at = None
    session.flush()
    _record(session, now, "beacon.restore", hwid=hwid, actor=actor)
    return True


def cover(session: Session, now: datetime) -> Iterator[ZoneCover]:
    """Every zone with its beacons in service, by code."""
    kinds: dict[int, set[BeaconKind]] = defaultdict(set)
    provable: dict[int, set[Assurance]] = defaultdict(set)
    has_key = exists().where(BeaconKey.beacon_id == Beacon.id)
    for zone_id, kind, keyed in session.execute(select(Beacon.zone_id, Beacon.kind, has_key).where(_in_service(now))):
        kinds[zone_id].add(kind)
        # Without a key nobody can tell its code from an invented one.
        provable[zone_id].add(best_assurance(kind if keyed or kind is not BeaconKind.ROLLING else BeaconKind.STATIC))
    listening = set(session.scalars(select(Agent.zone_id).where(Agent.revoked_at.is_(None))))
    for zone_id in listening & provable.keys():
        if Assurance.MEDIUM in provable[zone_id]:
            # With an agent that hears the officer's badge or phone.
            provable[zone_id].add(Assurance.HIGH)
    for zone in session.scalars(select(Zone).order_by(Zone.code)):
        yield ZoneCover(
            code=zone.code,
            name=zone.name,
            required_assurance=zone.required_assurance,
            enforced=zone.enforced,
            kinds=frozenset(kinds[zone.id]),
            provable=frozenset(provable[zone.id]),
        )


def find(session: Session, hwid: str) -> Beacon:
    """A beacon by its hardware ID, locked until the transaction ends.

    Raises:
        NotFoundError: no beacon has this hardware ID.
    """
    beacon = session.scalar(select(Beacon).where(Beacon.hwid == hwid).with_for_update())
    if beacon is None:
        raise NotFoundError(f"沒有信標 {hwid} / no beacon has the hardware ID {hwid}; see `checkin beacons list`")
    return beacon


def _record(session: Session, now: datetime, action: str, *, hwid: str, actor: str) -> None:
    audit.record(session, now, Act(actor=actor, action=action, subject=f"beacon:{hwid}", detail={}))


def _in_service(now: datetime) -> ColumnElement[bool]:
    return or_(Beacon.retired_at.is_(None), Beacon.retired_at > now)
