"""Officers' phones on the API ``/api/v1/me``, with a decider that works whenever it is let."""

import json
import threading
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from sqlalchemy import select

from checkin_api import models as m
from checkin_api.checkin import Rules, decide_events
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import EventState
from checkin_api.ingest import Arrival, Ingest
from checkin_api.vault import Vault
from tests import webhooks
from tests.apps import app_on
from tests.fakes import FakeClock
from tests.line_platform import LinePlatform

KEY = "k" * 32
HWID = "c0ffee0001"
ANN, BEN, STRANGER = (webhooks.user(number) for number in (1, 2, 9))
TAIPEI = ZoneInfo("Asia/Taipei")
LIFF_ID = "1650000002-AbcdEfgh"


class Phones:
    """Phones with LINE, the API, and a decider that works whenever it is let."""

    def __init__(self, database: Database, clock: FakeClock, line: LinePlatform, **more: Any) -> None:
        self.database, self.clock, self.line = database, clock, line
        settings = Settings(
            database_url=database.url.render_as_string(hide_password=False),
            secret_key=SecretStr(KEY),
            line_api_url=line.url,
            line_login_channel_id=line.config.login_channel_id,
            liff_id=LIFF_ID,
            **more,
        )
        self.app = app_on(settings, clock)
        self.rules = Rules(timezone=TAIPEI, code_key=KEY.encode(), vault=Vault(KEY.encode()))
        self.decides = threading.Event()
        self.decides.set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._decide, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self.app.extensions["database"].close()

    def _decide(self) -> None:
        while not self._ended.wait(0.01):
            if self.decides.is_set():
                decide_events(self.database, self.clock.now(), self.rules)

    def token(self, user: str = ANN, **claims: Any) -> str:
        self.line.clock.set_to(self.clock.now().timestamp())
        return self.line.id_token(user, **claims)

    def ask(self, method: str, path: str = "", body: Any = None, *, user: str = ANN, token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token(user) if token is None else token}"}
        answer = self.app.test_client().open(f"/api/v1/me{path}", method=method, json=body, headers=headers)
        assert answer.headers["Cache-Control"] == "no-store"
        told = answer.get_json()
        if answer.status_code >= 400:
            assert answer.mimetype == "application/problem+json"
        elif method == "POST" and told.get("state") == "waiting" and self.decides.is_set():
            # The decider may only be slow, on a busy machine: the page asks again, and so do we.
            self.until_decided()
            told = (
                self.app.test_client().open(f"/api/v1/me{path}", method=method, json=body, headers=headers).get_json()
            )
        return answer.status_code, told

    def me(self, user: str = ANN) -> Any:
        status, told = self.ask("GET", user=user)
        assert status == 200, told
        return told

    def tap(self, direction: str = "in", request_id: str | None = None, *, user: str = ANN) -> Any:
        body = {"request_id": request_id or self.me(user)["request_id"], "direction": direction}
        return self.ask("POST", "/punches", body, user=user)

    def hear(self, user: str = ANN) -> None:
        """The phone hears the beacon, and LINE tells us."""
        happened = webhooks.beacon(self.clock.now(), user, HWID)
        Ingest(self.database).put(Arrival(self.clock.now(), [(happened["webhookEventId"], json.dumps(happened))]))
        self.until_decided()

    def until_decided(self) -> None:
        for _ in range(500):
            with self.database.read() as session:
                if not session.scalar(select(m.InboxEvent.id).where(m.InboxEvent.state == EventState.STORED)):
                    return
            self._ended.wait(0.01)
        raise AssertionError("the decider did not come")

    def punches(self) -> list[m.Punch]:
        with self.database.read() as session:
            return list(session.scalars(select(m.Punch).order_by(m.Punch.at)))
