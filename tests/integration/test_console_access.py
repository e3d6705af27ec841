"""Who gets into the console and where: passwords, locks, the second step, sessions, forms, roles route by route."""

from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from checkin_api import accounts, audit
from checkin_api import models as m
from checkin_api.accounts import IDLE, LONGEST, locks
from checkin_api.db import Database
from checkin_api.domain.ids import Role, SignInRefusal
from checkin_api.web.pace import Pace
from checkin_api.web.sessions import COOKIE
from tests import builders
from tests.console import FORM_KEY, MINE, THEIRS, Console, console
from tests.fakes import FakeClock

NEW = "a longer password 1"
# Every page and who it is for besides admins; a page that is not here fails the test below.
EVERYBODY = {
    *("console.file", "console.nothing", "console.sign_in", "console.code", "console.language"),
    *("console.agency", "console.agency_back", "console.passkey_begin", "console.passkey"),
}
OWN = {
    *("console.sign_out", "console.own_password", "console.second_step"),
    *("console.passkeys", "console.passkeys_begin", "console.passkeys_add", "console.passkeys_remove"),
}
READERS = {Role.HR, Role.SUPERVISOR, Role.AUDITOR}
PAGES: dict[str, set[Role]] = {
    "console.home": READERS,
    "console.home_units": READERS,
    "console.home_people": READERS,
    "console.attendance": READERS,
    "console.attendance_search": READERS,
    "console.attendance_officer": READERS,
    "console.attendance_record": READERS,
    "console.audit": {Role.HR, Role.AUDITOR},
    "console.audit_verify": {Role.HR, Role.AUDITOR},
    "console.reports": READERS,
    "console.reports_fields": READERS,
    "console.reports_history": READERS,
    "console.reports_order": READERS,
    "console.reports_file": READERS,
    "console.reports_retry": READERS,
    "console.reports_downloads": {Role.HR, Role.AUDITOR},
    "console.exchange": READERS,
    "console.exchange_swipe": {Role.HR, Role.AUDITOR},
    "console.exchange_swipe_profile": {Role.HR, Role.AUDITOR},
    "console.exchange_swipe_copy": {Role.HR},
    "console.exchange_swipe_draft": {Role.HR},
    "console.exchange_swipe_preview": {Role.HR},
    "console.exchange_swipe_save": {Role.HR},
    "console.exchange_swipe_delete": {Role.HR},
    "console.exchange_file": {Role.HR},
    "console.exchange_file_check": {Role.HR},
    "console.exchange_file_download": {Role.HR},
    "console.exchange_file_order": {Role.HR},
    "console.exchange_placeholders": READERS,
    "console.exchange_form": READERS,
    "console.exchange_form_file": READERS,
    "console.exchange_form_filled": READERS,
    "console.exchange_form_keep": {Role.HR},
    "console.exchange_form_replace": {Role.HR},
    "console.exchange_form_delete": {Role.HR},
    "console.exchange_reconcile": {Role.HR, Role.AUDITOR},
    "console.exchange_reconciled": {Role.HR, Role.AUDITOR},
    "console.exchange_reconcile_file": {Role.HR, Role.AUDITOR},
    "console.fleet": {Role.HR, Role.AUDITOR, Role.INSTALLER},
    "console.fleet_sites": {Role.HR, Role.AUDITOR, Role.INSTALLER},
    "console.fleet_site": {Role.HR, Role.AUDITOR, Role.INSTALLER},
    "console.fleet_beacon": {Role.HR, Role.AUDITOR, Role.INSTALLER},
    "console.fleet_close": {Role.HR, Role.INSTALLER},
    "console.users": {Role.ADMIN},
    "console.users_add": {Role.ADMIN},
    "console.users_reset": {Role.ADMIN},
    "console.users_disable": {Role.ADMIN},
    "console.users_enable": {Role.ADMIN},
    "console.data": {Role.HR, Role.AUDITOR},
    "console.data_kind": {Role.HR, Role.AUDITOR},
    "console.data_file": {Role.HR, Role.AUDITOR},
    "console.data_check": {Role.HR},
    "console.data_import": {Role.HR},
    "console.rules_page": {Role.HR, Role.AUDITOR},
    "console.rules_shift": {Role.HR, Role.AUDITOR},
    "console.rules_shift_effect": {Role.HR},
    "console.rules_shift_save": {Role.HR},
    "console.rules_numbers": {Role.HR},
    "console.rules_numbers_effect": {Role.HR},
    "console.exceptions": READERS,
    "console.corrections": READERS,
    "console.corrections_attachment": READERS,
    "console.corrections_approve": {Role.HR, Role.SUPERVISOR},
    "console.corrections_approve_several": {Role.HR, Role.SUPERVISOR},
    "console.corrections_reject": {Role.HR, Role.SUPERVISOR},
    "console.corrections_withdraw": {Role.HR, Role.SUPERVISOR},
    "console.corrections_request": {Role.HR},
    "console.corrections_new": {Role.HR},
    "console.outages": {Role.HR, Role.AUDITOR},
    "console.outages_one": {Role.HR, Role.AUDITOR},
    "console.outages_enter": {Role.HR},
    "console.outages_end": {Role.HR},
    "console.outages_dismiss": {Role.HR},
    "console.outages_confirm": {Role.HR},
    "console.privacy": {Role.HR},
    "console.privacy_answer": {Role.HR},
    "console.privacy_retention": {Role.HR, Role.AUDITOR},
    "console.privacy_retention_certificate": {Role.HR, Role.AUDITOR},
    "console.privacy_breaches": {Role.HR},
    "console.privacy_breaches_begin": {Role.HR},
    "console.privacy_breach": {Role.HR},
    "console.privacy_concerned": {Role.HR},
    "console.privacy_told": {Role.HR},
    "console.privacy_breach_note": {Role.HR},
}


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock) -> Iterator[Console]:
    database = Database(sqlite_url)
    office = console(database, clock)
    yield office
    office.close()
    database.close()


