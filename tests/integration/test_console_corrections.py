"""Corrections and exceptions in the console: who sees and decides what, one by one and several at once."""

import hashlib
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from checkin_api import audit, corrections
from checkin_api import models as m
from checkin_api.corrections import MissingPunch, Request
from checkin_api.db import Database
from checkin_api.domain.attachments import SIZE_LIMIT, Attachment
from checkin_api.domain.corrections import Actor, Policy
from checkin_api.domain.ids import CorrectionState, Direction, Role, StaffNo, new_id
from tests import builders
from tests.console import MINE, TAIPEI, TODAY, Console, console
from tests.fakes import FakeClock

POLICY = Policy(quota=3, days=31, zone=TAIPEI)
PNG = Attachment("<script>.png", b"\x89PNG\r\n\x1a\n<script>alert(1)</script>")
PDF = Attachment("證明.pdf", b"%PDF-1.7")


def at(hour: int, day: int = TODAY.day) -> datetime:
    return datetime(TODAY.year, TODAY.month, day, hour, tzinfo=TAIPEI)


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock) -> Iterator[Console]:
    """The next morning: A0001 and A0002 had a duty of 08:00–20:00 and did not punch; ``chief`` is A0003."""
    database = Database(sqlite_url)
    office = console(database, clock)
    office.clock.at = at(7, 24).astimezone(UTC)
    with database.write() as session:
        unit = session.scalars(select(m.Unit).where(m.Unit.code == MINE)).one()
        chief = builders.officer(session, unit, staff_no="A0003", name="所長")
        user = session.scalars(select(m.ConsoleUser).where(m.ConsoleUser.role == Role.SUPERVISOR)).one()
        user.officer_id = chief.id
        # Who works in the HR office is an officer, too.
        clerk = builders.officer(session, builders.unit(session), staff_no="H0001", name="人事")
        hr = session.scalars(select(m.ConsoleUser).where(m.ConsoleUser.role == Role.HR)).one()
        hr.officer_id = clerk.id
        session.add(m.Supervisor(officer_id=chief.id, unit_id=unit.id, named_at=at(8)))
    yield office
    office.close()
    database.close()


def ask(
    office: Console, staff_no: str = "A0001", hour: int = 8, *, by: str = "", attachment: Attachment | None = None
) -> UUID:
    """An officer asks for a sign-in, or an account does."""
    actor = Actor(by) if by else Actor(f"liff:{staff_no}", StaffNo(staff_no))
    with office.database.write() as session:
        asked = Request(staff_no, MissingPunch(Direction.IN, at(hour)), "忘了", attachment)
        made = corrections.request(session, office.clock.now(), asked, actor=actor, policy=POLICY)
    assert isinstance(made, UUID)
    return made


def state_of(office: Console, correction_id: UUID) -> CorrectionState:
    with office.database.read() as session:
        return session.get_one(m.Correction, correction_id).state


def test_the_queue_has_the_oldest_open_request_first_and_the_unit_of_who_looks(office: Console):
    for hour in (9, 8):
        ask(office, hour=hour)
        office.clock.advance(minutes=1)
    ask(office, "A0002")
    assert office.open(Role.HR).get("/corrections").text.count("核准</button>") == 3
    page = office.open(Role.SUPERVISOR).get("/corrections").text
    assert "A0002" not in page
    assert page.index("115-11-23 09:00") < page.index("115-11-23 08:00")


def test_one_is_approved_once_and_a_second_time_is_refused_in_words(office: Console):
    asked, browser = ask(office), office.open(Role.SUPERVISOR)
    browser.get("/corrections")
    assert browser.post(f"/corrections/{asked}/approve").location == "/console/corrections?done=approved"
    again = browser.post(f"/corrections/{asked}/approve")
    assert (again.status_code, "這件申請已結案" in again.text) == (409, True)
    with office.database.read() as session:
        assert audit.entries(session, limit=1)[0].actor == "console:supervisor"
    assert "已核准" in browser.get("/corrections?state=decided&done=approved").text


