"""A passkey in a real browser, whose device is Chromium's own virtual one: added, then used to sign in."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr
from werkzeug.serving import WSGIRequestHandler, make_server

from checkin_api import migrations
from checkin_api.accounts.users import HASHER
from checkin_api.app import create_app
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import Role
from tests import builders
from tests.demo.processes import ROOT
from tests.e2e.conftest import CHROMIUM, PATIENCE_MS
from tests.serving import free_port

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")

PASSWORD = "a morning at the office 1"


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A console on this machine with one account, which has a password and owes a second step."""
    # By name: there are no passkeys at an IP address.
    port = free_port()
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'checkin.db'}",
        secret_key=SecretStr("k" * 32),
        public_url=f"http://localhost:{port}",
    )
    database = Database(settings.database_url)
    migrations.upgrade(database)
    with database.write() as session:
        builders.console_user(session, username="hr", role=Role.HR, password_hash=HASHER.hash(PASSWORD))
    database.close()
    app = create_app(settings)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield settings.public_url
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["database"].close()


def look(page: Page, name: str) -> None:
    folder = ROOT / "var" / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"console-{name}.png")
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == [], name


def test_a_passkey_is_added_and_opens_the_console_the_next_time(site: str, browser: Browser):
    context = browser.new_context(locale="zh-TW")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**device, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    page.goto(f"{site}/console/sign-in")
    page.locator("#username").fill("hr")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="登入").click()
    page.get_by_role("link", name="或使用通行金鑰").click()
    page.locator("#name").fill("辦公室電腦")
    page.get_by_role("button", name="新增通行金鑰").click()
    expect(page.get_by_role("status")).to_contain_text("已新增通行金鑰")
    look(page, "passkeys")
    page.locator("header details summary").click()
    page.get_by_role("button", name="登出").click()
    page.locator("#username").fill("hr")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="登入").click()
    expect(page.get_by_role("button", name="使用通行金鑰")).to_be_visible()
    look(page, "second-step")
    page.get_by_role("button", name="使用通行金鑰").click()
    expect(page.locator("header details summary")).to_contain_text("王小姐")
    assert problems == []
    context.close()