@pytest.fixture
def first_password(office: Console) -> str:
    with office.database.write() as session:
        return (
            accounts.reset(session, office.clock.now(), "hr", first=accounts.first_password(), actor="cli:test") or ""
        )


def test_every_page_is_for_the_roles_that_are_written_down(office: Console):
    rules = {
        rule.endpoint: getattr(office.app.view_functions[rule.endpoint], "_console_roles", "nobody")
        for rule in office.app.url_map.iter_rules()
        if rule.endpoint.startswith("console.")
    }
    expected: dict[str, object] = dict.fromkeys(EVERYBODY)
    expected |= dict.fromkeys(OWN, frozenset(Role))
    expected |= {name: frozenset(roles) for name, roles in PAGES.items()}
    assert rules == expected


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_its_pages_and_no_others(office: Console, role: Role):
    browser = office.open(role)
    for rule in office.app.url_map.iter_rules():
        if rule.endpoint in PAGES and "GET" in (rule.methods or ()) and not rule.arguments:
            status = browser.get(rule.rule.removeprefix("/console")).status_code
            allowed = role is Role.ADMIN or role in PAGES[rule.endpoint]
            if role is Role.INSTALLER and rule.endpoint == "console.home":
                assert browser.get("/").location == "/console/fleet"
                continue
            expected = {200} if allowed else {403}
            # Some ask for something: whose record, which leak.
            assert status in expected | ({303, 404, 422} if allowed else set()), (rule.endpoint, status)


def test_nobody_who_is_not_signed_in_sees_anything(office: Console):
    browser = office.browser()
    for rule in office.app.url_map.iter_rules():
        if rule.endpoint in (PAGES.keys() | OWN) and "GET" in (rule.methods or ()) and not rule.arguments:
            answer = browser.get(rule.rule.removeprefix("/console"))
            assert answer.status_code == 303, rule.endpoint
            assert answer.location.startswith("/console/sign-in")


