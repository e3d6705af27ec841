"""``checkin beacons``: what is listed, and that a retired beacon counts for nothing until it is restored."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from sqlalchemy import select

from checkin_api import models as m
from checkin_api.checkin import Rules, decide_events
from checkin_api.db import Database
from checkin_api.domain.ids import AlarmKind, BeaconKind, EventState, Reason
from checkin_api.errors import NotFoundError
from checkin_api.fleet import alarms, beacons
from checkin_api.fleet.alarms import Evidence, Raised
from checkin_api.fleet.beacons import BeaconState
from checkin_api.ingest import Arrival, Ingest
from checkin_api.line.webhook import split_events
from checkin_api.vault import Vault
from tests import builders, webhooks
from tests.commands import checkin

VAULT = Vault(b"key")
RULES = Rules(timezone=ZoneInfo("Asia/Taipei"), code_key=b"key", vault=VAULT)
EIGHT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ANN = webhooks.user(1)
GATE, BACK = "c0ffee0001", "c0ffee0002"


@pytest.fixture
def department(database: Database) -> Database:
    """One officer, and a beacon at each of two doors."""
    with database.write() as session:
        officer = builders.officer(session)
        builders.line_account(session, officer, ANN)
        builders.roster(session, officer, builders.shift(session), date(2026, 11, 23))
        site = builders.site(session, code="S1", name="晨光派出所")
        gate = builders.zone(session, site, code="Z1", name="大門簽到區")
        back = builders.zone(session, site, code="Z2", name="後門簽到區")
        builders.beacon(session, back, hwid=BACK, kind=BeaconKind.LINE)
        builders.beacon(session, gate, hwid=GATE, label="大門右側天花板")
    return database


def hear(database: Database, hwid: str, at: datetime) -> None:
    """A webhook event of a beacon, stored and decided long after it happened."""
    Ingest(database).put(Arrival(at, split_events(webhooks.body(webhooks.beacon(at, ANN, hwid)))))
    while decide_events(database, at + timedelta(hours=1), RULES):
        pass


def rows(database: Database, table: type[Any]) -> list[Any]:
    with database.read() as session:
        return list(session.scalars(select(table)))


def retire(database: Database, at: datetime, hwid: str = GATE) -> bool:
    with database.write() as session:
        return beacons.retire(session, at, hwid, actor="cli:hr")


def restore(database: Database, hwid: str = GATE) -> bool:
    with database.write() as session:
        return beacons.restore(session, EIGHT, hwid, actor="cli:hr")


def test_event_of_a_retired_beacon_is_refused_with_the_reason(department: Database):
    assert retire(department, EIGHT)
    hear(department, GATE, EIGHT)
    [refusal] = rows(department, m.Refusal)
    assert (refusal.reason, refusal.hwid, refusal.at) == (Reason.RETIRED_BEACON, GATE, EIGHT)
    [event] = rows(department, m.InboxEvent)
    assert (event.state, event.reason) == (EventState.DECIDED, "retired_beacon")
    assert rows(department, m.Presence) == []


def test_event_of_before_the_retirement_counts_though_it_is_decided_later(department: Database):
    retire(department, EIGHT)
    hear(department, GATE, EIGHT - SECOND)
    assert len(rows(department, m.Presence)) == 1
    assert rows(department, m.Refusal) == []


def test_other_beacons_stay_in_service(department: Database):
    retire(department, EIGHT)
    hear(department, BACK, EIGHT)
    assert len(rows(department, m.Presence)) == 1


def test_restored_beacon_counts_again(department: Database):
    retire(department, EIGHT)
    assert restore(department)
    hear(department, GATE, EIGHT + SECOND)
    assert len(rows(department, m.Presence)) == 1


def test_retiring_twice_keeps_the_first_moment(department: Database):
    assert retire(department, EIGHT) is True
    assert retire(department, EIGHT + SECOND) is False
    assert [beacon.retired_at for beacon in rows(department, m.Beacon) if beacon.hwid == GATE] == [EIGHT]


def test_restoring_what_is_in_service_changes_nothing(department: Database):
    assert restore(department) is False


def test_unknown_beacon_is_not_found(department: Database):
    with pytest.raises(NotFoundError, match="0123456789"):
        retire(department, EIGHT, "0123456789")
    with pytest.raises(NotFoundError, match="0123456789"):
        restore(department, "0123456789")


def test_list_has_every_beacon_with_its_place_and_state(department: Database):
    retire(department, EIGHT, BACK)
    with department.read() as session:
        before, after = (beacons.list_beacons(session, at) for at in (EIGHT - SECOND, EIGHT))
    assert [(row.hwid, row.zone, row.site, row.kind, row.label) for row in after] == [
        (GATE, "大門簽到區", "晨光派出所", BeaconKind.STATIC, "大門右側天花板"),
        (BACK, "後門簽到區", "晨光派出所", BeaconKind.LINE, ""),
    ]
    assert [row.state for row in after] == [BeaconState.IN_SERVICE, BeaconState.RETIRED]
    assert {row.state for row in before} == {BeaconState.IN_SERVICE}


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def command(department: Database, database_url: str) -> Any:
    del department

    def run(*arguments: str) -> Result:
        return checkin(database_url, "beacons", *arguments)

    return run


def test_command_retires_and_restores_and_says_so_each_time(command: Any):
    said = [command(verb, GATE.upper()) for verb in ("retire", "retire", "restore", "restore")]
    assert [done.exit_code for done in said] == [0] * 4
    assert [done.stdout for done in said] == [
        f"已停用 / retired: {GATE}\n",
        f"先前已停用 / was retired already: {GATE}\n",
        f"已恢復使用 / restored: {GATE}\n",
        f"原本就在使用 / was in service already: {GATE}\n",
    ]


def test_command_lists_for_a_person_and_for_a_program(command: Any):
    command("retire", BACK)
    gate, back = json.loads(command("list", "--format", "json").stdout)
    assert (gate["hwid"], gate["zone_code"], gate["state"], gate["retired_at"]) == (GATE, "Z1", "in_service", None)
    assert (back["state"], datetime.fromisoformat(back["retired_at"]).utcoffset()) == ("retired", timedelta(hours=8))
    table = command("list").stdout
    for cell in (GATE, "Z1 大門簽到區", "晨光派出所", "in_service", BACK, f"retired {back['retired_at'][:10]}"):
        assert cell in table


@pytest.mark.parametrize("verb", ["retire", "restore"])
@pytest.mark.parametrize(
    ("hwid", "status", "said"),
    [("0123456789", 1, "no beacon has the hardware ID 0123456789"), ("c0ffee", 2, "expected 10 hex digits")],
)
def test_command_refuses_what_is_no_beacon(command: Any, verb: str, hwid: str, status: int, said: str):
    done = command(verb, hwid)
    assert (done.exit_code, done.stdout) == (status, "")
    assert said in done.stderr


def test_a_beacon_and_its_alarms_are_shown_and_closed(department: Database, database_url: str):
    with department.write() as session:
        beacon = session.scalars(select(m.Beacon).where(m.Beacon.hwid == GATE)).one()
        evidence = Evidence(at=EIGHT, who="A0001", zone="大門簽到區", lag_s=3600.04)
        alarms.raise_all(session, [Raised(beacon.id, AlarmKind.STALE_CODE, evidence)] * 2)
    shown = checkin(database_url, "beacons", "show", GATE.upper())
    assert "stale_code × 2" in shown.stdout
    [told] = json.loads(checkin(database_url, "beacons", "alarms", "--format", "json").stdout)
    assert (told["kind"], told["count"], told["evidence"][0]["lag_s"]) == ("stale_code", 2, 3600.0)
    listed = checkin(database_url, "beacons", "alarms")
    assert "過期的滾動碼" in listed.stdout
    number = str(told["id"])
    assert "closed" in checkin(database_url, "beacons", "close-alarm", number, "--comment", "查過").stdout
    assert "closed already" in checkin(database_url, "beacons", "close-alarm", number).stdout
    assert "無資料" in checkin(database_url, "beacons", "alarms").stdout
    assert "查過" in checkin(database_url, "beacons", "alarms", "--all", "--format", "json").stdout
    assert "there is no alarm 99" in checkin(database_url, "beacons", "close-alarm", "99").stderr
    assert checkin(database_url, "beacons", "show", "0000000000").exit_code == 1
    [whole] = json.loads(checkin(database_url, "beacons", "show", GATE, "--format", "json").stdout)
    assert whole["sighting"] is None
