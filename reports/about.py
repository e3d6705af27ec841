"""What every file says about itself: whose and when, with which filter, how complete the data was, of what it is."""

from collections.abc import Sequence

from checkin_api.queries import Completeness
from reports.tables import Chart, Fact, Report, Table, fingerprint, local
from reports.wanted import Question


def before(question: Question, completeness: Completeness) -> tuple[Fact, ...]:
    """What is known before there is a row."""
    wanted, zone = question.wanted, question.rules.zone
    return (
        Fact("agency", "機關", "Agency", question.rules.agency),
        Fact("first", "起始勤務日", "First duty date", wanted.first.isoformat()),
        Fact("last", "最後勤務日（含）", "Last duty date, included", wanted.last.isoformat()),
        Fact("unit", "單位範圍", "Unit filter", wanted.unit),
        Fact("officer", "人員範圍", "Officer filter", wanted.officer),
        Fact("timezone", "時區", "Time zone", zone.key),
        Fact("data_complete_to", "資料截至", "Data complete to", local(completeness.received_to, zone)),
        Fact("undecided_events", "尚未處理事件", "Events not decided yet", completeness.undecided),
        Fact("made_at", "製表時間", "Made at", local(question.made_at, zone)),
        Fact("made_by", "製表人", "Made by", question.made_by),
    )


def after(rows: int, sha256: str) -> tuple[Fact, ...]:
    """What is known when all rows are."""
    return (
        Fact("row_count", "資料列數", "Rows", rows),
        Fact("sha256", "資料雜湊", "SHA-256 of the tables", sha256),
    )


def report_of(  # noqa: PLR0913 (all that a report is made of)
    question: Question,
    name: tuple[str, str],
    completeness: Completeness,
    tables: Sequence[Table],
    *,
    found: Sequence[Fact] = (),
    charts: Sequence[Chart] = (),
) -> Report:
    """A report of tables, with what it found besides them, under its name in zh-TW and English."""
    rows = sum(len(table.rows) for table in tables)
    facts = (*before(question, completeness), *found, *after(rows, fingerprint(tables)))
    return Report(question.wanted.kind, *name, facts, tables, charts)
