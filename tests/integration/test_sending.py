"""Replies and webhooks to pass on: tried again while that makes sense, and no longer."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from checkin_api import models as m
from checkin_api.courier import AT_ONCE, Courier, expire
from checkin_api.db import Database
from checkin_api.domain.ids import MessageState, new_id
from checkin_api.errors import DeliveryError
from checkin_api.forwarding import forwarder
from checkin_api.line.client import LineClient
from tests import builders, webhooks
from tests.fakes import FakeClock
from tests.line_platform.config import PlatformConfig
from tests.line_platform.platform import LinePlatform
from tests.serving import free_port

# --- the courier ----------------------------------------------------------------------------------------------------


def failing(error: Exception) -> Callable[[Any], None]:
    def send(_post: Any) -> None:
        raise error

    return send


def deliver(database: Database, clock: FakeClock, send: Callable[[Any], None]) -> m.Reply:
    """One round: hand over what is due, wait for it, record it."""
    courier = Courier(database, clock, m.Reply, send, threads=1)
    courier.step()
    courier.close()
    with database.read() as session:
        return session.scalars(select(m.Reply)).one()


def pending(database: Database, clock: FakeClock, **values: Any) -> None:
    times = {"created_at": clock.now(), "next_attempt_at": clock.now(), "expires_at": clock.now() + timedelta(hours=1)}
    with database.write() as session:
        builders.reply(session, **{**times, **values})


def test_reply_that_is_sent_is_recorded(database: Database, clock: FakeClock):
    sent: list[str] = []
    pending(database, clock, reply_token="token")
    reply = deliver(database, clock, lambda post: sent.append(post.reply_token))
    assert sent == ["token"]
    assert (reply.state, reply.attempts, reply.finished_at) == (MessageState.SENT, 1, clock.now())


def test_reply_whose_time_has_not_come_waits(database: Database, clock: FakeClock):
    pending(database, clock, next_attempt_at=clock.now() + timedelta(seconds=1))
    reply = deliver(database, clock, failing(AssertionError("too early")))
    assert (reply.state, reply.attempts) == (MessageState.PENDING, 0)


@pytest.mark.parametrize(("tries", "pause_s"), [(0, 0.5), (1, 1), (2, 2), (20, 120)])
def test_passing_failure_is_tried_again_after_a_rest_that_grows(
    database: Database, clock: FakeClock, tries: int, pause_s: float
):
    pending(database, clock, attempts=tries)
    reply = deliver(database, clock, failing(DeliveryError("HTTP 500", permanent=False)))
    assert (reply.state, reply.attempts, reply.finished_at) == (MessageState.PENDING, tries + 1, None)
    assert reply.next_attempt_at == clock.now() + timedelta(seconds=pause_s)


def test_passing_failure_is_final_when_the_token_dies_before_the_next_try(database: Database, clock: FakeClock):
    pending(database, clock, expires_at=clock.now() + timedelta(seconds=0.5))
    reply = deliver(database, clock, failing(DeliveryError("HTTP 500", permanent=False)))
    assert (reply.state, reply.error) == (MessageState.FAILED, "HTTP 500")


def test_permanent_failure_is_final(database: Database, clock: FakeClock):
    pending(database, clock)
    reply = deliver(database, clock, failing(DeliveryError("HTTP 400: Invalid reply token", permanent=True)))
    assert (reply.state, reply.attempts, reply.finished_at) == (MessageState.FAILED, 1, clock.now())
    assert reply.error == "HTTP 400: Invalid reply token"


def test_bug_of_our_own_is_final_and_logged_with_its_traceback(
    database: Database, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    pending(database, clock)
    reply = deliver(database, clock, failing(RuntimeError("planted")))
    assert (reply.state, reply.error) == (MessageState.FAILED, "RuntimeError")
    assert "planted" in caplog.text


def test_no_more_is_handed_over_than_can_be_recorded_together(sqlite_url: str, clock: FakeClock):
    database = Database(sqlite_url)
    for _ in range(AT_ONCE + 1):
        pending(database, clock)
    line_answers = threading.Event()

    def slow(_post: Any) -> None:
        line_answers.wait(30)

    courier = Courier(database, clock, m.Reply, slow, threads=1)
    courier.step()
    courier.step()
    line_answers.set()
    courier.close()
    with database.read() as session:
        states = list(session.scalars(select(m.Reply.state)))
    database.close()
    assert (states.count(MessageState.SENT), states.count(MessageState.PENDING)) == (AT_ONCE, 1)


def test_what_can_no_longer_be_sent_is_closed(database: Database, clock: FakeClock):
    late, in_time = clock.now(), clock.now() + timedelta(seconds=1)
    pending(database, clock, expires_at=late)
    pending(database, clock, expires_at=in_time)
    with database.write() as session:
        session.add(
            m.Delivery(
                id=new_id(), received_at=late, body=b"{}", signature="x", state=MessageState.PENDING, expires_at=late
            )
        )
    assert expire(database, clock.now()) == 2
    assert expire(database, clock.now()) == 0
    with database.read() as session:
        replies = {reply.expires_at: reply.state for reply in session.scalars(select(m.Reply))}
        assert session.scalars(select(m.Delivery.state)).one() is MessageState.EXPIRED
    assert replies == {late: MessageState.EXPIRED, in_time: MessageState.PENDING}


# --- to LINE, and to the account's other services -------------------------------------------------------------------


@pytest.fixture(scope="module")
def running_platform() -> Iterator[LinePlatform]:
    with LinePlatform() as platform:
        yield platform


@pytest.fixture
def platform(running_platform: LinePlatform) -> LinePlatform:
    running_platform.clear_faults()
    return running_platform


def reply_to_line(url: str) -> None:
    with closing(LineClient(url, PlatformConfig().channel_access_token, connections=1)) as client:
        client.reply("0" * 32, [{"type": "text", "text": "hello"}])


def forward_elsewhere(url: str) -> None:
    with forwarder(f"{url}/v2/bot/message/reply") as forward:
        forward(m.Delivery(body=webhooks.body(), signature="x"))


@pytest.mark.parametrize(
    ("send", "status", "permanent"),
    [
        (reply_to_line, 400, True),
        (reply_to_line, 401, True),
        (reply_to_line, 429, False),
        (reply_to_line, 500, False),
        (forward_elsewhere, 400, True),
        (forward_elsewhere, 429, False),
        (forward_elsewhere, 302, False),
        (forward_elsewhere, 500, False),
    ],
)
def test_answer_tells_whether_another_try_makes_sense(
    platform: LinePlatform, send: Callable[[str], None], status: int, permanent: bool
):
    platform.fail_api("/v2/bot/message/reply", status=status)
    with pytest.raises(DeliveryError, match=f"HTTP {status}") as caught:
        send(platform.url)
    assert caught.value.permanent is permanent


@pytest.mark.parametrize("send", [reply_to_line, forward_elsewhere])
def test_no_answer_at_all_is_worth_another_try(send: Callable[[str], None]):
    with pytest.raises(DeliveryError) as caught:
        send(f"http://127.0.0.1:{free_port()}")
    assert caught.value.permanent is False


def test_reply_that_line_accepts_with_an_answer_of_unknown_form_is_sent(
    platform: LinePlatform, caplog: pytest.LogCaptureFixture
):
    platform.fail_api("/v2/bot/message/reply", status=200, message="a form of the future")
    reply_to_line(platform.url)
    assert "unknown form" in caplog.text
