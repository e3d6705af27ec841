"""Signing in with the agency's account: a real provider over HTTP, and everybody who is not who they say."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from pydantic import SecretStr
from sqlalchemy import select
from werkzeug.test import TestResponse

from checkin_api import accounts
from checkin_api import models as m
from checkin_api.accounts import User
from checkin_api.db import Database
from checkin_api.domain.ids import Role, SignInRefusal
from checkin_api.errors import CheckinError
from tests.commands import checkin
from tests.console import Browser, Console, console
from tests.fakes import FakeClock
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider

PUBLIC_URL = "http://localhost"
NAME = "wang@agency.example"


@pytest.fixture(scope="module")
def _provider() -> Iterator[OidcProvider]:
    # An RSA key takes as long as all else here.
    with OidcProvider(lambda: 0) as provider:
        yield provider


@pytest.fixture
def provider(_provider: OidcProvider, clock: FakeClock) -> OidcProvider:
    _provider.now = lambda: clock.now().timestamp()
    _provider.claims, _provider.algorithm, _provider.fails = {}, "RS256", False
    _provider.sign = _provider.signed
    return _provider


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock, provider: OidcProvider) -> Iterator[Console]:
    database = Database(sqlite_url)
    office = console(
        database,
        clock,
        console_second_step="required",
        public_url=PUBLIC_URL,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=SecretStr(CLIENT_SECRET),
    )
    with database.write() as session:
        user = User(username="wang", name="王小姐", role=Role.HR, agency_name=NAME)
        assert accounts.add(session, clock.now(), user, first=accounts.first_password(), actor="cli:test") is None
    yield office
    office.close()
    database.close()


def begin(browser: Browser, wanted: str = "") -> str:
    """To the provider, which knows the person already; the address that it sends the browser back to."""
    to = browser.get(f"/sign-in/agency?wanted={wanted}")
    assert to.status_code == 303, to.text
    back: str = httpx2.get(to.location).headers["Location"]
    assert back.startswith(f"{PUBLIC_URL}/console/sign-in/agency/back?")
    return back


def come_back(browser: Browser, back: str) -> TestResponse:
    parts = urlsplit(back)
    return browser.get(f"{parts.path.removeprefix('/console')}?{parts.query}")


def sign_in(office: Console, wanted: str = "") -> tuple[Browser, TestResponse]:
    browser = office.browser()
    return browser, come_back(browser, begin(browser, wanted))


def refused(answer: TestResponse, words: str, status: int = 401) -> bool:
    return answer.status_code == status and words in answer.text and "checkin_console=" not in str(answer.headers)


def bindings(office: Console) -> list[tuple[str, str | None]]:
    i = m.ConsoleAgencyIdentity
    with office.database.read() as session:
        return [(name, subject) for name, subject in session.execute(select(i.name, i.subject))]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_who_the_agency_knows_signs_in_and_out(office: Console, provider: OidcProvider, algorithm: str):
    provider.algorithm = algorithm
    assert "以機關帳號登入" in office.browser().get("/sign-in").text
    browser, answer = sign_in(office, "/console/today/people")
    assert (answer.status_code, answer.location) == (303, "/console/today/people")
    # No password to change, no second step to set up: both are the agency's.
    assert "王小姐" in browser.get("/").text
    assert browser.get("/password").status_code == browser.get("/second-step").status_code == 409
    assert browser.get("/passkeys").status_code == 409
    assert bindings(office) == [(NAME, "subject-1")]
    browser.get("/")
    assert browser.post("/sign-out").location == "/console/sign-in"
    assert browser.get("/").status_code == 303
    with office.database.read() as session:
        actions = session.scalars(select(m.AuditEntry.action).order_by(m.AuditEntry.number)).all()
    assert actions == ["user.add", "user.bind", "user.sign_in"]


def test_an_account_is_its_persons_whatever_they_are_called_later_and_nobody_elses(
    office: Console, provider: OidcProvider
):
    assert sign_in(office)[1].status_code == 303
    provider.claims = {"preferred_username": "wang-married@agency.example"}
    assert sign_in(office)[1].status_code == 303
    provider.claims = {"sub": "subject-2"}
    assert refused(sign_in(office)[1], "沒有可用的後台帳號", 403)
    with office.database.write() as session:
        assert (
            accounts.reset(session, office.clock.now(), "wang", first=accounts.first_password(), actor="cli:test")
            is None
        )
    assert sign_in(office)[1].status_code == 303
    assert bindings(office) == [(NAME, "subject-2")]


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "x", "preferred_username": "hr"},
        {"sub": "x", "preferred_username": "WANG@agency.example"},
        {"sub": "x", "preferred_username": None, "email": NAME},
        {"sub": "x", "preferred_username": [NAME]},
    ],
)
def test_the_agency_alone_gives_nobody_an_account(office: Console, provider: OidcProvider, claims: dict[str, Any]):
    provider.claims = claims
    assert refused(sign_in(office)[1], "沒有可用的後台帳號", 403)
    assert bindings(office) == [(NAME, None)]


def test_a_disabled_account_is_refused_and_one_that_is_in_is_out(office: Console):
    browser, _ = sign_in(office)
    with office.database.write() as session:
        accounts.disable(session, office.clock.now(), "wang", actor="cli:test")
    assert browser.get("/").status_code == 303
    assert refused(sign_in(office)[1], "沒有可用的後台帳號", 403)


def test_no_password_opens_an_account_of_the_agency(office: Console):
    browser = office.browser()
    browser.get("/sign-in")
    for password in ("", "x"):
        assert refused(browser.post("/sign-in", {"username": "wang", "password": password}), "不正確")
    with office.database.write() as session:
        for _ in range(3):
            told = accounts.sign_in(session, office.clock.now(), "wang", checked_hash="", right=True)
    assert told is SignInRefusal.LOCKED
    # And no wrong one keeps its owner out.
    assert sign_in(office)[1].status_code == 303


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another try"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another-client"]},
        {"azp": "another-client"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"exp": None},
        {"iat": 1},
        {"sub": None},
        {"sub": "x" * 256},
        {"at_hash": "of another access token"},
    ],
)
def test_a_token_that_says_something_else_signs_nobody_in(
    office: Console, provider: OidcProvider, claims: dict[str, Any]
):
    provider.claims = claims
    assert refused(sign_in(office)[1], "沒有確認您的身分")
    assert bindings(office) == [(NAME, None)]


def none(claims: dict[str, Any]) -> str:
    """Signed by nobody."""
    parts = (json.dumps(each).encode() for each in ({"alg": "none", "kid": "rsa"}, claims))
    return ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts) + "."


def shared(claims: dict[str, Any]) -> str:
    """Signed with what the two share, which a provider's other clients might guess."""
    return jwt.encode({"alg": "HS256", "kid": "rsa"}, claims, OctKey.import_key(CLIENT_SECRET))


