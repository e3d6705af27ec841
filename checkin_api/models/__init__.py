"""The tables: SQLAlchemy 2 typed models and the constraints that defend the invariants."""

from checkin_api.models.accounts import ApiToken, CalendarFeed, EnrolmentCode, EnrolmentTry, LineAccount
from checkin_api.models.agents import Agent, AgentBatch, AgentNonce, OfficerDevice
from checkin_api.models.audit import AuditEntry
from checkin_api.models.base import Base, UtcDateTime
from checkin_api.models.builds import ReportBuild, ReportDownload
from checkin_api.models.chat import MenuLink, Reminder, ReminderWish, RichMenu
from checkin_api.models.checkups import PhoneCheckup
from checkin_api.models.console import (
    ConsoleAgencyIdentity,
    ConsoleLock,
    ConsolePasskey,
    ConsoleSession,
    ConsoleUser,
)
from checkin_api.models.corrections import Correction, PunchVoid
from checkin_api.models.decided import Presence, Punch, Refusal, Reply
from checkin_api.models.exchange import OwnForm, SwipeProfile
from checkin_api.models.fleet import BeaconAlarm, BeaconHealth, BeaconKey, BeaconSighting
from checkin_api.models.inbox import Delivery, InboxEvent
from checkin_api.models.jobs import JobRun
from checkin_api.models.organisation import (
    Beacon,
    Officer,
    RosterEntry,
    Shift,
    Site,
    Supervisor,
    Unit,
    Zone,
    ZoneFallback,
)
from checkin_api.models.privacy import NoticeAcceptance, PrivacyRequest
from checkin_api.models.rules import DepartmentRule
from checkin_api.models.timekeeping import CalendarDay, Leave, Outage, RosterChange

__all__ = [
    "Agent",
    "AgentBatch",
    "AgentNonce",
    "ApiToken",
    "AuditEntry",
    "Base",
    "Beacon",
    "BeaconAlarm",
    "BeaconHealth",
    "BeaconKey",
    "BeaconSighting",
    "CalendarDay",
    "CalendarFeed",
    "ConsoleAgencyIdentity",
    "ConsoleLock",
    "ConsolePasskey",
    "ConsoleSession",
    "ConsoleUser",
    "Correction",
    "Delivery",
    "DepartmentRule",
    "EnrolmentCode",
    "EnrolmentTry",
    "InboxEvent",
    "JobRun",
    "Leave",
    "LineAccount",
    "MenuLink",
    "NoticeAcceptance",
    "Officer",
    "OfficerDevice",
    "Outage",
    "OwnForm",
    "PhoneCheckup",
    "Presence",
    "PrivacyRequest",
    "Punch",
    "PunchVoid",
    "Refusal",
    "Reminder",
    "ReminderWish",
    "Reply",
    "ReportBuild",
    "ReportDownload",
    "RichMenu",
    "RosterChange",
    "RosterEntry",
    "Shift",
    "Site",
    "Supervisor",
    "SwipeProfile",
    "Unit",
    "UtcDateTime",
    "Zone",
    "ZoneFallback",
]
