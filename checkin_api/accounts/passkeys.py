"""Passkeys (WebAuthn) as the second step of signing in: added, used instead of a code, removed.

A challenge belongs to one session and is taken once; what the device signed must be for our address, with the person
verified by it (fingerprint, face, PIN).
"""

import hashlib
import ipaddress
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import generate_challenge, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from checkin_api import audit
from checkin_api.accounts.second_step import ISSUER
from checkin_api.accounts.sessions import Viewer, end_all
from checkin_api.accounts.signing_in import count_failure
from checkin_api.audit import Act
from checkin_api.config import LOCAL_HOSTS
from checkin_api.domain.ids import SignInRefusal
from checkin_api.models import ConsolePasskey, ConsoleSession, ConsoleUser

logger = logging.getLogger(__name__)

MOST = 10
LONGEST_NAME = 64
# Source: WebAuthn Level 3, section 15.1: 5 to 10 minutes where the person is verified.
_CHALLENGE_LASTS = timedelta(minutes=5)
# A few hundred bytes, and what a device may say of its maker.
_LONGEST_ANSWER = 32768
# Source: WebAuthn Level 3, section 4, "Credential ID".
_LONGEST_ID = 1023
_USUAL_PORT = {"https": 443, "http": 80}
_REQUIRED = UserVerificationRequirement.REQUIRED
# What hostile input makes the library raise besides its own: bad base64, CBOR and keys that are none.
_MALFORMED = (WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, KeyError, IndexError, RecursionError)


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Us, as a passkey knows us: the host, and the address of every page."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it."""

    id: int
    name: str
    made_at: datetime
    used_at: datetime | None


def relying_party(public_url: str) -> RelyingParty | None:
    """Who we are to a passkey; None where browsers allow none: without https, or at an IP address."""
    try:
        parts = urlsplit(public_url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if host is None or _is_ip(host) or not (parts.scheme == "https" or host in LOCAL_HOSTS):
        return None
    # As a browser writes it.
    shown = "" if port in {None, _USUAL_PORT[parts.scheme]} else f":{port}"
    return RelyingParty(host, f"{parts.scheme}://{host}{shown}")


def passkeys(session: Session, user_id: int) -> list[Passkey]:
    """An account's passkeys, the oldest first."""
    p = ConsolePasskey
    rows = session.execute(select(p.id, p.name, p.made_at, p.used_at).where(p.user_id == user_id).order_by(p.id))
    return [Passkey(*row) for row in rows]


def begin_adding(session: Session, now: datetime, party: RelyingParty, viewer: Viewer) -> str | SignInRefusal:
    """What the browser asks a device to make, as JSON; the caller commits."""
    if not viewer.is_fresh(now):
        return SignInRefusal.NOT_FRESH
    known = _descriptors(session, viewer.user_id)
    if len(known) >= MOST:
        return SignInRefusal.TOO_MANY_PASSKEYS
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=ISSUER,
        # The same for all devices of an account, and nobody's name.
        user_id=hashlib.sha256(f"console user {viewer.user_id}".encode()).digest(),
        user_name=viewer.username,
        user_display_name=viewer.name,
        challenge=_challenge(session, now, viewer),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=_REQUIRED
        ),
        exclude_credentials=known,
    )
    return options_to_json(options)


def add(  # noqa: PLR0913 (who, where, and the two things that were sent)
    session: Session, now: datetime, party: RelyingParty, viewer: Viewer, *, name: str, answer: str
) -> SignInRefusal | None:
    """Take what a device has made; None when the account has it. The caller commits whatever comes of it."""
    challenge = _take_challenge(session, now, viewer)
    if not viewer.is_fresh(now):
        return SignInRefusal.NOT_FRESH
    user = session.get_one(ConsoleUser, viewer.user_id, with_for_update=True)
    count = session.scalar(select(func.count()).where(ConsolePasskey.user_id == viewer.user_id)) or 0
    if count >= MOST:
        return SignInRefusal.TOO_MANY_PASSKEYS
    made = None if challenge is None else _made(party, challenge, answer)
    if made is None:
        return SignInRefusal.PASSKEY_WRONG
    row = ConsolePasskey(
        user_id=viewer.user_id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=_as_name(name) or f"#{count + 1}",
        made_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # It is somebody's already.
        return SignInRefusal.PASSKEY_WRONG
    if user.totp_confirmed_at is None:
        # The page that offers both shows a secret, which is of no use any more.
        user.sealed_totp = None
    _record(session, now, viewer, "user.passkey_add", row.name)
    if not viewer.has_second_step:
        # Whoever is in by the password alone is out.
        end_all(session, now, viewer.user_id, but=viewer.session_id)
    return None


def remove(session: Session, now: datetime, viewer: Viewer, passkey_id: int) -> SignInRefusal | None:
    """Forget one's own passkey; None when it is gone, or was. The caller commits."""
    if not viewer.is_fresh(now):
        return SignInRefusal.NOT_FRESH
    p = ConsolePasskey
    name = session.scalar(delete(p).where(p.id == passkey_id, p.user_id == viewer.user_id).returning(p.name))
    if name is not None:
        _record(session, now, viewer, "user.passkey_remove", name)
    return None


def begin_using(session: Session, now: datetime, party: RelyingParty, viewer: Viewer) -> str:
    """What the browser asks a device to sign, as JSON; the caller commits."""
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=_challenge(session, now, viewer),
        allow_credentials=_descriptors(session, viewer.user_id),
        user_verification=_REQUIRED,
    )
    return options_to_json(options)


