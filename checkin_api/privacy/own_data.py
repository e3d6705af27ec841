"""A copy of everything that is stored about one officer, as one document that a person can read.

``SECTIONS`` and ``TRACES`` say which tables are in it. A test asks of every table that leads to an officer whether it
is there or in ``NOT_COPIED``, so that nothing new is forgotten; columns are in it unless they are left out by name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m
from checkin_api.audit import Act
from checkin_api.errors import unknown_officer
from checkin_api.privacy import traces
from checkin_api.privacy.reading import Names, readable
from checkin_api.privacy.traces import Account, Whose

_HASH = "only a hash, of no use to anybody"
_TITLE = "本系統所存的您的全部資料 / Everything that this system stores about you"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the copy: rows of one table.

    Attributes:
        notice: The row of the notice's table that tells of it.
        table: Where the rows are.
        column: The column that names the officer.
        left_out: Columns that are not in the copy, with the reason.
    """

    notice: str
    table: type[m.Base]
    column: str = "officer_id"
    left_out: Mapping[str, str] = field(default_factory=dict)


SECTIONS: Mapping[str, Section] = {
    "officer": Section("person", m.Officer, "id"),
    "supervises": Section("person", m.Supervisor),
    "console_account": Section(
        "person", m.ConsoleUser, left_out={"password_hash": _HASH, "sealed_totp": "the key of your app, encrypted"}
    ),
    "line_accounts": Section("account", m.LineAccount),
    "enrolment_codes": Section("codes", m.EnrolmentCode, left_out={"code_hash": _HASH}),
    "roster": Section("roster", m.RosterEntry),
    "roster_changes": Section("roster", m.RosterChange),
    "leave": Section("roster", m.Leave),
    "punches": Section("punches", m.Punch),
    "presences": Section("presences", m.Presence),
    "refusals": Section("refusals", m.Refusal),
    "corrections": Section("corrections", m.Correction),
    "phone_checkups": Section("phone_check", m.PhoneCheckup),
    "reminder_wish": Section("reminders", m.ReminderWish),
    "reminders": Section("reminders", m.Reminder),
    "devices": Section(
        "devices", m.OfficerDevice, left_out={"sealed_irk": "your phone's own key, encrypted; it is given to nobody"}
    ),
    "notice_acceptances": Section("consents", m.NoticeAcceptance),
    "privacy_requests": Section("requests", m.PrivacyRequest),
    "calendar_address": Section("calendar", m.CalendarFeed, left_out={"token_hash": _HASH}),
}
# Tables that do not name the officer in a column of their own; `traces` finds what is the officer's.
TRACES: Mapping[str, Section] = {
    "console_passkeys": Section(
        "person", m.ConsolePasskey, left_out={"public_key": "of use to nobody but this system"}
    ),
    "console_agency_identity": Section("person", m.ConsoleAgencyIdentity),
    "enrolment_tries": Section("codes", m.EnrolmentTry),
    "punch_voids": Section("punches", m.PunchVoid),
    "inbox": Section("inbox", m.InboxEvent),
    "replies": Section("replies", m.Reply, left_out={"reply_token": "LINE's, used up within a minute"}),
    "beacon_alarms": Section("alarms", m.BeaconAlarm),
    "audit_log": Section(
        "audit",
        m.AuditEntry,
        left_out={"previous_hash": "covers an entry about somebody else", "hash": "covers the one before it"},
    ),
}
NOT_COPIED: Mapping[str, str] = {
    "menu_link": "what is to be told to LINE about your menu; gone within seconds",
    "console_session": "when you signed in to the console is in the audit log; gone within days",
    "delivery": "whole requests of LINE on their way to another service, with other people's events too",
}


def record_copy(session: Session, now: datetime, staff_no: str) -> None:
    """Note that an officer takes a copy; before it is made, so that there is none without. The caller commits."""
    act = Act(actor=f"liff:{staff_no}", action="privacy.copy", subject=f"officer:{staff_no}", detail={})
    audit.record(session, now, act)


def own_data(session: Session, now: datetime, officer_id: int, zone: ZoneInfo) -> dict[str, Any]:
    """The copy, as JSON can say it: times in ISO 8601 with the local offset, files in base64.

    Raises:
        NotFoundError: there is no such officer.
    """
    officer = session.get(m.Officer, officer_id)
    if officer is None:
        raise unknown_officer(str(officer_id))
    whose = Whose(officer_id, officer.staff_no, _accounts(session, officer_id))
    names = Names(session)
    document: dict[str, Any] = {
        "about": _TITLE,
        "staff_no": officer.staff_no,
        "made_at": now.astimezone(zone).isoformat(),
        "timezone": zone.key,
        "left_out": list(_left_out()),
    }
    for name, section in SECTIONS.items():
        document[name] = [readable(row, names, zone) for row in _rows(session, section, officer_id)]
    for name, rows in _traced(session, whose).items():
        document[name] = [
            readable({key: value for key, value in row.items() if key not in TRACES[name].left_out}, names, zone)
            for row in rows
        ]
    return document


def _left_out() -> Iterator[dict[str, str]]:
    for name, section in {**SECTIONS, **TRACES}.items():
        for column, why in section.left_out.items():
            yield {"what": f"{name}.{column}", "why": why}
    for table, why in NOT_COPIED.items():
        yield {"what": table, "why": why}


def _rows(session: Session, section: Section, officer_id: int) -> Iterator[dict[str, Any]]:
    table = section.table.__table__
    columns = [column for column in table.c if column.name not in section.left_out]
    query = select(*columns).where(table.c[section.column] == officer_id).order_by(*table.primary_key)
    # One that only says whose the row is says nothing here.
    own = () if section.column == "id" else (section.column,)
    for row in session.execute(query):
        yield {column.name: value for column, value in zip(columns, row, strict=True) if column.name not in own}


def _traced(session: Session, whose: Whose) -> dict[str, list[dict[str, Any]]]:
    inbox = list(traces.inbox_events(session, whose))
    return {
        "console_passkeys": list(traces.of_console_account(session, whose, m.ConsolePasskey)),
        "console_agency_identity": list(traces.of_console_account(session, whose, m.ConsoleAgencyIdentity)),
        "enrolment_tries": list(traces.enrolment_tries(session, whose)),
        "punch_voids": list(traces.punch_voids(session, whose)),
        "inbox": inbox,
        "replies": list(traces.replies(session, [event["id"] for event in inbox])),
        "beacon_alarms": list(traces.beacon_alarms(session, whose)),
        "audit_log": list(traces.audit_entries(session, whose)),
    }


def _accounts(session: Session, officer_id: int) -> list[Account]:
    """The officer's LINE accounts, and from when to when what came from each is the officer's.

    An account may have been somebody else's before: what came until then is not this officer's. What came before the
    first binding, the message with the one-time code, is.
    """
    a = m.LineAccount
    own = session.execute(select(a.line_user_id, a.bound_at, a.unbound_at).where(a.officer_id == officer_id)).all()
    others = session.execute(
        select(a.line_user_id, a.unbound_at).where(
            a.line_user_id.in_({row.line_user_id for row in own}), a.officer_id != officer_id, a.unbound_at.is_not(None)
        )
    ).all()
    return [
        Account(
            user_id,
            max((end for user, end in others if user == user_id and end and end <= bound_at), default=None),
            unbound_at,
        )
        for user_id, bound_at, unbound_at in own
    ]
