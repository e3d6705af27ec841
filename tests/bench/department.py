"""The department of the benchmarks: 7,000 enrolled officers, all on duty around the clock, with their beacons."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from checkin_api import migrations, privacy
from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.imports import Kind, import_file
from tests import webhooks
from tests.demo.department import write_csvs

OFFICERS = 7_000
STATIONS = 70
TIMEZONE = "Asia/Taipei"
# In the order in which each refers to the ones before.
_KINDS = (Kind.UNITS, Kind.SHIFTS, Kind.OFFICERS, Kind.SITES, Kind.ZONES, Kind.BEACONS, Kind.ROSTER)


def write_department(folder: Path) -> None:
    """Write the CSV files.

    Everybody has a 24-hour duty yesterday and today: whoever arrives is asked to punch, which is the dearest case.
    """
    today = datetime.now(ZoneInfo(TIMEZONE)).date()
    write_csvs(folder, today, days=1, officers=OFFICERS, units=STATIONS)
    with (folder / "officers.csv").open(encoding="utf-8", newline="") as file:
        officers = [(row["staff_no"], f"Z{row['unit_code'].removeprefix('U')}") for row in csv.DictReader(file)]
    with (folder / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["staff_no", "duty_date", "shift_code", "zone_code"])
        for day in (today - timedelta(days=1), today):
            writer.writerows((staff_no, day, "full", zone) for staff_no, zone in officers)


def fill(url: str, folder: Path) -> None:
    """Create the schema in an empty database, import the files, and bind officer number n to ``webhooks.user(n)``.

    Everybody has accepted the notice.
    """
    now = datetime.now(UTC)
    database = Database(url)
    migrations.upgrade(database)
    with database.write() as session:
        for kind in _KINDS:
            content = (folder / f"{kind}.csv").read_bytes()
            import_file(session, kind, content, filename=f"{kind}.csv", now=now, default_timezone=TIMEZONE)
        officers = session.scalars(select(m.Officer.id).order_by(m.Officer.id)).all()
        session.execute(
            insert(m.LineAccount),
            [
                {"line_user_id": webhooks.user(number), "officer_id": officer_id, "bound_at": now}
                for number, officer_id in enumerate(officers)
            ],
        )
        accepted = {"version": privacy.VERSION, "accepted_at": now}
        session.execute(insert(m.NoticeAcceptance), [{"officer_id": officer_id, **accepted} for officer_id in officers])
    database.close()


def hwids(folder: Path) -> list[str]:
    """The hardware IDs of all beacons of the department."""
    with (folder / "beacons.csv").open(encoding="utf-8", newline="") as file:
        return [row["hwid"] for row in csv.DictReader(file)]
