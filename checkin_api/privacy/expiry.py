"""What is past its period: for each kind of data of the notice its rows, as a condition, or why no period ends it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from checkin_api import models as m
from checkin_api.config import Settings
from checkin_api.domain.ids import EventState, MessageState
from checkin_api.domain.shifts import local_date
from checkin_api.privacy.retention import Period, retention

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class CutOffs:
    """At which moment, and where days begin: what each of the periods in force is counted back from."""

    now: datetime
    zone: ZoneInfo
    periods: Mapping[str, Period]

    def at(self, kind: str) -> datetime:
        """Rows of this kind that are older are past their period."""
        before = self.periods[kind].before(self.now)
        if before is None:
            raise ValueError(f"{kind} is kept without a period")
        return before

    def day(self, kind: str) -> date:
        """The same, of rows that have a local date."""
        return local_date(self.at(kind), self.zone)


def cut_offs(settings: Settings, now: datetime) -> CutOffs:
    """Those of this installation."""
    return CutOffs(now, settings.zone, retention(settings))


@dataclass(frozen=True, slots=True)
class Rule:
    """One table's rows of one kind.

    Attributes:
        kind: The row of the notice's table.
        table: Where the rows are.
        key: The column by which they are gone through in batches.
        is_over: Which of them are past their period.
        goes_along: Whether they go with the rows of another rule, in its transactions.
    """

    kind: str
    table: type[m.Base]
    key: InstrumentedAttribute[Any]
    is_over: Callable[[CutOffs], Condition]
    goes_along: bool = False


# Why a kind has no rule of its own.
KEPT: Mapping[str, str] = {
    "position": "在感應紀錄裡，與它同存同刪 / a part of a sensing, deleted with it",
    "handset": "在打卡與未記錄的打卡裡，與它同存同刪 / a part of a punch or refusal, deleted with it",
    "audit": "只增不改，刪一筆鏈就斷 / append-only: the chain of hashes must stay whole",
}
# Their files are found by the caller; the rows are those of ordered builds.
FILES = "reports"


# Which units somebody looked after goes with the person; an account of the console stays, of nobody then.
WITH_PERSON = frozenset({m.Supervisor, m.ConsoleUser})


def expired(cut: CutOffs, table: type[m.Base]) -> Condition:
    """Whether a row of the table is past its period by any rule; never unknown."""
    return or_(*(rule.is_over(cut).is_(true()) for rule in RULES if rule.table is table))


def unused() -> Condition:
    """Of a presence: that no punch is proved by it."""
    return not_(select(m.Punch.id).where(m.Punch.presence_id == m.Presence.id).exists())


def _is_sighting() -> Condition:
    """Of a presence: that an agent heard the officer's badge or phone, and no phone a beacon."""
    return and_(m.Presence.agent_id.is_not(None), m.Presence.beacon_id.is_(None))


def _sightings(cut: CutOffs) -> Condition:
    return and_(m.Presence.at < cut.at("site_sightings"), _is_sighting(), unused())


def _presences(cut: CutOffs) -> Condition:
    return and_(m.Presence.at < cut.at("presences"), not_(_is_sighting()), unused())


def _proofs(cut: CutOffs) -> Condition:
    p, before = m.Punch, cut.at("punches")
    of_old = select(p.presence_id).where(p.at < before, p.presence_id.is_not(None))
    of_newer = select(p.id).where(p.presence_id == m.Presence.id, p.at >= before)
    return and_(m.Presence.id.in_(of_old), not_(of_newer.exists()))


def _of_old_punch(cut: CutOffs, punch_id: InstrumentedAttribute[Any]) -> Condition:
    return select(m.Punch.id).where(m.Punch.id == punch_id, m.Punch.at < cut.at("punches")).exists()


def _refusals(cut: CutOffs) -> Condition:
    return or_(m.Refusal.at < cut.at("refusals"), _of_old_punch(cut, m.Refusal.punch_id))


def _corrections(cut: CutOffs) -> Condition:
    c, v = m.Correction, m.PunchVoid
    voids_nothing = not_(select(v.punch_id).where(v.correction_id == c.id).exists())
    return or_(and_(c.requested_at < cut.at("corrections"), voids_nothing), _of_old_punch(cut, c.punch_id))


def _inbox(cut: CutOffs) -> Condition:
    """Never the newest: SQLite would give its number again, and request numbers of punches are made of those."""
    i, newest = m.InboxEvent, select(func.max(aliased(m.InboxEvent).id)).scalar_subquery()
    return and_(i.received_at < cut.at("inbox"), i.state != EventState.STORED, i.id < newest)


def _replies(cut: CutOffs) -> Condition:
    r = m.Reply
    sent = and_(r.created_at < cut.at("replies"), r.state != MessageState.PENDING)
    return or_(sent, r.inbox_event_id.in_(select(m.InboxEvent.id).where(_inbox(cut))))


def _reminders(cut: CutOffs) -> Condition:
    r = m.Reminder
    return and_(r.created_at < cut.at("reminders"), r.state.is_distinct_from(MessageState.PENDING))


def _taken_at_once(cut: CutOffs) -> Condition:
    d = m.ReportDownload
    return and_(d.build_id.is_(None), d.at < cut.at("reports"))


def _leavers(day: date) -> Any:
    """Officers whose last day of service is before a date."""
    o = aliased(m.Officer)
    return select(o.id).where(o.active_to < day)


def _roster_changes(cut: CutOffs) -> Condition:
    c = m.RosterChange
    return and_(c.duty_date < cut.day("roster"), c.at < cut.at("roster"))


def _accounts(cut: CutOffs) -> Condition:
    a = m.LineAccount
    return or_(a.unbound_at < cut.at("account"), a.officer_id.in_(_leavers(cut.day("account"))))


