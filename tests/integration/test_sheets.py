"""Month sheets from the database: one PDF, or a ZIP with one a unit, of those in service; the audit log's head."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pypdf
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.duty_law import DutyLimits
from checkin_api.domain.ids import Direction
from checkin_api.errors import NotFoundError
from checkin_api.queries.sheets import audit_head
from reports import sheet_files
from reports.sheet_files import write_sheets
from reports.wanted import Progress, Question, Rules, Wanted, WantedError, Written, no_progress
from tests import builders

TAIPEI = ZoneInfo("Asia/Taipei")
MADE_AT = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def filled(sqlite_url: str) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as database:
        _fill(database)
        yield database


def _fill(database: Database) -> None:
    with database.write() as session:
        first, second = builders.unit(session, code="D1", name="一所"), builders.unit(session, code="D/2", name="二所")
        day = builders.shift(session, code="day", name="日勤")
        for number, unit in ((1, second), (2, first), (3, second)):
            officer = builders.officer(session, unit, staff_no=f"A{number}", name=f"員警{number}", title="警員")
            builders.roster(session, officer, day, date(2026, 11, 23))
            for direction, hour in ((Direction.IN, 7), (Direction.OUT, 20)):
                builders.punch(session, officer, direction, datetime(2026, 11, 23, hour, 58, tzinfo=TAIPEI))
        builders.officer(session, first, staff_no="A4", name="離職", active_to=date(2026, 10, 31))
        audit.record(session, MADE_AT, audit.Act(actor="cli:hr", action="test", subject="test:1", detail={}))


def _question(database: Database, form: str, progress: Progress = no_progress, **more: Any) -> Question:
    period = {"first": date(2026, 11, 1), "last": date(2026, 11, 30)}
    return Question(
        database=database,
        rules=Rules(TAIPEI, DutyLimits(), "測試警察局", marks=True),
        wanted=Wanted("month_sheets", form, **{**period, **more}),
        made_at=MADE_AT,
        made_by="cli:hr",
        progress=progress,
    )


def made(database: Database, form: str, **more: Any) -> tuple[bytes, Written, list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    question = _question(database, form, lambda done, total: told.append((done, total)), **more)
    out = io.BytesIO()
    written = write_sheets(question, out)
    return out.getvalue(), written, told


def texts(content: bytes) -> list[str]:
    return [re.sub(r"\s", "", page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def test_one_pdf_has_a_page_an_officer_in_service_with_the_head_of_the_audit_log(filled: Database):
    content, written, told = made(filled, "pdf")
    with filled.read() as session:
        head = audit_head(session)
    assert head is not None
    pages = texts(content)
    assert [name for text in pages for name in re.findall("員警[123]|離職", text)] == ["員警1", "員警3", "員警2"]
    for text in pages:
        assert f"稽核紀錄第1筆{head.hash[:16]}" in text
        assert ("07:58" in text, "出勤1" in text, "製表115/12/0108:00（cli:hr）" in text) == (True,) * 3
        assert "cli:hr115/12/0108:00" in text
    assert (written.rows, told) == (3, [(0, 3), (3, 3)])


def test_a_zip_has_a_pdf_a_unit_and_the_same_hash_as_the_pdf(filled: Database, monkeypatch: pytest.MonkeyPatch):
    content, written, told = made(filled, "zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert [len(texts(archive.read(name))) for name in names] == [2, 1]
    assert names == ["001_D-2_二所_2026-11.pdf", "002_D1_一所_2026-11.pdf"]
    assert (written, told[-1]) == (made(filled, "pdf")[1], (3, 3))
    # A limit of the machine's memory, that no test database reaches.
    monkeypatch.setattr(sheet_files, "LARGEST_PDF", 1)
    with zipfile.ZipFile(io.BytesIO(made(filled, "zip")[0])) as archive:
        assert archive.namelist()[:2] == ["001_D-2_二所_2026-11_1.pdf", "001_D-2_二所_2026-11_2.pdf"]
    with pytest.raises(WantedError, match="ask for zip"):
        made(filled, "pdf")


def test_sheets_of_a_unit_or_of_one_officer(filled: Database):
    assert ["員警2" in text for text in texts(made(filled, "pdf", unit="D1")[0])] == [True]
    assert ["員警3" in text for text in texts(made(filled, "pdf", officer="A3")[0])] == [True]
    with pytest.raises(NotFoundError):
        made(filled, "pdf", unit="D9")


def test_what_is_no_month_and_no_format_is_refused(filled: Database):
    with pytest.raises(WantedError, match="of one month"):
        made(filled, "pdf", last=date(2026, 12, 1))
    with pytest.raises(WantedError, match="no format"):
        made(filled, "csv")


def test_the_log_of_a_new_department_has_no_head(sqlite_url: str):
    with closing(Database(sqlite_url)) as database, database.read() as session:
        assert audit_head(session) is None


class Watched(io.BytesIO):
    """A file that looks at the database whenever something is written, and changes it once."""

    def __init__(self, database: Database, change: Callable[[], None]) -> None:
        super().__init__()
        self.database, self.change, self.open_then = database, change, set[int]()
        self.changed = False

    def write(self, content: Any) -> int:
        self.open_then.add(self.database.engine.pool.checkedout())  # type: ignore[attr-defined]  # of every pool here
        if not self.changed and len(content) > 1000:
            self.changed = True
            self.change()
        return super().write(content)


def test_nothing_is_open_while_pages_are_set_and_each_pdf_says_of_which_moment_it_is(database: Database):
    _fill(database)

    def change() -> None:
        """One is moved and one promoted, as an import would do it, after the first unit's PDF was made."""
        with database.write() as session:
            for staff_no, title in (("A2", "巡佐"), ("A1", "偵查佐")):
                session.scalars(select(m.Officer).where(m.Officer.staff_no == staff_no)).one().title = title
            audit.record(session, MADE_AT, audit.Act(actor="cli:hr", action="test", subject="test:2", detail={}))

    outfile = Watched(database, change)
    write_sheets(_question(database, "zip"), outfile)
    assert outfile.open_then == {0}
    with zipfile.ZipFile(outfile) as archive:
        first, second = (texts(archive.read(name)) for name in archive.namelist())
    # 二所 was read before it happened, 一所 after.
    assert ["稽核紀錄第1筆" in text for text in first] == [True, True]
    assert ["偵查佐" in text for text in first] == [False, False]
    assert [("稽核紀錄第2筆" in text, "巡佐" in text) for text in second] == [(True, True)]


def test_a_snapshot_sees_one_moment(database: Database):
    _fill(database)

    def count(session: Session) -> int:
        return session.scalar(select(func.count(m.Officer.id))) or 0

    with database.snapshot() as session:
        before = count(session)
        with database.write() as other:
            builders.officer(other)
        assert count(session) == before
    with database.read() as session:
        assert count(session) == before + 1
