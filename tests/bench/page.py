"""The check-in page in a real browser: the weight of its first load, and the time from a tap to its confirmation."""

import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from tests import page_load, webhooks
from tests.bench import sides
from tests.bench.figures import Figure, Goal, percentile
from tests.bench.machine import OthersCpu
from tests.bench.plan import Plan, say
from tests.bench.stores import sqlite_store
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.line_platform import LinePlatform, PlatformConfig
from tests.officers import LIFF_ID

# A pair is one first load here, and this many officers who tap on the page, and as many more who tap without one.
_TAPS = 12
# The first ones wait for what the service loads when it is first used.
_WARM_UP = 3
# A page that waits for the beacon asks less often; the service bears one account's asking so often for a while.
_LOOK_EVERY_S = 0.5
# From the finger on the button to the frame after the one in which the confirmation is in the document.
_TIMED = """() => {
  let begin = 0;
  document.addEventListener("click", () => { begin = performance.now(); }, { capture: true, once: true });
  window.timed = new Promise((done) => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector('[data-testid="recorded"]')) return;
      observer.disconnect();
      const inDocument = performance.now();
      requestAnimationFrame(() => setTimeout(() => {
        const shown = performance.now();
        const answer = performance.getEntriesByType("resource").find((each) => each.name.endsWith("/me/punches"));
        const server = answer.responseEnd - answer.requestStart;
        done({ shown: shown - begin, inDocument: inDocument - begin, server });
      }));
    }).observe(document.body, { childList: true, subtree: true });
  });
}"""


@dataclass(frozen=True, slots=True)
class _Tap:
    """Milliseconds of one tap: until it was shown, until it was in the document, and the server's part."""

    shown: float
    in_document: float
    server: float


def measure(plan: Plan) -> list[Figure]:
    """``checkin serve`` on SQLite with the department of 7,000, the stand-in LINE, one browser."""
    apps: dict[str, str] = {}
    with (
        sqlite_store(plan.folder) as store,
        LinePlatform(PlatformConfig(liff_apps=apps)) as line,
        sides.running_checkin(store, plan.folder, line.url, _environment(line)) as (webhook_url, _),
        sync_playwright() as playwright,
    ):
        apps[LIFF_ID] = webhook_url.replace("/line/webhook", "/liff/")
        line.set_webhook_url(webhook_url)
        # The last station's static beacon, in a zone where one taps.
        line.add_zone("gate", beacons={store.hwids[-2]: "00"})
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        last = plan.pairs + _WARM_UP + _TAPS * plan.pairs
        # The browser is closed after it: what its processes took is lost with them.
        with OthersCpu() as others:
            loads = [page_load.first_load(browser, _arrive(line, number)) for number in range(plan.pairs)]
            taps = [_tap(browser, line, number) for number in range(plan.pairs, last)]
        # The browser has the machine's cores too, which a phone has not.
        browser.close()
        alone = [_tap_without_a_page(line, number) for number in range(last, last + _TAPS * plan.pairs)]
    say(f"page: {len(taps)} taps, others took {others.cores:.2f} cores")
    return _weights(loads) + _times(taps[_WARM_UP:], alone)


def _environment(line: LinePlatform) -> dict[str, str]:
    return {f"CHECKIN_{name.upper()}": value for name, value in page_load.settings(line).items()}


def _arrive(line: LinePlatform, number: int) -> str:
    """The next officer comes into the zone; where LINE opens the page for them."""
    user = webhooks.user(number)
    line.add_phone(f"officer {number}", user)
    line.walk_in(user, "gate")
    return page_load.address(line, user)


def _tap(browser: Browser, line: LinePlatform, number: int) -> _Tap:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-TW")
    page = context.new_page()
    page.goto(_arrive(line, number))
    page_load.show_home(page)
    page.locator('[data-testid="sensed"][data-proof="there"]').wait_for()
    # Nobody finds the button sooner.
    page.wait_for_load_state("networkidle")
    page.evaluate(_TIMED)
    page.get_by_test_id("tap-in").click()
    told: dict[str, Any] = page.evaluate("window.timed")
    context.close()
    return _Tap(told["shown"], told["inDocument"], told["server"])


def _tap_without_a_page(line: LinePlatform, number: int) -> float:
    """Milliseconds until the answer to the same request from a program."""
    server = urlsplit(_arrive(line, number)).netloc
    connection = HTTPConnection(server, timeout=10)
    headers = {"Authorization": f"Bearer {line.id_token(webhooks.user(number))}", "Content-Type": "application/json"}

    def ask(method: str, path: str, body: dict[str, str] | None = None) -> Any:
        connection.request(method, f"/api/v1/me{path}", json.dumps(body) if body else None, headers)
        return json.load(connection.getresponse())

    while not ((me := ask("GET", ""))["sensed"] or {}).get("proves_now"):
        time.sleep(_LOOK_EVERY_S)
    begin = time.perf_counter()
    told = ask("POST", "/punches", {"request_id": me["request_id"], "direction": "in"})
    took = time.perf_counter() - begin
    connection.close()
    if told["state"] != "recorded":
        raise RuntimeError(f"a tap became {told['state']}, {told['reason']}")
    return 1000 * took


def _weights(loads: list[list[page_load.Loaded]]) -> list[Figure]:
    requests = [len(load) for load in loads]
    compressed = sum(each.is_compressed for each in loads[0])
    return [
        Figure(
            name="page, first load of home, over the wire",
            values=[sum(each.size for each in load) / 1000 for load in loads],
            unit="kB",
            goal=Goal("at most", page_load.MOST_BYTES / 1000),
            ours=f"{compressed} of {requests[0]} compressed",
        ),
        Figure(
            name="page, the same if all of it were gzipped",
            values=[sum(each.gzipped for each in load) / 1000 for load in loads],
            unit="kB",
        ),
        Figure(
            name="page, the first load, the API's answer included",
            values=requests,
            unit="answers",
            goal=Goal("at most", page_load.MOST_REQUESTS),
            ours=f"{sum(not each.path.startswith('/api/') for each in loads[0])} without the API's",
        ),
    ]


def _times(taps: list[_Tap], alone: list[float]) -> list[Figure]:
    # Of the requirement: from tap to shown confirmation, on a local network.
    goal = Goal("at most", 300)
    measured: list[tuple[str, list[float], Goal | None]] = [
        ("from tap to shown confirmation", [tap.shown for tap in taps], goal),
        ("of it, until it is in the document", [tap.in_document for tap in taps], None),
        ("of it, the request", [tap.server for tap in taps], None),
        ("the request without a browser", alone, goal),
    ]
    return [
        Figure(name=f"page, {name}, {label}", values=[percentile(values, share)], unit="ms", goal=bound)
        for name, values, bound in measured
        for label, share in (("p50", 0.5), ("p95", 0.95))
    ]
