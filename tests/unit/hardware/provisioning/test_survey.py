"""``beacon-kit survey``: the threshold as a truth table, a walk on a radio that replays, its file and its picture."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from hardware.frames import simple_beacon
from hardware.frames.simple_beacon import SimpleBeacon
from hardware.provisioning.__main__ import main
from hardware.provisioning.edges import Edges
from hardware.provisioning.errors import KitError
from hardware.provisioning.plots import save_plot
from hardware.provisioning.surveying import (
    Sample,
    advice,
    read_csv,
    suggest_threshold,
    summarise,
    threshold_of,
    write_csv,
)
from tests.replay import advertisement, replaying

HWID, OTHER = "c0ffee0001", "c0ffee0002"
AT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
SITE = f"""
[site]
code = "HQ"
name = "總局"
[[zones]]
code = "HQ-1F"
[[beacons]]
hwid = "{HWID}"
zone = "HQ-1F"
"""


@pytest.mark.parametrize(
    ("inside", "outside", "dbm", "shares"),
    [
        ([-50, -55], [-80, -90], -67.5, (1, 1)),
        ([-50], [-60], -55, (1, 1)),
        ([-50, -60, -70], [-65, -80, -90], -62.5, (2 / 3, 1)),
        ([-60], [-60], -59.5, (0, 1)),
        ([-90, -90], [-50, -50], -70, (0, 0)),
    ],
)
def test_the_threshold_tells_inside_from_outside(
    inside: list[int], outside: list[int], dbm: float, shares: tuple[float, float]
):
    threshold = suggest_threshold(inside, outside)
    assert threshold is not None
    if shares != (0, 0):
        assert (threshold.dbm, threshold.inside_share, threshold.outside_share) == (dbm, *map(pytest.approx, shares))
    # Where outside is stronger than inside no line is right; it does no worse than calling everything inside.
    assert threshold.inside_share + threshold.outside_share >= 1


@pytest.mark.parametrize(("inside", "outside"), [([], [-50]), ([-50], []), ([], [])])
def test_one_side_alone_suggests_nothing(inside: list[int], outside: list[int]):
    assert suggest_threshold(inside, outside) is None


RSSI = st.lists(st.integers(-120, 0), min_size=1, max_size=30)


@given(RSSI, RSSI)
def test_no_other_line_is_better(inside: list[int], outside: list[int]):
    found = suggest_threshold(inside, outside)
    assert found is not None

    def score(cut: float) -> float:
        return sum(v >= cut for v in inside) / len(inside) + sum(v < cut for v in outside) / len(outside)

    best = max(score(cut / 2) for cut in range(-244, 4))
    assert found.inside_share + found.outside_share == pytest.approx(best)


def samples(point: str, rssi: Sequence[int], *, inside: bool = True) -> list[Sample]:
    return [Sample(at=AT, point=point, inside=inside, hwid=HWID, rssi_dbm=value) for value in rssi]


def test_each_point_is_summed_up():
    [point] = summarise(samples("櫃台", list(range(-70, -50))))
    assert (point.count, point.median_dbm, point.low_dbm, point.high_dbm) == (20, -60.5, -69, -52)


def test_what_follows_is_said():
    clear = [*samples("櫃台", [-50] * 30), *samples("馬路", [-90] * 30, inside=False)]
    assert list(advice(clear)) == [
        "建議門檻 / suggested threshold: -70 dBm（判對 / right: 區內 inside 100%、區外 outside 100%）"
    ]
    mixed = [*samples("櫃台", [-50, -90] * 15), *samples("馬路", [-70] * 5, inside=False)]
    said = "\n".join(advice(mixed))
    assert "lower the power, move or shield the beacon" in said
    assert "few packets at 馬路: stay longer" in said
    assert "區外 / outside 沒有量到" in next(advice(samples("櫃台", [-50] * 30)))


def test_a_walk_is_saved_for_a_spreadsheet_and_read_again(tmp_path: Path):
    walked = [
        *samples("=cmd|' /C calc'!A0", [-50]),
        *samples("櫃台,「內」", [-60]),
        *samples("路", [-90], inside=False),
    ]
    path = tmp_path / "walk.csv"
    write_csv(walked, path)
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfat,point,inside,hwid,rssi_dbm\r\n")
    assert b",'=cmd" in content
    assert read_csv(path) == walked


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n", "columns must be at,point"),
        ("at,point,inside,hwid,rssi_dbm\nx,p,1,h,-50\n", "line 2"),
        ("at,point,inside,hwid,rssi_dbm\n2026-11-23T00:00:00+00:00,p,2,h,-50\n", "line 2"),
        ("at,point,inside,hwid,rssi_dbm\n2026-11-23T00:00:00+00:00,p,1\n", "line 2"),
        ('at,point,inside,hwid,rssi_dbm\n"2026', "line 1"),
        ("\xff", "columns must be|is no survey's"),
    ],
)
def test_what_is_no_walk_is_said_by_its_line(tmp_path: Path, text: str, said: str):
    path = tmp_path / "walk.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(KitError, match=said):
        read_csv(path)


def heard(*rssi: int, hwid: str = HWID) -> list[object]:
    frame = simple_beacon.encode_frame(SimpleBeacon(hwid, b"\0"))
    return [advertisement(frame=frame, rssi_dbm=value) for value in rssi]


def survey(folder: Path, typed: str, *arguments: str) -> Result:
    path = folder / "hq.toml"
    path.write_text(SITE)
    backend = replaying(*heard(-50, -52, -127), *heard(-40, hwid=OTHER))  # type: ignore[arg-type]  # advertisements
    command = ["survey", str(path), *arguments]
    return CliRunner().invoke(main, command, input=typed, obj=Edges(backend=backend))


def test_a_walk_from_point_to_point(tmp_path: Path):
    walk, plot = tmp_path / "walk.csv", tmp_path / "walk.svg"
    files = ("--output", str(walk), "--plot", str(plot))
    ran = survey(tmp_path, "櫃台\n-馬路\n\n", HWID, "--seconds", "0", *files)
    assert ran.exit_code == 0, ran.output
    assert "櫃台：2 個封包" in ran.stdout
    assert "外 out  馬路  c0ffee0001  n=2" in ran.stdout
    assert [(each.point, each.inside, each.rssi_dbm) for each in read_csv(walk)] == [
        ("櫃台", True, -50),
        ("櫃台", True, -52),
        ("馬路", False, -50),
        ("馬路", False, -52),
    ]
    assert plot.read_text("utf-8").startswith("<svg")
    again = survey(tmp_path, "", "--input", str(walk))
    assert again.stdout.splitlines()[-3:] == ran.stdout.splitlines()[-4:-1]


def test_a_walk_that_heard_nothing_is_a_failure(tmp_path: Path):
    ran = survey(tmp_path, "\n")
    assert (ran.exit_code, "nothing was heard" in ran.stderr) == (1, True)


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_picture_has_every_point_and_the_threshold(tmp_path: Path, suffix: str):
    walked = [*samples("櫃台", [-50, -51]), *samples("馬路", [-90, -88], inside=False)]
    path = tmp_path / f"walk{suffix}"
    save_plot(walked, threshold_of(walked), path)
    content = path.read_bytes()
    assert content.startswith(b"<svg" if suffix == ".svg" else b"\x89PNG")
    if suffix == ".svg":
        for words in ("櫃台", "馬路", "區內 inside", "suggested threshold -70 dBm"):
            assert words.encode() in content


def test_a_picture_of_another_kind_is_refused(tmp_path: Path):
    with pytest.raises(KitError, match=r"must end in \.svg or \.png"):
        save_plot(samples("x", [-50]), None, tmp_path / "walk.pdf")
