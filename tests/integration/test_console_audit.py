"""The audit log in the console: filters, pages by number, verifying a part at a time."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from checkin_api import audit
from checkin_api.audit import Act
from checkin_api.db import Database
from checkin_api.domain.ids import Role
from tests.console import Console, console
from tests.fakes import FakeClock

NEXT = re.compile(r'hx-get="/console([^"]*)"')


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock) -> Iterator[Console]:
    database = Database(sqlite_url)
    office = console(database, clock)
    with database.write() as session:
        for number in range(1, 8):
            act = Act(
                actor="console:hr" if number % 2 else "cli:root",
                action="correction.approve" if number < 5 else "user.lock",
                subject=f"correction:{number}",
                detail={"by": "console:hr", "note": f"<b>第 {number} 筆</b>", "count": number, "none": None},
            )
            audit.record(session, clock.now() + timedelta(days=number), act)
    yield office
    office.close()
    database.close()


def numbers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<th scope="row" class="n">(\d+)</th>', page)]


FOUND = {
    "": [8, 7, 6, 5, 4, 3, 2, 1],
    "actor=root": [6, 4, 2],
    "action=user.l": [7, 6, 5],
    "subject=correction:3": [3],
    "from=2026-11-25&to=2026-11-26": [3, 2],
    "actor=hr&action=correction.&to=2026-11-26": [3, 1],
    "before=3": [2, 1],
    "subject=%25": [],
}


def test_entries_are_found_by_who_what_and_when(office: Console):
    browser = office.open(Role.AUDITOR)
    assert {query: numbers(browser.get(f"/audit?{query}").text) for query in FOUND} == FOUND


def test_details_are_readable_and_harmless(office: Console):
    page = office.open(Role.HR).get("/audit").text
    assert "<dt>note</dt><dd>&lt;b&gt;第 7 筆&lt;/b&gt;</dd>" in page
    assert "<dt>none</dt>" not in page


def test_pages_go_on_by_number_and_keep_the_filter(office: Console, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("checkin_api.web.console.audit.ENTRIES_SHOWN", 2)
    browser = office.open(Role.AUDITOR)
    assert numbers(browser.get("/audit?action=correction.").text) == [4, 3]
    assert "/console/audit?before=3&amp;action=correction." in browser.page
    assert numbers(browser.get("/audit?action=correction.&before=3").text) == [2, 1]
    assert "更早的" not in browser.page


def test_a_log_is_verified_a_part_a_request_and_its_head_is_shown(office: Console, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("checkin_api.web.console.audit.ENTRIES_VERIFIED", 3)
    browser = office.open(Role.AUDITOR)
    with office.database.read() as session:
        newest, *_, oldest = audit.entries(session)
    page, parts = browser.get(f"/audit/verify?head={oldest.hash.upper()}").text, 1
    browser.headers = {"HX-Request": "true"}
    while found := NEXT.search(page):
        page, parts = browser.get(found[1].replace("&amp;", "&")).text, parts + 1
    assert parts == 3
    assert "<html" not in page
    assert "完整：8 筆" in page
    assert "先前抄下的雜湊仍在其中" in page
    assert newest.hash in page


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("update audit_entry set detail = '{}' where number = 5", "第 5 號紀錄有問題：內容被改過"),
        ("delete from audit_entry where number = 2", "第 2 號紀錄有問題：此號紀錄不見了"),
    ],
)
def test_a_broken_log_is_told_in_words(office: Console, statement: str, words: str):
    with office.database.write() as session:
        for name in session.scalars(text("select name from sqlite_master where type = 'trigger'")).all():
            session.execute(text(f"drop trigger {name}"))
        session.execute(text(statement))
    assert words in office.open(Role.AUDITOR).get("/audit/verify").text


def test_a_hash_that_is_in_no_entry_tells_that_the_end_may_be_cut_off(office: Console):
    browser = office.open(Role.AUDITOR)
    assert "尾端可能被截斷" in browser.get(f"/audit/verify?head={'a' * 64}").text
    assert browser.get("/audit/verify?head=abc").status_code == 422


def test_a_made_up_place_to_go_on_from_is_no_whole_log(office: Console):
    browser = office.open(Role.AUDITOR)
    for number in (3, 100):
        page = browser.get(f"/audit/verify?number={number}&hash={'a' * 64}").text
        assert f"第 {number} 號紀錄有問題" in page


def test_a_supervisor_sees_no_audit_log(office: Console):
    assert office.open(Role.SUPERVISOR).get("/audit").status_code == 403
