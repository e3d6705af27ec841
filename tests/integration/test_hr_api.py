"""``/api/v1`` for HR, supervisors, auditors and other programs: who may ask what, the numbers, decisions, reports."""

import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from checkin_api import accounts, audit, builds, corrections, rules, tokens
from checkin_api import models as m
from checkin_api.building import Workshop, make, report_writer
from checkin_api.corrections import MissingPunch, Request
from checkin_api.db import Database
from checkin_api.domain.corrections import Actor, Policy
from checkin_api.domain.ids import Direction, Role, StaffNo
from checkin_api.web.hr import KEY_HEADER, access, reports
from checkin_api.web.pace import PER_MINUTE
from checkin_api.web.sessions import COOKIE
from tests import builders
from tests.commands import checkin
from tests.console import MINE, TAIPEI, THEIRS, TODAY, Console, console
from tests.fakes import FakeClock
from tests.workbooks import print_headers

LINE_USER = "U" + "0123456789abcdef" * 2
DAY = "from=2026-11-23&to=2026-11-23"
ORDER = {"kind": "duty_records", "format": "csv", "from": "2026-11-23", "to": "2026-11-23"}


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=TAIPEI)


@dataclass
class Api:
    """One program with a token, or one browser with a session of the console."""

    client: FlaskClient
    headers: dict[str, str]

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers={**self.headers, **headers})

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.client.post(f"/api/v1{path}", json=body, headers={**self.headers, **headers})

    def ask(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.get_json()


@dataclass
class Office:
    """The next morning: A0001 of ``MINE`` came late and did not sign out, A0002 of ``THEIRS`` did not come."""

    there: Console

    def program(self, role: Role) -> Api:
        unit = MINE if role is Role.SUPERVISOR else None
        with self.there.database.write() as session:
            token = tokens.issue(
                session, self.there.clock.now(), name="payroll", role=role, unit=unit, days=1, actor="test"
            )
        return Api(self.there.app.test_client(), {"Authorization": f"Bearer {token}"})

    def signed_in(self, role: Role, *, staff_no: str | None = None) -> Api:
        """A session of the console that carries its key; its account may be that of an officer."""
        client, now = self.there.app.test_client(), self.there.clock.now()
        with self.there.database.write() as session:
            user = session.scalars(select(m.ConsoleUser).where(m.ConsoleUser.role == role)).one()
            if staff_no is not None:
                user.officer_id = session.scalars(select(m.Officer.id).where(m.Officer.staff_no == staff_no)).one()
                session.flush()
            token = accounts.open_session(session, now, user.id, complete=True)
            viewer = accounts.viewer_of(session, now, token)
        assert viewer
        client.set_cookie(COOKIE, token, path="/api/v1/")
        return Api(client, {KEY_HEADER: viewer.form_key})

    def asked(self, staff_no: str = "A0001") -> UUID:
        """An officer asks for a sign-out."""
        wanted = Request(staff_no, MissingPunch(Direction.OUT, at(20)), "忘了")
        policy, actor = Policy(quota=3, days=31, zone=TAIPEI), Actor(f"liff:{staff_no}", StaffNo(staff_no))
        with self.there.database.write() as session:
            made = corrections.request(session, self.there.clock.now(), wanted, actor=actor, policy=policy)
        assert isinstance(made, UUID)
        return made

    def work(self) -> None:
        """What a worker does."""
        there, settings = self.there, self.there.settings
        write = report_writer(there.database, settings)
        shop = Workshop(there.database, there.clock, settings.report_dir, write, "w")
        with there.database.read() as session:
            waiting = builds.due(session, there.clock.now())
        assert all(make(shop, build_id) for build_id in waiting)

    def acts(self, limit: int) -> list[str]:
        with self.there.database.read() as session:
            return [f"{entry.actor} {entry.action}" for entry in audit.entries(session, limit=limit)]


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock, tmp_path: Path) -> Iterator[Office]:
    database = Database(sqlite_url)
    there = console(database, clock, report_dir=tmp_path / "reports")
    clock.at = at(7, day=24).astimezone(UTC)
    with database.write() as session:
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one()
        builders.punch(session, officer, Direction.IN, at(8, 20))
        builders.line_account(session, officer, LINE_USER)
        bureau = builders.officer(session, builders.unit(session, code="HQ"), staff_no="H0001", name="人事")
        assert bureau.id
    yield Office(there)
    there.close()
    database.close()


