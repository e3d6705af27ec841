"""A site with an agent: the real API on a real port with a database of its own, and an agent's folder beside."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from werkzeug.serving import make_server

from beacon_agent import enrolment, server
from beacon_agent.config import Config
from checkin_api.app import create_app
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import BeaconKind
from checkin_api.fleet import agents, devices
from checkin_api.fleet.devices import Badge
from checkin_api.fleet.registering import Registrar, Registration
from checkin_api.vault import Vault
from hardware.frames.device_message import encode
from hardware.frames.simple_beacon import SimpleBeacon, encode_frame
from tests import builders
from tests.relay import Relay

SECRET_KEY = "k" * 32
HWID, FOREIGN_HWID = "c0ffee0001", "c0ffee0002"
KEY = bytes(range(32))
BADGE = Badge(uuid=UUID("f7826da6-4fa2-4e98-8024-bc5b71e0893e"), major=1, minor=7)
BADGE_PACKET = b"\x02\x15" + BADGE.uuid.bytes + b"\0\1\0\7\xc5"
IRK = bytes(range(16))


@dataclass
class Site:
    """What a test needs of it."""

    database: Database
    config: Config
    port: int
    relay: Relay
    device: UUID

    def revoke(self) -> None:
        with self.database.write() as session:
            agents.revoke(session, datetime.now(UTC), "pi-1", actor="test")


def frame(ago_s: float = 0) -> bytes:
    """The zone's beacon's frame as it is now."""
    step = int(datetime.now(UTC).timestamp() - ago_s) // 15
    return encode_frame(SimpleBeacon(HWID, encode(KEY, HWID, step)))


@contextmanager
def site(database: Database, folder: Path) -> Iterator[Site]:
    """Serve the API, enrol an agent through a relay that a test can spoil."""
    url = database.url.render_as_string(hide_password=False)
    app = create_app(Settings(database_url=url, secret_key=SecretStr(SECRET_KEY)))
    http = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    relay = Relay(http.server_port)
    config = Config(state=folder / "state", runtime=folder / "run", heartbeat_s=1)
    config.runtime.mkdir()
    device, code = _prepare(database)
    key = Ed25519PrivateKey.generate()
    enrolled = asyncio.run(server.enrol(f"http://127.0.0.1:{relay.port}", code, key))
    enrolment.store(config.state, enrolled, key)
    try:
        yield Site(database, config, http.server_port, relay, device)
    finally:
        relay.close()
        http.shutdown()
        thread.join()
        http.server_close()
        app.extensions["database"].close()


def _prepare(database: Database) -> tuple[UUID, str]:
    now = datetime.now(UTC)
    vault = Vault(SECRET_KEY.encode())
    with database.write() as session:
        zone = builders.zone(session, code="HQ-1F")
        registrar = Registrar(session=session, vault=vault, now=now, actor="test")
        registrar.register(Registration(hwid=HWID, zone="HQ-1F", kind=BeaconKind.ROLLING, label="", key=KEY))
        other = builders.zone(session, builders.site(session, code="ELSE"), code="ELSE-1F")
        builders.beacon(session, other, hwid=FOREIGN_HWID)
        builders.officer(session, builders.unit(session), staff_no="A001")
        agreed = now - timedelta(days=400)
        for identity in (BADGE, IRK):
            devices.enrol(session, vault, now, "A001", identity, consented_at=agreed, label="", actor="test")
        code = agents.issue_code(session, now, name="pi-1", zone=zone.code, actor="test").code
    with database.read() as session:
        return devices.identities(session, vault).badges[0][0], code
