"""``checkin doctor``: what an administrator would check by hand, in one go."""

from collections.abc import Iterator

import click

from checkin_api.clock import SystemClock
from checkin_api.config import Settings, load_settings
from checkin_api.doctor import Finding, examine
from checkin_api.errors import ConfigError

_MARKS = {True: "✓", False: "✗", None: "·"}


@click.command()
def command() -> None:
    """檢查設定 / Check settings, database, inbox, LINE, clock, worker; exit 1 if anything fails."""
    failed = False
    for finding in _findings():
        click.echo(f"{_MARKS[finding.passed]} {finding.subject}: {finding.text}")
        failed = failed or finding.passed is False
    if failed:
        raise click.exceptions.Exit(1)


def _findings() -> Iterator[Finding]:
    try:
        settings: Settings = load_settings("line_channel_secret", "line_channel_access_token", "secret_key")
    except ConfigError as exc:
        yield from (Finding("settings", passed=False, text=problem) for problem in exc.problems)
        return
    yield Finding("settings", passed=True, text="complete")
    yield from examine(settings, SystemClock())
