"""What we say in the chat: plain words, zh-TW first, English second, as LINE message objects."""

from datetime import datetime
from zoneinfo import ZoneInfo

from checkin_api.domain.ids import Direction, PunchSource, Reason
from checkin_api.domain.punching import TAP_WAIT, Granted, Presence, Zone
from checkin_api.domain.windows import PunchFact
from checkin_api.domain.words import ASSURANCE, DIRECTION, ENROLMENT_REFUSED, evidence
from checkin_api.enrolment import Bound
from checkin_api.line import buttons, flex
from checkin_api.line.flex import Message, cut, short, text_message

_DONE = {Direction.IN: ("簽到完成", "Signed in"), Direction.OUT: ("簽退完成", "Signed out")}
_BY_ZONE = ("已自動簽到", "Signed in automatically")
_COLOURS = {Direction.IN: flex.GREEN, Direction.OUT: flex.BLUE}
_WEAK = ("此簽到區要求較高證明力，本筆將標記供複核。", "This zone asks for stronger proof: marked for review.")
_HOW_TO_BIND = "請輸入「綁定 員警編號 一次碼」，例如：綁定 A0123 ABCD-2345（一次碼請向人事單位索取）。"
_HOW_TO_BIND_EN = "Send: bind STAFF-NUMBER CODE (the code comes from HR)."


def punched(
    name: str, granted: Granted, earlier: PunchFact | None, timezone: ZoneInfo, *, by_zone: bool
) -> list[Message]:
    """The confirmation of a punch, with its evidence in words."""
    presence, zone = granted.presence, granted.presence.zone
    at = _time(granted.at, timezone)
    heard = presence.at.astimezone(timezone).strftime("%H:%M:%S")
    zh, en = _BY_ZONE if by_zone else _DONE[granted.direction]
    assurance_zh, assurance_en = ASSURANCE[presence.assurance]
    evidence_zh, evidence_en = evidence(
        PunchSource.CHAT,
        presence.proof,
        from_agent=presence.from_agent,
        shown=presence.shown,
        distance_m=presence.distance_m,
        accuracy_m=presence.accuracy_m,
    )
    remarks = []
    if not presence.assurance.meets(zone.required_assurance):
        remarks.append(_WEAK)
    if earlier is not None:
        first = _time(earlier.at, timezone)
        again = f"本班先前已於 {first} {DIRECTION[granted.direction][0]}；這次也已記錄。"
        remarks.append((again, f"Already recorded at {first}; this one is kept too."))
    alt = [
        f"✅ {zh} {at}　{short(name)}",
        f"地點：{short(zone.name)}",
        f"證據：{heard} {evidence_zh}（證明力：{assurance_zh}）",
        *(words for words, _ in remarks),
        f"{en} {at} · {short(zone.name)} · {heard} {evidence_en} (assurance: {assurance_en})",
        *(words for _, words in remarks),
    ]
    header = [flex.title(f"✅ {zh}"), flex.subtitle(en), flex.title(at, "4xl"), flex.title(cut(name), "md")]
    body = [
        flex.fact("地點", "Place", cut(zone.name)),
        flex.fact("證據", "Evidence", f"{heard} {evidence_zh}", evidence_en),
        flex.fact("證明力", "Assurance", assurance_zh, assurance_en),
        *(flex.remark(*remark) for remark in remarks),
    ]
    quick = (buttons.punch(buttons.other(granted.direction)), buttons.today(), buttons.help_())
    return [flex.flex_message("\n".join(alt), flex.bubble(header, _COLOURS[granted.direction], body), *quick)]


def ask_to_punch(presence: Presence, direction: Direction, timezone: ZoneInfo) -> list[Message]:
    """The question when a phone is heard and a punch is due."""
    zh, en = DIRECTION[direction]
    at, where = _time(presence.at, timezone), cut(presence.zone.name)
    words = f"{at} 已感應到「{where}」。請按「{zh}」。\n{where} sensed at {at}. Tap {en}."
    return [text_message(words, *buttons.both_punches(direction), buttons.today(), buttons.help_())]


