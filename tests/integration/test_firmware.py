"""The real firmware under real MicroPython: bytes on the air, and a step that survives any loss of power."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import hardware.frames
from hardware.frames import device_message, ibeacon, simple_beacon
from hardware.frames.device_message import Flags
from hardware.frames.simple_beacon import SimpleBeacon
from tests.micropython import FIRMWARE, OnAir, on_air, run_device, run_script

VECTORS: list[dict[str, Any]] = json.loads((Path(hardware.frames.__file__).parent / "vectors.json").read_text())[
    "device_message"
]
HWID, KEY = "c0ffee0001", bytes(range(32))
STEP = 119_341_440
COMPANION = ibeacon.encode_advertisement(ibeacon.line_companion(-59))

# A beacon's life until its power goes: `live` returns when the time is up or the power is cut.
LIVES = """
import bluetooth, esp32, battery, machine
from beacon import Beacon
from clock import Clock
from settings import Settings

hwid, key = bytes.fromhex(JOB["hwid"]), bytes.fromhex(JOB["key"])
esp32.NVS.stored = {"checkin": {"hwid": hwid, "key": key, "step": JOB["step"]}}
air = bluetooth.BLE()

def start(now_ms=0, adc=None):
    nvs = esp32.NVS("checkin")
    settings = Settings(nvs)
    return Beacon(air, nvs, settings, battery.Battery(adc, settings), Clock(machine.RTC()), now_ms)

# Until the power goes, and the chip's clock with it.
def live(begin_ms, end_ms, every_ms=500):
    beacon = None
    machine.RTC.now_s = None
    try:
        air.now_ms = begin_ms
        beacon = start(begin_ms)
        for now_ms in range(begin_ms, end_ms, every_ms):
            air.now_ms = now_ms
            beacon.tick(now_ms)
    except esp32.PowerCut:
        pass
    return beacon
"""


def run(script: str, step: int = STEP, **job: Any) -> Any:
    return run_script(LIVES + script, job={"hwid": HWID, "key": KEY.hex(), "step": step, **job})


def step_of(sent: OnAir, near: int = STEP) -> tuple[int, Flags]:
    """The step of a LINE packet, whose code must be right."""
    assert sent.packet is not None
    beacon = simple_beacon.decode_advertisement(sent.packet)
    fields = device_message.parse(beacon.device_message)
    step = device_message.full_step(fields.low_step, near)
    assert beacon.hwid == HWID
    assert device_message.is_authentic(beacon.device_message, KEY, HWID, step)
    return step, fields.flags


def line_packets(log: list[OnAir]) -> list[OnAir]:
    return [sent for sent in log if sent.packet not in {None, COMPANION}]


def test_every_vector_is_made_by_the_firmware_too():
    script = """
from message import Codes
def made(v):
    codes = Codes(bytes.fromhex(v["key"]), bytes.fromhex(v["hwid"]))
    return codes.line_advertisement(int(v["step"]), v["battery"], v["flags"]).hex()
tell([made(vector) for vector in JOB])
"""
    # As text: MicroPython's JSON reads large numbers as floating point.
    made = run_script(script, job=[{**vector, "step": str(vector["step"])} for vector in VECTORS])
    assert made == [vector["advertisement"] for vector in VECTORS]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_whole_day_on_the_air_is_what_the_codec_says():
    day_ms = 24 * 3600 * 1000
    told = run("live(0, JOB['ms'])\ntell([air.log, esp32.NVS.writes])", ms=day_ms)
    log, writes = on_air(told[0]), told[1]
    assert {(sent.interval_us, sent.connectable) for sent in log} == {(152_500, False)}
    assert [sent.at_ms for sent in log] == list(range(0, day_ms, 500))
    assert {sent.packet for sent in log[1::2]} == {COMPANION}
    for sent in log[::2]:
        step = STEP + sent.at_ms // 15_000
        message = device_message.encode(KEY, HWID, step, flags=Flags.RESUMED)
        assert sent.packet == simple_beacon.encode_advertisement(SimpleBeacon(HWID, message))
    assert writes <= 1441


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("after", [False, True], ids=["before it took effect", "after"])
def test_a_power_cut_at_any_write_never_repeats_a_step_nor_goes_back(after: bool):
    script = """
