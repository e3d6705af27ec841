"""Whose badge, phone or watch it is: known by the assignment's opaque IDs; no radio, no clock.

A badge is an iBeacon. A phone or watch changes its address every quarter of an hour, and whoever has its identity
resolving key (IRK) can tell that an address is one of its own.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from hardware.frames import ibeacon

# What comes before UUID, major and minor in Apple's manufacturer data, and where those end.
_APPLE_PREFIX = ibeacon.PREFIX[2:]
_BADGE_END, _APPLE_LENGTH = 22, 23
# Source: Bluetooth Core Specification, Vol 6 Part B, 1.3.2.2: the two topmost bits of a resolvable address are 01.
_RESOLVABLE = range(0x40, 0x80)
_ADDRESS_LENGTH, _HASH_LENGTH = 6, 3
# More phones than pass a station in a quarter of an hour, after which an address is of no use any more.
_MOST_ADDRESSES = 4096


@dataclass(frozen=True, slots=True)
class Badge:
    """A badge of an officer who agreed, by its opaque ID."""

    id: str
    uuid: UUID
    major: int
    minor: int


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone or watch of an officer who agreed; ``irk`` has 16 bytes, the most significant first."""

    id: str
    irk: bytes


class Identities:
    """Looks up whom a packet is of; what is unknown is None and is remembered only as an address to skip."""

    def __init__(self, badges: Iterable[Badge] = (), phones: Iterable[Phone] = ()) -> None:
        self._badges = {_badge_key(badge): badge.id for badge in badges}
        # A cipher is made once: making one costs many times what using it does.
        self._phones = [(phone.id, _cipher(phone.irk)) for phone in phones]
        self._addresses: OrderedDict[str, str | None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._badges) + len(self._phones)

    def of_apple(self, content: bytes) -> str | None:
        """Whose iBeacon this manufacturer data of Apple's is, without the company's number."""
        if len(content) != _APPLE_LENGTH or not content.startswith(_APPLE_PREFIX):
            return None
        return self._badges.get(content[:_BADGE_END])

    def of_address(self, address: str) -> str | None:
        """Whose phone or watch sends from an address ``5A:…``; None for strangers and addresses that tell nothing."""
        try:
            known = self._addresses[address]
        except KeyError:
            known = self._addresses[address] = self._resolve(address)
            if len(self._addresses) > _MOST_ADDRESSES:
                self._addresses.popitem(last=False)
        return known

    def _resolve(self, address: str) -> str | None:
        try:
            octets = bytes.fromhex(address.replace(":", ""))
        except ValueError:
            return None
        if len(octets) != _ADDRESS_LENGTH or octets[0] not in _RESOLVABLE:
            return None
        random, wanted = octets[:_HASH_LENGTH], octets[_HASH_LENGTH:]
        block = bytes(13) + random
        # Source: Bluetooth Core Specification, Vol 3 Part H, 2.2.2, "Random address hash function ah".
        return next((id_ for id_, cipher in self._phones if cipher.update(block)[-_HASH_LENGTH:] == wanted), None)


def _badge_key(badge: Badge) -> bytes:
    return _APPLE_PREFIX + badge.uuid.bytes + badge.major.to_bytes(2) + badge.minor.to_bytes(2)


def _cipher(irk: bytes) -> CipherContext:
    # One block at a time, as the specification has it: nothing is encrypted here that anybody reads.
    return Cipher(AES(irk), ECB()).encryptor()  # noqa: S305 (the specification's function is one block of AES)
