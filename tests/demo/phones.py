"""The officers' phones on the stand-in LINE Platform, bound as officers do it: with a code from HR, in the chat."""

import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from tests.demo.duties import open_duties
from tests.demo.workspace import Workspace

# These officers stay without a binding, so that somebody can try what a first day looks like.
NEWCOMERS = 6
# The place among the officers of the one who looks after all units.
SUPERVISOR = 1
_BOUND = "綁定完成"


def zones(workspace: Workspace) -> list[dict[str, Any]]:
    """The department's zones: where they are, and what their beacons put on the air."""
    beacons: dict[str, list[dict[str, str | None]]] = {}
    for row in workspace.rows("beacons"):
        # A certified LINE Beacon's secure message goes to LINE alone; the others send an empty device message.
        dm = None if row["kind"] == "line" else "00"
        beacons.setdefault(row["zone_code"], []).append({"hwid": row["hwid"], "dm": dm})
    sites = {row["code"]: row for row in workspace.rows("sites")}
    return [
        {
            "code": row["code"],
            "name": row["name"],
            "beacons": beacons.get(row["code"], []),
            **{name: float(sites[row["site_code"]][name]) for name in ("latitude", "longitude")},
        }
        for row in workspace.rows("zones")
    ]


class Phones:
    """One phone for each officer of the department."""

    def __init__(self, platform: str, workspace: Workspace) -> None:
        self._platform = platform
        self._workspace = workspace
        self._officers = workspace.rows("officers")
        self.count = len(self._officers)

    def hand_out(self, codes: Mapping[str, str], now: datetime) -> None:
        """Add the phones, those on duty first; each with what its owner would know: number, duty, a newcomer's code."""
        duties = self._duty_notes(now)
        newcomers = {officer["staff_no"] for officer in self._officers[-NEWCOMERS:]}
        for officer in sorted(self._officers, key=lambda officer: officer["staff_no"] not in duties):
            number = officer["staff_no"]
            duty = duties.get(number, "目前無勤務")
            note = f"{number}　{'主管　' if number == supervisor(self._workspace) else ''}{duty}"
            if number in newcomers and number in codes:
                note = f"{number}　新進　{duty}　請輸入：綁定 {number} {codes[number]}"
            phone = {"name": officer["name"], "line_user_id": line_user_id(number), "note": note}
            self._call("phones", phone)

    def bind(self, codes: Mapping[str, str], pause: Callable[[], None]) -> Iterator[int]:
        """Send the codes of all but the newcomers; yield how many are bound, until all of them are."""
        numbers = [o["staff_no"] for o in self._officers[:-NEWCOMERS] if o["staff_no"] in codes]
        acts = [{"phone": line_user_id(n), "act": "say", "text": f"綁定 {n} {codes[n]}"} for n in numbers]
        self._call("batch", {"acts": acts})
        bound = len(self._officers) - len(codes)
        while self._answered() < len(numbers):
            yield bound + self._answered()
            pause()
        yield bound + len(numbers)

    def _answered(self) -> int:
        lasts = [phone["last_message"] for phone in self._call("state")["phones"]]
        return sum(last is not None and _BOUND in last["text"] for last in lasts)

    def _duty_notes(self, now: datetime) -> dict[str, str]:
        """Of two open duties the later one: the earlier is nearly over."""
        return {
            duty.staff_no: f"{duty.duty_date:%m/%d} {duty.shift_name} {duty.hours}"
            for duty in open_duties(self._workspace, now)
        }

    def _call(self, path: str, content: object = None) -> dict[str, Any]:
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self._platform}/_/{path}", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            result: dict[str, Any] = json.load(answer)
        return result


def supervisor(workspace: Workspace) -> str:
    """The staff number of the officer who looks after the whole bureau."""
    return workspace.rows("officers")[SUPERVISOR]["staff_no"]


def line_user_id(staff_no: str) -> str:
    """A LINE user ID that is the same in every run."""
    return "U" + staff_no.encode().hex().rjust(32, "0")[-32:]
