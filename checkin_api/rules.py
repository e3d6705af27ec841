"""The numbers of rules that HR sets: they hold in the place of the installation's settings of the same names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from annotated_types import Ge, Le
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.audit import Act
from checkin_api.config import Settings
from checkin_api.models import DepartmentRule


@dataclass(frozen=True, slots=True)
class Rule:
    """A number that HR may set: its words, its unit, and what it does, each in zh-TW and English.

    ``least`` and ``most`` are those of the setting.
    """

    name: str
    words: tuple[str, str]
    unit: tuple[str, str]
    effect: tuple[str, str]

    @property
    def least(self) -> int:
        """The smallest number allowed."""
        return self._bound(Ge, "ge")

    @property
    def most(self) -> int:
        """The largest number allowed."""
        return self._bound(Le, "le")

    def _bound(self, kind: type[Ge] | type[Le], name: str) -> int:
        [bound] = [each for each in Settings.model_fields[self.name].metadata if isinstance(each, kind)]
        return int(getattr(bound, name))


_HOURS = ("小時", "hours")
_ALL = (
    Rule(
        "correction_quota",
        ("每月補打卡次數", "Corrections a month"),
        ("次", "times"),
        (
            "同一人當月核准的補打卡超過這個次數時，審核的人會看到提醒；不會擋下申請",
            "Above so many approved in a month, whoever decides is warned; nothing is refused",
        ),
    ),
    Rule(
        "correction_days",
        ("補打卡期限", "How long ago may be corrected"),
        ("天", "days"),
        ("比這更早的打卡，員警不能再申請更正", "An officer cannot ask to correct what is older than this"),
    ),
    Rule(
        "limit_segments",
        ("每日勤務段數", "Segments a day"),
        ("段", "segments"),
        ("同一勤務日超過這個段數的班，加註第三段", "A duty beyond so many of its date gets the flag"),
    ),
    Rule(
        "limit_rest_hours",
        ("兩日勤務間休息", "Rest between duty dates"),
        _HOURS,
        ("與前一勤務日最後一班之間休息不足的班，加註休息不足", "A duty with less rest before it gets the flag"),
    ),
    Rule(
        "limit_rest_exceptional_hours",
        ("例外時的休息", "Rest, exceptionally"),
        _HOURS,
        ("休息少於這個時數，即使例外也不合", "Less than this is too little even exceptionally"),
    ),
    Rule(
        "limit_day_hours",
        ("每日時數", "Hours a day"),
        _HOURS,
        ("當日累計超過的班起，加註超過每日時數", "The duty that passes it, and those after it, get the flag"),
    ),
    Rule(
        "limit_day_exceptional_hours",
        ("例外時的每日時數", "Hours a day, exceptionally"),
        _HOURS,
        ("超過這個時數，即使例外也不合", "More than this is too much even exceptionally"),
    ),
    Rule(
        "limit_month_overtime_hours",
        ("每月加班時數", "Overtime a month"),
        _HOURS,
        ("當月加班累計超過的班起，加註超過每月時數", "The duty that passes it, and those after it, get the flag"),
    ),
    Rule(
        "limit_three_months_overtime_hours",
        ("連續三個月加班時數", "Overtime in three months"),
        _HOURS,
        ("只列在 checkin attendance limits，不加註", "Listed by `checkin attendance limits`; no flag"),
    ),
)
RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _ALL})
# What holds as a rule cannot be wider than what holds exceptionally.
_ORDERED = (("limit_rest_exceptional_hours", "limit_rest_hours"), ("limit_day_hours", "limit_day_exceptional_hours"))


@dataclass(frozen=True, slots=True)
class SetRule:
    """What HR set, who and when."""

    value: int
    set_by: str
    set_at: datetime


def rules_set(session: Session) -> dict[str, SetRule]:
    """The rules that HR set, by name."""
    r = DepartmentRule
    rows = session.execute(select(r.name, r.value, r.set_by, r.set_at)).all()
    return {name: SetRule(value, set_by, set_at) for name, value, set_by, set_at in rows if name in RULES}


def in_force(session: Session, settings: Settings) -> Settings:
    """The settings with the numbers that HR set in their place."""
    return with_numbers(settings, {name: rule.value for name, rule in rules_set(session).items()})


def with_numbers(settings: Settings, numbers: Mapping[str, int]) -> Settings:
    """The settings with some numbers in their place."""
    return settings.model_copy(update=dict(numbers)) if numbers else settings


def problem_with(numbers: Mapping[str, int]) -> tuple[str, str] | None:
    """What is wrong with the numbers of all rules, in zh-TW and English: one is out of bounds, or two contradict."""
    for name, value in numbers.items():
        rule = RULES[name]
        if not rule.least <= value <= rule.most:
            zh, en = rule.words
            bounds = f"{rule.least} 到 {rule.most}", f"from {rule.least} to {rule.most}"
            return f"「{zh}」須為 {bounds[0]} 的整數", f"{en}: a whole number {bounds[1]}"
    for small, large in _ORDERED:
        if numbers[small] > numbers[large]:
            (small_zh, small_en), (large_zh, large_en) = RULES[small].words, RULES[large].words
            return f"「{small_zh}」不可大於「{large_zh}」", f"{small_en} cannot be more than {large_en.lower()}"
    return None


def numbers_of(settings: Settings) -> dict[str, int]:
    """The number of each rule."""
    return {name: getattr(settings, name) for name in RULES}


def set_rules(session: Session, now: datetime, settings: Settings, numbers: Mapping[str, int], *, actor: str) -> bool:
    """Set all rules to these numbers, and note what changed; one that is the installation's own is not kept.

    The caller commits; there is no ``problem_with`` the numbers.

    Returns:
        Whether anything changed.
    """
    before = numbers_of(in_force(session, settings))
    changed = {name: value for name, value in numbers.items() if value != before[name]}
    if not changed:
        return False
    session.execute(delete(DepartmentRule).where(DepartmentRule.name.in_(changed)))
    session.add_all(
        DepartmentRule(name=name, value=value, set_by=actor, set_at=now)
        for name, value in changed.items()
        if value != getattr(settings, name)
    )
    detail = {name: {"from": before[name], "to": value} for name, value in changed.items()}
    audit.record(session, now, Act(actor=actor, action="rules.set", subject="rules:department", detail=detail))
    return True
