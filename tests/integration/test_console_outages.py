"""Outages in the console: entered, ended, dismissed, and everyone concerned confirmed some at a time."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape

import pytest
from sqlalchemy import func, select

from checkin_api import models as m
from checkin_api import outages
from checkin_api.db import Database
from checkin_api.domain.ids import CorrectionState, Role
from checkin_api.web.console.confirming import AT_ONCE
from tests import builders
from tests.console import MINE, TAIPEI, TODAY, Browser, Console, console
from tests.fakes import FakeClock

LIST = "?list=1"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock) -> Iterator[Console]:
    """The morning after a day on which LINE reached nobody: A0001, A0002 and the HR officer A0003 lack both punches."""
    database = Database(sqlite_url)
    office = console(database, clock)
    office.clock.at = datetime(2026, 11, 24, 7, tzinfo=TAIPEI).astimezone(UTC)
    with database.write() as session:
        unit = session.scalars(select(m.Unit).where(m.Unit.code == MINE)).one()
        officer = builders.officer(session, unit, staff_no="A0003", name="人事王小姐")
        builders.roster(session, officer, session.scalars(select(m.Shift)).one(), TODAY)
        session.scalars(select(m.ConsoleUser).where(m.ConsoleUser.role == Role.HR)).one().officer_id = officer.id
        builders.zone(session, code="GATE", name="大門")
    yield office
    office.close()
    database.close()


def enter(browser: Browser, **more: str) -> str:
    """Enter one of all zones; where it is shown."""
    form = {"zone": "*", "begin": "2026-11-23T07:00", "end": "2026-11-23T21:00", "reason": "LINE 故障", **more}
    answer = browser.post("/outages", form)
    assert answer.status_code == 303, answer.text
    return str(answer.location).removeprefix("/console").partition("?")[0]


def go_on(browser: Browser, path: str) -> str:
    """Send what the page would send by itself; the page after it."""
    sent: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(browser.page.partition('id="progress"')[2]):
        sent.setdefault(name, []).append(unescape(value))
    key = sent.pop("form_key")[0]
    return str(browser.post(f"{path}/confirm", sent, key=key).text)


def test_one_is_entered_ended_and_dismissed_and_refusals_are_in_words(office: Console):
    browser = office.open(Role.HR)
    path = enter(browser, end="", zone="GATE")
    assert "持續中" in browser.get("/outages").text
    twice = browser.post("/outages", {"zone": "GATE", "begin": "2026-11-23T07:00", "reason": "停電"})
    assert (twice.status_code, "已登錄為第" in twice.text) == (409, True)
    early = browser.post(f"{path}/end", {"at": "2026-11-23T06:00"})
    assert (early.status_code, "結束不晚於開始" in early.text) == (409, True)
    assert browser.post(f"{path}/end", {"at": "2026-11-23T09:00"}).status_code == 303
    assert browser.post(f"{path}/dismiss", {"reason": ""}).status_code == 409
    assert browser.post(f"{path}/dismiss", {"reason": "其實有電"}).status_code == 303
    again = browser.post(f"{path}/dismiss", {"reason": "其實有電"})
    assert (again.status_code, "已撤銷" in again.text) == (409, True)
    assert "大門" not in browser.get("/outages").text.partition('<form method="post" action="/console/outages"')[0]
    assert "已撤銷" in browser.get("/outages?which=all").text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"zone": "", "begin": "2026-11-23T07:00"}, 422),
        ({"zone": "*", "begin": ""}, 422),
        ({"zone": "*", "begin": "2026-11-23T07:00+08:00"}, 422),
        ({"zone": "NONE", "begin": "2026-11-23T07:00"}, 404),
        ({"zone": "*", "begin": "2026-11-24T08:00"}, 409),
    ],
)
def test_what_is_no_outage_is_refused(office: Console, form: dict[str, str], status: int):
    assert office.open(Role.HR).post("/outages", {"reason": "停電", **form}).status_code == status


def test_everyone_concerned_is_listed_first_and_confirmed_but_never_oneself(office: Console):
    browser = office.open(Role.HR)
    path = enter(browser)
    page = browser.get(path + LIST).text
    assert page.count('name="officer"') == 3
    assert "3 人、3 班、缺6 次打卡" in page.replace("\n", "")
    browser.post(f"{path}/confirm", {"officer": ["A0001", "A0003", "NOBODY"]})
    assert "補登（已核准） 2" in browser.page
    assert browser.page.count("不可審核自己的打卡") == 2
    assert "完成。" in browser.page
    # What was confirmed is not listed again; nothing is done twice.
    assert 'value="A0001"' not in browser.get(path + LIST).text
    browser.post(f"{path}/confirm", {"officer": ["A0001"]})
    assert "沒有補登任何一次" in browser.page
    assert browser.post(f"{path}/confirm", {}).status_code == 422


def test_many_are_confirmed_some_at_a_time_with_the_count_carried_along(office: Console):
    with office.database.write() as session:
        unit = session.scalars(select(m.Unit).where(m.Unit.code == MINE)).one()
        shift = session.scalars(select(m.Shift)).one()
        numbers = [f"B{number:04}" for number in range(AT_ONCE * 2 + 1)]
        for staff_no in numbers:
            builders.roster(session, builders.officer(session, unit, staff_no=staff_no), shift, TODAY)
    browser = office.open(Role.HR)
    path = enter(browser)
    browser.get(path + LIST)
    browser.post(f"{path}/confirm", {"officer": [*numbers, "A0003"]})
    assert f"已處理 {AT_ONCE} / {len(numbers) + 1} 人" in browser.page
    assert "繼續" in go_on(browser, path)
    last = go_on(browser, path)
    assert f"補登（已核准） {2 * len(numbers)}" in last
    assert last.count("不可審核自己的打卡") == 2
    with office.database.read() as session:
        approved = select(func.count(m.Correction.id)).where(m.Correction.state == CorrectionState.APPROVED)
        assert session.scalar(approved) == 2 * len(numbers)


def test_a_part_of_the_page_is_enough_for_htmx(office: Console):
    browser = office.open(Role.HR)
    path = enter(browser)
    browser.get(path + LIST)
    browser.headers = {"HX-Request": "true"}
    assert browser.post(f"{path}/confirm", {"officer": "A0001"}).text.startswith('<div id="progress"')


def test_an_account_without_an_officer_is_told_that_it_cannot_confirm(office: Console):
    with office.database.write() as session:
        session.scalars(select(m.ConsoleUser).where(m.ConsoleUser.role == Role.HR)).one().officer_id = None
    browser = office.open(Role.HR)
    path = enter(browser)
    assert "沒有連結員警編號" in browser.get(path + LIST).text
    assert browser.post(f"{path}/confirm", {"officer": "A0001"}).status_code == 409


def test_a_dismissed_one_confirms_nobody(office: Console):
    browser = office.open(Role.HR)
    path = enter(browser)
    browser.post(f"{path}/dismiss", {"reason": "誤報"})
    answer = browser.post(f"{path}/confirm", {"officer": "A0001"})
    assert (answer.status_code, "已撤銷" in answer.text) == (409, True)
    assert browser.post("/outages/99/confirm", {"officer": "A0001"}).status_code == 404


def test_an_auditor_reads_and_changes_nothing(office: Console):
    with office.database.write() as session:
        begin = datetime(2026, 11, 23, 7, tzinfo=TAIPEI)
        number = outages.enter(
            session, office.clock.now(), zone_code=None, begin=begin, end=None, reason="故障", actor="cli:hr"
        )
    browser = office.open(Role.AUDITOR)
    assert "登錄中斷" not in browser.get("/outages").text
    assert 'name="officer"' not in browser.get(f"/outages/{number}?list=1").text
    for step in ("end", "dismiss", "confirm"):
        assert browser.post(f"/outages/{number}/{step}").status_code == 403
