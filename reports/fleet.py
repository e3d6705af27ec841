"""The health of what hangs on the walls: beacons, agents, and how long each zone was blind."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from checkin_api import queries
from checkin_api.domain.shifts import local_day
from checkin_api.domain.words import ALARM
from checkin_api.queries import fleet
from checkin_api.queries.coverage import OutageRow, outages
from checkin_api.queries.fleet import AgentLook, BeaconLook
from reports.about import report_of
from reports.tables import Cell, Column, Report, Table, Type
from reports.wanted import Question

NAME = ("信標與監聽站狀況", "Fleet health")
_MINUTE = timedelta(minutes=1)
_BEACON_COLUMNS = (
    Column("hwid", "硬體 ID", "Hardware ID"),
    Column("label", "標籤", "Label"),
    Column("kind", "種類", "Kind"),
    Column("site", "地點", "Site"),
    Column("zone", "簽到區代碼", "Zone code"),
    Column("zone_name", "簽到區", "Zone"),
    Column("retired_at", "停用時間", "Retired at", Type.DATETIME),
    Column("phone_at", "手機最後聽到", "Heard by a phone", Type.DATETIME),
    Column("agent_at", "監聽站最後聽到", "Heard by an agent", Type.DATETIME),
    Column("silent_minutes", "未聽到分鐘", "Minutes since heard", Type.MINUTES),
    Column("battery_percent", "電池（%）", "Battery, %", Type.INT),
    Column("open_alarms", "未結警報", "Open alarms", Type.INT),
    Column("alarms", "警報代碼", "Alarm codes"),
    Column("alarms_zh", "警報", "Alarms (zh-TW)"),
)
_AGENT_COLUMNS = (
    Column("agent", "監聽站", "Agent"),
    Column("zone", "簽到區代碼", "Zone code"),
    Column("zone_name", "簽到區", "Zone"),
    Column("enrolled_at", "啟用時間", "Enrolled at", Type.DATETIME),
    Column("heartbeat_at", "最後回報", "Last heartbeat", Type.DATETIME),
    Column("silent_minutes", "未回報分鐘", "Minutes since", Type.MINUTES),
)
_ZONE_COLUMNS = (
    Column("zone", "簽到區代碼", "Zone code"),
    Column("zone_name", "簽到區", "Zone"),
    Column("site", "地點", "Site"),
    Column("outages", "中斷次數", "Outages", Type.INT),
    Column("outage_minutes", "中斷分鐘", "Outage minutes", Type.MINUTES),
)


def fleet_health(question: Question) -> Report:
    """Beacons and agents as they are at the moment of making; outages of the period."""
    zone, now = question.rules.zone, question.made_at
    begin = local_day(question.wanted.first, zone)[0]
    end = min(local_day(question.wanted.last, zone)[1], now)
    with question.database.read() as session:
        lasted = outages(session, begin)
        zones = [
            (each.code, each.name, each.site, *blindness(each.code, lasted, begin, end))
            for each in fleet.zones(session)
        ]
        tables = (
            Table(
                "beacons", "信標", "Beacons", _BEACON_COLUMNS, [_beacon(b, question) for b in fleet.beacons(session)]
            ),
            Table("agents", "監聽站", "Agents", _AGENT_COLUMNS, [_agent(a, question) for a in fleet.agents(session)]),
            Table("zones", "簽到區中斷", "Outages of zones", _ZONE_COLUMNS, zones),
        )
        return report_of(question, NAME, queries.completeness(session), tables)


def blindness(zone_code: str, lasted: Iterable[OutageRow], begin: datetime, end: datetime) -> tuple[int, int]:
    """How many outages of an interval concern a zone, and for how many minutes of it; overlapping ones count once."""
    parts = sorted(
        (max(outage.begin, begin), min(outage.end or end, end))
        for outage in lasted
        if outage.zone_code in (None, zone_code) and outage.begin < end and (outage.end is None or outage.end > begin)
    )
    blind, until = timedelta(), begin
    for since, to in parts:
        blind += max(to - max(since, until), timedelta())
        until = max(until, to)
    return len(parts), blind // _MINUTE


def _beacon(beacon: BeaconLook, question: Question) -> Sequence[Cell]:
    heard = max((at for at in (beacon.phone_at, beacon.agent_at) if at is not None), default=None)
    return (
        beacon.hwid,
        beacon.label,
        beacon.kind.value,
        beacon.site,
        beacon.zone_code,
        beacon.zone,
        _local(beacon.retired_at, question),
        _local(beacon.phone_at, question),
        _local(beacon.agent_at, question),
        _minutes_since(heard, question),
        beacon.battery_percent,
        len(beacon.alarms),
        " ".join(alarm.value for alarm in beacon.alarms) or None,
        "；".join(ALARM[alarm][0] for alarm in beacon.alarms) or None,
    )


def _agent(agent: AgentLook, question: Question) -> Sequence[Cell]:
    return (
        agent.name,
        agent.zone_code,
        agent.zone,
        _local(agent.enrolled_at, question),
        _local(agent.heartbeat_at, question),
        _minutes_since(agent.heartbeat_at, question),
    )


def _local(at: datetime | None, question: Question) -> datetime | None:
    return None if at is None else at.astimezone(question.rules.zone)


def _minutes_since(at: datetime | None, question: Question) -> int | None:
    """None where nobody ever heard it: that is no data, not zero."""
    return None if at is None else max((question.made_at - at) // _MINUTE, 0)
