"""What a tap or a beacon event becomes, in tables that HR could read; one officer on day duty 08:00 to 20:00."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from checkin_api.domain.ids import Assurance, Direction, Reason, ZoneMode, new_id
from checkin_api.domain.punching import (
    Granted,
    OfficerDay,
    Presence,
    Refused,
    WaitingTap,
    Zone,
    arrive,
    decide_tap,
    due_punch,
    impossible_before,
    is_stay_worth_keeping,
    redeem,
    repeated,
    tapped_already,
)
from checkin_api.domain.radar import Place
from checkin_api.domain.shifts import Shift, duty_on
from checkin_api.domain.windows import PunchFact

TAIPEI = ZoneInfo("Asia/Taipei")
MONDAY = date(2026, 11, 23)
DAY_DUTY = duty_on(MONDAY, Shift(code="day", name="日勤", start=time(8), end=time(20)), TAIPEI)
NEXT_DUTY = duty_on(MONDAY + timedelta(days=1), Shift(code="day", name="日勤", start=time(8), end=time(20)), TAIPEI)


def at(clock: str) -> datetime:
    return datetime.combine(MONDAY, time.fromisoformat(clock), TAIPEI)


STATION = Place(1, 24.1631, 120.6478)
CAPITAL = Place(2, 25.0375, 121.5637)


def zone(
    number: int = 1,
    *,
    mode: ZoneMode = ZoneMode.CONFIRM,
    enforced: bool = False,
    needs: Assurance = Assurance.MEDIUM,
    site: Place = STATION,
) -> Zone:
    return Zone(
        id=number,
        name=f"{number} 樓",
        mode=mode,
        required_assurance=needs,
        enforced=enforced,
        presence_ttl=timedelta(seconds=300),
        site=site,
    )


GATE, ARMOURY = zone(1), zone(2, enforced=True)


def heard(clock: str, place: Zone = GATE, assurance: Assurance = Assurance.LOW) -> Presence:
    return Presence(id=new_id(), zone=place, at=at(clock), assurance=assurance)


def punched(direction: Direction, clock: str) -> PunchFact:
    return PunchFact(direction=direction, at=at(clock), proved=True, key=clock)


def waiting(clock: str, reason: Reason = Reason.NO_PRESENCE, direction: Direction = Direction.IN) -> WaitingTap:
    return WaitingTap(refusal_id=new_id(), direction=direction, at=at(clock), reason=reason)


@pytest.mark.parametrize(
    ("enforced", "needs", "has", "admitted"),
    [
        (True, Assurance.MEDIUM, Assurance.LOW, False),
        (True, Assurance.MEDIUM, Assurance.MEDIUM, True),
        (True, Assurance.LOW, Assurance.HIGH, True),
        (True, Assurance.NONE, Assurance.NONE, True),
        (False, Assurance.HIGH, Assurance.LOW, True),
    ],
)
def test_only_an_enforced_zone_turns_weak_proof_away(enforced: bool, needs: Assurance, has: Assurance, admitted: bool):
    assert zone(enforced=enforced, needs=needs).admits(has) is admitted


# --- a tap ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sensed", "tapped", "counts_at"),
    [
        ("08:00:00", "08:00:00", "08:00:00"),
        ("08:00:00", "08:05:00", "08:05:00"),  # 在場時限內 within the zone's time
        ("08:01:00", "08:00:00", "08:01:00"),  # 先按後感應 the proof comes after the tap
    ],
)
def test_tap_is_granted_when_both_the_act_and_the_proof_are_there(sensed: str, tapped: str, counts_at: str):
    presence = heard(sensed)
    day = OfficerDay(presences=[presence])
    assert decide_tap(Direction.IN, at(tapped), day) == Granted(
        direction=Direction.IN, at=at(counts_at), presence=presence
    )


@pytest.mark.parametrize(
    ("presences", "reason", "place"),
    [
        ([], Reason.NO_PRESENCE, None),
        ([heard("08:11:01")], Reason.NO_PRESENCE, None),
        ([heard("08:04:59")], Reason.PRESENCE_EXPIRED, GATE),
        ([heard("07:00", ARMOURY), heard("07:30")], Reason.PRESENCE_EXPIRED, GATE),
        ([heard("08:10", ARMOURY)], Reason.LOW_ASSURANCE, ARMOURY),
    ],
)
def test_tap_at_ten_past_is_refused_with_the_reason_and_the_zone_it_is_about(
    presences: list[Presence], reason: Reason, place: Zone | None
):
    assert decide_tap(Direction.IN, at("08:10"), OfficerDay(presences=presences)) == Refused(reason, place)


def test_newest_proof_before_the_tap_is_taken_first_and_one_too_weak_is_passed_over():
    old, newest, too_weak, later = (
        heard("08:08"), heard("08:09"), heard("08:09:30", ARMOURY), heard("08:10:05"),
    )  # fmt: skip
    day = OfficerDay(presences=[later, too_weak, old, newest])
    granted = decide_tap(Direction.OUT, at("08:10"), day)
    assert isinstance(granted, Granted)
    assert granted.presence is newest


# --- a presence that comes after the tap ---------------------------------------------------------------------------


def test_presence_redeems_the_waiting_taps_once_for_each_direction():
    first, again, out = waiting("08:00:00"), waiting("08:00:20"), waiting("08:00:10", direction=Direction.OUT)
    presence = heard("08:00:30")
    assert redeem(presence, OfficerDay(waiting=[again, first, out])) == [
        (Granted(direction=Direction.IN, at=at("08:00:30"), presence=presence), [again, first]),
        (Granted(direction=Direction.OUT, at=at("08:00:30"), presence=presence), [out]),
    ]


@pytest.mark.parametrize(
    ("tap", "presence"),
    [
        (waiting("07:58:59"), heard("08:00")),  # 等超過 60 秒 waited too long
        (waiting("08:00", Reason.INACTIVE_OFFICER), heard("08:00")),  # 不是缺感應 not for want of proof
        (waiting("08:00"), heard("08:00", ARMOURY)),  # 證明力不足 too weak for the zone
    ],
)
def test_presence_redeems_nothing_else(tap: WaitingTap, presence: Presence):
    assert redeem(presence, OfficerDay(waiting=[tap])) == []


# --- a presence by itself -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "punches", "asked"),
    [
        ("05:59", [], None),  # 窗口未開 before the window
        ("07:50", [], Direction.IN),
        ("12:00", [punched(Direction.IN, "08:00")], None),  # 勤務中出入 in mid-duty
        ("19:29", [punched(Direction.IN, "08:00")], None),
        ("19:30", [punched(Direction.IN, "08:00")], Direction.OUT),
        ("20:10", [punched(Direction.IN, "08:00"), punched(Direction.OUT, "20:05")], None),  # 都打完了 done
        ("20:10", [punched(Direction.OUT, "20:05")], None),  # 不倒著問 never asked for IN after OUT
    ],
)
def test_officer_is_asked_for_what_the_duty_still_needs(clock: str, punches: list[PunchFact], asked: Direction | None):
    assert arrive(heard(clock), OfficerDay(duties=[DAY_DUTY], punches=punches)) is asked


@pytest.mark.parametrize(
    ("earlier", "asked"),
    [
        (heard("07:50:01"), False),
        (heard("07:50:00"), True),  # 十分鐘後算另一次 another visit after ten minutes
        (heard("07:55", ARMOURY), True),  # 別的簽到區 another zone
    ],
)
def test_officer_is_asked_once_per_visit(earlier: Presence, asked: bool):
    now = heard("08:00")
    day = OfficerDay(duties=[DAY_DUTY], presences=[earlier, now])
    assert arrive(now, day) == (Direction.IN if asked else None)


def test_a_presence_before_the_window_opened_has_asked_nothing():
    early, now = heard("05:58"), heard("06:03")
    assert arrive(now, OfficerDay(duties=[DAY_DUTY], presences=[early, now])) is Direction.IN


def test_automatic_zone_signs_in_by_itself_where_the_proof_is_good_enough():
    back_door = zone(3, mode=ZoneMode.AUTO)
    presence = heard("07:55", back_door)
    assert arrive(presence, OfficerDay(duties=[DAY_DUTY])) == Granted(
        direction=Direction.IN, at=at("07:55"), presence=presence
    )
    weak = heard("07:55", zone(4, mode=ZoneMode.AUTO, enforced=True))
    assert arrive(weak, OfficerDay(duties=[DAY_DUTY])) is Direction.IN


# --- what is no news ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "punches", "earlier"),
    [
        ("08:10", [], None),
        ("08:10", [punched(Direction.IN, "08:00")], "08:00"),
        ("19:00", [punched(Direction.IN, "08:00")], "08:00"),  # 同一班 the same duty, hours later
        ("08:10", [punched(Direction.OUT, "08:00")], None),  # 方向不同 the other direction
        ("05:00", [punched(Direction.IN, "04:00")], None),  # 不屬於任何勤務 of no duty
    ],
)
def test_punch_is_repeated_when_its_duty_has_one_of_that_direction(
    clock: str, punches: list[PunchFact], earlier: str | None
):
    granted = Granted(direction=Direction.IN, at=at(clock), presence=heard(clock))
    found = repeated(granted, OfficerDay(duties=[DAY_DUTY], punches=punches))
    assert (found and found.key) == earlier


def test_punch_of_the_next_duty_repeats_nothing_of_the_one_before():
    tomorrow = at("08:00") + timedelta(days=1)
    granted = Granted(direction=Direction.IN, at=tomorrow, presence=heard("08:00"))
    day = OfficerDay(duties=[DAY_DUTY, NEXT_DUTY], punches=[punched(Direction.IN, "08:00")])
    assert repeated(granted, day) is None


@pytest.mark.parametrize(
    ("clock", "presences", "kept"),
    [
        ("12:00", [], True),
        ("05:00", [], False),  # 不在勤務時間 outside every duty
        ("12:00", [heard("11:59:01")], False),
        ("12:00", [heard("11:59:00")], True),
        ("12:00", [heard("11:59:30", ARMOURY)], True),
    ],
)
def test_stay_is_kept_during_a_duty_at_most_once_a_minute(clock: str, presences: list[Presence], kept: bool):
    assert is_stay_worth_keeping(GATE, at(clock), OfficerDay(duties=[DAY_DUTY], presences=presences)) is kept


def test_a_presence_too_far_from_another_to_be_the_same_person():
    far = zone(9, site=CAPITAL)
    presence = heard("08:10")
    day = OfficerDay(presences=[heard("07:00", far), heard("08:00", far), heard("08:05"), presence])
    assert impossible_before(presence, day) == day.presences[1]
    assert impossible_before(presence, OfficerDay(presences=[heard("07:00", far), presence])) is None


EVENING_DUTY = duty_on(MONDAY, Shift(code="eve", name="夜勤", start=time(22), end=time(6)), TAIPEI)


@pytest.mark.parametrize(
    ("clock", "punches", "duty", "due"),
    [
        ("07:00", [], DAY_DUTY, Direction.IN),
        ("12:00", [punched(Direction.IN, "08:00")], DAY_DUTY, Direction.OUT),
        ("20:10", [punched(Direction.IN, "08:00"), punched(Direction.OUT, "20:05")], EVENING_DUTY, Direction.IN),
        # Still signed in to the day duty when the evening's window is open: the nearer boundary counts.
        ("20:10", [punched(Direction.IN, "08:00")], DAY_DUTY, Direction.OUT),
        ("21:50", [punched(Direction.IN, "08:00")], EVENING_DUTY, Direction.IN),
        ("23:00", [punched(Direction.IN, "21:55"), punched(Direction.OUT, "22:30")], EVENING_DUTY, None),
        ("05:00", [], None, None),
    ],
)
def test_the_app_offers_the_punch_that_is_due(
    clock: str, punches: list[PunchFact], duty: object, due: Direction | None
):
    found, direction = due_punch(at(clock), OfficerDay(duties=[DAY_DUTY, EVENING_DUTY], punches=punches))
    assert (found.duty if found else None, direction) == (duty, due)


def test_the_app_offers_nothing_of_a_duty_that_has_both():
    punches = [punched(Direction.IN, "08:00"), punched(Direction.OUT, "19:00")]
    found, direction = due_punch(at("19:30"), OfficerDay(duties=[DAY_DUTY], punches=punches))
    assert found is not None
    assert (found.duty, direction) == (DAY_DUTY, None)


@pytest.mark.parametrize(
    ("clock", "direction", "already"),
    [("08:01:00", Direction.IN, True), ("08:01:01", Direction.IN, False), ("08:00:30", Direction.OUT, False)],
)
def test_a_double_tap_is_known_by_its_direction_and_minute(clock: str, direction: Direction, already: bool):
    day = OfficerDay(punches=[punched(Direction.IN, "08:00:00")])
    granted = Granted(direction=direction, at=at(clock), presence=heard("08:00"))
    assert (tapped_already(granted, day) is not None) is already
