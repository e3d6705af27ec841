"""``/api/v1/agent``: what agents on the walls ask and tell."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify, request
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.fleet import agents, assignment, hearing
from checkin_api.fleet.hearing import Batch, BeaconSummary, DeviceSummary
from checkin_api.fleet.sightings import HeardMessage
from checkin_api.web import agent_schemas as schemas
from checkin_api.web import signed as signing
from checkin_api.web.errors import ProblemError
from checkin_api.web.signed import signed, signer

blueprint = APIBlueprint("agent", __name__, url_prefix=signing.PREFIX.rstrip("/"), tag="Agents")
blueprint.after_request(signing.tell_time)

# How long an agent may have been without network; its outbox drops what is older.
_OLDEST = timedelta(days=31)


@blueprint.post("/enrolment")
@blueprint.input(schemas.EnrolmentIn)
@blueprint.output(schemas.EnrolmentOut, status_code=201)
def enrol(json_data: schemas.EnrolmentIn) -> Any:
    """Take an agent's public key for a one-time code."""
    with _writing() as (session, now):
        key = base64.b64decode(json_data.public_key)
        agent = agents.enrol(session, now, code=json_data.code, public_key=key)
        zone = session.get_one(m.Zone, agent.zone_id)
        return {"agent": agent.name, "key_id": agent.key_id, "zone": zone.code}, 201


@blueprint.get("/assignment")
@signed
@blueprint.output(schemas.PlaceOut)
def get_assignment() -> Any:
    """Where the agent stands, and how it sums up; 304 while it has not changed."""
    with _reading() as (session, _):
        return _unless_known(assignment.place(session, signer().id))


@blueprint.get("/assignment/beacons")
@signed
@blueprint.output(schemas.ExpectedBeaconsOut)
def get_beacons() -> Any:
    """The hardware IDs that should be heard here, and all others of the department's; 304 while unchanged."""
    with _reading() as (session, now):
        return _unless_known(assignment.beacons(session, now, signer().id))


@blueprint.get("/assignment/identities")
@signed
@blueprint.output(schemas.IdentitiesOut)
def get_identities() -> Any:
    """The badges and phones of officers who agreed; 304 while unchanged."""
    with _reading() as (session, _):
        version = assignment.identities_version(session)
        if request.if_none_match.contains(version):
            return _with_version(Response(status=304), version)
        return _with_version(jsonify(assignment.identities(session, current_app.extensions["vault"])), version)


@blueprint.post("/sightings")
@signed
@blueprint.input(schemas.BatchIn)
@blueprint.output(schemas.TakenOut)
def take_sightings(json_data: schemas.BatchIn) -> Any:
    """Take over a batch of summaries; the same one again changes nothing."""
    with _writing() as (session, now):
        agent = session.get_one(m.Agent, signer().id)
        new = hearing.take_batch(session, current_app.extensions["vault"], now, agent, _batch(json_data, now))
    return {"new": new}


@blueprint.post("/heartbeat")
@signed
@blueprint.input(schemas.HeartbeatIn)
@blueprint.output({}, status_code=204)
def take_heartbeat(json_data: schemas.HeartbeatIn) -> Any:
    """Take note of how an agent is."""
    with _writing() as (session, now):
        agents.beat(session, now, signer().id, json_data.model_dump(mode="json"))
    return "", 204


def _batch(told: schemas.BatchIn, now: datetime) -> Batch:
    """The batch by the server's clock: the agent's is good for differences only."""
    ahead = now - told.sent_at

    def at(theirs: datetime) -> datetime:
        if not timedelta() <= told.sent_at - theirs <= _OLDEST:
            raise ProblemError(422, "wrong_time", "everything must have been heard within 31 days before sent_at")
        return theirs + ahead

    return Batch(
        id=told.batch,
        beacons=[
            BeaconSummary(
                hwid=each.hwid,
                heard=[HeardMessage(at(one.at), bytes.fromhex(one.device_message)) for one in each.heard],
                rssi_dbm=each.rssi_dbm,
            )
            for each in told.beacons
        ],
        devices=[
            DeviceSummary(device=each.device, begin=at(each.begin), end=at(each.end), rssi_dbm=each.rssi_dbm)
            for each in told.devices
        ],
    )


def _unless_known(body: Any) -> Response:
    answer = jsonify(body)
    version = hashlib.sha256(answer.get_data()).hexdigest()[:16]
    return _with_version(Response(status=304) if request.if_none_match.contains(version) else answer, version)


def _with_version(answer: Response, version: str) -> Response:
    answer.set_etag(version)
    return answer


@contextmanager
def _reading() -> Iterator[tuple[Session, datetime]]:
    database: Database = current_app.extensions["database"]
    with database.read() as session:
        yield session, current_app.extensions["clock"].now()


@contextmanager
def _writing() -> Iterator[tuple[Session, datetime]]:
    database: Database = current_app.extensions["database"]
    with database.write() as session:
        yield session, current_app.extensions["clock"].now()