kept = dict(esp32.NVS.stored["checkin"])
told = []
for cut_at in range(1, 64):
    esp32.NVS.stored["checkin"] = dict(kept)
    air.log = []
    esp32.NVS.writes, esp32.NVS.cut_at, esp32.NVS.cut_after = 0, cut_at, JOB["after"]
    live(0, 3600000)
    cut_ms, first = air.now_ms, len(air.log)
    esp32.NVS.cut_at = None
    live(cut_ms + 1000, cut_ms + 40000)
    told.append((first, air.log))
tell(told)
"""
    told = run(script, after=after)
    assert len(told) == 63
    for first, raw in told:
        log = on_air(raw)
        before, later = line_packets(log[:first]), line_packets(log[first:])
        steps = [step_of(sent)[0] for sent in before]
        assert steps == sorted(steps)
        resumed = [step_of(sent) for sent in later]
        assert all(Flags.RESUMED in flags for _, flags in resumed)
        again = [step for step, _ in resumed]
        assert again == sorted(again)
        if steps:
            assert 0 < again[0] - steps[-1] <= 5


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_power_cuts_at_arbitrary_moments_never_repeat_a_step_nor_go_back():
    script = """
told = []
begin_ms = 0
for number in range(120):
    air.log = []
    end_ms = begin_ms + 1000 + number * 7919 % 90000
    live(begin_ms, end_ms)
    told.append(air.log)
    begin_ms = end_ms + 500
tell(told)
"""
    last = STEP - 1
    for raw in run(script):
        steps = [step_of(sent)[0] for sent in line_packets(on_air(raw))]
        assert steps == sorted(steps)
        assert steps[0] > last
        last = steps[-1]


def test_the_clock_is_set_forward_at_once_and_never_back():
    script = """
beacon = start(0)
told = []
def at(now_ms):
    air.now_ms = now_ms
    beacon.tick(now_ms)
    told.append(beacon.status())
at(0)
beacon.set_time((JOB["step"] + 100) * 15 + 14, 1000)
at(1000); at(1999); at(2000)
beacon.set_time((JOB["step"] + 99) * 15 + 5, 3000)
at(3000); at(3000 + 10000 + 30000 - 1); at(3000 + 10000 + 30000)
beacon.set_time((JOB["step"] + 10) * 15, 50000)
at(50000); at(90000)
tell(told)
"""
    told = run(script)
    assert [state["step"] - STEP for state in told] == [0, 100, 100, 101, 101, 101, 102, 102, 102]
    assert [state["resumed"] for state in told] == [True] + [False] * 8


def test_a_step_that_cannot_be_reserved_is_never_sent():
    script = """
beacon = start(0)
def until(begin_ms, end_ms):
    for now_ms in range(begin_ms, end_ms, 500):
        air.now_ms = now_ms
        beacon.tick(now_ms)
until(0, 15000)
esp32.NVS.broken = True
until(15000, 300000)
last = len(air.log)
esp32.NVS.broken = False
until(300000, 301000)
broken = start(0)
tell([air.log, last])
"""
    raw, last = run(script)
    log = on_air(raw)
    assert max(step_of(sent)[0] for sent in line_packets(log[:last])) == STEP + 3
    assert COMPANION in {sent.packet for sent in log[last - 2 : last]}
    assert step_of(line_packets(log[last:])[-1])[0] == STEP + 20


def test_a_beacon_whose_flash_cannot_be_written_from_the_start_sends_no_code():
    script = """
esp32.NVS.broken = True
live(0, 40000)
tell(air.log)
"""
    log = on_air(run(script))
    assert line_packets(log) == []
    assert {sent.packet for sent in log} == {COMPANION, None}


def test_the_clock_counts_on_when_the_ticks_come_round():
    script = """
import time
end = time.ticks_add(0, -1)
begin = end - 30000
beacon = start(begin)
told = []
now_ms = begin
for _ in range(180):
    air.now_ms = now_ms
    beacon.tick(now_ms)
    told.append(beacon.status()["step"])
    now_ms = time.ticks_add(now_ms, 500)