def strangers(claims: dict[str, Any]) -> str:
    """Signed with a key that is not the provider's, under its name."""
    return jwt.encode({"alg": "ES256", "kid": "ec"}, claims, ECKey.generate_key("P-256", {"kid": "ec"}))


@pytest.mark.parametrize("sign", [none, shared, strangers, lambda _: "no.token.at all", lambda _: 7, lambda _: "a.b"])
def test_a_token_that_the_provider_has_not_signed_signs_nobody_in(office: Console, provider: OidcProvider, sign: Any):
    provider.sign = sign
    assert refused(sign_in(office)[1], "沒有確認您的身分")


def test_an_answer_belongs_to_the_browser_that_asked_and_is_taken_once(office: Console):
    mine, thief = office.browser(), office.browser()
    back = begin(mine)
    # Somebody else's browser, with a try of its own or without: they would be in as me, or I as them.
    assert refused(come_back(thief, back), "從這個瀏覽器開始")
    begin(thief)
    assert refused(come_back(thief, back), "從這個瀏覽器開始")
    cookie = mine.client.get_cookie("checkin_agency", path="/console/sign-in/agency")
    assert cookie
    assert come_back(mine, back).status_code == 303
    assert refused(come_back(mine, back), "從這個瀏覽器開始")
    # Even with a copy of the cookie the code is used up.
    mine.client.set_cookie("checkin_agency", cookie.value, path="/console/sign-in/agency")
    assert refused(come_back(mine, back), "沒有確認您的身分")