def test_the_first_password_must_be_changed_before_anything_else(office: Console, first_password: str):
    browser = office.browser()
    browser.get("/sign-in")
    assert browser.post("/sign-in", {"username": "hr", "password": first_password}).location == "/console/"
    assert browser.get("/").location == "/console/password"
    browser.get("/password")
    assert browser.post("/password", {"old": first_password, "new": NEW, "again": NEW}).location == "/console/"
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "again", "words"),
    [
        ("wrong", NEW, NEW, "帳號或密碼不正確"),
        ("", "short", "short", "12 至 200"),
        ("", NEW, NEW + "x", "兩次輸入的新密碼不同"),
        ("", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "太容易猜"),
        ("", "", "", "12 至 200"),
    ],
)
def test_a_bad_new_password_is_refused_in_words(
    office: Console, first_password: str, old: str, new: str, again: str, *, words: str
):
    browser = office.browser()
    browser.get("/sign-in")
    browser.post("/sign-in", {"username": "hr", "password": first_password})
    browser.get("/password")
    answer = browser.post("/password", {"old": old or first_password, "new": new, "again": again})
    assert answer.status_code == 409
    assert words in answer.text


def test_five_wrong_passwords_lock_the_account_for_a_while(office: Console, first_password: str):
    browser = office.browser()
    browser.get("/sign-in")
    for _ in range(4):
        assert "不正確" in browser.post("/sign-in", {"username": "hr", "password": "guess"}).text
    assert "鎖定 15 分鐘" in browser.post("/sign-in", {"username": "hr", "password": "guess"}).text
    # Not even the right one opens it now, and the words do not tell whether it was.
    assert "鎖定 15 分鐘" in browser.post("/sign-in", {"username": "hr", "password": first_password}).text
    office.clock.advance(minutes=15, seconds=1)
    assert browser.post("/sign-in", {"username": " HR ", "password": first_password}).status_code == 303
    with office.database.read() as session:
        actions = session.scalars(select(m.AuditEntry.action).order_by(m.AuditEntry.number)).all()
    assert actions[-2:] == ["user.lock", "user.sign_in"]


@pytest.mark.parametrize(("proxies", "admitted"), [(0, False), (1, True)])
def test_tries_are_counted_by_the_address_that_the_proxy_tells(
    sqlite_url: str, clock: FakeClock, proxies: int, *, admitted: bool
):
    database = Database(sqlite_url)
    office = console(database, clock, proxies=proxies)
    # As few as show it: each try costs what a password's hash is meant to cost.
    office.app.extensions["sign_in_pace"] = Pace(2)
    for number in range(6):
        browser = office.browser()
        browser.headers = {"X-Forwarded-For": f"10.0.0.{number}"}
        browser.get("/sign-in")
        answer = browser.post("/sign-in", {"username": "nobody", "password": ""}, key="")
    assert ("嘗試太頻繁" not in answer.text) is admitted
    office.close()
    database.close()


@pytest.mark.usefixtures("first_password")
def test_a_name_that_does_not_exist_is_answered_like_one_that_does_the_lock_too(office: Console):
    browser = office.browser()
    with office.database.write() as session:
        accounts.disable(session, office.clock.now(), "auditor", actor="cli:test")
    answers: dict[str, list[tuple[int, str]]] = {}
    for name in ("hr", "nobody", "auditor"):
        browser.get("/sign-in")
        tries = [browser.post("/sign-in", {"username": name, "password": "guess"})]
        with office.database.write() as session:
            # Without the work of a password.
            for _ in range(3):
                told = accounts.sign_in(session, office.clock.now(), name, checked_hash="", right=False)
                assert told is SignInRefusal.WRONG
        tries += [browser.post("/sign-in", {"username": name, "password": "guess"}) for _ in range(2)]
        answers[name] = [(each.status_code, each.text) for each in tries]
    assert answers["hr"] == answers["nobody"] == answers["auditor"]
    assert ["鎖定 15 分鐘" in text for _, text in answers["hr"]] == [False, True, True]
    # What is counted of one name is not of another's.
    assert "不正確" in browser.post("/sign-in", {"username": "installer", "password": "guess"}).text


