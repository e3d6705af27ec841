"""``make run`` starts, starts again in seconds, says what is wrong in one line, and leaves no process behind."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.demo.processes import ROOT
from tests.e2e.running import RunningDemo, command, running_demo
from tests.serving import free_port

pytestmark = [
    pytest.mark.xdist_group("make_run"),
    # Alone, the first test waits for the demonstration's first run.
    pytest.mark.timeout(240),
]


# The platform, the API with its web process and its decider, the agent, the worker.
ALL_PARTS = 6


def wait_for_parts(demo: RunningDemo, count: int) -> None:
    """Wait: a part may be between its start and its first instruction, or between its end and its burial."""
    end = time.monotonic() + 10
    while len(demo.parts()) != count and time.monotonic() < end:
        time.sleep(0.05)
    assert len(demo.parts()) == count, demo.parts()


def refusal(folder: Path, port: int, platform_port: int) -> str:
    done = subprocess.run(
        command(folder, port, platform_port), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


@pytest.fixture
def used_folder(folder: Path) -> Path:
    """The folder after a first run, of whichever test."""
    if not (folder / "imported.json").exists():
        with running_demo(folder):
            pass
    return folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_with_status_zero(folder: Path, number: signal.Signals):
    with running_demo(folder) as demo:
        wait_for_parts(demo, ALL_PARTS)
        assert demo.stop(number) == 0
        wait_for_parts(demo, 0)
        assert "已停止 / stopped" in demo.printed()


def test_a_second_run_finds_the_officers_enrolled_and_imports_nothing_again(used_folder: Path):
    with running_demo(used_folder) as demo:
        assert "匯入" not in demo.printed()
        assert "圖文選單… / rich menus" in demo.printed()
        # Whoever was a newcomer may have enrolled meanwhile.
        assert any(f"enrolled {bound}/90" in demo.printed() for bound in range(84, 91))


def test_when_a_part_dies_the_rest_ends_and_its_log_is_named(folder: Path):
    with running_demo(folder) as demo:
        os.kill(next(number for number, line in demo.parts().items() if "line_platform" in line), signal.SIGKILL)
        assert demo.process.wait(30) == 1
        assert f"platform ended with status -9; read {folder / 'platform.log'}" in demo.printed()
        wait_for_parts(demo, 0)


@pytest.mark.parametrize(("place", "option"), [(0, "--port"), (1, "--platform-port")])
def test_a_taken_port_is_named_with_the_option_that_changes_it(tmp_path: Path, place: int, option: str):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = [free_port(), free_port()]
        ports[place] = taken.getsockname()[1]
        said = refusal(tmp_path / "demo", *ports)
    assert said.startswith(f"error: port {ports[place]}: ")
    assert f"{option} {ports[place] + 1}" in said
    assert said.count("\n") == 1


def test_a_folder_in_use_is_named(folder: Path):
    with running_demo(folder):
        said = refusal(folder, free_port(), free_port())
    assert said == f"error: another `make run` works in {folder}; stop it, or choose --folder\n"
