"""``/api/v1/agent`` as an agent uses it, on both databases: enrolment, signatures, assignment, sightings, heartbeat."""

import gzip
import json
import logging
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from checkin_api import models as m
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import AlarmKind, Assurance, BeaconKind
from checkin_api.fleet import agents, devices
from checkin_api.fleet.agents import AgentState
from checkin_api.fleet.devices import Badge
from checkin_api.fleet.registering import Registrar, Registration
from checkin_api.vault import Vault
from hardware.frames.device_message import encode
from tests import builders
from tests.agents import HEARTBEAT, SigningAgent
from tests.apps import app_on
from tests.fakes import FakeClock

SECRET_KEY = "k" * 32
HWID, OTHER = "c0ffee0001", "c0ffee0002"
KEY = bytes(range(32))
BADGE = Badge(uuid=UUID("f7826da6-4fa2-4e98-8024-bc5b71e0893e"), major=1, minor=7)
IRK = bytes(range(16))


class World:
    """A zone with a rolling beacon, an officer with badge and phone, and an agent that is enrolled."""

    def __init__(self, database: Database, clock: FakeClock) -> None:
        self.database, self.clock = database, clock
        settings = Settings(
            database_url=database.url.render_as_string(hide_password=False), secret_key=SecretStr(SECRET_KEY)
        )
        self.app = app_on(settings, clock)
        self.vault = Vault(SECRET_KEY.encode())
        with database.write() as session:
            zone = builders.zone(session, code="HQ-1F")
            other = builders.zone(session, builders.site(session, code="ELSE"), code="ELSE-1F")
            registrar = Registrar(session=session, vault=self.vault, now=clock.now(), actor="test")
            registrar.register(Registration(hwid=HWID, zone=zone.code, kind=BeaconKind.ROLLING, label="", key=KEY))
            builders.beacon(session, other, hwid=OTHER)
            officer = builders.officer(session, builders.unit(session), staff_no="A001")
            self.officer_id, self.zone_id = officer.id, zone.id
            consent: Any = {"consented_at": clock.now() - timedelta(days=1), "label": "", "actor": "test"}
            self.badge_number = devices.enrol(session, self.vault, clock.now(), "A001", BADGE, **consent)
            devices.enrol(session, self.vault, clock.now(), "A001", IRK, **consent)
        with database.read() as session:
            known = devices.identities(session, self.vault)
            self.badge, self.phone = known.badges[0][0], known.phones[0][0]
        self.agent = self.new_agent("pi-1")

    def new_agent(self, name: str, zone: str = "HQ-1F") -> SigningAgent:
        agent = SigningAgent(self.app.test_client(), self.clock)
        assert agent.enrol(self.code(name, zone)).status_code == 201
        return agent

    def code(self, name: str, zone: str = "HQ-1F") -> str:
        with self.database.write() as session:
            return agents.issue_code(session, self.clock.now(), name=name, zone=zone, actor="test").code

    def message(self, ago_s: float = 0) -> bytes:
        return encode(KEY, HWID, int(self.clock.now().timestamp() - ago_s) // 15)

    def all(self, table: Any) -> list[Any]:
        with self.database.read() as session:
            return list(session.scalars(select(table)))


@pytest.fixture
def world(database: Database, clock: FakeClock) -> Iterator[World]:
    world = World(database, clock)
    yield world
    world.app.extensions["database"].close()


def code_of(answer: Any) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, answer.get_json()["code"]


def test_a_code_is_good_once_and_for_a_day(world: World):
    code = world.code("pi-2")
    agent = SigningAgent(world.app.test_client(), world.clock)
    assert agent.enrol(code.lower().replace("-", " ")).get_json()["zone"] == "HQ-1F"
    assert code_of(agent.enrol(code)) == (403, "code_wrong")
    late = world.code("pi-3")
    world.clock.advance(hours=24)
    assert code_of(agent.enrol(late)) == (403, "code_wrong")
    assert code_of(agent.enrol("ABCD")) == (403, "code_wrong")


def test_a_new_card_for_the_same_agent_ends_the_old_key(world: World):
    old = world.agent
    code = world.code("pi-1")
    assert old.get("/assignment").status_code == 200
    new = SigningAgent(world.app.test_client(), world.clock)
    new.enrol(code)
    assert code_of(old.get("/assignment")) == (401, "agent_unknown")
    assert new.get("/assignment").status_code == 200


@pytest.mark.parametrize("key", ["", "no base64!", "AAAA", "A" * 43])
def test_a_public_key_has_32_bytes(world: World, key: str):
    answer = world.app.test_client().post(
        "/api/v1/agent/enrolment", json={"code": world.code("pi-2"), "public_key": key}
    )
    assert code_of(answer) == (422, "validation_failed")


def test_the_assignment_comes_in_parts_and_only_when_it_changed(world: World):
    place = world.agent.get("/assignment")
    assert place.get_json() == {
        "agent": "pi-1",
        "zone": "HQ-1F",
        "zone_name": place.get_json()["zone_name"],
        "site": place.get_json()["site"],
        "summary_every_s": 120,
        "near_dbm": -75,
    }
    beacons = world.agent.get("/assignment/beacons")
    assert beacons.get_json() == {"here": [HWID], "elsewhere": [OTHER]}
    identities = world.agent.get("/assignment/identities")
    assert identities.get_json() == {
        "badges": [{"id": str(world.badge), "uuid": str(BADGE.uuid), "major": 1, "minor": 7}],
        "phones": [{"id": str(world.phone), "irk": IRK.hex()}],
    }
    for path, answer in (("", place), ("/beacons", beacons), ("/identities", identities)):
        again = world.agent.get(f"/assignment{path}", known=answer.headers["ETag"])
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
    with world.database.write() as session:
        devices.retire(session, world.clock.now(), world.badge_number, actor="test")
    changed = world.agent.get("/assignment/identities", known=identities.headers["ETag"])
    assert changed.get_json()["badges"] == []
    # Whose they are never leaves the server.
    assert b"A001" not in identities.data


def test_a_retired_phone_leaves_no_key_behind(world: World):
    with world.database.write() as session:
        [phone] = [row.id for row in devices.list_devices(session) if row.kind == "phone"]
        assert devices.retire(session, world.clock.now(), phone, actor="test")
        assert not devices.retire(session, world.clock.now(), phone, actor="test")
    [row] = [each for each in world.all(m.OfficerDevice) if each.id == phone]
    assert row.sealed_irk == b""
    assert IRK not in {each.sealed_irk for each in world.all(m.OfficerDevice)}


def test_a_request_is_taken_once_and_only_as_it_was_signed(world: World):
    agent, body = world.agent, json.dumps(HEARTBEAT).encode()
    headers = agent.signed("POST", "/heartbeat", body) | {"Content-Type": "application/json"}
    assert agent.send("POST", "/heartbeat", body, headers).status_code == 204
    assert code_of(agent.send("POST", "/heartbeat", body, headers)) == (401, "signature_replayed")
    # The nonce is remembered for as long as the signature is good.
    world.clock.advance(seconds=119)
    assert code_of(agent.send("POST", "/heartbeat", body, headers)) == (401, "signature_replayed")


@pytest.mark.parametrize("turned", ["body", "path", "method", "nonce", "signature"])
def test_a_request_that_was_changed_on_its_way_is_refused(world: World, turned: str):
    agent, body = world.agent, json.dumps(HEARTBEAT).encode()
    headers = agent.signed("POST", "/heartbeat", body) | {"Content-Type": "application/json"}
    method, path = "POST", "/heartbeat"
    match turned:
        case "body":
            body = body.replace(b"hearing", b"quiet")
        case "path":
            path = "/sightings"
        case "method":
            method, path = "GET", "/assignment"
        case "nonce":
            headers["Signature-Input"] = headers["Signature-Input"].replace('nonce="', 'nonce="0')
        case "signature":
            headers["Signature"] = agent.signed("POST", "/heartbeat", body)["Signature"]
    assert code_of(agent.send(method, path, body, headers)) == (401, "signature_invalid")


@pytest.mark.parametrize(
    "wrong",
    [
        {"covered": ("@method",)},
        {"covered": ("@path",)},
        {"tag": "something-else"},
        {"nonce": ""},
        {"nonce": "short"},
        {"nonce": "x" * 65},
    ],
)
def test_a_signature_that_says_too_little_is_refused(world: World, wrong: Any):
    headers = world.agent.signed("GET", "/assignment", **wrong)
    assert code_of(world.agent.send("GET", "/assignment", b"", headers)) == (401, "signature_invalid")


@pytest.mark.parametrize("value", ["", "x", "sig=()", 'sig=("@method");created=x', "=", "sig=:AA==:", "é"])
def test_headers_that_are_no_signature_are_refused(world: World, value: str):
    headers = {"Signature-Input": value, "Signature": value}
    assert code_of(world.agent.send("GET", "/assignment", b"", headers)) == (401, "signature_invalid")
    assert code_of(world.agent.send("GET", "/assignment", b"", {})) == (401, "signature_invalid")


@pytest.mark.parametrize("ahead_s", [-121, 121, -1e9, 1e9])
def test_a_wrong_clock_is_told_the_time(world: World, ahead_s: float):
    headers = world.agent.signed("GET", "/assignment", ahead_s=ahead_s)
    answer = world.agent.send("GET", "/assignment", b"", headers)
    assert code_of(answer) == (401, "signature_expired")
    assert answer.headers["Checkin-Time"] == world.clock.now().isoformat(timespec="milliseconds")
    assert world.agent.get("/assignment").headers["Checkin-Time"] == answer.headers["Checkin-Time"]


def test_another_key_and_a_revoked_agent_are_refused(world: World):
    stranger = SigningAgent(world.app.test_client(), world.clock)
    stranger.key_id = world.agent.key_id
    assert code_of(stranger.get("/assignment")) == (401, "signature_invalid")
    stranger.key_id = "0" * 16
    assert code_of(stranger.get("/assignment")) == (401, "agent_unknown")
    with world.database.write() as session:
        assert agents.revoke(session, world.clock.now(), "pi-1", actor="test")
        assert not agents.revoke(session, world.clock.now(), "pi-1", actor="test")
    assert code_of(world.agent.get("/assignment")) == (403, "agent_revoked")
    # Its name is free for another one.
    assert world.new_agent("pi-1").get("/assignment").status_code == 200


def test_a_beacon_is_judged_and_its_clock_calibrated(world: World):
    answer = world.agent.batch(beacons=[(HWID, [(20, world.message(20)), (5, world.message(5))])])
    assert (answer.status_code, answer.get_json()) == (200, {"new": True})
    [sighting] = world.all(m.BeaconSighting)
    assert (sighting.told_by, sighting.source, sighting.proof, sighting.rssi_dbm) == ("pi-1", "agent", "valid", -60.5)
    assert sighting.at == world.clock.now() - timedelta(seconds=5)
    # An hour behind, after a loss of power: somebody on site hears it, so its clock is learned.
    assert world.agent.batch(beacons=[(HWID, [(5, world.message(-3600))])]).status_code == 200
    with world.database.read() as session:
        health = session.scalars(select(m.BeaconHealth)).one()
    assert health.lag_s == pytest.approx(-3600, abs=30)


def test_a_copy_at_another_site_raises_an_alarm_and_sets_no_clock(world: World):
    foreign = world.new_agent("pi-2", "ELSE-1F")
    foreign.batch(beacons=[(HWID, [(5, world.message(3600))])])
    assert AlarmKind.FOREIGN_SITE in {alarm.kind for alarm in world.all(m.BeaconAlarm)}
    with world.database.read() as session:
        assert session.scalars(select(m.BeaconHealth)).one().lag_s == 0


def test_a_batch_sent_twice_counts_once(world: World):
    batch = str(uuid4())
    devices_ = [(world.badge, 60, 10)]
    first = world.agent.batch(beacons=[(HWID, [(5, world.message(5))])], devices=devices_, batch=batch)
    again = world.agent.batch(beacons=[(HWID, [(5, world.message(5))])], devices=devices_, batch=batch)
    assert [first.get_json(), again.get_json()] == [{"new": True}, {"new": False}]
    assert (len(world.all(m.BeaconSighting)), len(world.all(m.Presence))) == (1, 1)
    # Another agent's batches are its own.
    other = world.new_agent("pi-2")
    assert other.batch(devices=devices_, batch=batch).get_json() == {"new": True}


def test_a_badge_that_is_near_is_weak_evidence_and_strengthens_what_the_phone_told(world: World):
    now = world.clock.now()
    with world.database.write() as session:
        officer = session.get_one(m.Officer, world.officer_id)
        zone = session.get_one(m.Zone, world.zone_id)
        made = [
            builders.presence(session, officer, zone, now - timedelta(minutes=minutes), assurance=assurance).id
            for minutes, assurance in ((2, Assurance.MEDIUM), (3, Assurance.LOW), (30, Assurance.MEDIUM))
        ]
    world.agent.batch(devices=[(world.phone, 100, 40), (uuid4(), 100, 40)])
    rows = {row.id: row for row in world.all(m.Presence)}
    assert [rows[each].assurance for each in made] == [Assurance.HIGH, Assurance.LOW, Assurance.MEDIUM]
    [told] = [row for row in rows.values() if row.id not in made]
    assert (told.officer_id, told.assurance, told.rssi_dbm) == (world.officer_id, Assurance.LOW, -58.0)
    assert (told.at, told.beacon_id, told.proof) == (now - timedelta(seconds=40), None, None)


def test_what_was_heard_before_the_officer_agreed_is_not_kept(world: World):
    world.agent.batch(devices=[(world.badge, 3 * 86_400, 3 * 86_400 - 5)])
    assert world.all(m.Presence) == []


def test_what_the_agent_knew_too_long_is_left_out(world: World):
    with world.database.write() as session:
        devices.retire(session, world.clock.now(), world.badge_number, actor="test")
    answer = world.agent.batch(beacons=[("ffffffffff", [(5, b"\x01")])], devices=[(world.badge, 10, 5)])
    assert answer.get_json() == {"new": True}
    assert world.all(m.Presence) == []


@pytest.mark.parametrize("ago_s", [-1, 32 * 86_400])
def test_times_that_cannot_be_are_refused(world: World, ago_s: float):
    assert code_of(world.agent.batch(devices=[(world.badge, ago_s, ago_s)])) == (422, "wrong_time")
    assert world.all(m.AgentBatch) == []


def test_a_heartbeat_is_kept_and_tells_how_the_agent_is(world: World):
    def state() -> AgentState:
        with world.database.read() as session:
            [look] = agents.look_at_all(session, world.clock.now())
        return look.state

    assert state() is AgentState.SILENT
    assert world.agent.post("/heartbeat", HEARTBEAT).status_code == 204
    assert state() is AgentState.HEARING
    for radio, expected in (
        ("starting", AgentState.HEARING),
        ("deaf", AgentState.DEAF),
        ("no_adapter", AgentState.DEAF),
        ("quiet", AgentState.HEARING),
    ):
        world.agent.post("/heartbeat", {**HEARTBEAT, "radio": radio})
        assert state() is expected
    world.clock.advance(minutes=4)
    assert state() is AgentState.SILENT
    assert code_of(world.agent.post("/heartbeat", {**HEARTBEAT, "radio": "\n"})) == (422, "validation_failed")


def test_nonces_are_forgotten_when_their_signatures_are_no_longer_taken(world: World):
    for _ in range(5):
        world.agent.post("/heartbeat", HEARTBEAT)
    world.clock.advance(minutes=30)
    world.agent.post("/heartbeat", HEARTBEAT)
    assert len(world.all(m.AgentNonce)) == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"no gzip", (400, "bad_request")),
        (gzip.compress(b"{}")[:-4], (400, "bad_body")),
        (gzip.compress(b" " * (9 << 20)), (413, "bad_body")),
        (bytes(1 << 20) + b"x", (413, "request_entity_too_large")),
    ],
    ids=["no gzip", "cut off", "a bomb", "too large"],
)
def test_hostile_bodies_are_refused(world: World, body: bytes, expected: tuple[int, str]):
    headers = world.agent.signed("POST", "/sightings", body) | {"Content-Encoding": "gzip"}
    assert code_of(world.agent.send("POST", "/sightings", body, headers)) == expected


def test_another_encoding_is_refused(world: World):
    body = zlib.compress(b"{}")
    headers = world.agent.signed("POST", "/sightings", body) | {"Content-Encoding": "deflate"}
    assert code_of(world.agent.send("POST", "/sightings", body, headers)) == (415, "unsupported_media_type")


def test_keys_and_codes_never_reach_a_log(world: World, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    code = world.code("pi-9")
    agent = SigningAgent(world.app.test_client(), world.clock)
    agent.enrol(code)
    agent.get("/assignment/identities")
    assert code not in caplog.text
    assert IRK.hex() not in caplog.text
    with world.database.read() as session:
        said = str(list(session.scalars(select(m.AuditEntry.detail))))
        assert session.scalars(select(func.count()).select_from(m.AuditEntry)).one() > 5
    assert code.replace("-", "") not in said
    assert IRK.hex() not in said
