"""Whether the radio still hears, and what to do when it does not: decided from silence alone; no radio, no clock.

An adapter that was switched off and on or replugged, and a bluetoothd that was restarted, leave a scanner dead without
an error. Silence may also be an empty room. So what is done must be cheap first: a new scanner, then the adapter off
and on, then the end of the process, which systemd begins again.
"""

import logging
from enum import Enum, StrEnum

from beacon_agent.errors import RadioError, RadioFault

logger = logging.getLogger(__name__)

# Where a beacon of the zone should be heard ten times a second.
_STEPS_S = (15.0, 25.0, 40.0)
EXIT_AFTER_S = 300.0
REPORT_AFTER_S = 50.0
# Where nothing need be heard, a new scanner now and then is enough; each as late again as the one before.
_EMPTY_ROOM_S, _LONGEST_REST_S = 60.0, 900.0
_FIRST_RETRY_S, _LONGEST_RETRY_S = 1.0, 30.0


class Action(Enum):
    """What is to be done now."""

    NOTHING = "nothing"
    REBUILD = "rebuild"
    RESET = "reset"
    EXIT = "exit"


class RadioState(StrEnum):
    """How the radio is; the words of the heartbeat."""

    STARTING = "starting"
    HEARING = "hearing"
    QUIET = "quiet"
    DEAF = "deaf"
    NO_ADAPTER = "no_adapter"


class Watchdog:
    """Counts silence and says what to do; every step is taken once in each cycle of silence."""

    def __init__(self, now_s: float) -> None:
        self.restarts = self.resets = 0
        self.fault: RadioFault | None = None
        self.heard_at_s: float | None = None
        # Whether a beacon should be heard here all the time.
        self.is_expecting = False
        self._silent_since_s = now_s
        self._started_s: float | None = None
        self._steps_taken = 0
        self._retry_s = _FIRST_RETRY_S
        self._rest_s = _EMPTY_ROOM_S
        self._has_warned = False

    def heard(self, now_s: float) -> None:
        """Anything at all came in. One report alone is no proof: a dying scanner still passes one on."""
        if self._started_s is None:
            return
        if self._has_warned:
            logger.info("hearing again after %.0f s", now_s - self._silent_since_s)
        self.heard_at_s = self._silent_since_s = now_s
        self._steps_taken = 0
        self._rest_s = _EMPTY_ROOM_S
        self._has_warned = False

    def started(self, now_s: float) -> None:
        """A scanner runs."""
        self._started_s = now_s
        self.fault = None
        self._retry_s = _FIRST_RETRY_S

    def failed(self, error: RadioError) -> float:
        """A scanner could not be started or was lost; how many seconds to wait before the next one."""
        self._started_s = None
        self.fault = error.fault
        self.restarts += 1
        self._warn("%s", error)
        wait_s, self._retry_s = self._retry_s, min(2 * self._retry_s, _LONGEST_RETRY_S)
        return wait_s

    def due(self, now_s: float) -> Action:
        """What to do now."""
        silent_s = now_s - self._silent_since_s
        if self._must_exit(silent_s):
            self._warn("deaf for %.0f s: ending, to be started anew", silent_s)
            return Action.EXIT
        if self._started_s is None:
            return Action.NOTHING
        if not self.is_expecting:
            return self._in_an_empty_room(now_s)
        if self._steps_taken < len(_STEPS_S) and silent_s >= _STEPS_S[self._steps_taken]:
            self._steps_taken += 1
            if self._steps_taken == len(_STEPS_S):
                self.resets += 1
                self._warn("silent for %.0f s: adapter off and on", silent_s)
                return Action.RESET
            self.restarts += 1
            self._warn("silent for %.0f s: new scanner", silent_s)
            return Action.REBUILD
        return Action.NOTHING

    def state(self, now_s: float) -> RadioState:
        """How the radio is."""
        if self.fault in {RadioFault.NO_ADAPTER, RadioFault.NO_CENTRAL_ROLE}:
            return RadioState.NO_ADAPTER
        silent_s = now_s - self._silent_since_s
        if self.fault is None and silent_s < _STEPS_S[0]:
            return RadioState.STARTING if self.heard_at_s is None else RadioState.HEARING
        if self.fault is None and not self.is_expecting:
            return RadioState.QUIET
        if silent_s >= (REPORT_AFTER_S if self.fault is None else _STEPS_S[0]):
            return RadioState.DEAF
        return RadioState.STARTING if self.heard_at_s is None else RadioState.HEARING

    def _must_exit(self, silent_s: float) -> bool:
        """Whether nothing here helps: not where there is no adapter, which only a person can change."""
        if silent_s < EXIT_AFTER_S or self.fault in {RadioFault.NO_ADAPTER, RadioFault.NO_CENTRAL_ROLE}:
            return False
        return self.fault is not None or self.is_expecting

    def _in_an_empty_room(self, now_s: float) -> Action:
        since_s = max(self._silent_since_s, self._started_s or 0.0)
        if now_s - since_s < self._rest_s:
            return Action.NOTHING
        self._rest_s = min(2 * self._rest_s, _LONGEST_REST_S)
        self.restarts += 1
        logger.debug("nothing heard for %.0f s: new scanner", now_s - since_s)
        return Action.REBUILD

    def _warn(self, text: str, *values: object) -> None:
        """Warn once in a cycle of silence; a radio that is gone for days fills no log."""
        logger.log(logging.DEBUG if self._has_warned else logging.WARNING, text, *values)
        self._has_warned = True
