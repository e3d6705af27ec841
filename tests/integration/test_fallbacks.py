"""Where no beacon is heard, on both databases: site codes by RFC 6238, positions, what they prove, what is refused."""

import base64
import hashlib
import hmac
import json
import struct
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from checkin_api import audit, fallbacks, queries
from checkin_api import models as m
from checkin_api.domain.ids import Assurance, Reason, Shown
from checkin_api.domain.radar import Place
from checkin_api.errors import CheckinError, NotFoundError
from checkin_api.queries.coverage import signs_of_life
from checkin_api.vault import Vault
from tests import builders
from tests.officers import ANN, BEN, KEY, Phones

VAULT = Vault(KEY.encode())


@pytest.fixture
def screen(phones: Phones) -> str:
    """The zone of the fixture takes site codes; the secret of its screen."""
    with phones.database.write() as session:
        zone = session.scalars(select(m.Zone)).one()
        return fallbacks.make_site_code(session, VAULT, phones.clock.now(), zone.code, actor="cli:hr")


def shown(phones: Phones, screen: str) -> str:
    answer = phones.app.test_client().get(f"/screen/{screen}/code")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.get_json()["code"])


def show(phones: Phones, *, user: str = ANN, request_id: str | None = None, **place: Any) -> Any:
    body = {"request_id": request_id or phones.me(user)["request_id"], **place}
    return phones.ask("POST", "/places", body, user=user)


def totp(secret: bytes, at: float) -> str:
    """RFC 6238 with SHA-256, 8 digits, 30 s, written here again: the library is not its own judge."""
    digest = hmac.digest(secret, struct.pack(">Q", int(at) // 30), hashlib.sha256)
    place = digest[-1] & 15
    return f"{(int.from_bytes(digest[place : place + 4]) & 0x7FFFFFFF) % 10**8:08d}"


def test_the_code_on_the_screen_is_rfc_6238(phones: Phones, screen: str):
    with phones.database.read() as session:
        zone = session.scalars(select(m.Zone)).one()
        sealed = session.scalars(select(m.ZoneFallback.sealed_site_code)).one()
    assert sealed is not None
    secret = VAULT.open(sealed, label=f"site code:{zone.code}")
    assert secret is not None
    assert len(secret) == 20
    assert shown(phones, screen) == totp(secret, phones.clock.now().timestamp())
    # Source: RFC 6238, appendix B, SHA-256 at 59 s.
    assert totp(b"12345678901234567890123456789012", 59) == "46119246"


def test_a_code_from_the_screen_signs_in_with_low_assurance(phones: Phones, screen: str):
    assert phones.me()["fallbacks"] == {"site_code": True, "location": False}
    status, told = show(phones, site_code=shown(phones, screen))
    assert (status, told["state"], told["assurance"]) == (200, "recorded", "low")
    assert "現場螢幕" in told["evidence"]["zh"]
    status, tapped = phones.tap()
    assert (status, tapped["state"]) == (200, "recorded")
    assert tapped["punch"]["assurance"] == "low"
    assert "no beacon heard" in tapped["punch"]["evidence"]["en"]
    with phones.database.read() as session:
        presence = session.scalars(select(m.Presence)).one()
    assert (presence.shown, presence.beacon_id, presence.agent_id) == (Shown.SITE_CODE, None, None)


def test_a_tap_that_waits_is_completed_by_the_code(phones: Phones, screen: str):
    request_id = phones.me()["request_id"]
    assert phones.tap(request_id=request_id)[1]["state"] == "waiting"
    show(phones, site_code=f" {shown(phones, screen)[:4]}-{shown(phones, screen)[4:]}")
    assert phones.ask("GET", f"/punches/{request_id}")[1]["state"] == "recorded"


@pytest.mark.parametrize(("later_s", "is_taken"), [(0, True), (30, True), (60, False), (90, False)])
def test_a_code_is_taken_in_its_own_interval_and_the_next(phones: Phones, screen: str, later_s: int, *, is_taken: bool):
    code = shown(phones, screen)
    phones.clock.advance(seconds=later_s)
    status, told = show(phones, site_code=code)
    assert (status, told.get("code")) == ((200, None) if is_taken else (409, "site_code_wrong"))


def test_wrong_codes_are_counted_and_soon_refused_unread(phones: Phones, screen: str):
    for _ in range(5):
        assert show(phones, site_code="00000000")[1]["code"] == "site_code_wrong"
    assert show(phones, site_code=shown(phones, screen))[:1] == (429,)
    # Another officer's tries are another officer's.
    assert show(phones, user=BEN, site_code=shown(phones, screen))[0] == 200
    phones.clock.advance(hours=1, seconds=1)
    assert show(phones, site_code=shown(phones, screen))[0] == 200
    with phones.database.read() as session:
        refused = session.scalars(select(m.Refusal.reason).order_by(m.Refusal.at, m.Refusal.id)).all()
    assert refused == [Reason.SITE_CODE_WRONG] * 5 + [Reason.TOO_MANY_TRIES]


def test_the_same_request_again_is_the_same_presence_even_when_the_code_has_changed(phones: Phones, screen: str):
    request_id, code = phones.me()["request_id"], shown(phones, screen)
    first = show(phones, request_id=request_id, site_code=code)
    phones.clock.advance(minutes=5)
    assert show(phones, request_id=request_id, site_code=code) == first
    with phones.database.read() as session:
        assert len(session.scalars(select(m.Presence)).all()) == 1


def test_a_number_of_another_phone_or_of_long_ago_is_refused(phones: Phones, screen: str):
    foreign, old = phones.me(BEN)["request_id"], phones.me()["request_id"]
    assert show(phones, request_id=foreign, site_code=shown(phones, screen))[1]["code"] == "request_id_unknown"
    phones.clock.advance(minutes=16)
    assert show(phones, request_id=old, site_code=shown(phones, screen))[1]["code"] == "request_id_expired"


def test_one_number_is_one_try_however_often_it_is_sent(phones: Phones, screen: str):
    request_id = phones.me()["request_id"]
    for _ in range(3):
        assert show(phones, request_id=request_id, site_code="00000000")[1]["code"] == "site_code_wrong"
    # Not even the right code makes it another one.
    assert show(phones, request_id=request_id, site_code=shown(phones, screen))[1]["code"] == "site_code_wrong"
    with phones.database.read() as session:
        assert len(session.scalars(select(m.Refusal)).all()) == 1


def test_an_officer_out_of_service_is_told_so(phones: Phones, screen: str):
    with phones.database.write() as session:
        session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one().active_to = date(2026, 11, 1)
    status, told = show(phones, site_code=shown(phones, screen))
    assert (status, told["code"]) == (409, "inactive_officer")


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"site_code": "1", "position": {"latitude": 1, "longitude": 1, "accuracy_m": 1}},
        {"site_code": "\x00"},
        {"site_code": "1" * 33},
        {"position": {"latitude": 91, "longitude": 0, "accuracy_m": 1}},
        {"position": {"latitude": "NaN", "longitude": 0, "accuracy_m": 1}},
        {"position": {"latitude": 1, "longitude": 1, "accuracy_m": -1}},
        {"position": {"latitude": 1, "longitude": 1}},
        {"zone": "Z1"},
    ],
)
def test_what_is_not_as_described_is_refused_in_words(phones: Phones, place: Any):
    status, told = show(phones, **place)
    assert (status, told["code"]) == (422, "validation_failed")


