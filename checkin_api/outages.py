"""Use cases around outages 中斷: derived from coverage, entered, ended, dismissed; confirming those concerned."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from checkin_api import audit, corrections, queries
from checkin_api import models as m
from checkin_api.audit import Act
from checkin_api.corrections import MissingPunch, Request
from checkin_api.db import Database, Turn, take_turn
from checkin_api.domain.columns import minutes_of
from checkin_api.domain.corrections import OPEN, TEXT_LIMIT, Actor, Policy, clean_text, judge_text, officer_name
from checkin_api.domain.coverage import NO_ZONE, Gap, Moments, gaps
from checkin_api.domain.ids import CorrectionKind, CorrectionRefusal, CorrectionState, Direction, OutageSource, StaffNo
from checkin_api.errors import CheckinError, NotFoundError
from checkin_api.queries.coverage import (
    Concerned,
    OutageRow,
    heard_by_agents,
    minute,
    missed_moments,
    outages,
    signs_of_life,
)

# How far back outages are derived anew: evidence may come late, from a webhook that LINE delivers again, say.
DERIVED_AGAIN = timedelta(days=7)
# The first time: who has a default shift was due before there was anything to hear, too.
DERIVED_FIRST = timedelta(days=31)


class OutageRefusedError(CheckinError):
    """An outage cannot be entered, ended or dismissed; says why."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What deriving came to, in numbers of outages."""

    added: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What became of one missing punch of somebody an outage concerned."""

    staff_no: str
    direction: Direction
    at: datetime
    outcome: CorrectionState | CorrectionRefusal


def derive(database: Database, now: datetime, zone: ZoneInfo, *, within: timedelta) -> Derived:
    """Bring the derived outages of the last days up to date with the evidence.

    What HR dismissed is not derived again; what HR confirmed stays.

    Args:
        database: Where the evidence is; it is read first, so that webhooks wait only for the writing.
        now: The present.
        zone: The time zone of duties whose site is not known.
        within: How near to a due punch a sign of life proves that the zone could see.
    """
    with database.read() as session:
        known = session.scalar(select(m.Outage.id).where(m.Outage.source == OutageSource.DERIVED).limit(1))
        since = now - (DERIVED_FIRST if known is None else DERIVED_AGAIN)
        signs, agents = signs_of_life(session, since, now), heard_by_agents(session, since, now)
        missed = _without_dismissed(session, missed_moments(session, since, now, zone))
    found = list(gaps(missed, signs, agents, within=int(within.total_seconds()) // 60, now=minutes_of(now)))
    with database.write() as session:
        return _bring_up_to_date(session, now, found, signs, agents, since=since)


def _without_dismissed(session: Session, missed: Moments) -> Moments:
    """Leave out what was due during an outage that HR found to be none."""
    o = m.Outage
    rows = session.execute(
        select(o.zone_id, o.begin, o.end).where(o.dismissed_at.is_not(None), o.source == OutageSource.DERIVED)
    )
    kept = np.ones(len(missed), bool)
    for zone_id, begin, end in rows:
        here = (missed.zone == zone_id) if zone_id is not None else True
        if end is not None:
            kept &= ~((missed.at >= minutes_of(begin)) & (missed.at <= minutes_of(end)) & here)
    return missed[kept]


def _bring_up_to_date(  # noqa: PLR0913 (what is found, and the evidence)
    session: Session, now: datetime, found: Iterable[Gap], signs: Moments, agents: Moments, *, since: datetime
) -> Derived:
    # Two at once would both add what neither sees of the other.
    take_turn(session, Turn.OUTAGES)
    o = m.Outage
    recent = session.scalars(
        select(o).where(o.source == OutageSource.DERIVED, o.end.is_(None) | (o.end > since)).order_by(o.begin)
    ).all()
    dismissed = [each for each in recent if each.dismissed_at is not None]
    known = [each for each in recent if each.dismissed_at is None]
    added = changed = 0
    for gap in found:
        same = next((each for each in known if _is_of(each, gap)), None)
        # A gap that HR has looked into goes on from there.
        begin = max([minute(gap.begin), *(each.end for each in dismissed if each.end and _is_of(each, gap))])
        if same is None:
            session.add(_outage(gap, begin, now))
            added += 1
            continue
        known.remove(same)
        if same.begin < since:
            # What lies before the days looked at was seen when they were looked at.
            changed += _change(same, begin=min(begin, same.begin), end=_end(gap), reason=same.reason)
        else:
            changed += _change(same, begin=begin, end=_end(gap), reason=_reason(gap))
    gone = _without_gap(session, known, signs, agents, since)
    session.execute(delete(o).where(o.id.in_(gone)))
    session.flush()
    return Derived(added, changed, len(gone))


def _without_gap(
    session: Session, left: Iterable[m.Outage], signs: Moments, agents: Moments, since: datetime
) -> list[int]:
    """Derived outages that the evidence shows no more: the ids of those to remove; one that lasted has ended.

    One that was confirmed stays, for corrections name it; so does one that began before the days looked at.
    """
    gone = []
    of_zones = signs + agents
    confirmed = set(session.scalars(select(m.Correction.outage_id).where(m.Correction.outage_id.is_not(None))))
    for outage in left:
        if outage.begin >= since and outage.id not in confirmed:
            gone.append(outage.id)
        elif outage.end is None:
            heard = signs.of(NO_ZONE) if outage.zone_id is None else of_zones.of(outage.zone_id)
            after = heard[heard > minutes_of(outage.begin)]
            outage.end = minute(int(after[0])) if len(after) else None
    return gone


def _is_of(outage: m.Outage, gap: Gap) -> bool:
    """Whether a gap is what an outage was derived from: the same zone, and a time in common."""
    end = _end(gap)
    return (
        outage.zone_id == _zone_id(gap)
        and (end is None or outage.begin < end)
        and (outage.end is None or minute(gap.begin) < outage.end)
    )


def _zone_id(gap: Gap) -> int | None:
    return None if gap.zone == NO_ZONE else gap.zone


def _end(gap: Gap) -> datetime | None:
    return None if gap.end is None else minute(gap.end)


def _outage(gap: Gap, begin: datetime, now: datetime) -> m.Outage:
    return m.Outage(
        zone_id=_zone_id(gap),
        begin=begin,
        end=_end(gap),
        reason=_reason(gap),
        source=OutageSource.DERIVED,
        entered_at=now,
    )


def _change(outage: m.Outage, *, begin: datetime, end: datetime | None, reason: str) -> bool:
    if (outage.begin, outage.end, outage.reason) == (begin, end, reason):
        return False
    outage.begin, outage.end, outage.reason = begin, end, reason
    return True


def _reason(gap: Gap) -> str:
    return f"無人被感應，應打卡 {gap.missed} 次 / nobody heard, {gap.missed} punches due"


def enter(  # noqa: PLR0913 (the columns of an outage)
    session: Session,
    now: datetime,
    *,
    zone_code: str | None,
    begin: datetime,
    end: datetime | None,
    reason: str,
    actor: str,
) -> int:
    """Enter an outage by hand; the caller commits.

    Args:
        session: Where to write.
        now: When it is entered.
        zone_code: Which zone was blind; None for all of them.
        begin: Since when.
        end: Until when, itself not included; None while it lasts.
        reason: Why, for whoever reads it later.
        actor: Who enters it.

    Raises:
        NotFoundError: no such zone.
        OutageRefusedError: it ends before it begins, begins in the future, has no reason, or is there already.
    """
    reason = clean_text(reason)
    if judge_text(reason) is not None:
        raise OutageRefusedError("須寫原因，400 字以內 / give a reason of at most 400 characters")
    if begin > now:
        raise OutageRefusedError("開始時間在未來 / it begins in the future")
    if end is not None and end <= begin:
        raise OutageRefusedError("結束不晚於開始 / the end is not after the start")
    zone_id = None if zone_code is None else queries.zone_id(session, zone_code)
    same = select(m.Outage.id).where(
        m.Outage.zone_id.is_not_distinct_from(zone_id),
        m.Outage.begin == begin,
        m.Outage.source == OutageSource.ENTERED,
        m.Outage.dismissed_at.is_(None),
    )
    known = session.scalar(same)
    if known is not None:
        raise OutageRefusedError(f"已登錄為第 {known} 號 / entered already as number {known}")
    outage = m.Outage(zone_id=zone_id, begin=begin, end=end, reason=reason, source=OutageSource.ENTERED, entered_at=now)
    session.add(outage)
    session.flush()
    detail = {"zone": zone_code, "begin": begin.isoformat(), "end": end and end.isoformat(), "reason": reason}
    audit.record(session, now, Act(actor=actor, action="outage.enter", subject=f"outage:{outage.id}", detail=detail))
    return outage.id


def end(session: Session, now: datetime, outage_id: int, *, at: datetime, actor: str) -> None:
    """Say when an outage that was entered ended, or that it ended at another time; the caller commits.

    Raises:
        NotFoundError: no such outage.
        OutageRefusedError: it was derived, is dismissed, or would end before it begins.
    """
    outage = _locked(session, outage_id)
    if outage.source is OutageSource.DERIVED:
        raise OutageRefusedError(
            "自動推得的中斷會自己結束 / a derived outage ends by itself with the next sign of life"
        )
    if outage.dismissed_at is not None:
        raise OutageRefusedError("已撤銷 / it is dismissed")
    if at <= outage.begin:
        raise OutageRefusedError("結束不晚於開始 / the end is not after the start")
    outage.end = at
    session.flush()
    detail = {"end": at.isoformat()}
    audit.record(session, now, Act(actor=actor, action="outage.end", subject=f"outage:{outage_id}", detail=detail))


def dismiss(session: Session, now: datetime, outage_id: int, *, reason: str, actor: str) -> None:
    """Let an outage count no more: the zone could see after all. The caller commits.

    Raises:
        NotFoundError: no such outage.
        OutageRefusedError: it is dismissed already, or no reason is given.
    """
    outage = _locked(session, outage_id)
    reason = clean_text(reason)
    if judge_text(reason) is not None:
        raise OutageRefusedError("須寫原因，400 字以內 / give a reason of at most 400 characters")
    if outage.dismissed_at is not None:
        raise OutageRefusedError("已撤銷 / it is dismissed already")
    outage.dismissed_at = now
    # One that lasts is dismissed up to now: another may come.
    outage.end = outage.end or now
    session.flush()
    detail = {"reason": reason}
    audit.record(session, now, Act(actor=actor, action="outage.dismiss", subject=f"outage:{outage_id}", detail=detail))


def find(session: Session, outage_id: int) -> OutageRow:
    """One outage.

    Raises:
        NotFoundError: no such outage.
    """
    for row in outages(session, outage_id=outage_id, dismissed=True):
        return row
    raise _unknown(outage_id)


def require_counting(outage: OutageRow) -> None:
    """Insist on an outage that counts.

    Raises:
        OutageRefusedError: it is dismissed.
    """
    if outage.dismissed_at is not None:
        raise OutageRefusedError("已撤銷 / it is dismissed")


def confirm(  # noqa: PLR0913 (which, for whom, by whom under what policy)
    session: Session, now: datetime, outage: OutageRow, rows: Sequence[Concerned], *, actor: Actor, policy: Policy
) -> Iterator[Confirmed]:
    """Approve the missing punches of those an outage concerns, at the times they were due; the caller commits.

    Each becomes a correction like any other: nobody confirms for themselves, and where the unit asks for two approvers
    the second one confirms the same outage again. Nothing is done twice.

    Raises:
        OutageRefusedError: the outage is dismissed.
    """
    require_counting(outage)
    take_turn(session, Turn.AUDIT)
    for row in rows:
        for direction, at in row.missing:
            yield Confirmed(
                row.officer.staff_no,
                direction,
                at,
                _confirm(session, now, outage, (row, direction, at), actor=actor, policy=policy),
            )


def _confirm(  # noqa: PLR0913 (likewise)
    session: Session,
    now: datetime,
    outage: OutageRow,
    punch: tuple[Concerned, Direction, datetime],
    *,
    actor: Actor,
    policy: Policy,
) -> CorrectionState | CorrectionRefusal:
    row, direction, at = punch
    if actor.name == officer_name(StaffNo(row.officer.staff_no)):
        return CorrectionRefusal.OWN_RECORD
    c = m.Correction
    asked = session.scalar(
        select(c.id).where(
            c.outage_id == outage.id,
            c.officer_id == row.officer.id,
            c.kind == CorrectionKind.ADD,
            c.direction == direction,
            c.at == at,
            c.state.in_(OPEN),
        )
    )
    if asked is None:
        wanted = MissingPunch(direction, at, row.zone_code or None)
        reason = f"簽到區中斷（第 {outage.id} 號） / the zone was blind (outage {outage.id}): {outage.reason}"
        request = Request(row.officer.staff_no, wanted, reason[:TEXT_LIMIT], outage_id=outage.id)
        # Asked for by the account, approved by the person.
        made = corrections.request(session, now, request, actor=Actor(actor.account), policy=policy)
        if isinstance(made, CorrectionRefusal):
            return made
        asked = made
    approval = corrections.approve(session, now, asked, actor=actor, policy=policy)
    return approval if isinstance(approval, CorrectionRefusal) else approval.state


def _locked(session: Session, outage_id: int) -> m.Outage:
    outage = session.scalar(select(m.Outage).where(m.Outage.id == outage_id).with_for_update())
    if outage is None:
        raise _unknown(outage_id)
    return outage


def _unknown(outage_id: int) -> NotFoundError:
    return NotFoundError(f"沒有第 {outage_id} 號中斷 / there is no outage {outage_id}; see `checkin outage list --all`")