READERS = {Role.HR, Role.SUPERVISOR, Role.AUDITOR}
DECIDE = f"/corrections/{uuid4()}/decision"
# Every path and who it is for besides admins; a path that is not here fails the test below.
PATHS: dict[str, tuple[str, str, Any, set[Role]]] = {
    "list_officers": ("GET", "/officers", None, READERS),
    "get_officer": ("GET", "/officers/A0001", None, READERS),
    "get_attendance": ("GET", f"/attendance?{DAY}", None, READERS),
    "list_punches": ("GET", f"/punches?{DAY}", None, READERS),
    "list_exceptions": ("GET", f"/exceptions?{DAY}", None, READERS),
    "list_corrections": ("GET", "/corrections", None, READERS),
    "decide_correction": ("POST", DECIDE, {"decision": "approve"}, {Role.HR, Role.SUPERVISOR}),
    "list_reports": ("GET", "/reports", None, READERS),
    "order_report": ("POST", "/reports", ORDER, READERS),
    "get_report": ("GET", f"/reports/{uuid4()}", None, READERS),
    "get_report_file": ("GET", f"/reports/{uuid4()}/file", None, READERS),
    "get_daily_report": ("GET", "/reports/daily/2026-11-23?format=csv", None, READERS),
    "get_monthly_report": ("GET", "/reports/monthly/2026-11?format=csv", None, READERS),
    "list_entries": ("GET", "/audit", None, {Role.HR, Role.AUDITOR}),
}


def test_every_path_is_for_the_roles_that_are_written_down_and_for_no_others(office: Office):
    rules = {rule.endpoint for rule in office.there.app.url_map.iter_rules() if rule.endpoint.startswith("hr.")}
    assert rules == {f"hr.{name}" for name in PATHS}
    for role in Role:
        program = office.program(role)
        for name, (method, path, body, roles) in PATHS.items():
            with program.client.open(f"/api/v1{path}", method=method, json=body, headers=program.headers) as answer:
                allowed = role is Role.ADMIN or role in roles
                assert (answer.status_code == 403) is not allowed, (role, name, answer.status_code)
                assert allowed or answer.get_json()["code"] == "forbidden"
                # Nobody reads what it has to say of officers in a cache.
                assert answer.headers["Cache-Control"] == "private, no-store"
                assert LINE_USER.encode() not in answer.data


def test_nobody_without_a_token_or_a_session_gets_anything(office: Office):
    nobody = Api(office.there.app.test_client(), {})
    for method, path, body, _ in PATHS.values():
        answer = nobody.client.open(f"/api/v1{path}", method=method, json=body)
        assert (answer.status_code, answer.get_json()["code"]) == (401, "token_missing"), path
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert nobody.get("/officers", Authorization="Bearer wrong").get_json()["code"] == "token_invalid"


