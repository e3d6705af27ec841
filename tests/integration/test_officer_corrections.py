"""Corrections on the phone, on both databases: what an officer asks, and what a supervisor sees and decides."""

import base64
from datetime import date, datetime, time
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from checkin_api import models as m
from checkin_api import supervision
from checkin_api.domain.attachments import SIZE_LIMIT
from checkin_api.domain.ids import PunchSource
from checkin_api.errors import NotFoundError
from tests import builders, webhooks
from tests.officers import ANN, BEN, STRANGER, TAIPEI, Phones

CHIEF, OTHER_CHIEF = webhooks.user(3), webhooks.user(4)
PHOTO = {"name": "值班台.jpg", "content": base64.b64encode(b"\xff\xd8\xff\xe0 a photo").decode()}
FORGOTTEN = {"direction": "in", "at": "2026-11-23T08:02:00+08:00", "reason": "手機沒電"}


@pytest.fixture
def chiefs(phones: Phones) -> Phones:
    """A chief of the bureau above Ann's station, and one of another bureau; it is eleven in the morning."""
    phones.clock.advance(hours=3)
    with phones.database.write() as session:
        station = session.scalars(select(m.Unit).where(m.Unit.name == "大墩派出所")).one()
        bureau, other = builders.unit(session, code="B1", name="第一分局"), builders.unit(session, code="B2")
        station.parent_id = bureau.id
        for number, user, unit in ((3, CHIEF, bureau), (4, OTHER_CHIEF, other)):
            officer = builders.officer(session, unit, staff_no=f"A000{number}", name=f"主管{number}")
            builders.line_account(session, officer, user)
            builders.acceptance(session, officer)
            assert supervision.name_supervisor(session, phones.clock.now(), officer.staff_no, unit.code, actor="cli:hr")
    for user in (CHIEF, OTHER_CHIEF):
        phones.line.add_phone(user, user)
    return phones


def asked(phones: Phones, **more: Any) -> Any:
    status, told = phones.ask("POST", "/corrections", {**FORGOTTEN, **more})
    assert status == 201, told
    return told


def decide(phones: Phones, correction: Any, decision: str, comment: str = "", *, user: str = CHIEF) -> Any:
    body = {"decision": decision, "comment": comment}
    return phones.ask("POST", f"/corrections/{correction['id']}/decision", body, user=user)


def test_from_the_request_with_a_photo_to_the_approved_punch(chiefs: Phones):
    made = asked(chiefs, attachment=PHOTO)
    assert (made["state"], made["state_words"]["zh"], made["is_open"]) == ("requested", "待審核", True)
    unit = chiefs.ask("GET", "/unit", user=CHIEF)[1]
    assert [each["id"] for each in unit["corrections"]] == [made["id"]]
    seen = unit["corrections"][0]
    assert (seen["staff_no"], seen["name"], seen["reason"], seen["attachment_name"]) == (
        *("A0001", "員警1", "手機沒電"),
        "值班台.jpg",
    )
    path = f"/corrections/{made['id']}/attachment"
    for user in (ANN, CHIEF):
        assert chiefs.ask("GET", path, user=user) == (200, PHOTO)
    assert decide(chiefs, made, "approve")[1]["state"] == "approved"
    mine = chiefs.ask("GET", "/corrections")[1]
    assert [(each["state"], each["is_open"]) for each in mine["corrections"]] == [("approved", False)]
    [punch] = chiefs.punches()
    assert punch.source is PunchSource.CORRECTION
    assert punch.at == datetime(2026, 11, 23, 8, 2, tzinfo=TAIPEI)
    assert chiefs.me()["punches"][0]["evidence"]["zh"] == "補打卡，經核准"


def test_a_supervisor_sees_the_units_day_with_those_first_who_are_missing(chiefs: Phones):
    chiefs.hear()
    assert chiefs.tap()[1]["state"] == "recorded"
    status, told = chiefs.ask("GET", "/unit", user=CHIEF)
    assert (status, told["day"], told["units"]) == (200, "2026-11-23", ["第一分局", "大墩派出所"])
    # Both are under way at eleven: first comes who has not signed in.
    assert [(each["name"], each["status"], each["sign_in"] is None) for each in told["duties"]] == [
        ("員警2", "in_progress", True),
        ("員警1", "in_progress", False),
    ]
    assert sum(each["count"] for each in told["statuses"]) == 2
    tomorrow = chiefs.ask("GET", "/unit?day=2026-11-24", user=CHIEF)[1]
    assert [each["status"] for each in tomorrow["duties"]] == ["pending", "pending"]


