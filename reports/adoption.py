"""Adoption over days: who of those expected checked in with a beacon's proof, by unit and day."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from checkin_api import queries
from checkin_api.domain.shifts import DAY, REACH, local_day
from checkin_api.domain.words import REASON
from checkin_api.queries import UnitRow
from reports.about import report_of
from reports.summary import DayCounts, OfficerRows, adoption_by_day
from reports.tables import Cell, Chart, Column, Fact, Report, Table, Type
from reports.wanted import Question

NAME = ("使用率統計", "Adoption")
# Days at a time: the duties and punches of a week and of the days around it are in memory at once.
_STEP = 7
_COUNTED = (
    Column("checked_in", "簽到人數（分子）", "Checked in (numerator)", Type.INT),
    Column("expected", "應到人數（分母）", "Expected (denominator)", Type.INT),
    Column("adoption_rate", "使用率", "Adoption", Type.RATE),
)
_DAY_COLUMNS = (Column("date", "勤務日", "Duty date", Type.DATE), *_COUNTED)
_UNIT_COLUMNS = (
    Column("unit_code", "單位代碼", "Unit code"),
    Column("unit_name", "單位", "Unit"),
    Column("date", "勤務日", "Duty date", Type.DATE),
    *_COUNTED,
)
_REASON_COLUMNS = (
    Column("reason", "代碼", "Code"),
    Column("reason_zh", "原因", "Reason (zh-TW)"),
    Column("reason_en", "原因（英）", "Reason"),
    Column("refused", "未記錄次數", "Refused", Type.INT),
    Column("granted_later", "其後補成", "Granted later", Type.INT),
)


def adoption(question: Question) -> Report:
    """The period, day by day and unit by unit, with the refusals of the same dates by reason."""
    wanted, zone = question.wanted, question.rules.zone
    with question.database.read() as session:
        units = queries.units(session, wanted.unit)
        among = None if wanted.unit is None else queries.of_units(units)
        counts: DayCounts = Counter()
        days = [wanted.first + DAY * n for n in range((wanted.last - wanted.first).days + 1)]
        for done in range(0, len(days), _STEP):
            question.progress(done, len(days))
            step = days[done : done + _STEP]
            first, last = step[0] - REACH, step[-1] + REACH
            begin, end = local_day(first - REACH, zone)[0], local_day(last + REACH, zone)[1]
            rows = OfficerRows(
                queries.expected_duties(session, first, last, zone, among=among),
                queries.punches(session, begin, end, among=among),
            )
            counts += adoption_by_day(rows, step)
        question.progress(len(days), len(days))
        begin, end = local_day(wanted.first, zone)[0], local_day(wanted.last, zone)[1]
        refused = [
            (count.reason.value, *REASON[count.reason], count.refused, count.granted_later)
            for count in queries.refusals(session, begin, end, among=among)
        ]
        tables = (
            Table("days", "每日", "Days", _DAY_COLUMNS, list(_by_day(days, counts))),
            Table("units", "各單位每日", "Units by day", _UNIT_COLUMNS, list(_by_unit(units, days, counts))),
            Table("refusals", "未記錄原因", "Refusals by reason", _REASON_COLUMNS, refused),
        )
        charts = (Chart("days", "每日使用率", "Adoption by day", "date", ("adoption_rate",)),)
        return report_of(question, NAME, queries.completeness(session), tables, found=_whole(counts), charts=charts)


def share(checked_in: int, expected: int) -> Sequence[Cell]:
    """Numerator, denominator, rate; nobody expected is no data, which is not zero."""
    return checked_in, expected, round(checked_in / expected, 4) if expected else None


def _whole(counts: DayCounts) -> Sequence[Fact]:
    checked_in, expected, rate = share(*(sum(n for key, n in counts.items() if key[2] == what) for what in _WHAT))
    return [
        Fact("checked_in", "簽到人次（分子）", "Checked in, officer-days (numerator)", checked_in),
        Fact("expected", "應到人次（分母）", "Expected, officer-days (denominator)", expected),
        Fact("adoption_rate", "使用率（簽到÷應到）", "Adoption (checked in ÷ expected)", rate),
    ]


_WHAT = ("checked_in", "expected")


def _by_day(days: Iterable[date], counts: DayCounts) -> Iterator[Sequence[Cell]]:
    totals: Counter[tuple[date, str]] = Counter()
    for (day, _, what), number in counts.items():
        totals[day, what] += number
    for day in days:
        yield day, *share(*(totals[day, what] for what in _WHAT))


def _by_unit(units: Iterable[UnitRow], days: Sequence[date], counts: DayCounts) -> Iterator[Sequence[Cell]]:
    for unit in units:
        for day in days:
            checked_in, expected = (counts[day, unit.id, what] for what in _WHAT)
            if expected:
                yield unit.code, unit.name, day, *share(checked_in, expected)