def test_a_supervisor_sees_the_own_unit_and_nothing_of_others(office: Office, caplog: pytest.LogCaptureFixture):
    hr, chief = office.program(Role.HR), office.program(Role.SUPERVISOR)
    theirs, foreign = office.asked(), office.asked("A0002")
    order = {**ORDER, "unit": THEIRS}
    build = hr.post("/reports", order).get_json()["id"]
    assert [each["staff_no"] for each in chief.ask("/officers")["officers"]] == ["A0001"]
    assert {each["staff_no"] for each in chief.ask(f"/attendance?{DAY}")} == {"A0001"}
    assert {each["staff_no"] for each in chief.ask(f"/punches?{DAY}")["punches"]} == {"A0001"}
    assert {each["record"]["staff_no"] for each in chief.ask(f"/exceptions?{DAY}")["exceptions"]} == {"A0001"}
    assert [each["id"] for each in chief.ask("/corrections")["corrections"]] == [str(theirs)]
    assert chief.ask("/reports")["builds"] == []
    with chief.get("/reports/daily/2026-11-23?format=json") as answer:
        assert (MINE in answer.data.decode(), THEIRS in answer.data.decode()) == (True, False)
    for path in (
        *(f"{path}unit={THEIRS}" for path in ("/officers?", f"/attendance?{DAY}&", f"/punches?{DAY}&")),
        *(f"{path}unit={THEIRS}" for path in (f"/exceptions?{DAY}&", "/corrections?")),
        *(f"{path}officer=A0002" for path in (f"/attendance?{DAY}&", f"/punches?{DAY}&", f"/exceptions?{DAY}&")),
        *("/officers/A0002", "/officers/NOBODY", "/corrections?officer=A0002", f"/attendance?{DAY}&officer=NOBODY"),
        *(f"/reports/daily/2026-11-23?format=csv&unit={THEIRS}", f"/reports/monthly/2026-11?format=csv&unit={THEIRS}"),
        "/reports/monthly/2026-11?format=csv&officer=A0002",
        *(f"/reports/{build}", f"/reports/{build}/file"),
    ):
        answer = chief.get(path)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found"), path
    assert chief.post("/reports", order).status_code == 404
    assert chief.post("/reports", {**ORDER, "kind": "fleet_health"}).status_code == 403
    assert "supervisor:payroll asked for officer A0002, who is not theirs" in caplog.text
    decider = office.signed_in(Role.SUPERVISOR, staff_no="H0001")
    assert decider.post(f"/corrections/{foreign}/decision", {"decision": "approve"}).status_code == 404
    assert decider.post(f"/corrections/{theirs}/decision", {"decision": "approve"}).status_code == 200


def test_officers_are_found_by_unit_text_and_service_a_page_at_a_time(office: Office):
    with office.there.database.write() as session:
        gone = update(m.Officer).where(m.Officer.staff_no == "A0002").values(active_to=at(8).date())
        session.execute(gone)
    hr = office.program(Role.HR)
    first = hr.ask("/officers?per_page=2")
    assert ([each["staff_no"] for each in first["officers"]], first["page"], first["pages"], first["total"]) == (
        ["A0001", "A0002"],
        1,
        2,
        3,
    )
    assert [each["staff_no"] for each in hr.ask("/officers?per_page=2&page=2")["officers"]] == ["H0001"]
    assert hr.ask("/officers?page=1000000")["officers"] == []
    assert [each["staff_no"] for each in hr.ask(f"/officers?unit={THEIRS}")["officers"]] == ["A0002"]
    assert [each["name"] for each in hr.ask("/officers?q=a0001")["officers"]] == ["員警A0001"]
    active = hr.ask("/officers?active_on=2026-11-24")["officers"]
    assert [each["staff_no"] for each in active] == ["A0001", "H0001"]
    one = hr.ask("/officers/A0001")
    assert (one["unit"], one["enrolled_at"] is not None, "id" in one) == (MINE, True, False)


def test_attendance_is_what_the_command_shows(office: Office):
    now, url = office.there.clock.now().isoformat(), str(office.there.settings.database_url)
    shown = checkin(
        url,
        *("attendance", "show", "--from", "2026-11-22", "--to", "2026-11-24", "--format", "json", "--as-of", now),
    )
    answered = office.program(Role.AUDITOR).ask("/attendance?from=2026-11-22&to=2026-11-24")
    assert answered == json.loads(shown.stdout)
    assert [(each["staff_no"], each["status"]) for each in answered] == [("A0001", "missing_out"), ("A0002", "absent")]
    [one] = office.program(Role.HR).ask(f"/attendance?{DAY}&unit={THEIRS}&officer=A0002")
    assert one == answered[1]


