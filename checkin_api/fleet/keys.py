"""Keys of rolling beacons: encrypted in the database, opened for judging, exchanged with an overlap."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.proof import Key
from checkin_api.vault import Vault


def keys_of(session: Session, vault: Vault, beacon_ids: Collection[int]) -> dict[int, list[Key]]:
    """The keys of some beacons, of each the newest first; one that cannot be opened has no secret."""
    keys: dict[int, list[Key]] = defaultdict(list)
    if not beacon_ids:
        return keys
    rows = session.execute(
        select(m.BeaconKey.beacon_id, m.Beacon.hwid, m.BeaconKey.number, m.BeaconKey.sealed, m.BeaconKey.retires_at)
        .join(m.Beacon, m.Beacon.id == m.BeaconKey.beacon_id)
        .where(m.BeaconKey.beacon_id.in_(beacon_ids))
        .order_by(m.BeaconKey.number.desc())
    )
    for beacon_id, hwid, number, sealed, retires_at in rows:
        secret = vault.open(sealed, label=_label(hwid, number))
        keys[beacon_id].append(Key(secret=secret, retires_at=retires_at))
    return keys


def has_newest(session: Session, vault: Vault, beacon: m.Beacon, secret: bytes) -> bool:
    """Whether this is the newest key of the beacon already."""
    keys = keys_of(session, vault, [beacon.id])[beacon.id]
    return bool(keys) and keys[0].secret == secret


def add_key(  # noqa: PLR0913 (what a key is made of)
    session: Session, vault: Vault, now: datetime, beacon: m.Beacon, secret: bytes, *, overlap: timedelta = timedelta()
) -> int:
    """Give a beacon a new key; the ones before it are taken until the overlap is over.

    Returns:
        The number of the key, from 1.
    """
    numbers = session.scalars(select(m.BeaconKey.number).where(m.BeaconKey.beacon_id == beacon.id))
    number = max(numbers, default=0) + 1
    ends = now + overlap
    session.execute(
        update(m.BeaconKey)
        .where(
            m.BeaconKey.beacon_id == beacon.id,
            m.BeaconKey.retires_at.is_(None) | (m.BeaconKey.retires_at > ends),
        )
        .values(retires_at=ends)
    )
    sealed = vault.seal(secret, label=_label(beacon.hwid, number))
    session.add(m.BeaconKey(beacon_id=beacon.id, number=number, sealed=sealed, made_at=now))
    session.flush()
    return number


def unreadable(session: Session, vault: Vault) -> list[str]:
    """The beacons in service whose newest key cannot be opened: CHECKIN_SECRET_KEY is not what it was."""
    beacons = session.execute(select(m.Beacon.id, m.Beacon.hwid).where(m.Beacon.retired_at.is_(None))).all()
    keys = keys_of(session, vault, [beacon_id for beacon_id, _ in beacons])
    return sorted(hwid for beacon_id, hwid in beacons if keys.get(beacon_id) and keys[beacon_id][0].secret is None)


def _label(hwid: str, number: int) -> str:
    return f"beacon:{hwid}:{number}"
