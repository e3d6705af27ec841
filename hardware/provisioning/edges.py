"""Where the kit meets the world: another radio, another way to the server, if a test gives them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpx2 import BaseTransport

    from hardware.provisioning.radio import Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """None stands for the machine's own."""

    backend: "Backend | None" = None
    transport: "BaseTransport | None" = None
