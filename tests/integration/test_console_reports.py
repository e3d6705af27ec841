"""The console's reports: ordered once, made by a worker, downloaded on the record, within what somebody may see."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkin_api import audit, builds
from checkin_api.building import Workshop, make, report_writer
from checkin_api.db import Database
from checkin_api.domain.ids import Role
from tests.console import MINE, THEIRS, Browser, Console, console
from tests.fakes import FakeClock

RECORDS = {"kind": "duty_records", "from": "2026-11-23", "to": "2026-11-23", "form": "csv"}


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock, tmp_path: Path) -> Iterator[Console]:
    database = Database(sqlite_url)
    office = console(database, clock, report_dir=tmp_path / "reports")
    yield office
    office.close()
    database.close()


def order(browser: Browser, **more: str) -> str:
    browser.get("/reports")
    answer = browser.post("/reports", {**RECORDS, **more})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def make_all(office: Console) -> None:
    """What a worker does."""
    settings = office.settings
    shop = Workshop(office.database, office.clock, settings.report_dir, report_writer(office.database, settings), "w")
    with office.database.read() as session:
        waiting = builds.due(session, office.clock.now())
    assert all(make(shop, build_id) for build_id in waiting)


def addresses(browser: Browser) -> list[str]:
    return [
        part.partition('"')[0]
        for part in browser.get("/reports").text.split('href="/console')[1:]
        if "/file" in part[:80]
    ]


def test_a_report_is_ordered_made_and_downloaded_on_the_record(office: Console):
    browser = office.open(Role.HR)
    assert order(browser).endswith("done=ordered")
    assert "等候" in browser.get("/reports").text
    assert addresses(browser) == []
    make_all(office)
    [address] = addresses(browser)
    with browser.get(address) as answer:
        assert answer.data.startswith(b"\xef\xbb\xbf")
        assert "A0001" in answer.data.decode()
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "console:hr" in browser.get("/reports/downloads").text
    with office.database.read() as session:
        assert [entry.action for entry in audit.entries(session, limit=2)] == ["report.download", "report.order"]


def test_the_same_order_is_made_once(office: Console):
    browser = office.open(Role.HR)
    assert order(browser).endswith("done=ordered")
    assert order(browser).endswith("done=there")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"kind": "nonsense"}, "沒有這種報表"),
        ({"form": "docx"}, "沒有 docx 格式"),
        ({"from": "2026-11-24"}, "早於起日"),
        ({"unit": "NOPE"}, "沒有單位 NOPE"),
        ({"officer": "NOPE"}, "沒有員警編號 NOPE"),
        ({"from": "yesterday"}, "網址參數 from 不正確"),
    ],
)
def test_what_cannot_be_made_is_refused_in_words(office: Console, more: dict[str, str], words: str):
    browser = office.open(Role.HR)
    browser.get("/reports")
    answer = browser.post("/reports", {**RECORDS, **more})
    assert answer.status_code in {400, 404, 422}
    assert words in answer.text


def test_a_supervisor_orders_and_sees_the_own_units_only(office: Console):
    hr, chief = office.open(Role.HR), office.open(Role.SUPERVISOR)
    order(hr)
    order(hr, unit=THEIRS)
    order(chief)
    make_all(office)
    [address] = addresses(chief)
    with chief.get(address) as answer:
        text = answer.data.decode()
    assert ("A0001" in text, "A0002" in text) == (True, False)
    for foreign in set(addresses(hr)) - {address}:
        assert chief.get(foreign).status_code == 404
    chief.get("/reports")
    assert chief.post("/reports", {**RECORDS, "unit": THEIRS}).status_code == 404
    assert chief.post("/reports", {**RECORDS, "officer": "A0002"}).status_code == 404
    assert chief.post("/reports", {**RECORDS, "kind": "fleet_health"}).status_code == 403
    assert MINE in chief.get("/reports").text


def test_a_file_that_is_gone_is_told_and_no_download_is_noted(office: Console):
    browser = office.open(Role.HR)
    order(browser)
    make_all(office)
    [address] = addresses(browser)
    for path in (office.settings.report_dir / "builds").iterdir():
        path.unlink()
    answer = browser.get(address)
    assert (answer.status_code, "請重新產製" in answer.text) == (410, True)
    assert "還沒有人下載" in browser.get("/reports/downloads").text


def test_two_who_order_at_once_get_one_build(office: Console):
    browsers = [office.open(Role.HR), office.open(Role.AUDITOR)]
    for browser in browsers:
        browser.get("/reports")
    threads = [threading.Thread(target=browser.post, args=("/reports", RECORDS)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with office.database.read() as session:
        assert len(builds.history(session)) == 1
