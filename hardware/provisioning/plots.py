"""The picture of a walk test: strength at each point, inside and outside, and the suggested threshold; SVG or PNG."""

from collections.abc import Sequence
from pathlib import Path

import altair as alt

from hardware.provisioning.errors import KitError
from hardware.provisioning.surveying import Sample, Threshold

_FONT = "Noto Sans CJK TC"


def save_plot(samples: Sequence[Sample], threshold: Threshold | None, path: Path) -> None:
    """Draw a walk so that it can be read in black and white too: inside as filled circles, outside as crosses.

    Raises:
        KitError: the file's name ends neither in .svg nor in .png.
    """
    if path.suffix not in {".svg", ".png"}:
        raise KitError(f"{path}：圖檔須為 .svg 或 .png / the plot must end in .svg or .png")
    sides = {True: "區內 inside", False: "區外 outside"}
    rows = [
        {"point": sample.point, "rssi_dbm": sample.rssi_dbm, "side": sides[sample.inside], "number": number}
        for number, sample in enumerate(samples)
    ]
    order = list(dict.fromkeys(sample.point for sample in samples))
    shape = alt.Scale(domain=list(sides.values()), range=["circle", "cross"])
    colour = alt.Scale(domain=list(sides.values()), range=["#1b4f72", "#b9770e"])
    points = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(filled=True, opacity=0.5)
        .encode(
            x=alt.X("point:N", sort=order, title="點位 point", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("number:Q"),
            y=alt.Y("rssi_dbm:Q", title="RSSI (dBm)", scale=alt.Scale(zero=False)),
            shape=alt.Shape("side:N", scale=shape, title=""),
            color=alt.Color("side:N", scale=colour, title=""),
        )
    )
    chart: alt.Chart | alt.LayerChart = points
    if threshold is not None:
        line = alt.Chart(alt.InlineData(values=[{"dbm": threshold.dbm}]))
        chart = points + line.mark_rule(strokeDash=[6, 4], size=2).encode(y="dbm:Q")
    title = "場測 survey" if threshold is None else f"場測 survey：建議門檻 suggested threshold {threshold.dbm:.0f} dBm"
    chart.properties(width=640, height=360, title=title).configure(font=_FONT).save(str(path))
