"""Rules: each shift and the department's numbers with what they do; a change is tried on last month, then saved."""

import csv
import hashlib
import hmac
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, time
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from checkin_api import audit, queries, rules
from checkin_api.audit import Act
from checkin_api.db import Turn, take_turn
from checkin_api.domain import words
from checkin_api.domain.ids import Flag, HoursRule, Role, Status
from checkin_api.domain.shifts import DAY, Shift, local_date
from checkin_api.errors import NotFoundError
from checkin_api.imports import ImportRefusedError, Kind, Problem, Sheet, read_sheet, store_sheet
from checkin_api.queries.attendance import Period, duty_limits, limits_of
from checkin_api.queries.effects import Effect, Overlap, QuotaEffect, effect_of, overlaps_of, quota_effect
from checkin_api.web.console import access
from checkin_api.web.console.access import page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError

# What the stamp of the numbers is of; a shift's is of its code.
NUMBERS = "numbers of the department"
DONE: dict[str, tuple[str, str]] = {
    "saved": ("已儲存，從現在起照新的規則計算。", "Saved: records are counted by the new rule from now on."),
    "same": ("與現在的規則相同，沒有更改。", "The same as the rule in force: nothing was changed."),
}
HOURS_RULE: dict[HoursRule, tuple[str, str]] = {
    HoursRule.FIRST_LAST: (
        "第一次簽到到最後一次簽退，減休息",
        "from the first sign-in to the last sign-out, less the break",
    ),
    HoursRule.EVERY_PAIR: ("每一對簽到簽退相加，不減休息", "the sum of all pairs of in and out, no break taken off"),
}
# Of a shift, in the order of its form: words, and what the number does.
SHIFT_WORDS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "name": (("名稱", "Name"), ("員警與報表看到的名稱", "As officers and reports see it")),
    "start": (("起", "Start"), ("遲到從這裡起算", "Lateness counts from here")),
    "end": (
        ("訖", "End"),
        (
            "早退、加班從這裡起算；不晚於「起」就是隔天，與「起」相同是 24 小時",
            "Leaving early and overtime count from here; not after the start: on the next day; equal: 24 hours",
        ),
    ),
    "break_minutes": (("休息（分）", "Break (min)"), ("從工時減去", "Taken off the time worked")),
    "late_grace_minutes": (
        ("遲到寬限（分）", "Grace when late (min)"),
        (
            "晚到這麼多以內不算遲到；超過時從「起」算起，不是只算超過的部分",
            "No lateness up to it; past it, lateness counts from the start",
        ),
    ),
    "early_grace_minutes": (
        ("早退寬限（分）", "Grace when leaving early (min)"),
        ("早走這麼多以內不算早退；超過時算到「訖」", "Not early up to it; past it, minutes count to the end"),
    ),
    "opens_before_minutes": (
        ("起之前可打卡（分）", "Window before the start (min)"),
        ("更早的打卡不屬於這一班", "An earlier punch is not of this duty"),
    ),
    "closes_after_minutes": (
        ("訖之後可打卡（分）", "Window after the end (min)"),
        (
            "更晚的打卡不屬於這一班；過了才會判為缺簽退或未簽到",
            "A later punch is not of this duty; only then is one found missing",
        ),
    ),
    "hours_rule": (("工時算法", "How hours are counted"), ("", "")),
    "half_day_below_minutes": (
        ("不足半日（分）", "Under half a day below (min)"),
        ("工時少於這個數字就加註；0 是不加註", "Worked less than this: flagged; 0: never"),
    ),
    "absent_below_minutes": (
        ("工時不足（分）", "Short below (min)"),
        ("工時少於這個數字就加註；0 是不加註", "Worked less than this: flagged; 0: never"),
    ),
}
# Set by whoever runs the installation; HR sees what holds.
INSTALLED: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "outage_after_minutes": (
        ("多久沒有生命跡象算中斷", "Without a sign of life an outage after"),
        ("分；這段時間內的班不會判為未簽到，而是無法證明", "min; duties in it are unproven, not found missing"),
    ),
    "remind_after_minutes": (
        ("起之後多久提醒未簽到的人", "Reminded of a missing sign-in after"),
        ("分；本人要求提醒才會收到，0 是不提醒", "min; only who wants it; 0: never"),
    ),
    "beacon_silent_after_hours": (
        ("信標多久沒有聽到就發警報", "A beacon is silent after"),
        ("小時", "h"),
    ),
}

