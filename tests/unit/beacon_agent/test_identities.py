"""Whose badge or phone: known answers of the specification, strangers, lies, and how fast."""

import secrets
import time
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given
from hypothesis import strategies as st

from beacon_agent.identities import Badge, Identities, Phone

# Source: Bluetooth Core Specification, Vol 3 Part H, Appendix D.7: ah(k, r).
IRK, RANDOM, HASH = bytes.fromhex("ec0234a357c8ad05341010a60a397d9b"), "708194", "0dfbaa"
ADDRESS = "70:81:94:0D:FB:AA"
UUID_ = UUID("f7826da6-4fa2-4e98-8024-bc5b71e0893e")
BADGE = Badge("b-1", UUID_, 1, 7)


def apple(major: int = 1, minor: int = 7, uuid: UUID = UUID_) -> bytes:
    return b"\x02\x15" + uuid.bytes + major.to_bytes(2) + minor.to_bytes(2) + b"\xc5"


def address_of(irk: bytes, random: int) -> str:
    """An address as a phone makes it, written from the specification and not with the product's code."""
    prand = ((random & 0x3FFFFF) | 0x400000).to_bytes(3)
    sent = Cipher(AES(irk), ECB()).encryptor().update(bytes(13) + prand)[-3:]  # noqa: S305 (the specification's function)
    return ":".join(f"{octet:02X}" for octet in prand + sent)


def test_the_specifications_example_is_resolved():
    assert Identities(phones=[Phone("p-1", IRK)]).of_address(ADDRESS) == "p-1"
    assert (RANDOM + HASH).upper() == ADDRESS.replace(":", "")


@given(st.integers(0, 2**22 - 1), st.integers(0, 3))
def test_every_address_of_a_phone_is_its_own(random: int, which: int):
    irks = [bytes([number] * 16) for number in range(4)]
    identities = Identities(phones=[Phone(str(number), irk) for number, irk in enumerate(irks)])
    for _ in range(2):
        assert identities.of_address(address_of(irks[which], random)) == str(which)


@pytest.mark.parametrize(
    "address", ["70:81:94:0D:FB:AB", "F0:81:94:0D:FB:AA", "00:81:94:0D:FB:AA", "", "x", "70:81", "70:81:94:0D:FB:AA:00"]
)
def test_strangers_and_lies_are_nobody(address: str):
    assert Identities(phones=[Phone("p-1", IRK)]).of_address(address) is None


def test_a_badge_is_known_by_all_of_its_numbers_at_any_power():
    identities = Identities([BADGE])
    assert identities.of_apple(apple()) == identities.of_apple(apple()[:-1] + b"\x00") == "b-1"
    strangers = [
        apple(minor=8),
        apple(major=2),
        apple(uuid=UUID(int=0)),
        apple()[:-1],
        apple() + b"\0",
        b"\x10\x05",
        b"",
    ]
    assert {identities.of_apple(each) for each in strangers} == {None}


def test_addresses_are_remembered_and_the_oldest_forgotten():
    identities = Identities(phones=[Phone("p-1", IRK)])
    for number in range(5000):
        assert identities.of_address(f"40:00:00:00:{number >> 8:02X}:{number & 255:02X}") is None
    assert len(identities._addresses) == 4096  # noqa: SLF001 (that memory is bounded)


def test_seven_thousand_phones_cost_a_new_address_little():
    identities = Identities(phones=[Phone(str(number), secrets.token_bytes(16)) for number in range(7000)])
    began = time.process_time()
    assert identities.of_address("40:00:00:00:00:01") is None
    fresh_s = time.process_time() - began
    began = time.process_time()
    for _ in range(1000):
        identities.of_address("40:00:00:00:00:01")
    cached_s = (time.process_time() - began) / 1000
    # What the benchmark measures exactly; here only that nobody makes it quadratic.
    assert fresh_s < 0.5
    assert cached_s < fresh_s / 100
