"""``checkin enrolment``: one-time codes for officers, and releasing an officer's LINE account."""

from datetime import date, timedelta

import click
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from checkin_api import enrolment
from checkin_api.cli.common import command_line_actor, format_option, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.db import Turn, take_turn
from checkin_api.domain.shifts import local_date
from checkin_api.models import LineAccount, Officer


@click.group()
def command() -> None:
    """綁定一次碼 / One-time codes that bind a LINE account to an officer."""


@command.command()
@click.argument("staff_no", nargs=-1)
@click.option("--all", "everyone", is_flag=True, help="所有未綁定者 / Everyone who is not enrolled.")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 60), help="有效天數 / Days of validity.")
@format_option
def issue(staff_no: tuple[str, ...], *, everyone: bool, days: int, form: str) -> None:
    """發一次碼 / Issue codes; each is shown once and replaces the officer's earlier one."""
    if bool(staff_no) == everyone:
        raise click.UsageError("請寫員警編號，或用 --all / name staff numbers, or give --all")
    with open_database("secret_key") as (settings, database), database.write() as session:
        take_turn(session, Turn.AUDIT)
        now = SystemClock().now()
        if everyone:
            staff_no = _not_enrolled(session, local_date(now, settings.zone))
        key = settings.secret_key.get_secret_value().encode()
        codes = [
            enrolment.issue_code(
                session, now, number, actor=command_line_actor(), key=key, valid_for=timedelta(days=days)
            )
            for number in dict.fromkeys(staff_no)
        ]
        zone = settings.zone
    show(
        [
            {
                "staff_no": code.staff_no,
                "name": code.name,
                "code": code.code,
                "expires_at": code.expires_at.astimezone(zone).isoformat(timespec="minutes"),
            }
            for code in codes
        ],
        form,
    )


def _not_enrolled(session: Session, today: date) -> tuple[str, ...]:
    """The staff numbers of all who have no LINE account and have not left the service."""
    bound = select(LineAccount.officer_id).where(LineAccount.unbound_at.is_(None))
    in_service = or_(Officer.active_to.is_(None), Officer.active_to >= today)
    query = select(Officer.staff_no).where(Officer.id.not_in(bound), in_service)
    return tuple(session.scalars(query.order_by(Officer.staff_no)))


@command.command()
@click.argument("staff_no")
def release(staff_no: str) -> None:
    """解除綁定 / Release an officer's LINE account, for a new phone number or a wrong binding."""
    with open_database() as (_, database), database.write() as session:
        released = enrolment.release(session, SystemClock().now(), staff_no, actor=command_line_actor())
    if not released:
        click.echo(f"error: {staff_no} 沒有綁定 LINE 帳號 / officer {staff_no} has no LINE account bound", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"已解除 / released: {staff_no}")