def tap_refused(reason: Reason, zone: Zone | None, direction: Direction, *, liff_id: str = "") -> list[Message]:
    """Why a tap was not recorded, and what to do next."""
    zh, en = DIRECTION[direction]
    wait = int(TAP_WAIT.total_seconds())
    where = f"「{cut(zone.name)}」" if zone else ""
    quick = (*buttons.both_punches(direction), buttons.today(), buttons.help_())
    match reason:
        case Reason.NOT_ENROLLED:
            words = (
                f"⚠️ 未記錄{zh}：這個 LINE 帳號尚未綁定。\n{_HOW_TO_BIND}\n"
                f"{en} not recorded: this LINE account is not enrolled. {_HOW_TO_BIND_EN}"
            )
            return [with_page(words, liff_id)]
        case Reason.INACTIVE_OFFICER:
            return [
                text_message(
                    f"⚠️ 未記錄{zh}：您的人員資料目前不在職或已停用，請洽人事單位。\n"
                    f"{en} not recorded: your record is not active. Please ask HR."
                )
            ]
        case Reason.LOW_ASSURANCE:
            return [
                text_message(
                    f"⚠️ 未記錄{zh}：{where}需要較強的在場證明。請靠近簽到區信標，{wait} 秒內感應到會自動補記；"
                    f"若仍不行請洽單位主管。\n"
                    f"{en} not recorded: stronger proof is required here. Move closer to the beacon; "
                    f"it is recorded by itself if sensed within {wait} s.",
                    *quick,
                )
            ]
        case Reason.PRESENCE_EXPIRED:
            zh_why, en_why = f"{where}的感應已過期", "the last sensing is too old"
        case _:
            zh_why, en_why = "還沒有感應到簽到區", "no check-in zone has been sensed yet"
    return [
        text_message(
            f"⏳ 尚未{zh}：{zh_why}。請留在簽到區並保持 LINE 開啟，{wait} 秒內感應到會自動完成{zh}。\n"
            f"沒有反應？請確認藍牙與定位已開啟，並在 LINE 設定 > 隱私設定 > 提供使用資料 開啟 LINE Beacon，再按一次。\n"
            f"{en} is waiting: {en_why}. Stay in the zone with LINE open; it completes by itself within {wait} s. "
            f"Otherwise check Bluetooth, location and LINE Beacon consent, then tap again.",
            *quick,
        )
    ]


def welcome(liff_id: str = "") -> list[Message]:
    """The greeting to a new friend of the account."""
    words = f"歡迎使用差勤簽到。\n第一次使用請先綁定：{_HOW_TO_BIND}\nWelcome. To enrol: {_HOW_TO_BIND_EN}"
    return [with_page(words, liff_id)]


def explain(liff_id: str = "", *, is_enrolled: bool = True) -> list[Message]:
    """How it works, and how to begin."""
    use = "📍 到簽到區打開 LINE，感應後按「簽到」或「簽退」（也可直接輸入）。"
    use_en = "Open LINE in the check-in zone, then tap Sign in or Sign out."
    if not is_enrolled:
        words = f"{use}\n尚未綁定：{_HOW_TO_BIND}\n{use_en} Not enrolled yet? {_HOW_TO_BIND_EN}"
        return [with_page(words, liff_id)]
    ask = "也可以問：今天、本月、忘記打卡；提醒 開／提醒 關。"
    ask_en = "Or write: today, month, forgot; remind on, remind off."
    quick = (*buttons.both_punches(Direction.IN), buttons.today(), buttons.month(), buttons.forgot())
    return [with_page(f"{use}\n{ask}\n{use_en} {ask_en}", liff_id, *quick)]


