"""The agents on the walls: one-time codes, enrolment of a key pair, heartbeats, revocation."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m
from checkin_api.audit import Act
from checkin_api.codes import as_typed, in_groups, new_code
from checkin_api.db import Turn, take_turn
from checkin_api.errors import CheckinError, NotFoundError

CODE_LENGTH = 16
VALID_FOR = timedelta(days=1)
# An agent tells how it is every minute; after three that are missing something is wrong.
SILENT_AFTER = timedelta(minutes=3)
# A signed request is taken for so long before and after its time, and its nonce remembered for longer.
SIGNATURE_WINDOW = timedelta(minutes=2)
_NONCE_KEPT = 3 * SIGNATURE_WINDOW
# A batch comes again when its answer was lost: soon, or after a long time without network.
_BATCH_KEPT = timedelta(days=60)


class AgentState(StrEnum):
    """How an agent is, as far as anybody can tell from here."""

    WAITING = "waiting"
    HEARING = "hearing"
    DEAF = "deaf"
    SILENT = "silent"
    REVOKED = "revoked"


class RefusedError(CheckinError):
    """An agent is not let in; ``code`` is stable, for programs."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCode:
    """A one-time code for an agent; shown once, kept as a hash."""

    name: str
    zone: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLook:
    """An agent as a person looks at it; ``heartbeat`` is what it last told of itself."""

    name: str
    zone: str
    site: str
    state: AgentState
    made_at: datetime
    enrolled_at: datetime | None
    heartbeat_at: datetime | None
    revoked_at: datetime | None
    heartbeat: dict[str, Any]


def issue_code(  # noqa: PLR0913 (which, where, by whom, for how long)
    session: Session, now: datetime, *, name: str, zone: str, actor: str, valid_for: timedelta = VALID_FOR
) -> IssuedCode:
    """Make a one-time code for a new agent, or for one whose card was exchanged. The caller commits.

    The keys of an agent that is there already are good until the code is used.

    Raises:
        NotFoundError: there is no such zone.
        CheckinError: an agent with this name stands in another zone.
    """
    take_turn(session, Turn.FLEET)
    zone_id = session.scalar(select(m.Zone.id).where(m.Zone.code == zone))
    if zone_id is None:
        raise NotFoundError(f"沒有簽到區 {zone} / there is no zone with the code {zone}")
    agent = session.scalar(_unrevoked(name))
    if agent is None:
        agent = m.Agent(name=name, zone_id=zone_id, key_id=_new_key_id(), made_at=now)
        session.add(agent)
    elif agent.zone_id != zone_id:
        raise CheckinError(
            f"{name} 已在另一個簽到區：先 checkin agent revoke {name}"
            f" / {name} stands in another zone: checkin agent revoke {name} first"
        )
    code = new_code(CODE_LENGTH)
    agent.code_hash, agent.code_expires_at = _hash(code), now + valid_for
    session.flush()
    _record(session, now, "agent.code", name, actor=actor, zone=zone)
    return IssuedCode(name=name, zone=zone, code=in_groups(code), expires_at=now + valid_for)


def enrol(session: Session, now: datetime, *, code: str, public_key: bytes) -> m.Agent:
    """Take an agent's public key, 32 bytes, for a one-time code; its key before that ends. The caller commits.

    Raises:
        RefusedError: the code is unknown, used or expired; which of them is not told.
    """
    agent = session.scalar(select(m.Agent).where(m.Agent.code_hash == _hash(as_typed(code))).with_for_update())
    if agent is None or agent.revoked_at is not None or agent.code_expires_at is None or agent.code_expires_at <= now:
        raise RefusedError("code_wrong", "this code is unknown, used or expired: have a new one issued")
    agent.code_hash = agent.code_expires_at = None
    agent.public_key, agent.key_id, agent.enrolled_at = public_key, _new_key_id(), now
    session.flush()
    _record(session, now, "agent.enrol", agent.name, actor=f"agent:{agent.name}", key_id=agent.key_id)
    return agent


