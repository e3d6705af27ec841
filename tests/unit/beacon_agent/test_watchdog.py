"""What is done about silence, as a table: seconds of silence, what is done, what is told."""

import logging

import pytest

from beacon_agent.errors import RadioError, RadioFault
from beacon_agent.watchdog import Action, RadioState, Watchdog


class Radio:
    """A watchdog second by second; a scanner that is told to be built anew runs at once."""

    def __init__(self, *, expecting: bool) -> None:
        self.now_s = 0.0
        self.dog = Watchdog(0.0)
        self.dog.is_expecting = expecting
        self.dog.started(0.0)
        self.did: list[tuple[float, Action]] = []

    def hear(self) -> None:
        self.dog.heard(self.now_s)

    def silent(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now_s += 1.0
            action = self.dog.due(self.now_s)
            if action is not Action.NOTHING:
                self.did.append((self.now_s, action))
                self.dog.started(self.now_s)

    def state(self) -> RadioState:
        return self.dog.state(self.now_s)


def test_where_a_beacon_should_be_heard_silence_is_met_step_by_step():
    radio = Radio(expecting=True)
    radio.hear()
    radio.silent(300)
    assert radio.did == [
        (15.0, Action.REBUILD),
        (25.0, Action.REBUILD),
        (40.0, Action.RESET),
        (300.0, Action.EXIT),
    ]
    assert (radio.dog.restarts, radio.dog.resets) == (2, 1)


def test_a_deaf_radio_is_told_within_a_minute():
    radio = Radio(expecting=True)
    radio.hear()
    assert radio.state() is RadioState.HEARING
    radio.silent(49)
    assert radio.state() is RadioState.HEARING
    radio.silent(2)
    assert radio.state() is RadioState.DEAF


def test_an_empty_room_is_quiet_and_gets_a_new_scanner_ever_more_rarely():
    radio = Radio(expecting=False)
    radio.hear()
    radio.silent(4000)
    assert {action for _, action in radio.did} == {Action.REBUILD}
    pauses = [round(later - earlier) for (earlier, _), (later, _) in zip(radio.did, radio.did[1:], strict=False)]
    assert (radio.did[0][0], pauses[:4], pauses[-1]) == (60.0, [120, 240, 480, 900], 900)
    assert radio.state() is RadioState.QUIET


def test_hearing_again_begins_a_new_cycle(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    radio = Radio(expecting=True)
    for _ in range(2):
        radio.hear()
        radio.silent(30)
    assert [action for _, action in radio.did] == [Action.REBUILD] * 4
    radio.hear()
    assert radio.state() is RadioState.HEARING
    levels = [record.levelname for record in caplog.records]
    # One warning in each cycle, the rest for whoever looks closer.
    assert levels == ["WARNING", "DEBUG", "INFO", "WARNING", "DEBUG", "INFO"]


@pytest.mark.parametrize("fault", [RadioFault.NO_ADAPTER, RadioFault.NO_CENTRAL_ROLE])
def test_without_an_adapter_it_waits_for_somebody_to_plug_one_in(fault: RadioFault):
    radio = Radio(expecting=True)
    waits = [radio.dog.failed(RadioError(fault)) for _ in range(7)]
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    radio.now_s = 100_000.0
    assert (radio.dog.due(radio.now_s), radio.state()) == (Action.NOTHING, RadioState.NO_ADAPTER)
    radio.dog.started(radio.now_s)
    radio.hear()
    assert radio.state() is RadioState.HEARING


def test_a_bluetoothd_that_stays_dead_ends_the_process(caplog: pytest.LogCaptureFixture):
    radio = Radio(expecting=False)
    radio.hear()
    for _ in range(10):
        radio.dog.failed(RadioError(RadioFault.NO_BLUEZ))
    radio.now_s = 20.0
    assert radio.state() is RadioState.DEAF
    assert radio.dog.due(299.0) is Action.NOTHING
    assert radio.dog.due(300.0) is Action.EXIT
    assert [record.levelname for record in caplog.records].count("WARNING") == 1


def test_a_stray_report_of_a_scanner_that_is_gone_is_no_sign_of_life():
    radio = Radio(expecting=True)
    radio.hear()
    radio.now_s = 10.0
    radio.dog.failed(RadioError(RadioFault.LOST))
    radio.hear()
    assert radio.dog.heard_at_s == 0.0


def test_it_is_starting_until_something_is_heard():
    radio = Radio(expecting=True)
    assert radio.state() is RadioState.STARTING
    radio.silent(40)
    assert radio.state() is RadioState.STARTING
    radio.silent(20)
    assert radio.state() is RadioState.DEAF