def is_passkey(
    session: Session, now: datetime, party: RelyingParty, viewer: Viewer, *, answer: str
) -> SignInRefusal | None:
    """Whether a passkey of the account signed this session's challenge; a wrong answer counts as a failure.

    The caller commits whatever comes of it.
    """
    challenge = _take_challenge(session, now, viewer)
    user = session.get_one(ConsoleUser, viewer.user_id, with_for_update=True)
    if user.locked_until is not None and user.locked_until > now:
        return SignInRefusal.LOCKED
    if challenge is not None and _signed(session, now, party, user, challenge=challenge, answer=answer):
        user.failures = 0
        return None
    refusal = count_failure(session, now, user)
    return SignInRefusal.PASSKEY_WRONG if refusal is SignInRefusal.WRONG else refusal


def _made(party: RelyingParty, challenge: bytes, answer: str) -> VerifiedRegistration | None:
    try:
        made = verify_registration_response(
            credential=_bounded(answer),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except _MALFORMED as exc:
        logger.warning("a new passkey is not accepted: %s", _why(exc))
        return None
    return made if len(made.credential_id) <= _LONGEST_ID else None


def _signed(  # noqa: PLR0913 (whose, where, and what)
    session: Session, now: datetime, party: RelyingParty, user: ConsoleUser, *, challenge: bytes, answer: str
) -> bool:
    try:
        credential = parse_authentication_credential_json(_bounded(answer))
        passkey = session.scalar(
            select(ConsolePasskey).where(
                ConsolePasskey.user_id == user.id, ConsolePasskey.credential_id == credential.raw_id
            )
        )
        if passkey is None:
            return False
        found: VerifiedAuthentication = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _MALFORMED as exc:
        # A count that went back is a device that was copied, perhaps.
        logger.warning("a passkey of console:%s is not accepted: %s", user.username, _why(exc))
        return False
    passkey.sign_count, passkey.used_at = found.new_sign_count, now
    return True


def _bounded(answer: str) -> str:
    if len(answer) > _LONGEST_ANSWER:
        raise ValueError("too long")
    return answer


def _why(exc: Exception) -> str:
    """The library's own words, which may repeat what was sent; of other errors only the kind."""
    return ascii(str(exc)[:200]) if isinstance(exc, WebAuthnException) else type(exc).__name__


def _challenge(session: Session, now: datetime, viewer: Viewer) -> bytes:
    """A new challenge for this session; the one before it is worth nothing any more."""
    row = session.get_one(ConsoleSession, viewer.session_id, with_for_update=True)
    row.challenge, row.challenged_at = generate_challenge(), now
    return row.challenge


def _take_challenge(session: Session, now: datetime, viewer: Viewer) -> bytes | None:
    """What this session's device was to sign, once; None if there is nothing, or it is too old."""
    row = session.get_one(ConsoleSession, viewer.session_id, with_for_update=True)
    challenge, at = row.challenge, row.challenged_at
    row.challenge = row.challenged_at = None
    return challenge if at is not None and now - at <= _CHALLENGE_LASTS else None


def _descriptors(session: Session, user_id: int) -> list[PublicKeyCredentialDescriptor]:
    p = ConsolePasskey
    ids = session.scalars(select(p.credential_id).where(p.user_id == user_id).order_by(p.id))
    return [PublicKeyCredentialDescriptor(each) for each in ids]


def _record(session: Session, now: datetime, viewer: Viewer, action: str, name: str) -> None:
    session.flush()
    subject = f"user:{viewer.username}"
    audit.record(session, now, Act(actor=viewer.actor, action=action, subject=subject, detail={"name": name}))


def _as_name(typed: str) -> str:
    return "".join(char for char in typed if char.isprintable()).strip()[:LONGEST_NAME]


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
