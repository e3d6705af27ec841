"""``checkin doctor``: each thing that an administrator would look at, with what to do about it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.doctor import Finding, examine
from checkin_api.domain.ids import (
    AlarmKind,
    Assurance,
    BeaconKind,
    EventState,
    MessageState,
    OutageSource,
    RunState,
    Withheld,
    new_id,
)
from checkin_api.fleet import alarms, keys
from checkin_api.fleet.alarms import Evidence, Raised
from checkin_api.line.menus import menus
from checkin_api.vault import Vault
from tests import builders
from tests.commands import checkin
from tests.fakes import FakeClock
from tests.line_platform.config import PlatformConfig
from tests.line_platform.platform import LinePlatform
from tests.serving import free_port

HOUR = timedelta(hours=1)
TOKEN = PlatformConfig().channel_access_token


@pytest.fixture
def clock() -> FakeClock:
    """The stand-in LINE tells the real time, and the machine's clock is compared with it."""
    return FakeClock(datetime.now(UTC))


@pytest.fixture(scope="module")
def running_platform() -> Iterator[LinePlatform]:
    with LinePlatform() as platform:
        yield platform


@pytest.fixture
def platform(running_platform: LinePlatform) -> LinePlatform:
    running_platform.reset()
    running_platform.clear_faults()
    running_platform.set_webhook_url("http://localhost/line/webhook")
    return running_platform


class Doctor:
    """One installation and what the doctor says of it."""

    def __init__(self, database_url: str, platform: LinePlatform, clock: FakeClock) -> None:
        self.settings = Settings(
            database_url=database_url, line_api_url=platform.url, line_channel_access_token=SecretStr(TOKEN)
        )
        self.clock = clock

    def says(self, subject: str, **changed: Any) -> list[Finding]:
        settings = self.settings.model_copy(update=changed)
        return [finding for finding in examine(settings, self.clock) if finding.subject == subject]

    def judges(self, subject: str, **changed: Any) -> tuple[bool | None, str]:
        [finding] = self.says(subject, **changed)
        return finding.passed, finding.text


@pytest.fixture
def doctor(database_url: str, platform: LinePlatform, clock: FakeClock) -> Doctor:
    return Doctor(database_url, platform, clock)


# --- the database ---------------------------------------------------------------------------------------------------


def test_database_of_this_release_passes(doctor: Doctor, database: Database):
    passed, text = doctor.judges("database")
    assert passed
    assert database.url.get_backend_name() in text


def test_database_without_this_releases_schema_fails_and_line_is_looked_at_all_the_same(doctor: Doctor, tmp_path: Path):
    (tmp_path / "empty.db").touch()
    url = f"sqlite:///{tmp_path}/empty.db"
    passed, text = doctor.judges("database", database_url=url)
    assert passed is False
    assert text.startswith(f"the database {tmp_path}/empty.db is at revision none, this release needs ")
    assert doctor.judges("LINE", database_url=url)[0]


@pytest.mark.parametrize("path", ["nowhere/checkin.db", "file/checkin.db", "\0"])
def test_database_file_that_is_not_there_is_named_and_line_is_looked_at_all_the_same(
    one_doctor: Doctor, tmp_path: Path, path: str
):
    (tmp_path / "file").touch()
    url = f"sqlite:///{tmp_path}/{path}"
    passed, text = one_doctor.judges("database", database_url=url)
    assert (passed, text.split(":")[0]) == (False, f"there is no database {tmp_path}/{path}")
    assert one_doctor.judges("LINE", database_url=url)[0]
    assert [found.name for found in tmp_path.iterdir() if found.name != "checkin.db"] == ["file"]


def test_database_that_does_not_answer_fails(doctor: Doctor):
    url = f"postgresql+psycopg://checkin@127.0.0.1:{free_port()}/checkin"
    passed, text = doctor.judges("database", database_url=url)
    assert passed is False
    assert "does not answer (OperationalError): check CHECKIN_DATABASE_URL" in text


# --- the inbox ------------------------------------------------------------------------------------------------------


def test_quiet_inbox_passes(doctor: Doctor):
    assert doctor.judges("inbox") == (True, "0 undecided")
    assert doctor.judges("webhook") == (None, "no event yet")


def test_event_that_waits_for_long_means_that_nothing_decides(doctor: Doctor, database: Database):
    with database.write() as session:
        builders.inbox_event(session, state=EventState.STORED, received_at=doctor.clock.now() - timedelta(seconds=31))
    passed, text = doctor.judges("inbox")
    assert (passed, text) == (False, "1 undecided, the oldest for 31 s: is `checkin serve` running?")
    assert doctor.judges("webhook") == (None, "last event 31 s ago")


