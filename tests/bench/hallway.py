"""What an agent in a busy hallway hears; as a program, a day of it, telling the memory at its peak and what it grew by.

It imports no more than an agent does, for that is what is measured.
"""

import tempfile
from importlib import import_module
from pathlib import Path
from random import Random
from uuid import UUID

from beacon_agent.assignment import Assignment
from beacon_agent.ear import Ear
from beacon_agent.identities import Badge, Identities
from beacon_agent.outbox import Outbox
from beacon_agent.scanner import Report
from hardware.frames.simple_beacon import UUID_TEXT, SimpleBeacon, encode_frame

_SITE_UUID = UUID("f7826da6-4fa2-4e98-8024-bc5b71e0893e")
_A_MINUTE = 200


def report(random: Random, number: int) -> Report:
    """A hallway: beacons of the zone, badges, phones that are nobody's, earphones and watches."""
    rssi_dbm = random.randrange(-95, -40)
    match number % 5:
        case 0:
            beacon = SimpleBeacon(f"c0ffee00{number % 4:02x}", (number // 500).to_bytes(13))
            return Report(f"C0:FF:EE:00:00:{number % 4:02X}", {UUID_TEXT: encode_frame(beacon)}, {}, rssi_dbm)
        case 1:
            badge = b"\x02\x15" + _SITE_UUID.bytes + (1).to_bytes(2) + (number % 60).to_bytes(2) + b"\xc5"
            return Report(f"D0:00:00:00:00:{number % 60:02X}", {}, {0x004C: badge}, rssi_dbm)
        case 2:
            return Report(
                f"40:00:00:00:00:{number % 200:02X}", {}, {0x004C: b"\x10\x05" + random.randbytes(5)}, rssi_dbm
            )
        case 3:
            return Report(f"E0:00:00:00:00:{number % 200:02X}", {}, {0x0075: random.randbytes(20)}, rssi_dbm)
        case _:
            return Report(f"50:00:00:00:00:{number % 200:02X}", {}, {}, rssi_dbm)


def assignment() -> Assignment:
    badges = [Badge(str(number), _SITE_UUID, 1, number) for number in range(60)]
    return Assignment(here=frozenset(f"c0ffee00{number:02x}" for number in range(4)), identities=Identities(badges))


def a_day() -> tuple[float, float]:
    """Two thousand devices pass, each with new addresses all the time; MB at the peak, and since the first hour."""
    random, ear = Random(1), Ear(assignment())  # noqa: S311 (advertisements, not secrets)
    first_mb = 0.0
    with tempfile.TemporaryDirectory() as folder:
        outbox = Outbox(Path(folder) / "outbox.db", "boot")
        for minute in range(24 * 60):
            _a_minute(random, ear, minute)
            outbox.put(ear.due(minute * 60.0 + 59))
            while (batch := outbox.next_batch(200)) is not None:
                outbox.confirm(batch)
            first_mb = first_mb or (_peak_mb() if minute == 60 else 0.0)
        outbox.close()
    return _peak_mb(), _peak_mb() - first_mb


def _a_minute(random: Random, ear: Ear, minute: int) -> None:
    for number in range(_A_MINUTE):
        address = f"4{minute // 60 % 10}:{minute // 15:02X}:{number % 84:02X}:00:00:00"
        ear.hear(report(random, number)._replace(address=address), minute * 60 + number / 4)


def _peak_mb() -> float:
    # Not getrusage: that counts what the parent had when it began this process.
    [line] = [line for line in Path("/proc/self/status").read_text("ascii").splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    # The whole agent, as it is on a Pi.
    import_module("beacon_agent.agent")
    print(*a_day())
