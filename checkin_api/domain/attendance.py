"""The whole rule set put together: from the facts about some officers to their duty records."""

from dataclasses import replace
from datetime import datetime

import numpy as np

from checkin_api.domain.columns import HOUR, MICROSECONDS, MISSING, Ints, microseconds_of
from checkin_api.domain.duty_law import DutyLoad, passed
from checkin_api.domain.ids import Flag, HoursRule, Status
from checkin_api.domain.leave import Excused, excuse
from checkin_api.domain.matching import Matched, match
from checkin_api.domain.minutes import beyond, bucket, to_minute, worked
from checkin_api.domain.outages import blinded
from checkin_api.domain.records import Attendance, Facts, RecordColumns, used_in
from checkin_api.domain.status import Findings, below, bits, is_, status_of
from checkin_api.domain.unrostered import unrostered


def compute(facts: Facts, as_of: datetime) -> Attendance:
    """Work out the duty records of some officers.

    The same facts give the same records whatever ``as_of`` is, but for ``pending``, ``in_progress`` and what a duty
    becomes when its window has closed. Source: attendance rules 1 to 16.

    Args:
        facts: Of whole officers, with the duties and punches around the period, so that its edges come out right.
        as_of: The moment to look from.
    """
    matched = match(facts.duties, facts.punches)
    excused = excuse(facts.duties, facts.leave)
    status = _status(facts, matched, excused, as_of)
    columns = _rostered(facts, matched, excused, status)
    columns = replace(columns, flags=columns.flags | _law(facts, columns))
    record, disposition = matched.duty.copy(), matched.disposition.copy()
    others = unrostered(facts, record, disposition, first=len(columns))
    return Attendance(facts, columns.followed_by(others), record, disposition)


def _status(facts: Facts, matched: Matched, excused: Excused, as_of: datetime) -> Ints:
    now = microseconds_of(as_of)
    return status_of(
        Findings(
            on_leave=excused.whole,
            not_open_yet=facts.duties.opens * MICROSECONDS > now,
            still_open=facts.duties.closes * MICROSECONDS >= now,
            signed_in=matched.sign_in != MISSING,
            signed_out=matched.sign_out != MISSING,
            blind=blinded(facts.duties, facts.outages),
        )
    )


def _rostered(facts: Facts, matched: Matched, excused: Excused, status: Ints) -> RecordColumns:
    duties, count = facts.duties, len(facts.duties)
    sign_in, sign_out = to_minute(matched.sign_in), to_minute(matched.sign_out)
    both = (sign_in != MISSING) & (sign_out != MISSING)
    bucketed = bucket(matched.spans, count, duties.zone, facts.zones)
    # Only a span from the first IN to the last OUT has the break within it.
    less = np.where(duties.follows(HoursRule.FIRST_LAST), duties.rule("break_minutes"), 0)
    done = worked(bucketed, both, less)
    start, end = (np.where(excused.whole, MISSING, edge) for edge in (excused.start, excused.end))
    late = beyond(start, sign_in, grace=duties.rule("late_grace_minutes"))
    early = beyond(sign_out, end, grace=duties.rule("early_grace_minutes"))
    overtime = beyond(end, sign_out)
    flags = {
        Flag.LATE: late > 0,
        Flag.EARLY_LEAVE: early > 0,
        Flag.HALF_DAY: below(done, duties.rule("half_day_below_minutes")),
        Flag.SHORT: below(done, duties.rule("absent_below_minutes")),
        Flag.CORRECTED: used_in(matched.duty, matched.disposition, facts.punches.corrected, count=count),
        Flag.LOW_ASSURANCE: used_in(matched.duty, matched.disposition, facts.punches.weak, count=count),
    }
    return RecordColumns(
        officer=duties.officer,
        duty=np.arange(count),
        duty_date=duties.duty_date,
        zone=duties.zone,
        start=excused.start,
        end=excused.end,
        sign_in=sign_in,
        sign_out=sign_out,
        status=status,
        flags=bits(flags, count),
        worked=done,
        late=late,
        early=early,
        overtime=overtime,
        before=beyond(sign_in, start),
        **bucketed.where(both),
    )


def duty_load(facts: Facts, columns: RecordColumns) -> DutyLoad:
    """What the duties weigh before the law: as worked where that is known, as planned where it is not.

    Args:
        facts: What the records were made of.
        columns: Their records, of which the unrostered ones are left out.
    """
    duties, count = facts.duties, len(facts.duties)
    worked_, before, overtime = columns.worked[:count], columns.before[:count], columns.overtime[:count]
    sign_in, sign_out = columns.sign_in[:count], columns.sign_out[:count]
    # What leave has left of the duty.
    start, end = columns.start[:count], columns.end[:count]
    planned = np.maximum(end - start - duties.rule("break_minutes"), 0)
    # Coming early is no duty, and overtime is one by the hour: a queue at the door passes no limit.
    on_duty = np.maximum(worked_ - before - overtime, 0) + overtime // HOUR * HOUR
    return DutyLoad(
        officer=duties.officer,
        duty_date=duties.duty_date,
        begin=np.where(sign_in == MISSING, start, sign_in),
        end=np.where(sign_out == MISSING, end, sign_out),
        minutes=np.where(worked_ == MISSING, planned, on_duty),
        overtime=np.maximum(overtime, 0),
        on_leave=is_(columns.status[:count], Status.LEAVE),
        counts=~is_(columns.status[:count], Status.LEAVE, Status.ABSENT, Status.UNPROVEN),
        planned=worked_ == MISSING,
    )


def _law(facts: Facts, columns: RecordColumns) -> Ints:
    load = duty_load(facts, columns)
    return bits(passed(load, facts.limits), len(columns))
