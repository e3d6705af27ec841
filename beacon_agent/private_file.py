"""Files that this account alone may read, written so that a loss of power leaves the old one or the new one."""

import os
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Put a file in its place; it is on the disk when this returns.

    Raises:
        OSError: it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
