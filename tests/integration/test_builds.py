"""Ordered reports: one build for the same order, claimed by one worker, tried again, kept, downloaded on the record."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text

from checkin_api import audit, builds
from checkin_api.builds import Claim, Made, Order
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.doctor import examine
from checkin_api.domain.ids import BuildRefusal, BuildState, ReportForm
from checkin_api.errors import NotFoundError
from checkin_api.models import ReportBuild
from tests.commands import checkin
from tests.fakes import FakeClock

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
DAILY = Order("daily_usage", ReportForm.CSV, MONDAY, MONDAY)
MADE = Made("全局_2026-11-23_每日使用報表.csv", 1234, 24, "a" * 64)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url)
    yield database
    database.close()


def ordered(database: Database, order: Order = DAILY, *, actor: str = "user:hr", at: datetime = NOW) -> UUID:
    with database.write() as session:
        return builds.order(session, at, order, actor=actor).build_id


def claimed(database: Database, build_id: UUID, at: datetime = NOW, worker: str = "one") -> Claim:
    with database.write() as session:
        claim = builds.claim(session, at, build_id, worker=worker)
    assert claim is not None
    return claim


def finished(database: Database, order: Order = DAILY) -> UUID:
    build_id = ordered(database, order)
    claim = claimed(database, build_id)
    with database.write() as session:
        assert builds.finish(session, NOW, claim, MADE)
    return build_id


def look(database: Database, build_id: UUID) -> builds.BuildRow:
    with database.read() as session:
        return builds.build(session, build_id)


def failed(database: Database, claim: Claim, at: datetime, why: str = "the disk is full") -> builds.BuildRow:
    with database.write() as session:
        assert builds.fail(session, at, claim, why)
    return look(database, claim.build_id)


# Ordering


def test_the_same_order_of_several_at_once_is_one_build(database: Database):
    found: list[UUID] = []
    together = threading.Barrier(4)

    def ask(number: int) -> None:
        together.wait(10)
        found.append(ordered(database, actor=f"user:{number}"))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 4
    assert len(set(found)) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ReportBuild)) == 1
        assert [entry.action for entry in audit.entries(session)] == ["report.order"]
        if not database.is_sqlite:
            jobs = session.execute(text("select args from procrastinate_jobs")).scalars().all()
            assert jobs == [{"build_id": str(found[0])}]


@pytest.mark.parametrize(
    "other",
    [
        Order("monthly", ReportForm.CSV, MONDAY, MONDAY),
        Order("daily_usage", ReportForm.JSON, MONDAY, MONDAY),
        Order("daily_usage", ReportForm.CSV, MONDAY, MONDAY, unit="D1"),
        Order("daily_usage", ReportForm.CSV, MONDAY, MONDAY, officer="A0001"),
        Order("daily_usage", ReportForm.CSV, MONDAY, MONDAY, options={"codes": "big5"}),
    ],
)
def test_orders_that_differ_are_builds_of_their_own(other: Order):
    assert other.key != DAILY.key


def test_what_is_made_or_given_up_can_be_ordered_anew(sqlite: Database):
    first = finished(sqlite)
    second = ordered(sqlite)
    claim = claimed(sqlite, second)
    with sqlite.write() as session:
        assert builds.fail(session, NOW, claim, "no such unit", for_good=True)
    assert len({first, second, ordered(sqlite)}) == 3


def test_an_order_and_its_job_are_there_together_or_not_at_all(postgres_url: str):
    database = Database(postgres_url)
    with database.write() as session:
        builds.order(session, NOW, DAILY, actor="user:hr")
        session.rollback()
    with database.read() as session:
        counts = "select (select count(*) from report_build), (select count(*) from procrastinate_jobs)"
        assert tuple(session.execute(text(counts)).one()) == (0, 0)
    database.close()


# Claims


def test_a_build_is_claimed_by_one_and_taken_over_when_its_lease_is_out(database: Database):
    build_id = ordered(database)
    slow = claimed(database, build_id)
    assert (slow.order, slow.ordered_by, slow.attempt) == (DAILY, "user:hr", 1)
    late = NOW + builds.LEASE
    with database.write() as session:
        assert builds.claim(session, late - timedelta(seconds=1), build_id, worker="two") is None
        assert builds.due(session, late) == [build_id]
    # The same worker, started again, is another one, too.
    second = claimed(database, build_id, late)
    with database.write() as session:
        assert not builds.beat(session, late, slow, done=1, total=2)
        assert not builds.finish(session, late, slow, MADE)
        assert not builds.fail(session, late, slow, "too late")
        assert builds.beat(session, late, second, done=3, total=7)
    assert (look(database, build_id).done, look(database, build_id).total) == (3, 7)
    with database.write() as session:
        assert builds.finish(session, late, second, MADE)
        assert builds.due(session, late + 365 * 1440 * MINUTE) == []
    row = look(database, build_id)
    assert (row.state, row.attempts, row.file_name, row.row_count) == (BuildState.DONE, 2, MADE.file_name, 24)


def test_a_sign_of_life_keeps_the_lease(sqlite: Database):
    build_id = ordered(sqlite)
    claim, at = claimed(sqlite, build_id), NOW
    for _ in range(5):
        at += builds.LEASE - timedelta(seconds=1)
        with sqlite.write() as session:
            assert builds.due(session, at) == []
            assert builds.beat(session, at, claim, done=0, total=0)


def test_a_failed_build_is_tried_again_after_rests_that_grow_then_shown_in_words(sqlite: Database):
    build_id, at = ordered(sqlite), NOW
    for minutes in (1, 5, 30):
        row = failed(sqlite, claimed(sqlite, build_id, at), at)
        assert (row.state, row.error, row.next_try_at - at) == (
            BuildState.QUEUED, "the disk is full", minutes * MINUTE,
        )  # fmt: skip
        at += minutes * MINUTE
        with sqlite.write() as session:
            assert builds.claim(session, at - timedelta(seconds=1), build_id, worker="one") is None
    row = failed(sqlite, claimed(sqlite, build_id, at), at, "x" * 1000)
    assert (row.state, row.attempts, len(row.error), row.finished_at) == (BuildState.FAILED, 4, 400, at)
    with sqlite.write() as session:
        assert builds.retry(session, at, build_id, actor="cli:op") is None
        assert builds.retry(session, at, build_id, actor="cli:op") is BuildRefusal.NOT_FAILED
    assert claimed(sqlite, build_id, at).attempt == 1


def test_a_rest_is_kept_by_the_job_too(postgres_url: str):
    database = Database(postgres_url)
    build_id = ordered(database)
    assert failed(database, claimed(database, build_id), NOW).state is BuildState.QUEUED
    with database.read() as session:
        # The first one was never taken, so it still speaks for the build.
        assert session.scalar(text("select count(*) from procrastinate_jobs where status = 'todo'")) == 1
    with database.write() as session:
        session.execute(text("delete from procrastinate_jobs"))
    failed(database, claimed(database, build_id, NOW + MINUTE), NOW + MINUTE)
    with database.read() as session:
        assert session.scalar(text("select scheduled_at from procrastinate_jobs")) == NOW + 6 * MINUTE
    database.close()


def test_a_build_that_ends_its_workers_is_given_up(sqlite: Database):
    build_id, at = ordered(sqlite), NOW
    for _ in range(builds.MOST_ATTEMPTS):
        claimed(sqlite, build_id, at)
        at += builds.LEASE
    with sqlite.write() as session:
        assert builds.claim(session, at, build_id, worker="one") is None
    row = look(sqlite, build_id)
    assert row.state is BuildState.FAILED
    assert "out of memory" in row.error


def test_a_build_whose_order_is_open_again_is_not_tried_again(sqlite: Database):
    first = ordered(sqlite)
    claim = claimed(sqlite, first)
    with sqlite.write() as session:
        assert builds.fail(session, NOW, claim, "no such unit", for_good=True)
    ordered(sqlite)
    with sqlite.write() as session:
        assert builds.retry(session, NOW, first, actor="cli:op") is BuildRefusal.ORDERED_AGAIN


# History and downloads


def test_who_took_which_file_stands_in_the_history_and_in_the_audit_log(database: Database):
    order = Order("officer_month", ReportForm.PDF, MONDAY, MONDAY, unit="D1", officer="A0001")
    build_id = ordered(database, order)
    with database.write() as session:
        assert builds.download(session, NOW, build_id, actor="user:hr") is BuildRefusal.NOT_DONE
    claim = claimed(database, build_id)
    with database.write() as session:
        assert builds.finish(session, NOW, claim, MADE)
        taken = builds.download(
            session, NOW + MINUTE, build_id, actor="user:boss", address="10.0.0.7", among=builds.Sight({"D1"})
        )
    assert isinstance(taken, builds.BuildRow)
    assert taken.file_name == MADE.file_name
    with database.read() as session:
        assert [(row.by, row.address, row.sha256) for row in builds.downloads(session, build_id=build_id)] == [
            ("user:boss", "10.0.0.7", "a" * 64)
        ]
        [entry, *_] = audit.entries(session, subject=f"report:{build_id}")
        assert (entry.actor, entry.action) == ("user:boss", "report.download")
        # By the staff number the copy of the own data finds that somebody took a report about this officer.
        assert {"officer": "A0001", "rows": 24, "sha256": "a" * 64}.items() <= json.loads(entry.detail).items()
        assert builds.build(session, build_id).downloads == 1


def test_a_supervisor_sees_the_builds_of_own_units_alone(sqlite: Database):
    whole, own, foreign = (
        finished(sqlite, Order("daily_usage", ReportForm.CSV, MONDAY, MONDAY, unit=unit)) for unit in (None, "D1", "D2")
    )
    with sqlite.write() as session:
        seen = builds.Sight({"D1", "D1-1"})
        assert [row.id for row in builds.history(session)] == [foreign, own, whole]
        assert [row.id for row in builds.history(session, among=seen)] == [own]
        for build_id in (whole, foreign, uuid4()):
            with pytest.raises(NotFoundError):
                builds.download(session, NOW, build_id, actor="user:boss", among=seen)
        assert [row.id for row in builds.history(session, state=BuildState.QUEUED)] == []


def test_the_levels_tell_how_long_one_waits_and_how_many_failed(database: Database):
    ordered(database)
    other = ordered(database, Order("daily_usage", ReportForm.JSON, MONDAY, MONDAY))
    claim = claimed(database, other)
    with database.write() as session:
        assert builds.fail(session, NOW, claim, "no", for_good=True)
        assert builds.service_levels(session, NOW + MINUTE) == {
            "report_builds_open": 1,
            "report_builds_oldest_waiting_seconds": 60.0,
            "report_builds_failed": 1,
        }


def test_the_commands_list_builds_and_downloads_and_try_again(sqlite: Database, sqlite_url: str):
    build_id = ordered(sqlite)
    claim = claimed(sqlite, build_id)
    with sqlite.write() as session:
        assert builds.fail(session, NOW, claim, "伺服器的磁碟已滿", for_good=True)
    shown = checkin(sqlite_url, "report", "builds", "--state", "failed")
    assert "失敗" in shown.stdout
    assert "伺服器的磁碟已滿" in shown.stdout
    again = checkin(sqlite_url, "report", "retry", str(build_id))
    assert (again.exit_code, str(build_id) in again.stdout) == (0, True)
    refused = checkin(sqlite_url, "report", "retry", str(build_id))
    assert (refused.exit_code, "not_failed" in refused.stderr) == (1, True)
    unknown = checkin(sqlite_url, "report", "retry", str(uuid4()))
    assert (unknown.exit_code, "there is no build" in unknown.stderr) == (1, True)
    [row] = json.loads(checkin(sqlite_url, "report", "builds", "--format", "json").stdout)
    assert (row["state"], row["attempts"], row["ordered_at"]) == ("queued", 0, "2026-11-23T09:00:00+08:00")
    # The retry was at the time of today.
    claim = claimed(sqlite, build_id, datetime.now(UTC) + MINUTE)
    with sqlite.write() as session:
        assert builds.finish(session, NOW, claim, MADE)
        builds.download(session, NOW, build_id, actor="user:hr")
    [row] = json.loads(checkin(sqlite_url, "report", "downloads", "--build", str(build_id), "--format", "json").stdout)
    assert (row["by"], row["at"], row["row_count"]) == ("user:hr", "2026-11-23T09:00:00+08:00", 24)


def test_the_doctor_says_that_nobody_makes_what_was_ordered(sqlite: Database, sqlite_url: str):
    settings = Settings(database_url=sqlite_url)

    def said(at: datetime) -> tuple[bool | None, str]:
        found = next(each for each in examine(settings, FakeClock(at)) if each.subject == "report builds")
        return found.passed, found.text

    assert said(NOW) == (True, "0 ordered and not made yet")
    build_id = ordered(sqlite)
    assert said(NOW + MINUTE)[0] is True
    passed, text = said(NOW + 16 * MINUTE)
    assert (passed, "for 16 minutes: is `checkin worker` running?" in text) == (False, True)
    claim = claimed(sqlite, build_id)
    with sqlite.write() as session:
        assert builds.fail(session, NOW, claim, "no", for_good=True)
    passed, text = said(NOW + MINUTE)
    assert (passed, text.startswith("1 failed")) == (None, True)
