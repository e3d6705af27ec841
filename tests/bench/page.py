"""The check-in page in a real browser: the weight of its first load, and the time from a tap to its confirmation."""

from dataclasses import dataclass
from typing import Any

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

# A pair is a run of the browser here: one first load, and this many officers who tap.
_TAPS = 12
# The first ones wait for what the service loads when it is first used.
_WARM_UP = 3
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
        with OthersCpu() as others:
            loads = [page_load.first_load(browser, _arrive(line, number)) for number in range(plan.pairs)]
            taps = [_tap(browser, line, plan.pairs + number) for number in range(_WARM_UP + _TAPS * plan.pairs)]
        browser.close()
    say(f"page: {len(taps)} taps, others took {others.cores:.2f} cores")
    return _weights(loads) + _times(taps[_WARM_UP:])


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
            name="page, requests of the first load, the API's included",
            values=requests,
            unit="",
            goal=Goal("at most", page_load.MOST_REQUESTS),
            ours=f"{sum(not each.path.startswith('/api/') for each in loads[0])} without the API's",
        ),
    ]


def _times(taps: list[_Tap]) -> list[Figure]:
    shown, server = [tap.shown for tap in taps], [tap.server for tap in taps]
    # Of the requirement: from tap to shown confirmation, on a local network.
    goal = Goal("at most", 300)
    return [
        Figure(name="page, from tap to shown confirmation, p50", values=[percentile(shown, 0.5)], unit="ms", goal=goal),
        Figure(
            name="page, from tap to shown confirmation, p95", values=[percentile(shown, 0.95)], unit="ms", goal=goal
        ),
        Figure(
            name="page, until it is in the document, p50",
            values=[percentile([tap.in_document for tap in taps], 0.5)],
            unit="ms",
        ),
        Figure(name="page, the server's part of it, p50", values=[percentile(server, 0.5)], unit="ms"),
        Figure(name="page, the server's part of it, p95", values=[percentile(server, 0.95)], unit="ms"),
    ]
