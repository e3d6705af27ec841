"""The console's data pages: a file is checked, shows its differences, is imported; what is there is downloaded."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from checkin_api import audit
from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import Role
from tests.console import THEIRS, Browser, Console, console
from tests.fakes import FakeClock

HEADER = "staff_no,name,unit_code,title,default_shift,active_from,active_to\r\n"


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock) -> Iterator[Console]:
    database = Database(sqlite_url)
    office = console(database, clock)
    yield office
    office.close()
    database.close()


def send(browser: Browser, path: str, content: str, **more: str) -> Any:
    browser.get("/data/officers")
    return browser.post(path, {"file": (io.BytesIO(content.encode()), "officers.csv"), **more})


def stamp(page: str) -> str:
    return page.partition('name="stamp" value="')[2].partition('"')[0]


def test_a_file_is_checked_then_imported_and_both_say_the_same(office: Console):
    browser = office.open(Role.HR)
    content = f"{HEADER}A0001,王改名,S01,巡官,,,\r\nA0003,新同仁,{THEIRS},,D,2026-11-01,\r\n"
    page = send(browser, "/data/officers/check", content).text
    assert "A0001 name: 員警A0001 → 王改名; title: 警員 → 巡官" in page
    assert "A0003 新同仁 S02 D 2026-11-01" in page
    with office.database.read() as session:
        assert session.scalars(select(m.Officer.name).order_by(m.Officer.staff_no)).all() == ["員警A0001", "員警A0002"]
    answer = send(browser, "/data/officers", content, stamp=stamp(page))
    assert answer.location == "/console/data/officers?done=imported"
    assert "新增 1、更改 1、刪除 0、不變 0" in browser.get("/data/officers?done=imported").text
    with office.database.read() as session:
        [entry] = audit.entries(session, subject="import:officers")
    assert entry.actor == "console:hr"


@pytest.mark.parametrize("more", [{}, {"stamp": "0" * 64}])
def test_what_was_not_checked_is_not_imported(office: Console, more: dict[str, str]):
    answer = send(office.open(Role.HR), "/data/officers", f"{HEADER}A0001,王,S01,,,,\r\n", **more)
    assert (answer.status_code, "請重新檢查" in answer.text) == (409, True)


def test_problems_are_told_by_line_and_nothing_is_changed(office: Console):
    browser = office.open(Role.HR)
    page = send(browser, "/data/officers/check", f"{HEADER}A0001,王,NOPE,,,,\r\n,李,S01,,,,\r\n").text
    assert "單位 NOPE 不存在" in page
    assert "不可空白" in page
    assert stamp(page) == ""
    with office.database.read() as session:
        assert audit.entries(session, subject="import:officers") == []


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "檔案是空的"), ("<!doctype html><p>", "這是網頁"), ("staff_no,<script>\r\n", "&lt;script&gt;")],
)
def test_a_file_that_is_none_is_told_so(office: Console, content: str, words: str):
    page = send(office.open(Role.HR), "/data/officers/check", content).text
    assert words in page
    assert "<script>" not in page.replace('<script src="/console/static/', "")


def test_no_file_and_no_such_kind_are_refused_in_words(office: Console):
    browser = office.open(Role.HR)
    assert "請選擇一個 CSV 檔" in browser.post("/data/officers/check").text
    assert browser.get("/data/nonsense").status_code == 404
    assert browser.get("/data/nonsense.csv").status_code == 404


def test_an_auditor_looks_and_downloads_and_changes_nothing(office: Console):
    browser = office.open(Role.AUDITOR)
    page = browser.get("/data/officers").text
    assert "匯入檔案" not in page
    assert send(browser, "/data/officers/check", HEADER).status_code == 403


def test_a_download_is_the_file_of_an_import_and_is_noted(office: Console):
    browser = office.open(Role.HR)
    with office.database.write() as session:
        session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one().name = '=cmd|" /C"!A0'
    answer = browser.get("/data/officers.csv")
    assert answer.data.startswith(b"\xef\xbb\xbfstaff_no,name,")
    assert b"A0001,\"'=cmd|" in answer.data
    assert answer.headers["Content-Disposition"] == 'attachment; filename="officers.csv"'
    # It is what is there, the guard of the formula notwithstanding.
    page = send(browser, "/data/officers/check", answer.data.decode("utf-8-sig")).text
    assert "與資料庫相同" in page
    roster = browser.get("/data/roster.csv?from=2026-11-23&to=2026-11-23")
    assert roster.data.decode("utf-8-sig").splitlines()[1:] == ["A0001,2026-11-23,D,", "A0002,2026-11-23,D,"]
    with office.database.read() as session:
        newest = audit.entries(session, limit=2)
    assert [entry.subject for entry in newest] == ["export:roster", "export:officers"]


def test_a_replacing_roster_shows_what_it_removes(office: Console):
    browser = office.open(Role.HR)
    content = "staff_no,duty_date,shift_code\r\nA0001,2026-11-23,D\r\n"
    browser.get("/data/roster")
    form = {"file": (io.BytesIO(content.encode()), "roster.csv"), "replace": "1", "units": "B00"}
    page = browser.post("/data/roster/check", form).text
    assert "刪除 1" in page.replace("<b>", "").replace("</b>", "")
    assert "A0002 2026-11-23 D" in page
