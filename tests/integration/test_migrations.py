"""The schema is what the models say, on both databases, and can be taken down and built again."""

import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from alembic import command
from sqlalchemy import func, inspect, select

from checkin_api import migrations
from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import Direction, PhoneSystem, Proof, Reason, Shown, new_id
from checkin_api.models import Base
from tests import builders, webhooks

ROOT = Path(__file__).parents[2]


def test_migrated_schema_equals_the_models(database: Database):
    command.check(migrations.alembic_config(database))


def test_every_migration_can_be_undone_and_redone(database: Database):
    command.downgrade(migrations.alembic_config(database), "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    assert migrations.upgrade(database) == migrations.head()
    assert set(Base.metadata.tables) <= set(inspect(database.engine).get_table_names())


def test_what_is_stored_survives_the_way_down_and_up_again(database: Database):
    """Down to the first release and back: each migration on tables with rows that refer to one another."""
    with database.write() as session:
        officer = builders.officer(session, builders.unit(session))
        zone = builders.zone(session)
        beacon = builders.beacon(session, zone)
        builders.roster(session, officer, builders.shift(session), date(2026, 11, 23))
        builders.line_account(session, officer, webhooks.user(1))
        at = datetime(2026, 11, 23, tzinfo=UTC)
        presence = builders.presence(session, officer, zone, at, beacon_id=beacon.id, proof=Proof.VALID)
        punch = builders.punch(session, officer, Direction.IN, at, zone_id=zone.id, presence_id=presence.id)
        builders.refusal(session, Reason.NO_PRESENCE, at, officer_id=officer.id, punch_id=punch.id)
        builders.refusal(session, Reason.FORGED_MESSAGE, at, zone_id=zone.id)
        builders.refusal(session, Reason.SITE_CODE_WRONG, at, officer_id=officer.id, handset="a" * 32)
        shown = builders.presence(session, officer, zone, at, shown=Shown.LOCATION, distance_m=40, accuracy_m=12)
        builders.punch(session, officer, Direction.OUT, at, presence_id=shown.id, handset="a" * 32)
        session.add(m.PhoneCheckup(id=new_id(), officer_id=officer.id, system=PhoneSystem.IOS, started_at=at))
    kept = (m.Unit, m.Officer, m.Zone, m.Beacon, m.RosterEntry, m.LineAccount, m.Presence, m.Punch)
    command.downgrade(migrations.alembic_config(database), "0001")
    assert migrations.upgrade(database) == migrations.head()
    with database.write() as session:
        twice = {m.Presence: 2, m.Punch: 2}
        assert {table: session.scalar(select(func.count()).select_from(table)) for table in kept} == {
            **dict.fromkeys(kept, 1),
            **twice,
        }
        # The first release has no word for the other one.
        assert session.scalars(select(m.Refusal.reason)).all() == [Reason.NO_PRESENCE]
        builders.refusal(session, Reason.FORGED_MESSAGE, at)


def test_new_migration_takes_the_next_number_and_is_empty_while_the_models_are_as_they_were(tmp_path: Path):
    # On a copy: a revision more in the package would be everybody's.
    for package in ("checkin_api", "hardware"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    made = [sys.executable, "-m", "checkin_api.migrations.new", "add table"]
    subprocess.run(made, cwd=tmp_path, capture_output=True, check=True, timeout=50)
    versions = sorted((tmp_path / "checkin_api" / "migrations" / "versions").glob("[0-9]*.py"))
    assert versions[-1].name == f"{len(versions):04d}_add_table.py"
    text = versions[-1].read_text("utf-8")
    assert f"down_revision: str | None = {migrations.head()!r}" in text
    assert "op." not in text
    nameless = subprocess.run(made[:-1], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=50)
    assert (nameless.returncode, "say what changes" in nameless.stderr) == (1, True)


def test_upgrade_twice_changes_nothing(database: Database):
    assert migrations.upgrade(database) == migrations.current(database) == migrations.head()
