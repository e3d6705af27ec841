"""The notice, its acceptance and requests on the phone, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from checkin_api import models as m
from checkin_api import privacy
from checkin_api.domain.ids import PrivacyRequestKind, PrivacyRequestState
from tests.officers import BEN, STRANGER, Phones

ASKED = {"kind": "correct", "text": "十一月三日的簽退時間不對"}


@pytest.fixture
def unasked(phones: Phones) -> Phones:
    """Nobody has accepted anything."""
    with phones.database.write() as session:
        session.execute(delete(m.NoticeAcceptance))
    return phones


def accept(phones: Phones, version: str = privacy.VERSION, **who: Any) -> Any:
    return phones.ask("POST", "/privacy/acceptance", {"version": version}, **who)


def acceptances(phones: Phones) -> list[m.NoticeAcceptance]:
    with phones.database.read() as session:
        return list(session.scalars(select(m.NoticeAcceptance)))


def test_the_notice_can_be_read_before_anything_is_bound_or_accepted(unasked: Phones):
    for user in (BEN, STRANGER):
        status, told = unasked.ask("GET", "/privacy", user=user)
        assert (status, told["accepted_at"], told["acceptances"], told["requests"]) == (200, None, [], [])
        assert told["version"] == privacy.VERSION
        for language in ("zh", "en"):
            notice = told["notice"][language]
            assert notice["title"]
            assert notice["sections"][0]["paragraphs"]
            assert notice["table"]["rows"][0].keys() == {"data", "what", "why", "kept", "who"}
        assert told["notice"]["zh"]["sections"][0]["paragraphs"][0].startswith("本機關")


def test_the_notice_is_accepted_once_for_a_version(unasked: Phones):
    status, told = accept(unasked)
    assert (status, told["version"]) == (200, privacy.VERSION)
    at = told["accepted_at"]
    unasked.clock.advance(hours=1)
    assert accept(unasked) == (200, {"version": privacy.VERSION, "accepted_at": at})
    assert unasked.ask("GET", "/privacy")[1]["accepted_at"] == at
    assert len(acceptances(unasked)) == 1
    assert unasked.ask("GET", "/privacy", user=BEN)[1]["accepted_at"] is None


def test_two_tabs_that_accept_at_once_accept_once(unasked: Phones):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: accept(unasked), range(4)))
    assert {status for status, _ in answers} == {200}
    assert len(acceptances(unasked)) == 1


@pytest.mark.parametrize("version", ["0", "2", "１", "1' or '1'='1"])
def test_another_version_is_not_accepted(unasked: Phones, version: str):
    status, told = accept(unasked, version)
    assert (status, told["code"]) == (409, "notice_outdated")
    assert acceptances(unasked) == []


@pytest.mark.parametrize("version", ["", "1\x00", "1\n", "\ud800", "1" * 33, 1, None, ["1"]])
def test_a_version_that_is_none_is_refused(unasked: Phones, version: Any):
    assert accept(unasked, version)[0] == 422
    assert acceptances(unasked) == []


def test_who_is_not_enrolled_accepts_and_asks_nothing(unasked: Phones):
    for path, body in (("/privacy/acceptance", {"version": privacy.VERSION}), ("/privacy/requests", ASKED)):
        status, told = unasked.ask("POST", path, body, user=STRANGER)
        assert (status, told["code"]) == (403, "not_enrolled")


def test_another_period_is_a_new_version_asked_anew_and_the_old_acceptance_is_kept(phones: Phones):
    settings = phones.app.extensions["settings"].model_copy(update={"retention_presences": 60})
    phones.app.extensions["settings"] = settings
    version = privacy.notice_version(privacy.retention(settings))
    phones.clock.advance(days=1)
    told = phones.ask("GET", "/privacy")[1]
    assert told["version"] == version != privacy.VERSION
    [row] = [row for row in told["notice"]["zh"]["table"]["rows"] if row["data"] == "presences"]
    assert row["kept"] == "60 天"
    assert phones.me()["notice_accepted"] is False
    assert phones.ask("GET", "/privacy")[1]["accepted_at"] is None
    assert phones.tap()[1]["code"] == "notice_not_accepted"
    assert accept(phones, "1")[1]["code"] == "notice_outdated"
    assert accept(phones, version)[0] == 200
    assert phones.me()["notice_accepted"] is True
    assert [each["version"] for each in phones.ask("GET", "/privacy")[1]["acceptances"]] == [version, "1"]


def test_without_acceptance_the_page_takes_no_tap_and_stores_nothing(unasked: Phones):
    unasked.hear()
    with unasked.database.read() as session:
        before = session.scalars(select(m.InboxEvent.id)).all()
    request_id = unasked.me()["request_id"]
    status, told = unasked.tap(request_id=request_id)
    assert (status, told["code"]) == (403, "notice_not_accepted")
    with unasked.database.read() as session:
        assert session.scalars(select(m.InboxEvent.id)).all() == before
    # The same tap counts once the notice is accepted, and what became of it is told ever after.
    accept(unasked)
    assert unasked.tap(request_id=request_id)[1]["state"] == "recorded"
    with unasked.database.write() as session:
        session.execute(delete(m.NoticeAcceptance))
    assert unasked.tap(request_id=request_id)[1]["state"] == "recorded"
    assert len(unasked.punches()) == 1


def ask(phones: Phones, **more: Any) -> Any:
    return phones.ask("POST", "/privacy/requests", {**ASKED, **more})


def test_a_request_is_kept_listed_and_has_a_day_by_which_it_is_answered(phones: Phones):
    status, made = ask(phones)
    assert status == 201, made
    assert (made["kind"], made["kind_words"]["zh"], made["text"]) == ("correct", "補充或更正", ASKED["text"])
    assert (made["state"], made["state_words"]["en"], made["answer"], made["answered_at"]) == ("open", "Open", "", None)
    days = (made["due_at"][:10], ask(phones, kind="see")[1]["due_at"][:10])
    assert days == ("2026-12-23", "2026-12-08")
    assert [each["kind"] for each in phones.ask("GET", "/privacy")[1]["requests"]] == ["see", "correct"]
    assert phones.ask("GET", "/privacy", user=BEN)[1]["requests"] == []


def test_the_same_request_sent_again_is_the_same_request(phones: Phones):
    first = ask(phones)[1]
    assert ask(phones, text=f" {ASKED['text']}\n")[1]["id"] == first["id"]
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda _: ask(phones, text="再一次")[1]["id"], range(4)))
    assert len(set(ids)) == 1
    assert len(phones.ask("GET", "/privacy")[1]["requests"]) == 2


def test_five_requests_may_wait_and_the_sixth_waits_for_an_answer(phones: Phones):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: ask(phones, text=f"第 {number} 件"), range(8)))
    assert sorted(status for status, _ in answers) == [201] * 5 + [409] * 3
    assert {told["code"] for status, told in answers if status == 409} == {"too_many_open"}
    # Ben's are his own.
    assert phones.ask("POST", "/privacy/requests", ASKED, user=BEN)[0] == 201
    made = phones.ask("GET", "/privacy")[1]["requests"][0]["id"]
    with phones.database.write() as session:
        refused = privacy.answer(
            session, phones.clock.now(), UUID(made), "已更正", answered_by="人事室 陳科員", actor="cli:hr"
        )
        assert refused is None
    assert ask(phones, text="第九件")[0] == 201
    told = next(each for each in phones.ask("GET", "/privacy")[1]["requests"] if each["id"] == made)
    assert (told["state"], told["answer"]) == ("answered", "已更正")


@pytest.mark.parametrize("text", ["", " \n\t", "\x00", "\u200b\u202e"])
def test_a_request_says_something(phones: Phones, text: str):
    status, told = ask(phones, text=text)
    assert (status, told["code"]) == (409, "no_text")


def test_hostile_text_is_kept_as_what_can_be_seen_of_it(phones: Phones):
    status, made = ask(phones, text="更\x00正\r\n<script>alert(1)</script>\u202e'; drop table officer;--")
    assert status == 201
    assert made["text"] == "更正\n<script>alert(1)</script>'; drop table officer;--"


@pytest.mark.parametrize("text", ["長" * 1001, "長" * 4000])
def test_a_request_that_is_too_long_is_told_so(phones: Phones, text: str):
    assert ask(phones, text=text)[1]["code"] == "text_too_long"
    assert ask(phones, text="長" * 1000)[0] == 201


@pytest.mark.parametrize(
    "more", [{"kind": "forget"}, {"kind": None}, {"text": 7}, {"text": "\ud800"}, {"text": "x" * 4001}, {"officer": 2}]
)
def test_a_request_that_is_none_is_refused(phones: Phones, more: dict[str, Any]):
    assert ask(phones, **more)[0] == 422
    assert ask(phones, text="x" * 1024 * 1024)[0] == 413
    assert phones.ask("GET", "/privacy")[1]["requests"] == []


def test_the_audit_log_holds_neither_the_question_nor_the_answer(phones: Phones):
    made = UUID(ask(phones)[1]["id"])
    with phones.database.write() as session:
        now = phones.clock.now()
        privacy.answer(session, now, made, "查無錯誤", answered_by="人事室", actor="cli:hr")
        again = privacy.answer(session, now, made, "再答", answered_by="人事室", actor="cli:hr")
        assert again is not None
    with phones.database.read() as session:
        [entry] = session.scalars(select(m.AuditEntry))
        kept = session.get_one(m.PrivacyRequest, made)
        assert (kept.state, kept.kind) == (PrivacyRequestState.ANSWERED, PrivacyRequestKind.CORRECT)
        assert kept.answer == "查無錯誤"
    assert (entry.action, entry.subject, entry.actor) == ("privacy.answer", "officer:A0001", "cli:hr")
    assert ASKED["text"] not in entry.detail
    assert "查無錯誤" not in entry.detail


def test_the_description_tells_of_the_paths(phones: Phones):
    spec = phones.app.test_client().get("/api/v1/openapi.json").get_json()
    wanted = {
        "/api/v1/me/privacy": {"get"},
        "/api/v1/me/privacy/acceptance": {"post"},
        "/api/v1/me/privacy/requests": {"post"},
        "/api/v1/me/data": {"get"},
        "/api/v1/me/calendar": {"get", "post", "delete"},
    }
    assert {path: set(spec["paths"][path]) for path in wanted} == wanted
    for path in wanted:
        for operation in spec["paths"][path].values():
            assert operation["security"] == [{"id_token": []}]
            assert operation["summary"]
    assert not any(path.startswith("/calendar") for path in spec["paths"])
