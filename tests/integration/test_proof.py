"""Rolling device messages through the whole decider, on both databases: evidence, refusals, clocks, alarms."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from checkin_api import models as m
from checkin_api.checkin import Rules, decide_events
from checkin_api.db import Database
from checkin_api.domain.ids import AlarmKind, Assurance, BeaconKind, Direction, Proof, Reason
from checkin_api.domain.proof import synchronised
from checkin_api.fleet import alarms, health, keys
from checkin_api.ingest import Arrival, Ingest
from checkin_api.line.webhook import split_events
from checkin_api.vault import Vault
from hardware.frames.device_message import encode
from tests import builders, webhooks

TAIPEI = ZoneInfo("Asia/Taipei")
# The beginning of a time step.
EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=TAIPEI).astimezone(UTC)
STEP = int(EIGHT.timestamp()) // 15
ANN, STRANGER = webhooks.user(1), webhooks.user(99)
HWID, FAR_HWID = "c0ffee0001", "c0ffee0002"
KEY, NEW_KEY = bytes(range(32)), bytes(range(1, 33))
VAULT = Vault(b"k" * 32)
RULES = Rules(timezone=TAIPEI, code_key=b"k" * 32, vault=VAULT)


class Department:
    """One officer on day duty, a rolling beacon in a zone in Taichung and one in Taipei; messages in, rows out."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._ingest = Ingest(database)
        with database.write() as session:
            officer = builders.officer(session, staff_no="A0001", name="王小明")
            builders.line_account(session, officer, ANN)
            builders.roster(session, officer, builders.shift(session), date(2026, 11, 23))
            for hwid, name, where in (
                (HWID, "大門簽到區", (24.1631, 120.6478)),
                (FAR_HWID, "臺北辦事處", (25.0375, 121.5637)),
            ):
                site = builders.site(session, latitude=where[0], longitude=where[1])
                zone = builders.zone(session, site, name=name)
                beacon = builders.beacon(session, zone, hwid=hwid, kind=BeaconKind.ROLLING)
                keys.add_key(session, VAULT, EIGHT - timedelta(days=1), beacon, KEY)

    def hear(self, message: bytes, after_s: float = 3, *, user: str = ANN, hwid: str = HWID) -> None:
        at = EIGHT + timedelta(seconds=after_s)
        self._decide(webhooks.beacon(at, user, hwid, dm=message.hex()), at)

    def tap(self, after_s: float) -> None:
        at = EIGHT + timedelta(seconds=after_s)
        self._decide(webhooks.tap(at, ANN), at)

    def _decide(self, event: dict[str, object], at: datetime) -> None:
        self._ingest.put(Arrival(at, split_events(webhooks.body(event)), None))
        while decide_events(self.database, at, RULES):
            pass

    def agent_heard(self, after_s: float) -> None:
        """An agent in the zone hears the officer's badge."""
        with self.database.write() as session:
            zone = session.scalars(select(m.Zone).where(m.Zone.name == "大門簽到區")).one()
            officer = session.scalars(select(m.Officer)).one()
            agent = builders.agent(session, zone)
            builders.presence(session, officer, zone, EIGHT + timedelta(seconds=after_s), agent_id=agent.id)

    def said(self) -> str:
        with self.database.read() as session:
            return str(session.scalars(select(m.Reply.messages).order_by(m.Reply.id.desc()).limit(1)).one())

    def proofs(self) -> list[tuple[Proof | None, Assurance]]:
        with self.database.read() as session:
            rows = session.execute(select(m.Presence.proof, m.Presence.assurance).order_by(m.Presence.at))
            return [(proof, assurance) for proof, assurance in rows]

    def refusals(self) -> list[Reason]:
        with self.database.read() as session:
            return list(session.scalars(select(m.Refusal.reason).order_by(m.Refusal.at)))

    def alarms(self) -> dict[tuple[str, AlarmKind], alarms.AlarmRow]:
        with self.database.read() as session:
            return {(row.hwid, row.kind): row for row in alarms.list_alarms(session)}

    def health(self) -> m.BeaconHealth:
        with self.database.read() as session:
            beacon_id = session.scalars(select(m.Beacon.id).where(m.Beacon.hwid == HWID)).one()
            return session.get_one(m.BeaconHealth, beacon_id)


