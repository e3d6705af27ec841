"""Storage of webhook requests when the database is busy or a request cannot be stored."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from checkin_api.db import Database
from checkin_api.errors import StorageError
from checkin_api.ingest import Arrival, Ingest
from checkin_api.models import InboxEvent

NOW = datetime(2026, 11, 23, tzinfo=UTC)
# No request holds such an event: JSON text is never null. It stands for whatever the database refuses.
IMPOSSIBLE: Any = ("IMPOSSIBLE", None)


@contextmanager
def occupied(database: Database) -> Iterator[None]:
    """Somebody else holds what the writers need: a big import, say."""
    with database.write() as session:
        if not database.is_sqlite:
            session.execute(text("lock table inbox_event in exclusive mode"))
        yield


def stored(database: Database) -> list[str | None]:
    with database.read() as session:
        return sorted(session.scalars(select(InboxEvent.webhook_event_id)), key=str)


def test_request_given_up_with_an_error_is_stored_when_the_database_is_free_again(database: Database):
    ingest = Ingest(database)
    arrival = Arrival(NOW, [("E1", "{}")])
    with occupied(database), pytest.raises(StorageError, match="longer than"):
        ingest.put(arrival)
    # LINE was told to send it again, and does; this is answered once the first is in.
    ingest.put(arrival)
    assert stored(database) == ["E1"]


def test_request_that_cannot_be_stored_fails_and_the_next_is_stored(database: Database):
    ingest = Ingest(database)
    with pytest.raises(StorageError, match="did not take"):
        ingest.put(Arrival(NOW, [IMPOSSIBLE]))
    ingest.put(Arrival(NOW, [("E1", "{}")]))
    assert stored(database) == ["E1"]


def test_request_that_cannot_be_stored_fails_alone_among_those_that_share_its_commit(database: Database):
    ingest = Ingest(database)
    failed: list[str] = []

    def put(key: str) -> None:
        try:
            ingest.put(Arrival(NOW, [IMPOSSIBLE if key == "IMPOSSIBLE" else (key, "{}")]))
        except StorageError:
            failed.append(key)

    keys = [f"E{number}" for number in range(8)] + ["IMPOSSIBLE"]
    threads = [threading.Thread(target=put, args=(key,)) for key in keys]
    # While the database is taken, they queue up behind each other's writer.
    with occupied(database):
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert failed == ["IMPOSSIBLE"]
    assert stored(database) == keys[:-1]
