"""Passkeys as the second step: added, used, removed, and every answer that is not this device's for this session."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyotp
import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from checkin_api import accounts
from checkin_api import models as m
from checkin_api.accounts.passkeys import MOST, RelyingParty, relying_party
from checkin_api.accounts.users import HASHER
from checkin_api.db import Database
from checkin_api.domain.ids import Role
from checkin_api.web.sessions import COOKIE
from tests.console import Browser, Console, console
from tests.fakes import FakeClock
from tests.passkey_device import PRESENT, Device

ORIGIN = "http://localhost:8000"
PASSWORD = "a longer password 1"
NO = "通行金鑰沒有通過驗證"


@dataclass
class Desk:
    """HR's account with a password, and the device on the desk."""

    office: Console
    device: Device

    def password(self) -> Browser:
        """A browser that has given the password."""
        browser = self.office.browser()
        with self.office.database.write() as session:
            user = session.scalars(select(m.ConsoleUser).where(m.ConsoleUser.role == Role.HR)).one()
            asks = accounts.asks_second_step(session, user)
            token = accounts.open_session(session, self.office.clock.now(), user.id, complete=not asks)
        browser.client.set_cookie(COOKIE, token, path="/console/")
        browser.get("/sign-in/code" if asks else "/passkeys")
        return browser

    def add(self, browser: Browser, device: Device, name: str = "公務手機") -> TestResponse:
        page = browser.page
        options = browser.post("/passkeys/begin").json
        browser.page = page
        answer: TestResponse = browser.post("/passkeys", {"name": name, "answer": device.make(options)})
        return answer


@pytest.fixture
def desk(sqlite_url: str, clock: FakeClock) -> Iterator[Desk]:
    database = Database(sqlite_url)
    office = console(database, clock, console_second_step="required", public_url=f"{ORIGIN}/")
    yield Desk(office, Device(ORIGIN, "localhost"))
    office.close()
    database.close()


@pytest.fixture
def half(desk: Desk) -> Browser:
    """Who has a passkey and has given the password."""
    assert desk.add(desk.password(), desk.device).location == "/console/passkeys?done=added"
    return desk.password()


def options(browser: Browser) -> dict[str, Any]:
    page = browser.page
    found: dict[str, Any] = browser.post("/sign-in/passkey/begin").json
    browser.page = page
    return found


def give(browser: Browser, answer: str) -> TestResponse:
    given: TestResponse = browser.post("/sign-in/passkey", {"answer": answer})
    return given


def test_a_passkey_is_added_used_shown_and_removed_and_is_all_that_is_required(desk: Desk):
    other, browser = desk.password(), desk.password()
    assert browser.get("/").location == "/console/second-step"
    browser.get("/passkeys")
    assert desk.add(browser, desk.device).location == "/console/passkeys?done=added"
    assert "已新增通行金鑰" in browser.get("/passkeys?done=added").text
    assert "公務手機" in browser.page
    assert browser.get("/").status_code == 200
    # Who was in by the password alone is out.
    assert other.get("/").location.startswith("/console/sign-in")
    half = desk.password()
    assert half.get("/").location.startswith("/console/sign-in")
    assert "使用通行金鑰" in half.get("/sign-in/code").text
    asked = options(half)
    assert (asked["rpId"], asked["userVerification"]) == ("localhost", "required")
    assert len(asked["allowCredentials"]) == 1
    assert give(half, desk.device.sign(asked)).location == "/console/"
    assert half.get("/").status_code == 200
    with desk.office.database.read() as session:
        [row] = session.scalars(select(m.ConsolePasskey)).all()
        assert (row.sign_count, row.used_at) == (1, desk.office.clock.now())
        actions = session.scalars(select(m.AuditEntry.action).order_by(m.AuditEntry.number)).all()
    assert actions == ["user.sign_in", "user.sign_in", "user.passkey_add", "user.sign_in"]
    half.get("/passkeys")
    assert half.post(f"/passkeys/{row.id}/remove").location == "/console/passkeys?done=removed"
    assert half.get("/").location == "/console/second-step"


