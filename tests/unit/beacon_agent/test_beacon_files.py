"""The step and the identity of a Pi that is a beacon."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from beacon_agent.__main__ import main
from beacon_agent.errors import AgentError
from beacon_agent.identity_file import read_identity
from beacon_agent.step_file import Step, StepFile

HWID, KEY = "c0ffee0001", bytes(range(32))
NOW = 1_790_121_600
STEP = NOW // 15


def test_the_step_is_the_clocks(tmp_path: Path):
    steps = StepFile(tmp_path / "step")
    assert [steps.now(NOW + after) for after in (0, 14.9, 15, 90)] == [
        Step(STEP, is_guess=False),
        Step(STEP, is_guess=False),
        Step(STEP + 1, is_guess=False),
        Step(STEP + 6, is_guess=False),
    ]


def test_a_step_is_on_the_disk_before_it_is_sent_and_once_a_minute(tmp_path: Path):
    path = tmp_path / "step"
    steps = StepFile(path)
    written = set()
    for number in range(40):
        step = steps.now(NOW + number * 15).number
        assert int(path.read_text()) > step
        written.add(path.read_text())
    assert len(written) == 10


@pytest.mark.parametrize("cut_after", range(12))
def test_no_loss_of_power_and_no_clock_turns_the_step_back(tmp_path: Path, cut_after: int):
    first = StepFile(tmp_path / "step")
    sent = [first.now(NOW + number * 15).number for number in range(cut_after + 1)]
    # The clock is an hour behind after the start, as on a Pi without a battery.
    again = StepFile(tmp_path / "step")
    later = [again.now(NOW - 3600 + number * 15) for number in range(300)]
    assert later[0].number > sent[-1]
    assert later[0].is_guess
    assert [step.number for step in later] == sorted(step.number for step in later)
    assert not later[-1].is_guess


def test_what_cannot_be_written_is_not_sent(tmp_path: Path):
    with pytest.raises(OSError, match="No such file"):
        StepFile(tmp_path / "missing" / "step").now(NOW)


@pytest.mark.parametrize(("content", "said"), [("x", "is damaged"), (str(STEP + 6000), "over a day ahead")])
def test_a_step_that_cannot_be_is_said(tmp_path: Path, content: str, said: str):
    path = tmp_path / "step"
    path.write_text(content)
    with pytest.raises(AgentError, match=said):
        StepFile(path).now(NOW)


def identity(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "beacon.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


RIGHT = f'[beacon]\nhwid = "{HWID}"\nkey = "{KEY.hex()}"\nmeasured_power_dbm = -63\n'


def test_the_file_that_the_kit_builds_is_read(tmp_path: Path):
    read = read_identity(identity(tmp_path, RIGHT))
    assert (read.hwid, read.key, read.measured_power_dbm) == (HWID, KEY, -63)


@pytest.mark.parametrize(
    "text",
    ["", "[beacon", "[beacon]\n", RIGHT.replace(HWID, "x"), RIGHT.replace(KEY.hex(), KEY.hex()[2:]), "beacon = 1"],
)
def test_what_is_no_beacon_file_is_said_without_the_key(tmp_path: Path, text: str):
    with pytest.raises(AgentError, match="is no beacon file") as caught:
        read_identity(identity(tmp_path, text))
    assert KEY.hex()[4:20] not in str(caught.value)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path):
    ran = CliRunner().invoke(main, ["broadcast", "--identity", str(identity(tmp_path, RIGHT, 0o644))])
    assert (ran.exit_code, "chmod 600" in ran.stderr) == (1, True)
