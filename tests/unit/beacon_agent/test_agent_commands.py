"""``beacon-agent enrol``, ``status``, ``doctor``, ``run`` as a person at the Pi uses them, without a radio."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from beacon_agent import enrolment
from beacon_agent.__main__ import main
from beacon_agent.enrolment import Enrolment, NotEnrolledError

ENROLLED = Enrolment(server="https://checkin.example", agent="hq-gate", key_id="00ff", zone="HQ-1F")
RUNNING: dict[str, Any] = {
    "agent": "hq-gate",
    "zone": "HQ-1F",
    "server": "https://checkin.example",
    "radio": "hearing",
    "radio_detail": "",
    "heard_s": 0.2,
    "scanner_restarts": 1,
    "adapter_resets": 0,
    "clock_offset_s": 0.1,
    "temperature_c": 48.5,
    "disk_free_mb": 20_000,
    "outbox": {"waiting": 2, "bytes": 2048, "oldest_s": 12.0, "dropped": 0, "damaged": 0},
    "versions": {"agent": "0.1.0"},
    "sent": 7,
    "unkept": 0,
    "trouble": "",
}


class Pi:
    """A Pi's folders, and its commands."""

    def __init__(self, folder: Path) -> None:
        self.state, self.runtime = folder / "state", folder / "run"
        self.runtime.mkdir()
        self._config = folder / "agent.toml"
        self._config.write_text(f'[agent]\nstate = "{self.state}"\nruntime = "{self.runtime}"\n')

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, [*arguments, "--config", str(self._config)], env={"COLUMNS": "120"})

    def tells(self, **changes: Any) -> None:
        told = {**RUNNING, "at_unix_s": time.time(), **changes}
        (self.runtime / "status.json").write_text(json.dumps(told))


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    return Pi(tmp_path)


def test_status_shows_how_it_is(pi: Pi):
    pi.tells()
    shown = pi.run("status")
    assert shown.exit_code == 0
    for words in ("hq-gate", "hearing", "2 (2 KiB, 12 s)", "48.5 °C"):
        assert words in shown.stdout
    assert json.loads(pi.run("status", "--format", "json").stdout)["problems"] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"radio": "deaf"}, "beacon-agent doctor"),
        ({"radio": "no_adapter"}, "beacon-agent doctor"),
        ({"trouble": "agent_revoked"}, "agent_revoked"),
        ({"unkept": 3}, "df -h"),
        ({"outbox": {**RUNNING["outbox"], "damaged": 1}}, "moved aside"),
        ({"at_unix_s": 0}, "restart beacon-agent"),
    ],
)
def test_status_says_what_is_wrong_and_exits_1(pi: Pi, changes: dict[str, Any], words: str):
    pi.tells(**changes)
    shown = pi.run("status")
    assert (shown.exit_code, words in shown.stdout) == (1, True)


@pytest.mark.parametrize("content", [None, "", "torn {"])
def test_an_agent_that_does_not_run_is_said(pi: Pi, content: str | None):
    if content is not None:
        (pi.runtime / "status.json").write_text(content)
    shown = pi.run("status")
    assert (shown.exit_code, "is not running" in shown.stderr) == (1, True)


def test_run_needs_an_enrolment(pi: Pi):
    shown = pi.run("run")
    assert (shown.exit_code, shown.stderr.count("\n")) == (1, 1)
    assert "beacon-agent enrol" in shown.stderr


def test_doctor_says_what_is_wrong_line_by_line(pi: Pi):
    shown = pi.run("doctor")
    assert shown.exit_code == 1
    marks = {line.split()[1].rstrip(":"): line[0] for line in shown.stdout.splitlines()}
    assert marks.keys() == {"radio", "disk", "server"}
    assert marks["server"] == "✗"
    assert "not enrolled" in shown.stdout


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("http://checkin.example", "must be https"),
        ("checkin.example", "must be https"),
        ("https://", "must be https"),
        ("ftp://x", "must be https"),
        ("https://checkin.example?x=1", "must be https"),
    ],
)
def test_enrol_insists_on_tls(pi: Pi, server: str, words: str):
    shown = pi.run("enrol", server, "ABCD")
    assert (shown.exit_code, words in shown.stderr) == (1, True)
    assert not (pi.state / "agent.key").exists()


def test_an_enrolment_is_kept_for_this_account_alone(pi: Pi):
    key = Ed25519PrivateKey.generate()
    enrolment.store(pi.state, ENROLLED, key)
    loaded, again = enrolment.load(pi.state)
    assert loaded == ENROLLED
    assert again.private_bytes_raw() == key.private_bytes_raw()
    assert {path.stat().st_mode & 0o777 for path in pi.state.iterdir()} == {0o600}
    # Doing it again ends the one before.
    enrolment.store(pi.state, ENROLLED, Ed25519PrivateKey.generate())
    assert enrolment.load(pi.state)[1].private_bytes_raw() != key.private_bytes_raw()


@pytest.mark.parametrize("damage", ["enrolment.json", "agent.key"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"torn"])
def test_half_an_enrolment_is_none(pi: Pi, damage: str, content: bytes | None):
    enrolment.store(pi.state, ENROLLED, Ed25519PrivateKey.generate())
    if content is None:
        (pi.state / damage).unlink()
    else:
        (pi.state / damage).write_bytes(content)
    with pytest.raises(NotEnrolledError, match="not enrolled"):
        enrolment.load(pi.state)