def test_an_answer_counts_once_and_only_in_the_session_that_asked(desk: Desk, half: Browser):
    other = desk.password()
    mine, theirs = desk.device.sign(options(half)), desk.device.sign(options(other))
    # Of another session, though of the same account and the right device; and the own one is used up by the try.
    assert NO in give(half, theirs).text
    assert NO in give(half, mine).text
    again = desk.device.sign(options(other))
    assert give(other, again).status_code == 303
    third = desk.password()
    options(third)
    assert NO in give(third, again).text
    # Nothing was asked at all.
    fourth = desk.password()
    assert NO in give(fourth, desk.device.sign({"challenge": "AAAA"})).text


def test_an_answer_that_comes_late_or_after_another_question_does_not_count(desk: Desk, half: Browser):
    first = desk.device.sign(options(half))
    asked = options(half)
    assert NO in give(half, first).text
    asked = options(half)
    desk.office.clock.advance(minutes=5, seconds=1)
    assert NO in give(half, desk.device.sign(asked)).text


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:8001"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"flags": 0},
    ],
)
def test_a_device_that_signs_for_another_address_or_for_nobody_is_refused(
    desk: Desk, half: Browser, changed: dict[str, Any]
):
    for name, value in changed.items():
        setattr(desk.device, name, value)
    assert NO in give(half, desk.device.sign(options(half))).text
    new = Device(**{"origin": ORIGIN, "rp_id": "localhost", **changed})
    desk.device.origin, desk.device.rp_id, desk.device.flags = ORIGIN, "localhost", PRESENT | 4
    assert give(half, desk.device.sign(options(half))).status_code == 303
    half.get("/passkeys")
    assert NO in desk.add(half, new).text


def test_a_device_whose_count_goes_back_is_refused(desk: Desk, half: Browser, caplog: pytest.LogCaptureFixture):
    desk.device.count = 7
    assert give(half, desk.device.sign(options(half))).status_code == 303
    copied = desk.password()
    desk.device.count = 3
    assert NO in give(copied, desk.device.sign(options(copied))).text
    assert "sign count" in caplog.text


def test_another_persons_passkey_opens_nothing_and_cannot_be_taken_over(desk: Desk, half: Browser):
    stranger = Device(ORIGIN, "localhost")
    assert NO in give(half, stranger.sign(options(half))).text
    # The own credential's name with another key.
    stranger.id = desk.device.id
    assert NO in give(half, stranger.sign(options(half))).text
    admin = desk.office.open(Role.ADMIN)
    admin.get("/passkeys")
    assert NO in desk.add(admin, stranger).text
    # Nor is somebody else's removed.
    admin.get("/passkeys")
    admin.post("/passkeys/1/remove")
    with desk.office.database.read() as session:
        assert len(session.scalars(select(m.ConsolePasskey)).all()) == 1


@pytest.mark.parametrize(
    "answer",
    ["", "null", "{}", "[" * 30000, "x" * 40000, json.dumps({"id": "AA", "rawId": "AA", "type": "x", "response": {}})],
)
def test_what_no_device_says_is_refused_in_words(desk: Desk, half: Browser, answer: str):
    options(half)
    assert NO in give(half, answer).text
    owner = desk.office.open(Role.ADMIN)
    page = owner.get("/passkeys").text
    asked = owner.post("/passkeys/begin").json
    owner.page = page
    assert NO in owner.post("/passkeys", {"name": "x", "answer": answer}).text
    owner.page = page
    owner.post("/passkeys/begin")
    made = json.loads(desk.device.make(asked))
    made["response"]["attestationObject"] = made["response"]["attestationObject"][:40]
    owner.page = page
    assert NO in owner.post("/passkeys", {"name": "x", "answer": json.dumps(made)}).text


