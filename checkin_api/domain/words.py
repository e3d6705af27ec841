"""The closed sets in words, zh-TW and English: one place for chat, reports and pages."""

from checkin_api.domain.ids import (
    Assurance,
    CorrectionKind,
    CorrectionRefusal,
    CorrectionState,
    Direction,
    Flag,
    OutageSource,
    Reason,
    Status,
)

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

CORRECTION_KIND: dict[CorrectionKind, tuple[str, str]] = {
    CorrectionKind.ADD: ("補打卡", "Missing punch"),
    CorrectionKind.VOID: ("作廢打卡", "Void a punch"),
}

CORRECTION_STATE: dict[CorrectionState, tuple[str, str]] = {
    CorrectionState.REQUESTED: ("待審核", "Requested"),
    CorrectionState.ENDORSED: ("初審通過，待複審", "Endorsed, one more approver to go"),
    CorrectionState.APPROVED: ("已核准", "Approved"),
    CorrectionState.REJECTED: ("已駁回", "Rejected"),
    CorrectionState.WITHDRAWN: ("已撤回", "Withdrawn"),
}

CORRECTION_REFUSAL: dict[CorrectionRefusal, tuple[str, str]] = {
    CorrectionRefusal.NO_REASON: ("請寫明理由", "Say why"),
    CorrectionRefusal.TEXT_TOO_LONG: ("文字超過 400 字", "The text has more than 400 characters"),
    CorrectionRefusal.FUTURE: ("時間還沒到", "The time has not come yet"),
    CorrectionRefusal.TOO_OLD: ("已超過可更正的期限", "Too long ago to be corrected"),
    CorrectionRefusal.DUPLICATE: ("同樣的申請還在審核中", "The same request is open already"),
    CorrectionRefusal.VOID_ALREADY: ("這筆打卡已作廢", "This punch is void already"),
    CorrectionRefusal.ADDED_ALREADY: ("同一時間已核准過補打卡", "The same punch has been added already"),
    CorrectionRefusal.ATTACHMENT_TOO_LARGE: ("附件超過 5 MiB", "The attachment has more than 5 MiB"),
    CorrectionRefusal.ATTACHMENT_KIND: ("附件只收 JPEG、PNG、PDF", "An attachment is a JPEG, a PNG or a PDF"),
    CorrectionRefusal.CLOSED: ("這件申請已結案", "The request is closed"),
    CorrectionRefusal.OWN_RECORD: ("不可審核自己的打卡", "Nobody decides on their own record"),
    CorrectionRefusal.OWN_REQUEST: ("不可審核自己提出的申請", "Nobody decides on their own request"),
    CorrectionRefusal.SAME_APPROVER: ("初審與複審須為不同人", "The second approver must be another person"),
    CorrectionRefusal.NOT_THEIRS: ("只有本人或申請人可以撤回", "Only the officer or whoever asked may withdraw it"),
}

STATUS: dict[Status, tuple[str, str]] = {
    Status.LEAVE: ("請假", "On leave"),
    Status.PENDING: ("未開始", "Not begun"),
    Status.IN_PROGRESS: ("進行中", "In progress"),
    Status.PRESENT: ("出勤", "Present"),
    Status.MISSING_OUT: ("缺簽退", "OUT missing"),
    Status.MISSING_IN: ("缺簽到", "IN missing"),
    Status.UNPROVEN: ("無法證明", "Unproven"),
    Status.ABSENT: ("未簽到", "No punch"),
    Status.UNROSTERED: ("無勤務", "No duty"),
}

FLAG: dict[Flag, tuple[str, str]] = {
    Flag.LATE: ("遲到", "Late"),
    Flag.EARLY_LEAVE: ("早退", "Left early"),
    Flag.HALF_DAY: ("不足半日", "Under half a day"),
    Flag.SHORT: ("工時不足", "Too short"),
    Flag.CORRECTED: ("補打卡", "Corrected"),
    Flag.LOW_ASSURANCE: ("證明力不足", "Weak proof"),
    Flag.THIRD_SEGMENT: ("第三段勤", "Third segment"),
    Flag.REST_SHORT: ("休息不足", "Rest too short"),
    Flag.DAILY_LIMIT: ("超過每日時數", "Over the daily limit"),
    Flag.MONTHLY_LIMIT: ("超過每月加班", "Over the monthly overtime"),
}

OUTAGE_SOURCE: dict[OutageSource, tuple[str, str]] = {
    OutageSource.DERIVED: ("推得", "derived"),
    OutageSource.ENTERED: ("登錄", "entered"),
}
