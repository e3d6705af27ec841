"""The process beside the web workers that decides stored events and sends the replies.

It is a process of its own so that judging and the LINE SDK never take time from the answer LINE waits for.
"""

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

from checkin_api import menus, reminders
from checkin_api.checkin import Rules, decide_events
from checkin_api.clock import Clock, SystemClock
from checkin_api.config import Settings, load_settings
from checkin_api.courier import Courier, expire, purge
from checkin_api.db import Database
from checkin_api.forwarding import forwarder
from checkin_api.logs import configure_logging
from checkin_api.models import Delivery, MenuLink, Reminder, Reply
from checkin_api.process import die_with_parent
from checkin_api.vault import Vault

if TYPE_CHECKING:
    from checkin_api.line.client import LineClient

logger = logging.getLogger(__name__)

# Rest between looks; an idle look is one query on an empty partial index.
REST_S = 0.05
# Answering LINE comes first: under load, deciding and sending wait for the web processes, not the other way round.
NICENESS = 10
# After a failure (database away, say) the same work is tried again this much later.
REST_AFTER_FAILURE_S = 1.0
BATCH = 200
EXPIRE_EVERY_S = 5.0
PURGE_EVERY = timedelta(hours=1)
# Longer than one call to LINE may take (its time-outs), so that what is under way is recorded.
STOP_WITHIN_S = 8.0
REPLY_THREADS = 4
FORWARD_THREADS = 4
REMINDER_THREADS = 2
# One call at a time, so that of two changes of one account the later one stays.
MENU_THREADS = 1
# Menus and reminders may come a moment later; looking for them costs what everything else does with the database.
REST_UNHURRIED_S = 0.5

# Does some work and says whether there was any.
Step = Callable[[], bool]
# Sets a part up in its own thread; what must be ended with it goes onto the stack.
Part = Callable[[ExitStack], Step]


def run(settings: Settings, clock: Clock, stop: threading.Event) -> None:
    """Decide and send until told to stop; a part that fails is logged and goes on."""
    database = Database(settings.database_url)
    parts: dict[str, Part] = {
        "decide": lambda _: _decide(database, settings, clock),
        "replies": lambda stack: _replies(database, settings, clock, stack),
        "expiry": lambda _: _expiry(database, clock, stop),
        "menus": lambda stack: _unhurried(_menus(database, settings, clock, stack), stop),
    }
    if settings.push_budget_per_month:
        parts["reminders"] = lambda stack: _unhurried(_reminders(database, settings, clock, stack), stop)
    if settings.line_forward_url:
        parts["forwards"] = lambda stack: _forwards(database, settings, clock, stack)
    threads = [
        threading.Thread(target=_loop, args=(name, part, stop), name=name, daemon=True) for name, part in parts.items()
    ]
    for thread in threads:
        thread.start()
    # With a limit: a signal that the kernel hands to another thread would not wake an endless wait.
    while not stop.wait(REST_AFTER_FAILURE_S):
        pass
    for thread in threads:
        thread.join(timeout=STOP_WITHIN_S)
    database.close()


def _loop(name: str, part: Part, stop: threading.Event) -> None:
    with ExitStack() as stack:
        step: Step | None = None
        while not stop.is_set():
            try:
                step = step or part(stack)
                worked = step()
            except Exception:
                logger.exception("%s failed; trying again in %g s", name, REST_AFTER_FAILURE_S)
                stop.wait(REST_AFTER_FAILURE_S)
            else:
                if not worked:
                    stop.wait(REST_S)


def _decide(database: Database, settings: Settings, clock: Clock) -> Step:
    secret_key = settings.secret_key.get_secret_value().encode()
    rules = Rules(
        timezone=settings.zone,
        code_key=secret_key,
        vault=Vault(secret_key),
        forwards=bool(settings.line_forward_url),
        liff_id=settings.liff_id,
        reminds=settings.push_budget_per_month > 0,
    )

    def step() -> bool:
        # Events gather while this rests: one batch of many costs far less than many batches of a few.
        return decide_events(database, clock.now(), rules, limit=BATCH)

    return step


def _replies(database: Database, settings: Settings, clock: Clock, stack: ExitStack) -> Step:
    client = _line_client(settings, stack, REPLY_THREADS)

    def send(reply: Reply) -> None:
        client.reply(reply.reply_token, reply.messages)

    courier = Courier(database, clock, Reply, send, threads=REPLY_THREADS)
    stack.callback(courier.close)
    return courier.step


def _menus(database: Database, settings: Settings, clock: Clock, stack: ExitStack) -> Step:
    show = menus.shower(database, _line_client(settings, stack, MENU_THREADS))
    courier = Courier(database, clock, MenuLink, show, threads=MENU_THREADS, forget_sent=True)
    stack.callback(courier.close)
    return courier.step


def _reminders(database: Database, settings: Settings, clock: Clock, stack: ExitStack) -> Step:
    client = _line_client(settings, stack, REMINDER_THREADS)
    send = reminders.sender(database, lambda user_id, said, key: client.push(user_id, said, retry_key=key))
    courier = Courier(database, clock, Reminder, send, threads=REMINDER_THREADS)
    stack.callback(courier.close)
    return courier.step


def _line_client(settings: Settings, stack: ExitStack, connections: int) -> "LineClient":
    from checkin_api.line.client import LineClient  # noqa: PLC0415 (the SDK takes a second to load: here, in a thread)

    client = LineClient(
        settings.line_api_url, settings.line_channel_access_token.get_secret_value(), connections=connections
    )
    stack.callback(client.close)
    return client


def _unhurried(step: Step, stop: threading.Event) -> Step:
    def rested() -> bool:
        worked = step()
        stop.wait(REST_UNHURRIED_S)
        return worked

    return rested


def _forwards(database: Database, settings: Settings, clock: Clock, stack: ExitStack) -> Step:
    send = stack.enter_context(forwarder(settings.line_forward_url))
    courier = Courier(database, clock, Delivery, send, threads=FORWARD_THREADS, forget_sent=True)
    stack.callback(courier.close)
    return courier.step


def _expiry(database: Database, clock: Clock, stop: threading.Event) -> Step:
    purge_at = clock.now()

    def step() -> bool:
        nonlocal purge_at
        closed = expire(database, clock.now())
        if closed:
            logger.warning("%d messages were not sent in time", closed)
        if clock.now() >= purge_at:
            purge(database, clock.now())
            purge_at = clock.now() + PURGE_EVERY
        stop.wait(EXPIRE_EVERY_S)
        return False

    return step


def main() -> None:
    """``python -m checkin_api.decider PARENT``: what ``checkin serve`` starts, with its own process id."""
    die_with_parent(int(sys.argv[1]))
    # Ctrl-C in a terminal reaches every process of the session; this one is stopped in order, by its parent.
    with contextlib.suppress(PermissionError):  # it leads a session already
        os.setsid()
    os.nice(NICENESS)
    configure_logging()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(load_settings("secret_key"), SystemClock(), stop)


if __name__ == "__main__":
    main()
