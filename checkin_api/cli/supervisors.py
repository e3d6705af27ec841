"""``checkin supervisor``: which officers look after which units."""

from dataclasses import asdict

import click

from checkin_api import supervision
from checkin_api.cli.common import command_line_actor, format_option, local_time, open_database, show
from checkin_api.clock import SystemClock


@click.group()
def command() -> None:
    """主管 / Officers who see a unit and all below it on their phone, and decide on its corrections."""


@command.command()
@click.argument("staff_no")
@click.argument("unit_code")
def add(staff_no: str, unit_code: str) -> None:
    """指定 / Let an officer look after a unit and all below it."""
    with open_database() as (_, database), database.write() as session:
        changed = supervision.name_supervisor(
            session, SystemClock().now(), staff_no, unit_code, actor=command_line_actor()
        )
    click.echo(f"{'已指定 / named' if changed else '先前已指定 / was one already'}: {staff_no} {unit_code}")


@command.command()
@click.argument("staff_no")
@click.argument("unit_code")
def remove(staff_no: str, unit_code: str) -> None:
    """解除 / Let an officer look after a unit no more."""
    with open_database() as (_, database), database.write() as session:
        changed = supervision.end_supervision(
            session, SystemClock().now(), staff_no, unit_code, actor=command_line_actor()
        )
    if not changed:
        click.echo(
            f"error: {staff_no} 不是 {unit_code} 的主管 / officer {staff_no} does not look after {unit_code}", err=True
        )
        raise click.exceptions.Exit(1)
    click.echo(f"已解除 / ended: {staff_no} {unit_code}")


@command.command("list")
@format_option
def list_(form: str) -> None:
    """列出 / List supervisors, by unit."""
    with open_database() as (settings, database), database.read() as session:
        rows = supervision.supervisors(session)
    show([{**asdict(row), "named_at": local_time(row.named_at, settings.zone)} for row in rows], form)
