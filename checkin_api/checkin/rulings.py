"""One event at a time: what the domain decides about it, put into records and into words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from checkin_api import enrolment
from checkin_api import models as m
from checkin_api.checkin.casefile import Casefile, KnownBeacon, KnownOfficer
from checkin_api.checkin.records import REPLY_REDELIVERED_WITHIN, REPLY_WITHIN, Records, Ruled, Stored
from checkin_api.domain import proof, punching, radar
from checkin_api.domain.ids import (
    LIFF_PREFIX,
    TAPPED_ALREADY,
    AlarmKind,
    Assurance,
    BeaconKind,
    Direction,
    EventState,
    Proof,
    PunchSource,
    Reason,
    new_id,
)
from checkin_api.domain.shifts import local_date
from checkin_api.domain.windows import PunchFact
from checkin_api.fleet.alarms import Evidence, Raised
from checkin_api.fleet.health import Heard
from checkin_api.line import messages
from checkin_api.line.events import (
    BeaconHeard,
    EnrolmentAsked,
    Event,
    ForgotAsked,
    HelpAsked,
    PlaceShown,
    PunchAsked,
    RemindersAsked,
)
from checkin_api.vault import Vault

Messages = list[dict[str, Any]]
DECIDED = Ruled(EventState.DECIDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What deciding needs of the settings; ``reminds`` tells whether the department sends reminders at all."""

    timezone: ZoneInfo
    code_key: bytes
    vault: Vault
    forwards: bool = False
    liff_id: str = ""
    reminds: bool = False


