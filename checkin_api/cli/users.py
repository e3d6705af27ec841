"""``checkin user``: accounts of the console."""

from dataclasses import asdict

import click

from checkin_api import accounts
from checkin_api.cli.common import command_line_actor, format_option, local_time, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.domain.ids import Role
from checkin_api.errors import CheckinError

_BY_AGENCY = "以機關帳號登入，沒有密碼 / signs in with the agency and has no password"


@click.group()
def command() -> None:
    """帳號 / Accounts of the console: add, list, reset, disable."""


@command.command()
@click.argument("username")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="角色 / Role.")
@click.option("--name", required=True, help="姓名 / The person's name.")
@click.option("--unit", help="主管的單位代碼 / A supervisor's unit.")
@click.option("--staff-no", help="本人的員警編號，使其不能審核自己的申請 / Their own staff number.")
@click.option(
    "--oidc", "agency_name", help="以機關帳號登入：機關怎麼稱呼此人 / The agency's name for them: no password."
)
def add(  # noqa: PLR0913 (one per option)
    username: str, *, role: str, name: str, unit: str | None, staff_no: str | None, agency_name: str | None
) -> None:
    """新增 / Add an account and print its first password, once; it must be changed at the first sign-in."""
    user = accounts.User(
        username=username, name=name, role=Role(role), unit=unit, staff_no=staff_no, agency_name=agency_name
    )
    first = accounts.first_password()
    with open_database() as (settings, database), database.write() as session:
        if agency_name is not None and not settings.oidc_issuer:
            raise CheckinError("沒有設定機關帳號登入 / signing in with the agency is not set up: CHECKIN_OIDC_ISSUER")
        password = accounts.add(session, SystemClock().now(), user, first=first, actor=command_line_actor())
    click.echo(password or f"{_BY_AGENCY}: {agency_name}")


@command.command("list")
@format_option
def list_(form: str) -> None:
    """列出 / List the accounts."""
    with open_database() as (settings, database), database.read() as session:
        rows = accounts.users(session, SystemClock().now())
        zone = settings.zone
    times = ("agency_bound_at", "locked_until", "made_at", "disabled_at")
    show([{**asdict(row), **{name: local_time(getattr(row, name), zone) for name in times}} for row in rows], form)


@command.command()
@click.argument("username")
def reset(username: str) -> None:
    """重設 / Print a new first password; ends all sessions, the lock and the second step (app and passkeys)."""
    first = accounts.first_password()
    with open_database() as (_, database), database.write() as session:
        password = accounts.reset(session, SystemClock().now(), username, first=first, actor=command_line_actor())
    click.echo(password or f"{_BY_AGENCY}; 下次登入重新綁定 / the next sign-in there binds it anew")


@command.command()
@click.argument("username")
def disable(username: str) -> None:
    """停用 / Let nobody sign in with an account any more; its sessions end at once."""
    with open_database() as (_, database), database.write() as session:
        changed = accounts.disable(session, SystemClock().now(), username, actor=command_line_actor())
    click.echo(f"已停用 / disabled: {username}" if changed else f"先前已停用 / was disabled already: {username}")


@command.command()
@click.argument("username")
def enable(username: str) -> None:
    """恢復 / Let a disabled account sign in again."""
    with open_database() as (_, database), database.write() as session:
        changed = accounts.enable(session, SystemClock().now(), username, actor=command_line_actor())
    click.echo(f"已恢復 / enabled: {username}" if changed else f"未曾停用 / was not disabled: {username}")
