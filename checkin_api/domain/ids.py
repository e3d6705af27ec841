"""Identifiers and the closed sets of words that the rules, the tables and the pages share."""

from enum import StrEnum
from typing import NewType
from uuid import UUID

from uuid_utils.compat import uuid7

# Before the number of whatever was asked for in the LIFF app; LINE's own event IDs hold no colon.
LIFF_PREFIX = "liff:"
# Of what somebody showed there instead of a beacon.
PLACE_PREFIX = "liff:place:"
# What became of a tap that found its punch made; the detail is the punch.
TAPPED_ALREADY = "tapped_already"

StaffNo = NewType("StaffNo", str)
LineUserId = NewType("LineUserId", str)


def new_id() -> UUID:
    """A key for a new row, ordered by time (UUID version 7), so that it can be known before the row is stored."""
    return uuid7()


class Direction(StrEnum):
    """What a punch says: 簽到, 簽退, or (imported clocks) neither."""

    IN = "in"
    OUT = "out"
    AUTO = "auto"


class Assurance(StrEnum):
    """How much a punch's evidence of place is worth."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    def meets(self, required: "Assurance") -> bool:
        """Whether this is at least what a zone requires."""
        ranks = list(Assurance)
        return ranks.index(self) >= ranks.index(required)


class PunchSource(StrEnum):
    """Where a punch came from."""

    CHAT = "chat"
    ZONE = "zone"
    LIFF = "liff"
    CORRECTION = "correction"
    IMPORT = "import"


class ZoneMode(StrEnum):
    """How a zone punches IN: by the officer's tap, or by the first beacon event of a duty."""

    CONFIRM = "confirm"
    AUTO = "auto"


class BeaconKind(StrEnum):
    """What a beacon's device message can prove."""

    STATIC = "static"
    ROLLING = "rolling"
    LINE = "line"


class Proof(StrEnum):
    """What a beacon's device message turned out to be."""

    VALID = "valid"
    STALE = "stale"
    REPLAYED = "replayed"
    FORGED = "forged"
    STATIC = "static"
    UNKNOWN_KEY = "unknown_key"


class Shown(StrEnum):
    """What an officer shows where no beacon is heard: the code on the zone's screen, or the phone's position."""

    SITE_CODE = "site_code"
    LOCATION = "location"


class AlarmKind(StrEnum):
    """What is wrong with a beacon, or with who claims to be it."""

    STALE_CODE = "stale_code"
    REPLAYED_CODE = "replayed_code"
    FORGED_CODE = "forged_code"
    UNKNOWN_KEY = "unknown_key"
    TWO_SITES = "two_sites"
    TWO_TRANSMITTERS = "two_transmitters"
    FOREIGN_SITE = "foreign_site"
    SILENT = "silent"
    IMPOSSIBLE_TRAVEL = "impossible_travel"
    LOW_BATTERY = "low_battery"


class Role(StrEnum):
    """What somebody with a token may do."""

    ADMIN = "admin"
    HR = "hr"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    INSTALLER = "installer"


class DeviceKind(StrEnum):
    """What an agent knows an officer by: an iBeacon badge, or a phone or watch by its identity resolving key."""

    BADGE = "badge"
    PHONE = "phone"


class SightingSource(StrEnum):
    """Who heard a beacon on site: an agent that stands there, or an installer who passes by."""

    AGENT = "agent"
    INSTALLER = "installer"


class HoursRule(StrEnum):
    """How worked time is counted from punches."""

    FIRST_LAST = "first_last"
    EVERY_PAIR = "every_pair"


class Disposition(StrEnum):
    """What a punch counts for in its duty: for the record, as a double tap, or for nothing."""

    USED = "used"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"


class Status(StrEnum):
    """What a duty record 差勤紀錄 says; 曠職 is a legal finding and none of them."""

    LEAVE = "leave"
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    PRESENT = "present"
    MISSING_OUT = "missing_out"
    MISSING_IN = "missing_in"
    UNPROVEN = "unproven"
    ABSENT = "absent"
    UNROSTERED = "unrostered"


class Flag(StrEnum):
    """What a duty record says besides its status."""

    LATE = "late"
    EARLY_LEAVE = "early_leave"
    HALF_DAY = "half_day"
    SHORT = "short"
    CORRECTED = "corrected"
    LOW_ASSURANCE = "low_assurance"
    THIRD_SEGMENT = "third_segment"
    REST_SHORT = "rest_short"
    DAILY_LIMIT = "daily_limit"
    MONTHLY_LIMIT = "monthly_limit"


class Reason(StrEnum):
    """Why something an officer or a beacon asked for was refused."""

    UNKNOWN_BEACON = "unknown_beacon"
    RETIRED_BEACON = "retired_beacon"
    NOT_ENROLLED = "not_enrolled"
    INACTIVE_OFFICER = "inactive_officer"
    NO_PRESENCE = "no_presence"
    PRESENCE_EXPIRED = "presence_expired"
    LOW_ASSURANCE = "low_assurance"
    FORGED_MESSAGE = "forged_message"
    CODE_WRONG = "code_wrong"
    CODE_EXPIRED = "code_expired"
    TOO_MANY_TRIES = "too_many_tries"
    ALREADY_ENROLLED = "already_enrolled"
    OFFICER_HAS_ACCOUNT = "officer_has_account"
    SITE_CODE_WRONG = "site_code_wrong"
    NOT_NEAR = "not_near"
    POSITION_VAGUE = "position_vague"


