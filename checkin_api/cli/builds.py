"""``checkin report builds``, ``retry``, ``downloads``: reports that were ordered, and who took their files."""

from dataclasses import asdict
from uuid import UUID

import click

from checkin_api import builds as use
from checkin_api.cli.common import command_line_actor, format_option, local_time, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.domain.ids import BuildState
from checkin_api.domain.words import BUILD_REFUSAL, BUILD_STATE

_limit = click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1, 100_000), help="筆數 / At most."
)


@click.command()
@click.option("--state", type=click.Choice([state.value for state in BuildState]), help="狀態 / Only this state.")
@_limit
@format_option
def builds(state: str | None, limit: int, form: str) -> None:
    """訂製的報表 / Reports that were ordered, the newest first, and what became of them."""
    with open_database() as (settings, database), database.read() as session:
        found = use.history(session, state=BuildState(state) if state else None, limit=limit)
    times = ("ordered_at", "started_at", "finished_at", "next_try_at")
    rows = [asdict(row) | {name: local_time(getattr(row, name), settings.zone) for name in times} for row in found]
    if form == "table":
        rows = [_in_short(row, whole) for row, whole in zip(found, rows, strict=True)]
    show(rows, form)


@click.command()
@click.argument("build_id", type=click.UUID)
def retry(build_id: UUID) -> None:
    """重做 / Make a failed report again, once what hindered it is put right."""
    with open_database() as (_, database), database.write() as session:
        refusal = use.retry(session, SystemClock().now(), build_id, actor=command_line_actor())
    if refusal is not None:
        zh, en = BUILD_REFUSAL[refusal]
        click.echo(f"error: {zh} / {en} ({refusal})", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"重新等候製作 / queued again: {build_id}")


@click.command()
@click.option("--build", "build_id", type=click.UUID, help="只看這一份 / Only of this build.")
@_limit
@format_option
def downloads(build_id: UUID | None, limit: int, form: str) -> None:
    """下載紀錄 / Who downloaded which report, the newest first."""
    with open_database() as (settings, database), database.read() as session:
        found = use.downloads(session, build_id=build_id, limit=limit)
    show([asdict(row) | {"at": local_time(row.at, settings.zone)} for row in found], form)


def _in_short(row: use.BuildRow, told: dict[str, object]) -> dict[str, object]:
    """What an operator looks at first: what, for whom, how far, why not."""
    progress = f" {row.done}/{row.total}" if row.state is BuildState.RUNNING and row.total else ""
    return {
        "id": row.id,
        "state": BUILD_STATE[row.state][0] + progress,
        "report": f"{row.kind} {row.form}",
        "dates": f"{row.first}/{row.last}",
        "of": row.officer or row.unit,
        "ordered_by": row.ordered_by,
        "ordered_at": told["ordered_at"],
        "rows": row.row_count,
        "downloads": row.downloads,
        "error": row.error,
    }
