"""``beacon-kit label``: sheets of the right size, with everything on them, whatever somebody typed."""

import json
import re
from pathlib import Path

import pytest
import typst
from click.testing import CliRunner, Result

from hardware.provisioning import labels
from hardware.provisioning.__main__ import main
from hardware.provisioning.errors import KitError
from hardware.provisioning.site import load_site

HEAD = '[site]\ncode = "HQ"\nname = "總局"\n[[zones]]\ncode = "HQ-1F"\nname = "一樓"\n'
# A4 in points.
A4 = b"/MediaBox[0 0 595.2756 841.8898]"


def site_file(folder: Path, number: int, label: str = "大門") -> Path:
    path = folder / "hq.toml"
    beacons = (
        f"[[beacons]]\nhwid = 'c0ffee{each:04x}'\nzone = 'HQ-1F'\nlabel = {json.dumps(label)}\n"
        for each in range(number)
    )
    path.write_text(HEAD + "".join(beacons), "utf-8")
    return path


def label(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["label", *arguments])


@pytest.mark.parametrize(
    ("number", "skip", "sheets"), [(1, 0, 1), (24, 0, 1), (25, 0, 2), (23, 1, 1), (24, 1, 2), (1, 23, 1), (49, 0, 3)]
)
def test_labels_fill_a4_sheets(tmp_path: Path, number: int, skip: int, sheets: int):
    output = tmp_path / "labels.pdf"
    ran = label(str(site_file(tmp_path, number)), "--output", str(output), "--skip", str(skip))
    assert (ran.exit_code, f"{sheets} sheets" in ran.stdout) == (0, True)
    content = output.read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == sheets
    assert content.count(A4) == sheets


def test_only_the_beacons_named_get_labels_and_the_same_ones_give_the_same_bytes(tmp_path: Path):
    path = site_file(tmp_path, 30)
    first, second = tmp_path / "1.pdf", tmp_path / "2.pdf"
    for output in (first, second):
        assert label(str(path), "C0FFEE0001", "--output", str(output)).exit_code == 0
    assert first.read_bytes() == second.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", first.read_bytes())) == 1
    assert "has no beacon ffffffffff" in label(str(path), "ffffffffff", "--output", "x").stderr


@pytest.mark.parametrize(
    "typed", ["#panic()", "$x$ *b* _i_ `c`", '"]) #read("/etc/passwd")', "\\u{48} <a> @b //", "王" * 200]
)
def test_what_somebody_typed_is_only_text(tmp_path: Path, typed: str):
    site = load_site(site_file(tmp_path, 1, typed))
    assert labels.labels_pdf(site, site.beacons).startswith(b"%PDF-")


def test_a_label_says_what_and_where(tmp_path: Path):
    site = load_site(site_file(tmp_path, 1))
    shown = labels._label(site, site.beacons[0], "HQ-1F 一樓")  # noqa: SLF001 (what the template is given)
    assert (shown["shown"], shown["site"], shown["kind"]) == ("C0 FF EE 00 00", "HQ 總局", "滾動碼 rolling")
    assert shown["qr"].startswith("<svg")


def test_a_missing_font_is_said_and_not_replaced_by_boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class NoFonts:
        def families(self) -> list[str]:
            return ["DejaVu Sans"]

    # The machine's fonts are the edge that a test cannot take away.
    monkeypatch.setattr(typst, "Fonts", NoFonts)
    site = load_site(site_file(tmp_path, 1))
    with pytest.raises(KitError, match="install fonts-noto-cjk"):
        labels.labels_pdf(site, site.beacons)
