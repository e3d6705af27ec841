"""The copy of the own data: everything that leads to the officer, nothing of anybody else, on both databases."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, insert, select

from checkin_api import audit, calendar_feed, enrolment, privacy
from checkin_api import models as m
from checkin_api.audit import Act
from checkin_api.domain.ids import (
    AlarmKind,
    Assurance,
    CorrectionKind,
    CorrectionState,
    DeviceKind,
    Direction,
    PhoneSystem,
    PunchSource,
    Reason,
    Role,
    RosterAction,
    new_id,
)
from checkin_api.models import Base
from checkin_api.privacy.own_data import NOT_COPIED, SECTIONS, TRACES
from tests import builders, webhooks
from tests.officers import ANN, BEN, KEY, STRANGER, Phones

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PICTURE = b"\xff\xd8\xff\xe0 a photo"
# Of Ben alone; nothing of it may be in Ann's copy.
BENS = "李大華的祕密"


def leading_to_officers() -> list[Table]:
    """Tables that name an officer or a LINE account, and those that name a row of such a table."""
    tables = Base.metadata.tables.values()
    leading = {table for table in tables if table.name in {"officer", "inbox_event"} or "line_user_id" in table.c}
    while more := {
        table for table in tables if {key.column.table for key in table.foreign_keys} & leading and table not in leading
    }:
        leading |= more
    return sorted(leading, key=lambda table: table.name)


@pytest.mark.parametrize("table", leading_to_officers(), ids=lambda table: table.name)
def test_every_table_that_leads_to_an_officer_is_in_the_copy_or_said_not_to_be(table: Table):
    copied = {section.table.__table__ for section in {**SECTIONS, **TRACES}.values()}
    assert table in copied or NOT_COPIED.get(table.name), (
        f"{table.name} leads to officers: put it into SECTIONS or TRACES of privacy/own_data.py, or into NOT_COPIED"
        " with the reason; and into the notice, if it is a new kind of data"
    )


@pytest.mark.parametrize(("name", "section"), list({**SECTIONS, **TRACES}.items()))
def test_what_is_left_out_is_there_and_has_a_reason(name: str, section: Any):
    assert name.isidentifier()
    assert set(section.left_out) <= set(section.table.__table__.c.keys())
    assert all(section.left_out.values())


def fill(session: Any, officer: m.Officer, user: str, mark: str) -> None:
    """A row in every table that leads to the officer, with a mark in whatever is text."""
    zone = builders.zone(session, name=f"簽到區{mark}")
    shift = session.scalars(select(m.Shift)).first()
    agent, beacon = builders.agent(session, zone), builders.beacon(session, zone, label=mark)
    device = m.OfficerDevice(
        public_id=new_id(), officer_id=officer.id, kind=DeviceKind.PHONE, sealed_irk=b"sealed", label=mark,
        consented_at=NOW, enrolled_at=NOW, enrolled_by="cli:hr",
    )  # fmt: skip
    session.add(device)
    session.flush()
    said = webhooks.say(NOW, user, f"簽到 {mark}")
    event = builders.inbox_event(session, raw=json.dumps(said, ensure_ascii=False), received_at=NOW)
    builders.reply(session, inbox_event_id=event.id, messages=[{"type": "text", "text": f"✅ {mark}"}])
    proof = builders.presence(session, officer, zone, NOW, beacon_id=beacon.id, inbox_event_id=event.id)
    builders.presence(session, officer, zone, NOW, agent_id=agent.id, device_id=device.id, rssi_dbm=-60.5)
    punch = builders.punch(session, officer, Direction.IN, NOW, proof=proof)
    builders.refusal(session, Reason.NO_PRESENCE, NOW, officer_id=officer.id, zone_id=zone.id)
    correction = m.Correction(
        id=new_id(), officer_id=officer.id, kind=CorrectionKind.VOID, direction=Direction.IN, at=NOW, punch_id=punch.id,
        reason=mark, attachment=PICTURE, attachment_name=f"{mark}.jpg", requested_at=NOW,
        requested_by=f"officer:{officer.staff_no}", state=CorrectionState.APPROVED,
    )  # fmt: skip
    session.add(correction)
    session.flush()
    session.add_all(
        [
            m.PunchVoid(punch_id=punch.id, correction_id=correction.id, at=NOW),
            m.EnrolmentTry(line_user_id=user, at=NOW),
            m.EnrolmentCode(officer_id=officer.id, code_hash="c" * 64, issued_at=NOW, expires_at=NOW, tries_left=5),
            m.Leave(officer_id=officer.id, begin=NOW, end=NOW + timedelta(hours=4), kind=mark),
            m.PhoneCheckup(id=new_id(), officer_id=officer.id, system=PhoneSystem.IOS, started_at=NOW, zone_id=zone.id),
            m.ReminderWish(officer_id=officer.id, is_wanted=True, said_at=NOW),
            m.Reminder(
                id=new_id(), officer_id=officer.id, duty_start=NOW, messages=[{"type": "text", "text": mark}],
                created_at=NOW, expires_at=NOW, next_attempt_at=NOW,
            ),
            m.Supervisor(officer_id=officer.id, unit_id=officer.unit_id, named_at=NOW),
            m.RosterChange(
                at=NOW, actor="cli:hr", action=RosterAction.ADDED, officer_id=officer.id, duty_date=date(2026, 11, 23),
                shift_id=shift.id, zone_id=zone.id,
            ),
            m.BeaconAlarm(
                beacon_id=beacon.id, kind=AlarmKind.STALE_CODE, first_at=NOW, last_at=NOW, count=2,
                evidence=[
                    {"at": NOW.isoformat(), "who": officer.staff_no, "zone": zone.code, "note": mark},
                    {"at": NOW.isoformat(), "who": "pi-7", "zone": zone.code},
                ],
            ),
        ]
    )  # fmt: skip
    account = builders.console_user(session, username=officer.staff_no.lower(), role=Role.HR, officer_id=officer.id)
    session.add(m.ConsoleAgencyIdentity(user_id=account.id, name=f"{officer.staff_no} {mark}"))
    passkey = m.ConsolePasskey(
        user_id=account.id, credential_id=mark.encode(), public_key=b"", sign_count=0, name=mark, made_at=NOW
    )
    session.add(passkey)
    privacy.request(session, NOW, officer.id, "correct", mark)  # type: ignore[arg-type]  # as the column takes it
    calendar_feed.make(session, NOW, officer.id)
    session.flush()
    detail = {"by": f"officer:{officer.staff_no}", "officer": officer.staff_no, "note": mark}
    audit.record(session, NOW, Act(actor="cli:hr", action="correction.request", subject="correction:x", detail=detail))


@pytest.fixture
def filled(phones: Phones) -> Phones:
    with phones.database.write() as session:
        for staff_no, user, mark in (("A0001", ANN, "王小明的"), ("A0002", BEN, BENS)):
            officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == staff_no)).one()
            fill(session, officer, user, mark)
    return phones


def copy(phones: Phones, user: str = ANN) -> Any:
    status, told = phones.ask("GET", "/data", user=user)
    assert status == 200, told
    return told


def test_every_section_has_what_is_the_officers(filled: Phones):
    told = copy(filled)
    assert [name for name in (*SECTIONS, *TRACES) if not told[name]] == []
    assert (told["staff_no"], told["timezone"], told["made_at"]) == (
        *("A0001", "Asia/Taipei"),
        "2026-11-23T08:00:00+08:00",
    )


def test_a_person_can_read_it(filled: Phones):
    told = copy(filled)
    [officer] = told["officer"]
    assert officer["unit"].endswith("大墩派出所")
    [account] = told["line_accounts"]
    assert account["line_user_id"] == ANN
    [punch] = told["punches"]
    assert (punch["at"], punch["direction"]) == ("2026-11-23T08:00:00+08:00", "in")
    assert punch["zone"].endswith("簽到區王小明的")
    assert "officer_id" not in punch
    assert {entry["shift"].split()[-1] for entry in told["roster"]} == {"日勤"}
    assert told["inbox"][0]["raw"]["message"]["text"] == "簽到 王小明的"
    [correction] = told["corrections"]
    assert base64.b64decode(correction["attachment"]) == PICTURE
    assert [each["rssi_dbm"] for each in told["presences"]] == [None, -60.5]
    [alarm] = told["beacon_alarms"]
    assert [each["who"] for each in alarm["evidence"]] == ["A0001"]


def test_nothing_of_a_colleague_is_in_it(filled: Phones):
    text = json.dumps(copy(filled), ensure_ascii=False)
    assert "王小明的" in text
    for secret in (BENS, BEN, "A0002", "員警2"):
        assert secret not in text
    assert ANN not in json.dumps(copy(filled, BEN), ensure_ascii=False)


def test_no_secret_is_in_it_and_what_is_left_out_is_said(filled: Phones):
    told = copy(filled)
    with filled.database.read() as session:
        hashes = session.scalars(select(m.CalendarFeed.token_hash)).all()
    text = json.dumps(told)
    for secret in (*hashes, "c" * 64, base64.b64encode(b"sealed").decode()):
        assert secret not in text
    assert {each["what"] for each in told["left_out"]} >= {
        "devices.sealed_irk",
        "calendar_address.token_hash",
        "delivery",
    }
    assert all(each["why"] for each in told["left_out"])


def test_it_comes_as_a_file_and_is_noted_in_the_audit_log(filled: Phones):
    headers = {"Authorization": f"Bearer {filled.token()}"}
    answer = filled.app.test_client().get("/api/v1/me/data", headers=headers)
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data-2026-11-23.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    last = answer.get_json()["audit_log"][-1]
    assert (last["action"], last["actor"], last["subject"]) == ("privacy.copy", "liff:A0001", "officer:A0001")
    with filled.database.read() as session:
        assert isinstance(audit.verify(session), audit.Whole)


def test_a_copy_is_not_made_over_and_over(phones: Phones):
    answers = [phones.ask("GET", "/data")[0] for _ in range(4)]
    assert (answers[0], answers[-1]) == (200, 429)
    assert phones.ask("GET", "/data", user=BEN)[0] == 200


def test_who_is_not_enrolled_gets_nothing(phones: Phones):
    assert phones.ask("GET", "/data", user=STRANGER)[1]["code"] == "not_enrolled"
    assert phones.ask("GET", "/data", token="")[0] == 401


def test_an_account_that_was_a_colleagues_before_brings_nothing_of_that_time(filled: Phones):
    """HR releases Ann's account and binds it to Ben, who brings his own history and not hers."""
    with filled.database.write() as session:
        for staff_no in ("A0001", "A0002"):
            enrolment.release(session, NOW + timedelta(days=1), staff_no, actor="cli:hr")
        ben = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0002")).one()
        builders.line_account(session, ben, ANN, bound_at=NOW + timedelta(days=2))
        later = webhooks.say(NOW + timedelta(days=3), ANN, "我現在是李大華")
        builders.inbox_event(session, raw=json.dumps(later), received_at=NOW + timedelta(days=3))
    filled.clock.advance(days=4)
    told = copy(filled, ANN)
    assert (told["staff_no"], len(told["line_accounts"])) == ("A0002", 2)
    assert [each["raw"]["message"]["text"] for each in told["inbox"]] == [f"簽到 {BENS}", "我現在是李大華"]
    assert "王小明的" not in json.dumps(told, ensure_ascii=False)