def test_a_rejection_says_why(office: Console):
    asked, browser = ask(office), office.open(Role.HR)
    refused = browser.post(f"/corrections/{asked}/reject", {"comment": " "})
    assert (refused.status_code, "請寫明理由" in refused.text) == (409, True)
    assert browser.post(f"/corrections/{asked}/reject", {"comment": "當日休假"}).status_code == 303
    assert state_of(office, asked) is CorrectionState.REJECTED
    assert "當日休假" in browser.get("/corrections?state=rejected").text


def test_a_request_of_another_unit_or_a_forged_one_is_not_there(office: Console, caplog: pytest.LogCaptureFixture):
    theirs, browser = ask(office, "A0002", attachment=PNG), office.open(Role.SUPERVISOR)
    for correction_id in (theirs, new_id()):
        for step in ("approve", "reject", "withdraw"):
            answer = browser.post(f"/corrections/{correction_id}/{step}", {"comment": "不"})
            assert (answer.status_code, "沒有申請" in answer.text) == (404, True)
        assert browser.get(f"/corrections/{correction_id}/attachment").status_code == 404
    assert f"console:supervisor asked for correction {theirs}" in caplog.text
    assert browser.get("/corrections?officer=A0002").status_code == 404
    assert state_of(office, theirs) is CorrectionState.REQUESTED


def test_several_are_approved_and_those_refused_are_listed_with_the_reason(office: Console):
    good, own, theirs = ask(office), ask(office, "A0003"), ask(office, "A0002")
    browser = office.open(Role.SUPERVISOR)
    assert "不可審核自己的打卡" in browser.get("/corrections").text
    sent = {"id": [str(good), str(own), str(theirs), "x' or 1=1", str(good)]}
    answer = browser.post("/corrections/approve", sent)
    assert (answer.status_code, "核准 1" in answer.text, "未核准 3" in answer.text) == (200, True, True)
    assert "A0003 所長" in answer.text
    assert answer.text.count("沒有這件申請") == 2
    assert [state_of(office, each) for each in (own, theirs)] == [CorrectionState.REQUESTED] * 2
    again = browser.post("/corrections/approve", {"id": [str(good)]})
    assert (again.status_code, "這件申請已結案" in again.text) == (409, True)
    assert browser.post("/corrections/approve").status_code == 422


def test_an_account_that_names_no_officer_decides_nothing(office: Console):
    asked, browser = ask(office), office.open(Role.ADMIN)
    assert "您的帳號沒有連結員警編號" in browser.get("/corrections").text
    for path, form in ((f"/corrections/{asked}/approve", {}), ("/corrections/approve", {"id": [str(asked)]})):
        browser.get("/password")
        answer = browser.post(path, form)
        assert (answer.status_code, "您的帳號沒有連結員警編號" in answer.text) == (409, True)
    assert state_of(office, asked) is CorrectionState.REQUESTED


def test_an_account_decides_nothing_that_it_asked_for_and_may_take_it_back(office: Console):
    asked, browser = ask(office, by="officer:H0001"), office.open(Role.HR)
    assert "不可審核自己提出的申請" in browser.get("/corrections").text
    assert browser.post(f"/corrections/{asked}/approve").status_code == 409
    assert browser.post(f"/corrections/{asked}/withdraw").location == "/console/corrections?done=withdrawn"


def test_two_decide_where_the_unit_asks_for_it(office: Console):
    with office.database.write() as session:
        corrections.set_two_step(session, office.clock.now(), MINE, two_step=True, actor=Actor("cli:hr"))
    asked, chief = ask(office), office.open(Role.SUPERVISOR)
    assert "本單位須兩人審核" in chief.get("/corrections").text
    assert chief.post(f"/corrections/{asked}/approve").location == "/console/corrections?done=endorsed"
    assert "初審與複審須為不同人" in chief.get("/corrections").text
    assert chief.post(f"/corrections/{asked}/approve").status_code == 409
    assert office.open(Role.HR).post(f"/corrections/{asked}/approve").location.endswith("approved")


