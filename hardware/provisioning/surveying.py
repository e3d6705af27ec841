"""A walk test: what was heard at each point, and the signal strength that best tells inside from outside."""

import csv
import io
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hardware.provisioning.errors import KitError

HEADER = ("at", "point", "inside", "hwid", "rssi_dbm")
# A spreadsheet takes a cell that begins so for a formula. Source: OWASP, "CSV Injection".
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_INSIDE = {"1": True, "0": False}
_LARGEST_FILE = 64 * 1024 * 1024
# Fewer packets at a point tell little about it.
ENOUGH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One packet of a beacon, heard at a point that lies inside the zone or outside."""

    at: datetime
    point: str
    inside: bool
    hwid: str
    rssi_dbm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PointSummary:
    """The strength at one point: how many packets, the median, and where the weakest and strongest 5 % begin."""

    point: str
    inside: bool
    hwid: str
    count: int
    median_dbm: float
    low_dbm: int
    high_dbm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """From this strength on a phone is taken to be inside; shares are of the packets that fall on the right side."""

    dbm: float
    inside_share: float
    outside_share: float

    @property
    def overlaps(self) -> bool:
        """Whether no strength tells inside from outside without mistakes."""
        return self.inside_share < 1 or self.outside_share < 1


def summarise(samples: Iterable[Sample]) -> list[PointSummary]:
    """Each point and beacon, in the order in which they were visited."""
    found: dict[tuple[str, bool, str], list[int]] = {}
    for sample in samples:
        found.setdefault((sample.point, sample.inside, sample.hwid), []).append(sample.rssi_dbm)
    return [
        PointSummary(
            point=point,
            inside=inside,
            hwid=hwid,
            count=len(rssi),
            median_dbm=statistics.median(rssi),
            low_dbm=sorted(rssi)[len(rssi) // 20],
            high_dbm=sorted(rssi)[-1 - len(rssi) // 20],
        )
        for (point, inside, hwid), rssi in found.items()
    ]


def suggest_threshold(inside: Sequence[int], outside: Sequence[int]) -> Threshold | None:
    """The strength with the best balanced accuracy; None unless there are packets of both sides.

    Of all that are equally good, the middle.
    """
    if not inside or not outside:
        return None
    values = sorted({*inside, *outside})
    # Between two neighbours it makes no difference where the line is drawn.
    cuts = [(low + high) / 2 for low, high in zip([values[0] - 1, *values], [*values, values[-1] + 1], strict=True)]
    scored = [(_share(inside, cut, above=True), _share(outside, cut, above=False), cut) for cut in cuts]
    best = max(right + wrong for right, wrong, _ in scored)
    equals = [each for each in scored if best - (each[0] + each[1]) < 1e-9]  # noqa: PLR2004 (rounding)
    right, wrong, cut = equals[len(equals) // 2]
    return Threshold(dbm=cut, inside_share=right, outside_share=wrong)


def threshold_of(samples: Sequence[Sample]) -> Threshold | None:
    """The threshold that a walk suggests."""
    inside = [sample.rssi_dbm for sample in samples if sample.inside]
    return suggest_threshold(inside, [sample.rssi_dbm for sample in samples if not sample.inside])


def advice(samples: Sequence[Sample]) -> Iterator[str]:
    """What follows from a walk, a line each."""
    threshold = threshold_of(samples)
    if threshold is None:
        missing = "外 / outside" if any(sample.inside for sample in samples) else "內 / inside"
        yield f"區{missing} 沒有量到：補走幾個點才能建議門檻 / no packets there: walk some points to get a threshold"
    else:
        yield (
            f"建議門檻 / suggested threshold: {threshold.dbm:.0f} dBm"
            f"（判對 / right: 區內 inside {threshold.inside_share:.0%}、區外 outside {threshold.outside_share:.0%}）"
        )
        if threshold.overlaps:
            yield (
                "區內外訊號重疊：調低發射功率、移動信標或加遮蔽，再走一次"
                " / inside and outside overlap: lower the power, move or shield the beacon, then walk again"
            )
    for point in summarise(samples):
        if point.count < ENOUGH:
            yield f"「{point.point}」只有 {point.count} 個封包：多站一會兒 / few packets at {point.point}: stay longer"


def write_csv(samples: Iterable[Sample], path: Path) -> None:
    """Save a walk as a spreadsheet reads it: UTF-8 with BOM, CRLF, no cell that could be a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for sample in samples:
        point = f"'{sample.point}" if sample.point.startswith(_FORMULA) else sample.point
        writer.writerow((sample.at.isoformat(), point, int(sample.inside), sample.hwid, sample.rssi_dbm))
    path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")


def read_csv(path: Path) -> list[Sample]:
    """Read a saved walk.

    Raises:
        KitError: it is none; the line is named.
        OSError: the file cannot be read.
    """
    if path.stat().st_size > _LARGEST_FILE:
        raise KitError(f"{path}：太大 / larger than 64 MiB")
    line = 1
    try:
        reader = csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""), strict=True)
        if tuple(reader.fieldnames or ()) != HEADER:
            raise KitError(f"{path}：欄位須為 / columns must be {','.join(HEADER)}")
        samples = []
        for row in reader:
            line = reader.line_num
            samples.append(_sample(row))
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as exc:
        raise KitError(f"{path} 第 {line} 行不是場測紀錄 / line {line} is no survey's: {exc}") from exc
    return samples


def _sample(row: dict[str, str]) -> Sample:
    return Sample(
        at=datetime.fromisoformat(row["at"]),
        point=row["point"].removeprefix("'"),
        inside=_INSIDE[row["inside"]],
        hwid=row["hwid"],
        rssi_dbm=int(row["rssi_dbm"]),
    )


def _share(rssi: Sequence[int], cut: float, *, above: bool) -> float:
    return sum((value >= cut) is above for value in rssi) / len(rssi)
