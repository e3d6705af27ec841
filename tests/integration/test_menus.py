"""Rich menus at LINE: made once, kept, replaced, and changed with each account that is bound or released."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from checkin_api import enrolment
from checkin_api import models as m
from checkin_api.courier import Courier
from checkin_api.db import Database
from checkin_api.domain.ids import LineUserId, MenuKind
from checkin_api.line.client import LineClient
from checkin_api.line.menus import NAME_PREFIX
from checkin_api.menus import problem, shower
from tests import builders, webhooks
from tests.commands import checkin
from tests.fakes import FakeClock
from tests.line_platform import LinePlatform, PlatformConfig

ANN, BEN, NEWCOMER = (webhooks.user(number) for number in (1, 2, 3))
KEY = b"k" * 32
LIFF_ID = "1650000002-AbcdEfgh"


@pytest.fixture
def line() -> Iterator[LinePlatform]:
    with LinePlatform(PlatformConfig(channel_access_token="stand-in-channel-access-token")) as line:
        for name, user in (("王小明", ANN), ("李大華", BEN), ("新人", NEWCOMER)):
            line.add_phone(name, user)
        yield line


class Account:
    """The channel's menus, the command that makes them, and the courier that changes one phone's."""

    def __init__(self, database: Database, line: LinePlatform, clock: FakeClock) -> None:
        self.database, self.line, self.clock = database, line, clock
        with database.write() as session:
            for number, user in ((1, ANN), (2, BEN)):
                builders.line_account(session, builders.officer(session, staff_no=f"A000{number}"), user)
            builders.officer(session, staff_no="A0003")

    def run(self, *options: str, exit_code: int = 0, **settings: str) -> str:
        urls = {"line_api_url": self.line.url, "line_data_url": self.line.url}
        url = self.database.url.render_as_string(hide_password=False)
        result = checkin(url, "line", "menus", *options, **{**urls, **settings})
        assert result.exit_code == exit_code, result.output
        return result.output

    def shown(self, user: str) -> str | None:
        """The kind of menu that a phone shows."""
        menu = self.line.world.rich_menus.shown_to(user)
        return menu.menu["name"].split(":")[1] if menu else None

    def names(self) -> list[str]:
        return sorted(menu.menu["name"] for menu in self.line.world.rich_menus.all())

    def tell(self) -> None:
        """As the decider does it."""
        client = LineClient(self.line.url, self.line.config.channel_access_token, connections=1)
        courier = Courier(
            self.database, self.clock, m.MenuLink, shower(self.database, client), threads=1, forget_sent=True
        )
        for _ in range(200):
            courier.step()
            with self.database.read() as session:
                if not session.scalar(select(func.count(m.MenuLink.id))):
                    break
            self.line.world.closing.wait(0.01)
        courier.close()
        client.close()

    def bind(self) -> None:
        with self.database.write() as session:
            code = enrolment.issue_code(session, self.clock.now(), "A0003", actor="cli:hr", key=KEY).code
            enrolment.enrol(session, self.clock.now(), LineUserId(NEWCOMER), staff_no="A0003", code=code, key=KEY)

    def waiting(self) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count(m.MenuLink.id))) or 0


@pytest.fixture
def account(database: Database, line: LinePlatform, clock: FakeClock) -> Account:
    return Account(database, line, clock)


def test_everybody_gets_the_menu_that_fits_them(account: Account):
    output = account.run()
    assert "已建立 / created: enrolled" in output
    assert output.splitlines()[-1] == "已給已綁定者 / given to who is enrolled: 2"
    assert [account.shown(user) for user in (ANN, BEN, NEWCOMER)] == ["enrolled", "enrolled", "new"]
    with account.database.read() as session:
        stored = dict(session.execute(select(m.RichMenu.kind, m.RichMenu.line_menu_id)).all())
        assert problem(session, "") is None
        assert problem(session, LIFF_ID) == "outdated"
    assert stored == {
        MenuKind(menu.menu["name"].split(":")[1]): menu.id for menu in account.line.world.rich_menus.all()
    }


def test_run_again_it_keeps_what_is_unchanged(account: Account):
    account.run()
    before = account.names()
    assert "已建立" not in account.run()
    assert account.names() == before
    creates = [call for call in account.line.api_calls("/v2/bot/richmenu") if call.path == "/v2/bot/richmenu"]
    assert len(creates) == 2


def test_changed_menus_replace_ours_and_leave_other_programs_menus_alone(account: Account):
    foreign = {
        "size": {"width": 800, "height": 250},
        "selected": False,
        "name": "shop",
        "chatBarText": "x",
        "areas": [],
    }
    account.line.world.rich_menus.create(foreign)
    account.run()
    old = account.names()
    assert "已刪除舊的" in account.run(liff_id=LIFF_ID)
    assert len(account.names()) == 3
    assert set(account.names()) & set(old) == {"shop"}
    assert account.shown(ANN) == "enrolled"
    uris = [a["action"].get("uri") for a in account.line.world.rich_menus.shown_to(ANN).menu["areas"]]  # type: ignore[union-attr]  # it is there
    assert f"https://liff.line.me/{LIFF_ID}" in uris


def test_what_was_interrupted_is_finished_by_the_next_run(account: Account):
    account.line.fail_api("/v2/bot/richmenu/richmenu-", status=500)
    assert "HTTP 500" in account.run(exit_code=1)
    account.run()
    assert (account.shown(ANN), account.shown(NEWCOMER)) == ("enrolled", "new")
    assert len(account.names()) == 2


def test_a_dry_run_changes_nothing(account: Account):
    output = account.run("--dry-run")
    assert "要建立 / to create: enrolled, new" in output
    assert account.names() == []


@pytest.mark.parametrize(
    ("status", "said"), [(401, "check CHECKIN_LINE_CHANNEL_ACCESS_TOKEN"), (429, "in an hour"), (503, "HTTP 503")]
)
def test_a_refusal_says_what_to_do_in_one_line(account: Account, status: int, said: str):
    account.line.fail_api("/v2/bot/richmenu", status=status)
    output = account.run(exit_code=1)
    assert said in output
    assert len(output.splitlines()) == 1
    assert "Traceback" not in output


def test_more_than_500_officers_are_linked_in_several_requests(account: Account):
    with account.database.write() as session:
        for number in range(600):
            builders.line_account(session, builders.officer(session), webhooks.user(1000 + number))
    assert "602" in account.run()
    bulk = account.line.api_calls("/v2/bot/richmenu/bulk/link")
    assert len(bulk) == 2


def test_who_binds_an_account_gets_the_other_menu_and_who_is_released_the_first_again(account: Account):
    account.run()
    account.bind()
    assert account.shown(NEWCOMER) == "new"
    account.tell()
    assert account.shown(NEWCOMER) == "enrolled"
    with account.database.write() as session:
        enrolment.release(session, account.clock.now(), "A0003", actor="cli:hr")
    account.tell()
    assert account.shown(NEWCOMER) == "new"
    assert account.waiting() == 0


def test_a_menu_that_line_does_not_take_now_is_tried_again(account: Account):
    account.run()
    account.line.fail_api("/v2/bot/user/", status=500)
    account.bind()
    client = LineClient(account.line.url, account.line.config.channel_access_token, connections=1)
    courier = Courier(account.database, account.clock, m.MenuLink, shower(account.database, client), threads=1)
    courier.step()
    while not account.line.api_calls("/v2/bot/user/U"):
        account.line.world.closing.wait(0.01)
    courier.close()
    client.close()
    with account.database.read() as session:
        link = session.scalars(select(m.MenuLink)).one()
    assert (link.attempts, link.state, "U" in link.error) == (1, "pending", False)
    account.clock.advance(seconds=1)
    account.tell()
    assert account.shown(NEWCOMER) == "enrolled"


def test_without_menus_at_line_binding_asks_nothing_of_it(account: Account):
    account.bind()
    account.tell()
    assert account.waiting() == 0
    assert account.line.api_calls("/v2/bot/user/") == []


def test_who_enrols_before_following_gets_the_menu_when_they_follow(account: Account):
    account.run()
    account.line.unfollow(NEWCOMER)
    account.bind()
    account.tell()
    assert account.shown(NEWCOMER) == "new"
    account.line.follow(NEWCOMER)
    with account.database.write() as session:
        enrolment.set_friend(session, account.clock.now(), LineUserId(NEWCOMER), is_friend=True)
    account.clock.advance(seconds=timedelta(seconds=1).total_seconds())
    account.tell()
    assert account.shown(NEWCOMER) == "enrolled"


def test_the_menus_arrive_at_line_as_they_are_defined(account: Account):
    account.run(liff_id=LIFF_ID)
    from checkin_api.line.menus import menus  # noqa: PLC0415 (beside what is compared with it)

    stored = {menu.menu["name"]: menu.menu for menu in account.line.world.rich_menus.all()}
    for menu in menus(LIFF_ID):
        assert menu.name.startswith(f"{NAME_PREFIX}:")
        assert json.loads(json.dumps(stored[menu.name])) == menu.body
