"""``checkin correction``: asking for corrections 補打卡 and deciding them, by staff number, on the server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, time
from errno import ENOENT
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from checkin_api import corrections
from checkin_api.cli.common import Day, Instant, command_line_actor, format_option, local_time, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.corrections import MissingPunch, Request, WrongPunch, policy_in_force
from checkin_api.domain.attachments import SIZE_LIMIT, Attachment
from checkin_api.domain.corrections import OPEN, Actor, Policy
from checkin_api.domain.ids import CorrectionRefusal, CorrectionState, Direction
from checkin_api.domain.shifts import DAY
from checkin_api.domain.words import CORRECTION_KIND, CORRECTION_REFUSAL, CORRECTION_STATE, DIRECTION
from checkin_api.queries import corrections as reading
from checkin_api.queries.corrections import CorrectionRow

Outcome = TypeVar("Outcome")

_STATES = ["open", *(state.value for state in CorrectionState)]

as_option = click.option(
    "--as", "staff_no", required=True, metavar="STAFF_NO", help="以誰的身分 / Who acts, by staff number."
)
id_argument = click.argument("correction_id", type=click.UUID)


@click.group()
def command() -> None:
    """補打卡與作廢 / Corrections: ask for a missing punch or a void; approve, reject, withdraw."""


@command.command()
@click.argument("officer")
@click.option("--direction", type=click.Choice(["in", "out"]), help="補簽到或簽退 / The punch that is missing.")
@click.option("--at", type=Instant(), help="時間，含時差 / When: 2026-11-22T08:00+08:00.")
@click.option("--zone", help="簽到區代碼 / Zone code.")
@click.option("--void", "punch_id", type=click.UUID, help="要作廢的打卡 / The punch to void; see `correction punches`.")
@click.option("--reason", required=True, help="理由 / Why.")
@click.option("--attachment", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JPEG, PNG, PDF")
@as_option
def request(  # noqa: PLR0913 (one for each option)
    *,
    officer: str,
    direction: str | None,
    at: datetime | None,
    zone: str | None,
    punch_id: UUID | None,
    reason: str,
    attachment: Path | None,
    staff_no: str,
) -> None:
    """申請 / Ask for a punch to be added (--direction, --at) or voided (--void) for an officer."""
    wanted: MissingPunch | WrongPunch
    if punch_id is not None and direction is None and at is None and zone is None:
        wanted = WrongPunch(punch_id)
    elif punch_id is None and direction is not None and at is not None:
        wanted = MissingPunch(Direction(direction), at, zone)
    else:
        raise click.UsageError(
            "補打卡要 --direction 與 --at；作廢只要 --void"
            " / give --direction and --at for a missing punch, or --void PUNCH_ID alone"
        )
    asked = Request(officer, wanted, reason, None if attachment is None else _read(attachment))
    with _acting(staff_no) as (session, now, actor, policy):
        made = _granted(corrections.request(session, now, asked, actor=actor, policy=policy))
    click.echo(f"已申請 / requested: {made}")


@command.command()
@id_argument
@as_option
def withdraw(correction_id: UUID, staff_no: str) -> None:
    """撤回 / Take back a request that is not decided; for the officer or whoever asked."""
    with _acting(staff_no) as (session, now, actor, _):
        _granted(corrections.withdraw(session, now, correction_id, actor=actor))
    click.echo(f"已撤回 / withdrawn: {correction_id}")


@command.command()
@id_argument
@as_option
def approve(correction_id: UUID, staff_no: str) -> None:
    """核准 / Approve; where the unit asks for two approvers, the first one endorses."""
    with _acting(staff_no) as (session, now, actor, policy):
        done = _granted(corrections.approve(session, now, correction_id, actor=actor, policy=policy))
    zh, en = CORRECTION_STATE[done.state]
    click.echo(f"{zh} / {en}: {correction_id}")
    if done.is_over_quota:
        click.echo(
            f"warning: 本月第 {done.month_count} 次，限額 {done.quota} / number {done.month_count} of the month, "
            f"the quota is {done.quota}",
            err=True,
        )


@command.command()
@id_argument
@click.option("--comment", required=True, help="為何駁回 / Why.")
@as_option
def reject(correction_id: UUID, comment: str, staff_no: str) -> None:
    """駁回 / Turn a request down, saying why."""
    with _acting(staff_no) as (session, now, actor, _):
        _granted(corrections.reject(session, now, correction_id, actor=actor, comment=comment))
    click.echo(f"已駁回 / rejected: {correction_id}")


@command.command("list")
@click.option(
    "--state",
    type=click.Choice(_STATES),
    help="狀態 / State; open: not decided.",
)
@click.option("--officer", help="員警編號 / Of one officer.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000), help="筆數 / At most.")
@format_option
def list_(state: str | None, officer: str | None, limit: int, form: str) -> None:
    """列出申請 / List corrections, the newest request first."""
    states = OPEN if state == "open" else {CorrectionState(state)} if state else ()
    with open_database() as (settings, database), database.read() as session:
        rows = reading.corrections(session, states=states, staff_no=officer, limit=limit)
    show([_in_short(row, settings.zone) if form == "table" else _in_full(row, settings.zone) for row in rows], form)


@command.command("show")
@id_argument
@click.option("--save-attachment", type=click.Path(path_type=Path), help="附件存成新檔 / Write it to a new file.")
@format_option
def show_(correction_id: UUID, save_attachment: Path | None, form: str) -> None:
    """看一件 / Show one correction with the officer's count of that month."""
    with open_database() as (settings, database), database.read() as session:
        row = reading.correction(session, correction_id)
        quota = policy_in_force(session, settings).quota
        others = reading.approved_in_month(session, correction_id, settings.zone)
        attachment = reading.attachment(session, correction_id) if save_attachment else None
    whole = {**_in_full(row, settings.zone), "others_approved_in_month": others, "quota": quota}
    if form == "json":
        show([whole], form)
    else:
        show([{"": name, "  ": value} for name, value in whole.items()], form)
    if save_attachment is not None:
        _save(save_attachment, attachment)


