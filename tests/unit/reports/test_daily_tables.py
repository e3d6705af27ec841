"""The daily usage report from rows to bytes, against gold files that HR could check by hand."""

import csv
import io
import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from checkin_api.domain.ids import Direction, PhoneStep, PhoneSystem, Reason
from checkin_api.domain.shifts import Shift, duty_on
from checkin_api.domain.windows import PunchFact
from checkin_api.queries import CheckupCount, Completeness, ExpectedDuty, OfficerPunch, RefusalCount, UnitRow
from reports.daily import RENDERERS
from reports.summary import DailyUsage, DayRows, summarise
from reports.tables import Report, daily_report

TAIPEI = ZoneInfo("Asia/Taipei")
GOLD = Path(__file__).parents[2] / "gold"
DAY = Shift(code="D", name="日勤", start=time(8), end=time(20))
NIGHT = Shift(code="N", name="夜勤", start=time(20), end=time(8))
MADE_AT = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)


def at(clock: str, day: int = 23) -> datetime:
    return datetime.combine(date(2026, 11, day), time.fromisoformat(clock), TAIPEI)


def punch(officer: int, unit: int, direction: str, moment: datetime, *, proved: bool = True) -> OfficerPunch:
    fact = PunchFact(direction=Direction(direction), at=moment, proved=proved, key=f"{officer}{moment}")
    return OfficerPunch(officer, unit, fact)


def usage() -> DailyUsage:
    """Two units; four expected, of whom two checked in with proof; one without a duty; a night of the day before."""
    rows = DayRows(
        units=[UnitRow(1, "U01", "=第一分局", None), UnitRow(2, "U02", "第二分局", 1), UnitRow(3, "U03", "空", None)],
        duties=[
            ExpectedDuty(11, 1, duty_on(date(2026, 11, 23), DAY, TAIPEI)),
            ExpectedDuty(12, 1, duty_on(date(2026, 11, 23), DAY, TAIPEI)),
            ExpectedDuty(21, 2, duty_on(date(2026, 11, 23), NIGHT, TAIPEI)),
            ExpectedDuty(22, 2, duty_on(date(2026, 11, 23), NIGHT, TAIPEI)),
            ExpectedDuty(23, 2, duty_on(date(2026, 11, 22), NIGHT, TAIPEI)),
        ],
        punches=[
            punch(11, 1, "in", at("07:55")),
            punch(11, 1, "in", at("07:55:30")),
            punch(11, 1, "out", at("20:01")),
            punch(12, 1, "in", at("08:00"), proved=False),
            punch(21, 2, "in", at("19:58")),
            punch(21, 2, "out", at("08:02", day=24)),
            punch(23, 2, "out", at("08:03")),
            punch(24, 2, "in", at("09:00")),
        ],
        refusals=[RefusalCount(Reason.NO_PRESENCE, 3, 2), RefusalCount(Reason.UNKNOWN_BEACON, 1, 0)],
        checkups=[
            CheckupCount(system=PhoneSystem.ANDROID, heard=True, step=PhoneStep.BEACON_CONSENT, tests=2, officers=2),
            CheckupCount(system=PhoneSystem.IOS, heard=False, step=None, tests=1, officers=1),
        ],
        completeness=Completeness(at("21:59"), 0),
    )
    return summarise(rows, "2026-11-23", TAIPEI, unit=None)


def report() -> Report:
    return daily_report(usage(), made_at=MADE_AT, made_by="worker", zone=TAIPEI)


def rendered(form: str, report_: Report) -> bytes:
    out = io.BytesIO()
    RENDERERS[form](report_, out)
    return out.getvalue()


def test_expected_and_checked_in_are_people_of_this_duty_date():
    total = usage().total
    assert (total.expected, total.checked_in, total.rate, total.unrostered) == (4, 2, 0.5, 1)


def test_units_without_anybody_expected_or_seen_are_left_out():
    assert [(unit.code, unit.expected, unit.checked_in) for unit in usage().units] == [("U01", 2, 1), ("U02", 2, 1)]


def test_hours_are_local_and_duplicates_are_not_counted():
    counted = usage()
    assert {hour.hour: (hour.ins, hour.outs) for hour in counted.hours if hour.ins or hour.outs} == {
        7: (1, 0), 8: (1, 1), 9: (1, 0), 19: (1, 0), 20: (0, 1),
    }  # fmt: skip
    assert counted.duplicates == 1


def test_nobody_expected_is_no_data_and_not_zero():
    rows = DayRows(units=[], duties=[], punches=[], refusals=[], checkups=[], completeness=Completeness(None, 0))
    empty = daily_report(summarise(rows, "2026-11-23", TAIPEI, unit=None), made_at=MADE_AT, zone=TAIPEI)
    assert json.loads(rendered("json", empty))["meta"]["adoption_rate"] is None
    assert "無資料 / no data" in rendered("csv", empty).decode("utf-8-sig")


@pytest.mark.parametrize("form", sorted(RENDERERS))
def test_gold(form: str):
    gold = GOLD / f"daily_usage.{form}"
    assert rendered(form, report()) == gold.read_bytes()


def test_csv_is_what_excel_in_zh_tw_opens():
    content = rendered("csv", report())
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert ["使用率（簽到÷應到） / Adoption (checked in ÷ expected)", "50.0%"] in rows


@pytest.mark.parametrize("name", ["=1+1", "+886", "-1", "@cmd", "\tx", "\rx"])
def test_no_cell_of_a_csv_is_a_formula(name: str):
    rows = DayRows(
        units=[UnitRow(1, name, name, None)],
        duties=[ExpectedDuty(1, 1, duty_on(date(2026, 11, 23), DAY, TAIPEI))],
        punches=[],
        refusals=[],
        checkups=[],
        completeness=Completeness(None, 0),
    )
    report_ = daily_report(summarise(rows, "2026-11-23", TAIPEI, unit=name), made_at=MADE_AT, zone=TAIPEI)
    cells = [
        c for row in csv.reader(io.StringIO(rendered("csv", report_).decode("utf-8-sig"), newline="")) for c in row
    ]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert "'" + name in cells


def test_hash_is_of_the_data_and_not_of_the_moment():
    again = daily_report(usage(), made_at=MADE_AT + timedelta(days=1), zone=TAIPEI)
    hashes = [fact.value for one in (report(), again) for fact in one.facts if fact.key == "sha256"]
    assert hashes[0] == hashes[1]
