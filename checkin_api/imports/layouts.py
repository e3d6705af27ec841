"""What each kind of file holds. To add a kind: a word in ``Kind``, a layout, and its line in ``LAYOUTS``."""

from datetime import datetime
from enum import StrEnum

from checkin_api import models as m
from checkin_api.domain.ids import Assurance, BeaconKind, Direction, HoursRule, OutageSource, PunchSource, ZoneMode
from checkin_api.imports import punching
from checkin_api.imports.calendar import check_days, compact_date, is_working, weekday
from checkin_api.imports.cells import (
    boolean,
    degrees,
    hardware_id,
    iso_date,
    one_of,
    text,
    time_of_day,
    timezone,
    whole_number,
)
from checkin_api.imports.columns import Check, Column, Layout, Local, Reference, Values
from checkin_api.imports.instants import duty_date, instant, leave_begin, leave_end
from checkin_api.imports.intervals import check_leave, check_order


class Kind(StrEnum):
    """The kinds of files, in the order in which a new department is imported."""

    UNITS = "units"
    SHIFTS = "shifts"
    OFFICERS = "officers"
    SITES = "sites"
    ZONES = "zones"
    BEACONS = "beacons"
    ROSTER = "roster"
    LEAVE = "leave"
    CALENDAR = "calendar"
    PUNCHES = "punches"
    OUTAGES = "outages"


_UNIT = Reference(m.Unit.code, "單位", "unit")
_SHIFT = Reference(m.Shift.code, "班別", "shift")
_OFFICER = Reference(m.Officer.staff_no, "員警", "officer")
_SITE = Reference(m.Site.code, "地點", "site")
_ZONE = Reference(m.Zone.code, "簽到區", "zone")

# A shift and its window stay within two days, which is as far as a search for a punch's duty looks.
_minutes = whole_number(0, 24 * 60)


def _interval(row: Values, now: datetime) -> str | None:
    del now
    begin, end = row["active_from"], row["active_to"]
    if begin is None or end is None or begin <= end:
        return None
    return f"早於 active_from {begin} / {end} is before active_from {begin}"


def _coordinates(row: Values, now: datetime) -> str | None:
    del now
    if (row["latitude"] is None) is (row["longitude"] is None):
        return None
    return "緯度與經度須同時填寫 / give both latitude and longitude, or neither"


def _in_service(row: Values, now: datetime) -> str | None:
    retired_at = row["retired_at"]
    if retired_at is None or retired_at > now:
        return None
    day = retired_at.date()
    return (
        f"信標已於 {day} 停用，匯入不會重新啟用，請刪除此行，或先執行 checkin beacons restore"
        f" / retired on {day}, an import keeps it so: remove the line, or run `checkin beacons restore` first"
    )


