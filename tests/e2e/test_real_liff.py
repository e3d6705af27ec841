"""The check-in page on LINE's own SDK (``tests/liff_sdk``), under the policy of production; the stand-in beside it."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from pydantic import SecretStr

from checkin_api import enrolment
from checkin_api.db import Database
from tests import builders, liff_sdk, webhooks
from tests.demo.processes import ROOT
from tests.e2e.conftest import CHROMIUM, PATIENCE_MS
from tests.e2e.line_hosts import LOGIN_PAGE, SDK_URL, LineHosts
from tests.fakes import FakeClock
from tests.line_platform import LinePlatform, PlatformConfig
from tests.line_platform.server import Server
from tests.officers import ANN, HWID, KEY, STRANGER, Phones

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
    pytest.mark.skipif(not liff_sdk.IS_INSTALLED, reason="LINE's SDK is not installed; `make test` installs it"),
]
expect.set_options(timeout=PATIENCE_MS)
# As LINE's own browser on an iPhone calls itself; LINE's SDK looks for "Line/" and "LIFF".
IN_LINE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 Safari Line/15.12.0 LIFF"
)
WORDS = {
    "zh-TW": {"in": "簽到", "done": "簽到完成", "reopen": "請從 LINE 官方帳號重新開啟這個頁面。"},
    "en-US": {"in": "Sign in", "done": "Signed in", "reopen": "Please open this page again from the official account"},
}


class Site:
    """The service with one officer and one newcomer, and LINE."""

    def __init__(self, database: Database, clock: FakeClock, line: LinePlatform) -> None:
        self.clock, self.line = clock, line
        with database.write() as session:
            officer = builders.officer(session, staff_no="A0001", name="王小明")
            builders.line_account(session, officer, ANN)
            builders.acceptance(session, officer)
            newcomer = builders.officer(session, staff_no="A0009", name="新人")
            builders.roster(session, newcomer, builders.shift(session), date(2026, 11, 23))
            builders.beacon(session, builders.zone(session, name="大門簽到區"), hwid=HWID)
            self.code = enrolment.issue_code(session, clock.now(), "A0009", actor="hr", key=KEY.encode()).code
        self.phones = Phones(database, clock, line, line_channel_secret=SecretStr(webhooks.SECRET))
        self.server = Server(self.phones.app, "127.0.0.1", 0)
        self.page_url = f"{self.server.url}/liff/"
        for name, user in (("王小明", ANN), ("新人", STRANGER)):
            line.add_phone(name, user)
        line.add_zone("gate", "大門簽到區", beacons={HWID: None})
        line.set_webhook_url(f"{self.server.url}/line/webhook")
        self.server.start()

    def close(self) -> None:
        self.server.stop()
        self.phones.close()

    def set_time(self, page: Page) -> None:
        """The same moment for LINE and for the phone."""
        self.line.clock.set_to(self.clock.now().timestamp())
        page.clock.set_fixed_time(self.clock.now())


@pytest.fixture
def site(sqlite_url: str, clock: FakeClock) -> Iterator[Site]:
    with closing(Database(sqlite_url)) as database, LinePlatform(PlatformConfig()) as line:
        line.clock.set_to(clock.now().timestamp())
        with closing(Site(database, clock, line)) as site:
            yield site


class Visit:
    """One person at the page; an error of a script, of the policy or of the network fails the test.

    The methods are the steps of a visit: a screen that comes before another gets its step here.
    """

    def __init__(self, page: Page, site: Site, user: str) -> None:
        self.page, self.site, self.user = page, site, user
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._note)
        self.hosts = LineHosts(page.context, site.line, user, site.page_url)
        site.set_time(page)

    def _note(self, message: ConsoleMessage) -> None:
        # The browser notes every answer above 399: somebody who is not enrolled gets one, and so does an old token.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.problems.append(message.text)

    def is_in_line(self) -> None:
        """LINE's mock answers as LINE does on this phone."""
        self.hosts.mock = {
            "isInClient": True,
            "isLoggedIn": True,
            "getOS": "ios",
            "getLineVersion": "15.12.0",
            "isApiAvailable": True,
            "getIDToken": self.hosts.id_token(),
            "getFriendship": {"friendFlag": True},
        }

    def open(self) -> str:
        """Open the page and return its policy."""
        answer = self.page.goto(self.site.page_url)
        assert answer
        return answer.headers["content-security-policy"]

    def enrol(self, staff_no: str, code: str) -> None:
        self.page.locator("#staff_no").fill(staff_no)
        self.page.locator("#code").fill(code)
        self.page.get_by_test_id("bind").click()
        self.page.get_by_test_id("accept").click()

    def is_home_of(self, name: str) -> None:
        expect(self.page.get_by_test_id("who")).to_have_text(name)

    def walk_in(self) -> None:
        self.site.line.walk_in(self.user, "gate", at=self.site.clock.now().timestamp())
        expect(self.page.get_by_test_id("sensed")).to_have_attribute("data-proof", "there")

    def tap(self, label: str, done: str) -> None:
        button = self.page.get_by_test_id("tap-in")
        expect(button).to_have_text(label)
        button.click()
        expect(self.page.get_by_test_id("recorded")).to_contain_text(done)

    def come_back_after(self, **interval: float) -> None:
        """The page stays open; time passes, and the phone finds its network again."""
        self.site.clock.advance(**interval)
        self.site.set_time(self.page)
        self.page.evaluate("dispatchEvent(new Event('online'))")