def test_after_midnight_the_units_today_has_the_night_that_is_under_way(chiefs: Phones):
    with chiefs.database.write() as session:
        ann = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one()
        night = builders.shift(session, code="night", start=time(20), end=time(8))
        builders.roster(session, ann, night, date(2026, 11, 23))
    chiefs.clock.advance(hours=15)
    today = chiefs.ask("GET", "/unit", user=CHIEF)[1]
    assert today["day"] == "2026-11-24"
    assert (today["duties"][0]["staff_no"], today["duties"][0]["status"]) == ("A0001", "in_progress")
    # Another day is that day alone.
    before = chiefs.ask("GET", "/unit?day=2026-11-22", user=CHIEF)[1]
    assert before["duties"] == []


def test_a_supervisor_who_has_left_decides_on_nothing(chiefs: Phones):
    made = asked(chiefs)
    with chiefs.database.write() as session:
        session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0003")).one().active_to = date(2026, 11, 22)
    assert chiefs.me(CHIEF)["supervises"] is False
    assert chiefs.ask("GET", "/unit", user=CHIEF)[1]["code"] == "not_a_supervisor"
    assert decide(chiefs, made, "approve")[1]["code"] == "not_a_supervisor"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "today"])
def test_a_day_that_is_none_is_refused(chiefs: Phones, day: str):
    assert chiefs.ask("GET", f"/unit?day={day}", user=CHIEF)[0] == 422


def test_the_page_of_an_officer_who_looks_after_no_unit_offers_none(chiefs: Phones):
    assert chiefs.me()["supervises"] is False
    assert chiefs.me(CHIEF)["supervises"] is True
    made = asked(chiefs)
    assert chiefs.ask("GET", "/unit", user=BEN)[1]["code"] == "not_a_supervisor"
    assert decide(chiefs, made, "approve", user=BEN)[0] == 403


@pytest.mark.parametrize("path", ["/corrections/{}/attachment", "/corrections/{}/withdraw", "/corrections/{}/decision"])
def test_what_is_of_others_is_as_if_it_were_not_there(chiefs: Phones, path: str):
    made = asked(chiefs, attachment=PHOTO)
    method = "GET" if path.endswith("attachment") else "POST"
    body = {"decision": "approve"} if path.endswith("decision") else None
    of_another = chiefs.ask(method, path.format(made["id"]), body, user=OTHER_CHIEF)
    of_nobody = chiefs.ask(method, path.format(uuid4()), body, user=OTHER_CHIEF)
    assert (of_another[0], of_another[1]["code"]) == (of_nobody[0], of_nobody[1]["code"]) == (404, "not_found")
    assert chiefs.ask("GET", "/unit", user=OTHER_CHIEF)[1]["corrections"] == []


def test_nobody_decides_on_their_own_request(chiefs: Phones):
    status, own = chiefs.ask("POST", "/corrections", FORGOTTEN, user=CHIEF)
    assert status == 201
    status, told = decide(chiefs, own, "approve")
    assert (status, told["code"]) == (409, "own_record")


def test_a_rejection_says_why_and_the_officer_reads_it(chiefs: Phones):
    made = asked(chiefs)
    assert decide(chiefs, made, "reject")[1]["code"] == "no_reason"
    assert decide(chiefs, made, "reject", "當日未到班")[1]["state"] == "rejected"
    assert decide(chiefs, made, "approve")[1]["code"] == "closed"
    [mine] = chiefs.ask("GET", "/corrections")[1]["corrections"]
    assert (mine["state"], mine["comment"]) == ("rejected", "當日未到班")
    assert chiefs.punches() == []


