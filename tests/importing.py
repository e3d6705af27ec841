"""What tests of imports share: a small department, importing into it, and what is stored afterwards."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from checkin_api.db import Database
from checkin_api.imports import (
    ImportRefusedError,
    ImportResult,
    Kind,
    Replacing,
    import_file,
    read_sheet,
    store_sheet,
)

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def run(database: Database, kind: Kind, content: str) -> ImportResult:
    """Import and commit."""
    with database.write() as session:
        return import_file(
            session, kind, content.encode(), filename=f"{kind}.csv", now=NOW, default_timezone="Asia/Taipei"
        )


def run_replacing(database: Database, content: str, *units: str) -> ImportResult:
    """Import a roster that replaces, and commit."""
    sheet = read_sheet(Kind.ROSTER, content.encode(), filename="roster.csv", default_timezone="Asia/Taipei")
    with database.write() as session:
        return store_sheet(session, sheet, now=NOW, actor="cli:hr", replacing=Replacing(units))


def refused(database: Database, kind: Kind, content: str) -> list[str]:
    """The lines of the refusal."""
    with pytest.raises(ImportRefusedError) as info:
        run(database, kind, content)
    return str(info.value).splitlines()


def stored(database: Database, *columns) -> list[tuple[Any, ...]]:
    """These columns of all rows, in the order of the first."""
    with database.read() as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(columns[0]))]


def import_department(database: Database) -> None:
    """One unit, one shift, two officers, one site, one zone, one beacon."""
    run(database, Kind.UNITS, "code,name\nU01,晨光派出所\n")
    run(database, Kind.SHIFTS, "code,name,start,end\nday,日勤,08:00,20:00\n")
    run(database, Kind.OFFICERS, "staff_no,name,unit_code\n0012,王沐謙,U01\nA013,李苡岑,U01\n")
    run(database, Kind.SITES, "code,name\nS01,晨光派出所\n")
    run(database, Kind.ZONES, "code,name,site_code\nZ01,大門,S01\n")
    run(database, Kind.BEACONS, "hwid,zone_code,kind\n0123456789,Z01,line\n")