class Rulings:
    """Judges the events of one batch in order; each sees what the ones before it changed."""

    def __init__(self, casefile: Casefile, rules: Rules) -> None:
        self.casefile = casefile
        self.records = Records()
        self.enrolments: list[tuple[Stored, EnrolmentAsked]] = []
        self._rules = rules

    def write(self, session: Session, now: datetime) -> None:
        """Record everything; enrolments are judged here, where nobody else can use the same code."""
        for stored, event in self.enrolments:
            self.records.ruled.append((stored, self._enrol(session, stored, event)))
        self.records.write(session, now, forwards=self._rules.forwards)

    def _enrol(self, session: Session, stored: Stored, event: EnrolmentAsked) -> Ruled:
        outcome = enrolment.enrol(
            session, event.at, event.user_id, staff_no=event.staff_no, code=event.code, key=self._rules.code_key
        )
        if isinstance(outcome, Reason):
            return self.refuse(stored, event, outcome, said=messages.enrolment_refused(outcome, self._rules.liff_id))
        return self.answer(stored, event, messages.enrolled(outcome, self._rules.liff_id))

    def friend(self, stored: Stored, event: Event, *, is_friend: bool) -> Ruled:
        """The account was followed or blocked."""
        self.records.friends.append((event.user_id, is_friend))
        return self.answer(stored, event, messages.welcome(self._rules.liff_id) if is_friend else [])

    def help_asked(self, stored: Stored, event: HelpAsked | ForgotAsked) -> Ruled:
        """Somebody asked how this works, or what to do now."""
        liff_id, is_enrolled = self._rules.liff_id, event.user_id in self.casefile.officers
        if isinstance(event, ForgotAsked) and is_enrolled:
            return self.answer(stored, event, messages.forgot(liff_id))
        return self.answer(stored, event, messages.explain(liff_id, is_enrolled=is_enrolled))

    def reminders_asked(self, stored: Stored, event: RemindersAsked, *, wanted: bool) -> Ruled:
        """An officer switched reminders on or off."""
        officer = self.casefile.officers.get(event.user_id)
        if officer is None:
            return self.answer(stored, event, messages.explain(self._rules.liff_id, is_enrolled=False))
        self.records.wishes.append((officer.id, event.at, wanted))
        said = messages.reminders(wanted=wanted, are_sent=self._rules.reminds, is_new=True)
        return self.answer(stored, event, said)

    def beacon(self, stored: Stored, event: BeaconHeard) -> Ruled:
        """A phone heard a beacon: presence, and maybe a punch or a question."""
        beacon = self.casefile.beacons.get(event.hwid)
        officer = self._active(event)
        if beacon is None:
            ruled = self.refuse(stored, event, Reason.UNKNOWN_BEACON, hwid=event.hwid)
            # Another service of the official account may own this beacon.
            return Ruled(ruled.state, ruled.reason, ruled.detail, is_foreign=True)
        if beacon.retired_at is not None and beacon.retired_at <= event.at:
            return self.refuse(stored, event, Reason.RETIRED_BEACON, hwid=event.hwid, zone=beacon.zone)
        proved = self._prove(event, beacon)
        if proved is Proof.FORGED:
            return self.refuse(stored, event, Reason.FORGED_MESSAGE, hwid=event.hwid, zone=beacon.zone)
        if isinstance(officer, Reason):
            return self.refuse(stored, event, officer, hwid=event.hwid, zone=beacon.zone)
        day = self.casefile.days[officer.id]
        if event.kind == "stay" and not punching.is_stay_worth_keeping(beacon.zone, event.at, day):
            return Ruled(EventState.IGNORED, "stay_not_needed")
        presence = punching.Presence(
            id=new_id(),
            zone=beacon.zone,
            at=event.at,
            assurance=punching.corroborated(proof.assurance_of(beacon.kind, proved), beacon.zone, event.at, day),
            proof=proved,
        )
        day.presences.append(presence)
        elsewhere = punching.impossible_before(presence, day)
        if elsewhere is not None:
            note = f"{elsewhere.zone.name} {elsewhere.at.astimezone(self.casefile.timezone):%H:%M:%S}"
            self._alarm(event, beacon.id, AlarmKind.IMPOSSIBLE_TRAVEL, zone=beacon.zone, note=note)
        self.records.add(
            m.Presence,
            id=presence.id,
            officer_id=officer.id,
            zone_id=beacon.zone.id,
            beacon_id=beacon.id,
            at=event.at,
            received_at=stored.received_at,
            assurance=presence.assurance,
            device_message=event.device_message,
            proof=proved,
            inbox_event_id=stored.id,
        )
        self._reply(stored, event, self._arrival(stored, officer, presence, asks=event.kind != "stay"))
        return DECIDED

    def place_shown(self, stored: Stored, event: PlaceShown) -> Ruled:
        """An officer showed to be in a zone: a weak presence, for taps that wait and those that come."""
        officer, zone = self._active(event), self.casefile.zones.get(event.zone_code)
        if isinstance(officer, Reason):
            return self.refuse(stored, event, officer, zone=zone)
        if zone is None:
            return Ruled(EventState.IGNORED, "unknown_zone")
        said = {name: getattr(event, name) for name in ("at", "shown", "distance_m", "accuracy_m")}
        presence = punching.Presence(id=new_id(), zone=zone, assurance=Assurance.LOW, **said)
        self.casefile.days[officer.id].presences.append(presence)
        self.records.add(
            m.Presence,
            id=presence.id,
            officer_id=officer.id,
            zone_id=zone.id,
            received_at=stored.received_at,
            assurance=presence.assurance,
            inbox_event_id=stored.id,
            **said,
        )
        self._redeem(stored, officer, presence)
        return DECIDED

    def _prove(self, event: BeaconHeard, beacon: KnownBeacon) -> Proof | None:
        """Judge the device message, learn from it, raise an alarm; None of a LINE Beacon, which LINE itself judges."""
        if beacon.kind is not BeaconKind.ROLLING:
            self._hear(beacon, Heard(at=event.at))
            return Proof.STATIC if beacon.kind is BeaconKind.STATIC else None
        clock = beacon.clock or proof.set_right(event.at)
        message = bytes.fromhex(event.device_message)
        judged = proof.judge(message, event.hwid, event.at, keys=beacon.keys, clock=clock)
        if judged.proof is Proof.VALID:
            self.casefile.learn(event.hwid, judged)
            self._hear(beacon, Heard.valid(event.at, judged, synced_at=beacon.synced_at))
        elif judged.proof is not Proof.FORGED:
            # It is no silent beacon; what it says of itself is not believed.
            self._hear(beacon, Heard(at=event.at))
        kind = radar.alarm_of(judged.proof)
        if kind is not None:
            self._alarm(event, beacon.id, kind, zone=beacon.zone, lag_s=judged.lag_s)
        return judged.proof

    def _hear(self, beacon: KnownBeacon, heard: Heard) -> None:
        self.records.heard[beacon.id] = heard.after(self.records.heard.get(beacon.id))

    def _alarm(  # noqa: PLR0913 (the columns of its evidence)
        self,
        event: Event,
        beacon_id: int,
        kind: AlarmKind,
        *,
        zone: punching.Zone,
        lag_s: float | None = None,
        note: str = "",
    ) -> None:
        officer = self.casefile.officers.get(event.user_id)
        evidence = Evidence(
            at=event.at,
            # Never the LINE user ID: an account that nobody enrolled stays unknown.
            who=officer.staff_no if officer else "?",
            zone=zone.name,
            device_message=event.device_message if isinstance(event, BeaconHeard) else "",
            lag_s=lag_s,
            note=note,
        )
        self.records.raised.append(Raised(beacon_id, kind, evidence))

    def _arrival(self, stored: Stored, officer: KnownOfficer, presence: punching.Presence, *, asks: bool) -> Messages:
        """What follows from a new presence: waiting taps first, else what the duty asks for."""
        said = self._redeem(stored, officer, presence)
        if said:
            return said
        match punching.arrive(presence, self.casefile.days[officer.id]):
            case None:
                return []
            case Direction() as direction:
                # Who has stayed has been asked on arrival, and is not to be sent home half an hour early.
                return messages.ask_to_punch(presence, direction, self.casefile.timezone) if asks else []
            case punching.Granted() as granted:
                return self._punch(stored, officer, granted, tap=None)[1]
            case never:
                assert_never(never)

    def _redeem(self, stored: Stored, officer: KnownOfficer, presence: punching.Presence) -> Messages:
        """Grant the taps that have waited for such a presence."""
        day = self.casefile.days[officer.id]
        said: Messages = []
        for granted, taps in punching.redeem(presence, day):
            first = min(taps, key=lambda tap: tap.at)
            punch_id, messages_ = self._punch(stored, officer, granted, tap=first)
            said += messages_
            for tap in taps:
                self.records.grant_later(tap.refusal_id, punch_id)
                day.waiting.remove(tap)
        return said

    def punch_asked(self, stored: Stored, event: PunchAsked) -> Ruled:
        """An officer tapped 簽到 or 簽退."""
        officer = self._active(event)
        if isinstance(officer, Reason):
            return self._refuse_tap(stored, event, officer)
        day = self.casefile.days[officer.id]
        match punching.decide_tap(event.direction, event.at, day):
            case punching.Refused(reason, zone):
                return self._refuse_tap(stored, event, reason, zone)
            case punching.Granted() as granted:
                # The app shows what is recorded; the chat keeps each line that somebody wrote.
                before = punching.tapped_already(granted, day) if event.source is PunchSource.LIFF else None
                if before:
                    return Ruled(EventState.DECIDED, TAPPED_ALREADY, str(before.key))
                _, said = self._punch(stored, officer, granted, tap=event)
                self._reply(stored, event, said)
                return DECIDED
            case never:
                assert_never(never)

    def _punch(
        self,
        stored: Stored,
        officer: KnownOfficer,
        granted: punching.Granted,
        *,
        tap: PunchAsked | punching.WaitingTap | None,
    ) -> tuple[UUID, Messages]:
        """Record a punch, made by a tap or by the zone itself."""
        source = tap.source if tap else PunchSource.ZONE
        day = self.casefile.days[officer.id]
        earlier = punching.repeated(granted, day)
        punch_id = new_id()
        day.punches.append(PunchFact(direction=granted.direction, at=granted.at, proved=True, key=punch_id))
        presence = granted.presence
        self.records.add(
            m.Punch,
            id=punch_id,
            officer_id=officer.id,
            direction=granted.direction,
            at=granted.at,
            tapped_at=tap.at if tap else None,
            received_at=stored.received_at,
            source=source,
            zone_id=presence.zone.id,
            presence_id=presence.id,
            assurance=presence.assurance,
            # One event can grant at most one punch in each direction.
            request_id=f"{_origin(source)}{stored.id}:{granted.direction}",
            impossible_travel=punching.impossible_before(presence, day) is not None,
            handset=tap.handset if tap else "",
        )
        timezone = self.casefile.timezone
        return punch_id, messages.punched(officer.name, granted, earlier, timezone, by_zone=tap is None)

    def _active(self, event: Event) -> KnownOfficer | Reason:
        """The officer behind the account, or why the event counts for nobody."""
        officer = self.casefile.officers.get(event.user_id)
        if officer is None:
            return Reason.NOT_ENROLLED
        active = officer.is_active(local_date(event.at, self.casefile.timezone))
        return officer if active else Reason.INACTIVE_OFFICER

    def _refuse_tap(
        self, stored: Stored, event: PunchAsked, reason: Reason, zone: punching.Zone | None = None
    ) -> Ruled:
        """Refuse a tap in words, and remember it: a beacon event that comes soon still makes it a punch."""
        officer = self.casefile.officers.get(event.user_id)
        ruled = self.refuse(
            stored,
            event,
            reason,
            zone=zone,
            direction=event.direction,
            said=messages.tap_refused(reason, zone, event.direction, liff_id=self._rules.liff_id),
        )
        if officer is not None:
            refusal_id = self.records.rows[m.Refusal][-1]["id"]
            tap = punching.WaitingTap(
                refusal_id=refusal_id,
                direction=event.direction,
                at=event.at,
                reason=reason,
                source=event.source,
                handset=event.handset,
            )
            self.casefile.days[officer.id].waiting.append(tap)
        return ruled

    def refuse(  # noqa: PLR0913 (the columns of a refusal)
        self,
        stored: Stored,
        event: Event,
        reason: Reason,
        *,
        hwid: str = "",
        zone: punching.Zone | None = None,
        direction: Direction | None = None,
        said: Messages | None = None,
    ) -> Ruled:
        """Record a refusal; without ``said`` nobody is told, as a beacon event may come from anyone who walks by."""
        officer = self.casefile.officers.get(event.user_id)
        self.records.add(
            m.Refusal,
            id=new_id(),
            at=event.at,
            reason=reason,
            officer_id=officer.id if officer else None,
            zone_id=zone.id if zone else None,
            hwid=hwid,
            direction=direction,
            request_id=f"{_origin(event.source if isinstance(event, PunchAsked) else None)}{stored.id}",
            handset=event.handset if isinstance(event, PunchAsked) else "",
        )
        self._reply(stored, event, said or [])
        return Ruled(EventState.DECIDED, reason)

    def answer(self, stored: Stored, event: Event, said: Messages) -> Ruled:
        """Answer a question; nothing else happens."""
        self._reply(stored, event, said)
        return DECIDED

    def _reply(self, stored: Stored, event: Event, said: Messages) -> None:
        if not said or event.reply_token is None:
            return
        expires_at = stored.received_at + REPLY_WITHIN
        if event.is_redelivery:
            expires_at = min(expires_at, event.at + REPLY_REDELIVERED_WITHIN)
        self.records.add(
            m.Reply,
            inbox_event_id=stored.id,
            reply_token=event.reply_token,
            messages=said,
            created_at=stored.received_at,
            next_attempt_at=stored.received_at,
            expires_at=expires_at,
        )


def _origin(source: PunchSource | None) -> str:
    """By what a record's number tells where it was asked for."""
    return LIFF_PREFIX if source is PunchSource.LIFF else "line:"
