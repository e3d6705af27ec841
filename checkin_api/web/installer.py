"""``/api/v1/beacons`` and ``/api/v1/alarms``: what installers do with beacons, and how these are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import current_app
from sqlalchemy.orm import Session

from checkin_api.db import Database
from checkin_api.domain.ids import Role, SightingSource
from checkin_api.fleet import agents, alarms, beacons, looking, sightings
from checkin_api.fleet.registering import Registrar, Registration
from checkin_api.fleet.sightings import HeardMessage, Sighting
from checkin_api.models.base import LARGEST_ID
from checkin_api.web import schemas
from checkin_api.web.auth import allowed, holder
from checkin_api.web.errors import ProblemError
from hardware.frames import FrameError, parse_hwid

blueprint = APIBlueprint("installer", __name__, url_prefix="/api/v1", tag="Beacons")

_READERS = (Role.INSTALLER, Role.HR, Role.AUDITOR)
# A sighting is told when it is made; an older one proves nothing about now.
_LONGEST_SIGHTING = timedelta(hours=1)


@blueprint.get("/beacons")
@allowed(*_READERS)
@blueprint.input(schemas.WhereIn, location="query")
@blueprint.output(schemas.BeaconsOut)
def list_beacons(query_data: schemas.WhereIn) -> Any:
    """Beacons with their health, by site, zone and hardware ID."""
    with _reading() as (session, now):
        found = looking.look_at_all(session, now, zone=query_data.zone, site=query_data.site)
    return {"beacons": found}


@blueprint.get("/beacons/<hwid>")
@allowed(*_READERS)
@blueprint.output(schemas.BeaconOut)
def get_beacon(hwid: str) -> Any:
    """One beacon with its health: who heard it last, battery, drift, open alarms."""
    with _reading() as (session, now):
        return looking.look_at(session, now, _hwid(hwid))


@blueprint.put("/beacons/<hwid>")
@allowed(Role.INSTALLER)
@blueprint.input(schemas.BeaconIn)
@blueprint.output(schemas.ChangedOut)
def register_beacon(hwid: str, json_data: schemas.BeaconIn) -> Any:
    """Register a beacon; asking twice changes nothing."""
    with _registering() as registrar:
        return _changed(
            registrar, hwid, changed=registrar.register(_registration(_hwid(hwid), json_data.zone, json_data))
        )


@blueprint.post("/beacons/<hwid>/move")
@allowed(Role.INSTALLER)
@blueprint.input(schemas.MoveIn)
@blueprint.output(schemas.ChangedOut)
def move_beacon(hwid: str, json_data: schemas.MoveIn) -> Any:
    """Say that a beacon hangs in another zone from now on."""
    with _registering() as registrar:
        return _changed(registrar, hwid, changed=registrar.move(_hwid(hwid), json_data.zone))


@blueprint.post("/beacons/<hwid>/retire")
@allowed(Role.INSTALLER)
@blueprint.output(schemas.ChangedOut)
def retire_beacon(hwid: str) -> Any:
    """Take a beacon out of service: its events are refused from now on."""
    with _registering() as registrar:
        changed = beacons.retire(registrar.session, registrar.now, _hwid(hwid), actor=registrar.actor)
        return _changed(registrar, hwid, changed=changed)


@blueprint.post("/beacons/<hwid>/restore")
@allowed(Role.INSTALLER)
@blueprint.output(schemas.ChangedOut)
def restore_beacon(hwid: str) -> Any:
    """Put a retired beacon back in service."""
    with _registering() as registrar:
        changed = beacons.restore(registrar.session, registrar.now, _hwid(hwid), actor=registrar.actor)
        return _changed(registrar, hwid, changed=changed)


@blueprint.post("/beacons/<hwid>/replace")
@allowed(Role.INSTALLER)
@blueprint.input(schemas.ReplacementIn)
@blueprint.output(schemas.ChangedOut)
def replace_beacon(hwid: str, json_data: schemas.ReplacementIn) -> Any:
    """Register a beacon in the place of another one, and retire that."""
    with _registering() as registrar:
        zone = looking.look_at(registrar.session, registrar.now, _hwid(hwid)).zone
        changed = registrar.replace(_hwid(hwid), _registration(json_data.hwid, zone, json_data))
        return _changed(registrar, json_data.hwid, changed=changed)


@blueprint.post("/beacons/<hwid>/key")
@allowed(Role.INSTALLER)
@blueprint.input(schemas.KeyIn)
@blueprint.output(schemas.ChangedOut)
def rotate_key(hwid: str, json_data: schemas.KeyIn) -> Any:
    """Give a rolling beacon a new key; the old one is taken for some days more."""
    with _registering() as registrar:
        key = bytes.fromhex(json_data.key.get_secret_value())
        changed = registrar.rotate_key(_hwid(hwid), key, overlap=timedelta(days=json_data.overlap_days))
        return _changed(registrar, hwid, changed=changed)


@blueprint.post("/beacons/<hwid>/sightings")
@allowed(Role.INSTALLER)
@blueprint.input(schemas.SightingIn)
@blueprint.output(schemas.SightingOut)
def take_sighting(hwid: str, json_data: schemas.SightingIn) -> Any:
    """Judge what an installer heard of a beacon, and set its clock right after a loss of power."""
    with _registering() as registrar:
        heard = list(_on_our_clock(json_data, registrar.now))
        sighting = Sighting(
            hwid=_hwid(hwid),
            zone=json_data.zone,
            source=SightingSource.INSTALLER,
            told_by=holder().name,
            heard=heard,
            rssi_dbm=json_data.rssi_dbm,
            interval_ms=json_data.interval_ms,
        )
        result = sightings.take(registrar.session, registrar.vault, registrar.now, sighting)
    return {
        "results": [
            {"device_message": heard.message.hex(), "proof": proof, "lag_s": None if lag_s is None else round(lag_s, 1)}
            for heard, proof, lag_s in result.judged
        ],
        "resynchronised": result.resynchronised,
    }


@blueprint.get("/alarms")
@allowed(*_READERS)
@blueprint.input(schemas.WhichAlarmsIn, location="query")
@blueprint.output(schemas.AlarmsOut)
def list_alarms(query_data: schemas.WhichAlarmsIn) -> Any:
    """Alarms about beacons with their evidence, the one that went on last first."""
    with _reading() as (session, _):
        return {"alarms": alarms.list_alarms(session, hwid=query_data.hwid, closed=query_data.closed)}


@blueprint.post(f"/alarms/<int(max={LARGEST_ID}):alarm_id>/close")
@allowed(Role.INSTALLER, Role.HR)
@blueprint.input(schemas.CloseIn)
@blueprint.output(schemas.ChangeOut)
def close_alarm(alarm_id: int, json_data: schemas.CloseIn) -> Any:
    """Say that somebody has looked; the same thing happening again opens a new alarm."""
    with _registering() as registrar:
        changed = alarms.close(
            registrar.session, registrar.now, alarm_id, actor=registrar.actor, comment=json_data.comment
        )
    return {"changed": changed}


@blueprint.get("/agents")
@allowed(*_READERS)
@blueprint.output(schemas.AgentsOut)
def list_agents() -> Any:
    """Agents with how they are, by site, zone and name."""
    with _reading() as (session, now):
        return {"agents": agents.look_at_all(session, now)}


@blueprint.post("/agents")
@allowed(Role.INSTALLER)
@blueprint.input(schemas.AgentIn)
@blueprint.output(schemas.AgentCodeOut, status_code=201)
def issue_agent_code(json_data: schemas.AgentIn) -> Any:
    """Make a one-time code for an agent, `beacon-agent enrol`; it is told once."""
    with _registering() as registrar:
        issued = agents.issue_code(
            registrar.session, registrar.now, name=json_data.name, zone=json_data.zone, actor=registrar.actor
        )
    return issued, 201


@blueprint.post("/agents/<name>/revoke")
@allowed(Role.INSTALLER)
@blueprint.output(schemas.ChangeOut)
def revoke_agent(name: str) -> Any:
    """Take nothing more from an agent: its card was stolen, or it is taken down."""
    with _registering() as registrar:
        return {"changed": agents.revoke(registrar.session, registrar.now, name, actor=registrar.actor)}


@contextmanager
def _reading() -> Iterator[tuple[Session, datetime]]:
    database: Database = current_app.extensions["database"]
    with database.read() as session:
        yield session, current_app.extensions["clock"].now()


@contextmanager
def _registering() -> Iterator[Registrar]:
    database: Database = current_app.extensions["database"]
    with database.write() as session:
        now, vault = current_app.extensions["clock"].now(), current_app.extensions["vault"]
        yield Registrar(session=session, vault=vault, now=now, actor=holder().actor)


def _changed(registrar: Registrar, hwid: str, *, changed: bool) -> dict[str, Any]:
    return {"changed": changed, "beacon": looking.look_at(registrar.session, registrar.now, _hwid(hwid))}


def _registration(hwid: str, zone: str, asked: schemas.BeaconIn | schemas.ReplacementIn) -> Registration:
    key = bytes.fromhex(asked.key.get_secret_value()) if asked.key else None
    return Registration(hwid=hwid, zone=zone, kind=asked.kind, label=asked.label, key=key)


def _on_our_clock(told: schemas.SightingIn, now: datetime) -> Iterator[HeardMessage]:
    for each in told.heard:
        ago = told.sent_at - each.at
        if not timedelta() <= ago <= _LONGEST_SIGHTING:
            raise ProblemError(422, "sighting_too_old", "a message must have been heard within the hour before sent_at")
        yield HeardMessage(now - ago, bytes.fromhex(each.device_message))


def _hwid(text: str) -> str:
    try:
        return parse_hwid(text)
    except FrameError as exc:
        raise ProblemError(404, "not_found", str(exc)) from exc