@command.command()
@click.argument("officer")
@click.option("--date", "day", required=True, type=Day(), help="日期 / Date.")
@format_option
def punches(officer: str, day: date, form: str) -> None:
    """列出打卡 / List an officer's punches of a date and the next morning, with the IDs that --void takes."""
    with open_database() as (settings, database), database.read() as session:
        begin = datetime.combine(day, time(), settings.zone)
        # A night's duty is signed out of on the next day.
        end = datetime.combine(day + DAY, time(12), settings.zone)
        rows = reading.officer_punches(session, officer, begin, end)
    show(
        [
            {
                "id": row.id,
                "at": local_time(row.at, settings.zone),
                "direction": row.direction,
                "source": row.source,
                "zone": row.zone_code,
                "void": row.is_void,
            }
            for row in rows
        ],
        form,
    )


@command.command("two-step")
@click.argument("unit_code")
@click.argument("switch", type=click.Choice(["on", "off"]))
def two_step(unit_code: str, switch: str) -> None:
    """兩級審核 / Whether corrections of a unit's own officers need two approvers."""
    with open_database() as (_, database), database.write() as session:
        changed = corrections.set_two_step(
            session, SystemClock().now(), unit_code, two_step=switch == "on", actor=Actor(command_line_actor())
        )
    click.echo(f"{unit_code}: two-step {switch}" if changed else f"{unit_code}: two-step was {switch} already")


@contextmanager
def _acting(staff_no: str) -> Iterator[tuple[Session, datetime, Actor, Policy]]:
    """One transaction in which an officer acts, now, under the installation's policy."""
    with open_database() as (settings, database), database.write() as session:
        actor = corrections.officer_actor(session, staff_no, account=command_line_actor())
        yield session, SystemClock().now(), actor, policy_in_force(session, settings)


def _granted(outcome: Outcome | CorrectionRefusal) -> Outcome:
    """What a use case came to; a refusal ends the command in words."""
    if isinstance(outcome, CorrectionRefusal):
        zh, en = CORRECTION_REFUSAL[outcome]
        click.echo(f"error: {zh} / {en} ({outcome})", err=True)
        raise click.exceptions.Exit(1)
    return outcome


def _read(path: Path) -> Attachment:
    """A file to attach, or as much of it as shows that it is too large."""
    with path.open("rb") as file:
        return Attachment(path.name, file.read(SIZE_LIMIT + 1))


def _save(path: Path, attachment: Attachment | None) -> None:
    try:
        if attachment is None:
            raise FileNotFoundError(ENOENT, "沒有附件 / there is no attachment")
        with path.open("xb") as file:
            file.write(attachment.content)
    except OSError as exc:
        click.echo(f"error: {path}: {exc.strerror}", err=True)
        raise click.exceptions.Exit(1) from exc
    click.echo(f"wrote {path}", err=True)


def _in_full(row: CorrectionRow, zone: ZoneInfo) -> dict[str, Any]:
    return {
        name: local_time(value, zone) if isinstance(value, datetime) else value for name, value in asdict(row).items()
    }


def _in_short(row: CorrectionRow, zone: ZoneInfo) -> dict[str, Any]:
    """What tells one request from another."""
    return {
        "id": row.id,
        "state": CORRECTION_STATE[row.state][0],
        "officer": f"{row.staff_no} {row.name}",
        "kind": CORRECTION_KIND[row.kind][0],
        "punch": f"{DIRECTION[row.direction][0]} {row.at.astimezone(zone):%Y-%m-%d %H:%M}",
        "reason": row.reason,
    }
