"""What a purge proves: which rows went, table by table, and that none is left."""

import hashlib
import json
from datetime import date, datetime
from pathlib import Path

from checkin_api import audit, privacy
from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import CorrectionKind, CorrectionState
from checkin_api.privacy.expiry import ALONG, RULES
from checkin_api.privacy.proving import TIMES
from tests import builders
from tests.expiring import ACTOR, CUT, DAY, NOW, Station, purge


def test_the_entry_proves_table_by_table_which_rows_went_and_that_none_is_left(database: Database):
    cut = CUT.at("punches")
    with database.write() as session:
        station = Station(session)
        ids: dict[tuple[str, str], list[str]] = {}
        for at in (cut - DAY, cut - 2 * DAY):
            punch = station.punched(at, station.sensed(at))
            void = station.corrected(NOW, kind=CorrectionKind.VOID, punch_id=punch.id, state=CorrectionState.APPROVED)
            station.add(m.PunchVoid(punch_id=punch.id, correction_id=void.id, at=NOW))
            ids.setdefault(("punches", "punch"), []).append(punch.id.hex)
            ids.setdefault(("corrections", "punch_void"), []).append(punch.id.hex)
            ids.setdefault(("corrections", "correction"), []).append(void.id.hex)
            ids.setdefault(("proofs", "presence"), []).append(str(punch.presence_id).replace("-", ""))
        leaver = station.leaver(CUT.day("person") - DAY)
        ids["consents", "notice_acceptance"] = [f"{leaver.id}|{builders.acceptance(session, leaver).version}"]
        ids["person", "officer"] = [str(leaver.id)]
        names = leaver.name, leaver.staff_no
    purge(database)
    with database.read() as session:
        [entry] = audit.entries(session, subject="privacy:retention")
    told = {(each["kind"], each["table"]): each for each in json.loads(entry.detail)["tables"]}
    # As `LC_ALL=C sort | sha256sum` has it.
    lines = {key: "".join(f"{each}\n" for each in sorted(its)) for key, its in ids.items()}
    assert {key: each["sha256"] for key, each in told.items()} == {
        key: hashlib.sha256(text.encode()).hexdigest() for key, text in lines.items()
    }
    assert {key: each["rows"] for key, each in told.items()} == {key: len(its) for key, its in ids.items()}
    assert {each["left"] for each in told.values()} == {json.loads(entry.detail)["left"]} == {0}
    punches = told["punches", "punch"]
    assert [datetime.fromisoformat(punches[name]) for name in ("first", "last")] == [cut - 2 * DAY, cut - DAY]
    assert told["person", "officer"]["last"] == (CUT.day("person") - DAY).isoformat()
    assert [each for each in names if each in entry.detail] == []


def test_a_row_that_comes_meanwhile_is_counted_and_the_run_is_not_complete(sqlite_url: str):
    database = Database(sqlite_url)
    came = False

    def meanwhile(_: date) -> list[Path]:
        nonlocal came
        if not came:
            came = True
            with database.write() as session:
                Station(session).sensed(CUT.at("presences") - DAY)
        return []

    done = privacy.purge(database, CUT, meanwhile, actor=ACTOR)
    with database.read() as session:
        [entry] = audit.entries(session)
    assert (done.complete, json.loads(entry.detail)["left"]) == (False, 1)
    assert purge(database) == {"presences": 1}
    database.close()


def test_every_table_that_is_purged_says_when_its_rows_are_from():
    assert {rule.table for rule in (*RULES, *ALONG)} == set(TIMES)
