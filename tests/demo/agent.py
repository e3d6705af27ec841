"""``python -m tests.demo.agent``: ``beacon-agent`` with an invented radio, for a machine without Bluetooth.

    python -m tests.demo.agent HWID[,HWID…] ARGUMENT…      the arguments of ``beacon-agent``

On the air are the beacons named, and nobody else.
"""

import sys
from collections.abc import Sequence

from beacon_agent.__main__ import main as beacon_agent
from tests.air import Air

_TX_POWER, _MESSAGE = b"\x7f", b"\x00"
_EVERY_S = 0.5


def air(hwids: Sequence[str]) -> Air:
    """A zone's static beacons, each from an address of its own."""
    made = Air(_EVERY_S)
    for number, hwid in enumerate(hwids):
        frame = b"\x02" + bytes.fromhex(hwid) + _TX_POWER + _MESSAGE
        made.send(f"C0:FF:EE:00:00:{number:02X}", frame=frame, rssi_dbm=-60 - 3 * number)
    return made


if __name__ == "__main__":
    beacon_agent(sys.argv[2:], obj=air(sys.argv[1].split(",")).backend)
