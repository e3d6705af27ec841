"""Installers' acts on beacons: register, move, replace, exchange the key; each may be repeated."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m
from checkin_api.audit import Act
from checkin_api.db import Turn, take_turn
from checkin_api.domain.ids import BeaconKind
from checkin_api.domain.proof import set_right
from checkin_api.errors import CheckinError, NotFoundError
from checkin_api.fleet import beacons, health, keys
from checkin_api.vault import Vault

# Until then both keys are taken: time for an installer to reach the beacon.
KEY_OVERLAP = timedelta(days=14)


class Conflict(StrEnum):
    """Why a beacon cannot be registered as asked."""

    ELSEWHERE = "beacon_elsewhere"
    OTHER_KIND = "beacon_of_other_kind"
    RETIRED = "beacon_retired"
    KEY_DIFFERS = "key_differs"
    KEY_MISSING = "key_missing"
    KEY_UNWANTED = "key_unwanted"
    ITSELF = "same_beacon"


class ConflictError(CheckinError):
    """What was asked contradicts what is there; ``conflict`` says how, for programs."""

    def __init__(self, conflict: Conflict, message: str) -> None:
        self.conflict = conflict
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A beacon as an installer describes it; ``key`` of a rolling one, 32 bytes."""

    hwid: str
    zone: str
    kind: BeaconKind
    label: str
    key: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrar:
    """Changes the register of beacons in one transaction, in somebody's name; the caller commits."""

    session: Session
    vault: Vault
    now: datetime
    actor: str

    def register(self, asked: Registration) -> bool:
        """Make a beacon known.

        Returns:
            True if anything changed, False if it was registered just so already.

        Raises:
            NotFoundError: there is no such zone.
            ConflictError: another beacon has the hardware ID, or the same one differs.
        """
        take_turn(self.session, Turn.FLEET)
        if asked.kind is not BeaconKind.ROLLING and asked.key is not None:
            raise _no_key_for(asked.kind)
        zone_id = self._zone_id(asked.zone)
        beacon = self.session.scalar(select(m.Beacon).where(m.Beacon.hwid == asked.hwid).with_for_update())
        if beacon is None:
            self._add(asked, zone_id)
            return True
        self._refuse_difference(beacon, asked, zone_id)
        return self._complete(beacon, asked)

    def move(self, hwid: str, zone: str) -> bool:
        """Say that a beacon hangs in another zone from now on.

        Returns:
            False if it was there already.

        Raises:
            NotFoundError: there is no such beacon or zone.
        """
        take_turn(self.session, Turn.FLEET)
        beacon, zone_id = beacons.find(self.session, hwid), self._zone_id(zone)
        if beacon.zone_id == zone_id:
            return False
        was = self._zone_code(beacon.zone_id)
        beacon.zone_id = zone_id
        self.session.flush()
        self._record("beacon.move", hwid, {"from": was, "to": zone})
        return True

    def replace(self, hwid: str, asked: Registration) -> bool:
        """Put a new beacon in the place of an old one, which is retired.

        Returns:
            False if that was done already.

        Raises:
            NotFoundError: there is no such beacon.
            ConflictError: as ``register``, or both are the same beacon.
        """
        if asked.hwid == hwid:
            raise ConflictError(Conflict.ITSELF, f"{hwid} 不能更換自己 / {hwid} cannot take its own place")
        added = self.register(asked)
        retired = beacons.retire(self.session, self.now, hwid, actor=self.actor)
        if added or retired:
            self._record("beacon.replace", hwid, {"by": asked.hwid})
        return added or retired

    def rotate_key(self, hwid: str, key: bytes, *, overlap: timedelta = KEY_OVERLAP) -> bool:
        """Give a rolling beacon a new key; the old one is taken until the overlap is over.

        Returns:
            False if it is the newest key already.

        Raises:
            NotFoundError: there is no such beacon.
            ConflictError: it is not a rolling one.
        """
        take_turn(self.session, Turn.FLEET)
        beacon = beacons.find(self.session, hwid)
        if beacon.kind is not BeaconKind.ROLLING:
            raise _no_key_for(beacon.kind)
        if keys.has_newest(self.session, self.vault, beacon, key):
            return False
        number = keys.add_key(self.session, self.vault, self.now, beacon, key, overlap=overlap)
        # The device is flashed with it and its clock set anew, maybe to before what it had counted to.
        health.forget_steps(self.session, beacon.id)
        self._record("beacon.key", hwid, {"number": number, "overlap_days": overlap.days})
        return True

    def _add(self, asked: Registration, zone_id: int) -> None:
        if asked.kind is BeaconKind.ROLLING and asked.key is None:
            raise ConflictError(
                Conflict.KEY_MISSING,
                "滾動碼信標須附金鑰，請用 beacon-kit register / a rolling beacon needs a key: use beacon-kit register",
            )
        beacon = m.Beacon(hwid=asked.hwid, zone_id=zone_id, kind=asked.kind, label=asked.label)
        self.session.add(beacon)
        self.session.flush()
        if asked.key is not None:
            self._add_first_key(beacon, asked.key)
        self._record("beacon.register", asked.hwid, {"zone": asked.zone, "kind": asked.kind, "label": asked.label})

    def _refuse_difference(self, beacon: m.Beacon, asked: Registration, zone_id: int) -> None:
        hwid = asked.hwid
        if beacon.retired_at is not None and beacon.retired_at <= self.now:
            raise ConflictError(
                Conflict.RETIRED, f"{hwid} 已停用：要再用請先恢復 / {hwid} is retired: restore it first to use it again"
            )
        if beacon.zone_id != zone_id:
            where = self._zone_code(beacon.zone_id)
            raise ConflictError(
                Conflict.ELSEWHERE,
                f"{hwid} 已登錄在簽到區 {where}：請核對硬體 ID，或改用移動"
                f" / {hwid} is registered in zone {where} already: correct the hardware ID, or move the beacon",
            )
        if beacon.kind is not asked.kind:
            raise ConflictError(
                Conflict.OTHER_KIND, f"{hwid} 已登錄為 {beacon.kind} / {hwid} is registered as {beacon.kind} already"
            )

    def _complete(self, beacon: m.Beacon, asked: Registration) -> bool:
        """Add what a registered beacon lacks: its first key; take over a changed label."""
        changed: dict[str, object] = {}
        if asked.key is not None and not keys.has_newest(self.session, self.vault, beacon, asked.key):
            if keys.keys_of(self.session, self.vault, [beacon.id])[beacon.id]:
                raise ConflictError(
                    Conflict.KEY_DIFFERS,
                    f"{asked.hwid} 已有另一把金鑰：要換請用 beacon-kit register --rotate"
                    f" / {asked.hwid} has another key already: to exchange it use beacon-kit register --rotate",
                )
            self._add_first_key(beacon, asked.key)
            changed["key"] = 1
        if beacon.label != asked.label:
            beacon.label = asked.label
            changed["label"] = asked.label
            self.session.flush()
        if changed:
            self._record("beacon.register", asked.hwid, changed)
        return bool(changed)

    def _add_first_key(self, beacon: m.Beacon, key: bytes) -> None:
        keys.add_key(self.session, self.vault, self.now, beacon, key)
        health.synchronise(self.session, self.now, beacon.id, set_right(self.now))

    def _zone_id(self, code: str) -> int:
        zone_id = self.session.scalar(select(m.Zone.id).where(m.Zone.code == code))
        if zone_id is None:
            raise NotFoundError(
                f"沒有簽到區 {code}：請先匯入 zones.csv / there is no zone with the code {code}: import zones.csv first"
            )
        return zone_id

    def _zone_code(self, zone_id: int) -> str:
        return self.session.scalars(select(m.Zone.code).where(m.Zone.id == zone_id)).one()

    def _record(self, action: str, hwid: str, detail: dict[str, object]) -> None:
        act = Act(actor=self.actor, action=action, subject=f"beacon:{hwid}", detail=detail)
        audit.record(self.session, self.now, act)


def _no_key_for(kind: BeaconKind) -> ConflictError:
    return ConflictError(Conflict.KEY_UNWANTED, f"{kind} 信標沒有金鑰 / a beacon of kind {kind} has no key")
