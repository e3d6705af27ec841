"""``beacon-kit register`` against a real server process of the product's own API, on both databases."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import select

from checkin_api import models as m
from checkin_api import tokens
from checkin_api.app import create_app
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import Role
from checkin_api.fleet.keys import keys_of
from checkin_api.vault import Vault
from hardware.provisioning.__main__ import main
from hardware.provisioning.edges import Edges
from hardware.provisioning.errors import KitError
from hardware.provisioning.server import AwayError, RefusedError, Server, token
from hardware.provisioning.workspace import FLASHED, Workspace
from tests import builders

SECRET_KEY = "k" * 32
HWID, STATIC = "c0ffee0001", "c0ffee0002"
SITE = f"""
[site]
code = "HQ"
name = "總局"
api = "https://checkin.invalid"
[[zones]]
code = "HQ-1F"
name = "一樓"
[[beacons]]
hwid = "{HWID}"
zone = "HQ-1F"
label = "大門"
[[beacons]]
hwid = "{STATIC}"
zone = "HQ-1F"
kind = "static"
"""


class Kit:
    """The command line with a site file, and the API behind a transport that can be cut."""

    def __init__(self, folder: Path, api_token: str) -> None:
        self.site_file = folder / "hq.toml"
        self.site_file.write_text(SITE)
        self.workspace = Workspace(self.site_file)
        self._token = api_token
        self.loses_answers = False
        self.wire: httpx2.BaseTransport | None = None

    def register(self, *arguments: str, **env: str) -> Result:
        env = {"BEACON_KIT_TOKEN": self._token, **env}
        return CliRunner().invoke(
            main, ["register", str(self.site_file), *arguments], env=env, obj=Edges(transport=self.wire)
        )


class Wire(httpx2.BaseTransport):
    """The way to the application, on which answers can be lost after the question has arrived."""

    def __init__(self, app: Flask, kit: Kit) -> None:
        self._way, self._kit = httpx2.WSGITransport(app=app), kit

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._way.handle_request(request)
        if self._kit.loses_answers:
            raise httpx2.ReadTimeout("lost", request=request)
        return answer


@pytest.fixture
def kit(database: Database, database_url: str, tmp_path: Path) -> Iterator[Kit]:
    with database.write() as session:
        builders.zone(session, builders.site(session, code="HQ"), code="HQ-1F")
        api_token = tokens.issue(
            session, datetime.now(UTC), name="王裝機", role=Role.INSTALLER, unit=None, days=1, actor="test"
        )
    kit = Kit(tmp_path, api_token)
    app = create_app(Settings(database_url=database_url, secret_key=SecretStr(SECRET_KEY)))

    kit.wire = Wire(app, kit)
    yield kit
    app.extensions["database"].close()


def stored_keys(database: Database) -> list[bytes | None]:
    with database.read() as session:
        beacon_id = session.scalars(select(m.Beacon.id).where(m.Beacon.hwid == HWID)).one()
        return [key.secret for key in keys_of(session, Vault(SECRET_KEY.encode()), [beacon_id])[beacon_id]]


def test_a_site_is_registered_with_keys_nobody_sees(kit: Kit, database: Database):
    ran = kit.register()
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "[1/2] c0ffee0001 大門  已登錄 / registered" in ran.stdout
    assert f"beacon-kit build {kit.site_file}" in ran.stdout
    key = kit.workspace.key(HWID)
    assert stored_keys(database) == [key]
    assert key.hex() not in ran.output
    assert kit.workspace.is_registered(HWID)
    assert not kit.workspace.has_key(STATIC)
    assert kit.register().stdout.count("registered already") == 2


def test_an_answer_that_is_lost_costs_nothing(kit: Kit, database: Database):
    kit.loses_answers = True
    ran = kit.register()
    assert ran.exit_code == 1
    assert "does not answer (ReadTimeout): check the network and run the same command again" in ran.stderr
    kit.loses_answers = False
    assert kit.register().exit_code == 0
    assert stored_keys(database) == [kit.workspace.key(HWID)]


def test_a_key_is_exchanged_and_an_interrupted_exchange_goes_on(kit: Kit, database: Database):
    kit.register()
    old = kit.workspace.key(HWID)
    kit.loses_answers = True
    assert kit.register(HWID, "--rotate").exit_code == 1
    assert kit.workspace.key(HWID) == old
    kit.loses_answers = False
    assert "has the new key already" in kit.register(HWID, "--rotate").stdout
    new = kit.workspace.key(HWID)
    assert stored_keys(database) == [new, old]
    assert kit.register("--rotate").exit_code == 2


def test_a_flashed_beacon_has_its_key_and_is_left_alone(kit: Kit, database: Database):
    kit.register()
    [key] = stored_keys(database)
    kit.workspace.write_private(HWID, FLASHED, json.dumps({}).encode())
    kit.workspace.forget_key(HWID)
    assert kit.register().stdout.count("registered already") == 2
    assert stored_keys(database) == [key]
    assert not kit.workspace.has_key(HWID)


def test_an_occupied_hardware_id_stops_neither_the_others_nor_says_less_than_where_it_is(kit: Kit, database: Database):
    with database.write() as session:
        elsewhere = builders.zone(session, code="B1-1F")
        builders.beacon(session, elsewhere, hwid=HWID, kind="rolling")
    ran = kit.register()
    assert ran.exit_code == 1
    assert f"error: {HWID}: 伺服器拒絕 / the server refuses: {HWID} 已登錄在簽到區 B1-1F" in ran.stderr
    assert f"[2/2] {STATIC}   已登錄 / registered" in ran.stdout
    assert not kit.workspace.is_registered(HWID)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"BEACON_KIT_TOKEN": ""}, "no token: set BEACON_KIT_TOKEN"),
        ({"BEACON_KIT_TOKEN": "wrong"}, "refuses this token"),
    ],
)
def test_without_a_token_nothing_is_asked(kit: Kit, env: dict[str, str], said: str):
    ran = kit.register(**env)
    assert (ran.exit_code, len(ran.stderr.splitlines()), said in ran.stderr) == (1, 1, True)


def test_the_token_may_stand_in_a_file(tmp_path: Path):
    path = tmp_path / "token"
    path.write_text("  checkin_x\n")
    assert token(path) == "checkin_x"


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (httpx2.Response(502, text="<html>bad gateway"), AwayError, "is no check-in server"),
        (httpx2.Response(200, json=[1]), AwayError, "is no check-in server"),
        (httpx2.Response(404, json={"code": "not_found", "title": "no\x1b[31m zone"}), RefusedError, r"no\?\[31m zone"),
        (httpx2.Response(500, json={}), RefusedError, "error"),
    ],
)
def test_whatever_answers_is_said_in_a_line(answer: httpx2.Response, error: type[KitError], said: str):
    wire = httpx2.MockTransport(lambda _: answer)
    with Server("https://checkin.invalid", "t", transport=wire) as server, pytest.raises(error, match=said):
        server.register(HWID, {})


def test_a_site_file_without_an_address_cannot_be_registered():
    with pytest.raises(KitError, match="no api"):
        Server("", "t")
