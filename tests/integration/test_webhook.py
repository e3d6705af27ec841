"""``POST /line/webhook``: what is answered, and what is in the database by then."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from pydantic import SecretStr
from sqlalchemy import select
from werkzeug.test import TestResponse

from checkin_api.app import create_app
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import EventState
from checkin_api.ingest import Ingest
from checkin_api.models import Delivery, InboxEvent
from tests import webhooks
from tests.apps import app_on
from tests.fakes import FakeClock

NOW = datetime(2026, 11, 23, 0, 1, tzinfo=UTC)
OFFICER = webhooks.user(1)


def settings(database_url: str, *, line_forward_url: str = "") -> Settings:
    return Settings(
        database_url=database_url,
        line_channel_secret=SecretStr(webhooks.SECRET),
        line_forward_url=line_forward_url,
    )


@pytest.fixture
def app(database_url: str, clock: FakeClock) -> Flask:
    return app_on(settings(database_url), clock)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def post(client: FlaskClient, body: bytes, **headers: str) -> TestResponse:
    signature = {"X-Line-Signature": webhooks.sign(body)}
    return client.post("/line/webhook", data=body, headers=signature | headers)


def stored(database: Database) -> list[InboxEvent]:
    with database.read() as session:
        return list(session.scalars(select(InboxEvent).order_by(InboxEvent.id)))


def test_lines_published_example_is_accepted(client: FlaskClient, database: Database):
    # Source: Messaging API, "Verify webhook signature", example of secret, body and signature.
    body = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
    answer = client.post(
        "/line/webhook", data=body, headers={"x-line-signature": "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="}
    )
    assert (answer.status_code, answer.get_json()) == (200, {})
    assert stored(database) == []


def test_event_is_stored_whole_before_the_answer(client: FlaskClient, database: Database, clock: FakeClock):
    event = webhooks.beacon(NOW, OFFICER, "d41d8cd98f", unheard_of={"deep": [1, "二", None]})
    assert post(client, webhooks.body(event)).status_code == 200
    [row] = stored(database)
    assert json.loads(row.raw) == event
    assert row.webhook_event_id == event["webhookEventId"]
    assert (row.state, row.received_at) == (EventState.STORED, clock.now())


@pytest.mark.parametrize("signature", [None, "", "x", "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=", "é\xff"])
def test_wrong_or_missing_signature_stores_nothing(client: FlaskClient, database: Database, signature: str | None):
    headers = {} if signature is None else {"X-Line-Signature": signature}
    body = webhooks.body(webhooks.beacon(NOW, OFFICER, "d41d8cd98f"))
    answer = client.post("/line/webhook", data=body, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "signature_invalid")
    assert answer.mimetype == "application/problem+json"
    assert stored(database) == []


def test_signature_of_one_changed_byte_is_refused(client: FlaskClient, database: Database):
    body = webhooks.body(webhooks.beacon(NOW, OFFICER, "d41d8cd98f"))
    answer = client.post("/line/webhook", data=body + b" ", headers={"X-Line-Signature": webhooks.sign(body)})
    assert answer.status_code == 401
    assert stored(database) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"hello", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[" * 200_000, "too_deep"),
        (b'{"events": ' + b"9" * 5000 + b"}", "not_a_webhook"),
        (b"[]", "not_a_webhook"),
        (b"null", "not_a_webhook"),
        (b"{}", "not_a_webhook"),
        (b'{"events": {}}', "not_a_webhook"),
    ],
)
def test_what_is_not_a_webhook_is_refused(client: FlaskClient, database: Database, body: bytes, code: str):
    answer = post(client, body)
    assert (answer.status_code, answer.get_json()["code"]) == (400, code)
    assert stored(database) == []


def test_more_than_a_mebibyte_is_refused(client: FlaskClient, database: Database):
    assert post(client, b" " * (1024 * 1024 + 1)).status_code == 413
    body = webhooks.body()
    assert post(client, body + b" " * (1024 * 1024 - len(body))).status_code == 200
    assert stored(database) == []


def test_duplicate_and_redelivered_events_are_stored_once(client: FlaskClient, database: Database):
    event = webhooks.beacon(NOW, OFFICER, "d41d8cd98f")
    again = event | {"deliveryContext": {"isRedelivery": True}}
    other = webhooks.beacon(NOW, OFFICER, "d41d8cd98f")
    for body in (webhooks.body(event), webhooks.body(again, other), webhooks.body(event, event)):
        assert post(client, body).status_code == 200
    rows = stored(database)
    assert sorted(row.webhook_event_id or "" for row in rows) == sorted(
        [event["webhookEventId"], other["webhookEventId"]]
    )
    assert json.loads(rows[0].raw) == event


def test_strange_events_are_stored_beside_the_others(client: FlaskClient, database: Database):
    good = webhooks.beacon(NOW, OFFICER, "d41d8cd98f")
    without_id = {"type": "beacon"}
    strange: list[Any] = [1, None, "text", [], without_id, {"webhookEventId": 7}, {"webhookEventId": "a\x00b"},
               {"webhookEventId": "\ud800"}, {"webhookEventId": "x" * 65}, {"text": "\x00\ud800"}]  # fmt: skip
    assert post(client, webhooks.body(good, *strange)).status_code == 200
    rows = stored(database)
    keys = [row.webhook_event_id for row in rows if row.webhook_event_id]
    assert keys[0] == good["webhookEventId"]
    assert [key[:7] for key in keys[1:]] == ["sha256:"] * 3
    assert sorted(row.raw for row in rows) == sorted(json.dumps(e, separators=(",", ":")) for e in [good, *strange])


def test_concurrent_requests_are_all_stored(app: Flask, database: Database):
    bodies = [webhooks.body(webhooks.beacon(NOW, OFFICER, "d41d8cd98f")) for _ in range(64)]
    statuses = []
    threads = [
        threading.Thread(target=lambda body=body: statuses.append(post(app.test_client(), body).status_code))
        for body in bodies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 64
    assert len(stored(database)) == 64


def test_the_original_request_is_kept_only_where_it_may_be_passed_on(
    database_url: str, database: Database, clock: FakeClock
):
    forwarding = settings(database_url, line_forward_url="https://elsewhere.example/hook")
    client = create_app(forwarding, clock=clock).test_client()
    body = webhooks.body(webhooks.say(NOW, OFFICER, "hello"), webhooks.say(NOW, OFFICER, "again"))
    assert post(client, body).status_code == 200
    assert post(client, body).status_code == 200
    with database.read() as session:
        [delivery] = session.scalars(select(Delivery))
    assert (delivery.body, delivery.signature) == (body, webhooks.sign(body))
    assert {row.delivery_id for row in stored(database)} == {delivery.id}


def counted(code: str) -> float:
    return REGISTRY.get_sample_value("checkin_webhook_requests_total", {"result": code}) or 0


def test_a_database_that_is_away_gives_503_and_no_200_and_is_counted(clock: FakeClock, tmp_path: Path):
    before = counted("storage_unavailable"), counted("stored")
    client = create_app(settings(f"sqlite:///{tmp_path}/no-schema.db"), clock=clock).test_client()
    answer = post(client, webhooks.body(webhooks.beacon(NOW, OFFICER, "d41d8cd98f")))
    assert (answer.status_code, answer.get_json()["code"]) == (503, "storage_unavailable")
    assert (counted("storage_unavailable"), counted("stored")) == (before[0] + 1, before[1])


@pytest.mark.parametrize(
    ("body", "signature", "code"),
    [
        (b"{}", "x", "signature_invalid"),
        (b"hello", None, "not_json"),
        (b"{}", None, "not_a_webhook"),
        (b" " * (1024 * 1024 + 1), None, "too_large"),
        (b'{"events":[]}', None, "stored"),
    ],
)
def test_every_answer_is_counted_by_its_code(client: FlaskClient, body: bytes, signature: str | None, code: str):
    before = counted(code)
    post(client, body, **({} if signature is None else {"X-Line-Signature": signature}))
    assert counted(code) == before + 1


def test_bug_of_our_own_answers_500_without_its_words(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    # A bug cannot be provoked with data; the test plants one.
    def broken(_ingest: Ingest, _arrival: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(Ingest, "put", broken)
    before = counted("internal_server_error")
    answer = post(client, webhooks.body(webhooks.beacon(NOW, OFFICER, "d41d8cd98f")))
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal_server_error")
    assert "planted" not in answer.get_data(as_text=True)
    assert "planted" in caplog.text
    assert counted("internal_server_error") == before + 1


def test_other_methods_and_paths_answer_as_problems(client: FlaskClient):
    answer = client.get("/line/webhook")
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert "POST" in answer.headers["Allow"]
    assert client.get("/nowhere").get_json()["code"] == "not_found"
