"""Reminders of a missing OUT: only who wants them, once a duty, within the budget, sent as LINE asks for."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from checkin_api import models as m
from checkin_api import reminders
from checkin_api.config import Settings
from checkin_api.courier import Courier
from checkin_api.db import Database
from checkin_api.domain.ids import Direction, MessageState, Withheld
from checkin_api.line.client import LineClient
from checkin_api.reminders import Rules, Tally, remind, set_wanted
from checkin_api.worker import run_due, scheduled_jobs
from tests import builders, webhooks
from tests.fakes import FakeClock
from tests.line_platform import LinePlatform, PlatformConfig

TAIPEI = ZoneInfo("Asia/Taipei")
RULES = Rules(budget=100, after=timedelta(minutes=30), zone=TAIPEI)
EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=TAIPEI).astimezone(UTC)
# The duty of 08:00 to 20:00 ended half an hour ago; its window is open until midnight.
DUE = EIGHT + timedelta(hours=12, minutes=30)
ONE = Tally(sent=1, withheld=0)
NONE = Tally(sent=0, withheld=0)


def officer(database: Database, number: int = 1, *, wanted: bool = True, friend: bool = True, out: bool = False) -> int:
    """An officer on day duty who signed in, and maybe out."""
    with database.write() as session:
        made = builders.officer(session, name=f"員警{number}")
        builders.line_account(session, made, webhooks.user(number), is_friend=friend)
        builders.roster(session, made, builders.shift(session, name="日勤"), date(2026, 11, 23))
        builders.punch(session, made, Direction.IN, EIGHT)
        if out:
            builders.punch(session, made, Direction.OUT, EIGHT + timedelta(hours=12))
        if wanted:
            set_wanted(session, EIGHT, made.id, wanted=True)
        return made.id


def rows(database: Database) -> list[m.Reminder]:
    with database.read() as session:
        found = list(session.scalars(select(m.Reminder).order_by(m.Reminder.created_at, m.Reminder.id)))
        session.expunge_all()
    return found


def test_a_missing_out_is_reminded_of_once(database: Database):
    officer(database)
    assert remind(database, DUE - timedelta(seconds=1), RULES) == NONE
    assert remind(database, DUE, RULES) == ONE
    assert remind(database, DUE + timedelta(minutes=5), RULES) == NONE
    [row] = rows(database)
    assert "「日勤」已於 20:00 結束，還沒有簽退" in row.messages[0]["text"]
    assert (row.state, row.expires_at) == (MessageState.PENDING, DUE + timedelta(hours=1))


@pytest.mark.parametrize("change", [{"wanted": False}, {"friend": False}, {"out": True}])
def test_nobody_else_is_reminded(database: Database, change: dict[str, bool]):
    officer(database, **change)
    assert remind(database, DUE, RULES) == NONE


def test_nobody_is_reminded_who_has_not_signed_in_or_whose_window_is_closed(database: Database):
    with database.write() as session:
        absent = builders.officer(session)
        builders.line_account(session, absent, webhooks.user(5))
        builders.roster(session, absent, builders.shift(session), date(2026, 11, 23))
        set_wanted(session, EIGHT, absent.id, wanted=True)
    officer(database)
    assert remind(database, EIGHT + timedelta(hours=16, seconds=1), RULES) == NONE
    assert remind(database, EIGHT + timedelta(hours=16), RULES) == ONE


def test_who_wants_no_more_is_not_reminded(database: Database):
    officer_id = officer(database)
    with database.write() as session:
        set_wanted(session, EIGHT, officer_id, wanted=False)
    with database.read() as session:
        assert not reminders.is_wanted(session, officer_id)
    assert remind(database, DUE, RULES) == NONE


def test_the_budget_of_the_month_is_never_passed_and_the_rest_is_counted(
    database: Database, caplog: pytest.LogCaptureFixture
):
    for number in range(1, 6):
        officer(database, number)
    few = Rules(budget=2, after=RULES.after, zone=TAIPEI)
    assert remind(database, DUE, few) == Tally(sent=2, withheld=3)
    officer(database, 6)
    assert remind(database, DUE + timedelta(minutes=5), few) == Tally(sent=0, withheld=1)
    assert caplog.text.count("no more reminders this month") == 1
    with database.read() as session:
        assert reminders.tally(session, DUE, TAIPEI) == Tally(sent=2, withheld=4)
        assert reminders.tally(session, DUE + timedelta(days=10), TAIPEI) == NONE
    assert {row.withheld for row in rows(database)} == {None, Withheld.BUDGET}


def test_the_month_is_the_departments(database: Database):
    officer(database)
    remind(database, DUE, RULES)
    december = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    with database.write() as session:
        session.execute(update(m.Reminder).values(created_at=december - timedelta(seconds=1)))
    with database.read() as session:
        assert reminders.tally(session, december, TAIPEI) == NONE
        assert reminders.tally(session, december - timedelta(seconds=1), TAIPEI) == ONE


@pytest.fixture
def line(clock: FakeClock) -> Iterator[LinePlatform]:
    clock.at = DUE
    with LinePlatform(PlatformConfig(monthly_quota=2)) as line:
        for number in range(1, 5):
            line.add_phone(f"員警{number}", webhooks.user(number))
        line.clock.set_to(DUE.timestamp())
        yield line


def deliver(database: Database, line: LinePlatform, clock: FakeClock) -> list[m.Reminder]:
    """As the decider does it, once for each that is due."""
    client = LineClient(line.url, line.config.channel_access_token, connections=1)
    send = reminders.sender(database, lambda user_id, said, key: client.push(user_id, said, retry_key=key))
    courier = Courier(database, clock, m.Reminder, send, threads=1)
    before = {row.id: row.attempts for row in rows(database)}
    for _ in range(300):
        courier.step()
        tried = [row for row in rows(database) if row.state]
        if all(row.attempts > before[row.id] or row.state is not MessageState.PENDING for row in tried):
            break
        line.world.closing.wait(0.01)
    courier.close()
    client.close()
    return rows(database)


def test_a_reminder_arrives_as_a_push_with_a_retry_key(database: Database, line: LinePlatform, clock: FakeClock):
    officer(database)
    remind(database, DUE, RULES)
    [row] = deliver(database, line, clock)
    assert (row.state, row.attempts) == (MessageState.SENT, 1)
    message = line.wait_for_message("員警1", "還沒有簽退")
    assert message.via == "push"
    [call] = line.api_calls("/v2/bot/message/push")
    assert call.status == 200


def test_a_push_whose_answer_is_lost_is_counted_by_line_once(database: Database, line: LinePlatform, clock: FakeClock):
    officer(database)
    remind(database, DUE, RULES)
    line.fail_api("/v2/bot/message/push", status=500, accepted=True)
    assert [row.state for row in deliver(database, line, clock)] == [MessageState.PENDING]
    clock.advance(seconds=1)
    assert [row.state for row in deliver(database, line, clock)] == [MessageState.SENT]
    assert [call.status for call in line.api_calls("/v2/bot/message/push")] == [500, 409]
    assert len([each for each in line.chat("員警1") if each.via == "push"]) == 1


def test_lines_own_monthly_limit_ends_the_month(database: Database, line: LinePlatform, clock: FakeClock):
    for number in (1, 2, 3):
        officer(database, number)
    remind(database, DUE, RULES)
    states = sorted(str(row.state) for row in deliver(database, line, clock))
    assert states == ["failed", "sent", "sent"]
    officer(database, 4)
    assert remind(database, DUE + timedelta(minutes=5), RULES) == Tally(sent=0, withheld=1)
    assert len(line.api_calls("/v2/bot/message/push")) == 3
    assert {row.withheld for row in rows(database)} == {None, Withheld.LINE_LIMIT}


def test_who_blocked_the_account_meanwhile_costs_no_push(database: Database, line: LinePlatform, clock: FakeClock):
    officer(database)
    remind(database, DUE, RULES)
    with database.write() as session:
        session.execute(update(m.LineAccount).values(is_friend=False))
    [row] = deliver(database, line, clock)
    assert (row.state, line.api_calls("/v2/bot/message/push")) == (MessageState.FAILED, [])


def test_the_worker_looks_every_five_minutes_and_only_with_a_budget(database: Database):
    officer(database)
    clock = FakeClock(DUE)

    def work(budget: int) -> int:
        settings = Settings(push_budget_per_month=budget)
        todo = [job for job in scheduled_jobs(database, settings) if job.name == "reminders"]
        return run_due(database, todo, clock, worker="one")

    assert work(0) == 0
    assert [work(5), work(5)] == [1, 0]
    assert len(rows(database)) == 1
    clock.advance(minutes=5)
    assert work(5) == 1
    clock.advance(days=3)
    assert work(5) == 1
    with database.read() as session:
        # Two of three days ago are forgotten; the one that forgot them is still there.
        assert len(session.scalars(select(m.JobRun).where(m.JobRun.job == "reminders")).all()) == 1
