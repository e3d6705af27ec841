"""What the database itself can do, to set the product's rate against."""

import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from checkin_api.db import connect_sqlite
from tests import webhooks
from tests.bench.stores import Store, sqlite_path

_FOR_S = 1.5


def durable_commits_per_s(store: Store) -> float:
    """SQLite, one connection: a row of the inbox a commit, WAL and synchronous=FULL, nothing else."""
    now = datetime.now(UTC)
    raw = webhooks.body(webhooks.beacon(now, webhooks.user(1), store.hwids[0])).decode()
    with store.filled() as url, closing(connect_sqlite(Path(sqlite_path(url)))) as connection:
        begin, commits = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - begin) < _FOR_S:
            connection.execute(
                "insert into inbox_event (webhook_event_id, received_at, raw, state, reason, detail)"
                " values (?, '2026-11-23 00:00:00.000000', ?, 'stored', '', '')",
                (webhooks.event_id(), raw),
            )
            commits += 1
    return commits / elapsed
