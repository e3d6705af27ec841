"""The whole chain with the product's real processes and the stand-in LINE Platform: from a walk to a confirmation."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self, TypeVar
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from checkin_api import enrolment
from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import MessageState, ZoneMode
from tests import builders, webhooks
from tests.line_platform.config import PlatformConfig
from tests.line_platform.platform import LinePlatform
from tests.serving import SECRET_KEY, Serving

HWID, AUTO_HWID = "c0ffee0001", "c0ffee0002"
# The chain takes well under a second; a machine that compiles and tests at the same time gets more.
PATIENCE_S = 40.0
Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], timeout_s: float = PATIENCE_S) -> Found:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


class Elsewhere:
    """Another service of the official account, which keeps what it is sent."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, str]] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append((body, self.headers["X-Line-Signature"]))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def platform() -> Iterator[LinePlatform]:
    with LinePlatform(PlatformConfig(channel_secret=webhooks.SECRET)) as platform:
        platform.add_zone("GATE", "大門簽到區", beacons={HWID: "00"})
        platform.add_zone("BACK", "後門簽到區", beacons={AUTO_HWID: "00"})
        yield platform


@pytest.fixture
def code(database: Database) -> str:
    """A department of one officer, on duty all day; the officer's one-time code."""
    today = datetime.now(ZoneInfo("Asia/Taipei")).date()
    with database.write() as session:
        officer = builders.officer(session, staff_no="A0001", name="王小明")
        shift = builders.shift(session, start=datetime.min.time(), end=datetime.min.time())
        builders.roster(session, officer, shift, today)
        builders.beacon(session, builders.zone(session, name="大門簽到區"), hwid=HWID)
        builders.beacon(session, builders.zone(session, name="後門簽到區", mode=ZoneMode.AUTO), hwid=AUTO_HWID)
        return enrolment.issue_code(session, datetime.now(UTC), "A0001", actor="cli:hr", key=SECRET_KEY.encode()).code


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as elsewhere:
        yield elsewhere


@pytest.fixture(autouse=True)
def _serving(
    database: Database, platform: LinePlatform, elsewhere: Elsewhere, code: str, tmp_path: Path
) -> Iterator[None]:
    del code
    serving = Serving(
        database.url.render_as_string(hide_password=False),
        log=tmp_path / "log",
        workers=1 if database.is_sqlite else 2,
        line_api_url=platform.url,
        line_forward_url=elsewhere.url,
    )
    with serving:
        platform.set_webhook_url(f"{serving.url}/line/webhook")
        yield
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log, log
    assert "U0000" not in log, "a LINE user ID reached the log"


def enrol(platform: LinePlatform, code: str) -> None:
    platform.add_phone("ann", webhooks.user(1))
    platform.say("ann", f"綁定 A0001 {code}")
    platform.wait_for_message("ann", "綁定完成：王小明", timeout_s=PATIENCE_S)


def test_officer_enrols_walks_in_taps_and_is_confirmed(platform: LinePlatform, database: Database, code: str):
    assert platform.verify_webhook().accepted
    enrol(platform, code)
    platform.walk_in("ann", "GATE")
    platform.wait_for_message("ann", "已感應到「大門簽到區」", timeout_s=PATIENCE_S)
    platform.tap("ann", "checkin=punch&direction=in")
    platform.wait_for_message("ann", "✅ 簽到完成", timeout_s=PATIENCE_S)
    with database.read() as session:
        [punch] = session.scalars(select(m.Punch))
    assert punch.presence_id is not None

    def all_sent() -> bool:
        with database.read() as session:
            return set(session.scalars(select(m.Reply.state))) == {MessageState.SENT}

    eventually(all_sent)


def test_reply_is_tried_again_while_its_token_lives(platform: LinePlatform, database: Database, code: str):
    enrol(platform, code)
    platform.fail_api("/v2/bot/message/reply", status=500, times=2)
    platform.walk_in("ann", "BACK")
    platform.wait_for_message("ann", "已自動簽到", timeout_s=PATIENCE_S)

    def sent_after() -> int | None:
        with database.read() as session:
            last = session.scalars(select(m.Reply).order_by(m.Reply.id.desc())).first()
        return last.attempts if last and last.state is MessageState.SENT else None

    assert eventually(sent_after) == 3


def test_reply_that_cannot_succeed_is_given_up_and_recorded(platform: LinePlatform, database: Database, code: str):
    enrol(platform, code)
    platform.fail_api("/v2/bot/message/reply", status=400, message="Invalid reply token")
    platform.walk_in("ann", "BACK")

    def failed() -> m.Reply | None:
        with database.read() as session:
            return session.scalar(select(m.Reply).where(m.Reply.state == MessageState.FAILED))

    reply = eventually(failed)
    assert (reply.attempts, "Invalid reply token" in reply.error) == (1, True)
    with database.read() as session:
        assert len(list(session.scalars(select(m.Punch)))) == 1


def test_duplicated_redelivered_and_reordered_events_change_nothing(
    platform: LinePlatform, database: Database, code: str
):
    enrol(platform, code)
    platform.set_faults(duplicate=True, reorder=True)
    platform.walk_in("ann", "GATE")
    platform.tap("ann", "checkin=punch&direction=in")
    platform.clear_faults()
    platform.wait_for_message("ann", "✅ 簽到完成", timeout_s=PATIENCE_S)
    platform.wait_idle()
    with database.read() as session:
        assert len(list(session.scalars(select(m.Punch)))) == 1
        assert len(list(session.scalars(select(m.Presence)))) == 1


def test_events_of_other_services_are_passed_on_untouched(
    platform: LinePlatform, database: Database, elsewhere: Elsewhere
):
    platform.add_phone("bob", webhooks.user(2))
    platform.say("bob", "午餐吃什麼")

    def chat() -> tuple[bytes, str] | None:
        return next((one for one in elsewhere.received if b'"message"' in one[0]), None)

    body, signature = eventually(chat)
    assert json.loads(body)["events"][0]["message"]["text"] == "午餐吃什麼"
    assert signature == webhooks.sign(body)

    def forgotten() -> bool:
        with database.read() as session:
            return not list(session.scalars(select(m.Delivery)))

    eventually(forgotten)
