"""``/api/v1/me`` as an officer's phone uses it, on both databases: LINE's ID tokens, taps, and what becomes of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import event, select

from checkin_api import enrolment
from checkin_api import models as m
from checkin_api.app import create_app
from checkin_api.config import Settings
from checkin_api.domain.ids import Direction, PunchSource, Reason
from checkin_api.web.pace import Pace
from tests import builders
from tests.officers import BEN, KEY, STRANGER, TAIPEI, Phones


def test_the_first_page_tells_who_which_duty_and_what_is_due(phones: Phones):
    told = phones.me()
    assert told["officer"] == {"staff_no": "A0001", "name": "員警1", "title": "警員", "unit": "大墩派出所"}
    assert told["duty"]["shift"] == "日勤"
    assert datetime.fromisoformat(told["duty"]["start"]) == datetime(2026, 11, 23, 8, tzinfo=TAIPEI)
    assert told["next_duty"]["duty_date"] == "2026-11-24"
    assert (told["due"], told["sensed"], told["punches"]) == ("in", None, [])
    phones.hear()
    phones.clock.advance(seconds=12)
    sensed = phones.me()["sensed"]
    assert (sensed["zone"], sensed["assurance"], sensed["proves_now"]) == ("大門簽到區", "low", True)
    phones.clock.advance(seconds=600)
    assert phones.me()["sensed"]["proves_now"] is False


def test_a_tap_after_the_beacon_is_recorded_with_its_evidence(phones: Phones):
    phones.hear()
    phones.clock.advance(seconds=5)
    status, told = phones.tap()
    assert (status, told["state"]) == (200, "recorded")
    punch = told["punch"]
    assert (punch["direction"], punch["zone"], punch["source"]) == ("in", "大門簽到區", "liff")
    assert punch["evidence"]["zh"] == "手機感應到簽到區信標，靜態信標"
    assert datetime.fromisoformat(punch["at"]) == phones.clock.now()
    after = phones.me()
    assert (after["due"], [each["direction"] for each in after["punches"]]) == ("out", ["in"])


def test_the_same_tap_sent_again_is_the_same_punch(phones: Phones):
    phones.hear()
    request_id = phones.me()["request_id"]
    first = phones.tap(request_id=request_id)[1]
    phones.clock.advance(minutes=20)
    # Even after its number has run out.
    again = phones.tap(request_id=request_id)[1]
    assert again["punch"] == first["punch"]
    assert phones.ask("GET", f"/punches/{request_id}")[1]["punch"] == first["punch"]
    assert len(phones.punches()) == 1


def test_a_tap_before_the_beacon_waits_and_becomes_a_punch_of_the_app(phones: Phones):
    request_id = phones.me()["request_id"]
    status, told = phones.tap(request_id=request_id)
    assert (status, told["state"], told["reason"]) == (200, "waiting", "no_presence")
    assert told["reason_words"]["en"].startswith("Your phone has not sensed")
    phones.clock.advance(seconds=20)
    phones.hear()
    told = phones.ask("GET", f"/punches/{request_id}")[1]
    assert told["state"] == "recorded"
    [punch] = phones.punches()
    assert (punch.source, punch.at) == (PunchSource.LIFF, phones.clock.now())


def test_a_tap_without_proof_is_refused_when_the_minute_is_over(phones: Phones):
    request_id = phones.me()["request_id"]
    phones.tap(request_id=request_id)
    phones.clock.advance(seconds=61)
    told = phones.ask("GET", f"/punches/{request_id}")[1]
    assert (told["state"], told["reason"], told["waits_until"]) == ("refused", "no_presence", None)
    phones.hear()
    assert phones.ask("GET", f"/punches/{request_id}")[1]["state"] == "refused"
    assert phones.punches() == []


def test_two_tabs_and_a_double_tap_make_one_punch(phones: Phones):
    phones.hear()
    numbers = [phones.me()["request_id"] for _ in range(2)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda number: phones.tap(request_id=number), numbers * 3))
    assert {(status, told["state"]) for status, told in answers} == {(200, "recorded")}
    assert len({told["punch"]["at"] for _, told in answers}) == 1
    assert len(phones.punches()) == 1


def test_two_tabs_that_wait_make_one_punch(phones: Phones):
    numbers = [phones.me()["request_id"] for _ in range(2)]
    for number in numbers:
        assert phones.tap(request_id=number)[1]["state"] == "waiting"
    phones.hear()
    assert {phones.ask("GET", f"/punches/{number}")[1]["state"] for number in numbers} == {"recorded"}
    assert len(phones.punches()) == 1


def test_a_number_that_has_been_used_for_signing_in_signs_nobody_out(phones: Phones):
    phones.hear()
    request_id = phones.me()["request_id"]
    assert phones.tap(request_id=request_id)[1]["state"] == "recorded"
    status, told = phones.tap("out", request_id)
    # The page asks again under a new number.
    assert (status, told["code"]) == (409, "request_id_expired")
    assert phones.tap("out")[1]["punch"]["direction"] == "out"


def test_a_tap_that_nobody_has_decided_yet_is_kept(phones: Phones, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("checkin_api.web.officer.taps.DECIDED_WITHIN_S", 0.05)
    phones.hear()
    phones.decides.clear()
    request_id = phones.me()["request_id"]
    told = phones.tap(request_id=request_id)[1]
    assert (told["state"], told["reason"], told["waits_until"]) == ("waiting", None, None)
    phones.decides.set()
    phones.until_decided()
    assert phones.tap(request_id=request_id)[1]["state"] == "recorded"
    assert len(phones.punches()) == 1


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"forgery": "foreign_key"}, "token_invalid"),
        ({"forgery": "hs256"}, "token_invalid"),
        ({"forgery": "none"}, "token_invalid"),
        ({"aud": "1650000001"}, "token_invalid"),
        ({"aud": None}, "token_invalid"),
        ({"iss": "https://access.line.org"}, "token_invalid"),
        ({"exp": None}, "token_invalid"),
        ({"iat": None}, "token_invalid"),
        ({"sub": None}, "token_invalid"),
        ({"sub": "A0001"}, "token_invalid"),
        ({"exp": 1}, "token_expired"),
    ],
)
def test_a_token_that_is_not_lines_opens_nothing(phones: Phones, claims: dict[str, Any], code: str):
    status, told = phones.ask("GET", token=phones.token(**claims))
    assert (status, told["code"]) == (401, code)
    body = {"request_id": phones.me()["request_id"], "direction": "in"}
    assert phones.ask("POST", "/punches", body, token=phones.token(**claims))[0] == 401
    with phones.database.read() as session:
        assert session.scalar(select(m.InboxEvent.id)) is None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "A" * 20_000, "eyJhbGciOiJFUzI1NiJ9.e30."])
def test_what_is_no_token_opens_nothing(phones: Phones, token: str):
    status, told = phones.ask("GET", token=token)
    assert status == 401
    assert told["code"] in {"token_missing", "token_invalid"}


def test_lines_keys_may_change(phones: Phones):
    phones.me()
    phones.line.rotate_keys()
    # A key never heard of makes us look again, but not at every token.
    phones.clock.advance(seconds=31)
    phones.me()
    old = phones.token()
    phones.line.rotate_keys(keep_old=False)
    phones.clock.advance(seconds=31)
    phones.me()
    assert phones.ask("GET", token=old)[0] == 401


def test_while_line_does_not_answer_the_known_keys_are_used(phones: Phones):
    phones.me()
    phones.clock.advance(hours=2)
    phones.line.fail_api("/oauth2/v2.1/certs", status=500, times=1)
    phones.me()
    phones.clock.advance(seconds=31)
    phones.me()


def test_a_tap_that_cannot_be_judged_is_kept_and_said(phones: Phones, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("checkin_api.checkin.rulings.Rulings.punch_asked", lambda *_: 1 / 0)
    request_id = phones.me()["request_id"]
    told = phones.tap(request_id=request_id)[1]
    assert (told["state"], told["reason"]) == ("refused", None)
    assert told["reason_words"]["en"].startswith("The system failed")
    assert phones.tap(request_id=request_id)[1]["state"] == "refused"


def test_without_lines_keys_nobody_gets_in_and_it_is_said(phones: Phones):
    phones.line.fail_api("/oauth2/v2.1/certs", status=500, times=1)
    status, told = phones.ask("GET")
    assert (status, told["code"]) == (503, "storage_unavailable")
    assert phones.ask("GET")[0] == 200


def test_an_account_that_is_not_enrolled_is_told_so_and_enrols(phones: Phones):
    status, told = phones.ask("GET", user=STRANGER)
    assert (status, told["code"]) == (403, "not_enrolled")
    with phones.database.write() as session:
        issued = enrolment.issue_code(session, phones.clock.now(), "A0009", actor="test", key=KEY.encode())
    status, told = phones.ask("POST", "/enrolment", {"staff_no": "A0009", "code": "WRNG-2345"}, user=STRANGER)
    assert (status, told["code"]) == (409, str(Reason.CODE_WRONG))
    status, told = phones.ask("POST", "/enrolment", {"staff_no": "a0009", "code": issued.code}, user=STRANGER)
    assert (status, told) == (201, {"staff_no": "A0009", "name": "新人"})
    assert phones.me(STRANGER)["officer"]["staff_no"] == "A0009"
    status, told = phones.ask("POST", "/enrolment", {"staff_no": "A0009", "code": issued.code}, user=STRANGER)
    assert (status, told["code"]) == (409, str(Reason.ALREADY_ENROLLED))


def test_a_number_is_for_one_account_and_a_quarter_of_an_hour(phones: Phones):
    mine = phones.me()["request_id"]
    status, told = phones.tap(request_id=mine, user=BEN)
    assert (status, told["code"]) == (422, "request_id_unknown")
    phones.tap(request_id=mine)
    assert phones.ask("GET", f"/punches/{mine}", user=BEN)[0] == 404
    late = phones.me()["request_id"]
    phones.clock.advance(minutes=16)
    status, told = phones.tap(request_id=late)
    assert (status, told["code"]) == (409, "request_id_expired")


@pytest.mark.parametrize("request_id", ["x", "0" * 40, "6b04f58e.kHbZwQ-HwfpQ.GTI0lzvbsXSOX3Sc", "zzzzzzzz.a.b", "a.b"])
def test_a_number_that_was_never_given_is_refused(phones: Phones, request_id: str):
    assert phones.tap(request_id=request_id)[0] == 422
    assert phones.ask("GET", f"/punches/{request_id}")[0] == 404
    with phones.database.read() as session:
        assert session.scalar(select(m.InboxEvent.id)) is None


def test_a_number_that_was_given_and_not_used_tells_nothing(phones: Phones):
    assert phones.ask("GET", f"/punches/{phones.me()['request_id']}")[0] == 404


@pytest.mark.parametrize(
    "body", [{}, {"direction": "in"}, {"request_id": "x", "direction": "auto"}, {"staff_no": "A0002"}, []]
)
def test_a_tap_that_says_too_little_or_too_much_is_refused(phones: Phones, body: Any):
    assert phones.ask("POST", "/punches", body)[0] == 422


def test_one_phone_asks_too_often_and_others_do_not_suffer(phones: Phones):
    phones.app.extensions["pace"] = Pace(per_minute=3)
    answers = [phones.ask("GET")[0] for _ in range(5)]
    assert (answers[0], answers[-1]) == (200, 429)
    assert phones.ask("GET", user=BEN)[0] == 200


def test_the_page_costs_as_many_queries_after_a_year_as_on_the_first_day(phones: Phones):
    engine = phones.app.extensions["database"].engine

    def queries() -> int:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if statement.lower().startswith("select"):
                seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            phones.me()
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    first = queries()
    with phones.database.write() as session:
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one()
        for month in range(1, 11):
            for number in range(1, 29):
                at = datetime(2026, month, number, tzinfo=UTC)
                builders.punch(session, officer, Direction.IN, at)
    assert queries() == first <= 8


def test_the_own_month_has_the_records_that_hr_sees_with_the_evidence(phones: Phones):
    phones.hear()
    phones.clock.advance(minutes=4)
    phones.tap("in")
    phones.clock.advance(hours=12)
    phones.hear()
    phones.tap("out")
    status, told = phones.ask("GET", "/attendance?month=2026-11")
    assert status == 200, told
    assert [(each["duty_date"], each["status"]) for each in told["records"]] == [
        ("2026-11-23", "present"),
        ("2026-11-24", "pending"),
    ]
    monday = told["records"][0]
    assert (monday["shift"], monday["late_minutes"], monday["worked_minutes"]) == ("日勤", 4, 720)
    assert monday["status_words"] == {"zh": "出勤", "en": "Present"}
    assert {"code": "late", "words": {"zh": "遲到", "en": "Late"}} in monday["flags"]
    assert [(each["direction"], each["disposition"], each["source"]) for each in monday["punches"]] == [
        ("in", "used", "liff"),
        ("out", "used", "liff"),
    ]
    assert monday["punches"][0]["evidence"]["en"] == "beacon heard, static beacon"
    assert (told["totals"]["worked_minutes"], told["totals"]["statuses"]["present"]) == (720, 1)
    assert phones.ask("GET", "/attendance?month=2026-11", user=BEN)[1]["totals"]["worked_minutes"] == 0
    assert phones.ask("GET", "/attendance?month=2025-02")[1]["records"] == []


@pytest.mark.parametrize("month", ["", "2026-13", "2026-1", "1026-01", "２０２６-01", "2026-11-01"])
def test_a_month_that_is_none_is_refused(phones: Phones, month: str):
    assert phones.ask("GET", f"/attendance?month={month}")[0] == 422


def test_without_a_login_channel_the_app_says_what_is_missing(database_url: str):
    app = create_app(Settings(database_url=database_url, secret_key=SecretStr(KEY)))
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 503
    assert "CHECKIN_LINE_LOGIN_CHANNEL_ID" in answer.get_json()["title"]
    assert app.test_client().get("/liff/").status_code == 404
    app.extensions["database"].close()


def test_the_page_is_never_stored_and_its_files_for_ever(phones: Phones):
    client = phones.app.test_client()
    page = client.get("/liff/")
    assert page.headers["Cache-Control"] == "no-store"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    text = page.get_data(as_text=True)
    names = [part.split('"')[0] for part in text.split('="/liff/')[1:]]
    assert len(names) == 6
    total = len(page.data)
    for name in names:
        file = client.get(f"/liff/{name}")
        assert file.status_code == 200, name
        assert "immutable" in file.headers["Cache-Control"]
        total += len(file.data)
        file.close()
    # Besides LINE's SDK: the page, its files and one question to the API.
    assert len(names) + 2 <= 8
    assert total <= 60_000
    assert client.get("/liff/0.0.0/main.js").status_code == 404
    assert client.get(f"/liff/{names[0].split('/')[0]}/../page.py").status_code == 404
