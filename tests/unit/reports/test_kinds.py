"""What each kind of report may be asked for, and the words and numbers of its tables, as truth tables."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from checkin_api.domain.ids import Flag, OutageSource, Status
from checkin_api.domain.status import FLAGS, STATUSES
from checkin_api.queries.coverage import OutageRow
from reports.adoption import share
from reports.catalogue import FORMS, KINDS, Wanted, WantedError, check, file_name
from reports.exceptions import Severity, severity
from reports.fleet import blindness
from reports.marks import FLAG_MARK, STATUS_MARK, legend, mark

TAIPEI = ZoneInfo("Asia/Taipei")
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


def wanted(
    kind: str = "month_matrix", form: str = "csv", first: date = FIRST, last: date = LAST, **more: str
) -> Wanted:
    return Wanted(kind, form, first, last, **more)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (wanted("nothing"), "no such report: nothing"),
        (wanted(form="docx"), "has no format docx; it has xlsx"),
        (wanted("exceptions", first=LAST, last=FIRST), "is before the first"),
        (wanted("daily_usage"), "is of one day"),
        (wanted("month_matrix", last=date(2026, 11, 29)), "is of one whole month"),
        (wanted("raw_punches", last=date(2027, 11, 2)), "at most 366 days"),
        (wanted("fleet_health", unit="D1"), "is not made by unit"),
        (wanted("adoption", officer="00123"), "is not made by officer"),
    ],
)
def test_what_cannot_be_made_is_refused_in_words(asked: Wanted, words: str):
    with pytest.raises(WantedError, match=words):
        check(asked)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (wanted(form="xlsx", unit="D1"), "D1_2026-11_月差勤表_20261201T080000.xlsx"),
        (wanted("daily_usage", last=FIRST), "全局_2026-11-01_每日使用報表_20261201T080000.csv"),
        (wanted("raw_punches", "csv-big5"), "全局_20261101-20261130_打卡明細_20261201T080000.csv"),
        (wanted(unit="D1/../=x\n"), "D1-x_2026-11_月差勤表_20261201T080000.csv"),
        (wanted(officer="00123", unit="D1"), "00123_2026-11_月差勤表_20261201T080000.csv"),
    ],
)
def test_file_is_named_by_unit_period_report_and_moment(asked: Wanted, name: str):
    assert file_name(asked, datetime(2026, 12, 1, tzinfo=UTC), TAIPEI) == name


def test_every_kind_has_formats_that_there_are():
    assert {form for kind in KINDS.values() for form in kind.forms} <= set(FORMS)


@pytest.mark.parametrize(
    ("status", "flags", "shown"),
    [
        (Status.PRESENT, (), "出"),
        (Status.PRESENT, (Flag.LATE,), "出遲"),
        (Status.PRESENT, (Flag.LATE, Flag.EARLY_LEAVE, Flag.CORRECTED), "出遲早補"),
        (Status.MISSING_OUT, (Flag.LATE,), "缺退遲"),
        (Status.MISSING_IN, (), "缺到"),
        (Status.ABSENT, (), "未到"),
        (Status.LEAVE, (), "假"),
        (Status.UNROSTERED, (), "加"),
        # The law's limits are the overtime report's.
        (Status.PRESENT, (Flag.REST_SHORT, Flag.MONTHLY_LIMIT), "出"),
    ],
)
def test_marks_of_the_month_matrix(status: Status, flags: tuple[Flag, ...], shown: str):
    assert mark(STATUSES.index(status), sum(1 << FLAGS.index(flag) for flag in flags)) == shown


def test_legend_has_every_mark_once_and_every_mark_is_big5():
    marks = [row[0] for row in legend().rows if row[0]]
    assert set(marks) >= {*STATUS_MARK.values(), *FLAG_MARK.values()}
    assert len(set(marks)) == len(marks)
    assert "".join(map(str, marks)).encode("cp950")
    assert set(STATUS_MARK) == set(Status)


@pytest.mark.parametrize(
    ("status", "flags", "grade"),
    [
        (Status.ABSENT, (), Severity.HIGH),
        (Status.PRESENT, (Flag.SHORT,), Severity.HIGH),
        (Status.MISSING_OUT, (Flag.LATE,), Severity.MEDIUM),
        (Status.UNPROVEN, (), Severity.MEDIUM),
        (Status.PRESENT, (Flag.LATE, Flag.REST_SHORT), Severity.MEDIUM),
        (Status.PRESENT, (Flag.LATE,), Severity.LOW),
        (Status.UNROSTERED, (), Severity.LOW),
    ],
)
def test_severity_is_the_gravest_of_status_and_flags(status: Status, flags: tuple[Flag, ...], grade: Severity):
    assert severity(status, flags) is grade


def outage(begin: int, end: int | None, zone: str | None = "Z1") -> OutageRow:
    def hour(number: int) -> datetime:
        return datetime(2026, 11, 23, number, tzinfo=TAIPEI)

    return OutageRow(1, zone, zone, hour(begin), None if end is None else hour(end), OutageSource.ENTERED, "", None, 0)


@pytest.mark.parametrize(
    ("lasted", "expected"),
    [
        ([], (0, 0)),
        ([outage(9, 10)], (1, 60)),
        ([outage(9, 11), outage(10, 12)], (2, 180)),
        ([outage(9, 12), outage(10, 11)], (2, 180)),
        # Cut at the ends of the period, 08:00 to 20:00; one that lasts counts up to its end.
        ([outage(6, 9)], (1, 60)),
        ([outage(19, None)], (1, 60)),
        ([outage(20, 22)], (0, 0)),
        # Of all zones, and of another one.
        ([outage(9, 10, zone=None), outage(9, 10, zone="Z2")], (1, 60)),
    ],
)
def test_minutes_of_blindness_are_counted_once(lasted: list[OutageRow], expected: tuple[int, int]):
    begin, end = (datetime(2026, 11, 23, hour, tzinfo=TAIPEI) for hour in (8, 20))
    assert blindness("Z1", lasted, begin, end) == expected


def test_nobody_expected_has_no_rate():
    assert (share(0, 0), share(0, 4), share(2, 3)) == ((0, 0, None), (0, 4, 0.0), (2, 3, 0.6667))
