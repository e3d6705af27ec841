"""What a beacon's device message proves: authentic, of this time, never going back; and the beacon's clock, learned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from checkin_api.domain.ids import Assurance, BeaconKind, Proof
from hardware.frames import FrameError, device_message
from hardware.frames.device_message import STEP_S, Flags

# A code stands for 15 s, LINE on the phone takes some seconds to tell, and the event's time may be the phone's own.
BEHIND_S = 75.0
# After a loss of power a beacon goes on up to 60 s ahead (docs/spec/device-message.md, "What a beacon does").
AHEAD_S = 75.0
# A step before one heard earlier is no replay yet: two phones' events may be that much out of order.
SKEW_STEPS = 2
# What a beacon's crystal may be off. Source: Espressif, ESP32 Hardware Design Guidelines, "Clock source": ±10 ppm; the
# rest is for temperature and age.
DRIFT = 25e-6
# However long nobody heard a beacon, its clock is not believed to have drifted further; a recording would profit.
LARGEST_DRIFT_S = 120.0

RESULTS_OF_A_COPY = frozenset({Proof.STALE, Proof.REPLAYED, Proof.FORGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of a beacon; ``secret`` is None if it cannot be opened, ``retires_at`` when it stops being taken."""

    secret: bytes | None
    retires_at: datetime | None = None

    def is_in_force(self, at: datetime) -> bool:
        """Whether codes under this key count at that time."""
        return self.secret is not None and (self.retires_at is None or at < self.retires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconClock:
    """What is known of a beacon's clock: how far it lags behind ours, and the latest step heard.

    Attributes:
        lag_s: Our time minus the middle of the beacon's step, in seconds; negative for a beacon that is ahead.
        lag_at: When that was last looked at; from then on it may have drifted.
        last_step: The latest step heard, and when; a step is never gone back to. None before the first.
        last_at: The time of the event that told it.
    """

    lag_s: float
    lag_at: datetime
    last_step: int | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a message is, what it says of the beacon if its code is right, and the clock as it is known now."""

    proof: Proof
    clock: BeaconClock
    step: int | None = None
    lag_s: float | None = None
    battery: int | None = None
    resumed: bool = False


def judge(message: bytes, hwid: str, at: datetime, *, keys: Sequence[Key], clock: BeaconClock) -> Judgement:
    """Judge the device message of a rolling beacon; nothing is raised, whatever the bytes.

    Args:
        message: As it was heard.
        hwid: Whose it claims to be, 10 lower-case hex digits.
        at: When it was heard, by the event's own time: a redelivered event is as good as on the day it happened.
        keys: The beacon's keys, those that are retired too: they tell an old code from a forged one.
        clock: What was known before.
    """
    if not any(key.secret for key in keys):
        return Judgement(proof=Proof.UNKNOWN_KEY, clock=clock)
    try:
        fields = device_message.parse(message)
        expected = int((at.timestamp() - clock.lag_s) // STEP_S)
        step = device_message.full_step(fields.low_step, expected)
        key = next((k for k in keys if k.secret and device_message.is_authentic(message, k.secret, hwid, step)), None)
    except FrameError:
        key = None
    if key is None:
        return Judgement(proof=Proof.FORGED, clock=clock)
    told = Judgement(
        proof=Proof.VALID,
        clock=clock,
        step=step,
        lag_s=_lag_s(step, at),
        battery=fields.battery,
        resumed=Flags.RESUMED in fields.flags,
    )
    if not key.is_in_force(at):
        return replace(told, proof=Proof.UNKNOWN_KEY)
    return _timely(told, step, at)


def synchronised(step: int, at: datetime) -> BeaconClock:
    """The clock of a beacon as somebody trusted heard it on site."""
    return BeaconClock(lag_s=_lag_s(step, at), lag_at=at, last_step=step, last_at=at)


def set_right(at: datetime) -> BeaconClock:
    """The clock of a beacon that is set when it is made: not off at all."""
    return BeaconClock(lag_s=0.0, lag_at=at)


def assurance_of(kind: BeaconKind, proof: Proof | None) -> Assurance:
    """What a beacon event is worth by itself, before an agent on site corroborates it.

    LINE verifies a certified LINE Beacon itself. Source: attendance rules, "Evidence and assurance".
    """
    match kind, proof:
        case (BeaconKind.LINE, _) | (_, Proof.VALID):
            return Assurance.MEDIUM
        case (_, Proof.FORGED):
            return Assurance.NONE
        case _:
            return Assurance.LOW


def best_assurance(kind: BeaconKind) -> Assurance:
    """The most that a beacon of a kind can prove by itself."""
    return assurance_of(kind, None if kind is BeaconKind.LINE else _BEST[kind])


_BEST = {BeaconKind.ROLLING: Proof.VALID, BeaconKind.STATIC: Proof.STATIC}


def _timely(told: Judgement, step: int, at: datetime) -> Judgement:
    """Whether an authentic message is of its time, and what it teaches."""
    clock = told.clock
    drift_s = _drift_s(at - clock.lag_at)
    off_s = _lag_s(step, at) - clock.lag_s
    if not -AHEAD_S - drift_s <= off_s <= BEHIND_S + drift_s:
        return replace(told, proof=Proof.STALE)
    if clock.last_step is not None and clock.last_at is not None:
        if at >= clock.last_at and step < clock.last_step - SKEW_STEPS:
            return replace(told, proof=Proof.REPLAYED)
        if step <= clock.last_step:
            return replace(told, clock=_learned(clock, off_s, at))
    return replace(told, clock=replace(_learned(clock, off_s, at), last_step=step, last_at=at))


def _learned(clock: BeaconClock, off_s: float, at: datetime) -> BeaconClock:
    """Follow the beacon no faster than a crystal can drift, so that nobody can lead its clock astray."""
    if at <= clock.lag_at:
        return clock
    most = _drift_s(at - clock.lag_at)
    return replace(clock, lag_s=clock.lag_s + min(max(off_s, -most), most), lag_at=at)


def _drift_s(elapsed: timedelta) -> float:
    return min(abs(elapsed.total_seconds()) * DRIFT, LARGEST_DRIFT_S)


def _lag_s(step: int, at: datetime) -> float:
    """How far the middle of a step lies behind a time, in seconds."""
    return at.timestamp() - (step + 0.5) * STEP_S