@pytest.mark.parametrize(("path", "report"), [("/attendance", "duty_records"), ("/exceptions", "exceptions")])
def test_a_question_about_too_many_officers_is_a_report(
    office: Office, monkeypatch: pytest.MonkeyPatch, path: str, report: str
):
    monkeypatch.setattr("checkin_api.web.hr.attendance.MOST_OFFICER_DAYS", 2)
    hr = office.program(Role.HR)
    answer = hr.get(f"{path}?{DAY}")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "too_many_records")
    assert report in answer.get_json()["title"]
    assert hr.get(f"{path}?{DAY}&unit={MINE}").status_code == 200
    assert hr.get(f"{path}?{DAY}&officer=A0001").status_code == 200


def test_the_exceptions_of_an_officer_are_computed_of_that_officer_alone(office: Office):
    hr, kept = office.program(Role.HR), office.there.app.extensions["exceptions_kept"]
    found = hr.ask(f"/exceptions?{DAY}&officer=A0001&unit={MINE}")
    assert [each["record"]["staff_no"] for each in found["exceptions"]] == ["A0001"]
    assert hr.ask(f"/exceptions?{DAY}&officer=A0001&unit={THEIRS}")["total"] == 0
    assert hr.get(f"/exceptions?{DAY}&officer=NOBODY").status_code == 404
    assert not kept


def test_of_a_burst_of_questions_one_waits_without_a_connection_and_the_others_come_again(office: Office):
    hr, pool = office.program(Role.HR), office.there.app.extensions["database"].engine.pool

    def ask(path: str) -> TestResponse:
        return Api(office.there.app.test_client(), hr.headers).get(f"{path}?{DAY}")

    with ThreadPoolExecutor() as threads:
        with access.computing():
            open_ones = [threads.submit(ask, path) for path in ("/exceptions", "/attendance", "/exceptions")]
            refused = [each.result() for each in islice(as_completed(open_ones, timeout=4), 2)]
            assert pool.checkedout() == 0
        for answer in refused:
            assert (answer.status_code, answer.get_json()["code"]) == (503, "busy")
            assert answer.headers["Retry-After"] == "5"
        assert sorted(each.result().status_code for each in open_ones) == [200, 503, 503]


def test_punches_tell_their_proof_and_whether_they_count(office: Office):
    with office.there.database.write() as session:
        zone = builders.zone(session, code="HQ-1F")
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0002")).one()
        presence = builders.presence(session, officer, zone, at(8))
        builders.punch(session, officer, Direction.IN, at(8), proof=presence)
    hr = office.program(Role.HR)
    found = hr.ask(f"/punches?{DAY}")
    assert [(each["staff_no"], each["at"], each["zone"], each["void"]) for each in found["punches"]] == [
        ("A0002", "2026-11-23T08:00:00+08:00", "HQ-1F", False),
        ("A0001", "2026-11-23T08:20:00+08:00", None, False),
    ]
    assert (found["punches"][0]["assurance"], found["total"]) == ("low", 2)
    second = hr.ask(f"/punches?{DAY}&per_page=1&page=2")
    assert (second["punches"], second["pages"]) == ([found["punches"][1]], 2)
    assert hr.ask(f"/punches?{DAY}&officer=A0001")["total"] == 1


def test_exceptions_are_filtered_and_the_gravest_come_first(office: Office):
    office.there.clock.at = at(12, day=24).astimezone(UTC)
    hr = office.program(Role.HR)
    found = hr.ask(f"/exceptions?{DAY}")
    assert [(each["severity"], each["record"]["staff_no"]) for each in found["exceptions"]] == [
        ("high", "A0002"),
        ("medium", "A0001"),
    ]
    assert found["as_of"] == "2026-11-24T12:00:00+08:00"
    assert found["exceptions"][1]["record"] == hr.ask(f"/attendance?{DAY}&officer=A0001")[0]
    for query, count in (
        *(("severity=high", 1), ("status=missing_out", 1), ("flag=late", 1), ("officer=A0002", 1)),
        *(("severity=low", 0), (f"unit={MINE}", 1), ("per_page=1&page=3", 0)),
    ):
        assert len(hr.ask(f"/exceptions?{DAY}&{query}")["exceptions"]) == count, query


