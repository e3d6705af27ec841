"""``beacon-kit build``: make what goes onto the site's beacons."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hardware.provisioning.errors import KitError

if TYPE_CHECKING:
    from hardware.provisioning.image import Options
    from hardware.provisioning.site import Beacon
    from hardware.provisioning.workspace import Workspace

# Source: Espressif, ESP32 and ESP32-S3 data sheets: GPIO 0 to 48 at most.
_PIN = click.IntRange(0, 48)


@click.command()
@click.argument("site_file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("hwids", metavar="[HWID]...", nargs=-1)
@click.option("--battery-pin", type=_PIN, help="量電池的 GPIO / GPIO of the battery's divider; none on the mains.")
@click.option("--led-pin", type=_PIN, help="狀態燈的 GPIO / GPIO of the status LED.")
@click.option("--wifi-ssid", help="對時用的 Wi-Fi / Wi-Fi for the time; with --ntp.")
@click.option(
    "--wifi-password-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Wi-Fi 密碼檔 / Its password, in a file.",
)
@click.option("--ntp", help="NTP 伺服器 / Server to ask for the time; with --wifi-ssid.")
def command(  # noqa: PLR0913 (options of the command line)
    site_file: Path,
    hwids: tuple[str, ...],
    *,
    battery_pin: int | None,
    led_pin: int | None,
    wifi_ssid: str | None,
    wifi_password_file: Path | None,
    ntp: str | None,
) -> None:
    """製作映像 / Build what goes onto the rolling beacons: all of the site file, or those named.

    The image holds the beacon's key: it lies in the folder beside the site file, for the installer's eyes only, and is
    deleted when the device has it.

    \b
    beacon-kit build hq.toml
    beacon-kit build hq.toml c0ffee0001 --led-pin 2
    """  # noqa: D301 (click wants the character itself: it keeps the lines below from being wrapped)
    # Not needed for --help, which must be there at once.
    from hardware.provisioning.image import Options  # noqa: PLC0415
    from hardware.provisioning.site import load_site  # noqa: PLC0415
    from hardware.provisioning.workspace import Workspace  # noqa: PLC0415

    if bool(wifi_ssid) != bool(ntp):
        raise click.UsageError("--wifi-ssid 與 --ntp 須一起用 / --wifi-ssid and --ntp go together")
    password = wifi_password_file.read_text("utf-8").rstrip("\r\n") if wifi_password_file else None
    options = Options(battery_pin=battery_pin, led_pin=led_pin, wifi_ssid=wifi_ssid, wifi_password=password, ntp=ntp)
    site, workspace = load_site(site_file), Workspace(site_file)
    named = [site.beacon(hwid) for hwid in hwids]
    missing = 0
    for beacon in named or site.beacons:
        if beacon.kind != "rolling":
            click.echo(f"{beacon.hwid} {beacon.label}  {beacon.kind}：不需映像 / needs no image")
        elif not named and workspace.is_flashed(beacon.hwid) and not workspace.has_key(beacon.hwid):
            click.echo(f"{beacon.hwid} {beacon.label}  先前已燒錄 / flashed already")
        elif not workspace.is_registered(beacon.hwid) and (not named or workspace.has_key(beacon.hwid)):
            missing += 1
            click.echo(f"{beacon.hwid} {beacon.label}  尚未登錄 / not registered yet")
        else:
            _build(workspace, beacon, options)
    if missing:
        raise KitError(
            f"{missing} 個信標沒有金鑰：請先 beacon-kit register {site_file}"
            f" / {missing} beacons have no key: run beacon-kit register {site_file} first"
        )
    click.echo(f"下一步 / next: beacon-kit flash {site_file} HWID --port PORT")


def _build(workspace: "Workspace", beacon: "Beacon", options: "Options") -> None:
    # Not needed for --help, which must be there at once.
    from hardware.provisioning.image import nvs_image, pi_file  # noqa: PLC0415
    from hardware.provisioning.workspace import IMAGE, PI_FILE  # noqa: PLC0415

    key = workspace.key(beacon.hwid)
    if beacon.board == "pi":
        path = workspace.write_private(beacon.hwid, PI_FILE, pi_file(beacon, key).encode())
        click.echo(f"{beacon.hwid} {beacon.label}  {path} → /etc/beacon-agent/beacon.toml")
        return
    path = workspace.write_private(beacon.hwid, IMAGE, nvs_image(beacon, key, options))
    click.echo(f"{beacon.hwid} {beacon.label}  {path}")
