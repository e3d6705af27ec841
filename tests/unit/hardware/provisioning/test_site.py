"""The site file, the folder beside it, and ``beacon-kit plan``."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hardware.provisioning.__main__ import main
from hardware.provisioning.errors import KitError
from hardware.provisioning.site import Board, Kind, load_site
from hardware.provisioning.workspace import Workspace

SITE = """
[site]
code = "HQ"
name = "總局"
api = "https://checkin.example.gov.tw/"
[[zones]]
code = "HQ-1F"
name = "一樓"
[[beacons]]
hwid = "C0FFEE0001"
zone = "HQ-1F"
label = "大門"
[[agents]]
name = "HQ-PI1"
zone = "HQ-1F"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "hq.toml"
    path.write_text(text)
    return path


def plan(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["plan", *arguments])


def test_a_site_file_is_read(tmp_path: Path):
    site = load_site(written(tmp_path, SITE))
    assert (site.code, site.name, site.api) == ("HQ", "總局", "https://checkin.example.gov.tw")
    [beacon] = site.beacons
    assert (beacon.hwid, beacon.kind, beacon.board, beacon.measured_power_dbm) == (
        "c0ffee0001",
        Kind.ROLLING,
        Board.ESP32,
        -59,
    )
    assert site.beacon("C0FFEE0001") is beacon
    assert site.warnings == ()


@pytest.mark.parametrize(
    ("was", "becomes", "problem"),
    [
        ('hwid = "C0FFEE0001"', 'hwid = "C0FFEE000"', "[[beacons]] #1：hwid"),
        ('hwid = "C0FFEE0001"', "hwid = 1234567890", "[[beacons]] #1：hwid"),
        ('zone = "HQ-1F"\nlabel', 'zone = "HQ-2F"\nlabel', "beacons c0ffee0001：沒有簽到區 HQ-2F"),
        ('name = "HQ-PI1"\nzone = "HQ-1F"', 'name = "HQ-PI1"\nzone = "X"', "agents HQ-PI1：沒有簽到區 X"),
        ('label = "大門"', 'label = "大\\u001b[31m門"', "label must be text"),
        ('label = "大門"', 'colour = "red"', "colour is unknown; known: board, hwid"),
        ('label = "大門"', 'kind = "magic"', "kind must be one of these"),
        ('label = "大門"', "kind = [1]", "kind must be one of these"),
        ('label = "大門"', 'kind = "static"\nboard = "esp32"', "board is for rolling only"),
        ('label = "大門"', "measured_power_dbm = 5", "measured_power_dbm must be -128 to 0"),
        ('label = "大門"', "measured_power_dbm = true", "measured_power_dbm must be -128 to 0"),
        ("https://", "http://", "api must begin with https://"),
        ("https://checkin", "http://localhost.evil", "api must begin with https://"),
        ('[site]\ncode = "HQ"', "[site]", "[site]：code"),
        ("[[zones]]", '[[zones]]\ncode = "HQ-1F"\n[[zones]]', "zones：code HQ-1F 重複 2 次"),
        ("[[agents]]", "[agents]", "agents：須寫成 [[agents]]"),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, was: str, becomes: str, problem: str):
    assert was in SITE
    path = written(tmp_path, SITE.replace(was, becomes))
    with pytest.raises(KitError) as caught:
        load_site(path)
    assert any(line.startswith("hq.toml ") and problem in line for line in caught.value.lines), caught.value.lines


def test_all_mistakes_are_listed_at_once(tmp_path: Path):
    ran = plan(str(written(tmp_path, '[site]\n[[beacons]]\nhwid = "x"\n')))
    assert ran.exit_code == 1
    assert len(ran.stderr.splitlines()) == 4
    assert all(line.startswith("error: hq.toml ") for line in ran.stderr.splitlines())


@pytest.mark.parametrize("content", [b"[site", b"\xff\xfe", b"a = " + b"[" * 5000, b" " * 1024 * 1025])
def test_what_is_no_site_file_is_said_in_a_line(tmp_path: Path, content: bytes):
    path = tmp_path / "hq.toml"
    path.write_bytes(content)
    ran = plan(str(path))
    assert ran.exit_code == 1
    assert len(ran.stderr.splitlines()) == 1


def test_a_missing_site_file_is_said_in_a_line(tmp_path: Path):
    ran = plan(str(tmp_path / "none.toml"))
    assert (ran.exit_code, ran.stderr) == (1, f"error: {tmp_path / 'none.toml'}: No such file or directory\n")


def test_weak_and_blind_zones_are_warned_of(tmp_path: Path):
    text = SITE.replace('label = "大門"', 'kind = "static"').replace(
        "[[agents]]", '[[zones]]\ncode = "HQ-2F"\n[[agents]]'
    )
    text = text.replace('name = "HQ-PI1"\nzone = "HQ-1F"', 'name = "HQ-PI1"\nzone = "HQ-2F"')
    ran = plan(str(written(tmp_path, text)))
    assert ran.exit_code == 0
    assert "HQ-2F has no beacon" in ran.stderr
    assert "HQ-1F has no agent" in ran.stderr
    assert "c0ffee0001 is static" in ran.stderr


def test_the_plan_is_shown_and_says_what_comes_next(tmp_path: Path):
    path = written(tmp_path, SITE)
    shown = plan(str(path)).stdout
    assert "c0ffee0001  rolling esp32 大門" in shown
    assert f"beacon-kit register {path}" in shown
    assert json.loads(plan(str(path), "--format", "json").stdout)["beacons"][0]["hwid"] == "c0ffee0001"


def test_the_example_passes_its_own_check_and_replaces_nothing(tmp_path: Path):
    path = str(tmp_path / "new.toml")
    assert plan("--new", path).exit_code == 0
    assert plan(path).exit_code == 0
    again = plan("--new", path)
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)


def test_a_key_is_made_once_kept_private_and_forgotten(tmp_path: Path):
    workspace = Workspace(tmp_path / "hq.toml")
    key = workspace.make_key("c0ffee0001")
    assert len(key) == 32
    assert workspace.make_key("c0ffee0001") == key == workspace.key("c0ffee0001")
    path = tmp_path / "hq.kit" / "c0ffee0001" / "key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    workspace.forget_key("c0ffee0001")
    assert not workspace.has_key("c0ffee0001")
    with pytest.raises(KitError, match="run beacon-kit register first"):
        workspace.key("c0ffee0001")


@pytest.mark.parametrize("content", [b"", b"00" * 31, b"zz" * 32, b"\xff" * 64])
def test_a_damaged_key_file_is_said_without_its_content(tmp_path: Path, content: bytes):
    workspace = Workspace(tmp_path / "hq.toml")
    workspace.write_private("c0ffee0001", "key", content)
    with pytest.raises(KitError, match="is no key file") as caught:
        workspace.key("c0ffee0001")
    assert content.decode("latin-1") not in str(caught.value) or not content
