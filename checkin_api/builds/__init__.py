"""Report builds 報表製作, the use cases: ordering, claiming and ending one, the history, and who downloaded what.

Each is a function of ``(session, now, …)``; the caller commits. What people do stands in the audit log by the same
transaction. The row in ``report_build`` is the truth; the queue only wakes workers up.
"""

from checkin_api.builds.at_once import MadeAtOnce, take
from checkin_api.builds.claiming import LEASE, MOST_ATTEMPTS, Claim, Made, beat, claim, due, fail, finish
from checkin_api.builds.files import clear, files_before, part_of, path_of
from checkin_api.builds.history import (
    BuildRow,
    DownloadRow,
    Sight,
    build,
    download,
    downloads,
    history,
    service_levels,
)
from checkin_api.builds.ordering import Order, Ordered, failed, order, ready, retry
from checkin_api.builds.queue import announce
from checkin_api.builds.taking import Queue, SharedQueue, TableQueue

__all__ = [
    "LEASE",
    "MOST_ATTEMPTS",
    "BuildRow",
    "Claim",
    "DownloadRow",
    "Made",
    "MadeAtOnce",
    "Order",
    "Ordered",
    "Queue",
    "SharedQueue",
    "Sight",
    "TableQueue",
    "announce",
    "beat",
    "build",
    "claim",
    "clear",
    "download",
    "downloads",
    "due",
    "fail",
    "failed",
    "files_before",
    "finish",
    "history",
    "order",
    "part_of",
    "path_of",
    "ready",
    "retry",
    "service_levels",
    "take",
]
