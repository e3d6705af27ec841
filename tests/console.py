"""A browser without a screen on the console: keeps cookies, follows redirects, sends forms with their key."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select
from werkzeug.test import TestResponse

from checkin_api import accounts
from checkin_api import models as m
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import Role
from checkin_api.web.sessions import COOKIE
from tests import builders
from tests.apps import app_on
from tests.fakes import FakeClock

TAIPEI = ZoneInfo("Asia/Taipei")
FORM_KEY = re.compile(r'name="form_key" value="([^"]*)"')
# The stations of the department that the tests look at.
BUREAU, MINE, THEIRS = "B00", "S01", "S02"
TODAY = date(2026, 11, 23)


@dataclass
class Console:
    """The application with accounts of every role; ``chief`` looks after the station ``MINE``."""

    database: Database
    clock: FakeClock
    settings: Settings

    def __post_init__(self) -> None:
        self.app = app_on(self.settings, self.clock)

    def close(self) -> None:
        self.app.extensions["database"].close()

    def open(self, role: Role) -> "Browser":
        """Signed in already, without the work of a password."""
        browser = self.browser()
        with self.database.write() as session:
            user = session.scalars(select(m.ConsoleUser).where(m.ConsoleUser.role == role)).one()
            token = accounts.open_session(session, self.clock.now(), user.id, complete=True)
        browser.client.set_cookie(COOKIE, token, path="/console/")
        return browser

    def browser(self) -> "Browser":
        return Browser(self.app.test_client())


@dataclass
class Browser:
    """One person's browser; ``page`` is the text of the last answer."""

    client: FlaskClient
    page: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self._seen(self.client.get(f"/console{path}", headers=self.headers, **more))

    def post(self, path: str, form: dict[str, Any] | None = None, *, key: str | None = None, **more: Any) -> Any:
        """Send a form with the key of the page before, or of the first page."""
        if key is None:
            found = FORM_KEY.search(self.page) or FORM_KEY.search(self.get("/password").text)
            key = found[1] if found else ""
        content = {"form_key": key, **(form or {})}
        return self._seen(self.client.post(f"/console{path}", data=content, headers=self.headers, **more))

    def _seen(self, answer: TestResponse) -> TestResponse:
        self.page = answer.text if answer.mimetype == "text/html" else ""
        return answer


def console(database: Database, clock: FakeClock, **more: Any) -> Console:
    """A department of two stations with an officer each on duty, and an account of each role."""
    settings = Settings(
        database_url=database.url.render_as_string(hide_password=False),
        secret_key=SecretStr("k" * 32),
        **{"console_second_step": "optional", **more},
    )
    with database.write() as session:
        bureau = builders.unit(session, code=BUREAU, name="示範分局")
        day = builders.shift(session, code="D", name="日勤")
        mine: m.Unit | None = None
        for code, name, staff_no in ((MINE, "晨光派出所", "A0001"), (THEIRS, "松濤派出所", "A0002")):
            unit = builders.unit(session, code=code, name=name, parent_id=bureau.id)
            mine = mine or unit
            officer = builders.officer(session, unit, staff_no=staff_no, name=f"員警{staff_no}", title="警員")
            builders.roster(session, officer, day, TODAY)
        for role in Role:
            unit_id = mine.id if mine and role is Role.SUPERVISOR else None
            builders.console_user(session, username=role.value, role=role, unit_id=unit_id)
    return Console(database, clock, settings)
