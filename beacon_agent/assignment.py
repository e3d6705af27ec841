"""What the server told the agent to listen for; kept on the disk, so that it listens on without a network."""

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from beacon_agent.identities import Badge, Identities, Phone
from beacon_agent.private_file import write_private
from beacon_agent.server import Server

logger = logging.getLogger(__name__)

_FILE = "assignment.json"
# The parts of the assignment, by what is asked for them.
_PATHS = {"place": "/assignment", "beacons": "/assignment/beacons", "identities": "/assignment/identities"}


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where the agent stands and whom it may know.

    Attributes:
        zone: The zone's code; empty before the server told.
        summary_every_s: How often it sums up.
        near_dbm: From which strength on somebody is near.
        here: The beacons that should be heard all the time.
        elsewhere: The department's other beacons; one of them here is a copy, or was moved.
        identities: Badges and phones.
    """

    zone: str = ""
    summary_every_s: float = 120.0
    near_dbm: float = -75.0
    here: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    identities: Identities = field(default_factory=Identities)

    @classmethod
    def of(cls, parts: dict[str, Any]) -> Self:
        """What the server's answers say.

        Raises:
            ValueError, LookupError, TypeError: they are none.
        """
        place, beacons, identities = parts["place"], parts["beacons"], parts["identities"]
        return cls(
            zone=str(place["zone"]),
            summary_every_s=max(1.0, float(place["summary_every_s"])),
            near_dbm=float(place["near_dbm"]),
            here=frozenset(beacons["here"]),
            elsewhere=frozenset(beacons["elsewhere"]),
            identities=Identities(
                [
                    Badge(each["id"], UUID(each["uuid"]), int(each["major"]), int(each["minor"]))
                    for each in identities["badges"]
                ],
                [Phone(each["id"], bytes.fromhex(each["irk"])) for each in identities["phones"]],
            ),
        )


class AssignmentFile:
    """The last assignment, part by part, each with the version it came under."""

    def __init__(self, state: Path) -> None:
        self._path = state / _FILE
        self._parts: dict[str, Any] = {}
        self._versions: dict[str, str] = {}

    def load(self) -> Assignment:
        """What was told last; of nothing or of a damaged file, an assignment of nothing."""
        try:
            kept = json.loads(self._path.read_bytes())
            assignment = Assignment.of(kept["parts"])
            self._parts, self._versions = kept["parts"], dict(kept["versions"])
        except FileNotFoundError:
            return Assignment()
        except (OSError, ValueError, LookupError, TypeError) as exc:
            logger.warning("%s is damaged (%s): asking anew", self._path, type(exc).__name__)
            return Assignment()
        return assignment

    async def refresh(self, server: Server) -> Assignment | None:
        """Ask for what has changed; None if nothing has.

        Raises:
            ServerError: the server does not tell.
        """
        parts, versions = dict(self._parts), dict(self._versions)
        for name, path in _PATHS.items():
            answer = await server.get(path, versions.get(name, "") if name in parts else "")
            if answer.body is not None:
                parts[name], versions[name] = answer.body, answer.version
        if versions == self._versions and parts == self._parts:
            return None
        try:
            assignment = Assignment.of(parts)
        except (ValueError, LookupError, TypeError) as exc:
            logger.warning("the server's assignment cannot be read (%s): keeping the one before", type(exc).__name__)
            return None
        self._parts, self._versions = parts, versions
        self._keep()
        return assignment

    def _keep(self) -> None:
        # Keys of phones are in it.
        kept = {"parts": self._parts, "versions": self._versions}
        write_private(self._path, json.dumps(kept).encode())