@contextmanager
def visiting(browser: Browser, site: Site, user: str, **context: Any) -> Iterator[Visit]:
    opened = browser.new_context(viewport={"width": 390, "height": 844}, **context)
    opened.set_default_timeout(PATIENCE_MS)
    visit = Visit(opened.new_page(), site, user)
    yield visit
    opened.close()
    assert (visit.problems, visit.hosts.unknown) == ([], [])


@pytest.fixture(params=list(WORDS))
def in_line(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[tuple[Visit, dict[str, str]]]:
    """A newcomer about to open the page in LINE, and the words to expect there."""
    with visiting(browser, site, STRANGER, locale=request.param, user_agent=IN_LINE) as visit:
        visit.is_in_line()
        yield visit, WORDS[request.param]


def test_in_line_a_newcomer_enrols_is_sensed_and_signs_in(in_line: tuple[Visit, dict[str, str]], site: Site):
    visit, words = in_line
    policy = visit.open()
    assert "script-src 'self' https://static.line-scdn.net;" in policy
    assert "frame-ancestors 'none'" in policy
    visit.enrol("A0009", site.code)
    visit.is_home_of("新人")
    visit.walk_in()
    visit.tap(words["in"], words["done"])
    [punch] = site.phones.punches()
    assert (punch.direction, punch.source) == ("in", "liff")


def test_in_line_who_stays_until_the_token_is_old_is_told_to_open_the_page_again(
    in_line: tuple[Visit, dict[str, str]], site: Site
):
    visit, words = in_line
    visit.open()
    visit.enrol("A0009", site.code)
    visit.is_home_of("新人")
    # LINE's SDK goes on giving the token that has run out.
    visit.come_back_after(hours=2)
    expect(visit.page.get_by_test_id("stopped")).to_contain_text(words["reopen"])
    assert visit.hosts.logins == 0


def test_outside_line_the_sdk_signs_in_and_does_so_again_when_its_token_is_old(browser: Browser, site: Site):
    """The SDK without its mock: it goes to LINE's login and back, and checks the token's signature itself."""
    # What the SDK keeps are cookies, which run out by the browser's own clock.
    site.clock.at = datetime.now(UTC)
    with visiting(browser, site, ANN, locale="zh-TW") as outside:
        outside.open()
        outside.is_home_of("王小明")
        # Whoever comes back soon is still signed in.
        outside.open()
        outside.is_home_of("王小明")
        assert outside.hosts.logins == 1
        with outside.page.expect_request(lambda asked: asked.url.startswith(LOGIN_PAGE)):
            outside.come_back_after(hours=2)
        outside.walk_in()
        outside.tap("簽到", "簽到完成")
        assert outside.hosts.logins == 2
        assert outside.page.evaluate("liff.logout(), [liff.isLoggedIn(), liff.getIDToken()]") == [False, None]


# What can be called without LINE: how each member of an SDK answers before `init`.
_KINDS = """async () => {
  window.close = () => {};
  const kinds = {};
  for (const name of Object.keys(Object.getOwnPropertyDescriptors(liff))) {
    if (name === "openWindow" || name.startsWith("_")) continue;
    const member = liff[name];
    if (typeof member !== "function") { kinds[name] = typeof member; continue; }
    try {
      const answer = name === "isApiAvailable" ? member("scanCodeV2") : member({});
      kinds[name] = typeof answer?.then === "function" ? "promises" : "answers";
      if (kinds[name] === "promises") answer.catch(() => {});
    } catch { kinds[name] = "throws"; }
  }
  return kinds;
}"""


def kinds(browser: Browser, script: str) -> dict[str, str]:
    page = browser.new_page()
    page.route("**/*", lambda route: route.fulfill(content_type="text/javascript", body=script))
    page.route("**/*.html", lambda route: route.fulfill(content_type="text/html", body="<script src=sdk.js></script>"))
    page.goto("https://static.line-scdn.net/page.html")
    found: dict[str, str] = page.evaluate(_KINDS)
    page.close()
    return found


def test_the_stand_ins_sdk_has_what_the_page_uses_and_answers_as_lines_own_does(browser: Browser):
    sources = [path.read_text("utf-8") for path in (ROOT / "liff_app/static").glob("*.js")]
    used = {name for source in sources for name in re.findall(r"\bliff\??\.(\w+)", source)}
    assert {"init", "login", "getIDToken"} <= used
    stand_in = kinds(browser, Path(ROOT / "tests/line_platform/page/static/liff-sdk.js").read_text("utf-8"))
    real = kinds(browser, liff_sdk.script("alone"))
    names = sorted(used | stand_in.keys())
    assert {name: stand_in.get(name) for name in names} == {name: real.get(name) for name in names}


def test_the_page_is_tried_with_the_release_of_the_sdk_that_it_loads(site: Site):
    assert site.phones.app.extensions["settings"].liff_sdk_url == SDK_URL
    version = SDK_URL.split("/")[-2]
    assert f'"@line/liff": "{version}"' in (liff_sdk.HERE / "package.json").read_text("utf-8")