def enrolled(bound: Bound, liff_id: str = "") -> list[Message]:
    """The binding is done."""
    name = cut(bound.name)
    words = (
        f"🔗 綁定完成：{name}（{bound.staff_no}）。\n到簽到區打開 LINE，感應後按「簽到」即可。\n"
        f"若不是您本人，請立即通知人事單位。\n"
        f"Enrolled as {name} ({bound.staff_no}). If this is not you, tell HR at once."
    )
    return [with_page(words, liff_id, *buttons.both_punches(Direction.IN), buttons.today(), buttons.help_())]


def enrolment_refused(reason: Reason, liff_id: str = "") -> list[Message]:
    """Why the binding was not made."""
    zh, en = ENROLMENT_REFUSED[reason]
    return [with_page(f"⚠️ 未綁定：{zh}\nNot enrolled: {en}", liff_id)]


def forgot(liff_id: str = "") -> list[Message]:
    """How to ask for a correction."""
    zh = "📝 忘記打卡：請申請補打卡，由主管審核。"
    en = "Forgot to punch: ask for a correction; your supervisor decides."
    quick = (buttons.today(), buttons.month(), buttons.help_())
    if not liff_id:
        words = f"{zh}請告訴單位主管或人事：何時、哪個簽到區、理由。\n{en} Tell them when, in which zone, and why."
        return [text_message(words, *quick)]
    words = f"{zh}按下面的按鈕，填日期、時間與理由。\n{en} Tap the button below; say when and why."
    button = buttons.page(liff_id, "申請補打卡", "Correction", screen=buttons.CORRECTIONS)
    return [_with_button(words, button, *quick)]


def reminders(*, wanted: bool, are_sent: bool, is_new: bool) -> list[Message]:
    """Whether an officer is reminded of a missing OUT; ``are_sent`` tells whether the department sends any at all."""
    change = "已" if is_new else "目前"
    if wanted:
        words = f"🔔 提醒{change}開啟：勤務結束後還沒簽退，會傳訊息提醒您，一班一次。要關閉：提醒 關。"
        english = "Reminders are on: one message when a duty has ended without a sign-out. To stop: remind off."
    else:
        words = f"🔕 提醒{change}關閉。要在忘記簽退時收到訊息：提醒 開。"
        english = "Reminders are off. To be told of a missing sign-out: remind on."
    if wanted and not are_sent:
        words += "（本單位目前沒有啟用提醒，暫時不會收到。）"
        english += " (Your department sends none at present.)"
    return [text_message(f"{words}\n{english}", buttons.reminders(to=not wanted), buttons.today(), buttons.help_())]


def remind(shift_name: str, end: datetime, timezone: ZoneInfo) -> list[Message]:
    """That a duty has ended and nobody signed out."""
    at = _time(end, timezone)
    return [
        text_message(
            f"⏰ 「{cut(shift_name)}」已於 {at} 結束，還沒有簽退。\n"
            "還在單位：到簽到區打開 LINE，按「簽退」。已經離開：忘記打卡。不要再提醒：提醒 關。\n"
            f"Your duty ended at {at} without a sign-out. Still there? Open LINE in the zone and tap Sign out. "
            "Gone? Write: forgot. No more reminders: remind off.",
            buttons.punch(Direction.OUT),
            buttons.forgot(),
            buttons.today(),
            buttons.reminders(to=False),
        )
    ]


def with_page(words: str, liff_id: str, *quick: buttons.Action) -> Message:
    """Words, with a button to the check-in page where there is one."""
    if not liff_id:
        return text_message(words, *quick)
    return _with_button(words, buttons.page(liff_id, "開啟簽到頁", "Open the page"), *quick)


def _with_button(words: str, button: buttons.Action, *quick: buttons.Action) -> Message:
    *chinese, english = words.split("\n")
    body = [*(flex.paragraph(line) for line in chinese), flex.paragraph(english, size="xs", faint=True)]
    return flex.flex_message(words, flex.bubble([], flex.NAVY, body, button), *quick)


def _time(at: datetime, timezone: ZoneInfo) -> str:
    return at.astimezone(timezone).strftime("%H:%M")
