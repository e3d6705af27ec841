"""The decider goes on by itself after a failure, and stops when it is told to."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from checkin_api import migrations
from checkin_api.clock import SystemClock
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.decider import run
from checkin_api.domain.ids import EventState
from checkin_api.models import InboxEvent
from tests import builders
from tests.serving import SECRET_KEY, Serving, free_port

PATIENCE_S = 30.0


def until(what: Callable[[], bool], deadline: float) -> None:
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def decider_of(parent: int) -> int | None:
    """The decider tells the parent's id in its own command line."""
    wanted = f"-m\0checkin_api.decider\0{parent}\0".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cmdline").read_bytes().endswith(wanted):
                return int(process.name)
    return None


def decided(database: Database) -> int:
    with database.read() as session:
        query = select(func.count()).select_from(InboxEvent).where(InboxEvent.state != EventState.STORED)
        return session.scalar(query) or 0


def test_decider_that_dies_is_started_again(sqlite_url: str, tmp_path: Path):
    database = Database(sqlite_url)
    with Serving(sqlite_url, log=tmp_path / "log") as service:
        deadline = time.monotonic() + PATIENCE_S
        until(lambda: decider_of(service.pid) is not None, deadline)
        first = decider_of(service.pid)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until(lambda: decider_of(service.pid) not in {None, first}, deadline)
        with database.write() as session:
            builders.inbox_event(session, state=EventState.STORED, received_at=datetime.now(UTC))
        until(lambda: decided(database) == 1, deadline)
    database.close()
    assert "the decider ended with status -9; starting it again" in (tmp_path / "log").read_text()


def test_what_fails_is_logged_and_tried_again_until_it_works(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/checkin.db",
        line_api_url=f"http://127.0.0.1:{free_port()}",
        line_channel_access_token=SecretStr("token"),
        secret_key=SecretStr(SECRET_KEY),
    )
    database = Database(settings.database_url)
    stop = threading.Event()
    decider = threading.Thread(target=run, args=(settings, SystemClock(), stop))
    decider.start()
    deadline = time.monotonic() + PATIENCE_S
    try:
        # There is no table yet.
        until(lambda: "decide failed; trying again" in caplog.text, deadline)
        migrations.upgrade(database)
        with database.write() as session:
            builders.inbox_event(session, state=EventState.STORED, received_at=datetime.now(UTC))

        until(lambda: decided(database) == 1, deadline)
    finally:
        stop.set()
        decider.join(PATIENCE_S)
        database.close()
    assert not decider.is_alive()
