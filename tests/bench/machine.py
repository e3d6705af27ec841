"""The machine a benchmark runs on, and how much of it others took meanwhile."""

import os
import platform
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def description(folder: Path) -> str:
    """One line for the head of a report; the file system is that of the databases."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    pages, page_size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return (
        f"{os.cpu_count()} x {cpu}, {pages * page_size / 2**30:.0f} GiB, {_file_system(folder)}, "
        f"Linux {platform.release()}, Python {platform.python_version()}"
    )


class OthersCpu:
    """Measures, between enter and exit, the CPU that processes other than ours and our descendants took."""

    def __init__(self) -> None:
        self.cores = 0.0

    def __enter__(self) -> Self:
        self._since, self._busy, self._own = time.monotonic(), _busy_s(), _own_s()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        taken = (_busy_s() - self._busy) - (_own_s() - self._own)
        self.cores = max(0.0, taken / (time.monotonic() - self._since))


def _busy_s() -> float:
    """CPU time of the whole machine so far, without idling and waiting for disks."""
    # proc(5), /proc/stat: user nice system idle iowait irq softirq steal; guests are within user.
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, _lines("/proc/stat")[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICKS_PER_S


def _own_s() -> float:
    """CPU time of this process and all below it, those that have ended included."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            # proc(5), /proc/pid/stat, after the name: state(3) ppid(4) … utime(14) stime(15) cutime(16) cstime(17).
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(process.name)] = int(fields[1])
        ticks[int(process.name)] = sum(map(int, fields[11:15]))
    return sum(spent for pid, spent in ticks.items() if _is_below_us(pid, parents)) / _TICKS_PER_S


def _is_below_us(pid: int, parents: dict[int, int]) -> bool:
    while pid > 1:
        if pid == os.getpid():
            return True
        pid = parents.get(pid, 0)
    return False


def _file_system(folder: Path) -> str:
    mounts = [line.split()[1:3] for line in _lines("/proc/mounts")]
    inside = [(point, kind) for point, kind in mounts if folder.resolve().is_relative_to(point)]
    return max(inside, key=lambda mount: len(mount[0]))[1]


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()
