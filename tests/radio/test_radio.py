"""The agent against real kernels and real bluetoothds, one boot for each Debian; the API is on this side."""

import ast
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import Assurance, Proof
from checkin_api.fleet import agents
from tests.agent_site import BADGE_PACKET, HWID, KEY, Site, site
from tests.radio import vm

SUITES = ("bookworm", "trixie")
_GUEST = Path(__file__).with_name("guest.py")
TESTS = [
    node.name
    for node in ast.parse(_GUEST.read_text("utf-8")).body
    if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")
]
_LIMIT_S = 900

pytestmark = [pytest.mark.network, pytest.mark.radio, pytest.mark.slow, pytest.mark.timeout(1800)]


class Room:
    """What a machine's suite left: a verdict for each test, and the rows in the API's database."""

    def __init__(self, verdicts: dict[str, Any], here: Site) -> None:
        self.verdicts = verdicts
        with here.database.read() as session:
            self.sightings = list(session.scalars(select(m.BeaconSighting)))
            self.presences = list(session.scalars(select(m.Presence)))
            [self.agent] = [look for look in agents.look_at_all(session, datetime.now(UTC)) if look.name == "pi-radio"]


# A boot for each, in a process of its own where there are several.
in_each = pytest.mark.parametrize(
    "room", [pytest.param(suite, marks=pytest.mark.xdist_group(suite)) for suite in SUITES], indirect=True
)


@pytest.fixture(scope="session")
def room(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp(request.param)
    path = folder / "checkin.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    image = vm.image(request.param)
    with site(database, folder) as here:
        with database.write() as session:
            code = agents.issue_code(session, datetime.now(UTC), name="pi-radio", zone="HQ-1F", actor="test").code
        out = folder / "out"
        out.mkdir()
        # 10.0.2.2 is this machine as QEMU's guests see it.
        job = {"api": ["10.0.2.2", here.port], "server": "http://127.0.0.1:8443", "code": code}
        job |= {"hwid": HWID, "key": KEY.hex(), "badge": BADGE_PACKET.hex()}
        (out / "job.json").write_text(json.dumps(job))
        vm.run(image, "python3 -m tests.radio.guest", out, limit_s=_LIMIT_S)
        verdicts = json.loads((out / "verdicts.json").read_text())
        yield Room(verdicts, here)
    database.close()


@in_each
@pytest.mark.parametrize("name", TESTS)
def test_in_the_machine(room: Room, name: str):
    verdict = room.verdicts.get(name, {"said": "the machine ended before it"})
    assert not verdict["said"], verdict["said"]


@in_each
def test_a_line_frame_and_a_badge_came_from_the_air_to_the_database(room: Room):
    assert {each.proof for each in room.sightings} == {Proof.VALID}
    assert {each.told_by for each in room.sightings} == {"pi-radio"}
    assert all(abs((each.rssi_dbm or 0) + 61) < 1 for each in room.sightings)
    assert {(each.assurance, each.device_id is not None) for each in room.presences} == {(Assurance.LOW, True)}


@in_each
def test_the_server_knows_how_the_agent_is(room: Room):
    assert room.agent.heartbeat["versions"]["bleak"]
    assert room.agent.heartbeat["adapter_resets"] >= 1