def test_a_rule_that_hr_saves_shows_at_once_in_what_is_kept(office: Office):
    there = office.there
    hr, browser = office.program(Role.HR), there.open(Role.HR)
    with there.database.write() as session:
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one()
        second = builders.shift(session, code="N", start=time(21), end=time(23))
        builders.roster(session, officer, second, at(8).date())
        builders.punch(session, officer, Direction.OUT, at(20))
        builders.punch(session, officer, Direction.IN, at(21))
        builders.punch(session, officer, Direction.OUT, at(23))

    def flagged(flag: str) -> int:
        total: int = hr.ask(f"/exceptions?{DAY}&flag={flag}")["total"]
        return total

    def late_today() -> bool:
        return '<td class="n warn">1</td>' in browser.get("/today/units?day=2026-11-23").text

    assert (flagged("late"), flagged("third_segment"), late_today()) == (1, 0, True)
    with there.database.write() as session:
        session.execute(update(m.Shift).values(late_grace_minutes=30))
    assert (flagged("late"), late_today()) == (0, False)
    numbers = {**rules.numbers_of(there.settings), "limit_segments": 1}
    with there.database.write() as session:
        rules.set_rules(session, there.clock.now(), there.settings, numbers, actor="test")
    assert flagged("third_segment") == 1


def test_a_token_decides_nothing_for_it_names_no_officer(office: Office):
    asked = office.asked()
    for who in (office.program(Role.HR), office.program(Role.ADMIN), office.signed_in(Role.HR)):
        answer = who.post(f"/corrections/{asked}/decision", {"decision": "approve"})
        assert (answer.status_code, answer.get_json()["code"]) == (409, "no_officer")
    assert office.program(Role.HR).ask("/corrections")["corrections"][0]["state"] == "requested"


def test_a_correction_is_decided_once_by_somebody_else(office: Office):
    asked, other = office.asked(), office.asked("A0002")
    clerk = office.signed_in(Role.HR, staff_no="H0001")
    done = clerk.post(f"/corrections/{asked}/decision", {"decision": "approve"}).get_json()
    assert (done["correction"]["state"], done["correction"]["decided_by"], done["month_count"], done["quota"]) == (
        "approved",
        "officer:H0001",
        1,
        3,
    )
    again = clerk.post(f"/corrections/{asked}/decision", {"decision": "reject", "comment": "x"})
    assert (again.status_code, again.get_json()["code"]) == (409, "closed")
    silent = clerk.post(f"/corrections/{other}/decision", {"decision": "reject"})
    assert (silent.status_code, silent.get_json()["code"]) == (409, "no_reason")
    done = clerk.post(f"/corrections/{other}/decision", {"decision": "reject", "comment": "請假"}).get_json()
    assert (done["correction"]["state"], done["correction"]["comment"]) == ("rejected", "請假")
    assert {each["state"] for each in clerk.ask("/corrections?state=decided")["corrections"]} == {
        "approved",
        "rejected",
    }
    assert [each["id"] for each in clerk.ask("/corrections?state=approved")["corrections"]] == [str(asked)]
    assert clerk.ask("/corrections")["corrections"] == []
    assert office.acts(2) == ["console:hr correction.reject", "console:hr correction.approve"]
    own = office.signed_in(Role.HR, staff_no="A0002")
    mine = own.post(f"/corrections/{office.asked('A0002')}/decision", {"decision": "approve"})
    assert (mine.status_code, mine.get_json()["code"]) == (409, "own_record")


def test_two_decide_where_the_unit_asks_for_two(office: Office):
    asked = office.asked()
    with office.there.database.write() as session:
        corrections.set_two_step(session, office.there.clock.now(), MINE, two_step=True, actor=Actor("cli:test"))
    clerk = office.signed_in(Role.HR, staff_no="H0001")
    assert clerk.ask("/corrections")["corrections"][0]["two_step"] is True
    path, approve = f"/corrections/{asked}/decision", {"decision": "approve"}
    assert clerk.post(path, approve).get_json()["correction"]["state"] == "endorsed"
    assert clerk.post(path, approve).get_json()["code"] == "same_approver"
    other = office.signed_in(Role.SUPERVISOR, staff_no="A0002")
    assert other.post(path, approve).get_json()["correction"]["state"] == "approved"