def test_a_position_near_the_site_signs_in_and_only_its_distance_is_kept(phones: Phones):
    with phones.database.write() as session:
        zone = session.scalars(select(m.Zone)).one()
        site = session.scalars(select(m.Site)).one()
        site.latitude, site.longitude = 24.15, 120.65
        session.flush()
        fallbacks.take_location(session, phones.clock.now(), zone.code, 150, actor="cli:hr")
    assert phones.me()["fallbacks"] == {"site_code": False, "location": True}
    here = {"latitude": 24.1504321, "longitude": 120.65, "accuracy_m": 24.7}
    status, told = show(phones, position=here)
    assert (status, told["assurance"]) == (200, "low")
    assert "約 48 公尺（誤差 25 公尺）" in told["evidence"]["zh"]
    assert phones.tap()[1]["state"] == "recorded"
    far = {**here, "latitude": 24.17}
    assert show(phones, user=BEN, position=far)[1]["code"] == "not_near"
    assert show(phones, user=BEN, position={**here, "accuracy_m": 900})[1]["code"] == "position_vague"
    # Nowhere in the database: neither in the event nor in the presence.
    with phones.database.read() as session:
        presence = session.scalars(select(m.Presence)).one()
        events = session.scalars(select(m.InboxEvent.raw)).all()
    assert (presence.distance_m, presence.accuracy_m) == (48, 25)
    assert not any("24.15" in raw or "120.65" in raw for raw in events)


def test_an_enforced_zone_takes_no_weak_proof(phones: Phones, screen: str):
    with phones.database.write() as session:
        zone = session.scalars(select(m.Zone)).one()
        zone.enforced, zone.required_assurance = True, Assurance.MEDIUM
    assert show(phones, site_code=shown(phones, screen))[0] == 200
    told = phones.tap()[1]
    assert (told["state"], told["reason"]) == ("waiting", "low_assurance")


def test_what_the_phone_heard_goes_before_what_was_shown(phones: Phones, screen: str):
    phones.hear()
    phones.clock.advance(seconds=20)
    show(phones, site_code=shown(phones, screen))
    assert "信標" in phones.tap()[1]["punch"]["evidence"]["zh"]
    assert "no beacon" not in phones.me()["punches"][0]["evidence"]["en"]