def test_wrong_answers_lock_the_second_step_and_a_reset_takes_the_passkeys(desk: Desk, half: Browser):
    for _ in range(4):
        assert NO in give(half, "{}").text
    assert "鎖定 15 分鐘" in give(half, "{}").text
    assert "鎖定 15 分鐘" in give(half, desk.device.sign(options(half))).text
    with desk.office.database.write() as session:
        accounts.reset(session, desk.office.clock.now(), "hr", first=accounts.first_password(), actor="cli:test")
        assert session.scalars(select(m.ConsolePasskey)).all() == []


def test_who_sits_down_at_an_open_desk_adds_and_removes_nothing(desk: Desk):
    browser = desk.password()
    desk.add(browser, desk.device)
    browser.get("/passkeys")
    desk.office.clock.advance(minutes=10, seconds=1)
    page = browser.page
    assert browser.post("/passkeys/begin").status_code == 409
    browser.page = page
    assert "請先登出再登入" in browser.post("/passkeys", {"name": "x", "answer": "{}"}).text
    browser.page = page
    assert "請先登出再登入" in browser.post("/passkeys/1/remove").text
    assert browser.get("/second-step").status_code == 409
    assert "新增或移除前" in browser.get("/passkeys").text


def test_an_app_beside_a_passkey_either_opens(desk: Desk):
    browser = desk.password()
    desk.add(browser, desk.device)
    secret = browser.get("/second-step").text.partition("<code>")[2].partition("</code>")[0]
    totp = pyotp.TOTP(secret)
    assert browser.post("/second-step", {"code": totp.at(desk.office.clock.now())}).status_code == 303
    desk.office.clock.advance(seconds=30)
    half = desk.password()
    assert half.post("/sign-in/code", {"code": totp.at(desk.office.clock.now())}).location == "/console/"
    half = desk.password()
    assert give(half, desk.device.sign(options(half))).status_code == 303


def test_nobody_without_the_password_is_asked_for_a_passkey(desk: Desk):
    browser = desk.office.browser()
    browser.get("/sign-in")
    assert browser.post("/sign-in/passkey/begin", key="").status_code == 401
    assert browser.post("/sign-in/passkey", {"answer": "{}"}, key="").location.startswith("/console/sign-in")


def test_an_account_with_a_passkey_owes_it_after_the_real_password(desk: Desk):
    with desk.office.database.write() as session:
        user = session.scalars(select(m.ConsoleUser).where(m.ConsoleUser.role == Role.HR)).one()
        user.password_hash = HASHER.hash(PASSWORD)
    desk.add(desk.password(), desk.device)
    browser = desk.office.browser()
    browser.get("/sign-in")
    answer = browser.post("/sign-in", {"username": "hr", "password": PASSWORD})
    assert answer.location.startswith("/console/sign-in/code")


def test_there_is_an_end_to_passkeys(desk: Desk):
    browser = desk.password()
    with desk.office.database.write() as session:
        [user] = session.scalars(select(m.ConsoleUser).where(m.ConsoleUser.role == Role.HR)).all()
        session.add_all(
            m.ConsolePasskey(
                user_id=user.id,
                credential_id=bytes([number]),
                public_key=b"",
                sign_count=0,
                name=str(number),
                made_at=desk.office.clock.now(),
            )
            for number in range(MOST)
        )
    browser.get("/passkeys")
    assert "最多 10 個" in browser.post("/passkeys/begin").text


@pytest.mark.parametrize(
    ("public_url", "party"),
    [
        ("", None),
        ("https://10.1.2.3", None),
        ("https://checkin.example.gov.tw:99999", None),
        ("https://[fd00::1]:8443", None),
        ("http://checkin.example.gov.tw", None),
        ("http://localhost:8143", RelyingParty("localhost", "http://localhost:8143")),
        (
            "https://Checkin.example.gov.tw/",
            RelyingParty("checkin.example.gov.tw", "https://checkin.example.gov.tw"),
        ),
        # A browser leaves the usual port out of an origin.
        (
            "https://checkin.example.gov.tw:443",
            RelyingParty("checkin.example.gov.tw", "https://checkin.example.gov.tw"),
        ),
    ],
)
def test_who_we_are_to_a_passkey_comes_from_the_settings(public_url: str, party: RelyingParty | None):
    assert relying_party(public_url) == party
