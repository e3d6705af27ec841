"""The closed sets in words, zh-TW and English: one place for chat, reports and pages."""

from checkin_api.domain.ids import Assurance, Direction, Reason

DIRECTION: dict[Direction, tuple[str, str]] = {
    Direction.IN: ("簽到", "Sign in"),
    Direction.OUT: ("簽退", "Sign out"),
    Direction.AUTO: ("打卡", "Punch"),
}

ASSURANCE: dict[Assurance, tuple[str, str]] = {
    Assurance.HIGH: ("高", "high"),
    Assurance.MEDIUM: ("中", "medium"),
    Assurance.LOW: ("低", "low"),
    Assurance.NONE: ("無", "none"),
}

REASON: dict[Reason, tuple[str, str]] = {
    Reason.UNKNOWN_BEACON: ("信標未登錄", "Beacon not registered"),
    Reason.RETIRED_BEACON: ("信標已停用", "Beacon retired"),
    Reason.NOT_ENROLLED: ("LINE 帳號未綁定", "LINE account not enrolled"),
    Reason.INACTIVE_OFFICER: ("人員不在職", "Officer not active"),
    Reason.NO_PRESENCE: ("未感應到簽到區", "No zone sensed"),
    Reason.PRESENCE_EXPIRED: ("感應已過期", "Sensing too old"),
    Reason.LOW_ASSURANCE: ("在場證明不足", "Proof of place too weak"),
    Reason.CODE_WRONG: ("一次碼不正確", "Wrong code"),
    Reason.CODE_EXPIRED: ("一次碼已過期", "Code expired"),
    Reason.TOO_MANY_TRIES: ("嘗試次數過多", "Too many tries"),
    Reason.ALREADY_ENROLLED: ("LINE 帳號已綁定", "LINE account enrolled already"),
    Reason.OFFICER_HAS_ACCOUNT: ("員警已綁定其他帳號", "Officer has another account"),
}
