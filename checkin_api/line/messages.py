"""What we say in the chat: plain words, zh-TW first, English second, as LINE message objects."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from checkin_api.domain.ids import Direction, PunchSource, Reason
from checkin_api.domain.punching import TAP_WAIT, Granted, Presence, Zone
from checkin_api.domain.windows import PunchFact
from checkin_api.domain.words import ASSURANCE, DIRECTION, ENROLMENT_REFUSED, evidence
from checkin_api.enrolment import Bound

Message = dict[str, Any]

_DONE = {Direction.IN: ("簽到完成", "Signed in"), Direction.OUT: ("簽退完成", "Signed out")}


def punched(
    name: str, granted: Granted, earlier: PunchFact | None, timezone: ZoneInfo, *, by_zone: bool
) -> list[Message]:
    """The confirmation of a punch, with its evidence in words."""
    presence = granted.presence
    at = _time(granted.at, timezone)
    heard = presence.at.astimezone(timezone).strftime("%H:%M:%S")
    zh, en = _DONE[granted.direction]
    assurance_zh, assurance_en = ASSURANCE[presence.assurance]
    evidence_zh, evidence_en = evidence(PunchSource.CHAT, presence.proof, from_agent=presence.from_agent)
    lines = [
        f"✅ {zh} {at}　{name}",
        f"地點：{presence.zone.name}",
        f"證據：{heard} {evidence_zh}（證明力：{assurance_zh}）",
    ]
    english = f"{en} {at} · {presence.zone.name} · {heard} {evidence_en} (assurance: {assurance_en})"
    if by_zone:
        lines[0] = f"✅ 已自動簽到 {at}　{name}"
        english = f"Signed in automatically {at} · {presence.zone.name} · beacon heard {heard}"
    if not presence.assurance.meets(presence.zone.required_assurance):
        lines.append("此簽到區要求較高證明力，本筆將標記供複核。")
    if earlier is not None:
        first = _time(earlier.at, timezone)
        lines.append(f"本班先前已於 {first} {DIRECTION[granted.direction][0]}；這次也已記錄。")
        english += f" · already recorded at {first}"
    return [_text("\n".join([*lines, english]))]


def ask_to_punch(presence: Presence, direction: Direction, timezone: ZoneInfo) -> list[Message]:
    """The question when a phone is heard and a punch is due."""
    zh, en = DIRECTION[direction]
    at = _time(presence.at, timezone)
    return [
        _text(
            f"{at} 已感應到「{presence.zone.name}」。請按「{zh}」。\n{presence.zone.name} sensed at {at}. Tap {en}.",
            direction,
        )
    ]


def tap_refused(reason: Reason, zone: Zone | None, direction: Direction) -> list[Message]:
    """Why a tap was not recorded, and what to do next."""
    zh, en = DIRECTION[direction]
    wait = int(TAP_WAIT.total_seconds())
    where = f"「{zone.name}」" if zone else ""
    match reason:
        case Reason.NOT_ENROLLED:
            return [
                _text(
                    f"⚠️ 未記錄{zh}：這個 LINE 帳號尚未綁定。\n"
                    "請輸入「綁定 員警編號 一次碼」，例如：綁定 A0123 ABCD-2345（一次碼請向人事單位索取）。\n"
                    f"{en} not recorded: this LINE account is not enrolled. "
                    "Send: bind STAFF-NUMBER CODE (the code comes from HR)."
                )
            ]
        case Reason.INACTIVE_OFFICER:
            return [
                _text(
                    f"⚠️ 未記錄{zh}：您的人員資料目前不在職或已停用，請洽人事單位。\n"
                    f"{en} not recorded: your record is not active. Please ask HR."
                )
            ]
        case Reason.LOW_ASSURANCE:
            return [
                _text(
                    f"⚠️ 未記錄{zh}：{where}需要較強的在場證明。請靠近簽到區信標，{wait} 秒內感應到會自動補記；"
                    f"若仍不行請洽單位主管。\n"
                    f"{en} not recorded: stronger proof is required here. Move closer to the beacon; "
                    f"it is recorded by itself if sensed within {wait} s.",
                    direction,
                )
            ]
        case Reason.PRESENCE_EXPIRED:
            zh_why, en_why = f"{where}的感應已過期", "the last sensing is too old"
        case _:
            zh_why, en_why = "還沒有感應到簽到區", "no check-in zone has been sensed yet"
    return [
        _text(
            f"⏳ 尚未{zh}：{zh_why}。請留在簽到區並保持 LINE 開啟，{wait} 秒內感應到會自動完成{zh}。\n"
            f"沒有反應？請確認藍牙與定位已開啟，並在 LINE 設定 > 隱私設定 > 提供使用資料 開啟 LINE Beacon，再按一次。\n"
            f"{en} is waiting: {en_why}. Stay in the zone with LINE open; it completes by itself within {wait} s. "
            f"Otherwise check Bluetooth, location and LINE Beacon consent, then tap again.",
            direction,
        )
    ]


def welcome() -> list[Message]:
    """The greeting to a new friend of the account."""
    return [
        _text(
            "歡迎使用差勤簽到。\n第一次使用請先綁定：輸入「綁定 員警編號 一次碼」，例如：綁定 A0123 ABCD-2345\n"
            "一次碼請向人事單位索取。\n"
            "Welcome. To enrol, send: bind STAFF-NUMBER CODE (the code comes from HR)."
        )
    ]


def explain() -> list[Message]:
    """How it works, and how to begin."""
    return [
        _text(
            "📍 到簽到區打開 LINE，感應後按「簽到」或「簽退」（也可直接輸入）。\n"
            "尚未綁定者請輸入「綁定 員警編號 一次碼」，例如：綁定 A0123 ABCD-2345（一次碼請向人事單位索取）。\n"
            "Open LINE in the check-in zone, then tap Sign in or Sign out. Not enrolled yet? "
            "Send: bind STAFF-NUMBER CODE.",
            Direction.IN,
        )
    ]


def enrolled(bound: Bound) -> list[Message]:
    """The binding is done."""
    return [
        _text(
            f"🔗 綁定完成：{bound.name}（{bound.staff_no}）。\n到簽到區打開 LINE，感應後按「簽到」即可。\n"
            f"若不是您本人，請立即通知人事單位。\n"
            f"Enrolled as {bound.name} ({bound.staff_no}). If this is not you, tell HR at once.",
            Direction.IN,
        )
    ]


def enrolment_refused(reason: Reason) -> list[Message]:
    """Why the binding was not made."""
    zh, en = ENROLMENT_REFUSED[reason]
    return [_text(f"⚠️ 未綁定：{zh}\nNot enrolled: {en}")]


def _time(at: datetime, timezone: ZoneInfo) -> str:
    return at.astimezone(timezone).strftime("%H:%M")


def _text(words: str, *first: Direction) -> Message:
    """A text message; with a direction, both punch buttons follow, that one first."""
    message: Message = {"type": "text", "text": words}
    if first:
        order = [first[0], Direction.OUT if first[0] is Direction.IN else Direction.IN]
        message["quickReply"] = {"items": [_button(direction) for direction in order]}
    return message


def _button(direction: Direction) -> Message:
    zh, en = DIRECTION[direction]
    return {
        "type": "action",
        "action": {
            "type": "postback",
            "label": f"{zh} {en}",
            "data": f"checkin=punch&direction={direction}",
            "displayText": zh,
        },
    }
