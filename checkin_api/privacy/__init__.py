"""Data protection 個人資料保護: the notice and who accepted it, a copy of the own data, requests about it."""

from checkin_api.privacy.accepting import (
    Acceptance,
    AcceptanceCount,
    accept,
    acceptance_count,
    acceptances,
    accepted,
)
from checkin_api.privacy.breaches import (
    Breach,
    Note,
    add_note,
    begin_breach,
    breaches,
    closed,
    find_breach,
    notes,
    tell,
    told,
)
from checkin_api.privacy.certificates import find_purge, purges
from checkin_api.privacy.expiry import KEPT, CutOffs, cut_offs
from checkin_api.privacy.notice import VERSION, Notice, notice, notice_version
from checkin_api.privacy.own_data import own_data, record_copy
from checkin_api.privacy.purging import Purged, older_than, preview, purge
from checkin_api.privacy.reach import KINDS, Leak, Reach, reach
from checkin_api.privacy.requests import RequestRow, answer, request, request_row, requests, requests_of
from checkin_api.privacy.retention import Period, retention

__all__ = [
    "KEPT",
    "KINDS",
    "VERSION",
    "Acceptance",
    "AcceptanceCount",
    "Breach",
    "CutOffs",
    "Leak",
    "Note",
    "Notice",
    "Period",
    "Purged",
    "Reach",
    "RequestRow",
    "accept",
    "acceptance_count",
    "acceptances",
    "accepted",
    "add_note",
    "answer",
    "begin_breach",
    "breaches",
    "closed",
    "cut_offs",
    "find_breach",
    "find_purge",
    "notes",
    "notice",
    "notice_version",
    "older_than",
    "own_data",
    "preview",
    "purge",
    "purges",
    "reach",
    "record_copy",
    "request",
    "request_row",
    "requests",
    "requests_of",
    "retention",
    "tell",
    "told",
]