def test_parked_events_are_pointed_out(doctor: Doctor, database: Database):
    with database.write() as session:
        builders.inbox_event(session, state=EventState.PARKED, received_at=doctor.clock.now())
    assert [finding.passed for finding in doctor.says("inbox")] == [True, None]
    assert "1 parked: see `checkin inbox list --state parked`" in doctor.says("inbox")[1].text


def test_events_that_broke_the_judging_fail_and_are_told_from_strange_ones(doctor: Doctor, database: Database):
    with database.write() as session:
        for reason in ("internal_error", "internal_error", "unknown_type"):
            builders.inbox_event(session, state=EventState.PARKED, received_at=doctor.clock.now(), reason=reason)
    _, broken, strange = doctor.says("inbox")
    assert (broken.passed, broken.text.split(":")[0]) == (False, "2 parked because judging them failed")
    assert (strange.passed, strange.text.split(":")[0]) == (None, "1 parked")


def test_a_zone_that_hears_nobody_is_pointed_out(doctor: Doctor, database: Database):
    with database.write() as session:
        zone = builders.zone(session, code="GATE")
        for zone_id, end in ((zone.id, None), (None, None), (None, doctor.clock.now())):
            session.add(
                m.Outage(
                    zone_id=zone_id, begin=doctor.clock.now() - 5 * HOUR, end=end, source=OutageSource.DERIVED,
                    entered_at=doctor.clock.now(),
                )
            )  # fmt: skip
    found = doctor.says("outages")
    assert [finding.passed for finding in found] == [None, None]
    assert sorted(finding.text.split(" though")[0] for finding in found) == [
        "all zones: nobody heard for 5 h", "zone GATE: nobody heard for 5 h",
    ]  # fmt: skip


# --- the chat -------------------------------------------------------------------------------------------------------


def test_rich_menus_that_are_missing_or_of_another_release_are_pointed_out(doctor: Doctor, database: Database):
    assert doctor.judges("rich menus") == (None, "missing: run `checkin line menus`")
    with database.write() as session:
        for menu in menus(""):
            session.add(
                m.RichMenu(kind=menu.kind, line_menu_id=menu.name, digest=menu.digest, made_at=doctor.clock.now())
            )
    assert doctor.judges("rich menus") == (True, "of this release")
    assert doctor.judges("rich menus", liff_id="1650000002-AbcdEfgh") == (None, "outdated: run `checkin line menus`")


def test_reminders_are_counted_against_the_budget(doctor: Doctor, database: Database):
    assert doctor.says("reminders") == []
    assert doctor.judges("reminders", push_budget_per_month=3) == (True, "0 of 3 this month")
    now = doctor.clock.now()
    with database.write() as session:
        officer_id = builders.officer(session).id
        for number, withheld in enumerate((None, Withheld.BUDGET)):
            session.add(
                m.Reminder(
                    id=new_id(), officer_id=officer_id, duty_start=now - number * HOUR, messages=[], withheld=withheld,
                    state=None if withheld else MessageState.SENT, created_at=now, next_attempt_at=now, expires_at=now,
                )
            )  # fmt: skip
    assert doctor.judges("reminders", push_budget_per_month=1) == (None, "1 of 1 this month, 1 more were not sent")


# --- zones and beacons ----------------------------------------------------------------------------------------------


def zone(session: Session, *kinds: BeaconKind, **values: Any) -> m.Zone:
    added = builders.zone(session, **values)
    for kind in kinds:
        builders.beacon(session, added, kind=kind)
    return added


def test_zones_whose_beacons_prove_enough_pass(doctor: Doctor, database: Database):
    with database.write() as session:
        zone(session, BeaconKind.STATIC)
        zone(session, BeaconKind.STATIC, enforced=True, required_assurance=Assurance.LOW)
        zone(session, BeaconKind.STATIC, BeaconKind.LINE, enforced=True, required_assurance=Assurance.MEDIUM)
    assert doctor.judges("beacons") == (True, "in service in 3 of 3 zones")


@pytest.mark.parametrize(
    ("kinds", "required"),
    [
        ([BeaconKind.STATIC], Assurance.MEDIUM),
        ([BeaconKind.ROLLING, BeaconKind.STATIC], Assurance.MEDIUM),
        ([BeaconKind.LINE], Assurance.HIGH),
    ],
)
def test_enforced_zone_that_refuses_every_punch_fails(
    doctor: Doctor, database: Database, kinds: list[BeaconKind], required: Assurance
):
    with database.write() as session:
        zone(session, BeaconKind.STATIC)
        zone(session, *kinds, code="GUNS", name="槍械室", enforced=True, required_assurance=required)
    passed, text = doctor.judges("beacons")
    assert passed is False
    assert f"zone GUNS 槍械室 enforces {required} assurance" in text
    assert f"({', '.join(kinds)})" in text


