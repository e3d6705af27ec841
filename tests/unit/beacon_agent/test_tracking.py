"""From reports to summaries: who comes, stays, leaves, and how little that says."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from beacon_agent.tracking import BeaconSummary, DeviceSummary, Strength, Tracker

HWID = "c0ffee0001"


def test_single_jumps_are_let_go_and_a_walk_is_followed():
    strength = Strength()
    steady = [strength.add(rssi) for rssi in (-60, -60, -95, -60, -60, -25, -60)]
    assert max(steady) - min(steady) < 1
    away = [strength.add(-85) for _ in range(15)]
    assert away[-1] < -83


@given(st.lists(st.integers(-127, 20), min_size=1, max_size=50))
def test_the_smoothed_strength_stays_within_what_was_heard(reports: list[int]):
    strength = Strength()
    for rssi in reports:
        smoothed = strength.add(rssi)
    assert min(reports) <= smoothed <= max(reports)


def test_a_beacon_is_told_at_once_and_then_each_interval_with_every_message_once():
    tracker = Tracker(every_s=120)
    told = []
    for tenth in range(3000):
        now_s = tenth / 10
        tracker.hear_beacon(HWID, bytes([tenth // 150]), -60 if tenth % 2 else -70, now_s)
        told += [(now_s, each) for each in tracker.due(now_s)]
    assert [now_s for now_s, _ in told] == [0.0, 120.0, 240.0]
    first, second, third = (each for _, each in told)
    assert isinstance(second, BeaconSummary)
    assert isinstance(third, BeaconSummary)
    assert first == BeaconSummary(hwid=HWID, messages=((0.0, b"\0"),), rssi_dbm=-70.0, count=1)
    assert [message for _, message in second.messages] == [bytes([number]) for number in range(9)]
    assert second.messages[1] == (15.0, b"\1")
    assert (second.count, -70 <= (second.rssi_dbm or 0) <= -60) == (1200, True)
    assert third.messages[0] == (120.1, b"\x08")


def test_an_unmeasured_strength_is_none():
    tracker = Tracker()
    tracker.hear_beacon(HWID, b"\1", None, 0.0)
    [told] = tracker.due(0.0)
    assert told.rssi_dbm is None


def test_a_beacon_that_is_gone_is_forgotten_and_told_at_once_when_it_is_back():
    tracker = Tracker(every_s=120)
    tracker.hear_beacon(HWID, b"\1", -60, 0.0)
    tracker.due(0.0)
    assert (tracker.due(119.0), len(tracker)) == ([], 1)
    assert (tracker.due(120.0), len(tracker)) == ([], 0)
    tracker.hear_beacon(HWID, b"\2", -60, 130.0)
    assert len(tracker.due(130.0)) == 1


def walk(tracker: Tracker, *parts: tuple[int, int]) -> list[tuple[float, DeviceSummary]]:
    """Seconds at a strength, a report a second; 0 for silence. What was told, and when."""
    told, now_s = [], 0.0
    for seconds, rssi in parts:
        for _ in range(seconds):
            if rssi:
                tracker.hear_device("d", rssi, now_s)
            told += [(now_s, each) for each in tracker.due(now_s) if isinstance(each, DeviceSummary)]
            now_s += 1.0
    return told


def test_somebody_who_comes_near_is_told_at_once_and_then_each_interval():
    told = walk(Tracker(every_s=120), (10, -90), (300, -60), (70, 0))
    assert next(now_s for now_s, _ in told) < 20
    assert [round(later - earlier) for (earlier, _), (later, _) in itertools.pairwise(told)][:2] == [120, 120]
    # The last part of the stay is told when it is clear that it is over.
    assert (told[-1][1].begin_s, told[-1][1].end_s) == (told[0][1].begin_s, 309.0)


def test_somebody_far_away_is_never_told():
    assert walk(Tracker(), (600, -80), (70, 0)) == []


def test_turning_round_is_no_coming_and_going():
    told = walk(Tracker(every_s=10_000), (30, -70), (30, -79), (30, -70), (30, -79))
    assert len(told) == 1


def test_walking_away_ends_the_stay_and_coming_back_begins_another():
    told = walk(Tracker(every_s=10_000), (30, -60), (30, -95), (30, -60))
    assert next(each.begin_s for _, each in told) == 0.0
    assert told[-1][1].begin_s > 60


def test_a_crowd_of_known_devices_is_forgotten_again():
    tracker = Tracker()
    for number in range(2000):
        tracker.hear_device(str(number), -60, 0.0)
    assert len(tracker) == 2000
    tracker.due(30.0)
    assert len(tracker.due(61.0)) == 0
    assert len(tracker) == 0


def test_a_device_without_strength_is_there_and_not_near():
    tracker = Tracker()
    tracker.hear_device("d", None, 0.0)
    assert (tracker.due(0.0), len(tracker)) == ([], 1)


def test_a_forger_of_messages_fills_no_memory():
    tracker = Tracker()
    for number in range(1000):
        tracker.hear_beacon(HWID, number.to_bytes(2), -60, 0.0)
    [told] = tracker.due(0.0)
    assert isinstance(told, BeaconSummary)
    assert (len(told.messages), told.count) == (50, 1000)
