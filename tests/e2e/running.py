"""The real demonstration as a person starts it: ``python -m tests.demo`` on free ports, in a folder of its own."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.demo.processes import ROOT
from tests.demo.workspace import Workspace
from tests.serving import free_port

START_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class RunningDemo:
    """A demonstration that has printed its addresses."""

    process: subprocess.Popen[bytes]
    workspace: Workspace
    platform: str
    api: str
    output: Path

    def printed(self) -> str:
        return self.output.read_text("utf-8")

    def screen(self) -> str:
        """The address of the zone's screen, as printed."""
        return next(line.split()[-1] for line in self.printed().splitlines() if "/screen/" in line)

    def report_command(self) -> str:
        """The command for the day's report, as printed."""
        return next(line.strip() for line in self.printed().splitlines() if " report daily " in line)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_TIMEOUT_S)

    def parts(self) -> dict[int, str]:
        """The processes that work in this folder now, each with its command line."""
        mark = f"CHECKIN_DATABASE_URL=sqlite:///{self.workspace.folder}/".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes():
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                # It has ended meanwhile, or belongs to somebody else.
                continue
        return found


def command(folder: Path, port: int, platform_port: int) -> list[str]:
    where = ["--folder", str(folder), "--port", str(port), "--platform-port", str(platform_port)]
    return [sys.executable, "-m", "tests.demo", *where]


@contextmanager
def running_demo(folder: Path) -> Iterator[RunningDemo]:
    """Start it and wait until it has printed its addresses; whatever happens, it is stopped."""
    port, platform_port = free_port(), free_port()
    output = folder.parent / f"{folder.name}.out"
    with output.open("wb") as file:
        process = subprocess.Popen(command(folder, port, platform_port), cwd=ROOT, stdout=file, stderr=file)
    local = "http://127.0.0.1"
    demo = RunningDemo(process, Workspace(folder), f"{local}:{platform_port}", f"{local}:{port}", output)
    try:
        _wait_until_ready(demo)
        yield demo
    finally:
        if process.poll() is None:
            demo.stop()


def shell(line: str) -> str:
    """Run a printed command where and how a person would."""
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def json_report(line: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(shell(line.replace("--format csv", "--format json")))
    return report


def _wait_until_ready(demo: RunningDemo) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while "Ctrl-C" not in demo.printed():
        assert demo.process.poll() is None, demo.printed()
        assert time.monotonic() < end, demo.printed()
        time.sleep(0.1)
