"""Whatever is in the database comes out as a file that changes nothing when it is imported again."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.imports import Kind, export, import_file
from tests import builders

ZONE = ZoneInfo("Asia/Taipei")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
# One file of each kind, with what is easily lost: a zone of time, fractions, quotes, formulas, empty cells.
FILES = {
    Kind.UNITS: 'code,name,parent_code\nB00,示範分局,\nS01,"晨光,""一""所",B00\n',
    Kind.SHIFTS: (
        "code,name,start,end,break_minutes,hours_rule\n"
        "D,日勤,08:00,20:00,60,first_last\n"
        "N,夜勤,20:00,08:00,0,every_pair\n"
    ),
    Kind.OFFICERS: (
        "staff_no,name,unit_code,title,default_shift,active_from,active_to\n"
        "001,=王,S01,,D,2020-01-01,\n"
        "002,𠮷野,B00,警員,,,2030-12-31\n"
    ),
    Kind.SITES: (
        "code,name,address,latitude,longitude,timezone\nHQ,總局,臺中市,24.1504321,-120.65,Asia/Tokyo\nX,無座標,,,,\n"
    ),
    Kind.ZONES: (
        "code,name,site_code,mode,required_assurance,enforced,presence_ttl_s\n"
        "Z1,大門,HQ,auto,high,true,600\n"
        "Z2,後門,HQ,,,,\n"
    ),
    Kind.BEACONS: "hwid,zone_code,kind,label\nC0FFEE0001,Z1,rolling,門上\n",
    Kind.ROSTER: "staff_no,duty_date,shift_code,zone_code\n001,2026-11-23,D,Z1\n002,2026-11-23,N,\n",
    Kind.LEAVE: (
        "staff_no,start,end,kind\n"
        "001,2026-11-24,2026-11-24,休假\n"
        "002,2026-11-24T08:30+08:00,2026-11-24T12:00:30+08:00,\n"
    ),
    Kind.CALENDAR: "西元日期,星期,是否放假,備註\n20261123,一,0,\n20261124,二,2,補假\n",
    Kind.PUNCHES: (
        "staff_no,at,direction,zone_code\n001,2026-11-22T07:55:01.25+08:00,in,Z1\n002,2026-11-22T20:00+08:00,auto,\n"
    ),
    Kind.OUTAGES: (
        "zone_code,start,end,reason\nZ1,2026-11-22T00:00+08:00,2026-11-22T02:00+08:00,停電\n,2026-11-23T00:00+08:00,,\n"
    ),
}


@pytest.mark.parametrize("database_url", ["sqlite_url", "postgres_url"], indirect=True)
def test_every_kind_comes_out_as_it_went_in(database: Database):
    def store(kind: Kind, content: bytes) -> dict[str, int]:
        with database.write() as session:
            name = f"{kind}.csv"
            return import_file(session, kind, content, filename=name, now=NOW, default_timezone="Asia/Taipei").counts

    for kind, content in FILES.items():
        rows = content.count("\n") - 1
        assert store(kind, content.encode()) == {"added": rows, "changed": 0, "removed": 0, "unchanged": 0}, kind
    with database.write() as session:
        zone = session.scalars(select(m.Zone).where(m.Zone.code == "Z1")).one()
        builders.beacon(session, zone, hwid="c0ffee0009", retired_at=NOW)
    for kind, content in FILES.items():
        with database.read() as session:
            written = b"".join(export(session, kind, ZONE))
        rows = content.count("\n") - 1
        assert store(kind, written) == {"added": 0, "changed": 0, "removed": 0, "unchanged": rows}, (kind, written)
