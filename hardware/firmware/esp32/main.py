"""Starts the beacon and keeps it going; a beacon that nobody has provisioned blinks fast and sends nothing."""

import sys
import time

import bluetooth
import esp32
import machine
from battery import Battery
from beacon import Beacon
from clock import UNIX_OF_ZERO_S, Clock
from netclock import NetClock
from provision import NAMESPACE
from settings import Settings

TICK_MS = 50
BLINK_EVERY_MS, BLINK_FAST_MS = 5000, 200
# Long enough for `mpremote` to copy files while nobody feeds the watchdog, which cannot be stopped once it runs.
WATCHDOG_MS = 300000
RESTART_AFTER_MS = 5000


def run():
    """Never returns."""
    nvs = esp32.NVS(NAMESPACE)
    settings = Settings(nvs)
    led = _pin(settings, "led_pin", machine.Pin.OUT)
    watchdog = machine.WDT(timeout=WATCHDOG_MS)
    beacon, netclock = None, None
    if settings.is_provisioned():
        adc = _pin(settings, "batt_pin", machine.Pin.IN)
        battery = Battery(adc and machine.ADC(adc, atten=machine.ADC.ATTN_11DB), settings)
        beacon = Beacon(bluetooth.BLE(), nvs, settings, battery, Clock(machine.RTC()), time.ticks_ms())
        netclock = _netclock(settings)
    while True:
        now_ms = time.ticks_ms()
        if beacon:
            beacon.tick(now_ms)
            told = netclock and netclock.poll(now_ms)
            if told:
                beacon.set_time(told, time.ticks_ms())
        if led:
            led.value(now_ms % (BLINK_EVERY_MS if beacon else BLINK_FAST_MS) < BLINK_FAST_MS // 2)
        watchdog.feed()
        time.sleep_ms(TICK_MS)


def _pin(settings, name, mode):
    number = settings.number(name)
    return None if number is None else machine.Pin(number, mode)


def _netclock(settings):
    ssid, server = settings.octets("ssid"), settings.octets("ntp")
    if not ssid or not server:
        return None
    import network
    import ntptime

    ntptime.host = server.decode()
    password = (settings.octets("password") or b"").decode()
    wlan = network.WLAN(network.STA_IF)
    return NetClock(wlan, lambda: ntptime.time() + UNIX_OF_ZERO_S, ssid.decode(), password, time.ticks_ms())


try:
    run()
except Exception as error:
    sys.print_exception(error)
    time.sleep_ms(RESTART_AFTER_MS)
    machine.reset()
