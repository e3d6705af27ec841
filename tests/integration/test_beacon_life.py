"""A beacon from the plan to the wall and beyond: each step with the product's own command, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import pytest
from click.testing import CliRunner
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import select

from checkin_api import models as m
from checkin_api import tokens
from checkin_api.app import create_app
from checkin_api.checkin import Rules, decide_events
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import AlarmKind, Assurance, Proof, Reason, Role
from checkin_api.fleet import alarms
from checkin_api.vault import Vault
from hardware.frames import simple_beacon
from hardware.provisioning.__main__ import main
from hardware.provisioning.edges import Edges
from tests import builders, webhooks
from tests.fakes import FakeClock
from tests.micropython import run_device
from tests.replay import advertisement, replaying

SECRET_KEY = "k" * 32
HWID = "c0ffee0001"
ANN = webhooks.user(1)


class Department:
    """The product with one zone, an officer on duty, an installer with a token, and a clock that can be moved."""

    def __init__(self, database: Database, app: Flask, clock: FakeClock, folder: Path) -> None:
        self._database, self._app, self._clock = database, app, clock
        self.site_file = folder / "hq.toml"
        with database.write() as session:
            builders.zone(session, builders.site(session, code="HQ"), code="HQ-1F", name="一樓大廳")
            builders.line_account(session, builders.officer(session, staff_no="A0001"), ANN)
            self.token = tokens.issue(
                session, clock.now(), name="王裝機", role=Role.INSTALLER, unit=None, days=1, actor="test"
            )
        self._rules = Rules(
            timezone=ZoneInfo("Asia/Taipei"), code_key=SECRET_KEY.encode(), vault=Vault(SECRET_KEY.encode())
        )

    def kit(self, command: str, *arguments: str, edges: Edges | None = None) -> str:
        edges = edges or Edges(transport=httpx2.WSGITransport(app=self._app))
        env = {"BEACON_KIT_TOKEN": self.token, "COLUMNS": "200"}
        ran = CliRunner().invoke(main, [command, *arguments], obj=edges, env=env)
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    def hear(self, message: bytes) -> None:
        """LINE posts the event of a phone that hears the beacon now."""
        body = webhooks.body(webhooks.beacon(self._clock.now(), ANN, HWID, dm=message.hex()))
        headers = {"X-Line-Signature": webhooks.sign(body)}
        assert self._app.test_client().post("/line/webhook", data=body, headers=headers).status_code == 200
        while decide_events(self._database, self._clock.now(), self._rules):
            pass

    def wait(self, **time: float) -> None:
        self._clock.advance(**time)

    def presences(self) -> list[tuple[Proof | None, Assurance]]:
        with self._database.read() as session:
            rows = session.execute(select(m.Presence.proof, m.Presence.assurance).order_by(m.Presence.at))
            return [(proof, assurance) for proof, assurance in rows]

    def refusals(self) -> list[Reason]:
        with self._database.read() as session:
            return list(session.scalars(select(m.Refusal.reason)))

    def alarms(self) -> dict[AlarmKind, int]:
        with self._database.read() as session:
            return alarms.open_counts(session)


@pytest.fixture
def department(database: Database, database_url: str, tmp_path: Path) -> Iterator[Department]:
    clock = FakeClock(datetime.now(UTC))
    settings = Settings(
        database_url=database_url,
        secret_key=SecretStr(SECRET_KEY),
        line_channel_secret=SecretStr(webhooks.SECRET),
    )
    app = create_app(settings, clock=clock)
    yield Department(database, app, clock, tmp_path)
    app.extensions["database"].close()


@pytest.mark.slow
def test_an_invented_beacon_from_the_plan_to_evidence_and_its_copies_to_alarms(department: Department, tmp_path: Path):
    site_file, device = department.site_file, tmp_path / "device"
    department.kit("plan", "--new", str(site_file))
    text = site_file.read_text("utf-8").replace("0123456789", HWID)
    site_file.write_text(text, "utf-8")
    assert "c0ffee0001  rolling esp32 大門左側" in department.kit("plan", str(site_file))
    assert "已登錄 / registered" in department.kit("register", str(site_file))
    department.kit("build", str(site_file))
    department.kit("flash", str(site_file), HWID, "--port", f"virtual:{device}")

    # Real MicroPython runs the real firmware on that image, its clock set as `flash` set it.
    log = run_device(device, seconds=20, unix_time=int((device / "time").read_text()))
    packets = [sent.packet for sent in log if sent.packet]
    # Each once: all reach the kit in the same moment, and a beacon that sent so fast would be two.
    heard = [_as_bleak_hears(packet) for packet in dict.fromkeys(packets)]
    edges = Edges(backend=replaying(*heard), transport=httpx2.WSGITransport(app=department._app))  # noqa: SLF001
    said = department.kit("verify", str(site_file), HWID, "--seconds", "0", edges=edges)
    assert "✓ code 驗證碼  valid" in said
    assert "✗" not in said

    message = next(simple_beacon.decode_advertisement(packet).device_message for packet in packets)
    department.hear(message)
    assert department.presences() == [(Proof.VALID, Assurance.MEDIUM)]
    assert department.alarms() == {}

    copied = bytes([*message[:-1], message[-1] ^ 1])
    department.hear(copied)
    assert department.refusals() == [Reason.FORGED_MESSAGE]
    assert department.alarms() == {AlarmKind.FORGED_CODE: 1}

    department.wait(seconds=timedelta(hours=1).total_seconds())
    department.hear(message)
    assert department.presences() == [(Proof.VALID, Assurance.MEDIUM), (Proof.STALE, Assurance.LOW)]
    assert department.alarms() == {AlarmKind.FORGED_CODE: 1, AlarmKind.STALE_CODE: 1}


def _as_bleak_hears(packet: bytes):
    structures = {}
    while packet:
        structures[packet[1]] = packet[2 : 1 + packet[0]]
        packet = packet[1 + packet[0] :]
    if 0x16 in structures:
        return advertisement(frame=structures[0x16][2:])
    return advertisement(apple=structures[0xFF][2:])
