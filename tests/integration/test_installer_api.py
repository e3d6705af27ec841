"""``/api/v1`` as an installer's program uses it, on both databases: beacons, keys, sightings, alarms, tokens."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select

from checkin_api import models as m
from checkin_api import tokens
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import Role
from checkin_api.fleet.keys import keys_of
from checkin_api.vault import Vault
from hardware.frames.device_message import encode
from tests import builders
from tests.apps import app_on
from tests.fakes import FakeClock

SECRET_KEY = "k" * 32
HWID, OTHER = "c0ffee0001", "c0ffee0002"
KEY, NEW_KEY = bytes(range(32)), bytes(range(1, 33))
ROLLING = {"zone": "HQ-1F", "kind": "rolling", "label": "大門", "key": KEY.hex()}


class Api:
    """The API with a token of a role; answers are JSON."""

    def __init__(self, client: FlaskClient, token: str, clock: FakeClock) -> None:
        self._client, self._token, self._clock = client, token, clock

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token or self._token}"}
        answer = self._client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
        if answer.status_code >= 400:
            assert answer.mimetype == "application/problem+json"
        return answer.status_code, answer.get_json()

    def put(self, hwid: str = HWID, **changes: Any) -> tuple[int, Any]:
        return self.ask("PUT", f"/beacons/{hwid}", {**ROLLING, **changes})

    def sight(self, *heard: tuple[float, bytes], zone: str = "HQ-1F", **more: Any) -> tuple[int, Any]:
        """Messages by how many seconds ago they were heard, on a laptop whose clock is a day slow."""
        wrong = self._clock.now() - timedelta(days=1)
        body = {
            "zone": zone,
            "sent_at": wrong.isoformat(),
            "heard": [
                {"at": (wrong - timedelta(seconds=ago)).isoformat(), "device_message": message.hex()}
                for ago, message in heard
            ],
            **more,
        }
        return self.ask("POST", f"/beacons/{HWID}/sightings", body)

    def step(self, ago_s: float = 0) -> int:
        return int((self._clock.now().timestamp() - ago_s) // 15)


@pytest.fixture
def token(database: Database, clock: FakeClock) -> str:
    with database.write() as session:
        site = builders.site(session, code="HQ", name="總局")
        for code in ("HQ-1F", "HQ-2F"):
            builders.zone(session, site, code=code)
        builders.zone(session, builders.site(session, code="B1", name="分局"), code="B1-1F")
        return issued(session, clock.now(), Role.INSTALLER)


def issued(session: Any, now: datetime, role: Role, days: int = 1) -> str:
    return tokens.issue(session, now, name="王裝機", role=role, unit=None, days=days, actor="test")


@pytest.fixture
def api(database_url: str, clock: FakeClock, token: str) -> Iterator[Api]:
    app = app_on(Settings(database_url=database_url, secret_key=SecretStr(SECRET_KEY)), clock)
    yield Api(app.test_client(), token, clock)
    app.extensions["database"].close()


def test_a_beacon_is_registered_once_however_often_it_is_asked(api: Api, database: Database):
    status, answer = api.put()
    assert (status, answer["changed"], answer["beacon"]["zone"], answer["beacon"]["keys"]) == (200, True, "HQ-1F", 1)
    status, answer = api.put()
    assert (status, answer["changed"]) == (200, False)
    status, answer = api.put(hwid=HWID.upper(), label="後門")
    assert (answer["changed"], answer["beacon"]["label"]) == (True, "後門")
    assert KEY.hex() not in str(answer)
    with database.read() as session:
        [key] = session.scalars(select(m.BeaconKey))
        assert KEY not in key.sealed
        assert keys_of(session, Vault(SECRET_KEY.encode()), [key.beacon_id])[key.beacon_id][0].secret == KEY
        acts = session.execute(select(m.AuditEntry.action, m.AuditEntry.actor, m.AuditEntry.detail)).all()
    assert [act.action for act in acts] == ["token.issue", "beacon.register", "beacon.register"]
    assert acts[1].actor == "installer:王裝機"
    assert KEY.hex() not in str(acts)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"zone": "HQ-2F"}, 409, "beacon_elsewhere"),
        ({"kind": "static", "key": None}, 409, "beacon_of_other_kind"),
        ({"key": NEW_KEY.hex()}, 409, "key_differs"),
        ({"zone": "NONE"}, 404, "not_found"),
        ({"kind": "static"}, 409, "key_unwanted"),
        ({"key": "00"}, 422, "validation_failed"),
        ({"key": "zz" * 32}, 422, "validation_failed"),
        ({"kind": "magic"}, 422, "validation_failed"),
        ({"label": "a\u001b[31m"}, 422, "validation_failed"),
        ({"colour": "red"}, 422, "validation_failed"),
    ],
)
def test_what_contradicts_the_register_is_refused_and_changes_nothing(
    api: Api, database: Database, changes: dict[str, Any], status: int, code: str
):
    api.put()
    assert (api.put(**changes)[0], api.put(**changes)[1]["code"]) == (status, code)
    with database.read() as session:
        assert len(session.scalars(select(m.BeaconKey)).all()) == 1
    assert api.put()[1]["changed"] is False


def test_a_refused_key_is_not_repeated(api: Api):
    assert "5ec2e7" not in str(api.put(key="5ec2e7"))


def test_a_rolling_beacon_needs_its_key(api: Api):
    assert api.put(key=None)[1]["code"] == "key_missing"
    assert api.ask("GET", f"/beacons/{HWID}")[0] == 404


def test_a_beacon_of_an_imported_file_gets_its_first_key(api: Api, database: Database):
    with database.write() as session:
        zone = session.scalars(select(m.Zone).where(m.Zone.code == "HQ-1F")).one()
        builders.beacon(session, zone, hwid=HWID, kind="rolling", label="大門")
    assert api.put()[1]["beacon"]["keys"] == 1


def test_a_beacon_is_moved_retired_restored_and_replaced(api: Api):
    api.put()
    assert api.ask("POST", f"/beacons/{HWID}/move", {"zone": "HQ-2F"})[1]["beacon"]["zone"] == "HQ-2F"
    assert api.ask("POST", f"/beacons/{HWID}/move", {"zone": "HQ-2F"})[1]["changed"] is False
    assert api.ask("POST", f"/beacons/{HWID}/retire")[1]["beacon"]["state"] == "retired"
    assert api.put(zone="HQ-2F")[1]["code"] == "beacon_retired"
    assert api.ask("POST", f"/beacons/{HWID}/restore")[1]["beacon"]["state"] == "in_service"
    new = {"hwid": OTHER, "kind": "rolling", "key": NEW_KEY.hex()}
    status, answer = api.ask("POST", f"/beacons/{HWID}/replace", new)
    assert (status, answer["beacon"]["hwid"], answer["beacon"]["zone"]) == (200, OTHER, "HQ-2F")
    assert api.ask("POST", f"/beacons/{HWID}/replace", new)[1]["changed"] is False
    listed = api.ask("GET", "/beacons?zone=HQ-2F")[1]["beacons"]
    assert [(each["hwid"], each["state"]) for each in listed] == [(HWID, "retired"), (OTHER, "in_service")]
    assert api.ask("GET", "/beacons?site=B1")[1] == {"beacons": []}


def test_a_key_is_exchanged_with_an_overlap(api: Api, database: Database, clock: FakeClock):
    api.put()
    for changed in (True, False):
        status, answer = api.ask("POST", f"/beacons/{HWID}/key", {"key": NEW_KEY.hex(), "overlap_days": 3})
        assert (status, answer["changed"], answer["beacon"]["keys"]) == (200, changed, 2)
    with database.read() as session:
        retires = session.scalars(select(m.BeaconKey.retires_at).order_by(m.BeaconKey.number)).all()
    assert retires == [clock.now() + timedelta(days=3), None]
    api.ask("PUT", f"/beacons/{OTHER}", {"zone": "HQ-1F", "kind": "static"})
    assert api.ask("POST", f"/beacons/{OTHER}/key", {"key": KEY.hex()})[1]["code"] == "key_unwanted"


def test_an_installer_on_site_verifies_and_sets_the_clock_right(api: Api, clock: FakeClock):
    api.put()
    assert api.sight((3, encode(KEY, HWID, api.step(3))), rssi_dbm=-61.5)[1] == {
        "results": [
            {"device_message": encode(KEY, HWID, api.step(3)).hex(), "proof": "valid", "lag_s": pytest.approx(0, abs=8)}
        ],
        "resynchronised": False,
    }
    clock.advance(seconds=40_000)
    # It was without power for a while and is 1000 steps behind.
    late = encode(KEY, HWID, api.step(2) - 1000, battery=2)
    status, answer = api.sight((2, late))
    assert (status, answer["resynchronised"], answer["results"][0]["proof"]) == (200, True, "valid")
    health = api.ask("GET", f"/beacons/{HWID}")[1]
    assert health["lag_s"] == pytest.approx(15_000, abs=8)
    assert health["sighting"]["told_by"] == "王裝機"
    assert health["alarms"] == {}


def test_a_recording_played_to_an_installer_sets_nothing(api: Api, clock: FakeClock):
    api.put()
    recorded = encode(KEY, HWID, api.step())
    api.sight((0, recorded))
    clock.advance(seconds=600)
    api.sight((0, encode(KEY, HWID, api.step())))
    clock.advance(seconds=3000)
    answer = api.sight((0, recorded))[1]
    assert (answer["resynchronised"], answer["results"][0]["proof"]) == (False, "stale")
    assert api.ask("GET", f"/beacons/{HWID}")[1]["alarms"] == {"stale_code": 1}


def test_copies_are_found_on_site(api: Api, clock: FakeClock):
    api.put()
    api.sight((1, encode(KEY, HWID, api.step(1))))
    clock.advance(seconds=600)
    there = api.sight((1, encode(KEY, HWID, api.step(1))), zone="B1-1F")
    assert there[0] == 200
    api.sight((16, encode(KEY, HWID, api.step(16))), (1, encode(KEY, HWID, api.step(16) - 2)))
    api.sight((1, bytes(13)))
    kinds = {alarm["kind"] for alarm in api.ask("GET", "/alarms")[1]["alarms"]}
    assert kinds == {"foreign_site", "two_sites", "two_transmitters", "forged_code"}
    [forged] = [each for each in api.ask("GET", f"/alarms?hwid={HWID}")[1]["alarms"] if each["kind"] == "forged_code"]
    assert api.ask("POST", f"/alarms/{forged['id']}/close", {"comment": "拆除"}) == (200, {"changed": True})
    assert api.ask("POST", f"/alarms/{forged['id']}/close", {}) == (200, {"changed": False})
    assert len(api.ask("GET", "/alarms")[1]["alarms"]) == 3
    assert len(api.ask("GET", "/alarms?closed=true")[1]["alarms"]) == 4
    assert api.ask("POST", "/alarms/99/close", {})[0] == 404


def test_a_copy_at_another_site_sets_no_clock(api: Api, clock: FakeClock):
    api.put()
    clock.advance(seconds=20_000)
    answer = api.sight((1, encode(KEY, HWID, api.step(1) - 1000)), zone="B1-1F")[1]
    assert (answer["resynchronised"], answer["results"][0]["proof"]) == (False, "stale")
    look = api.ask("GET", f"/beacons/{HWID}")[1]
    assert (look["lag_s"], look["alarms"]) == (0, {"stale_code": 1, "foreign_site": 1})


def test_a_beacon_does_not_take_its_own_place(api: Api):
    api.put()
    body = {"hwid": HWID, "kind": "rolling", "key": KEY.hex()}
    assert api.ask("POST", f"/beacons/{HWID}/replace", body)[1]["code"] == "same_beacon"
    assert api.ask("GET", f"/beacons/{HWID}")[1]["state"] == "in_service"


def test_a_body_that_is_too_large_is_not_read(api: Api):
    status, answer = api.put(label="x" * 2_000_000)
    assert (status, answer["code"]) == (413, "request_entity_too_large")


@pytest.mark.parametrize("ago", [-1, 3601])
def test_a_sighting_is_of_the_last_hour(api: Api, ago: float):
    api.put()
    assert api.sight((ago, bytes(13)))[1]["code"] == "sighting_too_old"


def test_no_token_a_wrong_one_an_old_one_and_a_revoked_one_are_refused(api: Api, database: Database, clock: FakeClock):
    for wrong in ("wrong", " ", "checkin_" + "x" * 43, "ä"):
        status, answer = api.ask("GET", "/beacons", token=wrong)
        assert (status, answer["code"]) in [(401, "token_invalid"), (401, "token_missing")]
    with database.write() as session:
        tokens.revoke(session, clock.now(), session.scalars(select(m.ApiToken.id)).one(), actor="test")
    assert api.ask("GET", "/beacons")[1]["code"] == "token_invalid"
    with database.write() as session:
        fresh = issued(session, clock.now(), Role.INSTALLER)
    clock.advance(seconds=86_400)
    assert api.ask("GET", "/beacons", token=fresh)[1]["code"] == "token_invalid"
    with database.read() as session:
        assert fresh not in str(session.execute(select(m.ApiToken)).all())


Ask = tuple[str, str, Any]
WRITES: list[Ask] = [
    ("PUT", f"/beacons/{HWID}", ROLLING),
    ("POST", f"/beacons/{HWID}/move", {"zone": "HQ-1F"}),
    ("POST", f"/beacons/{HWID}/retire", None),
    ("POST", f"/beacons/{HWID}/restore", None),
    ("POST", f"/beacons/{HWID}/replace", {"hwid": OTHER, "kind": "static"}),
    ("POST", f"/beacons/{HWID}/key", {"key": KEY.hex()}),
    ("POST", f"/beacons/{HWID}/sightings", {}),
    ("POST", "/agents", {"name": "pi", "zone": "HQ-1F"}),
    ("POST", "/agents/pi/revoke", None),
]
READS: list[Ask] = [
    ("GET", "/beacons", None),
    ("GET", f"/beacons/{HWID}", None),
    ("GET", "/alarms", None),
    ("GET", "/agents", None),
]
CLOSE: Ask = ("POST", "/alarms/1/close", {})
MAY: dict[Role, list[Ask]] = {
    Role.ADMIN: [*WRITES, *READS, CLOSE],
    Role.INSTALLER: [*WRITES, *READS, CLOSE],
    Role.HR: [*READS, CLOSE],
    Role.AUDITOR: READS,
    Role.SUPERVISOR: [],
}


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_what_it_is_for_and_nothing_else(api: Api, database: Database, clock: FakeClock, role: Role):
    with database.write() as session:
        unit = builders.unit(session, code="U1").code if role is Role.SUPERVISOR else None
        token = tokens.issue(session, clock.now(), name="x", role=role, unit=unit, days=1, actor="test")
    for method, path, body in [*WRITES, *READS, CLOSE]:
        status, answer = api.ask(method, path, body, token=token)
        if (method, path, body) in MAY[role]:
            assert status not in {401, 403}, (method, path)
        else:
            assert (status, answer["code"]) == (403, "forbidden"), (method, path)


def test_every_path_of_the_description_asks_for_a_token(api: Api):
    _, spec = api.ask("GET", "/openapi.json")
    assert len(spec["paths"]) == 50
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            if path == "/api/v1/agent/enrolment":
                # A one-time code in the body is the proof.
                assert operation["security"] == []
                continue
            concrete = path.removeprefix("/api/v1").replace("{hwid}", HWID).replace("{alarm_id}", "1")
            concrete = concrete.replace("{name}", "pi").replace("{request_id}", "x")
            concrete = re.sub(r"\{\w+_id\}", str(uuid4()), concrete)
            status, _ = api.ask(method.upper(), concrete, {}, token=" ")
            assert status == 401, (method, path)
            proofs = {"/api/v1/agent/": "signature", "/api/v1/me": "id_token"}
            proof = next((proof for prefix, proof in proofs.items() if path.startswith(prefix)), "token")
            either: list[Any] = [{"session": []}] if "HR" in operation["tags"] else []
            assert operation["security"] == [{proof: []}, *either]
            assert operation["responses"]["401"]["content"].keys() == {"application/problem+json"}


def test_an_agent_gets_a_code_is_listed_and_revoked(api: Api):
    status, issued = api.ask("POST", "/agents", {"name": "hq-gate", "zone": "HQ-1F"})
    assert (status, issued["name"], len(issued["code"])) == (201, "hq-gate", 19)
    assert api.ask("POST", "/agents", {"name": "hq-gate", "zone": "nowhere"})[1]["code"] == "not_found"
    assert api.ask("POST", "/agents", {"name": "hq-gate", "zone": "HQ-2F"})[1]["code"] == "refused"
    _, listed = api.ask("GET", "/agents")
    assert [(each["name"], each["state"], each["heartbeat"]) for each in listed["agents"]] == [
        ("hq-gate", "waiting", {})
    ]
    assert "code" not in str(listed)
    assert [api.ask("POST", "/agents/hq-gate/revoke")[1] for _ in range(2)] == [{"changed": True}, {"changed": False}]
    assert api.ask("POST", "/agents/nobody/revoke")[1]["code"] == "not_found"


def test_the_description_can_be_read_as_a_page(api: Api):
    page = api._client.get("/api/v1/docs").get_data(as_text=True)  # noqa: SLF001 (the page is no JSON)
    assert "PUT /api/v1/beacons/{hwid}" in page
    assert "<script" not in page


@pytest.mark.parametrize("path", ["/nowhere", "/beacons/xyz", "/beacons/0123456789", "/beacons/%00%ff"])
def test_what_is_not_there_is_a_problem(api: Api, path: str):
    assert api.ask("GET", path)[1]["code"] == "not_found"


@pytest.mark.parametrize("number", [0, 99, 2**63 - 1, 2**63, 10**40])
def test_an_alarm_that_cannot_be_is_not_found(api: Api, number: int):
    assert api.ask("POST", f"/alarms/{number}/close", {})[1]["code"] == "not_found"


def test_a_method_that_is_not_there_is_told_which_are(api: Api, token: str):
    answer = api._client.delete("/api/v1/beacons", headers={"Authorization": f"Bearer {token}"})  # noqa: SLF001 (a header)
    assert (answer.status_code, answer.get_json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


def test_what_is_no_json_is_a_problem(api: Api, token: str):
    answer = api._client.put(  # noqa: SLF001 (no JSON)
        f"/api/v1/beacons/{HWID}",
        data="{",
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
