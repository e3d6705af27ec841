"""A platform at a frozen time, a server for its webhooks, and a client with the channel's token."""

import shutil
import ssl
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.integration.line_platform.receiving import PageServer, Receiver
from tests.line_platform import BeaconSpec, Clock, LinePlatform, PhoneSpec, PlatformConfig, ZoneSpec

OFFICER = "陳志明"
OFFICER_ID = "U" + "a" * 32
# 2026-11-23T00:00:00Z: a Monday, 08:00 in Taipei.
NOW = 1_795_392_000.0
LIFF_ID = "1650000002-AbcdEfgh"
CHROMIUM = shutil.which("chromium")
# Nothing here is HTTPS, and a client that loads the system's certificates takes 40 ms to make.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture
def line_clock() -> Clock:
    return Clock(lambda: NOW)


@pytest.fixture
def line(receiver: Receiver, line_clock: Clock) -> Iterator[LinePlatform]:
    config = PlatformConfig(
        webhook_url=receiver.url,
        monthly_quota=3,
        phones=(PhoneSpec(OFFICER, OFFICER_ID), PhoneSpec("林美玲", friend=False)),
        zones=(
            ZoneSpec("HQ", "總局大廳", (BeaconSpec("d41d8cd98f", "0102"), BeaconSpec("d41d8cd990", None))),
            ZoneSpec("GATE", "停車場"),
        ),
    )
    with LinePlatform(config, clock=line_clock) as platform:
        yield platform


@pytest.fixture
def liff_app(line: LinePlatform) -> Iterator[str]:
    """A page with LINE's SDK in it, registered as the channel's LIFF app; its endpoint URL."""
    server = PageServer(f'<!doctype html><title>簽到</title><script src="{line.url}/liff/sdk.js"></script>')
    line.config.liff_apps[LIFF_ID] = server.url  # type: ignore[index]  # a dict, which nobody else changes
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def web(line: LinePlatform) -> Iterator[httpx2.Client]:
    """The platform without any token."""
    with httpx2.Client(base_url=line.url, timeout=10, verify=_NO_CERTIFICATES) as client:
        yield client


@pytest.fixture
def api(line: LinePlatform) -> Iterator[httpx2.Client]:
    """LINE's API with the channel access token."""
    headers = {"Authorization": f"Bearer {line.config.channel_access_token}"}
    with httpx2.Client(base_url=line.url, headers=headers, timeout=10, verify=_NO_CERTIFICATES) as client:
        yield client


@pytest.fixture
def control(line: LinePlatform) -> Iterator[httpx2.Client]:
    """The control API."""
    with httpx2.Client(base_url=f"{line.url}/_", timeout=10, verify=_NO_CERTIFICATES) as client:
        yield client


@pytest.fixture
def reply_token(line: LinePlatform, receiver: Receiver) -> str:
    """The token of a message that has just been delivered."""
    line.say(OFFICER, "簽到")
    line.wait_idle()
    token: str = receiver.events()[-1]["replyToken"]
    return token
