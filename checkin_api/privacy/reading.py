"""Rows as a person reads them: names for numbers, local times, files in base64."""

import base64
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from checkin_api import models as m

_NAMED: Mapping[str, tuple[InstrumentedAttribute[int], InstrumentedAttribute[str], InstrumentedAttribute[str]]] = {
    "unit_id": (m.Unit.id, m.Unit.code, m.Unit.name),
    "zone_id": (m.Zone.id, m.Zone.code, m.Zone.name),
    "was_zone_id": (m.Zone.id, m.Zone.code, m.Zone.name),
    "shift_id": (m.Shift.id, m.Shift.code, m.Shift.name),
    "default_shift_id": (m.Shift.id, m.Shift.code, m.Shift.name),
    "beacon_id": (m.Beacon.id, m.Beacon.hwid, m.Beacon.label),
    "agent_id": (m.Agent.id, m.Agent.name, m.Agent.name),
}


class Names:
    """What units, zones, shifts, beacons and agents are called; each kind is asked for once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, dict[int, str]] = {}

    def knows(self, column: str) -> bool:
        """Whether a column names one of them."""
        return column in _NAMED

    def of(self, column: str, key: int) -> str:
        """The code and the name, or the number itself of what is not there."""
        if column not in self._known:
            rows = self._session.execute(select(*_NAMED[column]))
            self._known[column] = {number: " ".join(dict.fromkeys((code, name))).strip() for number, code, name in rows}
        return self._known[column].get(key, str(key))


def readable(row: Mapping[str, Any], names: Names, zone: ZoneInfo) -> dict[str, Any]:
    """A row as JSON can say it."""
    shown = {}
    for column, value in row.items():
        if names.knows(column):
            shown[column.removesuffix("_id")] = None if value is None else names.of(column, value)
        else:
            shown[column] = _plain(value, zone)
    return shown


def _plain(value: Any, zone: ZoneInfo) -> Any:
    match value:
        case datetime():
            return value.astimezone(zone).isoformat()
        case date() | time():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case UUID():
            return str(value)
        case _:
            return value
