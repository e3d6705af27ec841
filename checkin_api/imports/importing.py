"""The use case: one file into the database."""

from datetime import datetime

from sqlalchemy.orm import Session

from checkin_api.imports.layouts import Kind
from checkin_api.imports.outcome import ImportResult
from checkin_api.imports.sheet import read_sheet
from checkin_api.imports.storing import store_sheet


def import_file(  # noqa: PLR0913 (what a file is, and what it is judged by; reading and storing take five each)
    session: Session,
    kind: Kind,
    content: bytes,
    *,
    filename: str,
    now: datetime,
    default_timezone: str,
    actor: str = "import",
) -> ImportResult:
    """Read and store one file; the caller commits, or rolls back after a dry run.

    Args:
        session: Its transaction gets all rows of the file or none.
        kind: What the file holds.
        content: The file's bytes.
        filename: What its problems call it.
        now: What a beacon's retirement is judged by, and when the roster is changed.
        default_timezone: What a site without time zone takes, and what a plain date of leave is read in.
        actor: Who changes the roster.

    Raises:
        ImportRefusedError: something is wrong with the file; nothing has been changed.
    """
    sheet = read_sheet(kind, content, filename=filename, default_timezone=default_timezone)
    return store_sheet(session, sheet, now=now, actor=actor)