def test_who_signs_in_meanwhile_is_not_seen_by_who_tries_a_name(office: Console, first_password: str):
    owner, stranger = office.browser(), office.browser()
    stranger.get("/sign-in")
    with office.database.write() as session:
        for _ in range(4):
            accounts.sign_in(session, office.clock.now(), "hr", checked_hash="", right=False)
    owner.get("/sign-in")
    assert owner.post("/sign-in", {"username": "hr", "password": first_password}).status_code == 303
    assert "鎖定 15 分鐘" in stranger.post("/sign-in", {"username": "hr", "password": "guess"}).text


def test_wrong_passwords_are_forgotten_after_a_while_and_their_rows_deleted(database: Database, clock: FakeClock):
    for number in range(3):
        with database.write() as session:
            assert [locks.count(session, clock.now(), f"name{number}") for _ in range(4)] == [False] * 4
        clock.advance(minutes=15, seconds=1)
    with database.write() as session:
        # The first of the next five.
        assert not locks.count(session, clock.now(), "name2")
        assert session.scalars(select(m.ConsoleLock.failures)).all() == [1]
        assert [locks.count(session, clock.now(), "name2") for _ in range(4)] == [False] * 3 + [True]
        assert locks.is_locked(session, clock.now(), "name2")
        assert not locks.is_locked(session, clock.now(), "name1")


def test_the_lock_of_a_name_that_nobody_has_leaves_nothing_in_the_audit_log(database: Database, clock: FakeClock):
    with database.write() as session:
        builders.console_user(session, username="hr", role=Role.HR)
    # Longer than any text that is stored, and with what PostgreSQL cannot store.
    for name in ("x" * 5000, "hr", "\0\N{SNOWMAN}"):
        with database.write() as session:
            told = [accounts.sign_in(session, clock.now(), name, checked_hash="?", right=False) for _ in range(5)]
        assert told == [SignInRefusal.WRONG] * 4 + [SignInRefusal.LOCKED]
    with database.read() as session:
        entries = session.execute(select(m.AuditEntry.number, m.AuditEntry.action, m.AuditEntry.subject)).all()
        assert isinstance(audit.verify(session), audit.Whole)
    assert entries == [(1, "user.lock", "user:hr")]


