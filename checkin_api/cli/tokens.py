"""``checkin token``: bearer tokens for people and programs that use the API."""

from dataclasses import asdict

import click

from checkin_api import tokens
from checkin_api.cli.common import command_line_actor, format_option, local_time, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.domain.ids import Role
from checkin_api.models.base import LARGEST_ID


@click.group()
def command() -> None:
    """權杖 / Bearer tokens for the API: issue, list, revoke."""


@command.command()
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="角色 / Role.")
@click.option("--name", required=True, help="持有人 / Whose it is.")
@click.option("--unit", help="主管的單位代碼 / A supervisor's unit.")
@click.option(
    "--days", type=click.IntRange(1, 3660), default=90, show_default=True, help="有效天數 / Good for so long."
)
def issue(role: str, name: str, unit: str | None, days: int) -> None:
    """核發 / Issue a token and print it, once: only its hash is stored."""
    with open_database() as (_, database), database.write() as session:
        token = tokens.issue(
            session,
            SystemClock().now(),
            name=name,
            role=Role(role),
            unit=unit,
            days=days,
            actor=command_line_actor(),
        )
    click.echo(token)


@command.command("list")
@format_option
def list_(form: str) -> None:
    """列出 / List tokens, the newest first; never the tokens themselves."""
    with open_database() as (settings, database), database.read() as session:
        rows = tokens.list_tokens(session)
        zone = settings.zone
    times = ("issued_at", "expires_at", "revoked_at")
    show([{**asdict(row), **{name: local_time(getattr(row, name), zone) for name in times}} for row in rows], form)


@command.command()
@click.argument("token_id", type=click.IntRange(1, LARGEST_ID))
def revoke(token_id: int) -> None:
    """撤銷 / Revoke a token by its number in `checkin token list`; it ends at once."""
    with open_database() as (_, database), database.write() as session:
        changed = tokens.revoke(session, SystemClock().now(), token_id, actor=command_line_actor())
    click.echo(f"已撤銷 / revoked: {token_id}" if changed else f"先前已撤銷 / was revoked already: {token_id}")
