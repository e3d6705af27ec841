"""``beacon-kit register``: make the site's beacons known to the server, each with a key that nobody sees."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hardware.provisioning.edges import Edges
from hardware.provisioning.errors import KitError

if TYPE_CHECKING:
    from hardware.provisioning.server import Server
    from hardware.provisioning.site import Beacon
    from hardware.provisioning.workspace import Workspace


@click.command()
@click.argument("site_file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("hwids", metavar="[HWID]...", nargs=-1)
@click.option(
    "--token-file", type=click.Path(dir_okay=False, path_type=Path), help="權杖檔 / Else BEACON_KIT_TOKEN is used."
)
@click.option("--rotate", is_flag=True, help="換新金鑰 / Give the named beacons a new key; then build and flash them.")
@click.pass_obj
def command(
    edges: Edges | None, site_file: Path, hwids: tuple[str, ...], *, token_file: Path | None, rotate: bool
) -> None:
    """登錄信標 / Register beacons with the server: all of the site file, or those named.

    A rolling beacon gets its key here. It is kept in the folder beside the site file until the device has it, and the
    server keeps it encrypted; nobody is shown it. Interrupted or not, the same command can be run again.

    \b
    beacon-kit register hq.toml
    beacon-kit register hq.toml c0ffee0001 --rotate
    """  # noqa: D301 (click wants the character itself: it keeps the lines below from being wrapped)
    # Not needed for --help, which must be there at once.
    from hardware.provisioning.server import Server, token  # noqa: PLC0415
    from hardware.provisioning.site import load_site  # noqa: PLC0415
    from hardware.provisioning.workspace import Workspace  # noqa: PLC0415

    if rotate and not hwids:
        raise click.UsageError("--rotate 須指名信標 / --rotate needs the beacons' hardware IDs")
    site = load_site(site_file)
    wanted = [site.beacon(hwid) for hwid in hwids] or site.beacons
    with Server(site.api, token(token_file), transport=(edges or Edges()).transport) as server:
        _register_all(server, Workspace(site_file), wanted, rotate=rotate)
    click.echo(f"下一步 / next: beacon-kit build {site_file}")


def _register_all(server: "Server", workspace: "Workspace", wanted: "Sequence[Beacon]", *, rotate: bool) -> None:
    """Register one after another; one that is refused does not keep the others from it."""
    # Not needed for --help, which must be there at once.
    from hardware.provisioning.server import RefusedError  # noqa: PLC0415

    refused: list[str] = []
    for number, beacon in enumerate(wanted, 1):
        try:
            said = _register(server, workspace, beacon, rotate=rotate)
        except RefusedError as exc:
            if exc.is_about_the_token:
                raise
            refused += [f"{beacon.hwid}: {line}" for line in exc.lines]
            said = "未登錄 / not registered"
        click.echo(f"[{number}/{len(wanted)}] {beacon.hwid} {beacon.label}  {said}")
    if refused:
        raise KitError(*refused)


def _register(server: "Server", workspace: "Workspace", beacon: "Beacon", *, rotate: bool) -> str:
    # Not needed for --help, which must be there at once.
    from hardware.provisioning.workspace import REGISTERED  # noqa: PLC0415

    asked = {"zone": beacon.zone, "kind": beacon.kind, "label": beacon.label}
    if beacon.kind != "rolling":
        return _said(changed=server.register(beacon.hwid, asked))
    # A key is on the disk before it is sent: an answer that is lost on the way must not cost it.
    if rotate:
        changed = server.rotate_key(beacon.hwid, workspace.make_next_key(beacon.hwid))
        workspace.take_next_key(beacon.hwid)
        workspace.write_private(beacon.hwid, REGISTERED, b"")
        return "已換新金鑰 / new key" if changed else "先前已換 / has the new key already"
    if workspace.is_flashed(beacon.hwid) and not workspace.has_key(beacon.hwid):
        # The device has the key and nobody else has it any more.
        return _said(changed=server.register(beacon.hwid, asked))
    key = workspace.make_key(beacon.hwid)
    changed = server.register(beacon.hwid, {**asked, "key": key.hex()})
    workspace.write_private(beacon.hwid, REGISTERED, b"")
    return _said(changed=changed)


def _said(*, changed: bool) -> str:
    return "已登錄 / registered" if changed else "先前已登錄 / registered already"
