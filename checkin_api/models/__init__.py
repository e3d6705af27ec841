"""The tables: SQLAlchemy 2 typed models and the constraints that defend the invariants."""

from checkin_api.models.accounts import EnrolmentCode, EnrolmentTry, LineAccount
from checkin_api.models.base import Base, UtcDateTime
from checkin_api.models.decided import Presence, Punch, Refusal, Reply
from checkin_api.models.inbox import Delivery, InboxEvent
from checkin_api.models.jobs import JobRun
from checkin_api.models.organisation import Beacon, Officer, RosterEntry, Shift, Site, Unit, Zone

__all__ = [
    "Base",
    "Beacon",
    "Delivery",
    "EnrolmentCode",
    "EnrolmentTry",
    "InboxEvent",
    "JobRun",
    "LineAccount",
    "Officer",
    "Presence",
    "Punch",
    "Refusal",
    "Reply",
    "RosterEntry",
    "Shift",
    "Site",
    "Unit",
    "UtcDateTime",
    "Zone",
]
