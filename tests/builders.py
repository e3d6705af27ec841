"""Rows for tests: one small function per table, with defaults that a test overrides by name."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api import privacy
from checkin_api.domain.ids import (
    Assurance,
    BeaconKind,
    Direction,
    EventState,
    PunchSource,
    Reason,
    SightingSource,
    new_id,
)

Row = TypeVar("Row", bound=m.Base)

_numbers = itertools.count(1)
_MOMENT = datetime(2026, 11, 23, tzinfo=UTC)


def _add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def unit(session: Session, **values: Any) -> m.Unit:
    number = next(_numbers)
    return _add(session, m.Unit(**{"code": f"U{number}", "name": f"第{number}分局", **values}))


def shift(session: Session, **values: Any) -> m.Shift:
    number = next(_numbers)
    return _add(session, m.Shift(**{"code": f"S{number}", "name": "日勤", "start": time(8), "end": time(20), **values}))


def officer(session: Session, unit_: m.Unit | None = None, **values: Any) -> m.Officer:
    number = next(_numbers)
    unit_id = (unit_ or unit(session)).id
    return _add(
        session, m.Officer(**{"staff_no": f"A{number:04}", "name": f"員警{number}", "unit_id": unit_id, **values})
    )


def site(session: Session, **values: Any) -> m.Site:
    number = next(_numbers)
    return _add(
        session, m.Site(**{"code": f"SITE{number}", "name": f"{number} 號廳舍", "timezone": "Asia/Taipei", **values})
    )


def zone(session: Session, site_: m.Site | None = None, **values: Any) -> m.Zone:
    number = next(_numbers)
    site_id = (site_ or site(session)).id
    return _add(session, m.Zone(**{"code": f"Z{number}", "name": f"{number} 樓簽到區", "site_id": site_id, **values}))


def beacon(session: Session, zone_: m.Zone, **values: Any) -> m.Beacon:
    number = next(_numbers)
    return _add(
        session, m.Beacon(**{"hwid": f"{number:010x}", "zone_id": zone_.id, "kind": BeaconKind.STATIC, **values})
    )


def roster(session: Session, officer_: m.Officer, shift_: m.Shift, duty_date: date, **values: Any) -> m.RosterEntry:
    return _add(session, m.RosterEntry(officer_id=officer_.id, shift_id=shift_.id, duty_date=duty_date, **values))


def line_account(session: Session, officer_: m.Officer, user_id: str, **values: Any) -> m.LineAccount:
    return _add(
        session, m.LineAccount(**{"line_user_id": user_id, "officer_id": officer_.id, "bound_at": _MOMENT, **values})
    )


def console_user(session: Session, **values: Any) -> m.ConsoleUser:
    """An account of the console whose password nobody has; a real one costs a tenth of a second."""
    defaults = {"name": "王小姐", "password_hash": "", "must_change": False, "made_at": _MOMENT}
    return _add(session, m.ConsoleUser(**{**defaults, **values}))


def acceptance(session: Session, officer_: m.Officer, **values: Any) -> m.NoticeAcceptance:
    """That an officer accepted the current notice, without which the page takes no tap."""
    defaults = {"officer_id": officer_.id, "version": privacy.VERSION, "accepted_at": _MOMENT}
    return _add(session, m.NoticeAcceptance(**{**defaults, **values}))


def inbox_event(session: Session, **values: Any) -> m.InboxEvent:
    number = next(_numbers)
    defaults = {"webhook_event_id": f"E{number}", "received_at": _MOMENT, "raw": "{}", "state": EventState.DECIDED}
    return _add(session, m.InboxEvent(**{**defaults, **values}))


def reply(session: Session, **values: Any) -> m.Reply:
    defaults = {
        "reply_token": f"{next(_numbers):032x}",
        "messages": [{"type": "text", "text": "✅ 簽到完成"}],
        "created_at": _MOMENT,
        "next_attempt_at": _MOMENT,
        "expires_at": _MOMENT + timedelta(seconds=50),
    }
    if "inbox_event_id" not in values:
        values["inbox_event_id"] = inbox_event(session).id
    return _add(session, m.Reply(**{**defaults, **values}))


def presence(session: Session, officer_: m.Officer, zone_: m.Zone, at: datetime, **values: Any) -> m.Presence:
    return _add(
        session,
        m.Presence(
            **{
                "id": new_id(),
                "officer_id": officer_.id,
                "zone_id": zone_.id,
                "at": at,
                "received_at": at,
                "assurance": Assurance.LOW,
                **values,
            }
        ),
    )


def agent(session: Session, zone_: m.Zone, **values: Any) -> m.Agent:
    number = next(_numbers)
    return _add(
        session,
        m.Agent(
            **{"name": f"pi-{number}", "zone_id": zone_.id, "key_id": f"key-{number}", "made_at": _MOMENT, **values}
        ),
    )


def beacon_sighting(session: Session, beacon_: m.Beacon, at: datetime, **values: Any) -> m.BeaconSighting:
    """As an agent in the beacon's zone tells it."""
    defaults = {"source": SightingSource.AGENT, "told_by": "pi", "zone_id": beacon_.zone_id}
    return _add(session, m.BeaconSighting(**{"beacon_id": beacon_.id, "at": at, **defaults, **values}))


def punch(
    session: Session,
    officer_: m.Officer,
    direction: Direction,
    at: datetime,
    *,
    proof: m.Presence | None = None,
    **values: Any,
) -> m.Punch:
    return _add(
        session,
        m.Punch(
            **{
                "id": new_id(),
                "officer_id": officer_.id,
                "direction": direction,
                "at": at,
                "received_at": at,
                "source": PunchSource.CHAT,
                "zone_id": proof.zone_id if proof else None,
                "presence_id": proof.id if proof else None,
                "assurance": proof.assurance if proof else Assurance.NONE,
                "request_id": f"test:{next(_numbers)}",
                **values,
            }
        ),
    )


def refusal(session: Session, reason: Reason, at: datetime, **values: Any) -> m.Refusal:
    return _add(
        session,
        m.Refusal(**{"id": new_id(), "at": at, "reason": reason, "request_id": f"test:{next(_numbers)}", **values}),
    )
