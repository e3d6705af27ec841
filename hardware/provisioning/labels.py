"""Labels for beacons: hardware ID, where it belongs, and a QR code, on A4 sheets of 24 as PDF."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import segno
import typst

from hardware.provisioning.errors import KitError
from hardware.provisioning.site import Beacon, Kind, Site

FONT = "Noto Sans CJK TC"
LABELS_A_SHEET = 24

_TEMPLATE = Path(__file__).parent / "templates" / "labels.typ"
_KINDS = {
    Kind.ROLLING: "滾動碼 rolling",
    Kind.STATIC: "靜態 static",
    Kind.LINE: "LINE 認證 certified",
}


def labels_pdf(site: Site, beacons: Sequence[Beacon], *, skip: int = 0) -> bytes:
    """The sheets as PDF; the same beacons give the same bytes.

    Args:
        site: Where they belong.
        beacons: One label each, in this order.
        skip: So many places at the beginning of the first sheet are used up already.

    Raises:
        KitError: the font is not installed: Chinese would be boxes.
    """
    require_font()
    names = {zone.code: f"{zone.code} {zone.name}".strip() for zone in site.zones}
    labels = [None] * skip + [_label(site, beacon, names[beacon.zone]) for beacon in beacons]
    given = {"labels": json.dumps(labels, ensure_ascii=False), "font": FONT}
    return bytes(typst.compile(_TEMPLATE, format="pdf", sys_inputs=given))


def require_font() -> None:
    """See to it that typst finds the font; it says nothing and takes another one else.

    Raises:
        KitError: it does not.
    """
    if FONT not in typst.Fonts().families():
        raise KitError(
            f"缺少字型 {FONT}：sudo apt-get install fonts-noto-cjk / the font is missing: install fonts-noto-cjk"
        )


def _label(site: Site, beacon: Beacon, zone: str) -> dict[str, str]:
    hwid = beacon.hwid
    return {
        "hwid": hwid,
        # In pairs, as people read them out.
        "shown": " ".join(hwid[at : at + 2].upper() for at in range(0, len(hwid), 2)),
        "label": beacon.label,
        "site": f"{site.code} {site.name}".strip(),
        "zone": zone,
        "kind": _KINDS[beacon.kind],
        "qr": _qr(f"hwid:{hwid}"),
    }


def _qr(text: str) -> str:
    """A QR code as SVG; level Q stands a quarter of it being dirty or torn."""
    svg = io.BytesIO()
    segno.make(text, error="q", micro=False).save(svg, kind="svg", border=2, xmldecl=False)
    return svg.getvalue().decode()
