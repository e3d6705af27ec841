"""Answers and bodies as the description of the HR paths shows them."""

from typing import Any

_PAGE = {"page": 1, "pages": 1, "total": 1}
_ID = "019d3a5e-7c00-7000-8000-000000000001"

OFFICER: dict[str, Any] = {
    "staff_no": "A0123",
    "name": "王小明",
    "title": "警員",
    "unit": "S01",
    "unit_name": "晨光派出所",
    "active_from": None,
    "active_to": None,
    "enrolled_at": "2026-11-01T01:00:00Z",
}
OFFICERS: dict[str, Any] = {"officers": [OFFICER], **_PAGE}
_RECORD: dict[str, Any] = {
    "staff_no": "A0123",
    "duty_date": "2026-11-23",
    "shift": "D",
    "zone": "HQ-1F",
    "start": "2026-11-23T08:00:00+08:00",
    "end": "2026-11-23T20:00:00+08:00",
    "in": "2026-11-23T08:05:00+08:00",
    "out": None,
    "status": "missing_out",
    "flags": ["late"],
    "worked_minutes": None,
    "late_minutes": 5,
    "early_leave_minutes": None,
    "overtime_minutes": None,
    "before_minutes": 0,
    "night_minutes": None,
    "punches": [{"at": "2026-11-23T08:05:00+08:00", "direction": "in", "disposition": "used"}],
}
RECORDS: list[dict[str, Any]] = [_RECORD]
PUNCHES: dict[str, Any] = {
    "punches": [
        {
            "staff_no": "A0123",
            "name": "王小明",
            "unit": "S01",
            "at": "2026-11-23T08:05:00+08:00",
            "received_at": "2026-11-23T08:05:01+08:00",
            "direction": "in",
            "source": "liff",
            "zone": "HQ-1F",
            "hwid": "c0ffee0001",
            "assurance": "medium",
            "evidence_zh": "感應信標（碼有效）",
            "evidence_en": "heard the beacon, its code valid",
            "void": False,
        }
    ],
    **_PAGE,
}
EXCEPTIONS: dict[str, Any] = {
    "as_of": "2026-11-24T09:00:00+08:00",
    "exceptions": [{"severity": "medium", "age_days": 1, "name": "王小明", "unit": "S01", "record": _RECORD}],
    **_PAGE,
}
_CORRECTION: dict[str, Any] = {
    "id": _ID,
    "state": "requested",
    "staff_no": "A0123",
    "name": "王小明",
    "unit": "S01",
    "kind": "add",
    "direction": "out",
    "at": "2026-11-23T12:00:00Z",
    "zone": None,
    "reason": "忘記簽退",
    "attachment_name": "",
    "requested_at": "2026-11-24T00:10:00Z",
    "requested_by": "officer:A0123",
    "endorsed_at": None,
    "endorsed_by": "",
    "decided_at": None,
    "decided_by": "",
    "comment": "",
}
CORRECTIONS: dict[str, Any] = {
    "corrections": [{**_CORRECTION, "two_step": False, "outage_id": None, "others_in_month": 0}],
    **_PAGE,
}
DECISION: dict[str, Any] = {"decision": "reject", "comment": "當日請假"}
DECIDED: dict[str, Any] = {
    "correction": {
        **_CORRECTION,
        "state": "approved",
        "decided_at": "2026-11-24T01:00:00Z",
        "decided_by": "officer:A0002",
    },
    "month_count": 1,
    "quota": 3,
    "is_over_quota": False,
}
ORDER: dict[str, Any] = {"kind": "duty_records", "format": "json", "from": "2026-11-01", "to": "2026-11-30"}
BUILD: dict[str, Any] = {
    "id": _ID,
    "kind": "duty_records",
    "format": "json",
    "from": "2026-11-01",
    "to": "2026-11-30",
    "unit": None,
    "officer": None,
    "state": "running",
    "ordered_by": "hr:payroll",
    "ordered_at": "2026-12-01T01:00:00Z",
    "started_at": "2026-12-01T01:00:01Z",
    "finished_at": None,
    "done": 2000,
    "total": 350000,
    "attempts": 1,
    "error": "",
    "file_name": "",
    "size_bytes": None,
    "rows": None,
    "sha256": "",
    "downloads": 0,
    "address": f"/api/v1/reports/{_ID}",
    "file": None,
}
REPORTS: dict[str, Any] = {
    "kinds": [
        {
            "kind": "duty_records",
            "zh": "差勤紀錄",
            "en": "Duty records",
            "period": "days",
            "formats": ["xlsx", "csv", "csv-big5", "json"],
            "by_unit": True,
            "by_officer": True,
        }
    ],
    "builds": [BUILD],
}
AUDIT: dict[str, Any] = {
    "entries": [
        {
            "number": 42,
            "at": "2026-11-24T01:00:00Z",
            "actor": "console:hr",
            "action": "report.download",
            "subject": f"report:{_ID}",
            "detail": {"kind": "duty_records", "rows": 350000},
            "previous_hash": "5d" * 32,
            "hash": "a7" * 32,
        }
    ],
    "older": 41,
    "last_number": 42,
}