tell(told)
"""
    told = run(script)
    assert told == [STEP + number * 500 // 15_000 for number in range(180)]


@pytest.mark.parametrize(
    ("millivolts", "level"), [(3000, 1), (3300, 1), (3340, 1), (3380, 2), (3700, 6), (4059, 10), (4100, 11), (5000, 11)]
)
def test_the_battery_is_told_in_lines_levels(millivolts: int, level: int):
    script = """
machine.ADC.microvolts = JOB["mv"] * 1000 // 2
beacon = start(0, machine.ADC(None))
beacon.tick(0)
tell(beacon.status()["battery"])
"""
    assert run(script, mv=millivolts) == level


def test_the_time_is_asked_for_by_wifi_without_holding_the_beacon_up():
    script = """
from netclock import AGAIN_MS, CONNECT_WITHIN_MS, EVERY_MS, NetClock
class Wlan:
    up = False
    on = []
    def active(self, on): self.on.append(on)
    def connect(self, ssid, password): self.asked = (ssid, password)
    def isconnected(self): return self.up
wlan, answers = Wlan(), [OSError, 1790121600]
def ask():
    answer = answers.pop(0)
    if answer is OSError: raise OSError(110)
    return answer
clock = NetClock(wlan, ask, "s", "p", 0)
told = [clock.poll(0), clock.poll(100)]
told.append(clock.poll(CONNECT_WITHIN_MS))
wlan.up = True
now = CONNECT_WITHIN_MS + AGAIN_MS
told += [clock.poll(now - 1), clock.poll(now), clock.poll(now + 100)]
now += 100 + AGAIN_MS
told += [clock.poll(now), clock.poll(now + 100), clock.poll(now + 200), clock.poll(now + 100 + EVERY_MS)]
tell([told, wlan.on, wlan.asked])
"""
    told, on, asked = run(script)
    assert told == [None] * 7 + [1790121600, None, None]
    assert on == [True, False, True, False, True, False, True]
    assert asked == ["s", "p"]


# A device that has run for a while: its flash is reserved ahead of what it sent. `reset` is what mpremote does.
RUNNING = """
import provision
told = []
def tell_of(beacon, now_ms=0):
    beacon.tick(now_ms)
    told.append([beacon.status()["step"] - JOB["step"], beacon.status()["resumed"]])
def reset(after_s=0):
    if after_s:
        machine.RTC.now_s += after_s
    beacon = start(0)
    tell_of(beacon)
    return beacon
beacon = live(0, 10 * 15000)
"""


def test_a_clock_set_over_usb_is_right_to_the_second_and_stays_so_through_resets():
    script = """
provision.set_time((JOB["step"] + 500) * 15 + 13)
beacon = reset()
tell_of(beacon, 1999); tell_of(beacon, 2000)
# Whoever asks it how it is resets it too; so does the watchdog.
reset(after_s=1); reset(after_s=1); reset(after_s=300)
tell(told)
"""
    # A reset may come in the middle of what is reserved: then it is ahead for a while, and no further with each reset.
    assert run(RUNNING + script) == [[500, False], [500, False], [501, False], [504, False], [505, False], [521, False]]


def test_a_clock_set_while_it_is_ahead_holds_the_step_until_time_has_caught_up():
    script = """
# Steps 0 to 9 were sent and some more reserved: the device would go on from there.
reserved = esp32.NVS("checkin").get_i32("step")
provision.set_time((JOB["step"] + 10) * 15 + 5)
beacon = reset()
ahead_ms = (reserved - JOB["step"] - 10) * 15000 - 5000
tell_of(beacon, ahead_ms + 14999); tell_of(beacon, ahead_ms + 15000)
tell([reserved - JOB["step"], told])
"""
    reserved, told = run(RUNNING + script)
    assert reserved == 12
    assert told == [[12, False], [12, False], [13, False]]


def test_what_was_set_is_lost_with_the_power_and_no_step_comes_again():
    script = """
provision.set_time((JOB["step"] + 500) * 15)
beacon = reset()
machine.RTC.now_s = None
reset()
tell(told)
"""
    assert run(RUNNING + script) == [[500, False], [504, True]]


def test_a_clock_that_was_set_does_not_excuse_a_flash_that_cannot_be_written():
    script = """
