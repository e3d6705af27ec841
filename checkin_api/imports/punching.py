"""Punches of other clocks: what an imported punch is besides the cells of its line."""

from datetime import UTC, datetime

from checkin_api.domain.ids import Assurance, PunchSource, new_id
from checkin_api.imports.columns import Values


def besides(values: Values, now: datetime) -> Values:
    """The rest of an imported punch.

    Its ``request_id`` follows from officer, time and direction, so that the database itself refuses a second one.
    """
    at = values["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return {
        "id": new_id(),
        "source": PunchSource.IMPORT,
        "assurance": Assurance.NONE,
        "received_at": now,
        "request_id": f"import:{values['officer_id']}:{values['direction']}:{at}",
    }
