"""``beacon-kit survey``: walk the zone, log the signal strength at each point, suggest a threshold."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hardware.provisioning.edges import Edges
from hardware.provisioning.errors import KitError

if TYPE_CHECKING:
    from hardware.provisioning.radio import Backend, Packet
    from hardware.provisioning.surveying import Sample


@click.command()
@click.argument("site_file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("hwids", metavar="[HWID]...", nargs=-1)
@click.option(
    "--seconds",
    type=click.FloatRange(0, 600),
    default=20,
    show_default=True,
    help="每點聽幾秒 / A point takes so long.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="存成 CSV / Save what was heard as CSV."
)
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="畫成 .svg 或 .png / Draw it.")
@click.option(
    "--input",
    "saved",
    type=click.Path(dir_okay=False, path_type=Path),
    help="讀先前的 CSV / Read a saved walk instead.",
)
@click.pass_obj
def command(  # noqa: PLR0913 (options of the command line)
    edges: Edges | None,
    site_file: Path,
    hwids: tuple[str, ...],
    *,
    seconds: float,
    output: Path | None,
    plot: Path | None,
    saved: Path | None,
) -> None:
    """場測 / Walk test: the signal strength at points inside and outside the zone, and a suggested threshold.

    Walk to a point, type its name (begin it with - if it lies outside), stand still until the bar is full. An empty
    name ends the walk. Hold the phone or laptop as officers hold their phones.

    \b
    beacon-kit survey hq.toml c0ffee0001 --output walk.csv --plot walk.svg
    beacon-kit survey hq.toml --input walk.csv --plot walk.svg
    """  # noqa: D301 (click wants the character itself: it keeps the lines below from being wrapped)
    # Not needed for --help, which must be there at once.
    from hardware.provisioning.site import load_site  # noqa: PLC0415
    from hardware.provisioning.surveying import advice, read_csv, summarise, threshold_of, write_csv  # noqa: PLC0415

    site = load_site(site_file)
    wanted = {site.beacon(hwid).hwid for hwid in hwids} or {beacon.hwid for beacon in site.beacons}
    samples = read_csv(saved) if saved else _walk(wanted, seconds, output, (edges or Edges()).backend)
    samples = [sample for sample in samples if sample.hwid in wanted]
    if not samples:
        raise KitError("沒有量到任何封包：檢查信標與硬體 ID / nothing was heard: check the beacon and its hardware ID")
    if output is not None:
        write_csv(samples, output)
    for point in summarise(samples):
        side = "內 in" if point.inside else "外 out"
        click.echo(
            f"{side:<6} {point.point}  {point.hwid}  n={point.count}  {point.median_dbm:.0f} dBm"
            f"（5–95 % {point.low_dbm} … {point.high_dbm}）"
        )
    for line in advice(samples):
        click.echo(line)
    if plot is not None:
        from hardware.provisioning.plots import save_plot  # noqa: PLC0415 (altair takes long to import)

        save_plot(samples, threshold_of(samples), plot)
        click.echo(f"圖 / plot: {plot}")


def _walk(wanted: set[str], seconds: float, output: Path | None, backend: "Backend | None") -> "list[Sample]":
    """Ask for points and listen at each; what was heard is saved after every one, for batteries run out on walks."""
    from hardware.provisioning.listen import listen  # noqa: PLC0415 (not needed for --help)
    from hardware.provisioning.surveying import write_csv  # noqa: PLC0415 (same)

    samples: list[Sample] = []
    while name := click.prompt("點位（區外加 - ；空白結束）/ point", default="", show_default=False).strip():
        inside, point = not name.startswith("-"), name.removeprefix("-").strip()[:60]
        packets = listen(seconds, point, backend)
        heard = list(_samples(packets, wanted, point or name, inside=inside))
        click.echo(f"{point}：{len(heard)} 個封包 / packets")
        samples += heard
        if output is not None:
            write_csv(samples, output)
    return samples


def _samples(packets: "Sequence[Packet]", wanted: set[str], point: str, *, inside: bool) -> "Sequence[Sample]":
    from hardware.provisioning.surveying import Sample  # noqa: PLC0415 (not needed for --help)

    found = []
    for packet in packets:
        hwid = packet.frame[1:6].hex() if packet.frame else ""
        if hwid in wanted and packet.rssi_dbm is not None:
            at: datetime = packet.at
            found.append(Sample(at=at, point=point, inside=inside, hwid=hwid, rssi_dbm=packet.rssi_dbm))
    return found
