"""What a zone takes where no beacon is heard: the rotating code on its screen (RFC 6238), a phone's position."""

import base64
import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m
from checkin_api.audit import Act
from checkin_api.domain.radar import Place
from checkin_api.domain.showing import Area
from checkin_api.errors import CheckinError, NotFoundError
from checkin_api.vault import Vault

# A code is on the screen this long and taken in the interval after it, too: time to read it and to type it.
CODE_LIVES = timedelta(seconds=30)
_INTERVALS_AROUND = 1
CODE_DIGITS = 8
# Source: RFC 4226, section 4, R6: 160 bits are recommended.
_SECRET_BYTES = 20
_SCREEN_BYTES = 24
NEAREST_RADIUS_M, WIDEST_RADIUS_M = 20, 2000


@dataclass(frozen=True, slots=True)
class ZonePolicy:
    """What a zone takes, as people look at it."""

    zone_code: str
    zone: str
    site_code: bool
    location_radius_m: int | None
    has_position: bool


@dataclass(frozen=True, slots=True)
class ScreenCode:
    """What a zone's screen shows now, and until when."""

    zone: str
    code: str
    ends_at: datetime


def make_site_code(session: Session, vault: Vault, now: datetime, zone_code: str, *, actor: str) -> str:
    """Let a zone take site codes; any screen that showed them before shows none any more. The caller commits.

    Returns:
        The secret of the screen's address, shown once.

    Raises:
        NotFoundError: no such zone.
    """
    zone, fallback = _fallback(session, zone_code)
    secret, screen = secrets.token_bytes(_SECRET_BYTES), secrets.token_urlsafe(_SCREEN_BYTES)
    fallback.sealed_site_code = vault.seal(secret, label=_label(zone.code))
    fallback.screen_hash = _hash(screen)
    _record(session, now, "zone.site_code", zone_code, {"on": True}, actor=actor)
    return screen


def end_site_code(session: Session, now: datetime, zone_code: str, *, actor: str) -> bool:
    """Let a zone take site codes no more; False if it took none. The caller commits.

    Raises:
        NotFoundError: no such zone.
    """
    _, fallback = _fallback(session, zone_code)
    if fallback.sealed_site_code is None:
        return False
    fallback.sealed_site_code = fallback.screen_hash = None
    _record(session, now, "zone.site_code", zone_code, {"on": False}, actor=actor)
    return True


def take_location(session: Session, now: datetime, zone_code: str, radius_m: int | None, *, actor: str) -> None:
    """Let a zone take positions within so many metres of its site, or none any more. The caller commits.

    Raises:
        NotFoundError: no such zone.
        CheckinError: the site has no position, or the radius makes no sense.
    """
    zone, fallback = _fallback(session, zone_code)
    if radius_m is not None:
        if not NEAREST_RADIUS_M <= radius_m <= WIDEST_RADIUS_M:
            raise CheckinError(
                f"半徑須為 {NEAREST_RADIUS_M}–{WIDEST_RADIUS_M} 公尺 / a radius is {NEAREST_RADIUS_M} to"
                f" {WIDEST_RADIUS_M} metres"
            )
        site = session.get_one(m.Site, zone.site_id)
        if site.latitude is None or site.longitude is None:
            raise CheckinError(
                f"地點 {site.code} 沒有經緯度，請先匯入 sites.csv / site {site.code} has no position: import sites.csv"
            )
    fallback.location_radius_m = radius_m
    _record(session, now, "zone.location", zone_code, {"radius_m": radius_m}, actor=actor)


def policies(session: Session) -> list[ZonePolicy]:
    """What every zone takes, by code."""
    f = m.ZoneFallback
    rows = session.execute(
        select(m.Zone.code, m.Zone.name, f.sealed_site_code.is_not(None), f.location_radius_m, m.Site.latitude)
        .join(m.Site, m.Site.id == m.Zone.site_id)
        .outerjoin(f, f.zone_id == m.Zone.id)
        .order_by(m.Zone.code)
    )
    return [ZonePolicy(code, name, bool(on), radius, latitude is not None) for code, name, on, radius, latitude in rows]


def on_offer(session: Session) -> tuple[bool, bool]:
    """Whether any zone takes site codes, and whether any takes positions."""
    f = m.ZoneFallback
    rows = session.execute(select(f.sealed_site_code.is_not(None), f.location_radius_m.is_not(None))).all()
    return any(code for code, _ in rows), any(location for _, location in rows)


