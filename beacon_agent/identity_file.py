"""Who a Pi is when it is a beacon: the file that ``beacon-kit build`` makes for it."""

import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path

from beacon_agent.errors import AgentError
from hardware.frames import FrameError, parse_hwid
from hardware.frames.device_message import KEY_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconIdentity:
    """Hardware ID, key of 32 bytes, and the RSSI at one metre for the companion packet."""

    hwid: str
    key: bytes
    measured_power_dbm: int


def read_identity(path: Path) -> BeaconIdentity:
    """Read the file, which nobody else may.

    Raises:
        AgentError: others may read it, or it is none; never with anything of the key.
        OSError: it cannot be read.
    """
    # Its group may: a systemd credential has an access list, which shows as the rights of the group.
    if stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXO:
        raise AgentError(f"{path} 別人也讀得到：chmod 600 {path} / others may read it: chmod 600 {path}")
    try:
        table = tomllib.loads(path.read_text("utf-8"))["beacon"]
        key = bytes.fromhex(table["key"])
        identity = BeaconIdentity(
            hwid=parse_hwid(table["hwid"]), key=key, measured_power_dbm=int(table.get("measured_power_dbm", -59))
        )
    except (ValueError, LookupError, TypeError, AttributeError, FrameError):
        key = b""
    if len(key) != KEY_LENGTH:
        raise AgentError(f"{path} 不是信標檔：beacon-kit build 重做 / is no beacon file: make it with beacon-kit build")
    return identity
