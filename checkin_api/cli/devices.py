"""``checkin device``: badges and phones that agents know officers by, enrolled with consent."""

from dataclasses import asdict
from datetime import date, datetime, time
from typing import TextIO

import click

from checkin_api.cli.common import Day, command_line_actor, format_option, local_time, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.fleet import devices
from checkin_api.fleet.devices import Badge
from checkin_api.models.base import LARGEST_ID
from checkin_api.vault import Vault


@click.group()
def command() -> None:
    """識別證與手機 / Badges and phones that agents know officers by: enrol with consent, list, retire."""


@command.command()
@click.argument("staff_no")
@click.option("--badge", help="iBeacon 識別證 / An iBeacon badge: UUID/major/minor.")
@click.option(
    "--phone",
    "irk",
    type=click.File("r"),
    help="含手機 IRK 的檔案（32 個十六進位數字），- 為標準輸入"
    " / File with the phone's identity resolving key, 32 hex digits; - is stdin.",
)
@click.option(
    "--consented",
    type=Day(),
    required=True,
    help="本人同意日期 / The day the officer agreed, in writing.",
)
@click.option("--label", default="", help="備註 / A note, such as the badge's number.")
def enrol(staff_no: str, badge: str | None, irk: TextIO | None, consented: date, label: str) -> None:
    """登錄 / Enrol a badge or a phone of an officer who agreed."""
    identity = _identity(badge, irk)
    with open_database("secret_key") as (settings, database), database.write() as session:
        number = devices.enrol(
            session,
            Vault(settings.secret_key.get_secret_value().encode()),
            SystemClock().now(),
            staff_no,
            identity,
            consented_at=datetime.combine(consented, time(), settings.zone),
            label=label,
            actor=command_line_actor(),
        )
    click.echo(f"已登錄第 {number} 號 / enrolled as device {number}")


def _identity(badge: str | None, irk: TextIO | None) -> Badge | bytes:
    if badge is not None and irk is None:
        return Badge.parse(badge)
    if irk is None or badge is not None:
        raise click.UsageError("須擇一 / give either --badge or --phone")
    try:
        return bytes.fromhex(irk.read().strip())
    except ValueError:
        # Never what was in it.
        raise click.BadParameter("no hex digits", param_hint="--phone") from None


@command.command("list")
@click.option("--officer", "staff_no", help="員警編號 / Only of this officer.")
@format_option
def list_(staff_no: str | None, form: str) -> None:
    """列出 / List devices; never the key of a phone."""
    with open_database() as (settings, database), database.read() as session:
        rows = devices.list_devices(session, staff_no=staff_no)
        zone = settings.zone
    times = ("consented_at", "enrolled_at", "retired_at")
    show([{**asdict(row), **{name: local_time(getattr(row, name), zone) for name in times}} for row in rows], form)


@command.command()
@click.argument("device_id", type=click.IntRange(1, LARGEST_ID))
def retire(device_id: int) -> None:
    """停用 / Let a device count no more: lost, returned, or consent withdrawn; its key is deleted."""
    with open_database() as (_, database), database.write() as session:
        changed = devices.retire(session, SystemClock().now(), device_id, actor=command_line_actor())
    click.echo(f"已停用 / retired: {device_id}" if changed else f"先前已停用 / was retired already: {device_id}")