provision.set_time((JOB["step"] + 500) * 15)
air.log = []
esp32.NVS.broken = True
beacon = reset()
for now_ms in range(0, 2000, 500):
    beacon.tick(now_ms)
silent = list(air.log)
esp32.NVS.broken = False
for now_ms in range(2000, 3000, 500):
    beacon.tick(now_ms)
tell([silent, air.log])
"""
    silent, log = run(RUNNING + script)
    assert line_packets(on_air(silent)) == []
    assert step_of(line_packets(on_air(log))[-1]) == (STEP + 500, Flags(0))


def test_over_usb_the_key_goes_in_and_nothing_gives_it_out():
    script = """
provision.write_key("ab" * 32)
provision.status()
try:
    provision.write_key("ab")
except ValueError as error:
    told.append(str(error))
key = bytearray(32)
esp32.NVS("checkin").get_blob("key", key)
tell(told + [key.hex()])
"""
    assert run(RUNNING + script) == ["a key has 32 bytes", "ab" * 32]


def test_status_tells_all_but_the_key():
    script = """
import builtins, provision
provision.print = lambda line: tell([line])
provision.status()
"""
    [line] = run(script)
    assert KEY.hex() not in line
    assert json.loads(line) == {"firmware": "1.0.0", "hwid": HWID, "has_key": True, "provisioned": True, "step": STEP}


@pytest.mark.parametrize("missing", ["hwid", "key", "step"])
def test_a_device_that_nobody_provisioned_sends_nothing_and_blinks(missing: str):
    script = """
import sys, time
del esp32.NVS.stored["checkin"][JOB["missing"]]
esp32.NVS.stored["checkin"]["led_pin"] = 2
import machine
pins, naps = [], []
class Pin(machine.Pin):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        pins.append(self)
machine.Pin = Pin
class Enough(BaseException): pass
class WDT(machine.WDT):
    def feed(self):
        naps.append(1)
        if len(naps) > 20: raise Enough
machine.WDT = WDT
logs = []
class BLE(bluetooth.BLE):
    def gap_advertise(self, *arguments, **named): logs.append(1)
bluetooth.BLE = BLE
try:
    import main
except Enough:
    pass
tell([logs, len(pins[0].values)])
"""
    logs, blinks = run(script, missing=missing)
    assert logs == []
    assert blinks == 21


def test_main_runs_a_provisioned_beacon():
    script = """
import machine
class Enough(BaseException): pass
naps, beacons = [], []
class WDT(machine.WDT):
    def feed(self):
        naps.append(1)
        if len(naps) > 20: raise Enough
machine.WDT = WDT
class BLE(bluetooth.BLE):
    def __init__(self):
        super().__init__()
        beacons.append(self)
bluetooth.BLE = BLE
try:
    import main
except Enough:
    pass
tell(beacons[0].log)
"""
    packets = [sent.packet for sent in on_air(run(script))]
    assert COMPANION in packets
    assert step_of(line_packets(on_air(run(script)))[0])[0] == STEP


def test_an_image_as_it_is_flashed_is_what_the_device_runs(tmp_path: Path):
    table = tmp_path / "nvs.csv"
    table.write_text(
        "key,type,encoding,value\ncheckin,namespace,,\n"
        f"hwid,data,hex2bin,{HWID}\nkey,data,hex2bin,{KEY.hex()}\nstep,data,i32,{STEP}\npower,data,i32,-59\n"
    )
    image = str(tmp_path / "nvs.bin")
    generate = [sys.executable, "-m", "esp_idf_nvs_partition_gen", "generate", str(table), image, "0x6000"]
    subprocess.run(generate, check=True, capture_output=True, timeout=50)
    for path in FIRMWARE.glob("*.py"):
        (tmp_path / path.name).write_text(path.read_text())
    log = run_device(tmp_path, seconds=31, unix_time=(STEP + 10) * 15)
    steps = [step_of(sent) for sent in line_packets(log)]
    assert (steps[0], steps[-1]) == ((STEP + 10, Flags(0)), (STEP + 12, Flags(0)))
