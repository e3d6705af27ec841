"""Which phones punches were tapped in: officers who changed theirs, phones on which several officers punch."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checkin_api import models as m

# As much of a phone's hash as people need to tell two of them apart.
_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class HandsetUse:
    """An officer's punches in the page on one phone, in an interval."""

    handset: str
    staff_no: str
    name: str
    punches: int
    first_at: datetime
    last_at: datetime


def shared(session: Session, begin: datetime, end: datetime) -> list[HandsetUse]:
    """Phones on which several officers punched in the interval, the end not included."""
    uses = _uses(session, begin, end)
    officers = Counter(use.handset for use in uses)
    return [_shown(use) for use in uses if officers[use.handset] > 1]


def changed(session: Session, begin: datetime, end: datetime) -> list[HandsetUse]:
    """Officers who punched on more than one phone in the interval, the end not included, by staff number."""
    uses = _uses(session, begin, end)
    phones = Counter(use.staff_no for use in uses)
    several = [use for use in uses if phones[use.staff_no] > 1]
    return [_shown(use) for use in sorted(several, key=lambda use: (use.staff_no, use.first_at, use.handset))]


def _shown(use: HandsetUse) -> HandsetUse:
    return replace(use, handset=use.handset[:_SHOWN])


def _uses(session: Session, begin: datetime, end: datetime) -> list[HandsetUse]:
    p = m.Punch
    rows = session.execute(
        select(p.handset, m.Officer.staff_no, m.Officer.name, func.count(p.id), func.min(p.at), func.max(p.at))
        .join(m.Officer, m.Officer.id == p.officer_id)
        .where(p.handset != "", p.at >= begin, p.at < end)
        .group_by(p.handset, m.Officer.staff_no, m.Officer.name)
        .order_by(p.handset, m.Officer.staff_no)
    )
    return [
        HandsetUse(handset=handset, staff_no=staff_no, name=name, punches=count, first_at=first, last_at=last)
        for handset, staff_no, name, count, first, last in rows
    ]