def test_another_sites_page_does_nothing_with_a_session(office: Office):
    clerk = office.signed_in(Role.HR)
    for name, value in (
        *((KEY_HEADER, ""), (KEY_HEADER, "forged"), ("Origin", "https://evil.example"), ("Origin", "null")),
        ("Sec-Fetch-Site", "cross-site"),
    ):
        answer = clerk.post("/reports", ORDER, **{name: value})
        assert (answer.status_code, answer.get_json()["code"]) == (403, "form_key_missing"), name
    assert clerk.get("/officers", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert clerk.ask("/reports")["builds"] == []
    assert clerk.post("/reports", ORDER).status_code == 202


def test_a_session_opens_the_api_once_the_account_is_complete_and_until_it_ends(office: Office):
    with office.there.database.write() as session:
        password = accounts.reset(
            session, office.there.clock.now(), "hr", first=accounts.first_password(), actor="cli:test"
        )
    browser = office.there.browser()
    browser.get("/sign-in")
    browser.post("/sign-in", {"username": "hr", "password": password})
    answer = browser.client.get("/api/v1/officers")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "account_incomplete")
    with office.there.database.write() as session:
        session.execute(update(m.ConsoleUser).values(must_change=False))
    assert browser.client.get("/api/v1/officers").status_code == 200
    browser.get("/users")
    assert browser.post("/sign-out").status_code == 303
    assert browser.client.get("/api/v1/officers").status_code == 401


def test_a_report_is_ordered_once_made_and_taken_on_the_record(office: Office):
    hr = office.program(Role.HR)
    answer = hr.post("/reports", ORDER)
    build = answer.get_json()
    assert (answer.status_code, answer.location, build["state"]) == (202, build["address"], "queued")
    assert (build["from"], build["format"], build["file"], build["ordered_by"]) == (
        "2026-11-23",
        "csv",
        None,
        "hr:payroll",
    )
    assert hr.post("/reports", ORDER).get_json()["id"] == build["id"]
    path = build["address"].removeprefix("/api/v1")
    assert "Retry-After" in hr.get(path).headers
    early = hr.get(f"{path}/file")
    assert (early.status_code, early.get_json()["code"]) == (409, "not_done")
    office.work()
    done = hr.ask(path)
    assert (done["state"], done["rows"], done["file"]) == ("done", 2, f"{build['address']}/file")
    with hr.get(f"{path}/file") as file:
        assert "attachment" in file.headers["Content-Disposition"]
        assert "A0002" in file.data.decode()
    assert office.acts(2) == ["hr:payroll report.download", "hr:payroll report.order"]
    listed = hr.ask("/reports?state=done")
    assert [(each["id"], each["downloads"]) for each in listed["builds"]] == [(build["id"], 1)]
    assert {"month_matrix", "fleet_health"} <= {kind["kind"] for kind in listed["kinds"]}
    for left in (office.there.settings.report_dir / "builds").iterdir():
        left.unlink()
    assert hr.get(f"{path}/file").get_json()["code"] == "file_gone"
    assert hr.ask(path)["downloads"] == 1


@pytest.mark.parametrize(
    ("path", "command"),
    [
        (
            "/reports/daily/2026-11-23?format=csv",
            ("daily", "--date", "2026-11-23", "--format", "csv"),
        ),
        (
            f"/reports/monthly/2026-11?format=csv&unit={MINE}",
            ("monthly", "--month", "2026-11", "--unit", MINE, "--format", "csv"),
        ),
    ],
)
def test_a_small_report_is_given_at_once_with_the_numbers_of_the_command(
    office: Office, tmp_path: Path, path: str, command: tuple[str, ...]
):
    hr, output = office.program(Role.HR), tmp_path / "report.csv"
    with hr.get(path) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "text/csv")
        given = answer.data.decode("utf-8-sig")
    url = str(office.there.settings.database_url)
    assert checkin(url, "report", *command, "--output", str(output)).exit_code == 0
    # Who made it, and when, differ.
    told = ("made_", "製表", "as_of", "sha256", "資料雜湊")
    assert _lines(given, told) == _lines(output.read_text("utf-8-sig"), told)
    assert office.acts(2) == ["hr:payroll report.download", "hr:payroll report.order"]
    with hr.get(path) as again:
        assert again.data.decode("utf-8-sig") == given
    assert len(hr.ask("/reports")["builds"]) == 1
    office.there.clock.advance(seconds=61)
    hr.get(path).close()
    assert len(hr.ask("/reports")["builds"]) == 2


