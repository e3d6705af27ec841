"""``checkin line``: what is set up at LINE itself."""

import sys

import click

from checkin_api.cli.common import open_database
from checkin_api.clock import SystemClock

_WORDS = {
    "kept": "未變，保留 / unchanged, kept",
    "created": "已建立 / created",
    "default": "已設為預設 / set as the default",
    "linked": "已給已綁定者 / given to who is enrolled",
    "deleted": "已刪除舊的 / deleted an old one",
}


@click.group()
def command() -> None:
    """LINE 平台上的設定 / What is set up at the LINE Platform."""


@command.command()
@click.option("--dry-run", is_flag=True, help="只說明，不更動 / Say what would be done, change nothing.")
def menus(*, dry_run: bool) -> None:
    """圖文選單 / Make the rich menus, and give each officer who is enrolled theirs; can be repeated.

    Needs CHECKIN_LINE_CHANNEL_ACCESS_TOKEN; with CHECKIN_LIFF_ID the menus open the check-in page.
    """
    with open_database("line_channel_access_token") as (settings, database):
        from checkin_api.line.menu_client import MOST_USERS, MenuClient  # noqa: PLC0415 (the SDK takes a second to load)
        from checkin_api.menus import plan, set_up  # noqa: PLC0415

        token = settings.line_channel_access_token.get_secret_value()
        client = MenuClient(settings.line_api_url, settings.line_data_url, token)
        try:
            planned = plan(database, client, settings.liff_id)
            if dry_run:
                _say_plan(kept=len(planned.kept), new=[menu.kind for menu in planned.new], old=len(planned.outdated))
                click.echo(f"{_WORDS['linked']}: {len(planned.user_ids)}")
                return
            for step in set_up(database, client, SystemClock().now(), planned, at_once=MOST_USERS):
                _say(step.what, step.subject, step.share)
        finally:
            client.close()


def _say_plan(*, kept: int, new: list[str], old: int) -> None:
    click.echo("試跑，未更動任何東西 / dry run, nothing is changed")
    click.echo(f"{_WORDS['kept']}: {kept}")
    click.echo(f"要建立 / to create: {', '.join(new) or '0'}")
    click.echo(f"要刪除舊的 / old ones to delete: {old}")


def _say(what: str, subject: str, share: tuple[int, int] | None) -> None:
    if share is None:
        click.echo(f"{_WORDS[what]}: {subject}")
        return
    done, total = share
    is_last = done == total
    # On a terminal the number grows in its place; elsewhere only the last one is said.
    if is_last or sys.stdout.isatty():
        click.echo(
            f"\r{_WORDS[what]}: {done}/{total}" if sys.stdout.isatty() else f"{_WORDS[what]}: {total}", nl=is_last
        )
