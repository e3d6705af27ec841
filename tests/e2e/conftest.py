"""One department for the browser tests, one browser, and a page that tolerates no error."""

import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.demo.duties import OpenDuty, open_duties
from tests.demo.phones import NEWCOMERS, supervisor
from tests.demo.workspace import Workspace
from tests.e2e.running import RunningDemo, running_demo

CHROMIUM = shutil.which("chromium")
# Debian's chromium would else look for updates and talk to its maker; as root it has no sandbox.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# On a busy machine a decision and its reply take longer than Playwright's 5 s.
PATIENCE_MS = 15_000
_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, default=False) or report.failed
    return report


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all demonstrations of a session, one after the other: every later one is a second run."""
    return tmp_path_factory.mktemp("make-run") / "demo"


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[RunningDemo]:
    with running_demo(folder) as demo:
        yield demo


@pytest.fixture(scope="session")
def handed_out() -> set[str]:
    """Officers whom a test has had already: what they did stays in the folder."""
    return set()


@pytest.fixture(scope="module")
def on_duty(demo: RunningDemo, handed_out: set[str]) -> Iterator[OpenDuty]:
    """Officers with a LINE account and an open duty, each handed out once: those of today's duty date first."""

    def hand_out() -> Iterator[OpenDuty]:
        # A supervisor has a part of their own in the tests.
        handed_out.add(supervisor(demo.workspace))
        for duty in choose_officers(demo.workspace, datetime.now(ZoneInfo("Asia/Taipei"))):
            if duty.staff_no not in handed_out:
                handed_out.add(duty.staff_no)
                yield duty

    return hand_out()


def choose_officers(workspace: Workspace, now: datetime) -> list[OpenDuty]:
    """A window that is about to close is none for a test; one that has an officer's only open duty leaves no doubt."""
    soon = {(duty.staff_no, duty.duty_date) for duty in open_duties(workspace, now + timedelta(minutes=10))}
    enrolled = {row["staff_no"] for row in workspace.rows("officers")[:-NEWCOMERS]}
    duties = [duty for duty in open_duties(workspace, now) if duty.staff_no in enrolled]
    numbers = [duty.staff_no for duty in duties]
    chosen = [d for d in duties if (d.staff_no, d.duty_date) in soon and numbers.count(d.staff_no) == 1]
    return sorted(chosen, key=lambda duty: duty.duty_date, reverse=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(demo: RunningDemo, browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    """The phone page; a script error, an error in the console or a request to elsewhere fails the test."""
    problems: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-TW")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    expected = getattr(request.module, "EXPECTED_ERRORS", None)

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not (expected and message.text.startswith(expected)):
            problems.append(message.text)

    page.on("console", note)
    ours = (f"{demo.platform}/", f"{demo.api}/", "data:")
    page.on("request", lambda sent: None if sent.url.startswith(ours) else problems.append(sent.url))
    page.goto(demo.platform)
    expect(page.locator("body[data-ready]")).to_be_attached()
    yield page
    if request.node.stash.get(_FAILED, default=False):
        name = re.sub(r"\W+", "-", request.node.name)
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
    context.close()
    assert problems == []