def test_a_report_that_bears_who_ordered_it_is_given_to_nobody_else(office: Office):
    app, settings = office.there.app, office.there.settings
    app.extensions["settings"] = settings.model_copy(update={"report_watermark": True})
    path = f"/reports/daily/{TODAY}?format=xlsx"
    for reader, name in ((office.program(Role.HR), "hr:payroll"), (office.signed_in(Role.HR), "console:hr")) * 2:
        with reader.get(path) as answer:
            assert {header.partition("　")[0] for header in print_headers(answer.data)} == {name}
    assert len(office.program(Role.AUDITOR).ask("/reports")["builds"]) == 2


def _lines(text: str, but: tuple[str, ...]) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text)) if not any(cell.startswith(but) for cell in row)]


def test_a_long_report_is_made_by_a_worker_and_given_when_it_is_ready(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reports, "MOST_AT_ONCE", 1)
    auditor, path = office.program(Role.AUDITOR), "/reports/monthly/2026-11?format=xlsx"
    later = auditor.get(path)
    assert (later.status_code, later.get_json()["kind"], later.headers["Retry-After"]) == (202, "month_matrix", "5")
    assert auditor.get(path).location == later.location
    office.work()
    office.there.clock.advance(minutes=10)
    with auditor.get(path) as answer:
        assert (answer.status_code, answer.data[:2]) == (200, b"PK")
    assert office.acts(1) == ["auditor:payroll report.download"]


def test_who_asks_for_a_long_report_that_failed_is_told_and_orders_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reports, "MOST_AT_ONCE", 1)
    hr, path, there = office.program(Role.HR), "/reports/monthly/2026-11?format=xlsx", office.there
    build_id = UUID(hr.get(path).get_json()["id"])
    with there.database.write() as session:
        claimed = builds.claim(session, there.clock.now(), build_id, worker="w")
        assert claimed
        builds.fail(session, there.clock.now(), claimed, "磁碟已滿 / disk full", for_good=True)
    there.clock.advance(minutes=14)
    for _ in range(2):
        answer = hr.get(path)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "build_failed")
        assert "磁碟已滿" in answer.get_json()["title"]
        assert "POST /api/v1/reports" in answer.get_json()["title"]
    assert len(hr.ask("/reports")["builds"]) == 1
    order = {**ORDER, "kind": "month_matrix", "format": "xlsx", "from": "2026-11-01", "to": "2026-11-30"}
    ordered = hr.post("/reports", order)
    assert (hr.get(path).status_code, hr.get(path).location) == (202, ordered.location)
    office.work()
    with hr.get(path) as made:
        assert made.status_code == 200


WRONG = [
    ("/attendance", "from"),
    ("/attendance?from=2026-11-24&to=2026-11-23", "62"),
    ("/attendance?from=2026-01-01&to=2026-11-23", "62"),
    ("/attendance?from=2026-13-01&to=2026-11-23", "must be a date"),
    ("/attendance?from=1790000000&to=2026-11-23", "must be a date"),
    ("/attendance?from=0001-01-01&to=0001-01-02", "must be a date"),
    ("/attendance?from=9999-12-31&to=9999-12-31", "must be a date"),
    (f"/attendance?{DAY}&unit=%00", "unit"),
    (f"/attendance?{DAY}&colour=red", "colour"),
    (f"/punches?{DAY}&page=0", "page"),
    (f"/punches?{DAY}&page=99999999999999999999", "page"),
    (f"/punches?{DAY}&per_page=1001", "per_page"),
    (f"/exceptions?{DAY}&severity=grave", "severity"),
    (f"/exceptions?{DAY}&status=sleepy", "status"),
    ("/corrections?state=sideways", "state"),
    ("/officers?active_on=today", "active_on"),
    ("/officers?q=%00", "q"),
    ("/reports?limit=501", "limit"),
    ("/reports/daily/2026-02-30?format=csv", "2026-11-23"),
    ("/reports/daily/2026-11-23?format=docx", "format"),
    ("/reports/daily/2026-11-23", "format"),
    ("/reports/monthly/2026-13?format=csv", "2026-11"),
    ("/reports/monthly/2026-11-23?format=csv", "2026-11"),
    ("/audit?before=0", "before"),
    ("/audit?from=never", "from"),
]