def test_a_code_of_another_try_signs_nobody_in(office: Console):
    mine, theirs = office.browser(), office.browser()
    stolen = dict(each.split("=") for each in urlsplit(begin(theirs)).query.split("&"))["code"]
    state = urlsplit(begin(mine)).query.partition("state=")[2]
    assert refused(mine.get(f"/sign-in/agency/back?code={stolen}&state={state}"), "沒有確認您的身分")
    state = urlsplit(begin(mine)).query.partition("state=")[2]
    assert refused(mine.get(f"/sign-in/agency/back?error=access_denied&state={state}"), "沒有確認您的身分")
    back = begin(mine)
    assert refused(come_back(mine, f"{back}&iss=https://evil.example"), "沒有確認您的身分")


def test_while_the_provider_is_down_words_say_so_and_passwords_work(office: Console, provider: OidcProvider):
    with office.database.write() as session:
        password = accounts.reset(session, office.clock.now(), "hr", first=accounts.first_password(), actor="cli:test")
    provider.fails = True
    browser = office.browser()
    assert refused(browser.get("/sign-in/agency"), "目前沒有回應", 503)
    browser.get("/sign-in")
    assert browser.post("/sign-in", {"username": "hr", "password": password}).location == "/console/"
    provider.fails = False
    # It was asked a moment ago.
    assert refused(browser.get("/sign-in/agency"), "目前沒有回應", 503)
    office.clock.advance(seconds=6)
    back = begin(browser)
    provider.fails = True
    assert refused(come_back(browser, back), "目前沒有回應", 503)


def test_a_key_that_the_provider_has_changed_is_fetched(office: Console, provider: OidcProvider):
    assert sign_in(office)[1].status_code == 303
    provider.algorithm, known = "ES256", provider.keys["ES256"]
    provider.keys["ES256"] = ECKey.generate_key("P-256", {"kid": "ec-2", "use": "sig"})
    try:
        # One under a name never heard of makes us look, but not every time.
        assert refused(sign_in(office)[1], "沒有確認您的身分")
        office.clock.advance(seconds=31)
        assert sign_in(office)[1].status_code == 303
    finally:
        provider.keys["ES256"] = known


def test_an_administrator_makes_and_resets_an_account_of_the_agency(office: Console):
    admin = office.open(Role.ADMIN)
    # An account with a password, whose second step is asked for first.
    with office.database.write() as session:
        session.scalars(select(m.ConsoleUser).where(m.ConsoleUser.username == "admin")).one().totp_confirmed_at = (
            office.clock.now() - timedelta(days=1)
        )
    admin.get("/users")
    page = admin.post("/users", {"username": "li", "name": "李", "role": "hr", "agency_name": "li@agency.example"})
    assert "以機關帳號登入，沒有密碼" in page.text
    assert "尚未登入過" in page.text
    assert "以機關帳號登入，沒有密碼" in admin.post("/users/li/reset").text
    assert admin.post("/users", {"username": "l2", "name": "李", "role": "hr", "agency_name": NAME}).status_code == 400
    bad = User(username="l3", name="李", role=Role.HR, agency_name="a\0b")
    with office.database.write() as session, pytest.raises(CheckinError, match="1 to 255"):
        accounts.add(session, office.clock.now(), bad, first=accounts.first_password(), actor="cli:test")


def test_without_settings_there_is_no_way_to_the_agency(sqlite_url: str, clock: FakeClock):
    database = Database(sqlite_url)
    office = console(database, clock)
    browser = office.browser()
    assert "機關帳號" not in browser.get("/sign-in").text
    assert browser.get("/sign-in/agency").status_code == browser.get("/sign-in/agency/back").status_code == 404
    office.close()
    database.close()


def test_the_command_line_makes_such_accounts_where_there_is_a_provider(sqlite_url: str):
    words = ("user", "add", "wang", "--role", "hr", "--name", "王小姐", "--oidc", NAME)
    refusal = checkin(sqlite_url, *words)
    assert (refusal.exit_code, "CHECKIN_OIDC_ISSUER" in refusal.stderr) == (1, True)
    # Without the secret, which only the web service has.
    settings = {"oidc_issuer": "https://login.example.gov.tw", "oidc_client_id": CLIENT_ID}
    assert "沒有密碼" in checkin(sqlite_url, *words, **settings).stdout
    assert "重新綁定" in checkin(sqlite_url, "user", "reset", "wang", **settings).stdout
    [row] = json.loads(checkin(sqlite_url, "user", "list", "--format", "json", **settings).stdout)
    assert (row["agency_name"], row["agency_bound_at"], row["second_step"]) == (NAME, None, False)
