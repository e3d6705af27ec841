"""The attendance rules as tables that HR can read: duties, punches, and what becomes of them."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.attendance import attendance, dispositions, in_words

BERLIN = ZoneInfo("Europe/Berlin")


def words(*roster: str, punches: str = "", **facts: Any) -> list[str]:
    made = [punch.strip() for punch in punches.split(",") if punch.strip()]
    return [in_words(record) for record in attendance(roster, made, **facts).records()]


@pytest.mark.parametrize(
    ("name", "as_of", "punches", "expected"),
    [
        ("窗口未開 window not open", "23 05:59:59", "", "day pending …-…"),
        ("窗口開啟 window opens", "23 06:00", "", "day in_progress …-…"),
        ("已簽到、窗口未關 signed in, window open", "23 12:00", "in 23 07:58", "day in_progress 07:58-…"),
        ("已簽到簽退即為正常 both made while open", "23 18:00", "in 23 07:58, out 23 17:02", "day present 07:58-17:02"),
        ("窗口最後一刻 the window's last moment", "23 21:00", "", "day in_progress …-…"),
        ("窗口關閉才是未簽到 absent only when closed", "23 21:00:01", "", "day absent …-…"),
        ("忘記簽退 no OUT", "24 00:00", "in 23 08:00", "day missing_out 08:00-…"),
        ("忘記簽到 no IN", "24 00:00", "out 23 17:00", "day missing_in …-17:00"),
    ],
)
def test_status_by_time_of_looking(name: str, as_of: str, punches: str, expected: str):
    assert words("23 day", punches=punches, as_of=as_of) == [expected], name


@pytest.mark.parametrize(
    ("name", "shift", "punches", "expected", "late", "early"),
    [
        ("準時 on time", "day", "in 23 08:00:00, out 23 17:00:00", "present 08:00-17:00", 0, 0),
        ("同一分鐘內不算遲到 within the minute", "day", "in 23 08:00:59, out 23 17:00", "present 08:00-17:00", 0, 0),
        ("遲到一分 a minute late", "day", "in 23 08:01:00, out 23 17:00", "present 08:01-17:00 +late", 1, 0),
        ("寬限內 within grace", "grace", "in 23 08:05:59, out 23 16:55:00", "present 08:05-16:55", 0, 0),
        ("超過寬限自起點起算 past grace", "grace", "in 23 08:06:00, out 23 17:00", "present 08:06-17:00 +late", 6, 0),
        ("早退 early", "day", "in 23 08:00, out 23 16:59:59", "present 08:00-16:59 +early_leave", 0, 1),
        (
            "早退超過寬限 early past grace",
            "grace",
            "in 23 08:00, out 23 16:54:59",
            "present 08:00-16:54 +early_leave",
            0,
            6,
        ),
    ],
)
def test_late_and_early_leave(name: str, shift: str, punches: str, expected: str, late: int, early: int):  # noqa: PLR0917 (the columns of the table)
    [record] = attendance([f"23 {shift}"], punches.split(", ")).records()
    assert in_words(record) == f"{shift} {expected}", name
    assert (record.late_minutes, record.early_leave_minutes) == (late, early), name


@pytest.mark.parametrize(
    ("name", "shift", "punches", "worked", "overtime", "before", "night"),
    [
        ("扣休息 break taken off", "lunch", "in 23 08:00, out 23 17:00", 480, 0, 0, 0),
        ("秒數捨去 rounded down", "day", "in 23 08:00:59, out 23 17:00:01", 540, 0, 0, 0),
        ("早到晚退 early in, late out", "day", "in 23 07:30, out 23 18:15", 645, 75, 30, 0),
        ("休息長於在勤 break longer than the span", "lunch", "in 23 08:00, out 23 08:30", 0, 0, 0, 0),
        ("夜間 night", "night", "in 23 20:00, out 24 08:00", 720, 0, 0, 360),
        ("夜間零點後才到 after midnight", "night", "in 24 00:30, out 24 06:30", 360, 0, 0, 330),
        ("二十四小時 24 hours", "whole", "in 23 08:00, out 24 08:00", 1440, 0, 0, 360),
        (
            "每對加總、不扣休息 every pair",
            "pairs",
            "in 23 08:00, out 23 12:00, in 23 13:00, out 23 17:00",
            480,
            0,
            0,
            0,
        ),
        ("缺簽退，時數未知 unknown without OUT", "day", "in 23 08:00", None, None, 0, None),
        ("缺簽到 unknown without IN", "day", "out 23 17:10", None, 10, None, None),
    ],
)
def test_minutes(name, shift, punches, worked, overtime, before, night):  # noqa: PLR0917 (the columns of the table)
    [record] = attendance([f"23 {shift}"], punches.split(", ")).records()
    minutes = (record.worked_minutes, record.overtime_minutes, record.before_minutes, record.night_minutes)
    assert minutes == (worked, overtime, before, night), name


@pytest.mark.parametrize(
    ("name", "shift", "punches", "expected", "counted"),
    [
        ("首末 first and last", "day", "in 23 08:00, out 23 12:00, in 23 13:00, out 23 17:00",
         "present 08:00-17:00", "used ignored ignored used"),
        ("重複簽到 double tap", "day", "in 23 08:00:00, in 23 08:00:30, out 23 17:00",
         "present 08:00-17:00", "used duplicate used"),
        ("兩分鐘後再按：取第一次 a later IN", "day", "in 23 08:00, in 23 08:02, out 23 17:00",
         "present 08:00-17:00", "used ignored used"),
        ("兩次簽退：取最後 two OUTs", "day", "in 23 08:00, out 23 17:00, out 23 17:30",
         "present 08:00-17:30", "used ignored used"),
        ("先簽退後簽到：簽退不計 an OUT before the IN", "day", "out 23 07:50, in 23 08:00, out 23 17:00",
         "present 08:00-17:00", "ignored used used"),
        ("只有較早的簽退 only an earlier OUT", "day", "out 23 07:50, in 23 08:00",
         "missing_out 08:00-…", "ignored used"),
        ("同一瞬間 the same instant", "day", "out 23 08:00, in 23 08:00",
         "present 08:00-08:00 +early_leave", "used used"),
        ("未分簽到退：首為到、末為退 undirected", "day", "auto 23 07:55, auto 23 12:00, auto 23 17:05",
         "present 07:55-17:05", "used ignored used"),
        ("只有一次未分 one undirected", "day", "auto 23 16:00", "missing_out 16:00-… +late", "used"),
        ("明確方向優先 explicit wins", "day", "auto 23 07:50, in 23 08:00, out 23 17:00, auto 23 17:30",
         "present 08:00-17:00", "ignored used used ignored"),
        ("未分補足簽退 undirected stands in for OUT", "day", "in 23 08:00, auto 23 17:00", "present 08:00-17:00",
         "used used"),
        ("每對：連續簽到只認第一 IN after IN", "pairs", "in 23 08:00, in 23 09:00, out 23 12:00",
         "present 08:00-12:00 +early_leave", "used ignored used"),
        ("每對：多餘簽退不計 OUT without IN", "pairs", "out 23 07:00, in 23 08:00, out 23 12:00, out 23 13:00",
         "present 08:00-12:00 +early_leave", "ignored used used ignored"),
        ("每對：未分者交替 undirected alternate", "pairs", "auto 23 08:00, auto 23 12:00, auto 23 13:00, auto 23 17:00",
         "present 08:00-17:00", "used used used used"),
        ("每對：最後未簽退 open at the end", "pairs", "in 23 08:00, out 23 12:00, in 23 13:00",
         "present 08:00-12:00 +early_leave", "used used ignored"),
        ("每對：只有簽退 only OUTs", "pairs", "out 23 12:00, out 23 17:00", "missing_in …-17:00", "ignored used"),
        ("每對：只有簽到 only INs", "pairs", "in 23 08:00, in 23 09:00", "missing_out 08:00-…", "used ignored"),
        ("作廢的打卡留著、不計 a voided punch", "day", "in 23 07:00 voided, in 23 08:00, out 23 17:00",
         "present 08:00-17:00", "ignored used used"),
        ("補打卡 a correction", "day", "in 23 08:00, out 23 17:00 corrected", "present 08:00-17:00 +corrected",
         "used used"),
        ("不採計的補打卡不加註 an unused correction", "day", "in 23 08:00, out 23 16:00 corrected, out 23 17:00",
         "present 08:00-17:00", "used ignored used"),
        ("證明不足 weak proof", "day", "in 23 08:00 weak, out 23 17:00",
         "present 08:00-17:00 +low_assurance", "used used"),
    ],
)  # fmt: skip
def test_which_punches_count(name: str, shift: str, punches: str, expected: str, counted: str):
    [record] = attendance([f"23 {shift}"], punches.split(", ")).records()
    assert in_words(record) == f"{shift} {expected}", name
    assert dispositions(record) == counted, name


@pytest.mark.parametrize(
    ("name", "roster", "punches", "expected"),
    [
        ("跨夜簽退屬前一日 overnight", ["23 night", "24 night"],
         "in 23 19:50, out 24 08:10, in 24 19:55, out 25 08:00",
         ["night present 19:50-08:10", "night present 19:55-08:00"]),
        ("忘記簽退不影響次日 a forgotten OUT", ["23 night", "24 night"],
         "in 23 19:50, in 24 19:55, out 25 08:00",
         ["night missing_out 19:50-…", "night present 19:55-08:00"]),
        ("連班 back to back", ["23 day", "23 late"],
         "in 23 07:55, out 23 17:00, in 23 15:55, out 24 00:10",
         ["day present 07:55-17:00", "late present 15:55-00:10 +daily_limit"]),
        ("兩段勤 two segments", ["23 a", "23 b"],
         "in 23 07:58, out 23 12:01, in 23 13:55, out 23 18:00",
         ["a present 07:58-12:01", "b present 13:55-18:00"]),
        ("兩段勤、只打第二段 only the second", ["23 a", "23 b"],
         "in 23 13:55, out 23 14:05", ["a absent …-…", "b present 13:55-14:05 +early_leave"]),
        ("三段 third segment", ["23 a", "23 b", "23 c"], "",
         ["a absent …-…", "b absent …-…", "c absent …-… +third_segment"]),
        ("月底跨月 month end", ["30 night"], "in 30 20:00, out 2026-12-01 08:00", ["night present 20:00-08:00"]),
        ("閏日 leap day", ["2028-02-29 night"],
         "in 2028-02-29 20:00, out 2028-03-01 08:00", ["night present 20:00-08:00"]),
        ("零時起 from midnight", ["23 early"], "in 22 23:50, out 23 08:00", ["early present 23:50-08:00"]),
        ("至零時止 until midnight", ["23 late"], "in 23 16:00, out 24 00:00", ["late present 16:00-00:00"]),
        ("二十四小時輪休 24 hours on, then rest", ["23 whole", "25 whole"], "in 23 08:00, out 24 08:00",
         ["whole present 08:00-08:00 +daily_limit", "whole absent …-…"]),
        ("未分屬界線較近者 undirected, nearer boundary", ["23 a", "23 b"],
         "auto 23 07:58, auto 23 12:30, auto 23 13:30, auto 23 18:00",
         ["a present 07:58-12:30", "b present 13:30-18:00"]),
        ("等距屬後者 a tie to the later", ["23 a", "23 b"], "auto 23 13:00",
         ["a absent …-…", "b missing_out 13:00-…"]),
        ("無勤務 unrostered", [], "in 23 08:00, out 23 12:00", ["? unrostered 08:00-12:00"]),
        ("無勤務超過 16 小時不成對 past 16 h", [], "in 23 08:00, out 24 00:00:01",
         ["? unrostered 08:00-…", "? unrostered …-00:00"]),
        ("無勤務恰 16 小時 exactly 16 h", [], "in 23 08:00, out 24 00:00", ["? unrostered 08:00-00:00"]),
        ("無勤務兩次簽到 two INs", [], "in 23 08:00, in 23 09:00, out 23 12:00",
         ["? unrostered 08:00-…", "? unrostered 09:00-12:00"]),
        ("無勤務重複 a double tap", [], "in 23 08:00, in 23 08:00:40, out 23 12:00", ["? unrostered 08:00-12:00"]),
        ("無勤務作廢 a voided one", [], "in 23 08:00 voided", ["? unrostered …-…"]),
        ("無勤務未分 undirected", [], "auto 23 08:00, auto 23 12:00, auto 23 13:00",
         ["? unrostered 08:00-12:00", "? unrostered 13:00-…"]),
        ("窗口外 outside every window", ["23 day"], "in 23 05:59:59, in 23 08:00, out 23 17:00, out 23 21:00:00.000001",
         ["? unrostered 05:59-…", "day present 08:00-17:00", "? unrostered …-21:00"]),
    ],
)  # fmt: skip
def test_which_duty_a_punch_belongs_to(name: str, roster: list[str], punches: str, expected: list[str]):
    assert words(*roster, punches=punches) == expected, name


@pytest.mark.parametrize(
    ("name", "leave", "punches", "expected", "late"),
    [
        ("整班請假 whole", "23 08:00/23 17:00", "", "day leave …-…", None),
        ("多日假 several days", "20 00:00/26 00:00", "", "day leave …-…", None),
        ("上午假移後起點 the morning", "23 08:00/23 12:00", "in 23 12:00, out 23 17:00", "day present 12:00-17:00", 0),
        (
            "上午假後遲到 late after it",
            "23 08:00/23 12:00",
            "in 23 12:10, out 23 17:00",
            "day present 12:10-17:00 +late",
            10,
        ),
        (
            "下午假移前終點 the afternoon",
            "23 13:00/23 17:00",
            "in 23 08:00, out 23 13:00",
            "day present 08:00-13:00",
            0,
        ),
        ("中段假不移 in mid-duty", "23 10:00/23 12:00", "in 23 08:00, out 23 17:00", "day present 08:00-17:00", 0),
        ("部分請假未到 partial and absent", "23 08:00/23 12:00", "", "day absent …-…", None),
        ("相接兩假合為整班 two that touch", "23 08:00/23 12:00, 23 12:00/23 18:00", "", "day leave …-…", None),
        ("別日的假 another day's", "24 00:00/25 00:00", "", "day absent …-…", None),
        (
            "請假仍到勤 came although on leave",
            "23 08:00/23 17:00",
            "in 23 09:00, out 23 17:00",
            "day leave 09:00-17:00",
            None,
        ),
    ],
)
def test_leave(name: str, leave: str, punches: str, expected: str, late: int | None):
    made = [punch for punch in punches.split(", ") if punch]
    [record] = attendance(["23 day"], made, leave=leave.split(", ")).records()
    assert in_words(record) == expected, name
    assert record.late_minutes == late, name


@pytest.mark.parametrize(
    ("name", "outage", "punches", "expected"),
    [
        ("中斷在窗口內：無法證明 within", "23 09:00/23 10:00", "", "day unproven …-…"),
        ("在窗口起點結束：不算 ends as the window opens", "23 05:00/23 06:00", "", "day absent …-…"),
        ("在窗口終點開始：算 begins as it closes", "23 21:00/23 22:00", "", "day unproven …-…"),
        ("窗口之後 after", "23 21:01/23 22:00", "", "day absent …-…"),
        ("有打卡就不是無法證明 with a punch", "23 09:00/23 10:00", "in 23 08:00", "day missing_out 08:00-…"),
    ],
)
def test_outage(name: str, outage: str, punches: str, expected: str):
    assert words("23 day", punches=punches, outages=[outage]) == [expected], name


@pytest.mark.parametrize(
    ("name", "leave", "expected"),
    [
        ("假在午休兩側，剩下的只有休息 only the break is left", "23 08:00/23 12:00, 23 13:00/23 17:00", "leave"),
        ("多剩一分鐘 a minute more is left", "23 08:00/23 12:00, 23 13:01/23 17:00", "absent"),
        ("只有一側 on one side only", "23 08:00/23 16:00", "absent"),
    ],
)
def test_leave_around_the_break(name: str, leave: str, expected: str):
    [record] = attendance(["23 lunch"], leave=leave.split(", ")).records()
    assert record.status.value == expected, name


@pytest.mark.parametrize(
    ("name", "outage", "expected"),
    [
        ("窗口開頭的半分鐘 half a minute as the window opens", "23 06:00:00/23 06:00:30", "unproven"),
        ("窗口關閉後半分鐘才開始 begins after the window has closed", "23 21:00:30/23 22:00", "absent"),
        ("恰在窗口關閉時開始 begins as the window closes", "23 21:00/23 22:00", "unproven"),
        ("恰在窗口開啟時結束 ends as the window opens", "23 05:00/23 06:00", "absent"),
    ],
)
def test_outage_edges_to_the_second(name: str, outage: str, expected: str):
    [record] = attendance(["23 day"], outages=[outage]).records()
    assert record.status.value == expected, name


def test_a_void_punch_is_as_if_it_were_not_there():
    stay = "in 23 05:30, out 23 21:15"
    assert words("23 day", punches=stay) == ["? unrostered 05:30-21:15", "day absent …-…"]
    assert words("23 day", punches=f"{stay}, in 23 15:00 voided") == words("23 day", punches=stay)


def test_outage_of_another_zone_proves_nothing():
    facts = attendance(["23 day"], outages=["23 09:00/23 10:00"]).facts
    assert facts.duties.zone.tolist() == [0]


@pytest.mark.parametrize(
    ("name", "roster", "punches", "worked", "night"),
    [
        (
            "夏令開始，少一小時 clocks go forward",
            "2026-03-28 night",
            "in 2026-03-28 20:00, out 2026-03-29 08:00",
            660,
            300,
        ),
        (
            "夏令結束，多一小時 clocks go back",
            "2026-10-24 night",
            "in 2026-10-24 20:00, out 2026-10-25 08:00",
            780,
            420,
        ),
        ("平日 an ordinary night", "2026-10-26 night", "in 2026-10-26 20:00, out 2026-10-27 08:00", 720, 360),
    ],
)
def test_daylight_saving(name: str, roster: str, punches: str, worked: int, night: int):
    [record] = attendance([roster], punches.split(", "), zone=BERLIN).records()
    assert (record.worked_minutes, record.night_minutes, record.late_minutes) == (worked, night, 0), name


@pytest.mark.parametrize(
    ("name", "punches", "expected"),
    [
        ("足時 enough", "in 23 08:00, out 23 17:00", "half present 08:00-17:00"),
        ("恰為門檻 at the threshold", "in 23 08:00, out 23 12:00", "half present 08:00-12:00 +early_leave"),
        ("不足半日 under half a day", "in 23 08:00, out 23 11:59", "half present 08:00-11:59 +early_leave +half_day"),
        ("不足缺勤門檻 under the absent threshold", "in 23 08:00, out 23 08:59",
         "half present 08:00-08:59 +early_leave +half_day +short"),
    ],
)  # fmt: skip
def test_thresholds(name: str, punches: str, expected: str):
    assert words("23 half", punches=punches) == [expected], name
