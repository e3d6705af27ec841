"""Runs of scheduled jobs: each claims (job, period) before it begins, so that any number of workers run it once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from checkin_api.domain.ids import RunState
from checkin_api.models import JobRun

# A run that has not ended by then is taken for dead, and another worker may claim its period. The longest job
# takes seconds; each must bear being run again.
LEASE = timedelta(minutes=10)
# Rest after the first, second, third failure; the last one for all that follow, without end: a full disk is
# emptied some day, and the report must then appear by itself.
_RESTS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 60))
_LONGEST_ERROR = 400


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run one period; ``attempt`` tells it from a later claim of the same worker."""

    job: str
    period: str
    worker: str
    attempt: int


def waiting(session: Session, job: str, periods: Iterable[str], now: datetime) -> list[str]:
    """The periods that can be claimed now, in the order given: never run, failed a while ago, or orphaned."""
    wanted = list(periods)
    taken = set(
        session.scalars(
            select(JobRun.period).where(
                JobRun.job == job,
                JobRun.period.in_(wanted),
                or_(JobRun.state == RunState.DONE, JobRun.lease_until > now),
            )
        )
    )
    return [period for period in wanted if period not in taken]


def claim(session: Session, job: str, period: str, *, worker: str, now: datetime) -> Claim | None:
    """Take a period if nobody has it; commit before the work begins.

    A run that failed, or whose lease ran out, is taken over by one compare-and-set; a new one by the unique key.
    """
    held = {"state": RunState.RUNNING, "claimed_by": worker, "claimed_at": now, "lease_until": now + LEASE}
    attempt = session.scalar(
        update(JobRun)
        .where(JobRun.job == job, JobRun.period == period, JobRun.state != RunState.DONE, JobRun.lease_until <= now)
        .values(**held, attempts=JobRun.attempts + 1, finished_at=None)
        .returning(JobRun.attempts)
    )
    if attempt is not None:
        return Claim(job, period, worker, attempt)
    try:
        with session.begin_nested():
            session.execute(insert(JobRun).values(job=job, period=period, attempts=1, error="", **held))
    except IntegrityError:
        return None
    return Claim(job, period, worker, 1)


def finish(session: Session, claimed: Claim, now: datetime) -> bool:
    """Record that the work is done; False when the claim was lost to another worker meanwhile."""
    return _end(session, claimed, state=RunState.DONE, lease_until=now, finished_at=now, error="")


def fail(session: Session, claimed: Claim, now: datetime, error: str) -> bool:
    """Record that the work failed; it can be claimed again after a rest that grows with each attempt."""
    rest = _RESTS[min(claimed.attempt, len(_RESTS)) - 1]
    return _end(
        session, claimed, state=RunState.FAILED, lease_until=now + rest, finished_at=now, error=error[:_LONGEST_ERROR]
    )


def forget(session: Session, job: str, before: datetime) -> None:
    """Forget the runs of a job that were done before a moment: of one that runs every few minutes nobody needs all."""
    old = (JobRun.job == job) & (JobRun.state == RunState.DONE) & (JobRun.finished_at < before)
    session.execute(delete(JobRun).where(old).execution_options(synchronize_session=False))


def _end(session: Session, claimed: Claim, **values: object) -> bool:
    ended = session.scalar(
        update(JobRun)
        .where(
            JobRun.job == claimed.job,
            JobRun.period == claimed.period,
            JobRun.state == RunState.RUNNING,
            JobRun.claimed_by == claimed.worker,
            JobRun.attempts == claimed.attempt,
        )
        .values(**values)
        .returning(JobRun.id)
    )
    return ended is not None
