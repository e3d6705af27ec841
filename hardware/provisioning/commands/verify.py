"""``beacon-kit verify``: listen to a beacon on the wall and say, line by line, whether it is right."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hardware.provisioning.edges import Edges
from hardware.provisioning.errors import KitError

if TYPE_CHECKING:
    from hardware.provisioning.site import Beacon, Site
    from hardware.provisioning.verifying import Finding, Heard

_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "yellow")}


@click.command()
@click.argument("site_file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("hwid")
@click.option(
    "--seconds", type=click.FloatRange(0, 3600), default=35, show_default=True, help="聽幾秒 / Listen for so long."
)
@click.option(
    "--token-file", type=click.Path(dir_okay=False, path_type=Path), help="權杖檔 / Else BEACON_KIT_TOKEN is used."
)
@click.option("--no-server", is_flag=True, help="不問伺服器 / Do not ask the server: codes are not checked then.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="輸出格式 / Output.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="報告另存 / Save the report here as well."
)
@click.pass_obj
def command(  # noqa: PLR0913 (options of the command line)
    edges: Edges | None,
    site_file: Path,
    hwid: str,
    *,
    seconds: float,
    token_file: Path | None,
    no_server: bool,
    form: str,
    output: Path | None,
) -> None:
    """驗收 / Verify a beacon on the wall: pass or fail, line by line.

    Stand where officers stand. The server judges the codes, and takes over the time of a beacon that lost its power.
    The report is saved beside the site file. Exit status 1 if a line fails.

    \b
    beacon-kit verify hq.toml c0ffee0001
    """  # noqa: D301 (click wants the character itself: it keeps the lines below from being wrapped)
    # Not needed for --help, which must be there at once.
    from hardware.provisioning.listen import listen  # noqa: PLC0415
    from hardware.provisioning.site import load_site  # noqa: PLC0415
    from hardware.provisioning.verifying import findings, sort_out  # noqa: PLC0415
    from hardware.provisioning.workspace import Workspace  # noqa: PLC0415

    edges = edges or Edges()
    site = load_site(site_file)
    beacon = site.beacon(hwid)
    heard = sort_out(listen(seconds, beacon.hwid, edges.backend, hwid=beacon.hwid), beacon.hwid)
    found = list(findings(heard, beacon))
    if heard.mine and beacon.kind != "line":
        found += _judged(site, beacon, heard, None if no_server else token_file or "", edges)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "hwid": beacon.hwid,
        "zone": beacon.zone,
        "passed": all(finding.passed is not False for finding in found),
        "findings": [finding.as_json() for finding in found],
    }
    text = json.dumps(report, ensure_ascii=False, indent=2)
    saved = Workspace(site_file).write_private(beacon.hwid, "verified.json", text.encode())
    if output is not None:
        output.write_text(text + "\n", encoding="utf-8")
    if form == "json":
        click.echo(text)
    else:
        _print(found)
        click.echo(f"報告 / report: {saved}")
    if not report["passed"]:
        raise click.exceptions.Exit(1)
    if form != "json":
        unchecked = "（驗證碼未查 / code not checked）" if no_server else ""
        click.echo(f"驗收通過{unchecked}。下一步 / passed. Next: beacon-kit label {site_file} --output labels.pdf")


def _judged(
    site: "Site", beacon: "Beacon", heard: "Heard", token_file: "Path | str | None", edges: Edges
) -> "Sequence[Finding]":
    """What the server says; that it could not be asked is a failure, and no reason to keep the other lines back."""
    # Not needed for --help, which must be there at once.
    from hardware.provisioning.server import Server, token  # noqa: PLC0415
    from hardware.provisioning.verifying import Finding, server_findings, sighting  # noqa: PLC0415

    if token_file is None:
        return [Finding("code 驗證碼", passed=None, text="未向伺服器查證 / not checked against the server")]
    try:
        secret = token(Path(token_file) if token_file else None)
        with Server(site.api, secret, transport=edges.transport) as server:
            return list(server_findings(server.report_sighting(beacon.hwid, sighting(heard, beacon))))
    except KitError as exc:
        return [Finding("code 驗證碼", passed=False, text=f"未能查證 / not checked: {line}") for line in exc.lines]


def _print(found: "Sequence[Finding]") -> None:
    from rich.console import Console  # noqa: PLC0415 (not needed for --help)
    from rich.text import Text  # noqa: PLC0415 (same)

    console = Console(soft_wrap=True)
    for finding in found:
        mark, colour = _MARKS[finding.passed]
        # As Text, for rich would take brackets for markup.
        console.print(Text.assemble((mark, f"bold {colour}"), f" {finding.line}  {finding.text}"))