def test_what_was_shown_is_neither_adoption_nor_a_sign_that_the_beacon_lives(phones: Phones, screen: str):
    show(phones, site_code=shown(phones, screen))
    phones.tap()
    now = phones.clock.now()
    with phones.database.read() as session:
        [punch] = queries.punches(session, now - timedelta(hours=1), now)
        signs = signs_of_life(session, now - timedelta(hours=1), now)
        zone = session.scalars(select(m.Zone.id)).one()
    assert punch.fact.proved is False
    assert zone not in signs.zone.tolist()


def test_a_screen_knows_its_own_zone_only_and_a_new_address_ends_the_old(phones: Phones, screen: str):
    client = phones.app.test_client()
    page = client.get(f"/screen/{screen}")
    with phones.database.read() as session:
        assert f"<h1>{session.scalars(select(m.Zone.name)).one()}</h1>" in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    for name in ("screen.js", "screen.css"):
        with client.get(f"/screen/static/{name}") as file:
            assert file.status_code == 200
    told = client.get(f"/screen/{screen}/code").get_json()
    assert told["picture"].startswith("data:image/svg+xml")
    assert 0 < told["left_ms"] <= 30_000
    with phones.database.write() as session:
        code = session.scalars(select(m.Zone.code)).one()
        newer = fallbacks.make_site_code(session, VAULT, phones.clock.now(), code, actor="cli:hr")
    assert client.get(f"/screen/{screen}/code").status_code == 404
    assert shown(phones, newer) != told["code"]
    with phones.database.write() as session:
        assert fallbacks.end_site_code(session, phones.clock.now(), code, actor="cli:hr")
        assert not fallbacks.end_site_code(session, phones.clock.now(), code, actor="cli:hr")
    assert client.get(f"/screen/{newer}").status_code == 404
    assert phones.me()["fallbacks"] == {"site_code": False, "location": False}
    with phones.database.read() as session:
        assert [entry.action for entry in audit.entries(session, limit=9)].count("zone.site_code") == 3


def test_a_site_without_position_takes_none_and_a_zone_nobody_knows_is_named(phones: Phones):
    now = phones.clock.now()
    with phones.database.write() as session:
        zone = session.scalars(select(m.Zone)).one()
        with pytest.raises(CheckinError, match="no position"):
            fallbacks.take_location(session, now, zone.code, 150, actor="cli:hr")
        with pytest.raises(CheckinError, match="20 to 2000 metres"):
            fallbacks.take_location(session, now, zone.code, 5, actor="cli:hr")
        with pytest.raises(NotFoundError, match="no zone nowhere"):
            fallbacks.take_location(session, now, "nowhere", 150, actor="cli:hr")
        site = builders.site(session, latitude=24.0, longitude=120.0)
        other = builders.zone(session, site)
        fallbacks.take_location(session, now, other.code, 50, actor="cli:hr")
        assert [(area.site, area.radius_m) for area in fallbacks.areas(session)] == [(Place(site.id, 24.0, 120.0), 50)]
        assert {row.zone_code: row.location_radius_m for row in fallbacks.policies(session)} == {
            zone.code: None,
            other.code: 50,
        }


def test_a_secret_sealed_under_another_key_shows_nothing_and_breaks_nothing(phones: Phones, screen: str):
    with phones.database.write() as session:
        fallback = session.scalars(select(m.ZoneFallback)).one()
        fallback.sealed_site_code = base64.b64decode("AAAA") * 9
    assert phones.app.test_client().get(f"/screen/{screen}").status_code == 404
    assert show(phones, site_code="12345678")[1]["code"] == "site_code_wrong"
    with phones.database.read() as session:
        assert fallbacks.unreadable(session, VAULT) == [session.scalars(select(m.Zone.code)).one()]


def test_a_handset_is_told_apart_without_its_number_being_kept(phones: Phones):
    phones.hear()
    number = "0123456789abcdefABCDEF"
    body = {"request_id": phones.me()["request_id"], "direction": "in", "handset": number}
    assert phones.ask("POST", "/punches", body)[1]["state"] == "recorded"
    [punch] = phones.punches()
    assert len(punch.handset) == 32
    with phones.database.read() as session:
        assert not any(number in raw for raw in session.scalars(select(m.InboxEvent.raw)))
    for bad in ("short", "x" * 65, "新手機新手機新手機新手機新手機新手機", "../../../../../../etc"):
        body = {"request_id": phones.me()["request_id"], "direction": "in", "handset": bad}
        assert phones.ask("POST", "/punches", body)[0] == 422


def test_a_tap_that_waited_keeps_its_handset(phones: Phones):
    body = {"request_id": phones.me()["request_id"], "direction": "in", "handset": "a" * 22}
    assert phones.ask("POST", "/punches", body)[1]["state"] == "waiting"
    phones.hear()
    [punch] = phones.punches()
    with phones.database.read() as session:
        event = json.loads(session.scalars(select(m.InboxEvent.raw).order_by(m.InboxEvent.id)).first() or "")
    assert punch.handset == event["tap"]["handset"]
