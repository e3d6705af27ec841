"""``beacon-agent status``: how the running agent is, from the file that it writes each second."""

import json
import time
from pathlib import Path
from typing import Any

import click

from beacon_agent.commands.options import config_option, format_option
from beacon_agent.errors import AgentError

_STALE_S = 15


@click.command()
@config_option
@format_option
def command(config_file: Path, form: str) -> None:
    """狀態 / How the running agent is: radio, outbox, server, clock. Exits 1 when something is wrong."""
    from beacon_agent.config import load_config  # noqa: PLC0415 (not needed for --help)

    path = load_config(config_file).status_file
    try:
        told = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        raise AgentError(
            f"沒有在執行（{path}）：sudo systemctl status beacon-agent / is not running: look at the service"
        ) from None
    silent_s = time.time() - told["at_unix_s"]
    problems = list(_problems(told, silent_s))
    if form == "json":
        click.echo(json.dumps({**told, "problems": problems}, ensure_ascii=False))
    else:
        _show(told, problems)
    if problems:
        raise click.exceptions.Exit(1)


def _problems(told: dict[str, Any], silent_s: float) -> "list[str]":
    found = []
    if silent_s > _STALE_S:
        found.append(f"{silent_s:.0f} 秒沒有更新 / not updated for so long: sudo systemctl restart beacon-agent")
    if told["radio"] in {"deaf", "no_adapter"}:
        found.append("聽不到 / hears nothing: beacon-agent doctor")
    if told["trouble"]:
        found.append(told["trouble"])
    if told["outbox"]["damaged"]:
        found.append("損壞的待送匣已移開 / a damaged outbox was moved aside: ls /var/lib/beacon-agent/*.damaged-*")
    if told["unkept"]:
        found.append(f"{told['unkept']} 筆寫不進磁碟 / could not be kept: df -h")
    return found


def _show(told: dict[str, Any], problems: list[str]) -> None:
    from rich.console import Console  # noqa: PLC0415 (only a table needs it)
    from rich.table import Table  # noqa: PLC0415 (same)

    outbox = told["outbox"]
    table = Table(show_header=False)
    for name, value in (
        ("監聽站 / Agent", f"{told['agent']}　{told['zone']}"),
        ("伺服器 / Server", told["server"]),
        ("藍牙 / Radio", f"{told['radio']} {told['radio_detail']}"),
        ("最後聽到 / Last heard", "–" if told["heard_s"] is None else f"{told['heard_s']} s"),
        ("重建、重設 / Restarts, resets", f"{told['scanner_restarts']}, {told['adapter_resets']}"),
        ("待送 / Waiting", f"{outbox['waiting']} ({outbox['bytes'] >> 10} KiB, {outbox['oldest_s']:.0f} s)"),
        ("已送 / Sent", str(told["sent"])),
        ("丟棄 / Dropped", str(outbox["dropped"])),
        ("時鐘差 / Clock offset", "–" if told["clock_offset_s"] is None else f"{told['clock_offset_s']} s"),
        ("溫度、磁碟 / Temperature, disk", f"{told['temperature_c'] or '–'} °C, {told['disk_free_mb']} MB"),
        ("版本 / Version", told["versions"]["agent"]),
    ):
        table.add_row(name, value)
    Console().print(table)
    for problem in problems:
        click.echo(f"⚠ {problem}")