def test_an_agent_makes_the_highest_assurance_possible(doctor: Doctor, database: Database):
    with database.write() as session:
        guns = zone(session, BeaconKind.LINE, enforced=True, required_assurance=Assurance.HIGH)
        weak = zone(session, BeaconKind.STATIC, enforced=True, required_assurance=Assurance.LOW)
        builders.agent(session, guns)
        builders.agent(session, weak)
    assert doctor.judges("beacons")[0] is True


@pytest.mark.parametrize(
    ("radio", "silent_s", "passed"), [("hearing", 0, True), ("deaf", 0, False), ("hearing", 181, False)]
)
def test_agents_that_are_deaf_or_silent_are_named(
    doctor: Doctor, database: Database, radio: str, silent_s: float, passed: bool
):
    told = {"public_key": bytes(32), "heartbeat": {"radio": radio}, "name": "hq-gate"}
    with database.write() as session:
        place = zone(session)
        builders.agent(session, place, revoked_at=doctor.clock.now())
        builders.agent(session, place, **told, heartbeat_at=doctor.clock.now() - timedelta(seconds=silent_s))
    told_passed, text = doctor.judges("agents")
    assert (told_passed, "hq-gate" in text) == (passed, not passed)


def test_retired_beacon_proves_nothing(doctor: Doctor, database: Database):
    with database.write() as session:
        guns = zone(session, BeaconKind.STATIC, enforced=True, required_assurance=Assurance.MEDIUM)
        builders.beacon(session, guns, kind=BeaconKind.LINE, retired_at=doctor.clock.now())
    assert doctor.judges("beacons")[0] is False


def test_zone_without_a_beacon_in_service_is_named(doctor: Doctor, database: Database):
    with database.write() as session:
        zone(session, BeaconKind.STATIC)
        zone(session, code="Z8", name="舊大門")
        back = zone(session, code="Z9", name="後門", enforced=True)
        builders.beacon(session, back, retired_at=doctor.clock.now() - HOUR)
    bare, passed = doctor.says("beacons")
    assert (bare.passed, "Z8 舊大門、Z9 後門" in bare.text) == (None, True)
    assert (passed.passed, passed.text) == (True, "in service in 1 of 3 zones")


def test_department_without_any_beacon_in_service_fails(doctor: Doctor, database: Database):
    assert doctor.judges("beacons")[0] is False
    with database.write() as session:
        builders.beacon(session, zone(session), retired_at=doctor.clock.now() - HOUR)
    assert doctor.judges("beacons") == (False, "none in service: import sites, zones and beacons")


# --- the worker -----------------------------------------------------------------------------------------------------


def ran(database: Database, at: datetime, state: RunState, error: str = "", period: str = "2026-11-22") -> None:
    with database.write() as session:
        session.add(
            m.JobRun(
                job="daily",
                period=period,
                state=state,
                claimed_by="here",
                claimed_at=at,
                lease_until=at,
                error=error,
            )
        )


def test_worker_that_ran_lately_passes(doctor: Doctor, database: Database):
    ran(database, doctor.clock.now() - HOUR, RunState.DONE)
    assert doctor.judges("worker") == (True, "last run daily for 2026-11-22, done")


def test_worker_that_has_not_run_for_more_than_a_day_fails(doctor: Doctor, database: Database):
    ran(database, doctor.clock.now() - 31 * HOUR, RunState.DONE)
    passed, text = doctor.judges("worker")
    assert passed is False
    assert "is `checkin worker` running?" in text


def test_a_run_that_failed_fails_with_its_error_until_it_is_done(doctor: Doctor, database: Database):
    ran(database, doctor.clock.now() - HOUR, RunState.FAILED, "disk full")
    ran(database, doctor.clock.now(), RunState.DONE, period="2026-11-23")
    expected = "daily for 2026-11-22 failed after 1 attempts; it is tried again: disk full"
    assert doctor.judges("worker") == (False, expected)


def test_a_run_that_is_not_tried_any_more_fails_no_longer_but_is_named(doctor: Doctor, database: Database):
    ran(database, doctor.clock.now() - 40 * 24 * HOUR, RunState.FAILED, "disk full", period="2026-10-01")
    ran(database, doctor.clock.now(), RunState.DONE)
    well, given_up = doctor.says("worker")
    assert (well.passed, given_up.passed) == (True, None)
    assert given_up.text.startswith("daily for 2026-10-01 failed and is not tried again: disk full")


