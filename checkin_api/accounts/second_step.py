"""The second step of signing in: a code of RFC 6238 from an app on the person's phone, each used once."""

from datetime import datetime

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.accounts.signing_in import count_failure
from checkin_api.audit import Act
from checkin_api.domain.ids import SignInRefusal
from checkin_api.models import ConsolePasskey, ConsoleUser
from checkin_api.vault import Vault

ISSUER = "警察差勤簽到"
_STEP_S = 30
# The clock of a phone may be a step off, either way. Source: RFC 6238, section 5.2.
_STEPS_OFF = (0, -1, 1)


def begin_second_step(session: Session, vault: Vault, user_id: int) -> str | None:
    """A secret for an app, as the ``otpauth`` address of a QR code; it counts once a code confirms it.

    A secret that was begun and not confirmed is shown again, so that a reloaded page does not spoil a scan; one that is
    confirmed is shown to nobody any more: None. The caller commits.
    """
    user = session.get_one(ConsoleUser, user_id, with_for_update=True)
    if user.totp_confirmed_at is not None:
        return None
    secret = _secret(vault, user)
    if secret is None:
        secret = pyotp.random_base32()
        user.sealed_totp, user.totp_step = vault.seal(secret.encode(), label=_label(user)), 0
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)


def confirm_second_step(session: Session, now: datetime, vault: Vault, user_id: int, code: str) -> SignInRefusal | None:
    """Take the app's first code: from now on each sign-in asks for one. The caller commits."""
    user = session.get_one(ConsoleUser, user_id, with_for_update=True)
    if user.totp_confirmed_at is not None:
        return None
    refusal = _take(session, now, vault, user, code)
    if refusal is None:
        user.totp_confirmed_at = now
        session.flush()
        actor = f"console:{user.username}"
        act = Act(actor=actor, action="user.second_step", subject=f"user:{user.username}", detail={})
        audit.record(session, now, act)
    return refusal


def asks_second_step(session: Session, user: ConsoleUser) -> bool:
    """Whether the password alone does not open an account: it has an app or a passkey."""
    has_passkey = select(ConsolePasskey.id).where(ConsolePasskey.user_id == user.id).limit(1)
    return user.totp_confirmed_at is not None or session.scalar(has_passkey) is not None


def takes_code(session: Session, now: datetime, vault: Vault, user_id: int, code: str) -> SignInRefusal | None:
    """Whether a code is right and new; a wrong one counts as a failure. The caller commits whatever comes of it."""
    user = session.get_one(ConsoleUser, user_id, with_for_update=True)
    if user.totp_confirmed_at is None:
        # A secret that was shown and never confirmed opens nothing, whoever saw it.
        user.sealed_totp = None
    return _take(session, now, vault, user, code)


def _take(session: Session, now: datetime, vault: Vault, user: ConsoleUser, code: str) -> SignInRefusal | None:
    if user.locked_until is not None and user.locked_until > now:
        return SignInRefusal.LOCKED
    secret = _secret(vault, user)
    digits = "".join(char for char in code if char.isdecimal())
    if secret is not None:
        current = int(now.timestamp()) // _STEP_S
        for step in (current + off for off in _STEPS_OFF):
            if step > user.totp_step and pyotp.TOTP(secret).verify(digits, for_time=step * _STEP_S):
                user.totp_step, user.failures = step, 0
                return None
    refusal = count_failure(session, now, user)
    return SignInRefusal.CODE_WRONG if refusal is SignInRefusal.WRONG else refusal


def _secret(vault: Vault, user: ConsoleUser) -> str | None:
    opened = user.sealed_totp and vault.open(user.sealed_totp, label=_label(user))
    return opened.decode() if opened else None


def _label(user: ConsoleUser) -> str:
    return f"console totp:{user.username}"