def test_an_auditor_reads_and_decides_nothing(office: Console):
    asked, browser = ask(office), office.open(Role.AUDITOR)
    assert "核准</button>" not in browser.get("/corrections").text
    assert browser.post(f"/corrections/{asked}/approve").status_code == 403
    assert browser.get("/corrections/new").status_code == 403


def test_an_attachment_is_shown_as_what_it_is_and_nothing_in_it_runs(office: Console):
    picture, paper = ask(office, attachment=PNG), ask(office, hour=9, attachment=PDF)
    browser = office.open(Role.AUDITOR)
    shown = browser.get(f"/corrections/{picture}/attachment")
    assert (shown.mimetype, shown.data) == ("image/png", PNG.content)
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    named = "inline; filename=\"_script_.png\"; filename*=UTF-8''_script_.png"
    assert shown.headers["Content-Disposition"] == named
    saved = browser.get(f"/corrections/{paper}/attachment")
    assert (saved.mimetype, saved.headers["Content-Disposition"][:10]) == ("application/pdf", "attachment")


def test_hr_enters_a_missing_punch_once_and_somebody_else_decides(office: Console):
    browser = office.open(Role.HR)
    page = browser.get("/corrections/new?staff_no=A0001&day=2026-11-23").text
    assert ('name="at" value=""' in page, page.count("沒有打卡</b>")) == (True, 2)
    assert 'data-direction="out" data-at="2026-11-23T20:00"' in page
    form = {"staff_no": "A0001", "day": "2026-11-23", "what": "in", "at": "2026-11-23T08:00", "reason": "手機沒電"}
    assert browser.post("/corrections/new", form).location.endswith("officer=A0001&done=requested")
    again = browser.post("/corrections/new", form)
    assert (again.status_code, "同樣的申請還在審核中" in again.text, "手機沒電" in again.text) == (409, True, True)
    future = browser.post("/corrections/new", {**form, "at": "2026-11-24T08:00"})
    assert (future.status_code, "時間還沒到" in future.text) == (409, True)
    for wrong in ({"what": "void:x"}, {"what": ""}, {"at": ""}, {"at": "yesterday"}):
        assert browser.post("/corrections/new", {**form, **wrong}).status_code == 422
    assert browser.get("/corrections/new?staff_no=NOBODY").status_code == 404


def test_a_day_too_old_to_correct_says_so_instead_of_offering_the_form(office: Console):
    browser = office.open(Role.HR)
    page = browser.get("/corrections/new?staff_no=A0001&day=2026-10-20").text
    assert ("這一天已經不能更正" in page, 'name="reason"' in page) == (True, False)
    assert 'name="reason"' in browser.get("/corrections/new?staff_no=A0001&day=2026-10-26").text


def test_what_hr_attaches_is_judged_and_kept_as_what_an_officer_attaches(office: Console):
    browser = office.open(Role.HR)
    form = {"staff_no": "A0001", "day": "2026-11-23", "what": "in", "at": "2026-11-23T08:00", "reason": "紙本"}

    def send(content: bytes, name: str) -> Any:
        assert 'type="file" name="attachment"' in browser.get("/corrections/new?staff_no=A0001&day=2026-11-23").text
        answer = browser.post("/corrections/new", {**form, "attachment": (io.BytesIO(content), name)})
        # The test client leaves the temporary file open that it sends.
        answer.request.environ["wsgi.input"].close()
        return answer

    for content, words in (
        (b"MZ\x90", "附件只收 JPEG、PNG、PDF"),
        (b"", "附件只收 JPEG、PNG、PDF"),
        (PDF.content + b"x" * SIZE_LIMIT, "附件超過 5 MiB"),
    ):
        refused = send(content, "x.pdf")
        assert (refused.status_code, words in refused.text, "請再選一次檔案" in refused.text) == (409, True, True)
    # What is far too large is not even read.
    large = {"CONTENT_LENGTH": str(SIZE_LIMIT + 2 * 1024 * 1024)}
    assert browser.post("/corrections/new", form, environ_overrides=large).status_code == 413
    assert send(PDF.content, "..\\掃描:<1>.exe").status_code == 303
    with office.database.read() as session:
        [row] = session.scalars(select(m.Correction))
        assert (row.attachment, row.attachment_name) == (PDF.content, "掃描__1_.exe.pdf")
        [entry] = audit.entries(session, subject=f"correction:{row.id}")
        assert json.loads(entry.detail)["attachment_sha256"] == hashlib.sha256(PDF.content).hexdigest()
    saved = office.open(Role.AUDITOR).get(f"/corrections/{row.id}/attachment")
    assert (saved.mimetype, saved.data) == ("application/pdf", PDF.content)