class PhoneSystem(StrEnum):
    """What a phone runs, as LINE's SDK names it."""

    IOS = "ios"
    ANDROID = "android"
    WEB = "web"


class PhoneStep(StrEnum):
    """What the phone doctor asks an officer to try, one after the other."""

    FRIEND = "friend"
    LINE_VERSION = "line_version"
    BLUETOOTH = "bluetooth"
    LINE_IN_FRONT = "line_in_front"
    LOCATION = "location"
    NEARBY_DEVICES = "nearby_devices"
    BEACON_CONSENT = "beacon_consent"
    REOPEN_LINE = "reopen_line"


class OutageSource(StrEnum):
    """How an outage became known: from missing signs of life, or entered by hand."""

    DERIVED = "derived"
    ENTERED = "entered"


class CorrectionKind(StrEnum):
    """What a correction 補打卡 asks for: one more punch, or to void one that is there."""

    ADD = "add"
    VOID = "void"


class CorrectionState(StrEnum):
    """Where a correction stands; ``ENDORSED`` is approved by the first of two."""

    REQUESTED = "requested"
    ENDORSED = "endorsed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class CorrectionRefusal(StrEnum):
    """Why a correction was not taken, or not decided."""

    NO_REASON = "no_reason"
    TEXT_TOO_LONG = "text_too_long"
    FUTURE = "future"
    TOO_OLD = "too_old"
    DUPLICATE = "duplicate"
    VOID_ALREADY = "void_already"
    ADDED_ALREADY = "added_already"
    ATTACHMENT_TOO_LARGE = "attachment_too_large"
    ATTACHMENT_KIND = "attachment_kind"
    CLOSED = "closed"
    OWN_RECORD = "own_record"
    OWN_REQUEST = "own_request"
    SAME_APPROVER = "same_approver"
    NOT_THEIRS = "not_theirs"


class SignInRefusal(StrEnum):
    """Why somebody is not signed in to the console, or a password or a passkey is not taken."""

    WRONG = "wrong"
    LOCKED = "locked"
    TOO_MANY = "too_many"
    CODE_WRONG = "code_wrong"
    PASSWORD_LENGTH = "password_length"  # noqa: S105 (a reason)
    PASSWORD_GUESSABLE = "password_guessable"  # noqa: S105
    SAME_PASSWORD = "same_password"  # noqa: S105
    NOT_THE_SAME = "not_the_same"
    NO_ACCOUNT = "no_account"
    PROVIDER_DOWN = "provider_down"
    PROVIDER_WRONG = "provider_wrong"
    TRY_OVER = "try_over"
    PASSKEY_WRONG = "passkey_wrong"
    NOT_FRESH = "not_fresh"
    TOO_MANY_PASSKEYS = "too_many_passkeys"


class PrivacyRequestKind(StrEnum):
    """What an officer asks for about the own data; the rights of the Personal Data Protection Act, article 3."""

    SEE = "see"
    CORRECT = "correct"
    STOP = "stop"
    DELETE = "delete"


class PrivacyRequestState(StrEnum):
    """Where such a request stands."""

    OPEN = "open"
    ANSWERED = "answered"


class PrivacyRefusal(StrEnum):
    """Why such a request was not taken or not answered, or a leak not noted."""

    NO_TEXT = "no_text"
    TEXT_TOO_LONG = "text_too_long"
    TOO_MANY_OPEN = "too_many_open"
    ANSWERED_ALREADY = "answered_already"
    FUTURE = "future"
    CLOSED = "closed"


class RosterAction(StrEnum):
    """What became of a roster entry."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class EventState(StrEnum):
    """Where a webhook event stands in the inbox."""

    STORED = "stored"
    DECIDED = "decided"
    IGNORED = "ignored"
    PARKED = "parked"


# Why an event is parked whose judging failed: a fault of ours, which the doctor reports.
INTERNAL_ERROR = "internal_error"


class MessageState(StrEnum):
    """Where something we send stands: a reply, or a delivery passed on."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"


class MenuKind(StrEnum):
    """Which rich menu a phone shows: who is enrolled has another one than who is new."""

    ENROLLED = "enrolled"
    NEW = "new"


class Withheld(StrEnum):
    """Why a reminder was not sent: the department's budget of the month is spent, or LINE's own limit is reached."""

    BUDGET = "budget"
    LINE_LIMIT = "line_limit"


class RunState(StrEnum):
    """Where one run of a scheduled job stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ReportForm(StrEnum):
    """What kind of file a report is."""

    CSV = "csv"
    CSV_BIG5 = "csv-big5"
    XLSX = "xlsx"
    PDF = "pdf"
    ZIP = "zip"
    JSON = "json"


class BuildState(StrEnum):
    """Where an ordered report build 報表製作 stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class BuildRefusal(StrEnum):
    """Why a build was not started again, or its file not given."""

    NOT_FAILED = "not_failed"
    ORDERED_AGAIN = "ordered_again"
    NOT_DONE = "not_done"
