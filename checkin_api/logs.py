"""Logging set-up for every program: one line a record on stderr, with secrets and LINE user IDs blanked out."""

import logging
import re

# LINE user IDs; JWTs (ID tokens); `Bearer …`; secret addresses of calendars. They are not meant to reach a
# record at all: this is the second line.
_SECRET = re.compile(r"\bU[0-9a-f]{32}\b|\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=Bearer )[^\s\"']+|(?<=/calendar/)[\w-]{16,}")


class _Redacting(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return _SECRET.sub("[redacted]", super().format(record))


def configure_logging(level: int = logging.INFO) -> None:
    """Send records of this level and above to stderr; journald adds its own time stamp, people need ours."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    logging.getLogger("httpcore2").setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
