"""What goes onto a beacon: the NVS partition of an ESP32, the firmware's files, a file for a Raspberry Pi."""

import io
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import hardware
from hardware.frames.device_message import STEP_S
from hardware.provisioning.site import Beacon, Board

# Source: MicroPython, ports/esp32/partitions-4MiB.csv: nvs at 0x9000, 0x6000 bytes; the same on all three chips.
NVS_OFFSET = 0x9000
NVS_SIZE = 0x6000
# Source: MicroPython, "Getting started with MicroPython on the ESP32": the original chip's image begins at 0x1000.
MICROPYTHON_OFFSETS: Mapping[Board, int] = {Board.ESP32: 0x1000, Board.ESP32_C3: 0x0, Board.ESP32_S3: 0x0}
# The name space that the firmware reads.
NAMESPACE = "checkin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What one device has besides its identity; pins are GPIO numbers, None where nothing is connected."""

    battery_pin: int | None = None
    led_pin: int | None = None
    wifi_ssid: str | None = None
    wifi_password: str | None = None
    ntp: str | None = None


def nvs_image(beacon: Beacon, key: bytes, options: Options, *, now: float | None = None) -> bytes:
    """The NVS partition with hardware ID, key, time step and options; made in memory, so that no key lies about.

    Args:
        beacon: Whose it is.
        key: 32 bytes.
        options: What the device has.
        now: Unix time; the clock's if None. Flashing sets the time again.
    """
    # Imports rich-click and more, which --help need not wait for.
    from esp_idf_nvs_partition_gen import nvs_partition_gen as nvs  # noqa: PLC0415

    size, _ = nvs.check_size(hex(NVS_SIZE))
    image = io.BytesIO()
    with nvs.nvs_open(image, size, nvs.Page.VERSION2) as partition:
        nvs.write_entry(partition, NAMESPACE, "namespace", "", "")
        for name, encoding, value in _entries(beacon, key, options, int(now or time.time()) // STEP_S):
            nvs.write_entry(partition, name, "data", encoding, value)
    return image.getvalue()


def firmware_files() -> Sequence[Path]:
    """The firmware's files, as they are copied onto the device."""
    return sorted((Path(hardware.__file__).parent / "firmware" / "esp32").glob("*.py"))


def pi_file(beacon: Beacon, key: bytes) -> str:
    """What a Raspberry Pi needs to send as this beacon, in TOML."""
    return f'[beacon]\nhwid = "{beacon.hwid}"\nkey = "{key.hex()}"\nmeasured_power_dbm = {beacon.measured_power_dbm}\n'


def _entries(beacon: Beacon, key: bytes, options: Options, step: int) -> Iterator[tuple[str, str, str]]:
    yield "hwid", "hex2bin", beacon.hwid
    yield "key", "hex2bin", key.hex()
    yield "step", "i32", str(step)
    yield "power", "i32", str(beacon.measured_power_dbm)
    for name, number in (("batt_pin", options.battery_pin), ("led_pin", options.led_pin)):
        if number is not None:
            yield name, "i32", str(number)
    for name, text in (("ssid", options.wifi_ssid), ("password", options.wifi_password), ("ntp", options.ntp)):
        if text:
            yield name, "hex2bin", text.encode().hex()