def test_names_share_a_fixed_number_of_places(office: Console, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(locks, "PLACES", 3)
    with office.database.write() as session:
        for number in range(50):
            locks.count(session, office.clock.now(), f"flood{number}")
        assert len(session.scalars(select(m.ConsoleLock)).all()) <= 3


def test_a_reset_opens_what_wrong_passwords_have_locked(office: Console):
    now = office.clock.now()
    with office.database.write() as session:
        assert [locks.count(session, now, "hr") for _ in range(5)] == [False] * 4 + [True]
        locked = {row.username: row.locked_until for row in accounts.users(session, now)}
        assert locked["hr"] == now + locks.LOCK
        assert accounts.reset(session, now, "hr", first=accounts.first_password(), actor="cli:test")
        assert not locks.is_locked(session, now, "hr")


def test_the_second_step_is_set_up_and_each_code_opens_once(sqlite_url: str, clock: FakeClock):
    database = Database(sqlite_url)
    office = console(database, clock, console_second_step="required")
    with database.write() as session:
        password = accounts.reset(session, clock.now(), "hr", first=accounts.first_password(), actor="cli:test") or ""
    browser = office.browser()
    browser.get("/sign-in")
    browser.post("/sign-in", {"username": "hr", "password": password})
    browser.get("/password")
    browser.post("/password", {"old": password, "new": NEW, "again": NEW})
    assert browser.get("/").location == "/console/second-step"
    secret = browser.get("/second-step").text.partition("<code>")[2].partition("</code>")[0]
    totp = pyotp.TOTP(secret)
    assert "驗證碼不正確" in browser.post("/second-step", {"code": "000000"}).text
    form = {"code": totp.at(clock.now()), "form_key": FORM_KEY.search(browser.page)[1]}  # type: ignore[index]
    assert browser.client.post("/console/second-step", data=form).location == "/console/"
    # The second of two clicks changes nothing.
    assert browser.client.post("/console/second-step", data=form).status_code in {303, 409}
    other = office.browser()
    other.get("/sign-in")
    assert other.post("/sign-in", {"username": "hr", "password": NEW}).location.startswith("/console/sign-in/code")
    assert other.get("/").location.startswith("/console/sign-in")
    other.get("/sign-in/code")
    # The code that set it up is used; the next one is not.
    assert "已用過" in other.post("/sign-in/code", {"code": totp.at(clock.now())}).text
    clock.advance(seconds=30)
    assert other.post("/sign-in/code", {"code": totp.at(clock.now())}).location == "/console/"
    assert other.get("/").status_code == 200
    office.close()
    database.close()


def test_a_session_stolen_before_signing_out_opens_nothing_after(office: Console):
    browser, thief = office.open(Role.HR), office.browser()
    cookie = browser.client.get_cookie(COOKIE, path="/console/")
    assert cookie
    thief.client.set_cookie(COOKIE, cookie.value, path="/console/")
    assert thief.get("/").status_code == 200
    assert browser.post("/sign-out").location == "/console/sign-in"
    assert thief.get("/").status_code == 303


def test_a_session_ends_when_it_rests_and_at_the_end_of_the_day(office: Console):
    browser = office.open(Role.HR)
    office.clock.advance(seconds=IDLE.total_seconds() - 1)
    assert browser.get("/").status_code == 200
    office.clock.advance(seconds=IDLE.total_seconds() + 1)
    assert browser.get("/").status_code == 303
    browser = office.open(Role.HR)
    for _ in range(LONGEST // timedelta(minutes=20)):
        assert browser.get("/").status_code == 200
        office.clock.advance(minutes=20)
    assert browser.get("/").status_code == 200
    office.clock.advance(seconds=1)
    assert browser.get("/").status_code == 303


def test_what_looks_by_itself_keeps_nobody_signed_in(office: Console):
    browser = office.open(Role.HR)
    browser.headers = {"HX-Request": "true", "X-Poll": "1"}
    for _ in range(3):
        assert browser.get("/today/units").status_code == 200
        office.clock.advance(minutes=11)
    answer = browser.get("/today/units")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/console/sign-in")


def test_a_disabled_account_is_out_at_once(office: Console):
    browser = office.open(Role.HR)
    with office.database.write() as session:
        accounts.disable(session, office.clock.now(), "hr", actor="cli:test")
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    ("key", "headers"),
    [
        ("", {}),
        ("forged", {}),
        (None, {"Origin": "https://evil.example"}),
        (None, {"Sec-Fetch-Site": "cross-site"}),
        (None, {"Origin": "null"}),
    ],
)
def test_a_form_of_another_site_does_nothing(office: Console, key: str | None, headers: dict[str, str]):
    browser = office.open(Role.HR)
    found = FORM_KEY.search(browser.get("/").text)
    assert found
    browser.headers = headers
    answer = browser.post("/sign-out", key=found[1] if key is None else key)
    assert (answer.status_code, "頁面已過期" in answer.text) == (403, True)
    browser.headers = {}
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/console/", "/console\\evil", "/liff/", "javascript:alert(1)"]
)
def test_after_signing_in_nobody_is_sent_elsewhere(office: Console, first_password: str, wanted: str):
    browser = office.browser()
    browser.get("/sign-in")
    answer = browser.post("/sign-in", {"username": "hr", "password": first_password, "wanted": wanted})
    assert answer.location == "/console/"


