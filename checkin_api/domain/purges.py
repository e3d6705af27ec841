"""What one run of the purge removed, as its entry in the audit log proves it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from checkin_api.config import YEAR_DAYS

# Of a run of the purge in the audit log.
SUBJECT = "privacy:retention"
ACTION = "privacy.purge"
# Of its certificate among the files that people took.
CERTIFICATE = "purge_certificate"
# The files of reports have no table.
FILES_TABLE = "(files)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """The rows of one kind that went from one table, or are left in it.

    Attributes:
        kind: The row of the notice's table.
        table: Its name in the database.
        rows: How many went.
        sha256: Of their keys, see ``keys_sha256``.
        first: The earliest of the times that their period counts from, a date or an instant in ISO 8601; None if
            they have none.
        last: The latest of them.
        left: How many past the cut-off a count found afterwards; None where a run broke off before it counted.
    """

    kind: str
    table: str
    rows: int
    sha256: str
    first: str | None
    last: str | None
    left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """One run, and the entry of the audit log that says so.

    Attributes:
        number: Of the entry.
        hash: Of the entry.
        at: When; cut-offs are counted back from it.
        actor: Who ran it.
        complete: Whether everything past its cut-off went, and a count found nothing left.
        left: How many rows past their cut-off a count found afterwards in all tables; None where a run broke off
            before it counted.
        counts: Rows of each kind.
        before: The cut-off of each kind.
        days: The period of each kind, as the settings had it.
        tables: What went or is left, table by table.
    """

    number: int
    hash: str
    at: datetime
    actor: str
    complete: bool
    left: int | None
    counts: Mapping[str, int]
    before: Mapping[str, datetime]
    days: Mapping[str, int]
    tables: Sequence[Removed]

    @property
    def rows(self) -> int:
        """All rows that went."""
        return sum(each.rows for each in self.tables)


def period_words(days: int) -> tuple[str, str]:
    """A period in zh-TW and English: whole years as years, which are those of the calendar."""
    years, rest = divmod(days, YEAR_DAYS)
    if rest or not years:
        return f"{days} 天", "1 day" if days == 1 else f"{days} days"
    return f"{years} 年", "1 year" if years == 1 else f"{years} years"


def keys_sha256(keys: Iterable[str]) -> str:
    """The SHA-256 of keys: each on a line of its own that ends in a line feed, in the order of their bytes, UTF-8.

    What ``LC_ALL=C sort | sha256sum`` says of the same keys. A key is the primary key in decimal, or a UUID as 32
    hexadecimal digits; columns of a longer key have ``|`` between them.
    """
    digest = hashlib.sha256()
    for key in sorted(keys):
        digest.update(f"{key}\n".encode())
    return digest.hexdigest()
