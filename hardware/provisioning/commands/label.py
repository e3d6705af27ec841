"""``beacon-kit label``: labels for the site's beacons as PDF."""

from pathlib import Path

import click


@click.command()
@click.argument("site_file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("hwids", metavar="[HWID]...", nargs=-1)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="PDF 檔 / The PDF.")
@click.option(
    "--skip", type=click.IntRange(0, 23), default=0, help="第一張已用掉幾格 / Places used up on the first sheet."
)
def command(site_file: Path, hwids: tuple[str, ...], *, output: Path, skip: int) -> None:
    """標籤 / Labels with hardware ID and QR code: A4 sheets of 24 (70 × 37 mm).

    Print at 100 %, without scaling to fit. The QR code says hwid:c0ffee0001, for whoever takes stock.

    \b
    beacon-kit label hq.toml --output labels.pdf
    """  # noqa: D301 (click wants the character itself: it keeps the lines below from being wrapped)
    # Not needed for --help, which must be there at once.
    from hardware.provisioning.labels import LABELS_A_SHEET, labels_pdf  # noqa: PLC0415
    from hardware.provisioning.site import load_site  # noqa: PLC0415

    site = load_site(site_file)
    beacons = [site.beacon(hwid) for hwid in hwids] or site.beacons
    output.write_bytes(labels_pdf(site, beacons, skip=skip))
    sheets = -(-(len(beacons) + skip) // LABELS_A_SHEET)
    click.echo(f"{output}：{len(beacons)} 張標籤、{sheets} 頁，比例 100 % / labels, {sheets} sheets: print at 100 %")