def test_a_supervisor_sees_the_own_unit_and_below_and_a_try_of_another_is_logged(
    office: Console, caplog: pytest.LogCaptureFixture
):
    browser = office.open(Role.SUPERVISOR)
    assert "晨光派出所" in browser.get("/").text
    assert "松濤派出所" not in browser.page
    assert browser.get(f"/today/people?unit={MINE}").status_code == 200
    answer = browser.get(f"/today/people?unit={THEIRS}")
    assert answer.status_code == 404
    assert "您的權限內沒有單位 S02" in answer.text
    assert "console:supervisor asked for unit S02, which is not theirs" in caplog.text


@pytest.mark.parametrize("query", ["?day=2026-13-01", "?day=abc", "?day=0001-01-01", "?day=9999-12-31"])
def test_a_date_that_is_none_is_refused_in_words(office: Console, query: str):
    answer = office.open(Role.HR).get(f"/{query}")
    assert (answer.status_code, "網址參數 day 不正確" in answer.text) == (422, True)


def test_an_address_that_is_none_is_a_page_that_says_so(office: Console):
    answer = office.open(Role.HR).get("/<script>alert(1)</script>")
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_language_is_the_browsers_until_one_is_chosen(office: Console):
    browser = office.open(Role.HR)
    browser.headers = {"Accept-Language": "en-GB,en;q=0.9"}
    assert "Today" in browser.get("/").text
    browser.headers = {}
    assert "今日" in browser.get("/").text
    assert browser.get("/language/en?wanted=/console/today/people").location == "/console/today/people"
    assert "Today" in browser.get("/").text


def test_a_secret_that_was_shown_and_never_confirmed_opens_nothing(office: Console):
    now, vault = office.clock.now(), office.app.extensions["vault"]
    with office.database.write() as session:
        user = session.scalars(select(m.ConsoleUser).where(m.ConsoleUser.username == "hr")).one()
        address = accounts.begin_second_step(session, vault, user.id)
        assert address
        shown = pyotp.parse_uri(address)
        assert isinstance(shown, pyotp.TOTP)
        assert accounts.takes_code(session, now, vault, user.id, shown.at(now)) is SignInRefusal.CODE_WRONG
        assert user.sealed_totp is None


@pytest.mark.parametrize("path", ["/fleet/site?code=%00", "/audit?actor=a%00b", "/corrections?%00=1"])
def test_nul_in_an_address_is_refused_in_words(office: Console, path: str):
    assert office.open(Role.ADMIN).get(path).status_code == 422


def test_nul_in_a_form_is_refused_in_words(office: Console):
    form = {"username": "li", "name": "a\0b", "role": "hr"}
    assert office.open(Role.ADMIN).post("/users", form).status_code == 422


@pytest.mark.parametrize("wanted", ["//[", "https://[x", "/console/../x\\"])
def test_an_address_to_go_on_to_that_is_none_is_the_first_page(office: Console, wanted: str):
    assert office.browser().get(f"/sign-in?wanted={wanted}").status_code == 200


def test_what_is_wrong_in_a_form_that_htmx_sent_is_said_beside_it_and_what_is_right_leads_on(office: Console):
    browser = office.open(Role.ADMIN)
    browser.get("/users")
    browser.headers["HX-Request"] = "true"
    answer = browser.post("/users", {"username": "li", "name": "李", "role": "supervisor"})
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (400, "#problem")
    assert "主管帳號須指定單位" in answer.text
    assert "<html" not in answer.text
    answer = browser.post("/users/hr/disable")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/console/users")
