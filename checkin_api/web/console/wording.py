"""What every page of the console can say: both languages, times and dates as HR writes them, the way around."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import g, request, url_for
from markupsafe import Markup, escape

from checkin_api.domain import words
from checkin_api.domain.ids import Role
from checkin_api.web.console import access

LANGUAGE_COOKIE = "checkin_language"
ZH, EN = "zh-Hant-TW", "en"
# The first year of the Republic is 1912.
_ROC_BEFORE = 1911
_WEEKDAYS = ("一", "二", "三", "四", "五", "六", "日")

ROLE: dict[Role, tuple[str, str]] = {
    Role.ADMIN: ("系統管理員", "Administrator"),
    Role.HR: ("人事", "HR"),
    Role.SUPERVISOR: ("主管", "Supervisor"),
    Role.AUDITOR: ("稽核", "Auditor"),
    Role.INSTALLER: ("安裝人員", "Installer"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the navigation: the endpoint, its words, who may go there."""

    endpoint: str
    zh: str
    en: str
    roles: tuple[Role, ...]

    @property
    def section(self) -> str:
        """All pages below one place mark it as the current one."""
        return self.endpoint.removeprefix("console.").split("_")[0]


PLACES = (
    Place("console.home", "今日", "Today", access.READERS),
    Place("console.attendance", "差勤", "Attendance", access.READERS),
    Place("console.exceptions", "異常", "Exceptions", access.READERS),
    Place("console.corrections", "補打卡", "Corrections", access.READERS),
    Place("console.outages", "中斷", "Outages", (Role.HR, Role.AUDITOR)),
    Place("console.reports", "報表", "Reports", access.READERS),
    Place("console.exchange", "檔案交換", "Exchange", access.READERS),
    Place("console.data", "資料匯入", "Data", (Role.HR, Role.AUDITOR)),
    Place("console.rules_page", "規則", "Rules", (Role.HR, Role.AUDITOR)),
    Place("console.fleet", "信標", "Beacons", (Role.HR, Role.AUDITOR, Role.INSTALLER)),
    Place("console.audit", "稽核紀錄", "Audit log", (Role.AUDITOR, Role.HR)),
    Place("console.privacy", "個人資料", "Data protection", (Role.HR,)),
    Place("console.users", "帳號", "Accounts", (Role.ADMIN,)),
)


def language() -> str:
    """The language of this request: what was chosen, else the browser's first, else zh-TW."""
    if "language" not in g:
        chosen = request.cookies.get(LANGUAGE_COOKIE)
        g.language = chosen if chosen in {ZH, EN} else _of_browser()
    found: str = g.language
    return found


def say(zh: str, en: str) -> str:
    """One of the two."""
    return zh if language() == ZH else en


def either(pair: tuple[str, str]) -> str:
    """One of a pair of words."""
    return say(*pair)


def clock(at: datetime | None) -> str:
    """The time of day, local."""
    return "—" if at is None else f"{at.astimezone(access.settings().zone):%H:%M}"


def day_of(at: datetime) -> date:
    """The local date."""
    return at.astimezone(access.settings().zone).date()


def second(at: datetime) -> str:
    """The time of day to the second, local."""
    return f"{at.astimezone(access.settings().zone):%H:%M:%S}"


def moment(at: datetime | None) -> str:
    """Date and time, local."""
    return "—" if at is None else f"{day(at.astimezone(access.settings().zone).date())} {clock(at)}"


def day(at: date | None) -> str:
    """A date as HR writes it: 115-11-29, in English 2026-11-29."""
    if at is None:
        return "—"
    return say(f"{at.year - _ROC_BEFORE}-{at:%m-%d}", f"{at:%Y-%m-%d}")


def weekday(at: date) -> str:
    """The day of the week, short."""
    return say(_WEEKDAYS[at.weekday()], f"{at:%a}")


def duration(minutes: int | None) -> str:
    """Minutes as hours and minutes."""
    return "—" if minutes is None else f"{minutes // 60}:{minutes % 60:02d}"


def share(part: int, whole: int) -> str:
    """A rate with what it is made of; nobody expected is no rate."""
    return "—" if not whole else f"{part / whole:.0%}"


def form_key() -> Markup:
    """The field that every form must carry."""
    who = g.get("viewer")
    return Markup('<input type="hidden" name="form_key" value="{}">').format(who.form_key if who else "")


def context() -> dict[str, Any]:
    """What the templates know besides what a page gives them."""
    return {
        "t": say,
        "w": either,
        "lang": language(),
        "words": words,
        "role_words": ROLE,
        "viewer": g.get("viewer"),
        "places": list(_places()),
        "here": (request.endpoint or "").removeprefix("console.").split("_")[0],
        "is_one_of": access.is_one_of,
        "Role": Role,
        "form_key": form_key,
        "clock": clock,
        "second": second,
        "day_of": day_of,
        "moment": moment,
        "day": day,
        "weekday": weekday,
        "duration": duration,
        "share": share,
        "other_language": EN if language() == ZH else ZH,
    }


def _places() -> Iterator[tuple[str, str, bool]]:
    here = (request.endpoint or "").removeprefix("console.").split("_")[0]
    for place in PLACES:
        if access.is_one_of(*place.roles):
            yield url_for(place.endpoint), str(escape(say(place.zh, place.en))), place.section == here


def _of_browser() -> str:
    best = request.accept_languages.best_match(["zh-TW", "zh-Hant", "zh", "en"])
    return EN if best == "en" else ZH
