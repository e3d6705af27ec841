"""What a run of the purge removed, counted as it goes: keys and times table by table, and no personal data."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import InstrumentedAttribute, Session

from checkin_api import models as m
from checkin_api.domain.purges import Removed, keys_sha256
from checkin_api.privacy.expiry import Condition

# A key as text, and the time that the period of its row counts from.
Key = tuple[str, datetime | date | None]

# Of each table the time that its period counts from; what only ties two rows together may have none.
TIMES: Mapping[type[m.Base], InstrumentedAttribute[Any] | None] = {
    m.BeaconAlarm: m.BeaconAlarm.first_at,
    m.CalendarFeed: m.CalendarFeed.made_at,
    m.Correction: m.Correction.requested_at,
    m.EnrolmentCode: m.EnrolmentCode.issued_at,
    m.EnrolmentTry: m.EnrolmentTry.at,
    m.InboxEvent: m.InboxEvent.received_at,
    m.Leave: m.Leave.end,
    m.LineAccount: m.LineAccount.unbound_at,
    m.NoticeAcceptance: m.NoticeAcceptance.accepted_at,
    m.Officer: m.Officer.active_to,
    m.OfficerDevice: m.OfficerDevice.retired_at,
    m.PhoneCheckup: m.PhoneCheckup.started_at,
    m.Presence: m.Presence.at,
    m.PrivacyRequest: m.PrivacyRequest.requested_at,
    m.Punch: m.Punch.at,
    m.PunchVoid: m.PunchVoid.at,
    m.Refusal: m.Refusal.at,
    m.Reminder: m.Reminder.created_at,
    m.ReminderWish: m.ReminderWish.said_at,
    m.Reply: m.Reply.created_at,
    m.ReportBuild: m.ReportBuild.ordered_at,
    m.ReportDownload: m.ReportDownload.at,
    m.RosterChange: m.RosterChange.duty_date,
    m.RosterEntry: m.RosterEntry.duty_date,
    m.Supervisor: None,
}


@dataclass(frozen=True, slots=True)
class Gone:
    """Rows of one kind that went from one table; not ``counted`` are those that only tie others together."""

    kind: str
    table: str
    keys: Sequence[Key]
    counted: bool = True


@dataclass(slots=True)
class _Sum:
    keys: list[str] = field(default_factory=list)
    # All dates or all instants.
    times: list[Any] = field(default_factory=list)


class Tally:
    """The sums of one run; it holds a key of every row, some 100 bytes each."""

    def __init__(self, kinds: Iterable[str]) -> None:
        """Begin with nothing of each kind."""
        self.counts = Counter(dict.fromkeys(kinds, 0))
        self._sums: dict[tuple[str, str], _Sum] = {}

    def add(self, gone: Gone) -> None:
        """Take note of rows once their transaction is committed."""
        if not gone.keys:
            return
        if gone.counted:
            self.counts[gone.kind] += len(gone.keys)
        its = self._sums.setdefault((gone.kind, gone.table), _Sum())
        its.keys.extend(key for key, _ in gone.keys)
        times = [*its.times, *(at for _, at in gone.keys if at is not None)]
        its.times = [min(times), max(times)] if times else []

    def tables(self, left: Mapping[tuple[str, str], int] | None) -> list[dict[str, Any]]:
        """What went or is left, table by table, as JSON says it; a run cut off has tables that it never came to."""
        untouched = {each: _Sum() for each, rows in (left or {}).items() if rows}
        return [
            asdict(
                Removed(
                    kind=kind,
                    table=table,
                    rows=len(its.keys),
                    sha256=keys_sha256(its.keys),
                    first=_said(its.times[0]) if its.times else None,
                    last=_said(its.times[-1]) if its.times else None,
                    left=None if left is None else left.get((kind, table), 0),
                )
            )
            for (kind, table), its in sorted((untouched | self._sums).items())
        ]


def delete_rows(session: Session, table: type[m.Base], where: Condition) -> list[Key]:
    """Delete rows, and say which: the database itself tells whose row it deleted."""
    keys, time = list(table.__table__.primary_key), TIMES[table]
    returned = keys if time is None else [*keys, time]
    rows = session.connection().execute(delete(table).where(where).returning(*returned))
    return [("|".join(map(_key, row[: len(keys)])), None if time is None else row[-1]) for row in rows]


def _key(value: object) -> str:
    return value.hex if isinstance(value, UUID) else str(value)


def _said(at: datetime | date) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(at, datetime) else at.isoformat()