def test_what_cannot_be_asked_is_refused_in_words(office: Office):
    hr = office.program(Role.HR)
    for path, said in WRONG:
        answer = hr.get(path)
        told = answer.get_json()
        assert (answer.status_code, told["code"]) == (422, "validation_failed"), path
        assert answer.mimetype == "application/problem+json"
        assert said in told["title"], path


def test_what_cannot_be_ordered_is_refused_in_words(office: Office):
    hr = office.program(Role.HR)
    for more, status, code in (
        ({"kind": "nonsense"}, 422, "report_not_offered"),
        ({"format": "pdf"}, 422, "report_not_offered"),
        ({"format": "docx"}, 422, "validation_failed"),
        ({"from": "2026-11-24"}, 422, "report_not_offered"),
        ({"kind": "month_matrix"}, 422, "report_not_offered"),
        ({"unit": "NOPE"}, 404, "not_found"),
        ({"officer": "NOPE"}, 404, "not_found"),
        ({"options": {}}, 422, "validation_failed"),
    ):
        answer = hr.post("/reports", {**ORDER, **more})
        assert (answer.status_code, answer.get_json()["code"]) == (status, code), more
    for path in ("/officers/%00", f"/reports/{uuid4()}", "/reports/x", "/reports/x/file"):
        assert hr.get(path).status_code == 404
    assert hr.ask("/reports")["builds"] == []


def test_the_audit_log_is_searched_a_page_at_a_time_and_says_its_hashes(office: Office):
    hr = office.program(Role.HR)
    hr.post("/reports", ORDER)
    first = hr.ask("/audit?limit=1")
    [newest] = first["entries"]
    assert (newest["actor"], newest["action"], newest["detail"]["kind"]) == (
        "hr:payroll",
        "report.order",
        "duty_records",
    )
    assert (first["older"], first["last_number"]) == (newest["number"], 2)
    older = hr.ask(f"/audit?limit=1&before={first['older']}")
    assert (older["entries"][0]["hash"], older["older"]) == (newest["previous_hash"], None)
    assert len(hr.ask("/audit?action=token.&subject=token:&actor=test&from=2026-11-24&to=2026-11-24")["entries"]) == 1
    assert hr.ask("/audit?to=2026-11-23")["entries"] == []


def test_who_asks_too_often_is_told_to_wait(office: Office):
    program, pace = office.program(Role.AUDITOR), office.there.app.extensions["api_pace"]
    assert program.get("/officers/A0001").status_code == 200
    assert all(pace.admits("auditor:payroll") for _ in range(PER_MINUTE - 1))
    answer = program.get("/officers/A0001")
    assert answer.status_code == 429
    assert (answer.get_json()["code"], answer.headers["Retry-After"]) == ("too_many_requests", "5")
    assert office.program(Role.HR).get("/officers/A0001").status_code == 200


def test_the_description_names_both_proofs_and_has_examples(office: Office):
    paths = office.program(Role.HR).ask("/openapi.json")["paths"]
    mine = {path: methods for path, methods in paths.items() if any("HR" in o["tags"] for o in methods.values())}
    assert len(mine) == len(PATHS) - 1
    for path, methods in mine.items():
        for operation in methods.values():
            assert operation["security"] == [{"token": []}, {"session": []}], path
            good = next(answer for status, answer in operation["responses"].items() if status in {"200", "202"})
            [*media] = good["content"].values()
            assert "/reports/" in path or "example" in media[0], path
