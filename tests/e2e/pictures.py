"""``make pictures``: the guides' pictures, put together from the screens that the browser tests have taken."""

import sys
from pathlib import Path

from PIL import Image

from tests.demo.processes import ROOT

SCREENS = ROOT / "var" / "screens"
PICTURES = ROOT / "docs" / "pictures"
# Each picture of the officers' guide, and the screens in it from left to right; a screen's name is a file's beginning.
OFFICERS = {
    "liff-first": ("enrol", "notice", "today"),
    "liff-today": ("today", "recorded", "history"),
    "liff-doctor": ("doctor", "doctor-listening", "doctor-step"),
    "liff-corrections": ("correction", "corrections", "unit"),
}
# Of HR's guide: single screens, half as large.
CONSOLE = ("today", "record", "month", "audit")
STYLE = "zh-Hant-TW-light"
TALLEST_PX = 900
MARGIN_PX = 12
GREY = (203, 210, 216)


def main() -> int:
    """Put them together; a screen that is missing is named."""
    wanted = {SCREENS / f"{screen}-{STYLE}.png" for screens in OFFICERS.values() for screen in screens}
    zone_screen = SCREENS / "zone-screen.png"
    wanted |= {SCREENS / f"console-{screen}-zh-TW.png" for screen in CONSOLE}
    missing = sorted(str(path) for path in {*wanted, zone_screen} if not path.exists())
    if missing:
        print(f"error: run `make test-e2e` first; missing: {', '.join(missing)}", file=sys.stderr)
        return 1
    for name, screens in OFFICERS.items():
        side_by_side([SCREENS / f"{screen}-{STYLE}.png" for screen in screens]).save(
            PICTURES / f"{name}.png", optimize=True
        )
    for screen in CONSOLE:
        with Image.open(SCREENS / f"console-{screen}-zh-TW.png") as picture:
            small = picture.convert("RGB").resize((picture.width * 3 // 4, picture.height * 3 // 4))
            small.quantize(128).save(PICTURES / f"console-{screen}.png", optimize=True)
    with Image.open(zone_screen) as picture:
        picture.convert("P", palette=Image.Palette.ADAPTIVE).save(PICTURES / "zone-screen.png", optimize=True)
    return 0


def side_by_side(paths: list[Path]) -> Image.Image:
    """The screens beside one another, long ones cut off, on grey."""
    shown = []
    for path in paths:
        with Image.open(path) as picture:
            shown.append(picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, TALLEST_PX))))
    width = sum(each.width for each in shown) + MARGIN_PX * (len(shown) + 1)
    whole = Image.new("RGB", (width, max(each.height for each in shown) + 2 * MARGIN_PX), GREY)
    at = MARGIN_PX
    for each in shown:
        whole.paste(each, (at, MARGIN_PX))
        at += each.width + MARGIN_PX
    return whole.quantize(128)


if __name__ == "__main__":
    sys.exit(main())
