"""``beacon-agent doctor``: what may keep an agent from working, each with what to do about it."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beacon_agent.commands.options import config_option, format_option
from beacon_agent.errors import AgentError

if TYPE_CHECKING:
    from beacon_agent.config import Config

_LEAST_FREE_MB = 200
_LARGEST_OFFSET_S = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the diagnosis."""

    check: str
    passed: bool
    text: str


@click.command()
@config_option
@format_option
def command(config_file: Path, form: str) -> None:
    """檢查 / Check adapter, bluetoothd, enrolment, server, clock and disk. Exits 1 when one fails."""
    from beacon_agent.config import load_config  # noqa: PLC0415 (not needed for --help)

    findings = asyncio.run(_all(load_config(config_file)))
    if form == "json":
        click.echo(json.dumps([asdict(each) for each in findings], ensure_ascii=False))
    else:
        for each in findings:
            click.echo(f"{'✓' if each.passed else '✗'} {each.check}: {each.text}")
    if not all(each.passed for each in findings):
        raise click.exceptions.Exit(1)


async def _all(config: "Config") -> list[Finding]:
    return [each async for each in _diagnose(config)]


async def _diagnose(config: "Config") -> AsyncIterator[Finding]:
    yield await _radio(config)
    yield _state(config)
    yield await _server(config)


async def _radio(config: "Config") -> Finding:
    from beacon_agent.adapter import describe  # noqa: PLC0415 (not needed for --help)

    try:
        told = await describe(config.adapter)
    except AgentError as exc:
        return Finding("radio", passed=False, text=str(exc))
    name = f"{config.adapter} {told.get('Address', '')}"
    if not told.get("Powered"):
        return Finding("radio", passed=False, text=f"{name} 已關閉 / is off: sudo rfkill unblock bluetooth")
    scanning = "掃描中 / scanning" if told.get("Discovering") else "沒有在掃描 / not scanning"
    return Finding("radio", passed=True, text=f"{name} {scanning}")


def _state(config: "Config") -> Finding:
    state = config.state
    if not os.access(state, os.W_OK):
        return Finding("disk", passed=False, text=f"{state} 不能寫 / cannot be written by this account")
    free_mb = shutil.disk_usage(state).free >> 20
    text = f"{state}: {free_mb} MB 可用 / free"
    return Finding("disk", passed=free_mb >= _LEAST_FREE_MB, text=text)


async def _server(config: "Config") -> Finding:
    from beacon_agent import enrolment, timebase  # noqa: PLC0415 (not needed for --help)
    from beacon_agent.agent import new_timebase  # noqa: PLC0415 (same)
    from beacon_agent.server import Server  # noqa: PLC0415 (same)

    try:
        enrolled, key = enrolment.load(config.state)
        base = new_timebase()
        server = Server(enrolled, key, base, now_s=timebase.uptime_s)
        try:
            place = (await server.get("/assignment")).body
        finally:
            await server.close()
    except AgentError as exc:
        return Finding("server", passed=False, text=str(exc))
    off_s = base.unix_s(timebase.uptime_s()) - timebase.machine_unix_s()
    text = f"{enrolled.server}: {place['agent']} {place['zone']}，時鐘差 / clock off by {off_s:.1f} s"
    return Finding("server", passed=abs(off_s) <= _LARGEST_OFFSET_S, text=text)
