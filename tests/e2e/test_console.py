"""HR's work in a real browser, in both languages: a morning, and the end of a month, with the files read back."""

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from checkin_api import builds
from checkin_api.db import Database
from checkin_api.domain.ids import BuildState
from tests.demo.__main__ import HR_OFFICER
from tests.demo.processes import ROOT
from tests.e2e.conftest import CHROMIUM, PATIENCE_MS
from tests.e2e.running import RunningDemo, shell

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
    pytest.mark.xdist_group("make_run"),
    # The first test waits for the demonstration's first run.
    pytest.mark.timeout(240),
]
expect.set_options(timeout=PATIENCE_MS)

TAIPEI = ZoneInfo("Asia/Taipei")
ZH, EN = "zh-TW", "en-GB"
PASSWORD = "a morning at the office 1"
# What is looked for on the pages, by language.
WORDS = {
    ZH: {
        "exceptions": "異常",
        "corrections": "補打卡",
        "reports": "報表",
        "approve": "核准",
        "approved": "已核准",
        "make": "產製",
        "download": "下載",
        "attendance": "差勤",
        "audit": "稽核紀錄",
        "verify": "驗證",
        "sign_out": "登出",
    },
    EN: {
        "exceptions": "Exceptions",
        "corrections": "Corrections",
        "reports": "Reports",
        "approve": "Approve",
        "approved": "Approved",
        "make": "Make it",
        "download": "Download",
        "attendance": "Attendance",
        "audit": "Audit log",
        "verify": "Verify",
        "sign_out": "Sign out",
    },
}


class Desk:
    """HR's browser, signed in; every page that is looked at is accessible and leaves a picture."""

    def __init__(self, page: Page, demo: RunningDemo, language: str) -> None:
        self.page, self.demo, self.language = page, demo, language
        self.words = WORDS[language]
        first = checkin(demo, "user reset hr").strip()
        page.goto(f"{demo.api}/console/")
        page.locator("#username").fill("hr")
        page.locator("#password").fill(first)
        page.locator("button.primary").click()
        page.locator("#old").fill(first)
        page.locator("#new").fill(PASSWORD)
        page.locator("#again").fill(PASSWORD)
        page.locator("button.primary").click()
        expect(page.locator("#units table")).to_be_visible()

    def go(self, place: str) -> None:
        self.page.locator("header.top nav").get_by_role("link", name=self.words[place], exact=True).click()

    def look(self, name: str) -> None:
        folder = ROOT / "var" / "screens"
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"console-{name}-{self.language}.png")
        found = Axe().run(self.page).response["violations"]
        serious = [(each["id"], each["help"]) for each in found if each["impact"] in {"serious", "critical"}]
        assert serious == [], name

    def order(self, kind: str, form: str, **fields: str) -> bytes:
        """Order a report, wait until the worker has made it, download it."""
        page = self.page
        page.goto(f"{self.demo.api}/console/reports?kind={kind}")
        for name, value in fields.items():
            page.locator(f"#{name}").fill(value)
        page.locator("#form").select_option(form)
        page.get_by_role("button", name=self.words["make"]).click()
        page.wait_for_url("**done=*")
        newest = page.locator("#history tbody tr").first
        expect(newest.get_by_role("link", name=self.words["download"])).to_be_visible(timeout=60_000)
        with page.expect_download() as waiting:
            newest.get_by_role("link", name=self.words["download"]).click()
        content: bytes = Path(waiting.value.path()).read_bytes()
        return content

    def order_and_watch(self, kind: str, form: str, **fields: str) -> bytes:
        """Order a long one: its progress is on the page, whatever becomes of a poll, and then its file."""
        page, database = self.page, Database(f"sqlite:///{self.demo.workspace.folder}/checkin.db")
        page.goto(f"{self.demo.api}/console/reports?kind={kind}")
        for name, value in fields.items():
            page.locator(f"#{name}").fill(value)
        page.locator("#form").select_option(form)
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.get_by_role("button", name=self.words["make"]).click()
        newest = page.locator("#history tbody tr").first
        with closing(database):
            _wait_until_running(database)
            # While nobody else can write it cannot be finished, however quick the machine is.
            with database.turn():
                page.wait_for_url("**done=*")
                expect(newest.get_by_role("progressbar")).to_be_visible()
                self.look("reports-progress")
                page.route("**/reports/history*", lambda route: route.fulfill(status=503, body="<main>none</main>"))
                with page.expect_response("**/reports/history*"):
                    pass
                expect(newest.get_by_role("progressbar")).to_be_visible()
                page.unroute("**/reports/history*")
        link = newest.get_by_role("link", name=self.words["download"])
        expect(link).to_be_visible(timeout=60_000)
        expect(newest.get_by_role("progressbar")).to_have_count(0)
        with page.expect_download() as waiting:
            link.click()
        return Path(waiting.value.path()).read_bytes()


