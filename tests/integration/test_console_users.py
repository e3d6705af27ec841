"""The console's accounts: an admin makes, resets and disables them; a first password is shown once."""

from collections.abc import Iterator

import pytest

from checkin_api.db import Database
from checkin_api.domain.ids import Role
from tests.console import MINE, Browser, Console, console
from tests.fakes import FakeClock


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock) -> Iterator[Console]:
    database = Database(sqlite_url)
    office = console(database, clock)
    yield office
    office.close()
    database.close()


def password(browser: Browser) -> str:
    return browser.page.partition('<code class="strong">')[2].partition("</code>")[0]


def signs_in(office: Console, username: str, word: str) -> bool:
    browser = office.browser()
    browser.get("/sign-in")
    return bool(browser.post("/sign-in", {"username": username, "password": word}).status_code == 303)


def test_an_account_is_made_used_reset_and_disabled(office: Console):
    admin = office.open(Role.ADMIN)
    admin.get("/users")
    form = {"username": " Wang ", "name": "王小姐", "role": "supervisor", "unit": MINE, "staff_no": "A0001"}
    assert admin.post("/users", form).status_code == 200
    first = password(admin)
    assert signs_in(office, "wang", first)
    assert first not in admin.get("/users").text
    assert admin.post("/users/wang/reset").status_code == 200
    second = password(admin)
    assert (signs_in(office, "wang", first), signs_in(office, "wang", second)) == (False, True)
    assert admin.post("/users/wang/disable").status_code == 303
    assert not signs_in(office, "wang", second)
    admin.get("/users")
    assert admin.post("/users/wang/enable").status_code == 303
    assert signs_in(office, "wang", second)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"username": "hr"}, "帳號 hr 已存在"),
        ({"username": "王"}, "帳號為 2 至 64 個"),
        ({"role": "king"}, "沒有這個角色"),
        ({"role": "supervisor", "unit": ""}, "主管帳號須指定單位"),
        ({"role": "supervisor", "unit": "NOPE"}, "沒有單位 NOPE"),
        ({"staff_no": "NOPE"}, "沒有員警編號 NOPE"),
        ({"name": " "}, "請填姓名"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_words(office: Console, form: dict[str, str], words: str):
    admin = office.open(Role.ADMIN)
    admin.get("/users")
    answer = admin.post("/users", {"username": "new", "name": "新人", "role": "hr", **form})
    assert answer.status_code in {400, 404, 422}
    assert words in answer.text


def test_nobody_locks_themselves_out_and_no_other_role_makes_accounts(office: Console):
    admin = office.open(Role.ADMIN)
    admin.get("/users")
    assert admin.post("/users/admin/disable").status_code == 409
    hr = office.open(Role.HR)
    assert hr.post("/users", {"username": "new", "name": "新人", "role": "admin"}).status_code == 403
