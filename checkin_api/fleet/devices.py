"""Badges and phones that officers agreed to be known by on site: enrolled with consent, retired at any time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m
from checkin_api.audit import Act
from checkin_api.domain.ids import DeviceKind
from checkin_api.errors import CheckinError, NotFoundError, unknown_officer
from checkin_api.vault import Vault

# Source: Bluetooth Core Specification, Vol 3 Part H, 2.4.2.1: identity resolving key, 128 bits.
IRK_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What an iBeacon badge sends."""

    uuid: UUID
    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.uuid}/{self.major}/{self.minor}"

    @classmethod
    def parse(cls, text: str) -> "Badge":
        """``uuid/major/minor``.

        Raises:
            CheckinError: it is none.
        """
        try:
            uuid, major, minor = text.split("/")
            badge = cls(uuid=UUID(uuid), major=int(major), minor=int(minor))
        except ValueError as exc:
            raise _no_badge(text) from exc
        if not (0 <= badge.major < 1 << 16 and 0 <= badge.minor < 1 << 16):
            raise _no_badge(text)
        return badge


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """A device as a person looks at it; never the key of a phone."""

    id: int
    staff_no: str
    name: str
    kind: DeviceKind
    badge: str | None
    label: str
    consented_at: datetime
    enrolled_at: datetime
    enrolled_by: str
    retired_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """What agents are told: each device by its public ID, never whose it is."""

    badges: tuple[tuple[UUID, Badge], ...]
    phones: tuple[tuple[UUID, bytes], ...]


def enrol(  # noqa: PLR0913 (whose, what, since when, by whom)
    session: Session,
    vault: Vault,
    now: datetime,
    staff_no: str,
    identity: Badge | bytes,
    *,
    consented_at: datetime,
    label: str,
    actor: str,
) -> int:
    """Enrol a badge, or a phone by its identity resolving key of 16 bytes. The caller commits.

    Returns:
        Its number, for retiring it.

    Raises:
        NotFoundError: there is no such officer.
        CheckinError: the consent lies in the future, the badge is somebody's already, or the key has another length.
    """
    officer = session.scalar(select(m.Officer).where(m.Officer.staff_no == staff_no))
    if officer is None:
        raise unknown_officer(staff_no)
    if consented_at > now:
        raise CheckinError("同意日期在未來 / the date of consent lies in the future")
    public_id = uuid4()
    device = m.OfficerDevice(
        public_id=public_id,
        officer_id=officer.id,
        kind=DeviceKind.BADGE if isinstance(identity, Badge) else DeviceKind.PHONE,
        label=label,
        consented_at=consented_at,
        enrolled_at=now,
        enrolled_by=actor,
    )
    if isinstance(identity, Badge):
        device.badge = str(identity)
        _refuse_taken(session, device.badge)
    else:
        if len(identity) != IRK_LENGTH:
            raise CheckinError(f"IRK 須為 {IRK_LENGTH} 位元組 / an identity resolving key has {IRK_LENGTH} bytes")
        device.sealed_irk = vault.seal(identity, label=_label(public_id))
    session.add(device)
    session.flush()
    detail: dict[str, object] = {"device": device.id, "kind": device.kind, "consented_at": consented_at.isoformat()}
    _record(session, now, "device.enrol", staff_no, actor=actor, detail=detail)
    return device.id


def retire(session: Session, now: datetime, device_id: int, *, actor: str) -> bool:
    """Let a device count no more, and forget by what it was known; False if that was done already. The caller commits.

    Raises:
        NotFoundError: there is no such device.
    """
    row = session.execute(
        select(m.OfficerDevice, m.Officer.staff_no)
        .join(m.Officer, m.Officer.id == m.OfficerDevice.officer_id)
        .where(m.OfficerDevice.id == device_id)
        .with_for_update(of=m.OfficerDevice)
    ).first()
    if row is None:
        raise NotFoundError(f"沒有第 {device_id} 號裝置 / there is no device {device_id}; see `checkin device list`")
    device, staff_no = row
    if device.retired_at is not None:
        return False
    device.retired_at = now
    if device.kind is DeviceKind.PHONE:
        # Nobody can be followed by a key that is no longer there.
        device.sealed_irk = b""
    else:
        # The badge may be handed to somebody else.
        device.badge = f"retired:{device.id}"
    session.flush()
    _record(session, now, "device.retire", staff_no, actor=actor, detail={"device": device.id})
    return True


def list_devices(session: Session, *, staff_no: str | None = None) -> list[DeviceRow]:
    """Devices by officer, the retired ones too."""
    query = (
        select(m.OfficerDevice, m.Officer.staff_no, m.Officer.name)
        .join(m.Officer, m.Officer.id == m.OfficerDevice.officer_id)
        .order_by(m.Officer.staff_no, m.OfficerDevice.id)
    )
    if staff_no is not None:
        query = query.where(m.Officer.staff_no == staff_no)
    return [
        DeviceRow(
            id=device.id,
            staff_no=number,
            name=name,
            kind=device.kind,
            badge=None if device.retired_at else device.badge,
            label=device.label,
            consented_at=device.consented_at,
            enrolled_at=device.enrolled_at,
            enrolled_by=device.enrolled_by,
            retired_at=device.retired_at,
        )
        for device, number, name in session.execute(query)
    ]


def identities(session: Session, vault: Vault) -> Identities:
    """All devices in force; a key that cannot be opened is left out."""
    badges: list[tuple[UUID, Badge]] = []
    phones: list[tuple[UUID, bytes]] = []
    query = select(m.OfficerDevice.public_id, m.OfficerDevice.badge, m.OfficerDevice.sealed_irk)
    for public_id, badge, sealed in session.execute(
        query.where(m.OfficerDevice.retired_at.is_(None)).order_by(m.OfficerDevice.id)
    ):
        if badge is not None:
            badges.append((public_id, Badge.parse(badge)))
        elif sealed and (irk := vault.open(sealed, label=_label(public_id))) is not None:
            phones.append((public_id, irk))
    return Identities(badges=tuple(badges), phones=tuple(phones))


def _refuse_taken(session: Session, badge: str) -> None:
    taken = session.scalar(
        select(m.Officer.staff_no)
        .join(m.OfficerDevice, m.OfficerDevice.officer_id == m.Officer.id)
        .where(m.OfficerDevice.badge == badge)
    )
    if taken is not None:
        raise CheckinError(f"此識別證已屬 {taken}：先停用 / this badge is {taken}'s: retire it first")


def _no_badge(text: str) -> CheckinError:
    return CheckinError(f"識別證須為 UUID/major/minor / a badge is UUID/major/minor, not {text[:60]!r}")


def _label(public_id: UUID) -> str:
    return f"device:{public_id}"


def _record(  # noqa: PLR0913 (the columns of an entry)
    session: Session, now: datetime, action: str, staff_no: str, *, actor: str, detail: dict[str, object]
) -> None:
    audit.record(session, now, Act(actor=actor, action=action, subject=f"officer:{staff_no}", detail=detail))
