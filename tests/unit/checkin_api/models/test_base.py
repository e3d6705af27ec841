"""Instants in the database: aware, in UTC, the same on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Dialect, make_url

from checkin_api.models import UtcDateTime

TAIPEI = timezone(timedelta(hours=8))
EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=TAIPEI)
DIALECTS = [make_url(url).get_dialect()() for url in ("sqlite://", "postgresql+psycopg://")]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_instant_comes_back_as_itself_in_utc(dialect: Dialect):
    column = UtcDateTime()
    read = column.process_result_value(column.process_bind_param(EIGHT, dialect), dialect)
    assert read == EIGHT
    assert read is not None
    assert read.tzinfo is UTC


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_naive_time_is_refused(dialect: Dialect):
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(EIGHT.replace(tzinfo=None), dialect)
