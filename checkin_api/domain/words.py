"""The closed sets in words, zh-TW and English: one place for chat, reports and pages."""

from checkin_api.domain.ids import (
    AlarmKind,
    Assurance,
    BeaconKind,
    BuildRefusal,
    BuildState,
    CorrectionKind,
    CorrectionRefusal,
    CorrectionState,
    Direction,
    Flag,
    OutageSource,
    PhoneStep,
    PrivacyRefusal,
    PrivacyRequestKind,
    PrivacyRequestState,
    Proof,
    PunchSource,
    Reason,
    Shown,
    SignInRefusal,
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

BEACON_KIND: dict[BeaconKind, tuple[str, str]] = {
    BeaconKind.LINE: ("LINE 信標", "LINE beacon"),
    BeaconKind.STATIC: ("固定碼", "static code"),
    BeaconKind.ROLLING: ("滾動碼", "rolling code"),
}

REASON: dict[Reason, tuple[str, str]] = {
    Reason.UNKNOWN_BEACON: ("信標未登錄", "Beacon not registered"),
    Reason.RETIRED_BEACON: ("信標已停用", "Beacon retired"),
    Reason.NOT_ENROLLED: ("LINE 帳號未綁定", "LINE account not enrolled"),
    Reason.INACTIVE_OFFICER: ("人員不在職", "Officer not active"),
    Reason.NO_PRESENCE: ("未感應到簽到區", "No zone sensed"),
    Reason.PRESENCE_EXPIRED: ("感應已過期", "Sensing too old"),
    Reason.LOW_ASSURANCE: ("在場證明不足", "Proof of place too weak"),
    Reason.FORGED_MESSAGE: ("信標訊息是偽造的", "Forged beacon message"),
    Reason.CODE_WRONG: ("一次碼不正確", "Wrong code"),
    Reason.CODE_EXPIRED: ("一次碼已過期", "Code expired"),
    Reason.TOO_MANY_TRIES: ("嘗試次數過多", "Too many tries"),
    Reason.ALREADY_ENROLLED: ("LINE 帳號已綁定", "LINE account enrolled already"),
    Reason.OFFICER_HAS_ACCOUNT: ("員警已綁定其他帳號", "Officer has another account"),
    Reason.SITE_CODE_WRONG: ("現場碼不正確", "Wrong site code"),
    Reason.NOT_NEAR: ("手機位置不在簽到區附近", "Phone not near a zone"),
    Reason.POSITION_VAGUE: ("手機定位誤差太大", "Phone's position too vague"),
}

PROOF: dict[Proof, tuple[str, str]] = {
    Proof.VALID: ("滾動碼有效", "rolling code valid"),
    Proof.STALE: ("滾動碼過期", "rolling code out of date"),
    Proof.REPLAYED: ("滾動碼重放", "rolling code played again"),
    Proof.FORGED: ("滾動碼不符", "rolling code wrong"),
    Proof.STATIC: ("靜態信標", "static beacon"),
    Proof.UNKNOWN_KEY: ("無可用金鑰", "no key to check with"),
}

ALARM: dict[AlarmKind, tuple[str, str]] = {
    AlarmKind.STALE_CODE: (
        "過期的滾動碼：有人錄下後重播，或信標斷電後時間落後",
        "Code out of date: a recording, or a beacon without power for long",
    ),
    AlarmKind.REPLAYED_CODE: ("滾動碼倒退：有人重播錄下的訊號", "Code going back: somebody plays a recording"),
    AlarmKind.FORGED_CODE: (
        "偽造的滾動碼：有人冒充這個信標，或金鑰燒錄錯誤",
        "Forged code: somebody claims to be this beacon, or it has a wrong key",
    ),
    AlarmKind.UNKNOWN_KEY: (
        "沒有可驗證的金鑰：未登錄金鑰、金鑰已停用，或 CHECKIN_SECRET_KEY 更換過",
        "No key in force: none registered, retired, or CHECKIN_SECRET_KEY was changed",
    ),
    AlarmKind.TWO_SITES: (
        "同一硬體 ID 出現在兩個地點：其中之一是複製品",
        "One hardware ID at two sites: one of them is a copy",
    ),
    AlarmKind.TWO_TRANSMITTERS: (
        "同一地點有兩個發射器使用同一硬體 ID",
        "Two transmitters with one hardware ID at a site",
    ),
    AlarmKind.FOREIGN_SITE: ("在別的地點聽到這個信標：被移動或被複製", "Heard at another site: moved, or copied"),
    AlarmKind.SILENT: ("信標失聲：所在簽到區應有感應卻聽不到", "Silent though its zone is in use"),
    AlarmKind.IMPOSSIBLE_TRAVEL: (
        "不可能的移動：同一人短時間內在兩地感應",
        "Impossible travel: one person at two places in too short a time",
    ),
    AlarmKind.LOW_BATTERY: ("電池不足", "Battery low"),
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

SIGN_IN_REFUSAL: dict[SignInRefusal, tuple[str, str]] = {
    SignInRefusal.WRONG: ("帳號或密碼不正確", "The user name or the password is wrong"),
    SignInRefusal.LOCKED: (
        "錯誤太多次，帳號鎖定 15 分鐘；忘記密碼請洽系統管理員重設",
        "Too many failures: locked for 15 minutes. If you forgot the password, ask an administrator to reset it",
    ),
    SignInRefusal.TOO_MANY: ("嘗試太頻繁，請等一分鐘再試", "Too many tries: wait a minute"),
    SignInRefusal.CODE_WRONG: (
        "驗證碼不正確或已用過，請等下一組",
        "The code is wrong or was used already: wait for the next one",
    ),
    SignInRefusal.PASSWORD_LENGTH: ("密碼須為 12 至 200 個字元", "A password has 12 to 200 characters"),
    SignInRefusal.PASSWORD_GUESSABLE: (
        "密碼太容易猜：不要用帳號，也不要重複同樣的字",
        "Too easy to guess: not the user name, not the same letters again and again",
    ),
    SignInRefusal.SAME_PASSWORD: ("新密碼不可與舊密碼相同", "The new password must not be the old one"),
    SignInRefusal.NOT_THE_SAME: ("兩次輸入的新密碼不同", "The two new passwords are not the same"),
    SignInRefusal.NO_ACCOUNT: (
        "這個機關帳號沒有可用的後台帳號，請洽系統管理員",
        "There is no account of the console for you that may be used: ask an administrator",
    ),
    SignInRefusal.PROVIDER_DOWN: (
        "機關的登入服務目前沒有回應，請稍後再試；有密碼的帳號仍可登入",
        "The agency's sign-in does not answer at the moment: try again later. Accounts with a password still work",
    ),
    SignInRefusal.PROVIDER_WRONG: (
        "機關的登入服務沒有確認您的身分，請再登入一次；一直如此請洽系統管理員",
        "The agency's sign-in did not confirm who you are: sign in once more. If it stays so, ask an administrator",
    ),
    SignInRefusal.TRY_OVER: (
        "這次登入已逾時或不是從這個瀏覽器開始，請再登入一次",
        "This sign-in took too long or was begun in another browser: sign in once more",
    ),
    SignInRefusal.PASSKEY_WRONG: (
        "通行金鑰沒有通過驗證，請再試一次；仍不行請用驗證碼，或請系統管理員重設",
        "The passkey was not accepted: try again, use a code instead, or ask an administrator to reset the account",
    ),
    SignInRefusal.NOT_FRESH: (
        "為確認是您本人，請先登出再登入，10 分鐘內新增或移除",
        "To be sure that it is you: sign out and in, then add or remove within 10 minutes",
    ),
    SignInRefusal.TOO_MANY_PASSKEYS: (
        "通行金鑰最多 10 個，請先移除用不到的",
        "There are 10 passkeys at most: remove one that you do not use",
    ),
}

# By the rows of the privacy notice's table.
DATA_KIND: dict[str, tuple[str, str]] = {
    "person": ("人員", "Officers"),
    "account": ("LINE 帳號", "LINE accounts"),
    "codes": ("一次碼與綁定失敗", "One-time codes, failed tries"),
    "roster": ("勤務表與請假", "Roster and leave"),
    "punches": ("打卡", "Punches"),
    "proofs": ("打卡的證據", "Evidence of punches"),
    "presences": ("沒有打卡的感應", "Unused sensings"),
    "site_sightings": ("監聽站聽到的裝置", "Devices that agents heard"),
    "position": ("位置佐證", "Positions"),
    "refusals": ("未記錄的打卡", "Refused taps"),
    "corrections": ("補打卡與作廢", "Corrections"),
    "inbox": ("LINE 事件", "Events of LINE"),
    "replies": ("回覆", "Replies"),
    "handset": ("手機編號", "Handsets"),
    "phone_check": ("手機檢查", "Checks of phones"),
    "reminders": ("提醒", "Reminders"),
    "devices": ("識別證與手機", "Badges and phones"),
    "consents": ("接受告知的紀錄", "Acceptances of the notice"),
    "requests": ("當事人請求", "Requests about own data"),
    "calendar": ("行事曆網址", "Calendar addresses"),
    "alarms": ("警報裡的證據", "Evidence in alarms"),
    "audit": ("稽核紀錄", "Audit log"),
    "reports": ("報表", "Reports"),
}

PRIVACY_REQUEST_KIND: dict[PrivacyRequestKind, tuple[str, str]] = {
    PrivacyRequestKind.SEE: ("查詢、閱覽或複製", "See, or have a copy"),
    PrivacyRequestKind.CORRECT: ("補充或更正", "Correct or complete"),
    PrivacyRequestKind.STOP: ("停止蒐集、處理或利用", "Stop collecting or using"),
    PrivacyRequestKind.DELETE: ("刪除", "Delete"),
}

PRIVACY_REQUEST_STATE: dict[PrivacyRequestState, tuple[str, str]] = {
    PrivacyRequestState.OPEN: ("處理中", "Open"),
    PrivacyRequestState.ANSWERED: ("已答覆", "Answered"),
}

PRIVACY_REFUSAL: dict[PrivacyRefusal, tuple[str, str]] = {
    PrivacyRefusal.NO_TEXT: ("請寫明內容", "Say what it is about"),
    PrivacyRefusal.TEXT_TOO_LONG: ("文字超過 1000 字", "The text has more than 1000 characters"),
    PrivacyRefusal.TOO_MANY_OPEN: (
        "還有 5 件請求處理中，請等候答覆",
        "Five requests are open already: wait for their answers",
    ),
    PrivacyRefusal.ANSWERED_ALREADY: ("這件請求已答覆", "The request is answered already"),
    PrivacyRefusal.FUTURE: ("時間還沒到", "The time has not come yet"),
    PrivacyRefusal.CLOSED: ("這件外洩事件已結案", "The leak is closed"),
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


PHONE_STEP: dict[PhoneStep, tuple[str, str]] = {
    PhoneStep.FRIEND: ("加官方帳號為好友", "Friend of the account"),
    PhoneStep.LINE_VERSION: ("更新 LINE", "LINE up to date"),
    PhoneStep.BLUETOOTH: ("打開藍牙", "Bluetooth on"),
    PhoneStep.LINE_IN_FRONT: ("LINE 停在最前面", "LINE in front"),
    PhoneStep.LOCATION: ("定位權限與精確位置", "Location, precise"),
    PhoneStep.NEARBY_DEVICES: ("鄰近裝置權限", "Nearby devices"),
    PhoneStep.BEACON_CONSENT: ("開啟 LINE Beacon", "Consent to LINE Beacon"),
    PhoneStep.REOPEN_LINE: ("關掉 LINE 再開", "LINE closed and opened again"),
}


_OTHER_EVIDENCE: dict[PunchSource, tuple[str, str]] = {
    PunchSource.CORRECTION: ("補打卡，經核准", "added by an approved correction"),
    PunchSource.IMPORT: ("由人事匯入", "imported by HR"),
}


def evidence(  # noqa: PLR0913 (all that a presence may say)
    source: PunchSource,
    proof: Proof | None,
    *,
    proved: bool = True,
    from_agent: bool,
    shown: Shown | None = None,
    distance_m: int | None = None,
    accuracy_m: int | None = None,
    to_officer: bool = True,
) -> tuple[str, str]:
    """What proves the place of a punch, said to the officer or to somebody else."""
    if not proved:
        return _OTHER_EVIDENCE.get(source, ("沒有在場證據", "no proof of place"))
    if shown is Shown.SITE_CODE:
        return "出示現場螢幕上的簽到碼，手機未感應到信標", "the code on the zone's screen; no beacon heard"
    if shown is Shown.LOCATION:
        return (
            f"手機定位距此約 {distance_m} 公尺（誤差 {accuracy_m} 公尺），手機未感應到信標",
            f"the phone's position about {distance_m} m from here (accuracy {accuracy_m} m); no beacon heard",
        )
    if from_agent and not to_officer:
        return "監聽站感應到員警的識別證或手機", "an agent on site heard the officer's badge or phone"
    if from_agent:
        return "監聽站感應到您的識別證或手機", "an agent on site heard your badge or phone"
    zh, en = PROOF[proof] if proof else ("LINE 認證信標", "certified LINE Beacon")
    return f"手機感應到簽到區信標，{zh}", f"beacon heard, {en}"


ENROLMENT_REFUSED: dict[Reason, tuple[str, str]] = {
    Reason.CODE_WRONG: (
        "員警編號或一次碼不正確，請核對後再試。",
        "The staff number or the code is wrong. Check both and try again.",
    ),
    Reason.CODE_EXPIRED: (
        "一次碼已過期，或因多次輸入錯誤而失效，請向人事單位索取新碼。",
        "The code has expired, or was entered wrongly too often. Ask HR for a new one.",
    ),
    Reason.TOO_MANY_TRIES: (
        "這個 LINE 帳號試錯太多次，請一小時後再試。",
        "Too many wrong tries by this LINE account. Wait an hour.",
    ),
    Reason.ALREADY_ENROLLED: (
        "這個 LINE 帳號已綁定，不需要再綁一次；要更換請洽人事單位。",
        "This LINE account is enrolled already. To change it, ask HR.",
    ),
    Reason.OFFICER_HAS_ACCOUNT: (
        "這位員警已綁定另一個 LINE 帳號；若要更換請洽人事單位。",
        "This officer has another LINE account. To change it, ask HR.",
    ),
}

# Why what an officer showed instead of a beacon proves nothing.
PLACE_REFUSED: dict[Reason, tuple[str, str]] = {
    Reason.SITE_CODE_WRONG: (
        "現場碼不正確或已換新，請照螢幕上現在的數字再輸入一次。",
        "The code is wrong or has changed: enter the one that the screen shows now.",
    ),
    Reason.TOO_MANY_TRIES: (
        "現場碼試錯太多次，請一小時後再試，或申請補打卡。",
        "Too many wrong codes. Wait an hour, or ask for a correction.",
    ),
    Reason.NOT_NEAR: (
        "手機的位置不在可用定位簽到的地點附近。",
        "Your phone's position is not near a site that takes positions.",
    ),
    Reason.INACTIVE_OFFICER: (
        "您的人員資料目前不在職或已停用，請洽人事單位。",
        "Your record is not active. Please ask HR.",
    ),
    Reason.POSITION_VAGUE: (
        "手機定位誤差太大，請到窗邊或戶外，開啟精確位置再試。",
        "Your phone's position is too vague: go near a window, allow precise location, try again.",
    ),
}

# A tap that the system itself failed to judge.
TAP_PARKED = (
    "系統發生錯誤，這次的打卡已保留但沒有記錄，請通知人事單位。",
    "The system failed: this tap is kept but not recorded. Please tell HR.",
)

# Why a tap in the app is not recorded, or not yet; what to do next the page says.
TAP_REFUSED: dict[Reason, tuple[str, str]] = {
    Reason.NO_PRESENCE: ("手機還沒有感應到簽到區。", "Your phone has not sensed a check-in zone yet."),
    Reason.PRESENCE_EXPIRED: ("上次感應已經過期。", "The last sensing is too old."),
    Reason.LOW_ASSURANCE: (
        "這個簽到區需要較強的在場證明，請靠近信標。",
        "This zone asks for stronger proof: move closer to the beacon.",
    ),
    Reason.INACTIVE_OFFICER: (
        "您的人員資料目前不在職或已停用，請洽人事單位。",
        "Your record is not active. Please ask HR.",
    ),
    Reason.NOT_ENROLLED: ("這個 LINE 帳號尚未綁定。", "This LINE account is not enrolled."),
}

BUILD_STATE: dict[BuildState, tuple[str, str]] = {
    BuildState.QUEUED: ("等候製作", "queued"),
    BuildState.RUNNING: ("製作中", "being made"),
    BuildState.DONE: ("完成", "done"),
    BuildState.FAILED: ("失敗", "failed"),
}

BUILD_REFUSAL: dict[BuildRefusal, tuple[str, str]] = {
    BuildRefusal.NOT_FAILED: ("這份報表沒有失敗，不必重做", "This build has not failed: there is nothing to try again"),
    BuildRefusal.ORDERED_AGAIN: (
        "同樣的報表已重新訂製，正在等候或製作",
        "The same report was ordered again and is open",
    ),
    BuildRefusal.NOT_DONE: ("報表還沒做好", "The report is not ready"),
}
