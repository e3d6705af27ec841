"""The clone radar as truth tables."""

from datetime import UTC, datetime, timedelta

import pytest

from checkin_api.domain.ids import AlarmKind, Proof
from checkin_api.domain.radar import Place, Told, alarm_of, alarms_of_sighting, distance, is_impossible

EIGHT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
TAICHUNG = Place(1, 24.1631, 120.6478)
TAIPEI = Place(2, 25.0375, 121.5637)
NEXT_DOOR = Place(3, 24.1640, 120.6490)
SOMEWHERE = Place(4, None, None)


def told(*messages: tuple[Proof, int | None]) -> list[Told]:
    return [Told(EIGHT + timedelta(seconds=number), proof, step) for number, (proof, step) in enumerate(messages)]


@pytest.mark.parametrize(
    ("proof", "alarm"),
    [
        (None, None),
        (Proof.VALID, None),
        (Proof.STATIC, None),
        (Proof.STALE, AlarmKind.STALE_CODE),
        (Proof.REPLAYED, AlarmKind.REPLAYED_CODE),
        (Proof.FORGED, AlarmKind.FORGED_CODE),
        (Proof.UNKNOWN_KEY, AlarmKind.UNKNOWN_KEY),
    ],
)
def test_what_a_phones_message_raises(proof: Proof | None, alarm: AlarmKind | None):
    assert alarm_of(proof) is alarm


V, HOUR = Proof.VALID, timedelta(hours=1)


@pytest.mark.parametrize(
    ("messages", "own", "there", "interval_ms", "alarms"),
    [
        ([(V, 1), (V, 2)], True, None, 152.5, []),
        ([], True, None, None, []),
        ([(V, 1)], False, None, None, [AlarmKind.FOREIGN_SITE]),
        ([(V, 1)], False, HOUR, None, [AlarmKind.FOREIGN_SITE, AlarmKind.TWO_SITES]),
        ([(V, 1)], False, 2 * HOUR, None, [AlarmKind.FOREIGN_SITE]),
        ([(V, 5), (V, 2)], True, None, None, [AlarmKind.TWO_TRANSMITTERS]),
        ([(V, 5), (Proof.STALE, 2), (V, 6)], True, None, None, [AlarmKind.STALE_CODE, AlarmKind.TWO_TRANSMITTERS]),
        ([(Proof.FORGED, None), (Proof.FORGED, None)], True, None, None, [AlarmKind.FORGED_CODE]),
        ([(Proof.STATIC, None)], True, None, 76.0, [AlarmKind.TWO_TRANSMITTERS]),
        ([(Proof.STATIC, None)], True, None, 80.0, []),
    ],
)
def test_what_somebody_on_site_finds(
    messages: list[tuple[Proof, int | None]],
    own: bool,
    there: timedelta | None,
    interval_ms: float | None,
    alarms: list[AlarmKind],
):
    found = alarms_of_sighting(told(*messages), is_own_site=own, heard_at_own_site=there, interval_ms=interval_ms)
    assert list(found) == alarms


@pytest.mark.parametrize(
    ("there", "minutes", "impossible"),
    [
        (TAIPEI, 10, True),
        (TAIPEI, 24, True),
        (TAIPEI, 40, False),
        (TAIPEI, 0, True),
        (TAICHUNG, 0, False),
        (NEXT_DOOR, 0, False),
        (SOMEWHERE, 0, False),
    ],
)
def test_nobody_is_faster_than_the_fastest_train(there: Place, minutes: int, impossible: bool):
    assert is_impossible(TAICHUNG, there, timedelta(minutes=minutes)) is impossible
    assert is_impossible(there, TAICHUNG, -timedelta(minutes=minutes)) is impossible


def test_distances():
    assert distance(TAICHUNG, TAIPEI) == pytest.approx(134, abs=2)
    assert distance(TAICHUNG, TAICHUNG) == 0
    assert distance(TAICHUNG, SOMEWHERE) is None
    assert distance(Place(1, 0, 0), Place(2, 0, 180)) == pytest.approx(20015, abs=1)
