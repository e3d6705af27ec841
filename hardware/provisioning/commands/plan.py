"""``beacon-kit plan``: check a site file, or begin one."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from hardware.provisioning.errors import KitError

EXAMPLE = """\
# 案場檔 / site file. Check it with:  beacon-kit plan {name}

[site]
code = "HQ"                     # 地點代碼 / the site's code on the server (sites.csv)
name = "總局"
api = "https://checkin.example.gov.tw"

[[zones]]
code = "HQ-1F"                  # 簽到區代碼 / the zone's code on the server (zones.csv)
name = "一樓大廳"

[[beacons]]
hwid = "0123456789"             # 由 LINE Official Account Manager 核發 / issued there
zone = "HQ-1F"
kind = "rolling"                # rolling 滾動碼 | static 靜態 | line 認證機
board = "esp32"                 # esp32 | esp32c3 | esp32s3 | pi
label = "大門左側"
measured_power_dbm = -59        # 一公尺處訊號強度 / RSSI at one metre

[[agents]]
name = "HQ-PI1"
zone = "HQ-1F"
"""


@click.command()
@click.argument("site_file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--new", is_flag=True, help="寫一份範本 / Write an example to begin with; an existing file is kept.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="輸出格式 / Output.")
def command(site_file: Path, *, new: bool, form: str) -> None:
    """檢查案場檔 / Check a site file and show what will be put up.

    All problems are listed at once, and nothing is written. Warnings do not fail.

    \b
    beacon-kit plan --new hq.toml
    beacon-kit plan hq.toml
    """  # noqa: D301 (click wants the character itself: it keeps the lines below from being wrapped)
    # Not needed for --help, which must be there at once.
    from hardware.provisioning.site import load_site  # noqa: PLC0415

    if new:
        _write_example(site_file)
        return
    site = load_site(site_file)
    for warning in site.warnings:
        click.echo(f"warning: {warning}", err=True)
    if form == "json":
        click.echo(json.dumps(asdict(site), ensure_ascii=False, indent=2))
        return
    click.echo(f"{site.code} {site.name}  {site.api}".rstrip())
    for zone in site.zones:
        click.echo(f"  {zone.code} {zone.name}")
        for beacon in site.beacons:
            if beacon.zone == zone.code:
                what = " ".join(part for part in (beacon.kind, beacon.board, beacon.label) if part)
                click.echo(f"    {beacon.hwid}  {what}")
        for agent in site.agents:
            if agent.zone == zone.code:
                click.echo(f"    {agent.name}  代理 agent")
    rolling = sum(beacon.kind == "rolling" for beacon in site.beacons)
    click.echo(
        f"{len(site.zones)} 區、{len(site.beacons)} 信標（{rolling} 具滾動碼）、{len(site.agents)} 代理"
        f" / {len(site.zones)} zones, {len(site.beacons)} beacons ({rolling} rolling), {len(site.agents)} agents"
    )
    click.echo(f"下一步 / next: beacon-kit register {site_file}")


def _write_example(site_file: Path) -> None:
    try:
        with site_file.open("x", encoding="utf-8") as file:
            file.write(EXAMPLE.replace("{name}", site_file.name))
    except FileExistsError:
        raise KitError(f"{site_file} 已存在，不覆寫 / is there already and is kept") from None
    click.echo(f"已寫入範本 / written: {site_file}")