def test_hr_asks_for_a_punch_of_the_day_to_be_voided_and_for_no_others(office: Console):
    with office.database.write() as session:
        officers = {each.staff_no: each for each in session.scalars(select(m.Officer))}
        own, other = (
            builders.punch(session, officers[number], Direction.IN, at(8)).id for number in ("A0001", "A0002")
        )
    browser = office.open(Role.HR)
    assert f"void:{own}" in browser.get("/corrections/new?staff_no=A0001&day=2026-11-23").text
    form = {"staff_no": "A0001", "day": "2026-11-23", "reason": "代打"}
    assert browser.post("/corrections/new", {**form, "what": f"void:{other}"}).status_code == 404
    assert browser.post("/corrections/new", {**form, "what": f"void:{own}"}).status_code == 303


def test_exceptions_say_how_grave_whose_and_whether_a_request_waits(office: Console):
    browser = office.open(Role.HR)
    page = browser.get("/exceptions?unit=").text
    assert page.count("未簽到</span>") == 2
    assert "<td>所長</td>" in page  # decides for MINE
    assert "<td>人事</td>" in page  # nobody looks after THEIRS
    assert page.count("/console/corrections/new?staff_no=") == 2
    # What was computed is kept for a minute; whether a request waits is looked up each time.
    ask(office)
    assert browser.get("/exceptions?unit=").text.count("審核中") == 1
    assert "沒有符合的紀錄" in browser.get("/exceptions?unit=&severity=1").text
    assert "沒有符合的紀錄" in browser.get("/exceptions?unit=&status=unproven").text
    assert "員警A0001" in browser.get("/exceptions?unit=&severity=3&status=absent").text
    for wrong in ("severity=9", "status=fine", "flag=x", "page=0", "from=2026-01-01"):
        assert browser.get(f"/exceptions?{wrong}&unit=").status_code == 422, wrong
    assert browser.get("/exceptions?unit=NONE").status_code == 404


def test_all_units_are_computed_only_when_they_are_asked_for(office: Console):
    page = office.open(Role.HR).get("/exceptions").text
    assert ("查看全部單位" in page, "A0001" in page) == (True, False)


def test_a_supervisor_sees_the_exceptions_of_the_own_unit_only(office: Console):
    browser = office.open(Role.SUPERVISOR)
    assert "A0002" not in browser.get("/exceptions").text
    assert "A0001" in browser.page
    assert browser.get("/exceptions?unit=S02").status_code == 404


def test_a_long_list_comes_in_pages_that_keep_the_question(office: Console):
    with office.database.write() as session:
        unit = session.scalars(select(m.Unit).where(m.Unit.code == MINE)).one()
        shift = session.scalars(select(m.Shift)).one()
        for _ in range(60):
            officer = builders.officer(session, unit)
            builders.roster(session, officer, shift, date(2026, 11, 22))
    browser = office.open(Role.HR)
    first = browser.get(f"/exceptions?unit={MINE}&_external=x").text
    assert f'href="?unit={MINE}&amp;_external=x&amp;page=2"' in first
    second = browser.get(f"/exceptions?unit={MINE}&page=2").text
    assert "51–61" in second
    # The oldest come first: Monday's is the last.
    assert "員警A0001" not in first
    assert "員警A0001" in second