def test_an_event_of_somebody_else_that_mentions_the_account_is_not_the_officers(phones: Phones):
    with phones.database.write() as session:
        mention = webhooks.say(NOW, BEN, f"@{ANN}")
        for raw in (json.dumps(mention), f"{ANN} no json", json.dumps([ANN]), json.dumps({"source": ANN})):
            builders.inbox_event(session, raw=raw, received_at=NOW)
    assert copy(phones)["inbox"] == []


def test_officers_whose_numbers_differ_in_case_alone_are_told_apart(phones: Phones):
    with phones.database.write() as session:
        detail = {"officer": "a0001", "by": "officer:a0001"}
        audit.record(session, NOW, Act(actor="liff:a0001", action="x", subject="officer:a0001", detail=detail))
    assert [each["action"] for each in copy(phones)["audit_log"]] == ["privacy.copy"]


def test_half_a_surrogate_pair_in_a_message_spoils_nothing(phones: Phones):
    with phones.database.write() as session:
        happened = webhooks.say(NOW, ANN, "😀\ud83d half, \x00 and </script>")
        builders.inbox_event(session, raw=json.dumps(happened), received_at=NOW)
    assert copy(phones)["inbox"][0]["raw"]["message"]["text"] == "😀\ud83d half, \x00 and </script>"


