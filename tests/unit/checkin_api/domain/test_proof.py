"""What a device message proves: a truth table by time, order and key, and every damage to an authentic one."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardware.frames
from checkin_api.domain.ids import Assurance, BeaconKind, Proof
from checkin_api.domain.proof import (
    BeaconClock,
    Judgement,
    Key,
    assurance_of,
    best_assurance,
    judge,
    set_right,
    synchronised,
)
from hardware.frames.device_message import Flags, encode

HWID = "c0ffee0001"
KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
# The beginning of a time step.
EIGHT = datetime(2026, 9, 23, 0, 0, tzinfo=UTC)
STEP = int(EIGHT.timestamp()) // 15
DAY = timedelta(days=1)
RIGHT = set_right(EIGHT - DAY)


def seconds(s: float) -> timedelta:
    return timedelta(seconds=s)


def heard(
    step: int, at: datetime, *, clock: BeaconClock = RIGHT, keys: tuple[Key, ...] = (Key(secret=KEY),)
) -> Judgement:
    return judge(encode(KEY, HWID, step), HWID, at, keys=keys, clock=clock)


@pytest.mark.parametrize(
    ("later_s", "proof"),
    [
        # From the beginning of the step; its middle is 7.5 s later, and a day's drift is 2.16 s.
        (0, Proof.VALID),
        (14.9, Proof.VALID),
        (60, Proof.VALID),
        (7.5 + 75 + 2.1, Proof.VALID),
        (7.5 + 75 + 2.2, Proof.STALE),
        (3600, Proof.STALE),
        (400 * 86400, Proof.STALE),
        (7.5 - 75 - 2.1, Proof.VALID),
        (7.5 - 75 - 2.2, Proof.STALE),
        (-3600, Proof.STALE),
    ],
)
def test_a_code_is_good_in_its_time_only(later_s: float, proof: Proof):
    judged = heard(STEP, EIGHT + seconds(later_s))
    assert judged.proof is proof
    assert judged.step == STEP
    assert judged.lag_s == pytest.approx(later_s - 7.5)


def test_a_redelivered_event_is_judged_by_when_it_happened():
    newest = heard(STEP + 4000, EIGHT + seconds(60000)).clock
    assert newest.last_step == STEP + 4000
    again = heard(STEP, EIGHT + seconds(3), clock=newest)
    assert again.proof is Proof.VALID
    assert again.clock == newest


@pytest.mark.parametrize(
    ("back", "proof"), [(0, Proof.VALID), (1, Proof.VALID), (2, Proof.VALID), (3, Proof.REPLAYED), (5, Proof.REPLAYED)]
)
def test_a_step_never_goes_back_by_more_than_events_may_be_out_of_order(back: int, proof: Proof):
    clock = heard(STEP, EIGHT).clock
    judged = heard(STEP - back, EIGHT + seconds(1), clock=clock)
    assert judged.proof is proof
    assert judged.clock.last_step == STEP


def test_many_phones_hear_one_step():
    clock = RIGHT
    for after in (1, 3, 2, 14, 9):
        judged = heard(STEP, EIGHT + seconds(after), clock=clock)
        assert judged.proof is Proof.VALID
        clock = judged.clock
    assert (clock.last_step, clock.last_at) == (STEP, EIGHT + seconds(1))


def test_a_slow_crystal_is_followed_and_a_jump_is_not():
    # 20 ppm slow: 1.7 s a day, over a year far more than any window.
    clock = set_right(EIGHT)
    for day in range(1, 366):
        at = EIGHT + day * DAY
        step = int((at.timestamp() - day * 86400 * 20e-6) // 15)
        judged = heard(step, at, clock=clock)
        assert judged.proof is Proof.VALID, day
        clock = judged.clock
    assert clock.lag_s == pytest.approx(365 * 1.728, abs=20)
    jumped = heard(int(at.timestamp() // 15) - 1000, at, clock=clock)
    assert (jumped.proof, jumped.clock) == (Proof.STALE, clock)


def test_a_recording_played_every_day_does_not_become_right_within_a_fortnight():
    clock = set_right(EIGHT)
    for day in range(1, 15):
        # Somebody passes on what was recorded two minutes ago, each day, and nobody honest is there.
        at = EIGHT + day * DAY
        judged = heard(int((at.timestamp() - 120) // 15), at, clock=clock)
        assert judged.proof is Proof.STALE
        assert judged.clock == clock


def test_nobody_drags_the_clock_faster_than_a_crystal_drifts():
    clock = set_right(EIGHT)
    for minute in range(1, 1440):
        at = EIGHT + timedelta(minutes=minute)
        clock = heard(int((at.timestamp() - 70) // 15), at, clock=clock).clock
    assert 0 < clock.lag_s <= 2.16


def test_after_a_loss_of_power_only_somebody_trusted_sets_the_clock():
    at = EIGHT + DAY
    late = STEP + 4000
    assert heard(late, at, clock=RIGHT).proof is Proof.STALE
    clock = synchronised(late, at)
    assert heard(late, at, clock=clock).proof is Proof.VALID
    assert heard(late + 4, at + seconds(60), clock=clock).proof is Proof.VALID
    assert heard(late - 240, at + seconds(60), clock=clock).proof is Proof.STALE


def test_a_beacon_that_goes_on_a_minute_ahead_stays_valid():
    resumed = encode(KEY, HWID, STEP + 4, flags=Flags.RESUMED, battery=7)
    judged = judge(resumed, HWID, EIGHT + seconds(1), keys=[Key(secret=KEY)], clock=RIGHT)
    assert (judged.proof, judged.resumed, judged.battery) == (Proof.VALID, True, 7)


OLD = Key(secret=OTHER_KEY, retires_at=EIGHT + seconds(30))
NEW = Key(secret=KEY)


@pytest.mark.parametrize(
    ("made_with", "keys", "at", "proof"),
    [
        (KEY, [NEW], EIGHT, Proof.VALID),
        (KEY, [NEW, OLD], EIGHT, Proof.VALID),
        (OTHER_KEY, [NEW, OLD], EIGHT + seconds(29), Proof.VALID),
        (OTHER_KEY, [NEW, OLD], EIGHT + seconds(30), Proof.UNKNOWN_KEY),
        (OTHER_KEY, [NEW], EIGHT, Proof.FORGED),
        (KEY, [], EIGHT, Proof.UNKNOWN_KEY),
        (KEY, [Key(secret=None)], EIGHT, Proof.UNKNOWN_KEY),
        (KEY, [Key(secret=None), NEW], EIGHT, Proof.VALID),
        (KEY, [Key(secret=b"short"), NEW], EIGHT, Proof.FORGED),
    ],
)
def test_keys_overlap_while_they_are_exchanged(made_with: bytes, keys: list[Key], at: datetime, proof: Proof):
    assert judge(encode(made_with, HWID, STEP), HWID, at, keys=keys, clock=RIGHT).proof is proof


VECTORS: list[dict[str, Any]] = json.loads((Path(hardware.frames.__file__).parent / "vectors.json").read_text())[
    "device_message"
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["why"])
def test_no_damage_to_a_message_is_ever_anything_but_forged(vector: dict[str, Any]):
    message, hwid = bytes.fromhex(vector["message"]), vector["hwid"]
    keys = [Key(secret=bytes.fromhex(vector["key"]))]
    at = datetime.fromtimestamp(min(vector["step"], STEP) * 15, UTC)
    number = int.from_bytes(message, "big")
    damaged = [(number ^ 1 << bit).to_bytes(13, "big") for bit in range(104)]
    damaged += [message[:length] for length in range(13)]
    clock = set_right(at)
    assert {judge(each, hwid, at, keys=keys, clock=clock) for each in damaged} == {
        Judgement(proof=Proof.FORGED, clock=clock)
    }


@given(st.binary(max_size=20), st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 (hypothesis adds the zone)
def test_any_bytes_are_forged(message: bytes, at: datetime):
    assert judge(message, HWID, at, keys=[Key(secret=KEY)], clock=RIGHT).proof is Proof.FORGED


@pytest.mark.parametrize(
    ("kind", "proof", "worth"),
    [
        (BeaconKind.ROLLING, Proof.VALID, Assurance.MEDIUM),
        (BeaconKind.ROLLING, Proof.STALE, Assurance.LOW),
        (BeaconKind.ROLLING, Proof.REPLAYED, Assurance.LOW),
        (BeaconKind.ROLLING, Proof.UNKNOWN_KEY, Assurance.LOW),
        (BeaconKind.ROLLING, Proof.FORGED, Assurance.NONE),
        (BeaconKind.STATIC, Proof.STATIC, Assurance.LOW),
        (BeaconKind.LINE, None, Assurance.MEDIUM),
    ],
)
def test_what_a_beacon_event_is_worth(kind: BeaconKind, proof: Proof | None, worth: Assurance):
    assert assurance_of(kind, proof) is worth


def test_the_most_a_beacon_can_prove_by_itself():
    assert {kind: best_assurance(kind) for kind in BeaconKind} == {
        BeaconKind.STATIC: Assurance.LOW,
        BeaconKind.ROLLING: Assurance.MEDIUM,
        BeaconKind.LINE: Assurance.MEDIUM,
    }
