"""Attendance in the console: the matrix, an officer's month, a duty date with its evidence, attachments, search."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from checkin_api import corrections, enrolment, queries
from checkin_api import models as m
from checkin_api.corrections import MissingPunch, Request, WrongPunch
from checkin_api.db import Database
from checkin_api.domain.attachments import Attachment
from checkin_api.domain.corrections import Actor, Policy
from checkin_api.domain.duty_law import DutyLimits
from checkin_api.domain.ids import Assurance, Direction, OutageSource, Proof, PunchSource, Role
from checkin_api.queries.attendance import Period, attendance
from reports.month import matrix_of
from reports.tables import Cell
from tests import builders
from tests.console import BUREAU, MINE, TAIPEI, TODAY, Console, console
from tests.fakes import FakeClock

TAG = re.compile(r"<[^>]*>")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
PDF = b"%PDF-1.7 <script>alert(1)</script>"
DAY = f"/attendance/officers/A0001/{TODAY}"


def at(clock: str, day: date = TODAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), TAIPEI).astimezone(UTC)


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock) -> Iterator[Console]:
    database = Database(sqlite_url)
    office = console(database, clock)
    office.clock.advance(hours=20)
    yield office
    office.close()
    database.close()


@pytest.fixture
def worked(office: Console) -> Console:
    """A0001 was late by ten minutes, tapped twice, and left in time; another officer has a day without any punch."""
    with office.database.write() as session:
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one()
        zone = builders.zone(session, name="晨光大門")
        proof = builders.presence(session, officer, zone, at("08:09:58"), assurance=Assurance.HIGH, proof=Proof.VALID)
        agent = builders.agent(session, zone)
        builders.presence(session, officer, zone, at("08:30:00"), agent_id=agent.id)
        builders.punch(session, officer, Direction.IN, at("08:10:03"), proof=proof, source=PunchSource.LIFF)
        builders.punch(session, officer, Direction.IN, at("08:10:31"), proof=proof)
        builders.punch(session, officer, Direction.OUT, at("20:05:00"))
    return office


def text_of(page: str) -> str:
    return " ".join(TAG.sub(" ", page).split())


def ask(office: Console, *, staff_no: str = "A0001", attachment: Attachment | None = None) -> str:
    """A correction of today's OUT, asked for by the officer."""
    policy = Policy(quota=3, days=30, zone=TAIPEI)
    with office.database.write() as session:
        actor = corrections.officer_actor(session, staff_no, account=f"liff:{staff_no}")
        asked = Request(staff_no, MissingPunch(Direction.OUT, at("20:01:00")), "忘了簽退", attachment)
        return str(corrections.request(session, office.clock.now(), asked, actor=actor, policy=policy))


