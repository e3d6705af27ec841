"""Questions in the chat that take a look at the database: today, the own month, how reminders stand."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, assert_never
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from checkin_api import reminders
from checkin_api.checkin.today import DutySeen, Person, Today, person_of, today_of
from checkin_api.domain.ids import Direction, Flag, Status
from checkin_api.domain.shifts import local_date
from checkin_api.domain.words import DIRECTION, FLAG, STATUS
from checkin_api.line import buttons, flex, messages
from checkin_api.line.events import MonthAsked, RemindersAsked, TodayAsked
from checkin_api.line.flex import Message, cut, short

if TYPE_CHECKING:
    from checkin_api.checkin.month import Month, RecordSeen

# Events whose answer is looked up; they are judged after all others.
Question = TodayAsked | MonthAsked | RemindersAsked

_LACKING = (Status.MISSING_IN, Status.MISSING_OUT, Status.ABSENT, Status.UNPROVEN)
# As many lines as a person looks through in a chat; the page has all of them.
_MOST_RECORDS, _MOST_PUNCHES = 10, 6
_MOST_RECORDS_IN_ALT = 3


def is_question(event: object) -> bool:
    """Whether answering takes a look at the database; switching reminders on or off does not."""
    return isinstance(event, TodayAsked | MonthAsked) or (isinstance(event, RemindersAsked) and event.wanted is None)


def answer(session: Session, event: Question, timezone: ZoneInfo, *, liff_id: str, reminds: bool) -> list[Message]:
    """What an enrolled officer is told, as things stand at the time of the question."""
    person = person_of(session, event.user_id, local_date(event.at, timezone))
    if person is None:
        return messages.explain(liff_id, is_enrolled=False)
    match event:
        case TodayAsked():
            return [today_message(today_of(session, person, event.at, timezone), event.at, timezone, liff_id)]
        case MonthAsked():
            return [month_message(_month_of(session, person, event.at, timezone), event.at, timezone, liff_id)]
        case RemindersAsked():
            wanted = reminders.is_wanted(session, person.id)
            return messages.reminders(wanted=wanted, are_sent=reminds, is_new=False)
        case never:
            assert_never(never)


def _month_of(session: Session, person: Person, at: datetime, timezone: ZoneInfo) -> "Month":
    # They load numpy, which nothing else in this process needs.
    from checkin_api.checkin.month import month_of  # noqa: PLC0415
    from checkin_api.domain.duty_law import DutyLimits  # noqa: PLC0415

    first = local_date(at, timezone).replace(day=1)
    # The limits of the duty law change nothing of what is told here.
    return month_of(session, person, first, now=at, zone=timezone, limits=DutyLimits())


def today_message(today: Today, at: datetime, timezone: ZoneInfo, liff_id: str) -> Message:
    """The duty of now, what is recorded of it, what is due, and the next one."""
    day = f"{at.astimezone(timezone):%m/%d}"
    punches = today.punches[-_MOST_PUNCHES:]
    recorded = [f"{DIRECTION[each.direction][0]} {each.at.astimezone(timezone):%H:%M}" for each in punches]
    due_zh, due_en = DIRECTION[today.due] if today.due else ("無", "nothing")
    alt = [f"📅 今天 {day}"]
    body = []
    if today.duty:
        duty = today.duty.duty
        span, window = _span(duty.start, duty.end, timezone), _span(duty.opens, duty.closes, timezone)
        alt.append(f"勤務：{short(today.duty.shift_name)} {span}（打卡時段 {window}）")
        body.append(flex.fact("勤務", "Duty", cut(today.duty.shift_name), span))
        body.append(flex.fact("打卡時段", "Window", window))
    else:
        alt.append("現在沒有勤務")
        body.append(flex.fact("勤務", "Duty", "現在沒有勤務", "no duty now"))
    alt += [f"已記錄：{'、'.join(recorded) or '無'}", f"應打卡：{due_zh}"]
    shown = [f"{words} {cut(each.zone or '', 40)}".strip() for words, each in zip(recorded, punches, strict=True)]
    body.append(flex.fact("已記錄", "Recorded", "\n".join(shown) or "無 none"))
    if today.due:
        body.append(flex.remark(f"請{due_zh}", f"{due_en} is due"))
    if today.next_duty:
        alt.append(f"下一班：{short(today.next_duty.shift_name)} {_when(today.next_duty, timezone)}")
        body.append(flex.fact("下一班", "Next", cut(today.next_duty.shift_name), _when(today.next_duty, timezone)))
    alt.append(f"Today {day} · {'on duty' if today.duty else 'no duty now'} · due: {due_en}")
    header = [flex.title(f"今天 {day}"), flex.subtitle(f"Today · {cut(today.person.name)}")]
    pressed = [buttons.punch(today.due)] if today.due else []
    if liff_id:
        pressed.append(buttons.page(liff_id, "開啟簽到頁", "Open the page"))
    quick = (*buttons.both_punches(today.due or Direction.IN), buttons.month(), buttons.forgot(), buttons.help_())
    return flex.flex_message("\n".join(alt), flex.bubble(header, flex.NAVY, body, *pressed), *quick)


def month_message(month: "Month", at: datetime, timezone: ZoneInfo, liff_id: str) -> Message:
    """The totals of the month so far, and which records lack something."""
    totals = month.totals
    present, late = totals.statuses.get(Status.PRESENT, 0), totals.flags.get(Flag.LATE, 0)
    lacking = [seen for seen in month.records if seen.record.status in _LACKING]
    hours, minutes = divmod(totals.minutes["worked"], 60)
    name = f"{at.astimezone(timezone):%Y/%m}"
    alt = [
        f"📊 本月 {name}：出勤 {present}、遲到 {late}、缺漏 {len(lacking)}，工時 {hours} 小時 {minutes} 分",
        *_lines(lacking, _MOST_RECORDS_IN_ALT, longest_name=12),
        f"Month {name}: present {present}, late {late}, lacking {len(lacking)}, worked {hours} h {minutes} min",
    ]
    body = [
        flex.fact("出勤", "Present", str(present)),
        flex.fact("遲到", "Late", str(late)),
        flex.fact("缺漏", "Lacking", str(len(lacking))),
        flex.fact("工時", "Worked", f"{hours} 小時 {minutes} 分", f"{hours} h {minutes} min"),
    ]
    if lacking:
        body.append(flex.rule())
        body += [flex.paragraph(line) for line in _lines(lacking, _MOST_RECORDS, longest_name=40)]
        body.append(flex.paragraph("覺得不對？按「忘記打卡」。/ Wrong? Tap Forgot.", size="xs", faint=True))
    pressed = [buttons.page(liff_id, "開啟簽到頁", "Open the page")] if liff_id else []
    header = [flex.title(f"本月 {name}"), flex.subtitle("This month so far")]
    quick = (buttons.today(), buttons.forgot(), buttons.help_())
    return flex.flex_message("\n".join(alt), flex.bubble(header, flex.NAVY, body, *pressed), *quick)


def _lines(lacking: "Sequence[RecordSeen]", most: int, *, longest_name: int) -> list[str]:
    """What each record lacks, the newest first."""
    newest = list(lacking)[::-1]
    lines = []
    for seen in newest[:most]:
        late = f"、{FLAG[Flag.LATE][0]}" if Flag.LATE in seen.record.flags else ""
        shift = cut(seen.shift_name, longest_name)
        lines.append(f"{seen.record.duty_date:%m/%d} {shift}　{STATUS[seen.record.status][0]}{late}")
    more = len(newest) - most
    return [*lines, f"…還有 {more} 筆 / {more} more"] if more > 0 else lines


def _when(seen: DutySeen, timezone: ZoneInfo) -> str:
    return _span(seen.duty.start, seen.duty.end, timezone)


def _span(begin: datetime, end: datetime, timezone: ZoneInfo) -> str:
    """From when until when, with the date of the end where it is another one."""
    begin, end = begin.astimezone(timezone), end.astimezone(timezone)
    until = f"{end:%H:%M}" if begin.date() == end.date() else f"{end:%m/%d %H:%M}"
    return f"{begin:%m/%d %H:%M}–{until}"
