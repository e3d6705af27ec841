"""The check-in page as somebody opens it for the first time, and what the browser's network layer counts meanwhile."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from tests.line_platform import LinePlatform
from tests.officers import LIFF_ID

# Of everything that is not LINE's SDK. Source: the requirement.
MOST_BYTES = 60_000
MOST_REQUESTS = 8


@dataclass(frozen=True, slots=True)
class Loaded:
    """One answer of our server.

    Args:
        path: what was asked for.
        size: bytes received, headers included.
        gzipped: the same if its body were compressed, as well as gzip can.
        is_compressed: whether its body was.
    """

    path: str
    size: int
    gzipped: int
    is_compressed: bool


def settings(line: LinePlatform) -> dict[str, Any]:
    """What ``checkin serve`` needs for the page to run on this LINE."""
    return {
        "line_api_url": line.url,
        "line_login_channel_id": line.config.login_channel_id,
        "liff_id": LIFF_ID,
        "liff_sdk_url": f"{line.url}/liff/sdk.js",
    }


def address(line: LinePlatform, user: str) -> str:
    """Where LINE opens the page for one phone; the LIFF app must be in LINE's configuration."""
    opened: str = line.perform(user, {"type": "uri", "uri": f"https://liff.line.me/{LIFF_ID}"})["liff"]
    return opened


def show_home(page: Page) -> None:
    """Wait for the home screen of somebody who has accepted the notice."""
    page.get_by_test_id("who").wait_for()


def first_load(browser: Browser, opened: str) -> list[Loaded]:
    """All answers of our server until home is shown and nothing more is under way, with nothing in the cache."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-TW")
    page = context.new_page()
    network = context.new_cdp_session(page)
    answers: dict[str, Mapping[str, Any]] = {}
    sizes: dict[str, int] = {}
    network.on("Network.responseReceived", lambda told: answers.update({told["requestId"]: told["response"]}))
    network.on("Network.loadingFinished", lambda told: sizes.update({told["requestId"]: told["encodedDataLength"]}))
    network.send("Network.enable")
    page.goto(opened)
    show_home(page)
    page.wait_for_load_state("networkidle")
    ours = "{0.scheme}://{0.netloc}/".format(urlsplit(opened))
    loaded = []
    for request, answer in answers.items():
        if answer["url"].startswith(ours):
            body = network.send("Network.getResponseBody", {"requestId": request})["body"].encode()
            headers = {name.lower(): value for name, value in answer["headers"].items()}
            is_compressed = "content-encoding" in headers
            size = int(sizes[request])
            smaller = size if is_compressed else size - len(body) + min(len(body), len(gzip.compress(body)))
            loaded.append(Loaded(urlsplit(answer["url"]).path, size, smaller, is_compressed))
    context.close()
    return loaded