def test_a_failed_run_that_waits_for_a_worker_which_is_away_fails(doctor: Doctor, database: Database):
    ran(database, doctor.clock.now() - 40 * 24 * HOUR, RunState.FAILED, "disk full", period="2026-10-01")
    passed, text = doctor.judges("worker")
    assert passed is False
    assert "is `checkin worker` running?" in text


def test_worker_that_never_ran_is_pointed_out(doctor: Doctor):
    assert doctor.judges("worker") == (None, "has not run yet: start `checkin worker`")


# --- LINE -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def one_doctor(sqlite_url: str, platform: LinePlatform, clock: FakeClock) -> Doctor:
    """What LINE answers has nothing to do with the database: one kind is enough."""
    return Doctor(sqlite_url, platform, clock)


def test_line_account_webhook_address_and_clock_pass(one_doctor: Doctor):
    assert one_doctor.judges("LINE") == (True, "official account 警察局簽到")
    assert one_doctor.judges("webhook address") == (True, "http://localhost/line/webhook")
    assert one_doctor.judges("clock")[0] is True


def test_wrong_token_is_named(one_doctor: Doctor):
    wrong = SecretStr("wrong")
    passed, text = one_doctor.judges("LINE", line_channel_access_token=wrong)
    assert (passed, text) == (False, "refuses the token: check CHECKIN_LINE_CHANNEL_ACCESS_TOKEN")


def test_line_that_fails_or_does_not_answer_fails(one_doctor: Doctor, platform: LinePlatform):
    platform.fail_api("/v2/bot/info", status=500)
    assert one_doctor.judges("LINE") == (False, "answers HTTP 500")
    passed, text = one_doctor.judges("LINE", line_api_url=f"http://127.0.0.1:{free_port()}")
    assert passed is False
    assert "does not answer (ConnectError)" in text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (None, "switch on “Use webhook”"),
        ("http://localhost/elsewhere", "http://localhost/elsewhere does not end in /line/webhook"),
    ],
)
def test_webhook_address_that_brings_nothing_fails(
    one_doctor: Doctor, platform: LinePlatform, address: str | None, said: str
):
    platform.set_webhook_url(address)
    passed, text = one_doctor.judges("webhook address")
    assert passed is False
    assert said in text


def test_missing_webhook_address_fails(one_doctor: Doctor, platform: LinePlatform):
    platform.fail_api("/v2/bot/channel/webhook/endpoint", status=404)
    assert one_doctor.judges("webhook address") == (False, "none is set in the LINE Developers console")


@pytest.mark.parametrize(("off", "passed"), [(timedelta(seconds=-4), True), (timedelta(minutes=2), False)])
def test_clock_is_compared_with_lines(one_doctor: Doctor, off: timedelta, passed: bool):
    one_doctor.clock.at += off
    assert one_doctor.judges("clock")[0] is passed


# --- the command ----------------------------------------------------------------------------------------------------


def test_command_shows_every_finding_and_fails_with_the_worst(sqlite_url: str, platform: LinePlatform):
    done = checkin(sqlite_url, "doctor", line_api_url=platform.url)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "✓ settings: complete"
    assert "✗ beacons: none in service: import sites, zones and beacons" in lines
    assert "· worker: has not run yet: start `checkin worker`" in lines
    with_beacon = Database(sqlite_url)
    with with_beacon.write() as session:
        zone(session, BeaconKind.STATIC)
    with_beacon.close()
    assert checkin(sqlite_url, "doctor", line_api_url=platform.url).exit_code == 0


def test_command_lists_every_missing_setting(sqlite_url: str):
    done = checkin(sqlite_url, "doctor", line_channel_secret="", secret_key="")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "✗ settings: CHECKIN_LINE_CHANNEL_SECRET: is not set",
        "✗ settings: CHECKIN_SECRET_KEY: is not set",
    ]


def test_keys_that_cannot_be_opened_fail_and_open_alarms_are_named(doctor: Doctor, database: Database):
    with database.write() as session:
        gate = zone(session)
        beacon = builders.beacon(session, gate, hwid="c0ffee0001", kind=BeaconKind.ROLLING)
        keys.add_key(session, Vault(b"another key" * 4), doctor.clock.now(), beacon, bytes(32))
        evidence = Evidence(at=doctor.clock.now(), who="?", zone="")
        alarms.raise_all(session, [Raised(beacon.id, AlarmKind.FORGED_CODE, evidence)])
    passed, text = doctor.judges("beacon keys")
    assert (passed, "keys of c0ffee0001 cannot be opened" in text) == (False, True)
    assert doctor.judges("beacon alarms") == (None, "open: forged_code 1: see `checkin beacons alarms`")