MINUTES: dict[str, tuple[str, str]] = {
    "worked": ("工時", "Time worked"),
    "late": ("遲到時間", "Time late"),
    "early": ("早退時間", "Time left early"),
    "overtime": ("加班（候選）", "Overtime (candidates)"),
    "night": ("深夜", "Night time"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A proposal and what it would have done to last month; the stamp tells it from every other."""

    stamp: str
    months: tuple[date, date]
    effect: Effect
    quota: QuotaEffect | None = None
    overlaps: Sequence[Overlap] = ()
    is_same: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of last month by the rule in force and by the one proposed."""

    words: tuple[str, str]
    before: int
    after: int
    is_minutes: bool = False
    always: bool = False


@blueprint.get("/rules")
@page(Role.HR, Role.AUDITOR)
def rules_page() -> Any:
    """What holds now, in words, and who set it."""
    settings = access.settings()
    with access.database().read() as session:
        numbers, set_ = rules.numbers_of(rules.in_force(session, settings)), rules.rules_set(session)
        shifts = queries.shifts(session)
    return render_template(
        "console/rules.html",
        shifts=shifts,
        shift_words=SHIFT_WORDS,
        hours_rule=HOURS_RULE,
        rules=rules.RULES,
        numbers=numbers,
        own=rules.numbers_of(settings),
        set_=set_,
        installed=[
            (said, effect, getattr(settings, name), f"CHECKIN_{name.upper()}")
            for name, (said, effect) in INSTALLED.items()
        ],
        done=DONE.get(request.args.get("done", "")),
    )


@blueprint.post("/rules/numbers/effect")
@page(Role.HR)
def rules_numbers_effect() -> Any:
    """What other numbers would have done to last month; nothing is changed."""
    proposed, settings = _numbers(), access.settings()
    wrong = rules.problem_with(proposed)
    if wrong is not None:
        return _wrong(wrong)
    with access.database().read() as session:
        now_ = rules.in_force(session, settings)
        period = _last_month(session)
        then = rules.with_numbers(settings, proposed)
        effect = effect_of(session, period, limits=limits_of(then))
        quota = quota_effect(
            session,
            (period.first, period.last),
            settings.zone,
            quotas=(now_.correction_quota, then.correction_quota),
            days=(now_.correction_days, then.correction_days),
        )
    stamp = _stamp(NUMBERS, rules.numbers_of(now_), proposed)
    is_same = rules.numbers_of(now_) == proposed
    tried = Tried(stamp=stamp, months=(period.first, period.last), effect=effect, quota=quota, is_same=is_same)
    return _tried(tried, url_for("console.rules_numbers"), proposed)


@blueprint.post("/rules/numbers")
@page(Role.HR)
def rules_numbers() -> Any:
    """Save the numbers whose effect was looked at."""
    proposed, settings = _numbers(), access.settings()
    wrong = rules.problem_with(proposed)
    if wrong is not None:
        return _wrong(wrong)
    with access.database().write() as session:
        # Two people who save at once come one after the other: the second finds another rule than was tried.
        take_turn(session, Turn.AUDIT)
        _insist_on_tried(_stamp(NUMBERS, rules.numbers_of(rules.in_force(session, settings)), proposed))
        changed = rules.set_rules(session, access.now(), settings, proposed, actor=access.viewer().actor)
    return redirect(url_for("console.rules_page", done="saved" if changed else "same"), 303)


@blueprint.get("/rules/shifts/<code>")
@page(Role.HR, Role.AUDITOR)
def rules_shift(code: str) -> Any:
    """A shift's rules as a form."""
    with access.database().read() as session:
        shift = _shift(session, code)
    return render_template(
        "console/rules_shift.html", shift=shift, cells=_cells(shift), fields=SHIFT_WORDS, hours_rule=HOURS_RULE
    )


@blueprint.post("/rules/shifts/<code>/effect")
@page(Role.HR)
def rules_shift_effect(code: str) -> Any:
    """What another rule of the shift would have done to last month; nothing is changed."""
    with access.database().read() as session:
        before = _shift(session, code)
        proposed = _proposed(before)
        if not isinstance(proposed, Shift):
            return _wrong(_in_words(proposed))
        period = _last_month(session)
        effect = effect_of(session, period, shift=proposed)
        if not effect.records and (this := _this_month(session)) is not None:
            # A shift that is newer than the last month.
            period, effect = this, effect_of(session, this, shift=proposed)
        clashes = overlaps_of(session, proposed, period.first, period.zone)
    tried = Tried(
        stamp=_stamp(code, _cells(before), _cells(proposed)),
        months=(period.first, period.last),
        effect=effect,
        overlaps=clashes,
        is_same=before == proposed,
    )
    return _tried(tried, url_for("console.rules_shift_save", code=code), _cells(proposed))


@blueprint.post("/rules/shifts/<code>")
@page(Role.HR)
def rules_shift_save(code: str) -> Any:
    """Save the rule whose effect was looked at, as an import of the one shift would."""
    now, actor = access.now(), access.viewer().actor
    with access.database().write() as session:
        take_turn(session, Turn.AUDIT)
        before = _shift(session, code)
        proposed = _proposed(before)
        if not isinstance(proposed, Shift):
            return _wrong(_in_words(proposed))
        _insist_on_tried(_stamp(code, _cells(before), _cells(proposed)))
        try:
            result = store_sheet(session, _sheet(code), now=now, actor=actor)
        except ImportRefusedError as exc:
            return _wrong(_in_words(exc.problems[0]))
        if result.changed:
            detail = {"from": _cells(before), "to": _cells(proposed)}
            audit.record(session, now, Act(actor=actor, action="rules.set", subject=f"shift:{code}", detail=detail))
    return redirect(url_for("console.rules_page", done="saved" if result.changed else "same"), 303)


def _last_month(session: Session) -> Period:
    """The last whole month, or this one up to yesterday where there is no data of the last."""
    zone = access.settings().zone
    today = local_date(access.now(), zone)
    last = today.replace(day=1) - DAY
    is_older = (queries.first_day(session, zone) or today) > last
    return (_this_month(session) if is_older else None) or _month_to(session, last)


def _this_month(session: Session) -> Period | None:
    """This month up to yesterday, if there is one."""
    today = local_date(access.now(), access.settings().zone)
    return _month_to(session, today - DAY) if today.day > 1 else None


def _month_to(session: Session, last: date) -> Period:
    settings = access.settings()
    limits = duty_limits(session, settings)
    return Period(first=last.replace(day=1), last=last, as_of=access.now(), zone=settings.zone, limits=limits)


def _shift(session: Session, code: str) -> Shift:
    found = next((shift for shift in queries.shifts(session) if shift.code == code), None)
    if found is None:
        raise NotFoundError(f"沒有班別 {code[:64]} / there is no shift {code[:64]}")
    return found


def _cells(shift: Shift) -> dict[str, str]:
    """A shift as the texts of its form."""
    values = {each.name: getattr(shift, each.name) for each in fields(shift)}
    return {name: f"{value:%H:%M}" if isinstance(value, time) else str(value) for name, value in values.items()}


def _sheet(code: str) -> Sheet:
    """What the form says as a file of the import, which knows what a cell may hold."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["code", *SHIFT_WORDS])
    writer.writerow([code, *(request.form.get(name, "") for name in SHIFT_WORDS)])
    zone = access.settings().timezone
    return read_sheet(Kind.SHIFTS, text.getvalue().encode(), filename="console", default_timezone=zone)


def _proposed(before: Shift) -> Shift | Problem:
    """The shift that the form describes, or what is wrong with it."""
    try:
        sheet = _sheet(before.code)
        sheet.problems.refuse_if_any()
    except ImportRefusedError as exc:
        return exc.problems[0]
    [(_, values)] = sheet.lines()
    return Shift(**{name: value for name, value in values.items() if value is not None})


def _numbers() -> dict[str, int]:
    """The numbers of the form; what is none is out of bounds."""
    texts = {name: request.form.get(name, "").strip() for name in rules.RULES}
    return {name: int(text) if re.fullmatch(r"[0-9]{1,6}", text) else -1 for name, text in texts.items()}


def _wrong(pair: tuple[str, str]) -> Response:
    """What is wrong with the form: beside it, or as a page of its own.

    Raises:
        ProblemError: 422.
    """
    if "Hx-Request" not in request.headers:
        raise ProblemError(422, "validation_failed", " / ".join(pair))
    return Response(render_template("console/rules_problems.html", texts=[pair]), 422)


def _stamp(of: str, before: Mapping[str, Any], proposed: Mapping[str, Any]) -> str:
    """That this session tried this proposal in the place of what holds: nobody else can make it."""
    told = json.dumps([of, dict(before), dict(proposed)], sort_keys=True)
    return hmac.new(access.viewer().form_key.encode(), f"rules {told}".encode(), hashlib.sha256).hexdigest()


def _insist_on_tried(stamp: str) -> None:
    """Refuse what was not tried as it is.

    Raises:
        ProblemError: 409.
    """
    if not hmac.compare_digest(request.form.get("stamp", "").encode(), stamp.encode()):
        raise ProblemError(
            409,
            "not_tried",
            "規則在試算後改過了，請重新試算 / the rule was changed after it was tried: try it again",
        )


def _tried(tried: Tried, save: str, sent: Mapping[str, Any]) -> str:
    part = "Hx-Request" in request.headers
    template = "console/rules_effect.html" if part else "console/rules_tried.html"
    return render_template(
        template,
        tried=tried,
        save=save,
        sent=sent,
        lines=[line for line in _lines(tried) if line.before or line.after or line.always],
    )


def _lines(tried: Tried) -> Iterator[Line]:
    """The figures of last month before and after, those that are nothing in both left out."""
    before, after = tried.effect.before, tried.effect.after
    for status in Status:
        yield Line(words.STATUS[status], before.statuses[status], after.statuses[status])
    for flag in Flag:
        yield Line(words.FLAG[flag], before.flags[flag], after.flags[flag])
    for name, pair in MINUTES.items():
        yield Line(pair, before.minutes[name], after.minutes[name], is_minutes=True)
    if tried.quota is not None:
        yield Line(("超過補打卡次數的人", "Officers above the quota"), *tried.quota.over_quota, always=True)
        yield Line(("太晚而不能申請的補打卡", "Corrections asked for too late"), *tried.quota.too_late, always=True)


def _in_words(problem: Problem) -> tuple[str, str]:
    """A problem of a cell, with the name of its field."""
    zh, _, en = problem.message.partition(" / ")
    label = SHIFT_WORDS[problem.column][0] if problem.column in SHIFT_WORDS else ("", "")
    return f"{label[0]}：{zh}", f"{label[1]}: {en or zh}"