def test_the_matrix_has_the_same_rows_as_the_report(worked: Console):
    page = worked.open(Role.HR).get(f"/attendance?unit={BUREAU}&month=2026-11").text
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    with worked.database.read() as session:
        period = Period(first=first, last=last, as_of=worked.clock.now(), zone=TAIPEI, limits=DutyLimits())
        table = matrix_of(attendance(session, period), queries.calendar(session, first, last), first, last)
    shown = re.findall(r"<tr><th scope=\"row\"><a href=\"([^\"]*)\">(.*?)</a></th>(.*?)</tr>", page, re.DOTALL)
    assert [head for _, head, _ in shown] == [f"{row[0]} {row[1]}" for row in table.rows]
    for (address, _, cells), row in zip(shown, table.rows, strict=True):
        assert address == f"/console/attendance/officers/{row[0]}?month=2026-11"
        told = [TAG.sub("", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", cells, re.DOTALL)]
        days = [shown_cell(cell, "") for cell in row[3:33]]
        assert told == [str(row[2]), *days, *(shown_cell(cell, "—") for cell in row[33:])]
    assert f'<a href="{"/console" + DAY}">出遲</a>' in page
    assert 'class="rest">1<br>日<br>休' in page


def shown_cell(cell: Cell, otherwise: str) -> str:
    return otherwise if cell is None else str(cell)


def test_a_unit_has_pages_and_the_months_beside_it(office: Console, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("checkin_api.web.console.attendance.OFFICERS_SHOWN", 1)
    browser = office.open(Role.AUDITOR)
    page = browser.get("/attendance?month=2026-11&page=2").text
    assert "第 2–2 人，共 2 人" in page
    assert ("員警A0001" in page, "員警A0002" in page) == (False, True)
    assert f"unit={BUREAU}&amp;month=2026-10" in page
    assert f"unit={BUREAU}&amp;month=2026-12" in page
    assert browser.get("/attendance?month=2026-13").status_code == 422
    assert "沒有員警" in browser.get("/attendance?page=1000").text


def test_a_supervisor_finds_and_sees_the_own_officers_only(worked: Console, caplog: pytest.LogCaptureFixture):
    correction = ask(worked, staff_no="A0002", attachment=Attachment("a.png", PNG))
    browser = worked.open(Role.SUPERVISOR)
    assert "員警A0001" in browser.get("/attendance").text
    assert "員警A0002" not in browser.page
    assert browser.get(f"/attendance?unit={BUREAU}").status_code == 404
    assert "A0002" not in text_of(browser.get("/attendance/search?q=員警").text)
    for path in ("A0002", f"A0002/{TODAY}"):
        assert browser.get(f"/attendance/officers/{path}").status_code == 404
    assert browser.get(f"/corrections/{correction}/attachment").status_code == 404
    assert "console:supervisor asked for officer A0002, who is not theirs" in caplog.text


def test_an_officers_month_has_each_duty_its_totals_and_whether_line_is_bound(worked: Console):
    browser = worked.open(Role.HR)
    told = text_of(browser.get("/attendance/officers/A0001?month=2026-11").text)
    assert "115-11-23 (一) 日勤 08:00–20:00 06:00–00:00 08:10 20:05 出勤 遲到 10 分" in told
    assert "未綁定" in told
    with worked.database.write() as session:
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one()
        builders.line_account(session, officer, "U" + "1" * 32)
    assert "已綁定，自 115-11-23 08:00" in text_of(browser.get("/attendance/officers/A0001?month=2026-11").text)
    assert "U1111" not in browser.page
    assert browser.get("/attendance/officers/A9999").status_code == 404


def test_the_sheet_to_sign_is_ordered_from_the_officers_month(office: Console):
    browser = office.open(Role.SUPERVISOR)
    page = browser.get("/attendance/officers/A0001?month=2026-10").text
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    assert (form["kind"], form["form"], form["month"], form["officer"]) == ("month_sheets", "pdf", "2026-10", "A0001")
    assert browser.post("/reports", form).status_code == 303


def test_a_record_shows_each_punch_with_what_proves_it_and_what_it_counts_for(worked: Console):
    told = text_of(worked.open(Role.AUDITOR).get(DAY).text)
    used = "08:10:03 簽到 手機頁面 晨光大門 採計 手機感應到簽到區信標，滾動碼有效 證明力 高 · 感應於 08:09:58"
    assert used in told
    assert "08:10:31 簽到 LINE 聊天室 晨光大門 重複，不計" in told
    assert "20:05:00 簽退 LINE 聊天室 — 採計 沒有在場證據 證明力 無" in told
    assert "08:30:00 晨光大門 監聽站感應到員警的識別證或手機" in told
    assert "補打卡／更正" not in told


def test_a_void_punch_is_marked_and_counts_for_nothing(worked: Console):
    with worked.database.write() as session:
        punch = session.scalars(select(m.Punch).where(m.Punch.direction == Direction.OUT)).one()
        policy = Policy(quota=3, days=30, zone=TAIPEI)
        asked = Request("A0001", WrongPunch(punch.id), "代打卡")
        made = corrections.request(session, worked.clock.now(), asked, actor=Actor("console:hr"), policy=policy)
        assert isinstance(made, UUID)
        corrections.approve(session, worked.clock.now(), made, actor=Actor("console:admin"), policy=policy)
    told = text_of(worked.open(Role.HR).get(DAY).text)
    assert "20:05:00 簽退 LINE 聊天室 — 已作廢" in told
    assert "缺簽退" in told
    assert "作廢打卡 簽退 20:05:00 已核准" in told
    assert "理由 代打卡" in told
    assert "決定 console:admin" in told
    assert "correction.approve" in told


def test_a_night_duty_ends_on_its_own_page_and_is_told_of_on_the_next(office: Console):
    with office.database.write() as session:
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one()
        night = builders.shift(session, code="N", name="夜勤", start=time(20), end=time(8))
        before = TODAY - timedelta(days=1)
        builders.roster(session, officer, night, before)
        builders.punch(session, officer, Direction.IN, at("19:55:00", before))
        builders.punch(session, officer, Direction.OUT, at("08:02:00"))
    browser = office.open(Role.HR)
    assert "115-11-23 08:02:00 簽退" in text_of(browser.get(f"/attendance/officers/A0001/{before}").text)
    told = text_of(browser.get(DAY).text)
    assert "屬於另一個勤務日 時間 方向 來源 簽到區 採計 證據 08:02:00 簽退" in told


def test_an_unproven_duty_names_the_outage_that_explains_it(office: Console):
    with office.database.write() as session:
        session.add(
            m.Outage(
                zone_id=None,
                begin=at("05:00:00"),
                end=None,
                reason="機房停電",
                source=OutageSource.ENTERED,
                entered_at=office.clock.now(),
            )
        )
    office.clock.advance(hours=12)
    told = text_of(office.open(Role.SUPERVISOR).get(DAY).text)
    assert "無法證明" in told
    assert "全部簽到區 · 115-11-23 05:00 – 持續中 · 登錄 · 機房停電" in told


@pytest.mark.parametrize(
    ("name", "content", "kind", "how"),
    [
        ("證明.png", PNG, "image/png", "inline"),
        ('證明".pdf', PDF, "application/pdf", "attachment"),
    ],
)
def test_an_attachment_can_do_nothing_in_the_console(worked: Console, name: str, content: bytes, kind: str, how: str):
    correction = ask(worked, attachment=Attachment(name, content))
    browser = worked.open(Role.HR)
    assert f"/console/corrections/{correction}/attachment" in browser.get(DAY).text
    answer = browser.get(f"/corrections/{correction}/attachment")
    assert (answer.data, answer.mimetype) == (content, kind)
    assert answer.headers["Content-Disposition"].startswith(f'{how}; filename="')
    assert "filename*=UTF-8''%E8%AD%89%E6%98%8E" in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_trail_of_an_officer_is_for_hr_and_auditors_that_of_a_correction_for_supervisors_too(worked: Console):
    ask(worked)
    with worked.database.write() as session:
        enrolment.issue_code(session, worked.clock.now(), "A0001", key=b"k" * 32, actor="cli:hr")
    hr, chief = (text_of(worked.open(role).get(DAY).text) for role in (Role.HR, Role.SUPERVISOR))
    assert ("correction.request" in hr, "enrolment.issue" in hr) == (True, True)
    assert ("correction.request" in chief, "enrolment.issue" in chief) == (True, False)
    assert "/console/corrections/new?staff_no=A0001&amp;day=2026-11-23" in worked.open(Role.HR).get(DAY).text


def test_search_is_by_number_or_name_and_tells_how_many_there_are(office: Console, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("checkin_api.web.console.attendance.FOUND_SHOWN", 1)
    browser = office.open(Role.HR)
    assert browser.get("/attendance/search?q=a0001").location == "/console/attendance/officers/A0001"
    assert "前 1 人，共 2 人符合" in browser.get("/attendance/search?q=員警").text
    # What a database takes for a wildcard is a letter here.
    assert "沒有符合的員警" in browser.get("/attendance/search?q=%25").text
    assert "<script>" not in browser.get("/attendance/search?q=<script>").text
    assert browser.get("/attendance/search?q=" + "x" * 101).status_code == 422


def test_a_record_of_no_date_is_not_there(office: Console):
    browser = office.open(Role.HR)
    for day in ("2026-02-30", "yesterday", "0001-01-01", "20261123x"):
        assert browser.get(f"/attendance/officers/A0001/{day}").status_code == 404


def test_a_day_without_anything_says_so(office: Console):
    told = text_of(office.open(Role.HR).get("/attendance/officers/A0001/2026-11-02").text)
    assert "這一天沒有勤務，也沒有打卡。" in told
    assert MINE not in told