def test_a_year_of_history_comes_whole_and_soon(phones: Phones):
    """Two duties a day, four punches, each with its events; among as many of colleagues."""
    days = 365
    with phones.database.write() as session:
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one()
        zone = session.scalars(select(m.Zone)).first()
        assert zone is not None
        events, presences, punches = [], [], []
        for number in range(days * 4):
            at = NOW - timedelta(hours=6 * number)
            raw = json.dumps(webhooks.beacon(at, ANN, "c0ffee0001"))
            events += [
                {"webhook_event_id": f"Y{number}", "received_at": at, "raw": raw, "state": "decided"},
                {"webhook_event_id": f"Z{number}", "received_at": at, "raw": raw.replace(ANN, BEN), "state": "decided"},
            ]
            seen = {"id": new_id(), "officer_id": officer.id, "zone_id": zone.id, "at": at, "received_at": at}
            presences.append({**seen, "assurance": Assurance.LOW})
            punch = {**seen, "id": new_id(), "presence_id": seen["id"], "assurance": Assurance.LOW}
            punches.append(
                {**punch, "direction": Direction.IN, "source": PunchSource.CHAT, "request_id": f"year:{number}"}
            )
        for table, rows in ((m.InboxEvent, events), (m.Presence, presences), (m.Punch, punches)):
            session.execute(insert(table), rows)
    begin = datetime.now(UTC)
    told = copy(phones)
    took = datetime.now(UTC) - begin
    assert [len(told[name]) for name in ("inbox", "presences", "punches")] == [days * 4] * 3
    # Some tenths of a second; a machine with much else to do takes longer.
    assert took < timedelta(seconds=20)


def test_codes_that_were_handed_out_are_told_without_the_code(phones: Phones):
    with phones.database.write() as session:
        enrolment.release(session, NOW, "A0001", actor="cli:hr")
        issued = enrolment.issue_code(session, NOW, "A0001", actor="cli:hr", key=KEY.encode())
        enrolment.enrol(session, NOW + timedelta(hours=1), ANN, staff_no="A0001", code=issued.code, key=KEY.encode())  # type: ignore[arg-type]  # a LINE user ID
    told = copy(phones)
    assert [each["closed_at"] for each in told["enrolment_codes"]] == ["2026-11-23T09:00:00+08:00"]
    assert issued.code not in json.dumps(told)
    actions = [each["action"] for each in told["audit_log"]]
    assert actions == ["enrolment.release", "enrolment.issue", "privacy.copy"]
