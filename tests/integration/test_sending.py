"""Replies and webhooks to pass on: tried again while that makes sense, and no longer."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from checkin_api import courier as courier_module
from checkin_api import models as m
from checkin_api.courier import AT_ONCE, KEEP_UNSENT, LEASE, LONGEST_CALL, Courier, expire, purge
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

PATIENCE_S = 30.0

# --- the courier ----------------------------------------------------------------------------------------------------


def failing(error: Exception) -> Callable[[Any], None]:
    def send(_post: Any) -> None:
        raise error

    return send


def step_until(courier: Courier, done: Callable[[], bool]) -> None:
    """Go on as the decider does, until it has happened."""
    end = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end, "it did not happen"
        courier.step()
        time.sleep(0.005)


def deliver(database: Database, clock: FakeClock, send: Callable[[Any], None]) -> m.Reply:
    """One round: hand over what is due, wait for it, record it."""
    begun = threading.Event()

    def sending(post: Any) -> None:
        begun.set()
        send(post)

    courier = Courier(database, clock, m.Reply, sending, threads=1)
    courier.step()
    # What has not begun is given back at the end.
    begun.wait(0.3)
    courier.close()
    with database.read() as session:
        return session.scalars(select(m.Reply)).one()


def replies(database: Database) -> dict[str, m.Reply]:
    with database.read() as session:
        found = {reply.reply_token: reply for reply in session.scalars(select(m.Reply))}
        session.expunge_all()
    return found


def states(database: Database) -> list[MessageState]:
    return [reply.state for reply in replies(database).values()]


def pending(database: Database, clock: FakeClock, **values: Any) -> None:
    times = {"created_at": clock.now(), "next_attempt_at": clock.now(), "expires_at": clock.now() + timedelta(hours=1)}
    with database.write() as session:
        builders.reply(session, **{**times, **values})


def delivery(database: Database, clock: FakeClock, **values: Any) -> None:
    defaults = {
        "id": new_id(), "received_at": clock.now(), "body": b"{}", "signature": "x", "state": MessageState.PENDING,
        "next_attempt_at": clock.now(), "expires_at": clock.now() + timedelta(hours=1),
    }  # fmt: skip
    with database.write() as session:
        session.add(m.Delivery(**{**defaults, **values}))


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
    courier = Courier(database, clock, m.Reply, lambda _: line_answers.wait(30), threads=1)
    courier.step()
    courier.step()
    taken = [reply for reply in replies(database).values() if reply.next_attempt_at > clock.now()]
    line_answers.set()
    courier.close()
    database.close()
    assert len(taken) == AT_ONCE


@pytest.mark.parametrize("table", [m.Reply, m.Delivery])
def test_couriers_that_share_a_database_send_each_row_once(
    database: Database, clock: FakeClock, table: type[m.Reply | m.Delivery]
):
    for number in range(40):
        pending(database, clock, reply_token=f"{number}")
        delivery(database, clock)
    sent: list[object] = []

    def work() -> None:
        own = Database(database.url.render_as_string(hide_password=False))
        courier = Courier(own, clock, table, lambda post: sent.append(post.id), threads=2)
        step_until(courier, lambda: len(sent) >= 40)
        courier.close()
        own.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(sent), len(set(sent))) == (40, 40)
    with database.read() as session:
        assert set(session.scalars(select(table.state))) == {MessageState.SENT}


def test_what_a_dead_courier_had_in_hand_is_sent_by_another_when_its_lease_is_over(
    database: Database, clock: FakeClock
):
    pending(database, clock)
    answer = threading.Event()
    dead = Courier(database, clock, m.Reply, lambda _: answer.wait(30), threads=1)
    dead.step()
    clock.advance(seconds=LEASE.total_seconds() - 1)
    assert deliver(database, clock, failing(AssertionError("still in its hand"))).state is MessageState.PENDING
    clock.advance(seconds=1)
    assert deliver(database, clock, lambda _: None).state is MessageState.SENT
    answer.set()
    dead.close()


@pytest.mark.parametrize("error", [DeliveryError("spent token", permanent=True), DeliveryError("x", permanent=False)])
def test_a_courier_that_lost_its_lease_never_undoes_what_another_has_sent(
    database: Database, clock: FakeClock, error: DeliveryError
):
    pending(database, clock)
    begun, answer = threading.Event(), threading.Event()

    def slow(_post: Any) -> None:
        begun.set()
        answer.wait(30)
        raise error

    late = Courier(database, clock, m.Reply, slow, threads=1)
    late.step()
    assert begun.wait(PATIENCE_S)
    clock.at += LEASE
    assert deliver(database, clock, lambda _: None).state is MessageState.SENT
    answer.set()
    late.close()
    [reply] = replies(database).values()
    assert (reply.state, reply.attempts, reply.error) == (MessageState.SENT, 1, "")


def test_a_row_that_waited_for_a_thread_until_its_lease_is_nearly_over_goes_back_untried(
    database: Database, clock: FakeClock
):
    pending(database, clock, reply_token="first")
    pending(database, clock, reply_token="second", next_attempt_at=clock.now() + timedelta(microseconds=1))
    clock.advance(seconds=1)
    tried: list[str] = []

    def slow(post: Any) -> None:
        tried.append(post.reply_token)
        clock.at += LEASE - LONGEST_CALL + timedelta(seconds=1)

    courier = Courier(database, clock, m.Reply, slow, threads=1)
    courier.step()
    step_until(courier, lambda: MessageState.SENT in states(database))
    assert tried[0] == "first"
    assert replies(database)["second"].attempts <= 1
    step_until(courier, lambda: set(states(database)) == {MessageState.SENT})
    courier.close()
    assert (tried, replies(database)["second"].attempts) == (["first", "second"], 1)


def test_a_reply_whose_token_is_dead_is_not_sent_and_holds_up_no_other(database: Database, clock: FakeClock):
    for _ in range(AT_ONCE):
        pending(database, clock, expires_at=clock.now())
    pending(database, clock, reply_token="alive", next_attempt_at=clock.now() + timedelta(seconds=1))
    clock.advance(seconds=1)
    sent: list[str] = []
    courier = Courier(database, clock, m.Reply, lambda post: sent.append(post.reply_token), threads=1)
    step_until(courier, lambda: replies(database)["alive"].state is MessageState.SENT)
    courier.close()
    assert sent == ["alive"]


class Fragile(Database):
    """A database that is away for writers when told."""

    is_away = False

    @contextmanager
    def write(self) -> Iterator[Session]:
        with super().write() as session:
            yield session
            if self.is_away:
                raise OperationalError("commit", None, Exception("the server closed the connection"))


def test_results_are_kept_until_the_database_has_taken_them(database_url: str, clock: FakeClock):
    database = Fragile(database_url)
    pending(database, clock)
    sent: list[int] = []
    courier = Courier(database, clock, m.Reply, lambda post: sent.append(post.id), threads=1)
    courier.step()
    database.is_away = True
    with pytest.raises(OperationalError):
        step_until(courier, lambda: False)
    database.is_away = False
    step_until(courier, lambda: states(database) == [MessageState.SENT])
    courier.close()
    database.close()
    assert len(sent) == 1


def test_the_end_gives_back_what_has_not_begun_and_waits_only_so_long_for_the_rest(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(courier_module, "CLOSE_WITHIN_S", 0.2)
    for name in ("quick", "hanging", "waiting"):
        pending(database, clock, reply_token=name)
        clock.advance(microseconds=1)
    quick_is_over, answer = threading.Event(), threading.Event()

    def send(post: Any) -> None:
        if post.reply_token == "hanging":
            quick_is_over.set()
            answer.wait(30)

    courier = Courier(database, clock, m.Reply, send, threads=1)
    courier.step()
    assert quick_is_over.wait(PATIENCE_S)
    begun = time.monotonic()
    courier.close()
    assert time.monotonic() - begun < 5
    answer.set()
    found = replies(database)
    database.close()
    assert found["quick"].state is MessageState.SENT
    assert (found["waiting"].state, found["waiting"].attempts) == (MessageState.PENDING, 0)
    assert found["waiting"].next_attempt_at <= clock.now(), "the next courier would wait for the lease to end"
    assert found["hanging"].next_attempt_at > clock.now(), "the next courier would send it a second time"


def test_what_can_no_longer_be_sent_is_closed(database: Database, clock: FakeClock):
    late, in_time = clock.now(), clock.now() + timedelta(seconds=1)
    pending(database, clock, expires_at=late)
    pending(database, clock, expires_at=in_time)
    delivery(database, clock, expires_at=late)
    assert expire(database, clock.now()) == 2
    assert expire(database, clock.now()) == 0
    with database.read() as session:
        by_end = {reply.expires_at: reply.state for reply in session.scalars(select(m.Reply))}
        assert session.scalars(select(m.Delivery.state)).one() is MessageState.EXPIRED
    assert by_end == {late: MessageState.EXPIRED, in_time: MessageState.PENDING}


def test_webhooks_that_were_not_passed_on_are_forgotten_after_a_week(database: Database, clock: FakeClock):
    kept = [MessageState.PENDING, MessageState.FAILED, MessageState.EXPIRED, None]
    for state in kept:
        delivery(database, clock, state=state, received_at=clock.now() - KEEP_UNSENT + timedelta(seconds=1))
    old = [MessageState.FAILED, MessageState.EXPIRED, None]
    for state in [*old, MessageState.PENDING]:
        delivery(database, clock, state=state, received_at=clock.now() - KEEP_UNSENT)
    assert purge(database, clock.now()) == len(old)
    assert purge(database, clock.now()) == 0
    with database.read() as session:
        left = list(session.scalars(select(m.Delivery.state)))
    assert sorted(map(str, left)) == sorted(map(str, [*kept, MessageState.PENDING]))


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


def test_reply_that_line_accepts_with_an_answer_of_unknown_form_is_sent(platform: LinePlatform):
    platform.fail_api("/v2/bot/message/reply", status=200, message="a form of the future")
    reply_to_line(platform.url)
