"""What was heard of a beacon, judged line by line: pass, fail, or nothing to judge; no radio, no server."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hardware.frames import FrameError, device_message, ibeacon, line_beacon, simple_beacon
from hardware.frames.battery import percent
from hardware.frames.device_message import STEP_S, Flags
from hardware.provisioning.radio import Packet
from hardware.provisioning.site import Beacon, Kind

# LINE asks for a packet every 152.5 ms; ours is silent for half a second in between, and the Bluetooth stack reports
# fewer than are sent. A beacon at Bluetooth's default interval of 1.28 s fails.
_LONGEST_INTERVAL_MS = 1000
# Fewer tell nothing about an interval.
_ENOUGH = 5
# Below it phones in pockets begin to miss packets; a rule of thumb, to be confirmed by `survey`.
_WEAK_DBM = -85
# A battery at LINE's level 2, 10 %, wants changing before the beacon goes on the wall.
_LOW_BATTERY = 2
_MOST_MESSAGES = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; ``passed`` is None where there is nothing to judge."""

    line: str
    passed: bool | None
    text: str

    def as_json(self) -> dict[str, Any]:
        """As it is saved."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Heard:
    """The packets of one beacon, its distinct device messages with when each was heard first, and all others."""

    mine: Sequence[Packet]
    messages: Sequence[tuple[datetime, bytes]]
    others: Sequence[str]
    has_companion: bool
    problem: str | None

    @property
    def rssi_dbm(self) -> list[int]:
        """Every measurement of the beacon's own packets."""
        return [packet.rssi_dbm for packet in self.mine if packet.rssi_dbm is not None]

    @property
    def interval_ms(self) -> float | None:
        """The median time between two reports; None if there are too few."""
        if len(self.mine) < _ENOUGH:
            return None
        return statistics.median(1000 * (b.at - a.at).total_seconds() for a, b in pairwise(self.mine))


def sort_out(packets: Sequence[Packet], hwid: str) -> Heard:
    """What of all packets belongs to a beacon; never by address, which many change at every turn."""
    mine: list[Packet] = []
    messages: dict[bytes, datetime] = {}
    others: dict[str, None] = {}
    problem: str | None = None
    for packet in packets:
        if packet.frame is None:
            continue
        try:
            heard, message = _read(packet.frame)
        except FrameError as exc:
            if packet.frame[1:6].hex() == hwid:
                problem = str(exc)
            continue
        if heard == hwid:
            mine.append(packet)
            messages.setdefault(message, packet.at)
        else:
            others[heard] = None
    in_order = sorted((at, message) for message, at in messages.items())
    return Heard(mine, in_order, list(others), any(_is_companion(packet) for packet in packets), problem)


def findings(heard: Heard, beacon: Beacon) -> Iterator[Finding]:
    """What can be judged without the server."""
    if not heard.mine:
        yield _not_heard(heard, beacon)
        return
    yield Finding("heard 聽到", passed=True, text=f"{beacon.hwid}，{len(heard.mine)} 次 / {len(heard.mine)} reports")
    yield _interval(heard)
    yield _companion(heard)
    if beacon.kind is Kind.ROLLING:
        yield from _rolling(heard)
    elif beacon.kind is Kind.STATIC:
        text = "靜態訊息任何人都能複製，證明力只有「低」 / anyone can copy a static message: its assurance is low"
        yield Finding("message 訊息", passed=None, text=text)
    yield _strength(heard)


def sighting(heard: Heard, beacon: Beacon) -> Mapping[str, Any]:
    """What the server is told, which judges the codes."""
    rssi = heard.rssi_dbm
    return {
        "zone": beacon.zone,
        "heard": [
            {"at": at.isoformat(), "device_message": message.hex()} for at, message in heard.messages[-_MOST_MESSAGES:]
        ],
        "rssi_dbm": statistics.median(rssi) if rssi else None,
        "interval_ms": heard.interval_ms,
    }


def server_findings(answer: Mapping[str, Any]) -> Iterator[Finding]:
    """What the server found of the codes, of which each has to be valid."""
    proofs = [str(result.get("proof")) for result in answer.get("results", [])]
    wrong = sorted({proof for proof in proofs if proof not in {"valid", "static", "None"}})
    if wrong:
        advice = "；".join(_ADVICE.get(proof, proof) for proof in wrong)
        yield Finding("code 驗證碼", passed=False, text=f"{', '.join(wrong)}：{advice}")
    else:
        yield Finding("code 驗證碼", passed=True, text=f"{', '.join(sorted(set(proofs)))}（{len(proofs)}）")
    if answer.get("resynchronised"):
        text = "信標斷電過，伺服器已重新對時 / it had lost its power: the server has taken over its time"
        yield Finding("time 時間", passed=True, text=text)


_ADVICE = {
    "forged": "金鑰不同，重新 build、flash；或附近有人冒充 / another key: build and flash again; or a copy is near",
    "stale": "時間不對：重新 flash，或附近有人重播 / its time is wrong: flash it again, or somebody plays a recording",
    "replayed": "倒退的碼：附近有人重播 / a code from before: somebody near plays a recording",
    "unknown_key": "伺服器沒有金鑰：beacon-kit register / the server has no key: beacon-kit register",
}