def _devices(cut: CutOffs) -> Condition:
    d = m.OfficerDevice
    ended = or_(d.retired_at < cut.at("devices"), d.officer_id.in_(_leavers(cut.day("devices"))))
    return and_(ended, _none_left(cut, m.Presence, m.Presence.device_id == d.id))


def _none_left(cut: CutOffs, table: type[m.Base], own: Condition) -> Condition:
    """That no row refers to something, but for those that are past their own period."""
    # Not `exists`: PostgreSQL would read the whole table for it, before it looks for the few rows that ask.
    return select(true()).select_from(table).where(own, not_(expired(cut, table))).limit(1).scalar_subquery().is_(None)


def referring(to: type[m.Base]) -> Sequence[tuple[type[m.Base], InstrumentedAttribute[Any]]]:
    """The tables and columns that refer to a table."""
    return [
        (mapper.class_, getattr(mapper.class_, column.key))
        for mapper in m.Base.registry.mappers
        for column in mapper.columns
        if any(key.column is to.__table__.c.id for key in column.foreign_keys)
    ]


def _persons(cut: CutOffs) -> Condition:
    o = m.Officer
    return and_(
        o.active_to < cut.day("person"),
        *(_none_left(cut, table, column == o.id) for table, column in referring(o) if table not in WITH_PERSON),
    )


# In this order: what refers to another row goes before it.
RULES: Sequence[Rule] = (
    Rule("codes", m.EnrolmentCode, m.EnrolmentCode.id, lambda cut: m.EnrolmentCode.issued_at < cut.at("codes")),
    Rule("codes", m.EnrolmentTry, m.EnrolmentTry.id, lambda cut: m.EnrolmentTry.at < cut.at("codes")),
    Rule("site_sightings", m.Presence, m.Presence.id, _sightings),
    Rule("presences", m.Presence, m.Presence.id, _presences),
    Rule("punches", m.Punch, m.Punch.id, lambda cut: m.Punch.at < cut.at("punches")),
    Rule("proofs", m.Presence, m.Presence.id, _proofs, goes_along=True),
    Rule("refusals", m.Refusal, m.Refusal.id, _refusals),
    Rule("corrections", m.Correction, m.Correction.id, _corrections),
    Rule("inbox", m.InboxEvent, m.InboxEvent.id, _inbox),
    Rule("replies", m.Reply, m.Reply.id, _replies),
    Rule(
        "phone_check", m.PhoneCheckup, m.PhoneCheckup.id, lambda cut: m.PhoneCheckup.started_at < cut.at("phone_check")
    ),
    Rule("reminders", m.Reminder, m.Reminder.id, _reminders),
    # The wish itself is kept while it can be granted.
    Rule(
        "reminders",
        m.ReminderWish,
        m.ReminderWish.officer_id,
        lambda cut: m.ReminderWish.officer_id.in_(_leavers(local_date(cut.now, cut.zone))),
    ),
    Rule("roster", m.RosterEntry, m.RosterEntry.id, lambda cut: m.RosterEntry.duty_date < cut.day("roster")),
    Rule("roster", m.RosterChange, m.RosterChange.id, _roster_changes),
    Rule("roster", m.Leave, m.Leave.id, lambda cut: m.Leave.end < cut.at("roster")),
    # An alarm is about a beacon and stays; the evidence in it is what officers' phones told.
    Rule("alarms", m.BeaconAlarm, m.BeaconAlarm.id, lambda cut: m.BeaconAlarm.first_at < cut.at("alarms")),
    Rule(
        "requests",
        m.PrivacyRequest,
        m.PrivacyRequest.id,
        lambda cut: m.PrivacyRequest.requested_at < cut.at("requests"),
    ),
    Rule("reports", m.ReportBuild, m.ReportBuild.id, lambda cut: m.ReportBuild.ordered_at < cut.at("reports")),
    # That a file was taken which was made at once; those of builds go with their build.
    Rule("reports", m.ReportDownload, m.ReportDownload.id, _taken_at_once),
    Rule("devices", m.OfficerDevice, m.OfficerDevice.id, _devices),
    Rule("account", m.LineAccount, m.LineAccount.id, _accounts),
    Rule(
        "consents",
        m.NoticeAcceptance,
        m.NoticeAcceptance.officer_id,
        lambda cut: m.NoticeAcceptance.officer_id.in_(_leavers(cut.day("consents"))),
    ),
    # Its officer ends it; what nobody ended goes with the person.
    Rule(
        "calendar",
        m.CalendarFeed,
        m.CalendarFeed.officer_id,
        lambda cut: m.CalendarFeed.officer_id.in_(_leavers(cut.day("person"))),
    ),
    Rule("person", m.Officer, m.Officer.id, _persons),
)

# What only ties those rows to others and goes with them: of no kind of its own, and never by itself.
ALONG: Sequence[Rule] = (
    Rule(
        "corrections",
        m.PunchVoid,
        m.PunchVoid.punch_id,
        lambda cut: _of_old_punch(cut, m.PunchVoid.punch_id),
        goes_along=True,
    ),
    Rule(
        "reports",
        m.ReportDownload,
        m.ReportDownload.id,
        lambda cut: m.ReportDownload.build_id.in_(
            select(m.ReportBuild.id).where(m.ReportBuild.ordered_at < cut.at("reports"))
        ),
        goes_along=True,
    ),
    Rule(
        "person",
        m.Supervisor,
        m.Supervisor.id,
        lambda cut: m.Supervisor.officer_id.in_(select(m.Officer.id).where(_persons(cut))),
        goes_along=True,
    ),
)
