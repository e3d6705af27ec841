"""The folder beside a site file with what belongs to each beacon: its key for a while, its image, its reports."""

import os
import secrets
from pathlib import Path

from hardware.frames.device_message import KEY_LENGTH
from hardware.provisioning.errors import KitError

# What `flash` leaves behind: when, at which port, which firmware.
FLASHED = "flashed.json"
# What `register` leaves behind: that the server has the present key.
REGISTERED = "registered"
# What `build` makes: the partition with the key, or the file for a Raspberry Pi.
IMAGE = "nvs.bin"
PI_FILE = "beacon.toml"
_KEY, _NEXT_KEY = "key", "next-key"
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


class Workspace:
    """``hq.toml`` has ``hq.kit/`` with a folder for each beacon; nobody but the installer can look into it.

    The key is there from before registration, so that an interrupted one can be repeated with the same key, until the
    device has it; then it is deleted, and only the device and, encrypted, the server have it.
    """

    def __init__(self, site_file: Path) -> None:
        self.folder = site_file.with_suffix(".kit")

    def of(self, hwid: str) -> Path:
        """The folder of a beacon, made if need be."""
        folder = self.folder / hwid
        for each in (self.folder, folder):
            each.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
        return folder

    def has_key(self, hwid: str) -> bool:
        """Whether the key is still here."""
        return self._key_file(hwid).exists()

    def is_registered(self, hwid: str) -> bool:
        """Whether the server has the key that is here."""
        return self.has_key(hwid) and (self.of(hwid) / REGISTERED).exists()

    def is_flashed(self, hwid: str) -> bool:
        """Whether the device got its image."""
        return (self.of(hwid) / FLASHED).exists()

    def key(self, hwid: str) -> bytes:
        """The key of a beacon: 32 bytes.

        Raises:
            KitError: it is not here, or its file is damaged.
        """
        return self._read_key(hwid, self._key_file(hwid))

    def _read_key(self, hwid: str, path: Path) -> bytes:
        try:
            text = path.read_text("ascii")
        except FileNotFoundError:
            raise KitError(
                f"{hwid} 的金鑰不在這裡：請先 beacon-kit register，或以 --rotate 換新金鑰"
                f" / the key of {hwid} is not here: run beacon-kit register first, with --rotate for a new key"
            ) from None
        except UnicodeDecodeError:
            text = ""
        try:
            key = bytes.fromhex(text.strip())
        except ValueError:
            key = b""
        if len(key) != KEY_LENGTH:
            raise KitError(
                f"{path}：金鑰檔損壞，請刪除後以 register --rotate 換新金鑰"
                " / is no key file: delete it, then make a new key with register --rotate"
            )
        return key

    def make_key(self, hwid: str) -> bytes:
        """The key of a beacon; a new one if there is none yet. Once returned it is on the disk."""
        if not self.has_key(hwid):
            self.write_private(hwid, _KEY, (secrets.token_hex(KEY_LENGTH) + "\n").encode())
        return self.key(hwid)

    def make_next_key(self, hwid: str) -> bytes:
        """The key that will take the place of the present one; a new one if none is waiting."""
        path = self.of(hwid) / _NEXT_KEY
        if not path.exists():
            self.write_private(hwid, _NEXT_KEY, (secrets.token_hex(KEY_LENGTH) + "\n").encode())
        return self._read_key(hwid, path)

    def take_next_key(self, hwid: str) -> None:
        """Let the next key be the present one, now that the server has it."""
        (self.of(hwid) / _NEXT_KEY).rename(self._key_file(hwid))

    def forget_key(self, hwid: str) -> None:
        """Delete the key and the image that holds it."""
        for name in (_KEY, REGISTERED, IMAGE, PI_FILE):
            (self.of(hwid) / name).unlink(missing_ok=True)

    def write_private(self, hwid: str, name: str, content: bytes) -> Path:
        """Write a file that only the installer can read: whole or not at all."""
        path = self.of(hwid) / name
        part = path.with_name(f".{name}.part")
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        return path

    def _key_file(self, hwid: str) -> Path:
        return self.of(hwid) / _KEY
