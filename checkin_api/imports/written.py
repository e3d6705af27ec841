"""Values as the cells of a file in the formats that the importers read."""

from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from checkin_api.domain.formulas import guarded
from checkin_api.imports.calendar import WEEKDAYS
from checkin_api.imports.columns import Column


def cell(column: Column, value: object, zone: ZoneInfo) -> str:
    """One value as a cell of its column; a reference is the code it names. Reading it again gives the value."""
    if column.name == "星期" and isinstance(value, date):
        return WEEKDAYS[value.weekday()]
    if column.name == "西元日期" and isinstance(value, date):
        return f"{value:%Y%m%d}"
    if column.name == "是否放假":
        return "0" if value else "2"
    return _plain(value, zone)


def _plain(value: object, zone: ZoneInfo) -> str:  # noqa: PLR0911 (one line per type)
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case StrEnum():
            return value.value
        case datetime():
            return value.astimezone(zone).isoformat()
        case time():
            return f"{value:%H:%M}"
        case date():
            return value.isoformat()
        case float():
            return f"{value:.15f}".rstrip("0").rstrip(".")
        case str():
            return guarded(value)
        case _:
            return str(value)