@pytest.fixture
def department(database: Database) -> Department:
    return Department(database)


def test_a_valid_code_is_evidence_of_medium_assurance(department: Department):
    department.hear(encode(KEY, HWID, STEP, battery=7))
    department.tap(5)
    assert department.proofs() == [(Proof.VALID, Assurance.MEDIUM)]
    with department.database.read() as session:
        punch = session.scalars(select(m.Punch)).one()
        assert (punch.direction, punch.assurance, punch.impossible_travel) == (Direction.IN, Assurance.MEDIUM, False)
        said = session.scalars(select(m.Reply.messages).order_by(m.Reply.id)).all()
    assert "滾動碼有效（證明力：中）" in said[-1][0]["altText"]
    told = department.health()
    assert (told.battery, told.last_step, told.heard_at) == (7, STEP, EIGHT + timedelta(seconds=3))
    assert department.alarms() == {}


def test_the_same_message_an_hour_later_is_stale_and_raises_an_alarm(department: Department):
    message = encode(KEY, HWID, STEP)
    department.hear(message)
    department.hear(message, 3600)
    assert department.proofs() == [(Proof.VALID, Assurance.MEDIUM), (Proof.STALE, Assurance.LOW)]
    # Not silent, and not believed either.
    told = department.health()
    assert (told.heard_at, told.last_step) == (EIGHT + timedelta(seconds=3600), STEP)
    alarm = department.alarms()[HWID, AlarmKind.STALE_CODE]
    assert (alarm.count, alarm.zone) == (1, "大門簽到區")
    assert alarm.evidence[0]["who"] == "A0001"
    assert alarm.evidence[0]["lag_s"] == 3592.5
    assert alarm.evidence[0]["device_message"] == message.hex()


def test_one_changed_byte_is_forged_and_proves_nothing(department: Department):
    message = bytearray(encode(KEY, HWID, STEP))
    message[-1] ^= 1
    department.hear(bytes(message))
    department.tap(5)
    assert department.proofs() == []
    assert department.refusals() == [Reason.FORGED_MESSAGE, Reason.NO_PRESENCE]
    assert department.alarms().keys() == {(HWID, AlarmKind.FORGED_CODE)}


def test_a_stranger_with_a_copy_raises_the_alarm_and_stays_unnamed(department: Department):
    department.hear(bytes(13), user=STRANGER)
    department.hear(b"\x00", 8, user=STRANGER)
    [alarm] = department.alarms().values()
    assert (alarm.kind, alarm.count, alarm.evidence[0]["who"]) == (AlarmKind.FORGED_CODE, 2, "?")
    assert STRANGER not in str(alarm)
    assert department.refusals() == [Reason.FORGED_MESSAGE, Reason.FORGED_MESSAGE]


def test_a_code_and_a_badge_that_an_agent_heard_are_the_strongest_proof(department: Department):
    department.agent_heard(-60)
    department.hear(encode(KEY, HWID, STEP))
    assert department.proofs()[-1] == (Proof.VALID, Assurance.HIGH)
    department.tap(5)
    assert "證明力：高" in department.said()


@pytest.mark.parametrize(
    ("agent_s", "message", "expected"),
    [(-301, STEP, Assurance.MEDIUM), (-60, STEP - 240, Assurance.LOW)],
    ids=["long before", "an old code"],
)
def test_what_does_not_belong_together_strengthens_nothing(
    department: Department, agent_s: float, message: int, expected: Assurance
):
    department.agent_heard(agent_s)
    department.hear(encode(KEY, HWID, message))
    assert department.proofs()[-1][1] is expected


def test_a_badge_alone_is_weak_proof_and_the_officer_is_told_what_was_heard(department: Department):
    department.agent_heard(-60)
    department.tap(5)
    said = department.said()
    assert "監聽站感應到您的識別證或手機" in said
    assert "證明力：低" in said
    assert "標記供複核" in said


def test_an_agent_keeps_nobody_from_being_asked_on_arrival(department: Department):
    department.agent_heard(-60)
    department.hear(encode(KEY, HWID, STEP))
    assert "簽到" in department.said()


def test_a_redelivered_event_stays_valid(department: Department):
    department.hear(encode(KEY, HWID, STEP + 400), 6000)
    department.hear(encode(KEY, HWID, STEP), 3)
    assert {proof for proof, _ in department.proofs()} == {Proof.VALID}
    assert department.health().last_step == STEP + 400


