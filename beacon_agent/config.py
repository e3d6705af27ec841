"""The agent's settings: a TOML file with defaults for everything, all its problems found at once."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beacon_agent import outbox
from beacon_agent.errors import AgentError

DEFAULT_PATH = Path("/etc/beacon-agent/agent.toml")


class ConfigError(AgentError):
    """The file is wrong; carries every problem."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where the agent keeps what it keeps, and what it listens with."""

    state: Path = Path("/var/lib/beacon-agent")
    runtime: Path = Path("/run/beacon-agent")
    adapter: str = "hci0"
    outbox_megabytes: int = outbox.DEFAULT_MOST_BYTES >> 20
    outbox_days: int = int(outbox.DEFAULT_LONGEST_S // 86_400)
    heartbeat_s: int = 60

    @property
    def status_file(self) -> Path:
        """What ``beacon-agent status`` reads."""
        return self.runtime / "status.json"


# Smallest and largest; the server takes nothing that is older than 31 days.
_LIMITS = {"outbox_megabytes": (1, 100_000), "outbox_days": (1, 30), "heartbeat_s": (1, 600)}


def load_config(path: Path) -> Config:
    """Read the file; where there is none, everything is as it comes.

    Raises:
        ConfigError: with every problem in it.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Config()
    except (OSError, ValueError) as exc:
        raise ConfigError([f"{path}: {exc}"]) from exc
    problems = [f"{path}: 沒有 [{name}] 這一段 / there is no table [{name}]" for name in tables if name != "agent"]
    table = tables.get("agent", {})
    if not isinstance(table, dict):
        raise ConfigError([*problems, f"{path}: agent 須為一段 [agent] / agent must be a table"])
    values = {}
    for name, value in table.items():
        try:
            values[name] = _checked(name, value)
        except ValueError as exc:
            problems.append(f"{path}: [agent] {name}: {exc}")
    if problems:
        raise ConfigError(problems)
    return Config(**values)


def _checked(name: str, value: Any) -> Any:
    if name in {"state", "runtime"}:
        if not isinstance(value, str) or not value.startswith("/"):
            raise ValueError("須為絕對路徑 / must be an absolute path")
        return Path(value)
    if name == "adapter":
        if not isinstance(value, str) or not (value.startswith("hci") and value[3:].isdigit()):
            raise ValueError("須為 hci0 之類 / must be an adapter such as hci0")
        return value
    if name not in _LIMITS:
        raise ValueError("沒有這個設定 / there is no such setting")
    least, most = _LIMITS[name]
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"須為 {least} 到 {most} 的整數 / must be a whole number from {least} to {most}")
    return value
