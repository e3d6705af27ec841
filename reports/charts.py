"""Pictures of a report's tables as SVG, to be read in black and white: fills and labels differ, not colours."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import altair as alt
import vl_convert

from reports.roc import roc_date
from reports.tables import REFERENCE_RATE, Cell, Chart, Column, Report, Table
from reports.typesetting import SANS

# Bars side by side on an A4 page in landscape, with a legible name each.
_MOST_BARS = 40
# Two fit on a page, under the facts.
_WIDTH, _HEIGHT = 880, 140
# Names along the axis longer than this are turned.
_SHORT_NAME = 4
# Of the series, in their order.
_FILLS = ("#333333", "#ffffff", "#aaaaaa")
_LONGEST_ALT = 2000


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG and what it shows, for who cannot see it."""

    svg: str
    alt: str


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What one picture is drawn from."""

    title: str
    names: Sequence[str]
    series: Sequence[Column]
    values: Sequence[Sequence[Cell]]

    @property
    def is_rate(self) -> bool:
        return all(column.is_rate for column in self.series)


def pictures(report: Report, clean: Callable[[str], str]) -> Iterator[Picture]:
    """The charts of a report; one that would have too many bars is several, one without rows is none.

    Args:
        report: Any.
        clean: Makes anybody's text drawable.
    """
    tables = {table.key: table for table in report.tables}
    for chart in report.charts:
        drawn = _drawn(chart, tables[chart.table], clean)
        for begin in range(0, len(drawn.names), _MOST_BARS):
            end = begin + _MOST_BARS
            part = replace(drawn, names=drawn.names[begin:end], values=drawn.values[begin:end])
            yield Picture(_svg(part), _alt(part))


def _drawn(chart: Chart, table: Table, clean: Callable[[str], str]) -> _Drawn:
    position = {column.key: number for number, column in enumerate(table.columns)}
    taken: dict[str, int] = {}
    names = []
    for row in table.rows:
        name = clean(_name(row[position[chart.along]]))
        taken[name] = taken.get(name, 0) + 1
        # Two units may have one name, and are two bars.
        names.append(name if taken[name] == 1 else f"{name} ({taken[name]})")
    return _Drawn(
        title=f"{chart.zh} {chart.en}",
        names=names,
        series=[table.columns[position[key]] for key in chart.series],
        values=[[row[position[key]] for key in chart.series] for row in table.rows],
    )


def _name(cell: Cell) -> str:
    return roc_date(cell) if isinstance(cell, date) else str(cell)


def _svg(drawn: _Drawn) -> str:
    form = ".0%" if drawn.is_rate else "d"
    titles = [f"{column.zh} {column.en}" for column in drawn.series]
    rows: list[Mapping[str, Cell]] = [
        {"name": name, "series": title, "value": value}
        for name, values in zip(drawn.names, drawn.values, strict=True)
        for title, value in zip(titles, values, strict=True)
        if value is not None
    ]
    fill = alt.Scale(domain=titles, range=list(_FILLS[: len(titles)]))
    several = len(titles) > 1
    limits = alt.Scale(domain=[0, 1]) if drawn.is_rate else alt.Scale(zero=True)
    bars = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("name:N", sort=list(drawn.names), title=None, scale=alt.Scale(domain=list(drawn.names))),
        y=alt.Y("value:Q", title=None, scale=limits, axis=alt.Axis(format=form)),
    )
    if several:
        bars = bars.encode(xOffset=alt.XOffset("series:N", sort=titles))
    legend = alt.Legend(orient="top", title=None) if several else None
    filled = bars.mark_bar(stroke="black", strokeWidth=0.7).encode(
        color=alt.Color("series:N", scale=fill, legend=legend)
    )
    labels = bars.mark_text(dy=-5, fontSize=7).encode(text=alt.Text("value:Q", format=form))
    layers: list[alt.Chart | alt.LayerChart | alt.FacetChart] = [filled, labels]
    if drawn.is_rate:
        layers.append(_reference())
    picture = alt.layer(*layers).properties(width=_WIDTH, height=_HEIGHT, title=drawn.title)
    angle = 0 if max(map(len, drawn.names)) <= _SHORT_NAME else -45
    spec = picture.configure(font=SANS).configure_view(stroke=None).configure_axisX(labelAngle=angle, labelLimit=110)
    return str(vl_convert.vegalite_to_svg(spec.to_dict()))


def _reference() -> alt.LayerChart | alt.FacetChart:
    """What the reference system reached, as a dashed line that says so."""
    at = alt.Chart(alt.InlineData(values=[{"value": REFERENCE_RATE, "says": f"參考 {REFERENCE_RATE:.0%}"}]))
    line = at.mark_rule(strokeDash=[6, 4], size=1.5).encode(y="value:Q")
    words = at.mark_text(align="right", x=_WIDTH, dy=-6, dx=-2, fontSize=9).encode(y="value:Q", text="says:N")
    return alt.layer(line, words)


def _alt(drawn: _Drawn) -> str:
    said = []
    for name, values in zip(drawn.names, drawn.values, strict=True):
        shown = [_said(value, is_rate=drawn.is_rate) for value in values]
        said.append(f"{name} " + "／".join(shown))
    series = "／".join(column.zh for column in drawn.series)
    return f"{drawn.title}（{series}）：{'、'.join(said)}"[:_LONGEST_ALT]


def _said(value: Cell, *, is_rate: bool) -> str:
    if value is None:
        return "無資料"
    return f"{value:.1%}" if is_rate and isinstance(value, float | int) else str(value)
