"""The phone doctor and the phones that punches come from, on both databases."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from checkin_api import handsets, queries, reminders
from checkin_api import models as m
from checkin_api.domain.ids import PhoneStep, PhoneSystem
from tests.officers import ANN, BEN, Phones


def begin(phones: Phones, *, user: str = ANN, **sent: Any) -> Any:
    body = {"system": "ios", "line_version": "15.12.0", **sent}
    status, told = phones.ask("POST", "/checkups", body, user=user)
    assert status == 201, told
    return told


def look(phones: Phones, checkup: Any, *, user: str = ANN, **sent: Any) -> Any:
    return phones.ask("POST", f"/checkups/{checkup['id']}", sent, user=user)


def test_a_beacon_heard_before_the_test_does_not_pass_it(phones: Phones):
    phones.hear()
    phones.clock.advance(seconds=5)
    made = begin(phones)
    assert look(phones, made)[1]["heard_at"] is None
    phones.clock.advance(seconds=5)
    phones.hear()
    told = look(phones, made)[1]
    assert told["heard_at"] is not None
    assert told["zone"]


def test_the_step_that_helped_is_remembered_for_the_officer_and_counted_for_all(phones: Phones):
    made = begin(phones)
    for step in ("bluetooth", "beacon_consent"):
        phones.clock.advance(seconds=61)
        assert look(phones, made, step=step)[1]["step"] == step
    phones.hear()
    assert look(phones, made)[1]["step"] == "beacon_consent"
    # What comes afterwards changes nothing any more.
    assert look(phones, made, step="reopen_line", gives_up=True)[1]["step"] == "beacon_consent"
    assert begin(phones)["helped"] == "beacon_consent"
    theirs = begin(phones, user=BEN, system="android")
    assert theirs["helped"] is None
    assert look(phones, theirs, user=BEN, step="bluetooth", gives_up=True)[0] == 200
    now = phones.clock.now()
    with phones.database.read() as session:
        found = queries.checkups(session, now - timedelta(hours=1), now + timedelta(seconds=1))
    assert [(each.system, each.heard, each.step, each.tests, each.officers) for each in found] == [
        (PhoneSystem.ANDROID, False, PhoneStep.BLUETOOTH, 1, 1),
        (PhoneSystem.IOS, True, PhoneStep.BEACON_CONSENT, 1, 1),
        (PhoneSystem.IOS, False, None, 1, 1),
    ]


def test_a_test_left_open_for_half_an_hour_is_over(phones: Phones):
    made = begin(phones)
    phones.clock.advance(minutes=31)
    phones.hear()
    assert look(phones, made)[1]["heard_at"] is None


def test_anothers_test_is_as_if_it_were_not_there(phones: Phones):
    made = begin(phones)
    assert look(phones, made, user=BEN)[0] == 404
    assert look(phones, {"id": uuid4()})[0] == 404


@pytest.mark.parametrize(
    "sent", [{"system": "symbian"}, {"line_version": "<script>"}, {"line_version": "1" * 33}, {"officer": "A0002"}]
)
def test_what_is_not_as_described_is_refused(phones: Phones, sent: Any):
    status, _ = phones.ask("POST", "/checkups", {"system": "ios", "line_version": "15.1", **sent})
    assert status == 422
    with phones.database.read() as session:
        assert session.scalars(select(m.PhoneCheckup)).all() == []


def test_phones_that_two_officers_use_and_officers_with_two_phones_are_found(phones: Phones):
    for user, number in ((ANN, "a"), (BEN, "a"), (BEN, "b")):
        phones.hear(user)
        body = {"request_id": phones.me(user)["request_id"], "direction": "in", "handset": number * 22}
        assert phones.ask("POST", "/punches", body, user=user)[1]["state"] == "recorded"
        phones.clock.advance(minutes=2)
    now = phones.clock.now()
    with phones.database.read() as session:
        shared = handsets.shared(session, now - timedelta(hours=1), now)
        changed = handsets.changed(session, now - timedelta(hours=1), now)
        assert handsets.shared(session, now, now) == []
    assert [(use.staff_no, use.punches) for use in shared] == [("A0001", 1), ("A0002", 1)]
    assert [use.staff_no for use in changed] == ["A0002", "A0002"]
    assert len({use.handset for use in changed}) == 2


def test_reminders_are_offered_only_with_a_budget_and_switched_by_their_officer(phones: Phones):
    assert phones.me()["reminder"] is None
    assert phones.ask("PUT", "/reminder", {"wanted": True})[1] == {"wanted": True}
    with phones.database.read() as session:
        ann, ben = (
            session.scalars(select(m.Officer.id).where(m.Officer.staff_no == number)).one()
            for number in ("A0001", "A0002")
        )
        assert (reminders.is_wanted(session, ann), reminders.is_wanted(session, ben)) == (True, False)
    phones.app.extensions["settings"] = phones.app.extensions["settings"].model_copy(
        update={"push_budget_per_month": 100}
    )
    assert phones.me()["reminder"] == {"wanted": True}
    assert phones.me(BEN)["reminder"] == {"wanted": False}
    assert phones.ask("PUT", "/reminder", {"wanted": "perhaps"})[0] == 422
