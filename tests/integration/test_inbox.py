"""The inbox as a person looks at it: what is listed, what can be tried again, how far the service is behind."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from checkin_api import inbox
from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import EventState
from checkin_api.errors import NotFoundError
from checkin_api.inbox import NotParkedError
from tests import builders, webhooks
from tests.commands import checkin

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def parked(database: Database) -> m.InboxEvent:
    """A parked event among others."""
    with database.write() as session:
        builders.inbox_event(session, webhook_event_id="DECIDED", raw=json.dumps({"who": webhooks.user(1)}))
        parked = builders.inbox_event(
            session, webhook_event_id="STRANGE", state=EventState.PARKED, reason="unknown_type", detail="'telepathy'"
        )
        parked.decided_at = NOW
        builders.inbox_event(session, webhook_event_id=None, state=EventState.IGNORED)
        session.expunge_all()
    return parked


def test_list_has_the_newest_events_first(database: Database, parked: m.InboxEvent):
    with database.read() as session:
        assert [event.state for event in inbox.list_events(session)] == ["ignored", "parked", "decided"]
        assert [event.webhook_event_id for event in inbox.list_events(session, limit=2)] == [None, "STRANGE"]
        [event] = inbox.list_events(session, state=EventState.PARKED)
    assert (event.id, event.reason, event.detail) == (parked.id, "unknown_type", "'telepathy'")


@pytest.mark.parametrize("by_number", [True, False])
def test_parked_event_goes_back_to_be_decided(database: Database, parked: m.InboxEvent, by_number: bool):
    with database.write() as session:
        assert inbox.retry(session, str(parked.id) if by_number else "STRANGE") == parked.id
    with database.read() as session:
        event = session.get_one(m.InboxEvent, parked.id)
    assert (event.state, event.reason, event.detail, event.decided_at) == (EventState.STORED, "", "", None)


@pytest.mark.usefixtures("parked")
def test_only_a_parked_event_is_tried_again(database: Database):
    with database.write() as session, pytest.raises(NotParkedError, match="DECIDED is decided"):
        inbox.retry(session, "DECIDED")
    with database.write() as session, pytest.raises(NotFoundError, match="no event 4711"):
        inbox.retry(session, "4711")
    with database.write() as session, pytest.raises(NotFoundError, match="NOTHING"):
        inbox.retry(session, "NOTHING")
    for digits in (18, 19, 20, 5000):
        with database.write() as session, pytest.raises(NotFoundError, match=r"no event 9+ in the inbox"):
            inbox.retry(session, "9" * digits)


def test_levels_of_an_idle_service_are_zero_and_know_no_last_event(database: Database):
    with database.read() as session:
        assert inbox.service_levels(session, NOW) == {
            "inbox_undecided": 0,
            "inbox_oldest_undecided_seconds": 0,
            "inbox_parked": 0,
            "replies_pending": 0,
            "forwards_pending": 0,
        }


@pytest.mark.usefixtures("parked")
def test_levels_count_what_waits_and_how_long(database: Database):
    with database.write() as session:
        for age in (90, 30):
            builders.inbox_event(session, state=EventState.STORED, received_at=NOW - timedelta(seconds=age))
        builders.reply(session, inbox_event_id=1)
    with database.read() as session:
        levels = inbox.service_levels(session, NOW)
    assert (levels["inbox_undecided"], levels["inbox_oldest_undecided_seconds"], levels["inbox_parked"]) == (2, 90, 1)
    assert (levels["replies_pending"], levels["forwards_pending"], levels["last_event_age_seconds"]) == (1, 0, 30)


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("parked")
def test_command_keeps_user_ids_off_the_screen_and_gives_them_to_programs(database_url: str):
    table = checkin(database_url, "inbox", "list").stdout
    assert "STRANGE" in table
    assert "2026-11-23T08:00:00.000+08:00" in table
    assert webhooks.user(1) not in table
    [event] = json.loads(checkin(database_url, "inbox", "list", "--state", "decided", "--format", "json").stdout)
    assert json.loads(event["raw"]) == {"who": webhooks.user(1)}


@pytest.mark.usefixtures("parked")
def test_command_retries_and_says_which_event(database_url: str):
    done = checkin(database_url, "inbox", "retry", "STRANGE")
    assert (done.exit_code, done.stdout) == (0, "event 2 is back in the inbox\n")
    again = checkin(database_url, "inbox", "retry", "STRANGE")
    said = "error: STRANGE 不是 parked，無須重試 / event STRANGE is stored, not parked; there is nothing to try again"
    assert (again.exit_code, again.stderr) == (1, f"{said}\n")


def test_command_says_that_there_is_nothing(sqlite_url: str):
    assert checkin(sqlite_url, "inbox", "list").stdout == "（無資料 / nothing）\n"