def revoke(session: Session, now: datetime, name: str, *, actor: str) -> bool:
    """Let nothing in any more that an agent signs; False if it was revoked already. The caller commits.

    Raises:
        NotFoundError: there is no such agent.
    """
    agent = session.scalar(_unrevoked(name).with_for_update())
    if agent is None:
        if session.scalar(select(m.Agent.id).where(m.Agent.name == name).limit(1)) is None:
            raise NotFoundError(f"沒有監聽站 {name} / there is no agent {name}; see `checkin agent list`")
        return False
    agent.revoked_at = now
    agent.code_hash = agent.code_expires_at = None
    session.flush()
    _record(session, now, "agent.revoke", name, actor=actor)
    return True


def find_by_key(session: Session, key_id: str) -> m.Agent | None:
    """The agent that a key belongs to, revoked or not."""
    return session.scalar(select(m.Agent).where(m.Agent.key_id == key_id))


def remember_nonce(session: Session, now: datetime, agent_id: int, nonce: str) -> bool:
    """Whether this nonce of an agent is new; it is from now on not. The caller commits."""
    try:
        with session.begin_nested():
            session.add(m.AgentNonce(agent_id=agent_id, nonce=nonce, at=now))
    except IntegrityError:
        return False
    return True


def beat(session: Session, now: datetime, agent_id: int, told: dict[str, Any]) -> None:
    """Keep what an agent tells of itself, and forget what need not be remembered of it. The caller commits."""
    agent = session.get_one(m.Agent, agent_id, with_for_update=True)
    agent.heartbeat_at, agent.heartbeat = now, told
    session.execute(delete(m.AgentNonce).where(m.AgentNonce.agent_id == agent_id, m.AgentNonce.at < now - _NONCE_KEPT))
    session.execute(delete(m.AgentBatch).where(m.AgentBatch.agent_id == agent_id, m.AgentBatch.at < now - _BATCH_KEPT))
    session.flush()


def look_at_all(session: Session, now: datetime) -> list[AgentLook]:
    """Every agent by site, zone and name; revoked ones last."""
    query = (
        select(m.Agent, m.Zone.code, m.Site.code)
        .join(m.Zone, m.Zone.id == m.Agent.zone_id)
        .join(m.Site, m.Site.id == m.Zone.site_id)
        .order_by(m.Agent.revoked_at.is_not(None), m.Site.code, m.Zone.code, m.Agent.name, m.Agent.id)
    )
    return [
        AgentLook(
            name=agent.name,
            zone=zone,
            site=site,
            state=state_of(agent, now),
            made_at=agent.made_at,
            enrolled_at=agent.enrolled_at,
            heartbeat_at=agent.heartbeat_at,
            revoked_at=agent.revoked_at,
            heartbeat=agent.heartbeat or {},
        )
        for agent, zone, site in session.execute(query)
    ]


def state_of(agent: m.Agent, now: datetime) -> AgentState:
    """How an agent is."""
    if agent.revoked_at is not None:
        return AgentState.REVOKED
    if agent.public_key is None:
        return AgentState.WAITING
    if agent.heartbeat_at is None or agent.heartbeat_at < now - SILENT_AFTER:
        return AgentState.SILENT
    return AgentState.DEAF if (agent.heartbeat or {}).get("radio") in {"deaf", "no_adapter"} else AgentState.HEARING


def _unrevoked(name: str) -> Any:
    return select(m.Agent).where(m.Agent.name == name, m.Agent.revoked_at.is_(None))


def _new_key_id() -> str:
    return secrets.token_hex(8)


def _hash(code: str) -> str:
    # 77 bits at random: nobody finds one out by trying, from the hash neither.
    return hashlib.sha256(code.encode()).hexdigest()


def _record(session: Session, now: datetime, action: str, name: str, *, actor: str, **detail: object) -> None:
    audit.record(session, now, Act(actor=actor, action=action, subject=f"agent:{name}", detail=detail))
