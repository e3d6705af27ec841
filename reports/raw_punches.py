"""Every punch as it was stored, with what proves it: streamed, a year of a department if need be."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from checkin_api import queries
from checkin_api.domain.shifts import local_day
from checkin_api.domain.words import ASSURANCE, DIRECTION, evidence
from checkin_api.queries.raw_punches import RawPunch, raw_punch_count, raw_punches
from reports.about import before
from reports.tables import Cell, Column, Stream, Type
from reports.wanted import Question

NAME = ("打卡明細", "Raw punches")
COLUMNS = (
    Column("staff_no", "員警編號", "Staff no."),
    Column("name", "姓名", "Name"),
    Column("unit", "單位代碼", "Unit code"),
    Column("at", "打卡時間", "At", Type.DATETIME),
    Column("received_at", "收到時間", "Received at", Type.DATETIME),
    Column("direction", "方向代碼", "Direction code"),
    Column("direction_zh", "方向", "Direction (zh-TW)"),
    Column("source", "來源", "Source"),
    Column("zone", "簽到區", "Zone"),
    Column("hwid", "信標", "Beacon"),
    Column("assurance", "證明力", "Assurance"),
    Column("evidence_zh", "證據", "Evidence (zh-TW)"),
    Column("evidence_en", "證據（英）", "Evidence"),
    Column("void", "作廢", "Void"),
)
_VOID = "作廢 / void"


def punch_rows(question: Question) -> Stream:
    """The punches of local dates, the void ones among them, by time."""
    begin, end = _interval(question)
    with question.database.read() as session:
        among = queries.among(session, question.wanted.unit, question.wanted.officer)
        facts = before(question, queries.completeness(session))
        total = raw_punch_count(session, begin, end, among=among)
    return Stream(question.wanted.kind, *NAME, facts, COLUMNS, _batches(question), total)


def row_of(punch: RawPunch, zone: ZoneInfo) -> Sequence[Cell]:
    """A punch as a row; its times are those of its zone, or else of the installation."""
    place = _place(punch.timezone) if punch.timezone else zone
    zh, en = _evidence(
        punch.source, punch.proof, punch.proved, punch.from_agent, punch.shown, punch.distance_m, punch.accuracy_m
    )
    return (
        punch.staff_no,
        punch.name,
        punch.unit_code,
        punch.at.astimezone(place),
        punch.received_at.astimezone(place),
        punch.direction.value,
        DIRECTION[punch.direction][0],
        punch.source.value,
        punch.zone_code,
        punch.hwid,
        ASSURANCE[punch.assurance][0],
        zh,
        en,
        _VOID if punch.is_void else None,
    )


def _interval(question: Question) -> tuple[datetime, datetime]:
    zone = question.rules.zone
    return local_day(question.wanted.first, zone)[0], local_day(question.wanted.last, zone)[1]


def _batches(question: Question) -> Iterator[Sequence[Sequence[Cell]]]:
    zone = question.rules.zone
    with question.database.read() as session:
        among = queries.among(session, question.wanted.unit, question.wanted.officer)
        for batch in raw_punches(session, *_interval(question), among=among):
            yield [row_of(punch, zone) for punch in batch]


# Few are distinct among many.
_place = lru_cache(ZoneInfo)


@lru_cache(10_000)
def _evidence(*known: Any) -> tuple[str, str]:
    source, proof, proved, from_agent, shown, distance_m, accuracy_m = known
    return evidence(
        source,
        proof,
        proved=bool(proved),
        from_agent=bool(from_agent),
        shown=shown,
        distance_m=distance_m,
        accuracy_m=accuracy_m,
    )