def screen_code(session: Session, vault: Vault, screen: str, now: datetime) -> ScreenCode | None:
    """What the screen with this secret shows now; None if there is no such screen."""
    f = m.ZoneFallback
    row = session.execute(
        select(m.Zone.code, m.Zone.name, f.sealed_site_code)
        .join(f, f.zone_id == m.Zone.id)
        .where(f.screen_hash == _hash(screen))
    ).first()
    code = _totp(vault, row.code, row.sealed_site_code) if row else None
    if row is None or code is None:
        return None
    left = CODE_LIVES.total_seconds() - now.timestamp() % CODE_LIVES.total_seconds()
    return ScreenCode(row.name, code.at(now), now + timedelta(seconds=left))


def zone_of_code(session: Session, vault: Vault, code: str, now: datetime) -> str | None:
    """The code of the zone whose screen shows this; None if none does, or does not any more.

    Ten million times as many codes as zones that show one, and few tries: no zone need be named with it.
    """
    digits = "".join(letter for letter in unicodedata.normalize("NFKC", code) if letter.isdecimal())
    f = m.ZoneFallback
    rows = session.execute(
        select(m.Zone.code, f.sealed_site_code)
        .join(f, f.zone_id == m.Zone.id)
        .where(f.sealed_site_code.is_not(None))
        .order_by(m.Zone.code)
    )
    for zone_code, sealed in rows:
        totp = _totp(vault, zone_code, sealed)
        if totp is not None and totp.verify(digits, for_time=now, valid_window=_INTERVALS_AROUND):
            return str(zone_code)
    return None


def unreadable(session: Session, vault: Vault) -> list[str]:
    """The zones whose site code cannot be opened: CHECKIN_SECRET_KEY is not what it was."""
    f = m.ZoneFallback
    rows = session.execute(
        select(m.Zone.code, f.sealed_site_code)
        .join(f, f.zone_id == m.Zone.id)
        .where(f.sealed_site_code.is_not(None))
        .order_by(m.Zone.code)
    )
    return [zone_code for zone_code, sealed in rows if _totp(vault, zone_code, sealed) is None]


def areas(session: Session) -> list[Area]:
    """The zones that take positions, and where their sites are."""
    f = m.ZoneFallback
    rows = session.execute(
        select(m.Zone.code, m.Site.id, m.Site.latitude, m.Site.longitude, f.location_radius_m)
        .join(m.Site, m.Site.id == m.Zone.site_id)
        .join(f, f.zone_id == m.Zone.id)
        .where(f.location_radius_m.is_not(None))
    )
    return [
        Area(code, Place(site, latitude, longitude), radius)
        for code, site, latitude, longitude, radius in rows
        if radius is not None
    ]


def _totp(vault: Vault, zone_code: str, sealed: bytes | None) -> pyotp.TOTP | None:
    secret = vault.open(sealed, label=_label(zone_code)) if sealed else None
    if secret is None:
        return None
    interval = int(CODE_LIVES.total_seconds())
    return pyotp.TOTP(base64.b32encode(secret).decode(), digits=CODE_DIGITS, digest=hashlib.sha256, interval=interval)


def _fallback(session: Session, zone_code: str) -> tuple[m.Zone, m.ZoneFallback]:
    zone = session.scalar(select(m.Zone).where(m.Zone.code == zone_code))
    if zone is None:
        raise NotFoundError(f"沒有簽到區 {zone_code} / there is no zone {zone_code}")
    fallback = session.get(m.ZoneFallback, zone.id)
    if fallback is None:
        fallback = m.ZoneFallback(zone_id=zone.id)
        session.add(fallback)
    return zone, fallback


def _record(  # noqa: PLR0913 (the columns of an entry)
    session: Session, now: datetime, action: str, zone_code: str, detail: dict[str, object], *, actor: str
) -> None:
    session.flush()
    audit.record(session, now, Act(actor=actor, action=action, subject=f"zone:{zone_code}", detail=detail))


def _label(zone_code: str) -> str:
    return f"site code:{zone_code}"


def _hash(screen: str) -> str:
    return hashlib.sha256(screen.encode()).hexdigest()