def test_a_request_is_taken_back_once(chiefs: Phones):
    made = asked(chiefs)
    path = f"/corrections/{made['id']}/withdraw"
    # A supervisor rejects; taking back is the officer's.
    assert chiefs.ask("POST", path, user=CHIEF)[0] == 404
    assert chiefs.ask("POST", path)[1]["state"] == "withdrawn"
    assert chiefs.ask("POST", path)[1]["code"] == "closed"
    assert asked(chiefs)["state"] == "requested"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"at": "2026-11-23T23:00:00+08:00"}, "future"),
        ({"at": "2026-01-23T08:00:00+08:00"}, "too_old"),
        ({"reason": " \n "}, "no_reason"),
        ({"reason": "長" * 401}, "text_too_long"),
        ({"attachment": {**PHOTO, "content": base64.b64encode(b"MZ a program").decode()}}, "attachment_kind"),
    ],
)
def test_what_the_rules_refuse_is_said_in_words(chiefs: Phones, more: dict[str, Any], code: str):
    status, told = chiefs.ask("POST", "/corrections", {**FORGOTTEN, **more})
    assert (status, told["code"]) == (409, code)
    assert " / " in told["title"]
    assert chiefs.ask("GET", "/corrections")[1]["corrections"] == []


def test_the_same_request_sent_again_is_refused_as_there_already(chiefs: Phones):
    asked(chiefs)
    assert chiefs.ask("POST", "/corrections", FORGOTTEN)[1]["code"] == "duplicate"


def test_an_attachment_may_be_as_large_as_the_rules_say_and_no_larger(chiefs: Phones):
    def photo(size: int) -> dict[str, str]:
        return {"name": "x.jpg", "content": base64.b64encode(b"\xff\xd8\xff".ljust(size, b"0")).decode()}

    assert asked(chiefs, attachment=photo(SIZE_LIMIT))["attachment_name"] == "x.jpg"
    later = {**FORGOTTEN, "at": "2026-11-23T09:00:00+08:00"}
    too_large = {**later, "attachment": photo(SIZE_LIMIT + 1)}
    assert chiefs.ask("POST", "/corrections", too_large)[1]["code"] == "attachment_too_large"
    assert chiefs.ask("POST", "/corrections", {**later, "attachment": photo(7 * SIZE_LIMIT // 4)})[0] == 413
    # Other paths take no more than before.
    assert chiefs.ask("POST", "/punches", {"request_id": "x" * 2_000_000, "direction": "in"})[0] == 413


def test_where_two_must_agree_the_first_endorses(chiefs: Phones):
    with chiefs.database.write() as session:
        session.scalars(select(m.Unit).where(m.Unit.name == "大墩派出所")).one().two_step_approval = True
        second = builders.officer(session, staff_no="A0005")
        builders.line_account(session, second, webhooks.user(5))
        supervision.name_supervisor(session, chiefs.clock.now(), "A0005", "B1", actor="cli:hr")
    chiefs.line.add_phone("second", webhooks.user(5))
    made = asked(chiefs)
    assert decide(chiefs, made, "approve")[1]["state"] == "endorsed"
    assert decide(chiefs, made, "approve")[1]["code"] == "same_approver"
    assert decide(chiefs, made, "approve", user=webhooks.user(5))[1]["state"] == "approved"


def test_a_supervision_that_has_ended_opens_nothing(chiefs: Phones):
    made = asked(chiefs)
    with chiefs.database.write() as session:
        now = chiefs.clock.now()
        assert supervision.end_supervision(session, now, "A0003", "B1", actor="cli:hr")
        assert not supervision.end_supervision(session, now, "A0003", "B1", actor="cli:hr")
        assert [row.staff_no for row in supervision.supervisors(session)] == ["A0004"]
        with pytest.raises(NotFoundError):
            supervision.name_supervisor(session, now, "A0003", "nowhere", actor="cli:hr")
    assert decide(chiefs, made, "approve")[0] == 403
    assert chiefs.me(CHIEF)["supervises"] is False


def test_who_is_not_enrolled_asks_for_nothing(chiefs: Phones):
    assert chiefs.ask("POST", "/corrections", FORGOTTEN, user=STRANGER)[0] == 403
    assert chiefs.ask("GET", "/corrections", user=STRANGER)[0] == 403


def test_the_audit_log_names_who_acted_from_the_phone(chiefs: Phones):
    decide(chiefs, asked(chiefs), "approve")
    with chiefs.database.read() as session:
        rows = session.execute(select(m.AuditEntry.actor, m.AuditEntry.action).order_by(m.AuditEntry.number)).all()
    assert [tuple(row) for row in rows][-2:] == [
        ("liff:A0001", "correction.request"),
        ("liff:A0003", "correction.approve"),
    ]