def _read(frame: bytes) -> tuple[str, bytes]:
    try:
        beacon = simple_beacon.decode_frame(frame)
    except FrameError:
        if len(frame) != 1 + 5 + 1 + line_beacon.MESSAGE_LENGTH:
            raise
        return line_beacon.decode_frame(frame).hwid, frame[-line_beacon.MESSAGE_LENGTH :]
    return beacon.hwid, beacon.device_message


def _is_companion(packet: Packet) -> bool:
    if packet.apple is None:
        return False
    try:
        content = ibeacon.APPLE_COMPANY.to_bytes(2, "little") + packet.apple
        return ibeacon.decode_manufacturer_data(content).is_line_companion
    except FrameError:
        return False


def _not_heard(heard: Heard, beacon: Beacon) -> Finding:
    if heard.problem:
        text = f"訊框錯誤 / broken frame: {heard.problem}：重新燒錄 / flash it again"
    elif heard.others:
        others = ", ".join(heard.others[:5])
        text = (
            f"沒聽到 {beacon.hwid}，聽到 {others}：走近些，或硬體 ID 燒錯"
            f" / not heard; {others} are: go nearer, or it has another hardware ID"
        )
    else:
        text = "什麼信標都沒聽到：檢查電源與 LED，走近些 / no beacon at all: check power and LED, go nearer"
    return Finding("heard 聽到", passed=False, text=text)


def _interval(heard: Heard) -> Finding:
    interval_ms = heard.interval_ms
    if interval_ms is None:
        return Finding("interval 間隔", passed=None, text="次數太少，再聽久一點 / too few: listen longer (--seconds)")
    text = f"{interval_ms:.0f} ms（藍牙堆疊回報的 / as the Bluetooth stack reports）"
    if interval_ms > _LONGEST_INTERVAL_MS:
        text += "：發射間隔設為 152.5 ms / set the advertising interval to 152.5 ms"
    return Finding("interval 間隔", passed=interval_ms <= _LONGEST_INTERVAL_MS, text=text)


def _companion(heard: Heard) -> Finding:
    if heard.has_companion:
        return Finding("companion 伴隨封包", passed=True, text="有 / heard")
    text = "沒聽到 iBeacon 伴隨封包：iPhone 在背景感應不到 / not heard: iPhones in the background will miss this zone"
    return Finding("companion 伴隨封包", passed=False, text=text)


def _rolling(heard: Heard) -> Iterator[Finding]:
    try:
        read = [(at, device_message.parse(message)) for at, message in heard.messages]
    except FrameError as exc:
        text = f"不是滾動訊息：{exc}：重新燒錄，或附近有冒充的 / no rolling message: flash it again, or a copy is near"
        yield Finding("message 訊息", passed=False, text=text)
        return
    last = read[-1][1]
    charge = percent(last.battery)
    text = "市電或未知 / mains or unknown" if charge is None else f"{charge} %"
    yield Finding("battery 電池", passed=charge is None or last.battery > _LOW_BATTERY, text=text)
    yield _advance([(at, fields.low_step) for at, fields in read], heard)
    if Flags.RESUMED in last.flags:
        text = "斷電後續算，時間是估的 / goes on after a loss of power; its time is a guess"
        yield Finding("clock 時鐘", passed=None, text=text)


def _advance(steps: Sequence[tuple[datetime, int]], heard: Heard) -> Finding:
    """Whether the step goes on as time does; two that take turns are two transmitters."""
    if any(later < earlier for (_, earlier), (_, later) in pairwise(steps)):
        text = "時間步倒退：附近有另一個發射器用同一硬體 ID / steps go back: another transmitter has this hardware ID"
        return Finding("step 時間步", passed=False, text=text)
    listened = heard.mine[-1].at - heard.mine[0].at
    if listened < timedelta(seconds=STEP_S + 1):
        return Finding("step 時間步", passed=None, text="聽得太短 / listened for too short a time to tell")
    moved = steps[-1][1] - steps[0][1]
    expected = listened.total_seconds() / STEP_S
    is_right = abs(moved - expected) <= 1
    text = f"{listened.total_seconds():.0f} s：{moved} 步 / steps"
    return Finding("step 時間步", passed=is_right, text=text if is_right else f"{text}：重新燒錄 / flash it again")


def _strength(heard: Heard) -> Finding:
    rssi = sorted(heard.rssi_dbm)
    if not rssi:
        return Finding("RSSI 訊號", passed=None, text="這個介面不量 / not measured by this adapter")
    low, high = rssi[len(rssi) // 20], rssi[-1 - len(rssi) // 20]
    middle = statistics.median(rssi)
    text = f"中位 {middle:.0f} dBm，5–95 % {low} … {high}，n={len(rssi)}"
    if middle < _WEAK_DBM:
        text += "：太弱，走近再驗或移動信標 / weak: verify from nearer, or move the beacon"
    return Finding("RSSI 訊號", passed=middle >= _WEAK_DBM, text=text)
