"""Data protection in the console: requests answered once, acceptance, leaks with their time and their reach."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import openpyxl
import pytest
from sqlalchemy import event, select

from checkin_api import audit, privacy
from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import Direction, PrivacyRequestKind, Role, new_id
from tests import builders
from tests.console import MINE, TAIPEI, Console, console
from tests.fakes import FakeClock


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock) -> Iterator[Console]:
    database = Database(sqlite_url)
    office = console(database, clock)
    yield office
    office.close()
    database.close()


def ask(office: Console, staff_no: str = "A0001") -> UUID:
    with office.database.write() as session:
        officer_id = session.scalars(select(m.Officer.id).where(m.Officer.staff_no == staff_no)).one()
        made = privacy.request(session, office.clock.now(), officer_id, PrivacyRequestKind.SEE, "我的打卡 <b>")
    assert isinstance(made, UUID)
    return made


def test_a_request_is_answered_once(office: Console):
    asked, browser = ask(office), office.open(Role.HR)
    assert "我的打卡 &lt;b&gt;" in browser.get("/privacy").text
    path = f"/privacy/requests/{asked}/answer"
    assert browser.post(path, {"text": " "}).status_code == 409
    assert browser.post(path, {"text": "已寄上複製本"}).location == "/console/privacy?done=answered"
    again = browser.post(path, {"text": "再一次"})
    assert (again.status_code, "這件請求已答覆" in again.text) == (409, True)
    page = browser.get("/privacy").text
    assert ("已寄上複製本" in page, "沒有待答覆的請求" in page) == (True, True)
    assert browser.post(f"/privacy/requests/{new_id()}/answer", {"text": "?"}).status_code == 404


def test_what_is_past_its_day_is_said_and_so_is_how_many_accepted(office: Console):
    ask(office)
    with office.database.write() as session:
        builders.acceptance(session, session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0002")).one())
    office.clock.advance(days=16)
    page = office.open(Role.HR).get("/privacy").text
    assert '<span class="tag bad">逾期</span>' in page
    assert "1 / 2" in page


def test_a_leak_is_noted_timed_and_closed_and_is_in_the_audit_log(office: Console):
    browser = office.open(Role.HR)
    browser.get("/privacy/breaches")
    form = {"text": "備份硬碟遺失", "known_at": "2026-11-23T06:00"}
    place = browser.post("/privacy/breaches", form).location
    path = place.removeprefix("/console").partition("?")[0]
    # 08:00 now, two hours after it was known.
    assert "剩 70 小時 0 分" in browser.get(path).text
    assert browser.post("/privacy/breaches", form).location == place
    assert browser.post(f"{path}/notes", {"text": "已通報"}).status_code == 303
    assert browser.post(f"{path}/notes", {"text": ""}).status_code == 409
    office.clock.advance(hours=71)
    browser = office.open(Role.HR)
    assert "已逾時" in browser.get("/privacy/breaches").text
    assert browser.post(f"{path}/notes", {"text": "已通知當事人", "closes": "yes"}).status_code == 303
    closed = browser.post(f"{path}/notes", {"text": "再"})
    assert (closed.status_code, "已結案" in closed.text) == (409, True)
    with office.database.read() as session:
        number = int(path.rpartition("/")[2])
        acts = [(each.action, each.actor) for each in audit.entries(session, subject=f"breach:{number}")]
        assert acts == [("breach.close", "console:hr"), ("breach.note", "console:hr")]
        assert audit.entries(session, subject="breach")[0].action == "breach.begin"


@pytest.mark.parametrize(
    ("form", "status"),
    [({"text": ""}, 409), ({"text": "x", "known_at": "2026-11-23T09:00"}, 409), ({"text": "x", "known_at": "?"}, 422)],
)
def test_a_leak_that_says_nothing_or_is_to_come_is_refused(office: Console, form: dict[str, str], status: int):
    assert office.open(Role.HR).post("/privacy/breaches", form).status_code == status


def test_a_number_that_is_no_leak_is_not_there(office: Console):
    browser = office.open(Role.HR)
    # Entry 1 of the audit log is there: the sign-in.
    assert browser.get("/privacy/breaches/1").status_code == 404
    assert browser.post("/privacy/breaches/1/notes", {"text": "x"}).status_code == 404


def test_whom_a_leak_would_concern_by_kind_period_zone_and_unit(office: Console):
    with office.database.write() as session:
        officers = {each.staff_no: each for each in session.scalars(select(m.Officer))}
        zone = builders.zone(session, code="GATE")
        at = datetime(2026, 11, 22, 8, tzinfo=TAIPEI)
        builders.punch(session, officers["A0001"], Direction.IN, at, zone_id=zone.id)
        builders.punch(session, officers["A0002"], Direction.IN, at)
    browser = office.open(Role.HR)

    def concerned(query: str) -> list[str]:
        page = browser.get(f"/privacy/breaches?kind={query}").text
        return [number for number in ("A0001", "A0002") if f"<td>{number}</td>" in page]

    assert concerned("punches") == ["A0001", "A0002"]
    assert concerned("punches&zone=GATE") == ["A0001"]
    assert concerned(f"punches&unit={MINE}") == ["A0001"]
    assert concerned("punches&from=2026-11-23&to=2026-11-23") == []
    assert concerned("punches&from=2026-11-22&to=2026-11-22") == ["A0001", "A0002"]
    assert concerned("roster&from=2026-11-23&to=2026-11-23") == ["A0001", "A0002"]
    assert concerned("proofs") == []
    assert concerned("person&from=2020-01-01&to=2020-01-01") == ["A0001", "A0002"]
    for wrong, status in (("users", 422), ("punches&zone=NONE", 404), ("punches&from=2026-11-24", 422)):
        assert browser.get(f"/privacy/breaches?kind={wrong}").status_code == status


def test_each_kind_is_one_of_the_notice_and_can_be_asked_for(office: Console):
    browser = office.open(Role.HR)
    for kind in privacy.KINDS:
        assert browser.get(f"/privacy/breaches?kind={kind}&zone=&unit={MINE}").status_code == 200, kind
    assert privacy.KINDS.keys() <= privacy.retention(office.settings).keys()


def test_the_list_of_those_concerned_is_a_file_on_the_record_that_says_who_was_told(office: Console):
    with office.database.write() as session:
        officers = {each.staff_no: each for each in session.scalars(select(m.Officer))}
        officers["A0002"].name = "=危險()"
        builders.punch(session, officers["A0002"], Direction.IN, datetime(2026, 11, 22, 8, tzinfo=TAIPEI))
    browser = office.open(Role.HR)
    browser.get("/privacy/breaches")
    number = browser.post("/privacy/breaches", {"text": "備份硬碟遺失"}).location.rpartition("/")[2].partition("?")[0]
    asked = f"kind=roster&kind=punches&from=2026-11-20&to=2026-11-23&breach={number}"

    def listed(form: str = "csv", unit: str = "") -> list[list[str]]:
        answer = browser.get(f"/privacy/breaches/concerned?{asked}&form={form}&unit={unit}")
        assert answer.status_code == 200
        assert f"leak-{number}_concerned_2026-11-23.{form}" in answer.headers["Content-Disposition"]
        rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
        return [row for row in rows if row and row[0].startswith("A000")]

    assert [row[:6] for row in listed()] == [
        ["A0001", "員警A0001", "S01", "晨光派出所", "1", "roster"],
        ["A0002", "'=危險()", "S02", "松濤派出所", "1", "roster, punches"],
    ]
    assert [row[0] for row in listed(unit=MINE)] == ["A0001"]
    assert {row[7] for row in listed()} == {""}
    form = {"kind": "punches", "from": "2026-11-20", "to": "2026-11-23", "breach": number}
    browser.get(f"/privacy/breaches?{asked}")
    assert "done=told" in browser.post("/privacy/breaches/told", {**form, "sure": "yes"}).location
    office.clock.advance(minutes=1)
    with office.database.write() as session:
        # What came later was not known to who told: neither a new officer nor another's first punch.
        first = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one()
        for officer in (first, builders.officer(session, session.get_one(m.Unit, first.unit_id), staff_no="A0003")):
            builders.punch(session, officer, Direction.IN, office.clock.now())
    assert [(row[0], bool(row[7])) for row in listed()] == [("A0001", False), ("A0003", False), ("A0002", True)]
    answer = browser.get(f"/privacy/breaches/concerned?{asked}&form=xlsx")
    table = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[-1]
    assert [row[0].value for row in table.iter_rows()][-3:] == ["A0001", "A0003", "A0002"]
    with office.database.read() as session:
        taken = audit.entries(session, subject="export:leak_concerned")
        assert json.loads(taken[0].detail)["sha256"] == hashlib.sha256(answer.data).hexdigest()
        assert (len(taken), taken[0].actor, json.loads(taken[0].detail)["rows"]) == (5, "console:hr", 3)
        # The log is never erased: it names nobody.
        assert not any("A000" in each.detail for each in audit.entries(session) if "breach" in each.action)
    assert "已通知當事人 / told 1: punches 2026-11-20–2026-11-23" in browser.get(f"/privacy/breaches/{number}").text
    assert browser.post(f"/privacy/breaches/{number}/notes", {"text": "完", "closes": "yes"}).status_code == 303
    assert browser.post("/privacy/breaches/told", {**form, "sure": "yes"}).status_code == 409


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("kind=punches", 422),
        ("breach=1", 422),
        ("kind=users&breach=1", 422),
        ("kind=punches&breach=1&form=exe", 422),
        ("kind=punches&breach=999", 404),
        ("kind=punches&breach=1&zone=NONE", 404),
        ("kind=punches&breach=x", 422),
    ],
)
def test_a_list_of_no_leak_or_no_data_is_refused(office: Console, query: str, status: int):
    with office.database.write() as session:
        assert privacy.begin_breach(session, office.clock.now(), "遺失", known_at=office.clock.now(), actor="t") == 1
    browser = office.open(Role.HR)
    assert browser.get(f"/privacy/breaches/concerned?{query}").status_code == status
    with office.database.read() as session:
        assert audit.entries(session, subject="export:leak_concerned") == []


def test_that_people_were_told_is_not_noted_of_a_unit(office: Console):
    browser = office.open(Role.HR)
    browser.get("/privacy/breaches")
    form = {"kind": "punches", "breach": "1", "unit": MINE}
    assert browser.post("/privacy/breaches/told", {**form, "sure": "yes"}).status_code == 422


def test_the_list_of_leaks_asks_no_more_of_the_database_when_there_are_more(office: Console):
    statements: list[str] = []
    browser = office.open(Role.HR)
    browser.headers["X-Poll"] = "1"
    engine = office.app.extensions["database"].engine
    event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2]))

    def asked() -> int:
        statements.clear()
        assert browser.get("/privacy/breaches").status_code == 200
        return len(statements)

    def note(count: int) -> None:
        with office.database.write() as session:
            for number in range(count):
                privacy.begin_breach(
                    session, office.clock.now(), f"{count} {number}", known_at=office.clock.now(), actor="t"
                )

    note(1)
    few = asked()
    note(20)
    assert asked() == few
