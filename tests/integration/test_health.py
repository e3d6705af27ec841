"""``/livez``, ``/readyz`` and ``/metrics``, as a service manager and Prometheus see them."""

import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest
from flask.testing import FlaskClient

from checkin_api.app import create_app
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import EventState
from tests import builders, webhooks
from tests.fakes import FakeClock
from tests.serving import Serving, free_port

Serve: TypeAlias = Callable[[str], FlaskClient]


@pytest.fixture
def serving(clock: FakeClock) -> Iterator[Serve]:
    """Makes a client of the service on a database."""
    with ExitStack() as stack:

        def client(database_url: str) -> FlaskClient:
            app = create_app(Settings(database_url=database_url), clock=clock)
            stack.callback(app.extensions["database"].close)
            return app.test_client()

        yield client


def test_process_answers_and_is_ready_with_this_releases_schema(serving: Serve, database_url: str):
    assert serving(database_url).get("/livez").status_code == 200
    assert serving(database_url).get("/readyz").status_code == 200


def test_process_lives_and_is_not_ready_with_another_schema(serving: Serve, tmp_path: Path):
    empty = serving(f"sqlite:///{tmp_path}/empty.db")
    assert empty.get("/livez").status_code == 200
    answer = empty.get("/readyz")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "schema_outdated")


def test_process_lives_and_is_not_ready_without_its_database(serving: Serve):
    away = serving(f"postgresql+psycopg://checkin@127.0.0.1:{free_port()}/checkin")
    assert away.get("/livez").status_code == 200
    answer = away.get("/readyz")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "database_unavailable")


def test_metrics_tell_how_far_the_service_is_behind(
    serving: Serve, database_url: str, database: Database, clock: FakeClock
):
    with database.write() as session:
        builders.inbox_event(session, state=EventState.STORED, received_at=clock.now())
    clock.advance(seconds=31)
    lines = serving(database_url).get("/metrics").get_data(as_text=True).splitlines()
    assert "checkin_database_up 1" in lines
    assert "checkin_inbox_undecided 1" in lines
    assert "checkin_inbox_oldest_undecided_seconds 31.0" in lines
    assert "checkin_last_event_age_seconds 31.0" in lines


def test_counters_are_there_when_the_database_is_away(serving: Serve):
    answer = serving(f"postgresql+psycopg://checkin@127.0.0.1:{free_port()}/checkin").get("/metrics")
    lines = answer.get_data(as_text=True).splitlines()
    assert answer.status_code == 200
    assert "checkin_database_up 0" in lines
    assert any(line.startswith("checkin_webhook_events_total ") for line in lines)
    assert not [line for line in lines if line.startswith("checkin_inbox")]


def test_metrics_of_all_web_processes_meet(postgres_url: str, tmp_path: Path):
    body = webhooks.body()
    with Serving(postgres_url, log=tmp_path / "log", workers=2) as service:
        for _ in range(8):
            request = urllib.request.Request(f"{service.url}/line/webhook", body)
            request.add_header("X-Line-Signature", webhooks.sign(body))
            urllib.request.urlopen(request, timeout=10).close()
        with urllib.request.urlopen(f"{service.url}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
    assert 'checkin_webhook_requests_total{result="stored"} 8.0' in lines


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_nothing_but_reading_is_allowed(serving: Serve, sqlite_url: str, path: str):
    assert serving(sqlite_url).post(path).status_code == 405
