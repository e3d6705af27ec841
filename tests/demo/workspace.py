"""The folder of a demonstration: its lock, its secrets, its settings, its CSV files and which of them are imported."""

import csv
import fcntl
import hashlib
import json
import secrets
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.demo.errors import DemoError

# The part before the dash is the LINE Login channel.
LIFF_ID = "1650000002-DemoDemo"
_SECRETS = ("channel_secret", "channel_access_token", "secret_key")


class Workspace:
    """A folder that a second run uses again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.csvs = folder / "csv"
        self.env_file = folder / "env.sh"
        self._imported = folder / "imported.json"
        self._passwords = folder / "passwords.json"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other demonstrations out: two deciders on one SQLite file would both send the replies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DemoError(f"another `make run` works in {self.folder}; stop it, or choose --folder") from None
            yield

    def secrets(self) -> dict[str, str]:
        """Made once, so that a second run can read what the first has stored."""
        path = self.folder / "secrets.json"
        if not path.exists():
            _write_private(path, json.dumps({name: secrets.token_hex(16) for name in _SECRETS}))
        content: dict[str, str] = json.loads(path.read_text())
        return content

    def settings(self, line_api_url: str) -> dict[str, str]:
        """The product's settings for this department, also as ``env.sh`` for a shell to read."""
        known = self.secrets()
        settings = {
            "CHECKIN_DATABASE_URL": f"sqlite:///{self.folder / 'checkin.db'}",
            "CHECKIN_LINE_CHANNEL_SECRET": known["channel_secret"],
            "CHECKIN_LINE_CHANNEL_ACCESS_TOKEN": known["channel_access_token"],
            "CHECKIN_SECRET_KEY": known["secret_key"],
            "CHECKIN_LINE_API_URL": line_api_url,
            "CHECKIN_LINE_DATA_URL": line_api_url,
            "CHECKIN_LINE_LOGIN_CHANNEL_ID": LIFF_ID.partition("-")[0],
            "CHECKIN_LIFF_ID": LIFF_ID,
            # For a try nobody is to tie an app first.
            "CHECKIN_CONSOLE_SECOND_STEP": "optional",
            "CHECKIN_LIFF_SDK_URL": f"{line_api_url}/liff/sdk.js",
            # As much as the stand-in platform's own limit of a month.
            "CHECKIN_PUSH_BUDGET_PER_MONTH": "200",
            "CHECKIN_REPORT_DIR": str(self.folder / "reports"),
        }
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in settings.items()]
        # The guides write `checkin` as it is on a server.
        lines.append(f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH\n")
        _write_private(self.env_file, "".join(lines))
        return settings

    def platform_config(self, content: dict[str, object]) -> Path:
        """The stand-in platform's configuration, with the channel's secrets added."""
        known = self.secrets()
        path = self.folder / "platform.json"
        channel = {name: known[name] for name in ("channel_secret", "channel_access_token")}
        _write_private(path, json.dumps(content | channel, ensure_ascii=False))
        return path

    def rows(self, kind: str) -> list[dict[str, str]]:
        """One CSV file of the department."""
        with (self.csvs / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def is_imported(self, kind: str) -> bool:
        """Whether exactly this file is in the database already; what was changed there since is left alone."""
        return (self.folder / "checkin.db").exists() and self._digests().get(kind) == self._digest(kind)

    def note_imported(self, kind: str) -> None:
        """Remember that this file is in the database."""
        self._imported.write_text(json.dumps(self._digests() | {kind: self._digest(kind)}))

    def forget_imported(self) -> None:
        """Nothing is in a new database."""
        self._imported.unlink(missing_ok=True)
        self._passwords.unlink(missing_ok=True)

    def passwords(self) -> dict[str, str]:
        """The first passwords of the console's accounts, by user name."""
        known: dict[str, str] = json.loads(self._passwords.read_text()) if self._passwords.exists() else {}
        return known

    def note_password(self, username: str, password: str) -> None:
        """Remember an account's first password."""
        _write_private(self._passwords, json.dumps(self.passwords() | {username: password}))

    def _digests(self) -> dict[str, str]:
        known: dict[str, str] = json.loads(self._imported.read_text()) if self._imported.exists() else {}
        return known

    def _digest(self, kind: str) -> str:
        return hashlib.sha256((self.csvs / f"{kind}.csv").read_bytes()).hexdigest()


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    path.touch(0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")
