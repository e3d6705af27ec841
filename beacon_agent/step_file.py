"""The time step of a Pi that is a beacon: the clock's, and never one that was left before, whatever the clock does."""

from dataclasses import dataclass
from pathlib import Path

from beacon_agent.errors import AgentError
from beacon_agent.private_file import write_private
from hardware.frames.device_message import STEP_S

# As the ESP32 does it: one small write a minute.
RESERVED = 4
# A step so far ahead of the clock was made with a clock that was wrong; waiting for it would take as long.
_TOO_FAR_AHEAD = 24 * 3600 // STEP_S


@dataclass(frozen=True, slots=True)
class Step:
    """The step to send now; ``is_guess`` while the clock says an earlier time than before."""

    number: int
    is_guess: bool


class StepFile:
    """Keeps the first step that was certainly never sent, on the disk before any earlier one is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unsent = self._read()
        self._last: int | None = None

    def now(self, unix_s: float) -> Step:
        """The step at a time: the clock's, or, while that lies before, the one after which power was lost.

        Raises:
            AgentError: the file says a step more than a day ahead of the clock.
            OSError: it cannot be written; then the step must not be sent.
        """
        by_clock = int(unix_s // STEP_S)
        least = self._unsent if self._last is None else self._last
        if least - by_clock > _TOO_FAR_AHEAD:
            raise AgentError(
                f"{self._path} 的時間步超前時鐘一天以上：先對時；若以前的時鐘錯了，換金鑰並刪除此檔"
                f" / {self._path} is over a day ahead of the clock: set the clock; if that was wrong before, get a new"
                " key (beacon-kit register --rotate) and delete the file"
            )
        number = max(by_clock, least)
        if number >= self._unsent:
            self._write(number + RESERVED)
        self._last = number
        return Step(number, is_guess=number > by_clock)

    def _read(self) -> int:
        try:
            return int(self._path.read_text("ascii"))
        except FileNotFoundError:
            return 0
        except ValueError as exc:
            raise AgentError(
                f"{self._path} 損壞：換金鑰（beacon-kit register --rotate）並刪除此檔"
                f" / {self._path} is damaged: get a new key (beacon-kit register --rotate) and delete the file"
            ) from exc

    def _write(self, unsent: int) -> None:
        write_private(self._path, f"{unsent}\n".encode())
        self._unsent = unsent