@pytest.fixture(params=[ZH, EN])
def desk(demo: RunningDemo, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Desk]:
    problems: list[str] = []
    scheme: Any = "light" if request.param == ZH else "dark"
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale=request.param, color_scheme=scheme, accept_downloads=True
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request", lambda sent: None if sent.url.startswith((f"{demo.api}/", "data:")) else problems.append(sent.url)
    )
    yield Desk(page, demo, request.param)
    context.close()
    assert problems == []


def checkin(demo: RunningDemo, arguments: str) -> str:
    return shell(f". {demo.workspace.env_file} && checkin {arguments}")


def _wait_until_running(database: Database) -> None:
    end = time.monotonic() + PATIENCE_MS / 1000
    while True:
        with database.read() as session:
            newest = builds.history(session, limit=1)[0]
        assert newest.state in {BuildState.QUEUED, BuildState.RUNNING}, newest
        if newest.state is BuildState.RUNNING:
            return
        assert time.monotonic() < end, newest
        time.sleep(0.02)


def attendance(demo: RunningDemo, first: str, last: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(checkin(demo, f"attendance show --from {first} --to {last} --format json"))
    return found


def sheet(content: bytes, heading: str) -> list[dict[str, Any]]:
    """The rows under the row of headings of the sheet that has this one."""
    for worksheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        rows = [list(row) for row in worksheet.iter_rows(values_only=True)]
        for at, row in enumerate(rows):
            if any(str(cell).startswith(heading) for cell in row):
                return [dict(zip(map(str, row), each, strict=False)) for each in rows[at + 1 :] if each[0] is not None]
    raise AssertionError(f"no sheet has {heading}")


def test_a_morning_from_today_to_a_file_that_says_the_same(desk: Desk):
    """Today, an exception, its request approved, a report ordered and read back."""
    page, demo = desk.page, desk.demo
    desk.look("today")
    day = (datetime.now(TAIPEI) - timedelta(days=1)).date()
    # Each language has an officer of its own, whose duty of yesterday lacks everything.
    own = demo.workspace.rows("officers")[HR_OFFICER]["staff_no"]
    lacking = [
        row
        for row in attendance(demo, f"{day}", f"{day}")
        if row["in"] is None and row["out"] is None and row["staff_no"] != own
    ]
    chosen = lacking[0 if desk.language == ZH else 1]
    at = chosen["start"]
    checkin(
        demo,
        f"correction request {chosen['staff_no']} --as {chosen['staff_no']} --direction in --at {at} --reason 手機沒電",
    )
    desk.go("exceptions")
    expect(page.locator("tbody tr").first).to_be_visible()
    desk.look("exceptions")
    # What htmx is refused is said in the page, under its navigation, and not lost.
    page.locator("#severity option").last.evaluate("option => (option.value = '9')")
    page.locator("#severity").select_option("9")
    expect(page.get_by_role("alert")).to_contain_text("severity")
    expect(page.locator("header.top nav")).to_be_visible()
    page.goto(f"{demo.api}/console/attendance/officers/{chosen['staff_no']}/{day}")
    expect(page.locator("main")).to_contain_text("手機沒電")
    desk.look("record")
    desk.go("corrections")
    row = page.locator("tbody tr").filter(has_text=chosen["staff_no"])
    desk.look("corrections")
    row.get_by_role("button", name=desk.words["approve"]).first.click()
    expect(page.get_by_role("status")).to_be_visible()
    page.goto(f"{demo.api}/console/attendance/officers/{chosen['staff_no']}/{day}")
    expect(page.locator("main")).to_contain_text(desk.words["approved"])
    desk.go("reports")
    desk.look("reports")
    fields = {"from": f"{day}", "to": f"{day}", "officer": chosen["staff_no"]}
    rows = sheet(desk.order("duty_records", "xlsx", **fields), "員警編號")
    expected = [each for each in attendance(demo, f"{day}", f"{day}") if each["staff_no"] == chosen["staff_no"]]
    assert len(rows) == len(expected)
    number, *_ = rows[0]
    assert {each[number] for each in rows} == {chosen["staff_no"]}
    signed_in = next(name for name in rows[0] if name.split()[0] == "簽到")
    assert [f"{each[signed_in]:%Y-%m-%dT%H:%M}" for each in rows if each[signed_in]] == [
        each["in"][:16] for each in expected if each["in"]
    ]
    page.goto(f"{demo.api}/console/reports/downloads")
    expect(page.locator("tbody tr").first).to_contain_text("console:hr")


def test_a_month_is_looked_at_signed_and_proved(desk: Desk):
    """The month's matrix, its XLSX, an officer's sheet as PDF, the audit log verified; after signing out nothing."""
    page, demo = desk.page, desk.demo
    today = datetime.now(TAIPEI).date()
    month = f"{today:%Y-%m}"
    desk.go("attendance")
    page.goto(f"{demo.api}/console/attendance?month={month}")
    expect(page.locator("table.matrix")).to_be_visible()
    desk.look("month")
    shown = page.locator("table.matrix tbody tr").first.locator("th").inner_text().split()[0]
    matrix = sheet(desk.order("month_matrix", "xlsx", month=month), "員警編號")
    assert shown in {str(next(iter(row.values()))) for row in matrix}
    officer = demo.workspace.rows("officers")[3]
    content = desk.order("month_sheets", "pdf", month=month, officer=officer["staff_no"])
    [leaf] = pypdf.PdfReader(io.BytesIO(content)).pages
    text = "".join(leaf.extract_text().split())
    for words in (
        officer["staff_no"],
        officer["name"],
        f"民國{today.year - 1911}年",
        "承辦人",
        "單位主管",
        "人事",
        "本人",
    ):
        assert words in text, words
    if desk.language == ZH:
        # Once is enough: the other language has the same page.
        everybody = desk.order_and_watch("month_sheets", "zip", month=month)
        with zipfile.ZipFile(io.BytesIO(everybody)) as archive:
            assert len(archive.namelist()) == len({row["unit_code"] for row in demo.workspace.rows("officers")})
    desk.go("audit")
    page.get_by_role("link", name=desk.words["verify"]).or_(
        page.get_by_role("button", name=desk.words["verify"])
    ).first.click()
    expect(page.locator("main")).to_contain_text(checkin(demo, "audit verify").split()[-1][:16])
    desk.look("audit")
    page.locator("header details summary").click()
    page.get_by_role("button", name=desk.words["sign_out"]).click()
    page.goto(f"{demo.api}/console/attendance?month={month}")
    expect(page.locator("#username")).to_be_visible()


def test_every_other_page_is_for_everybody(desk: Desk):
    for name in (
        "outages",
        "data",
        "data/roster",
        "rules",
        "rules/shifts/day",
        "fleet",
        "fleet/site?code=S01",
        "exchange",
        "exchange/swipes/fixed-big5-roc",
        "exchange/placeholders",
        "exchange/reconcile",
        "privacy/retention",
        "privacy",
        "privacy/breaches",
        "corrections/new",
    ):
        desk.page.goto(f"{desk.demo.api}/console/{name}")
        expect(desk.page.locator("h1").first).to_be_visible()
        desk.look(re.sub(r"\W", "-", name))
        desk.page.set_viewport_size({"width": 320, "height": 700})
        assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        desk.page.set_viewport_size({"width": 1280, "height": 900})
