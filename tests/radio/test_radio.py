"""The agent against real kernels and real bluetoothds, one boot for each Debian; the API is on this side."""

import ast
import json
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

_GUEST = Path(__file__).with_name("guest.py")
TESTS = [
    node.name
    for node in ast.parse(_GUEST.read_text("utf-8")).body
    if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")
]
_LIMIT_S = 1200


@pytest.mark.radio
@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_the_agent_against_a_real_bluetoothd(
    suite: str, sqlite_template: Path, tmp_path: Path, subtests: pytest.Subtests
):
    """One boot; the machine's tests are in ``guest.py``, and each of them is one here."""
    path = tmp_path / "checkin.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    image = vm.image(suite)
    with site(database, tmp_path) as here:
        verdicts = _in_the_machine(image, here, tmp_path)
        for name in TESTS:
            with subtests.test(name):
                said = verdicts.get(name, {"said": "the machine ended before it"})["said"]
                assert not said, said
        with subtests.test("a LINE frame and a badge came from the air to the database"):
            _look_at_what_arrived(here)
    database.close()


def _in_the_machine(image: Path, here: Site, folder: Path) -> dict[str, Any]:
    with here.database.write() as session:
        code = agents.issue_code(session, datetime.now(UTC), name="pi-radio", zone="HQ-1F", actor="test").code
    out = folder / "out"
    out.mkdir()
    # 10.0.2.2 is this machine as QEMU's guests see it.
    job: dict[str, Any] = {"api": ["10.0.2.2", here.port], "server": "http://127.0.0.1:8443", "code": code}
    job |= {"hwid": HWID, "key": KEY.hex(), "badge": BADGE_PACKET.hex()}
    (out / "job.json").write_text(json.dumps(job))
    vm.run(image, "python3 -m tests.radio.guest", out, limit_s=_LIMIT_S)
    verdicts: dict[str, Any] = json.loads((out / "verdicts.json").read_text())
    return verdicts


def _look_at_what_arrived(here: Site) -> None:
    with here.database.read() as session:
        sightings = list(session.scalars(select(m.BeaconSighting)))
        presences = list(session.scalars(select(m.Presence)))
        [agent] = [look for look in agents.look_at_all(session, datetime.now(UTC)) if look.name == "pi-radio"]
    assert {each.proof for each in sightings} == {Proof.VALID}
    assert {each.told_by for each in sightings} == {"pi-radio"}
    assert all(abs((each.rssi_dbm or 0) + 61) < 1 for each in sightings)
    assert {(each.assurance, each.device_id is not None) for each in presences} == {(Assurance.LOW, True)}
    assert agent.heartbeat["versions"]["bleak"]
    assert agent.heartbeat["adapter_resets"] >= 1
