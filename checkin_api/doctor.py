"""Checks of an installation, each a finding with what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from checkin_api import builds, fallbacks, inbox, menus, migrations, reminders
from checkin_api import models as m
from checkin_api.clock import Clock
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import INTERNAL_ERROR, EventState, RunState
from checkin_api.fleet import agents, alarms, beacons, keys
from checkin_api.fleet.agents import AgentState
from checkin_api.models import InboxEvent, JobRun
from checkin_api.vault import Vault

TIMEOUT_S = 5.0
# A reply token lives a minute and event times come from LINE: a server further off misjudges both.
CLOCK_TOLERANCE = timedelta(seconds=5)
# Deciding takes well under a second; older events mean that nothing decides.
UNDECIDED_TOLERANCE_S = 30
WORKER_TOLERANCE = timedelta(hours=30)
# A worker takes an ordered report within seconds, if none is before it.
BUILD_TOLERANCE_S = 15 * 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report: passed, failed, or (None) nothing to judge."""

    subject: str
    passed: bool | None
    text: str


def examine(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Every check, one after another; a failing one does not stop the others."""
    yield from _database(settings, clock.now())
    yield from _line(settings, clock)


def _database(settings: Settings, now: datetime) -> Iterator[Finding]:
    database = Database(settings.database_url)
    try:
        problem = migrations.problem(database)
        if problem is not None:
            yield Finding("database", passed=False, text=problem)
            return
        kind = database.url.get_backend_name()
        yield Finding("database", passed=True, text=f"{kind}, revision {migrations.head()}")
        with database.read() as session:
            yield from _inbox(session, now)
            yield from _beacons(session, now)
            yield from _keys(session, settings)
            yield from _agents(session, now)
            yield from _alarms(session)
            yield from _outages(session, now)
            yield from _worker(session, now)
            yield from _builds(session, now)
            yield from _menus(session, settings)
            yield from _reminders(session, settings, now)
    except (SQLAlchemyError, OSError) as exc:
        yield Finding(
            "database", passed=False, text=f"does not answer ({type(exc).__name__}): check CHECKIN_DATABASE_URL"
        )
    finally:
        database.close()


def _inbox(session: Session, now: datetime) -> Iterator[Finding]:
    levels = inbox.service_levels(session, now)
    age = levels["inbox_oldest_undecided_seconds"]
    waiting = f"{levels['inbox_undecided']:.0f} undecided"
    if age > UNDECIDED_TOLERANCE_S:
        yield Finding("inbox", passed=False, text=f"{waiting}, the oldest for {age:.0f} s: is `checkin serve` running?")
    else:
        yield Finding("inbox", passed=True, text=waiting)
    yield from _parked(session, levels["inbox_parked"])
    seen = levels.get("last_event_age_seconds")
    yield Finding("webhook", passed=None, text="no event yet" if seen is None else f"last event {seen:.0f} s ago")


def _parked(session: Session, parked: float) -> Iterator[Finding]:
    query = select(func.count(InboxEvent.id)).where(
        InboxEvent.state == EventState.PARKED, InboxEvent.reason == INTERNAL_ERROR
    )
    broken = session.scalar(query) or 0
    if broken:
        text = f"{broken} parked because judging them failed: see the log, then `checkin inbox retry EVENT_ID`"
        yield Finding("inbox", passed=False, text=text)
    if parked > broken:
        text = f"{parked - broken:.0f} parked: see `checkin inbox list --state parked`"
        yield Finding("inbox", passed=None, text=text)


def _beacons(session: Session, now: datetime) -> Iterator[Finding]:
    zones = list(beacons.cover(session, now))
    bare = [zone for zone in zones if not zone.kinds]
    closed = [zone for zone in zones if zone.refuses_everyone]
    if len(bare) == len(zones):
        yield Finding("beacons", passed=False, text="none in service: import sites, zones and beacons")
        return
    for zone in closed:
        yield Finding("beacons", passed=False, text=_refuses_everyone(zone))
    if bare:
        # Not a failure: a zone that has been given up stays in the database.
        names = "、".join(f"{zone.code} {zone.name}" for zone in bare)
        yield Finding("beacons", passed=None, text=f"zones without one in service, nobody can sign in there: {names}")
    if not closed:
        yield Finding("beacons", passed=True, text=f"in service in {len(zones) - len(bare)} of {len(zones)} zones")


def _agents(session: Session, now: datetime) -> Iterator[Finding]:
    looks = [look for look in agents.look_at_all(session, now) if look.state is not AgentState.REVOKED]
    troubled = [f"{look.name} {look.state}" for look in looks if look.state in {AgentState.DEAF, AgentState.SILENT}]
    if troubled:
        yield Finding("agents", passed=False, text=f"{', '.join(troubled)}: see `checkin agent list`")
    elif looks:
        yield Finding("agents", passed=True, text=f"{len(looks)} known, none deaf or silent")


def _keys(session: Session, settings: Settings) -> Iterator[Finding]:
    vault = Vault(settings.secret_key.get_secret_value().encode())
    zones = fallbacks.unreadable(session, vault)
    if zones:
        text = (
            f"of {', '.join(zones)} cannot be opened: put back the old CHECKIN_SECRET_KEY, or `checkin zone site-code`"
        )
        yield Finding("site codes", passed=False, text=text)
    closed = keys.unreadable(session, vault)
    if closed:
        text = f"keys of {', '.join(closed)} cannot be opened: put back the old CHECKIN_SECRET_KEY, or flash them anew"
        yield Finding("beacon keys", passed=False, text=text)


def _alarms(session: Session) -> Iterator[Finding]:
    counts = alarms.open_counts(session)
    if counts:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
        yield Finding("beacon alarms", passed=None, text=f"open: {kinds}: see `checkin beacons alarms`")


def _outages(session: Session, now: datetime) -> Iterator[Finding]:
    lasting = select(m.Zone.code, m.Outage.begin).outerjoin(m.Zone, m.Zone.id == m.Outage.zone_id)
    for code, begin in session.execute(lasting.where(m.Outage.end.is_(None), m.Outage.dismissed_at.is_(None))):
        where = f"zone {code}" if code else "all zones"
        hours = (now - begin).total_seconds() / 3600
        text = f"{where}: nobody heard for {hours:.0f} h though punches were due: look at the beacon, `checkin outage`"
        yield Finding("outages", passed=None, text=text)


def _refuses_everyone(zone: beacons.ZoneCover) -> str:
    kinds = ", ".join(sorted(zone.kinds))
    return (
        f"zone {zone.code} {zone.name} enforces {zone.required_assurance} assurance, which none of its beacons"
        f" ({kinds}) can prove: every punch is refused; lower required_assurance, or mount a better beacon or an agent"
    )


def _worker(session: Session, now: datetime) -> Iterator[Finding]:
    latest = select(JobRun).order_by(JobRun.claimed_at.desc()).limit(1)
    run = session.scalar(latest)
    if run is None:
        yield Finding("worker", passed=None, text="has not run yet: start `checkin worker`")
        return
    # One that failed stays failed until it is done, however many others went well since.
    failures = latest.where(JobRun.state == RunState.FAILED)
    failed = session.scalar(failures.where(JobRun.lease_until > now - WORKER_TOLERANCE))
    late = now - run.claimed_at > WORKER_TOLERANCE
    text = f"last run {run.job} for {run.period}, {run.state}"
    if failed is not None:
        text = f"{failed.job} for {failed.period} failed after {failed.attempts} attempts; it is tried again"
        yield Finding("worker", passed=False, text=f"{text}: {failed.error}")
    else:
        yield Finding("worker", passed=not late, text=f"{text}; is `checkin worker` running?" if late else text)
    # Its rest is long over and nobody has tried it: it is further back than the worker makes up for.
    given_up = session.scalar(failures.where(JobRun.lease_until <= now - WORKER_TOLERANCE))
    if given_up is not None and not late:
        text = f"{given_up.job} for {given_up.period} failed and is not tried again: {given_up.error}"
        yield Finding("worker", passed=None, text=f"{text}; build it by hand if it is needed (`checkin report`)")


def _builds(session: Session, now: datetime) -> Iterator[Finding]:
    levels = builds.service_levels(session, now)
    waited, failed = levels["report_builds_oldest_waiting_seconds"], int(levels["report_builds_failed"])
    text = f"{levels['report_builds_open']:.0f} ordered and not made yet"
    if waited > BUILD_TOLERANCE_S:
        text = f"{text}, the oldest for {waited / 60:.0f} minutes: is `checkin worker` running?"
        yield Finding("report builds", passed=False, text=text)
    elif failed:
        text = f"{failed} failed: see `checkin report builds --state failed`, then `checkin report retry`"
        yield Finding("report builds", passed=None, text=text)
    else:
        yield Finding("report builds", passed=True, text=text)


def _menus(session: Session, settings: Settings) -> Iterator[Finding]:
    problem = menus.problem(session, settings.liff_id)
    if problem is None:
        yield Finding("rich menus", passed=True, text="of this release")
    else:
        # Not a failure: whatever they do can be written in the chat.
        yield Finding("rich menus", passed=None, text=f"{problem}: run `checkin line menus`")


def _reminders(session: Session, settings: Settings, now: datetime) -> Iterator[Finding]:
    if settings.push_budget_per_month:
        month = reminders.tally(session, now, settings.zone)
        text = f"{month.sent} of {settings.push_budget_per_month} this month"
        more = f", {month.withheld} more were not sent" if month.withheld else ""
        yield Finding("reminders", passed=None if month.withheld else True, text=text + more)


def _line(settings: Settings, clock: Clock) -> Iterator[Finding]:
    headers = {"Authorization": f"Bearer {settings.line_channel_access_token.get_secret_value()}"}
    with httpx2.Client(base_url=settings.line_api_url, headers=headers, timeout=TIMEOUT_S) as client:
        try:
            bot = client.get("/v2/bot/info")
            now = clock.now()
            endpoint = client.get("/v2/bot/channel/webhook/endpoint")
        except httpx2.HTTPError as exc:
            yield Finding("LINE", passed=False, text=f"{settings.line_api_url} does not answer ({type(exc).__name__})")
            return
    if bot.status_code == httpx2.codes.UNAUTHORIZED:
        yield Finding("LINE", passed=False, text="refuses the token: check CHECKIN_LINE_CHANNEL_ACCESS_TOKEN")
        return
    if not bot.is_success:
        yield Finding("LINE", passed=False, text=f"answers HTTP {bot.status_code}")
        return
    yield Finding("LINE", passed=True, text=f"official account {bot.json().get('displayName', '?')}")
    yield _endpoint(endpoint)
    yield _clock(bot, now)


def _endpoint(answer: httpx2.Response) -> Finding:
    if not answer.is_success:
        return Finding("webhook address", passed=False, text="none is set in the LINE Developers console")
    document = answer.json()
    address = str(document.get("endpoint", ""))
    if not document.get("active"):
        return Finding(
            "webhook address", passed=False, text=f"{address} is set but not in use: switch on “Use webhook”"
        )
    if not address.endswith("/line/webhook"):
        return Finding("webhook address", passed=False, text=f"{address} does not end in /line/webhook")
    return Finding("webhook address", passed=True, text=address)


def _clock(answer: httpx2.Response, now: datetime) -> Finding:
    """Compare this machine's clock with LINE's, to the second."""
    try:
        offset = now - parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return Finding("clock", passed=None, text="LINE's answer has no date to compare with")
    seconds = f"{offset.total_seconds():+.0f} s against LINE"
    if abs(offset) > CLOCK_TOLERANCE:
        return Finding("clock", passed=False, text=f"{seconds}: set up time synchronisation (systemd-timesyncd)")
    return Finding("clock", passed=True, text=seconds)
