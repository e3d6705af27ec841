"""What a report costs the agent, against what it cost bleak before; a day of strangers; thousands of phones."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from bleak.backends.bluezdbus.scanner import BleakScannerBlueZDBus

from beacon_agent.ear import Ear
from beacon_agent.identities import Identities, Phone
from beacon_agent.outbox import Outbox
from beacon_agent.scanner import Report
from tests.bench import hallway
from tests.bench.figures import Figure, Goal
from tests.bench.plan import Plan

_ROUNDS, _REPORTS = 7, 20_000
_PHONES = 7_000
_MOST_MEMORY_MB = 80


def measure(_plan: Plan) -> list[Figure]:
    """CPU time of one process, both sides in turn; memory and imports of processes of their own."""
    random = Random(7)  # noqa: S311 (advertisements, not secrets)
    reports = [hallway.report(random, number) for number in range(_REPORTS)]
    return [
        _against_bleak(reports),
        *_against_theengs(reports[:200]),
        *_phones(random),
        _memory_of_a_day(),
        _import_s(),
    ]


def _against_bleak(reports: Sequence[Report]) -> Figure:
    ours, peers = [], []
    for _ in range(_ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            outbox = Outbox(Path(folder) / "outbox.db", "boot")
            ear = Ear(hallway.assignment())
            ours.append(_cpu_s(partial(_hear, ear, outbox, reports)))
            outbox.close()
        peers.append(_cpu_s(_bleaks_handler(reports)))
    return Figure(
        name="a report from bleak's callback to the stored summary (peer: bleak's BlueZ handler before it)",
        values=[mine / theirs for mine, theirs in zip(ours, peers, strict=True)],
        goal=Goal("at most", 1.0),
        ours=f"{1e6 * min(ours) / len(reports):.1f} µs",
        peer=f"{1e6 * min(peers) / len(reports):.1f} µs",
    )


def _hear(ear: Ear, outbox: Outbox, reports: Iterable[Report]) -> None:
    """Two minutes of a busy hallway, summed up every second as the agent does it."""
    at_s = 0.0
    for number, report in enumerate(reports):
        at_s = number / 160
        ear.hear(report, at_s)
        if number % 160 == 0:
            outbox.put(ear.due(at_s))
    outbox.put(ear.due(at_s + 130))


def _bleaks_handler(reports: Sequence[Report]) -> Callable[[], None]:
    scanner: Any = BleakScannerBlueZDBus(None, None, "active", bluez={})
    scanner.seen_devices = {}
    scanner.register_detection_callback(lambda _device, _heard: None)
    given = [
        (
            f"/org/bluez/hci0/dev_{report.address.replace(':', '_')}",
            {
                "Address": report.address,
                "Alias": report.address,
                "RSSI": report.rssi_dbm,
                "UUIDs": list(report.service_data),
                "ServiceData": dict(report.service_data),
                "ManufacturerData": dict(report.manufacturer_data),
            },
        )
        for report in reports
    ]

    def handle() -> None:
        for path, properties in given:
            scanner._handle_advertising_data(path, properties)  # noqa: SLF001 (what bleak does with a signal of BlueZ)

    return handle


def _against_theengs(reports: Sequence[Report]) -> Iterable[Figure]:
    """Theengs decoder knows a thousand devices and tries them all; it is not in the lock, for it must be compiled."""
    try:
        import TheengsDecoder  # noqa: PLC0415 (optional)
    except ImportError:
        return
    given = [json.dumps(_theengs(report)) for report in reports]
    ear = Ear(hallway.assignment())
    ratios = []
    for _ in range(_ROUNDS):
        mine = _cpu_s(partial(_hear_all, ear, reports))
        theirs = _cpu_s(lambda: [TheengsDecoder.decodeBLE(text) for text in given])
        ratios.append(theirs / mine)
    yield Figure(name="the same bytes (peer: Theengs decoder)", values=ratios, goal=Goal("at least", 100))


def _hear_all(ear: Ear, reports: Iterable[Report]) -> None:
    for report in reports:
        ear.hear(report, 0.0)


def _theengs(report: Report) -> dict[str, Any]:
    told: dict[str, Any] = {"id": report.address, "rssi": report.rssi_dbm}
    for company, content in report.manufacturer_data.items():
        told["manufacturerdata"] = company.to_bytes(2, "little").hex() + content.hex()
    for content in report.service_data.values():
        told |= {"servicedata": content.hex(), "servicedatauuid": "fe6f"}
    return told


def _phones(random: Random) -> Iterable[Figure]:
    identities = Identities(phones=[Phone(str(number), random.randbytes(16)) for number in range(_PHONES)])
    addresses = [f"40:{number >> 8:02X}:{number & 255:02X}:00:00:00" for number in range(50)]
    fresh = [1e3 * _cpu_s(partial(identities.of_address, address)) for address in addresses]
    cached = [1e3 * _cpu_s(partial(_ask_again, identities, address)) for address in addresses]
    yield Figure(name="a new address, 7,000 phones enrolled", values=fresh, unit="ms of CPU", goal=Goal("at most", 50))
    yield Figure(name="the same address again", values=cached, unit="µs of CPU", goal=Goal("at most", 10))


def _ask_again(identities: Identities, address: str) -> None:
    for _ in range(1000):
        identities.of_address(address)


def _memory_of_a_day() -> Figure:
    day = [sys.executable, "-m", "tests.bench.hallway"]
    ran = subprocess.run(day, capture_output=True, text=True, check=True, timeout=600)
    peak_mb, grown_mb = map(float, ran.stdout.split())
    return Figure(
        name="memory at its peak over a day of 2,000 devices",
        values=[peak_mb],
        unit="MB",
        goal=Goal("at most", _MOST_MEMORY_MB),
        ours=f"{grown_mb:.1f} MB more than after the first hour",
    )


def _import_s() -> Figure:
    taken = []
    for _ in range(_ROUNDS):
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", "import beacon_agent.agent"], check=True, timeout=60)
        taken.append(time.monotonic() - began)
    return Figure(name="an import of the agent", values=taken, unit="s", goal=Goal("at most", 0.5))


def _cpu_s(act: Callable[[], Any]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began