LAYOUTS: dict[Kind, Layout] = {
    Kind.UNITS: Layout(
        key=("code",),
        columns=(
            Column("code", m.Unit.code, text, required=True),
            Column("name", m.Unit.name, text, required=True),
            Column("parent_code", m.Unit.parent_id, text, refers_to=_UNIT),
        ),
    ),
    Kind.SHIFTS: Layout(
        key=("code",),
        columns=(
            Column("code", m.Shift.code, text, required=True),
            Column("name", m.Shift.name, text, required=True),
            Column("start", m.Shift.start, time_of_day, required=True),
            Column("end", m.Shift.end, time_of_day, required=True),
            Column("break_minutes", m.Shift.break_minutes, _minutes),
            Column("late_grace_minutes", m.Shift.late_grace_minutes, _minutes),
            Column("early_grace_minutes", m.Shift.early_grace_minutes, _minutes),
            Column("opens_before_minutes", m.Shift.opens_before_minutes, _minutes),
            Column("closes_after_minutes", m.Shift.closes_after_minutes, _minutes),
            Column("hours_rule", m.Shift.hours_rule, one_of(HoursRule)),
            Column("half_day_below_minutes", m.Shift.half_day_below_minutes, _minutes),
            Column("absent_below_minutes", m.Shift.absent_below_minutes, _minutes),
        ),
    ),
    Kind.OFFICERS: Layout(
        key=("staff_no",),
        columns=(
            Column("staff_no", m.Officer.staff_no, text, required=True),
            Column("name", m.Officer.name, text, required=True),
            Column("unit_code", m.Officer.unit_id, text, required=True, refers_to=_UNIT),
            Column("title", m.Officer.title, text),
            Column("default_shift", m.Officer.default_shift_id, text, refers_to=_SHIFT),
            Column("active_from", m.Officer.active_from, iso_date),
            Column("active_to", m.Officer.active_to, iso_date),
        ),
        checks=(Check("active_to", (m.Officer.active_from, m.Officer.active_to), _interval),),
    ),
    Kind.SITES: Layout(
        key=("code",),
        columns=(
            Column("code", m.Site.code, text, required=True),
            Column("name", m.Site.name, text, required=True),
            Column("address", m.Site.address, text),
            Column("latitude", m.Site.latitude, degrees(90)),
            Column("longitude", m.Site.longitude, degrees(180)),
            Column("timezone", m.Site.timezone, timezone, or_default_timezone=True),
        ),
        checks=(Check("longitude", (m.Site.latitude, m.Site.longitude), _coordinates),),
    ),
    Kind.ZONES: Layout(
        key=("code",),
        columns=(
            Column("code", m.Zone.code, text, required=True),
            Column("name", m.Zone.name, text, required=True),
            Column("site_code", m.Zone.site_id, text, required=True, refers_to=_SITE),
            Column("mode", m.Zone.mode, one_of(ZoneMode)),
            Column("required_assurance", m.Zone.required_assurance, one_of(Assurance)),
            Column("enforced", m.Zone.enforced, boolean),
            Column("presence_ttl_s", m.Zone.presence_ttl_s, whole_number(1, 24 * 60 * 60)),
        ),
    ),
    Kind.BEACONS: Layout(
        key=("hwid",),
        columns=(
            Column("hwid", m.Beacon.hwid, hardware_id, required=True),
            Column("zone_code", m.Beacon.zone_id, text, required=True, refers_to=_ZONE),
            Column("kind", m.Beacon.kind, one_of(BeaconKind), required=True),
            Column("label", m.Beacon.label, text),
        ),
        checks=(Check("hwid", (m.Beacon.retired_at,), _in_service),),
    ),
    Kind.ROSTER: Layout(
        key=("staff_no", "duty_date", "shift_code"),
        columns=(
            Column("staff_no", m.RosterEntry.officer_id, text, required=True, refers_to=_OFFICER),
            Column("duty_date", m.RosterEntry.duty_date, duty_date, required=True),
            Column("shift_code", m.RosterEntry.shift_id, text, required=True, refers_to=_SHIFT),
            Column("zone_code", m.RosterEntry.zone_id, text, refers_to=_ZONE),
        ),
    ),
    Kind.LEAVE: Layout(
        key=("staff_no", "start"),
        columns=(
            Column("staff_no", m.Leave.officer_id, text, required=True, refers_to=_OFFICER),
            Column("start", m.Leave.begin, Local(leave_begin), required=True),
            Column("end", m.Leave.end, Local(leave_end), required=True),
            Column("kind", m.Leave.kind, text),
        ),
        whole=check_leave,
    ),
    Kind.CALENDAR: Layout(
        key=("西元日期",),
        columns=(
            Column("西元日期", m.CalendarDay.day, compact_date, required=True),
            Column("星期", None, weekday, required=True),
            Column("是否放假", m.CalendarDay.is_working, is_working, required=True),
            Column("備註", m.CalendarDay.note, text),
        ),
        whole=check_days,
    ),
    Kind.PUNCHES: Layout(
        key=("staff_no", "at", "direction"),
        columns=(
            Column("staff_no", m.Punch.officer_id, text, required=True, refers_to=_OFFICER),
            Column("at", m.Punch.at, instant, required=True),
            Column("direction", m.Punch.direction, one_of(Direction), required=True),
            Column("zone_code", m.Punch.zone_id, text, refers_to=_ZONE),
        ),
        among=m.Punch.source == PunchSource.IMPORT,
        besides=punching.besides,
        immutable=True,
    ),
    Kind.OUTAGES: Layout(
        key=("zone_code", "start"),
        columns=(
            Column("zone_code", m.Outage.zone_id, text, refers_to=_ZONE),
            Column("start", m.Outage.begin, instant, required=True),
            Column("end", m.Outage.end, instant),
            Column("reason", m.Outage.reason, text),
        ),
        whole=check_order,
        among=m.Outage.source == OutageSource.ENTERED,
        besides=lambda _, now: {"source": OutageSource.ENTERED, "entered_at": now},
    ),
}
