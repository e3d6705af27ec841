"""What a tap or a beacon event becomes: a punch, a refusal, or a question to the officer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from checkin_api.domain.ids import Assurance, Direction, Proof, PunchSource, Reason, Shown, ZoneMode
from checkin_api.domain.radar import Place, is_impossible
from checkin_api.domain.shifts import Duty
from checkin_api.domain.windows import DUPLICATE_WINDOW, DutyPunches, PunchFact, assign

# Tapping brings LINE to the front, and on Android only then does the phone listen for beacons (LINE, "Using beacons"):
# the proof may come a little after the tap.
TAP_WAIT = timedelta(seconds=60)
# LINE repeats `enter` whenever it is restarted in range; a person wants to be asked once per visit.
ASK_AGAIN_AFTER = timedelta(minutes=10)
# From when on a beacon event asks for 簽退 instead of keeping quiet.
ASK_OUT_BEFORE_END = timedelta(minutes=30)
# What a phone and what an agent heard of one officer in one zone belong together within this time.
CORROBORATES_WITHIN = timedelta(minutes=5)
# A `stay` event says nothing new within this time of the last presence in the zone.
STAY_EVERY = timedelta(seconds=60)

# Refusals that a presence soon after the tap still turns into a punch.
WAITABLE = frozenset({Reason.NO_PRESENCE, Reason.PRESENCE_EXPIRED, Reason.LOW_ASSURANCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A check-in area and what it asks of a punch."""

    id: int
    name: str
    mode: ZoneMode
    required_assurance: Assurance
    enforced: bool
    presence_ttl: timedelta
    site: Place

    def admits(self, assurance: Assurance) -> bool:
        """Whether a punch with this assurance may be recorded at all; a weaker one is else kept and flagged."""
        return not self.enforced or assurance.meets(self.required_assurance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Evidence that the officer was in a zone at a time, and what the beacon's device message turned out to be.

    ``from_agent`` tells that no phone heard a beacon, but an agent on site the officer's badge or phone; ``shown`` that
    nothing was heard, and the officer showed something instead.
    """

    id: UUID
    zone: Zone
    at: datetime
    assurance: Assurance
    proof: Proof | None = None
    from_agent: bool = False
    shown: Shown | None = None
    distance_m: int | None = None
    accuracy_m: int | None = None

    @property
    def is_heard(self) -> bool:
        """Whether the officer's own phone heard a beacon."""
        return not self.from_agent and self.shown is None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTap:
    """A refused tap that a presence arriving soon enough still turns into a punch."""

    refusal_id: UUID
    direction: Direction
    at: datetime
    reason: Reason
    source: PunchSource = PunchSource.CHAT
    handset: str = ""


@dataclass(slots=True, kw_only=True)
class OfficerDay:
    """What is known of one officer around the moment of an event."""

    duties: list[Duty] = field(default_factory=list)
    punches: list[PunchFact] = field(default_factory=list)
    presences: list[Presence] = field(default_factory=list)
    waiting: list[WaitingTap] = field(default_factory=list)

    def assigned(self) -> Sequence[DutyPunches]:
        """Every duty with the punches that belong to it."""
        return assign(self.punches, self.duties).duties


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A punch to record: ``at`` is when both the act and the proof of place were there."""

    direction: Direction
    at: datetime
    presence: Presence


@dataclass(frozen=True, slots=True)
class Refused:
    """A tap that is not recorded, and why."""

    reason: Reason
    zone: Zone | None = None


def decide_tap(direction: Direction, at: datetime, day: OfficerDay) -> Granted | Refused:
    """Judge a tap against the presences known so far, the newest before it first, else the first soon after it.

    What the officer's own phone heard goes before what an agent heard, or the officer showed.
    """
    near = proving(at, day)
    for presence in near:
        if presence.zone.admits(presence.assurance):
            return Granted(direction=direction, at=max(at, presence.at), presence=presence)
    if near:
        return Refused(Reason.LOW_ASSURANCE, near[0].zone)
    earlier = [presence for presence in day.presences if presence.at < at]
    if earlier:
        return Refused(Reason.PRESENCE_EXPIRED, max(earlier, key=lambda presence: presence.at).zone)
    return Refused(Reason.NO_PRESENCE)


def proving(at: datetime, day: OfficerDay) -> list[Presence]:
    """The presences that prove the place of a tap, the one to take first."""
    near = [presence for presence in day.presences if _proves(presence, at)]
    return sorted(near, key=lambda presence: (presence.at > at, not presence.is_heard, abs(at - presence.at)))


def corroborated(assurance: Assurance, zone: Zone, at: datetime, day: OfficerDay) -> Assurance:
    """What a phone's presence is worth once an agent's is looked at too: somebody's phone, and that somebody's badge.

    Source: attendance rules, "Evidence and assurance".
    """
    if assurance is not Assurance.MEDIUM:
        return assurance
    agrees = any(p.from_agent and p.zone.id == zone.id and abs(at - p.at) <= CORROBORATES_WITHIN for p in day.presences)
    return Assurance.HIGH if agrees else assurance


def redeem(presence: Presence, day: OfficerDay) -> list[tuple[Granted, list[WaitingTap]]]:
    """The punches that a new presence grants to taps still waiting: one per direction, for all its taps."""
    if not presence.zone.admits(presence.assurance):
        return []
    granted = []
    for direction in (Direction.IN, Direction.OUT):
        taps = [
            tap
            for tap in day.waiting
            if tap.direction is direction and tap.reason in WAITABLE and _proves(presence, tap.at)
        ]
        if taps:
            first = min(tap.at for tap in taps)
            granted.append((Granted(direction=direction, at=max(first, presence.at), presence=presence), taps))
    return granted


def arrive(presence: Presence, day: OfficerDay) -> Granted | Direction | None:
    """What a beacon event asks for by itself: a punch (an ``auto`` zone), a question (``confirm``), or nothing.

    A question is asked once a visit, as soon as the punch is due: a presence before that has asked nothing.
    """
    direction = _due(presence.at, day)
    if direction is None:
        return None
    if direction is Direction.IN and presence.zone.mode is ZoneMode.AUTO and presence.zone.admits(presence.assurance):
        return Granted(direction=Direction.IN, at=presence.at, presence=presence)
    asked = any(
        earlier.id != presence.id
        and earlier.is_heard
        and earlier.zone.id == presence.zone.id
        and timedelta() <= presence.at - earlier.at < ASK_AGAIN_AFTER
        and _due(earlier.at, day) is direction
        for earlier in day.presences
    )
    return None if asked else direction


def repeated(granted: Granted, day: OfficerDay) -> PunchFact | None:
    """The earlier punch of the same direction and duty that makes this one no news; None for the first."""
    fact = PunchFact(direction=granted.direction, at=granted.at, proved=True, key=None)
    for duty in assign([*day.punches, fact], day.duties).duties:
        facts = [punch.fact for punch in duty.punches]
        if fact in facts:
            return next((other for other in facts if other.direction is fact.direction and other is not fact), None)
    return None


def tapped_already(granted: Granted, day: OfficerDay) -> PunchFact | None:
    """The punch that the same finger has just made: a double tap, or a second tab. Source: attendance rule 3."""
    return next(
        (
            punch
            for punch in day.punches
            if punch.direction is granted.direction and abs(granted.at - punch.at) <= DUPLICATE_WINDOW
        ),
        None,
    )


def due_punch(at: datetime, day: OfficerDay) -> tuple[DutyPunches | None, Direction | None]:
    """The duty that a tap is for, and the punch that it lacks; no direction once it has both, no duty between duties.

    Of an earlier duty that is not signed out of and a later one that is not signed in to, the nearer boundary counts.
    """
    open_duties = [duty for duty in day.assigned() if duty.duty.window_contains(at)]
    leaving = next((duty for duty in open_duties if duty.has_in and not duty.has_out), None)
    # An IN belongs to the latest duty, whatever an earlier one lacks (rule 2).
    coming = next((duty for duty in open_duties[-1:] if not duty.has_in and not duty.has_out), None)
    if leaving and coming and abs(coming.duty.start - at) < abs(leaving.duty.end - at):
        leaving = None
    if leaving:
        return leaving, Direction.OUT
    if coming:
        return coming, Direction.IN
    return (open_duties[-1] if open_duties else None), None


def impossible_before(presence: Presence, day: OfficerDay) -> Presence | None:
    """The newest other presence so far away that nobody can have been at both; one of the two is not the officer's."""
    others = (
        other
        for other in day.presences
        if other.id != presence.id and is_impossible(presence.zone.site, other.zone.site, presence.at - other.at)
    )
    return max(others, key=lambda other: other.at, default=None)


def is_stay_worth_keeping(zone: Zone, at: datetime, day: OfficerDay) -> bool:
    """Whether a ``stay`` event tells more than the presences before it: a check-in is stored, not a track."""
    if not any(duty.window_contains(at) for duty in day.duties):
        return False
    return not any(p.zone.id == zone.id and p.is_heard and timedelta() <= at - p.at < STAY_EVERY for p in day.presences)


def _proves(presence: Presence, at: datetime) -> bool:
    return -TAP_WAIT <= at - presence.at <= presence.zone.presence_ttl


def _due(at: datetime, day: OfficerDay) -> Direction | None:
    """The punch that the officer's duties ask for now: IN of an open duty, or OUT of one that ends."""
    open_duties = [duty for duty in day.assigned() if duty.duty.window_contains(at)]
    on_duty = [duty for duty in open_duties if duty.has_in and not duty.has_out]
    # Who is signed in and comes back through the door in mid-duty is not asked, nor signed in to the next duty.
    if any(at < duty.duty.end - ASK_OUT_BEFORE_END for duty in on_duty):
        return None
    if on_duty:
        return Direction.OUT
    return Direction.IN if any(not duty.has_in and not duty.has_out for duty in open_duties) else None
