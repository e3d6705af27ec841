"""The agent as a whole: one task each for hearing, summing up, sending, and telling how it is."""

import asyncio
import json
import logging
import os
import platform
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sdnotify

from beacon_agent import adapter, timebase
from beacon_agent.assignment import AssignmentFile
from beacon_agent.config import Config
from beacon_agent.ear import Ear
from beacon_agent.enrolment import Enrolment
from beacon_agent.errors import AgentError, RadioError
from beacon_agent.outbox import Outbox, OutboxError
from beacon_agent.scanner import Backend, Report, listening
from beacon_agent.server import Server, ServerError
from beacon_agent.timebase import Timebase
from beacon_agent.uploader import Uploader
from beacon_agent.watchdog import Action, Watchdog

logger = logging.getLogger(__name__)

_TICK_S = 1.0
_ASSIGNMENT_EVERY_S = 600.0
_CPU_TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")


class DeafError(AgentError):
    """The radio hears nothing and nothing here helps: the process must be started anew."""


class Agent:
    """One run of the agent, on one outbox and one server."""

    def __init__(  # noqa: PLR0913 (what it is put together from)
        self,
        config: Config,
        enrolment: Enrolment,
        server: Server,
        outbox: Outbox,
        *,
        backend: Backend | None = None,
        reset: Callable[[str], Awaitable[None]] = adapter.power_cycle,
        now_s: Callable[[], float] = timebase.uptime_s,
    ) -> None:
        self._config, self._enrolment, self._server, self._outbox = config, enrolment, server, outbox
        self._backend, self._reset, self._now_s = backend, reset, now_s
        self._assignments = AssignmentFile(config.state)
        self._assignment = self._assignments.load()
        self._ear = Ear(self._assignment)
        self._watchdog = Watchdog(now_s())
        self._watchdog.is_expecting = bool(self._assignment.here)
        self._uploader = Uploader(server, outbox, now_s=now_s)
        # Without systemd the library leaves an open socket behind.
        self._systemd = sdnotify.SystemdNotifier() if os.environ.get("NOTIFY_SOCKET") else None
        self._began_s = now_s()
        self._unkept = 0

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            ExceptionGroup: with a ``DeafError`` where only a new start helps.
        """
        self._notify("READY=1")
        who = self._enrolment
        logger.info("agent %s in zone %s, server %s", who.agent, who.zone, who.server)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear())
            tasks.create_task(self._sum_up())
            tasks.create_task(self._uploader.run())
            tasks.create_task(self._keep_in_touch())

    def status(self) -> dict[str, Any]:
        """How it is, for a person and for the server."""
        now_s = self._now_s()
        heard_at_s = self._watchdog.heard_at_s
        fault = self._watchdog.fault
        return {
            "radio": str(self._watchdog.state(now_s)),
            "radio_detail": "" if fault is None else fault.name.lower(),
            "uptime_s": round(now_s - self._began_s, 1),
            "heard_s": None if heard_at_s is None else round(now_s - heard_at_s, 1),
            "scanner_restarts": self._watchdog.restarts,
            "adapter_resets": self._watchdog.resets,
            "adapter": self._config.adapter,
            "temperature_c": _temperature_c(),
            "disk_free_mb": shutil.disk_usage(self._config.state).free >> 20,
            "clock_offset_s": self._clock_offset_s(now_s),
            "outbox": asdict(self._outbox.depth(now_s)),
            "versions": {
                "agent": version("police-checkin"),
                "python": platform.python_version(),
                "kernel": platform.release()[:100],
                "bleak": version("bleak"),
            },
        }

    async def _hear(self) -> None:
        """Keep a scanner going, whatever happens to the radio."""
        while True:
            action = Action.NOTHING
            try:
                async with listening(self._on_report, adapter=self._config.adapter, backend=self._backend):
                    self._watchdog.started(self._now_s())
                    action = await self._until_due()
            except RadioError as exc:
                # One that is dropped because it is dead may say so; that is no news.
                if action is Action.NOTHING:
                    wait_s = self._watchdog.failed(exc)
                    self._tick()
                    await asyncio.sleep(wait_s)
                    action = self._watchdog.due(self._now_s())
            if action is Action.RESET:
                await self._reset_adapter()
            if action is Action.EXIT:
                raise DeafError(f"藍牙聽不到，重新啟動 / deaf: starting anew ({self._config.adapter})")

    async def _until_due(self) -> Action:
        while True:
            await asyncio.sleep(_TICK_S)
            self._tick()
            action = self._watchdog.due(self._now_s())
            if action is not Action.NOTHING:
                return action

    async def _reset_adapter(self) -> None:
        try:
            await self._reset(self._config.adapter)
        except RadioError as exc:
            logger.debug("the adapter cannot be reset: %s", exc)

    def _on_report(self, report: Report) -> None:
        now_s = self._now_s()
        self._watchdog.heard(now_s)
        self._ear.hear(report, now_s)

    def _tick(self) -> None:
        """Tell systemd that hearing is looked after: a loop that hangs is ended by it."""
        self._notify("WATCHDOG=1")

    def _notify(self, state: str) -> None:
        if self._systemd is not None:
            self._systemd.notify(state)

    async def _sum_up(self) -> None:
        """Keep what is due, and show how it is."""
        while True:
            await asyncio.sleep(_TICK_S)
            items = self._ear.due(self._now_s())
            if items:
                try:
                    self._outbox.put(items)
                    self._uploader.wake()
                except OutboxError as exc:
                    self._unkept += len(items)
                    logger.warning("%d summaries lost so far: %s", self._unkept, exc)
            self._show()

    async def _keep_in_touch(self) -> None:
        """Tell the server how the agent is, and ask what it should listen for."""
        refreshed_s: float | None = None
        while True:
            wait_s = float(self._config.heartbeat_s)
            try:
                now_s = self._now_s()
                if refreshed_s is None or now_s - refreshed_s >= _ASSIGNMENT_EVERY_S:
                    await self._refresh()
                    refreshed_s = now_s
                await self._server.post("/heartbeat", self.status())
                if self._server.timebase.offset_s is not None:
                    self._uploader.keep_offset(self._server.timebase.offset_s)
                self._uploader.trouble = ""
            except ServerError as exc:
                self._uploader.note(exc)
                wait_s = max(wait_s, exc.retry_after_s or 0.0)
            await asyncio.sleep(wait_s)

    async def _refresh(self) -> None:
        changed = await self._assignments.refresh(self._server)
        if changed is not None:
            self._assignment = changed
            self._ear.take(changed)
            self._watchdog.is_expecting = bool(changed.here)
            logger.info(
                "zone %s: %d beacons here, %d elsewhere, %d badges and phones",
                changed.zone, len(changed.here), len(changed.elsewhere), len(changed.identities),
            )  # fmt: skip

    def _clock_offset_s(self, now_s: float) -> float | None:
        """How far the machine's clock is behind the server's."""
        base = self._server.timebase
        if base.offset_s is None:
            return None
        return round(base.unix_s(now_s) - timebase.machine_unix_s(), 1)

    def _show(self) -> None:
        """Write the file that ``beacon-agent status`` reads."""
        told = {
            **self.status(),
            **asdict(self._enrolment),
            "trouble": self._uploader.trouble,
            "sent": self._uploader.sent,
            "unkept": self._unkept,
            "pid": os.getpid(),
            "at_unix_s": timebase.machine_unix_s(),
        }
        part = self._config.status_file.with_suffix(".part")
        try:
            part.write_text(json.dumps(told), "utf-8")
            part.rename(self._config.status_file)
        except OSError as exc:
            logger.debug("no status file: %s", exc)


def open_outbox(config: Config) -> Outbox:
    """The outbox where the settings say.

    Raises:
        OutboxError: it cannot be opened.
    """
    return Outbox(
        config.state / "outbox.db",
        timebase.boot_id(),
        most_bytes=config.outbox_megabytes << 20,
        longest_s=config.outbox_days * 86_400.0,
    )


def new_timebase() -> Timebase:
    """The clock of this start of the machine, of which nobody has told the time yet."""
    return Timebase(timebase.boot_id())


def _temperature_c() -> float | None:
    try:
        return round(int(_CPU_TEMPERATURE.read_text("ascii")) / 1000, 1)
    except (OSError, ValueError):
        return None
