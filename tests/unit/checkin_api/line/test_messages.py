"""Every message the product can make keeps LINE's limits, whatever the database holds, and says all in its alt text."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from checkin_api.checkin.answers import month_message, today_message
from checkin_api.checkin.month import Month, RecordSeen
from checkin_api.checkin.tapping import PunchSeen
from checkin_api.checkin.today import DutySeen, Person, Today
from checkin_api.domain.ids import (
    Assurance,
    Direction,
    Flag,
    Proof,
    PunchSource,
    Reason,
    StaffNo,
    Status,
    ZoneMode,
    new_id,
)
from checkin_api.domain.punching import Granted, Presence, Zone
from checkin_api.domain.radar import Place
from checkin_api.domain.records import DutyRecord
from checkin_api.domain.shifts import Duty
from checkin_api.domain.totals import Totals
from checkin_api.domain.windows import PunchFact
from checkin_api.domain.words import ENROLMENT_REFUSED
from checkin_api.enrolment import Bound
from checkin_api.line import messages
from checkin_api.line.flex import cut
from tests.line_platform.checks.messages import check_messages

TAIPEI = ZoneInfo("Asia/Taipei")
EIGHT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
PLAIN, LONG, EMOJI = "王小明", "鸞" * 200, "👮" * 200
LIFF_IDS = ("", "1650000002-AbcdEfgh")
DIRECTIONS = (Direction.IN, Direction.OUT)

Case = tuple[str, list[dict[str, Any]]]


def zone(name: str, mode: ZoneMode, required: Assurance) -> Zone:
    return Zone(
        id=1, name=name, mode=mode, required_assurance=required, enforced=False,
        presence_ttl=timedelta(minutes=5), site=Place(1, None, None),
    )  # fmt: skip


def confirmations(name: str) -> Iterator[Case]:
    for mode in ZoneMode:
        for proof in (*Proof, None):
            for assurance in Assurance:
                for direction in DIRECTIONS:
                    where = zone(name, mode, Assurance.HIGH)
                    presence = Presence(id=new_id(), zone=where, at=EIGHT, assurance=assurance, proof=proof)
                    granted = Granted(direction=direction, at=EIGHT, presence=presence)
                    earlier = PunchFact(direction=direction, at=EIGHT - timedelta(minutes=9), proved=True, key=1)
                    said = messages.punched(name, granted, earlier, TAIPEI, by_zone=mode is ZoneMode.AUTO)
                    yield f"punched {mode} {proof} {assurance} {direction}", said
    heard = Presence(
        id=new_id(), zone=zone(name, ZoneMode.CONFIRM, Assurance.LOW), at=EIGHT, assurance=Assurance.HIGH,
        from_agent=True,
    )  # fmt: skip
    granted = Granted(direction=Direction.IN, at=EIGHT, presence=heard)
    yield "punched by a badge", messages.punched(name, granted, None, TAIPEI, by_zone=False)
    for direction in DIRECTIONS:
        yield f"asked {direction}", messages.ask_to_punch(heard, direction, TAIPEI)


def others(name: str, liff_id: str) -> Iterator[Case]:
    where = zone(name, ZoneMode.CONFIRM, Assurance.LOW)
    for reason in Reason:
        for direction in DIRECTIONS:
            for at in (where, None):
                yield f"refused {reason}", messages.tap_refused(reason, at, direction, liff_id=liff_id)
    for reason in ENROLMENT_REFUSED:
        yield f"not enrolled {reason}", messages.enrolment_refused(reason, liff_id)
    yield "welcome", messages.welcome(liff_id)
    yield "help", messages.explain(liff_id)
    yield "help to a stranger", messages.explain(liff_id, is_enrolled=False)
    yield "enrolled", messages.enrolled(Bound(StaffNo("A" * 64), name), liff_id)
    yield "forgot", messages.forgot(liff_id)
    for wanted in (True, False):
        for flag in (True, False):
            yield "reminders", messages.reminders(wanted=wanted, are_sent=flag, is_new=flag)
    yield "remind", messages.remind(name, EIGHT, TAIPEI)
    for number in (0, 40):
        yield f"today {number}", [today_message(today(name, number), EIGHT, TAIPEI, liff_id)]
        yield f"month {number}", [month_message(month(name, number), EIGHT, TAIPEI, liff_id)]


def today(name: str, punches: int, due: Direction | None = None) -> Today:
    """A day with everything in it, or with nothing."""
    duty = Duty(
        duty_date=date(2026, 11, 23), shift_code="day", start=EIGHT, end=EIGHT + timedelta(hours=24),
        opens=EIGHT - timedelta(hours=2), closes=EIGHT + timedelta(hours=28),
    )  # fmt: skip
    seen = PunchSeen(
        direction=Direction.OUT, at=EIGHT, zone=name, assurance=Assurance.LOW, source=PunchSource.CHAT,
        evidence=("", ""), heard_at=None,
    )  # fmt: skip
    shown = DutySeen(duty=duty, shift_name=name) if punches else None
    return Today(
        person=Person(id=1, staff_no="A1", name=name, title="警員", unit=name, supervises=False),
        duty=shown, next_duty=shown, due=Direction.OUT if punches else due, sensed=None, punches=[seen] * punches,
    )  # fmt: skip


def month(name: str, lacking: int) -> Month:
    record = DutyRecord(
        officer=0, duty_date=date(2026, 11, 23), shift_code="day", zone=0, start=EIGHT, end=EIGHT, sign_in=None,
        sign_out=None, status=Status.MISSING_OUT, flags=(Flag.LATE,), worked_minutes=None, late_minutes=3,
        early_leave_minutes=None, overtime_minutes=None, before_minutes=None, night_minutes=None, punches=(),
    )  # fmt: skip
    totals = Totals({Status.PRESENT: 12}, {Flag.LATE: 2}, {"worked": 9_630}, 0, 0, 0)
    return Month([RecordSeen(record, name, [])] * lacking, totals)


def every_message() -> Iterator[Case]:
    for name in (PLAIN, LONG, EMOJI):
        yield from confirmations(name)
        for liff_id in LIFF_IDS:
            yield from others(name, liff_id)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def actions(value: Any) -> Iterator[dict[str, Any]]:
    """Every action anywhere in a message."""
    if isinstance(value, dict):
        if isinstance(value.get("action"), dict):
            yield value["action"]
        for inner in value.values():
            yield from actions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from actions(inner)


def test_the_platform_takes_every_message():
    refused = [(name, error.args) for name, said in every_message() if (error := check_messages(said))]
    assert refused == []


def test_every_message_keeps_the_documented_limits():
    # Source: Messaging API reference, "Flex message", "Text message", "Quick reply", "Postback action".
    for name, said in every_message():
        assert 1 <= len(said) <= 5, name
        for message in said:
            if message["type"] == "flex":
                assert 0 < units(message["altText"]) <= 400, name
                assert len(json.dumps(message["contents"], ensure_ascii=False).encode()) <= 30_000, name
            else:
                assert 0 < units(message["text"]) <= 5000, name
            buttons = message.get("quickReply", {}).get("items", [])
            assert len(buttons) <= 13, name
            assert all(units(button["action"]["label"]) <= 20 for button in buttons), name
            for action in actions(message):
                assert units(action.get("label", "")) <= 40, name
                assert units(action.get("data", "")) <= 300, name
                assert units(action.get("uri", "")) <= 1000, name


def test_every_alternative_text_of_usual_names_is_whole():
    told = [*confirmations(PLAIN), *others(PLAIN, LIFF_IDS[1])]
    flex = [(name, message["altText"]) for name, said in told for message in said if message["type"] == "flex"]
    assert len(flex) > 100
    # What a month lacks is counted, and of many records the first are named.
    assert [name for name, alt in flex if alt.endswith("…")] == []


@pytest.mark.parametrize("name", [LONG, EMOJI])
def test_a_long_name_pushes_nothing_out_of_the_alternative_text(name: str):
    presence = Presence(
        id=new_id(), zone=zone(name, ZoneMode.CONFIRM, Assurance.HIGH), at=EIGHT, assurance=Assurance.LOW,
        proof=Proof.UNKNOWN_KEY,
    )  # fmt: skip
    earlier = PunchFact(direction=Direction.OUT, at=EIGHT - timedelta(minutes=9), proved=True, key=1)
    granted = Granted(direction=Direction.OUT, at=EIGHT, presence=presence)
    [message] = messages.punched(name, granted, earlier, TAIPEI, by_zone=False)
    for word in ("簽退完成 08:00", "證明力：低", "供複核", "07:51", "Signed out 08:00", "assurance: low", "for review"):
        assert word in message["altText"]


def test_a_confirmation_offers_the_other_direction_first():
    presence = Presence(
        id=new_id(), zone=zone("大門", ZoneMode.CONFIRM, Assurance.LOW), at=EIGHT, assurance=Assurance.LOW
    )
    granted = Granted(direction=Direction.IN, at=EIGHT, presence=presence)
    [message] = messages.punched("王小明", granted, None, TAIPEI, by_zone=False)
    labels = [button["action"]["label"] for button in message["quickReply"]["items"]]
    assert labels == ["簽退 Sign out", "今天 Today", "說明 Help"]


def test_where_there_is_a_page_help_and_enrolment_have_a_button_to_it():
    page = "https://liff.line.me/1650000002-AbcdEfgh"
    for said in (
        messages.explain(LIFF_IDS[1]),
        messages.enrolled(Bound(StaffNo("A1"), "王小明"), LIFF_IDS[1]),
        messages.welcome(LIFF_IDS[1]),
    ):
        assert page in [action.get("uri") for action in actions(said)]
    assert [a["uri"] for a in actions(messages.forgot(LIFF_IDS[1])) if "uri" in a] == [f"{page}?screen=corrections"]
    assert not [action for action in actions(messages.forgot("")) if "uri" in action]


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("👮👮", 4, "👮👮"),
        ("👮👮👮", 4, "👮…"),
        ("👮" * 3, 5, "👮👮…"),
        ("", 3, ""),
    ],
)
def test_text_is_cut_as_line_counts(text: str, longest: int, expected: str):
    assert cut(text, longest) == expected