def test_a_step_that_goes_back_is_replayed(department: Department):
    department.hear(encode(KEY, HWID, STEP), 3)
    department.hear(encode(KEY, HWID, STEP - 3), 10)
    assert [proof for proof, _ in department.proofs()] == [Proof.VALID, Proof.REPLAYED]
    assert department.alarms().keys() == {(HWID, AlarmKind.REPLAYED_CODE)}


def test_after_a_loss_of_power_phones_teach_nothing_and_a_trusted_sighting_does(department: Department):
    late = encode(KEY, HWID, STEP - 1000)
    department.hear(encode(KEY, HWID, STEP - 2000), -30000)
    department.hear(late, 3)
    assert department.proofs()[-1] == (Proof.STALE, Assurance.LOW)
    with department.database.write() as session:
        beacon_id = department.health().beacon_id
        health.synchronise(session, EIGHT, beacon_id, synchronised(STEP - 1000, EIGHT + timedelta(seconds=3)))
    department.hear(encode(KEY, HWID, STEP - 996), 65)
    assert department.proofs()[-1] == (Proof.VALID, Assurance.MEDIUM)


def test_a_new_key_overlaps_the_old_one(department: Department):
    with department.database.write() as session:
        beacon = session.scalars(select(m.Beacon).where(m.Beacon.hwid == HWID)).one()
        number = keys.add_key(session, VAULT, EIGHT, beacon, NEW_KEY, overlap=timedelta(hours=1))
    assert number == 2
    department.hear(encode(KEY, HWID, STEP))
    department.hear(encode(NEW_KEY, HWID, STEP + 1), 18)
    department.hear(encode(KEY, HWID, STEP + 240), 3603)
    assert [proof for proof, _ in department.proofs()] == [Proof.VALID, Proof.VALID, Proof.UNKNOWN_KEY]
    assert department.alarms().keys() == {(HWID, AlarmKind.UNKNOWN_KEY)}


def test_without_the_settings_key_codes_cannot_be_checked(department: Department):
    with department.database.read() as session:
        assert keys.unreadable(session, VAULT) == []
        assert keys.unreadable(session, Vault(b"another" * 8)) == [HWID, FAR_HWID]


def test_sealed_keys_cannot_be_exchanged_between_beacons(department: Department):
    with department.database.write() as session:
        one, other = session.scalars(select(m.BeaconKey).order_by(m.BeaconKey.id))
        other.sealed = one.sealed
        session.flush()
        assert keys.keys_of(session, VAULT, [other.beacon_id])[other.beacon_id][0].secret is None
        assert KEY not in one.sealed


def test_two_places_in_too_short_a_time_are_flagged_on_the_punch(department: Department):
    department.hear(encode(KEY, FAR_HWID, STEP), hwid=FAR_HWID)
    department.hear(encode(KEY, HWID, STEP + 4), 63)
    department.tap(70)
    with department.database.read() as session:
        assert session.scalars(select(m.Punch.impossible_travel)).all() == [True]
    alarm = department.alarms()[HWID, AlarmKind.IMPOSSIBLE_TRAVEL]
    assert alarm.evidence[0]["note"] == "臺北辦事處 08:00:03"


def test_an_alarm_goes_on_being_counted_until_somebody_closes_it(department: Department):
    for number in range(30):
        department.hear(bytes([number] * 13), number, user=STRANGER)
    alarm = department.alarms()[HWID, AlarmKind.FORGED_CODE]
    assert (alarm.count, len(alarm.evidence)) == (30, alarms.EVIDENCE_KEPT)
    assert (alarm.first_at, alarm.last_at) == (EIGHT, EIGHT + timedelta(seconds=29))
    with department.database.write() as session:
        assert alarms.close(session, EIGHT, alarm.id, actor="test", comment="查過了")
        assert not alarms.close(session, EIGHT, alarm.id, actor="test", comment="")
        assert alarms.open_counts(session) == {}
    department.hear(bytes(13), 40, user=STRANGER)
    with department.database.read() as session:
        assert alarms.open_counts(session) == {AlarmKind.FORGED_CODE: 1}
        assert len(alarms.list_alarms(session, hwid=HWID, closed=True)) == 2
