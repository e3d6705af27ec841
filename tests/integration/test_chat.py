"""Questions in the chat: answered without the app, from the database, after everything else; on both databases."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.event import listen

from checkin_api import models as m
from checkin_api import reminders
from checkin_api.checkin import Rules, answers, decide_events
from checkin_api.db import Database
from checkin_api.domain.ids import Direction, EventState
from checkin_api.ingest import Arrival, Ingest
from checkin_api.line.webhook import split_events
from checkin_api.vault import Vault
from tests import builders, webhooks

TAIPEI = ZoneInfo("Asia/Taipei")
LIFF_ID = "1650000002-AbcdEfgh"
EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=TAIPEI).astimezone(UTC)
ANN, STRANGER = webhooks.user(1), webhooks.user(99)
HWID = "c0ffee0001"


class Chat:
    """An officer with two day duties who forgot to sign out of the first; what is said, and what is answered."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._ingest = Ingest(database)
        with database.write() as session:
            ann = builders.officer(session, staff_no="A0001", name="王小明")
            self.officer_id = ann.id
            builders.line_account(session, ann, ANN)
            day = builders.shift(session, name="日勤")
            for number in (20, 23, 24):
                builders.roster(session, ann, day, date(2026, 11, number))
            builders.beacon(session, builders.zone(session, name="大門簽到區"), hwid=HWID)
            builders.punch(session, ann, Direction.IN, EIGHT - timedelta(days=3))

    def hear(self, *events: dict[str, Any], **rules: Any) -> list[str]:
        """Deliver one webhook, decide it, and return what screen readers say of its answers."""
        at = datetime.fromtimestamp(max(event["timestamp"] for event in events) / 1000, UTC)
        self._ingest.put(Arrival(at, split_events(webhooks.body(*events))))
        settings = Rules(timezone=TAIPEI, code_key=b"key", vault=Vault(b"key"), **rules)
        before = len(self.messages())
        while decide_events(self.database, at, settings):
            pass
        return [message.get("text") or message["altText"] for message in self.messages()[before:]]

    def messages(self) -> list[dict[str, Any]]:
        with self.database.read() as session:
            replies = session.scalars(select(m.Reply).order_by(m.Reply.id))
            return [message for reply in replies for message in reply.messages]


@pytest.fixture
def chat(database: Database) -> Chat:
    return Chat(database)


def asked(what: str, user: str = ANN, at: datetime = EIGHT) -> dict[str, Any]:
    return webhooks.event("postback", at, user, postback={"data": f"checkin={what}"})


def test_today_tells_duty_window_what_is_recorded_and_what_is_due(chat: Chat):
    [text] = chat.hear(webhooks.say(EIGHT, ANN, "今天"))
    assert "勤務：日勤 11/23 08:00–20:00（打卡時段 11/23 06:00–11/24 00:00）" in text
    assert "已記錄：無\n應打卡：簽到" in text
    assert "下一班：日勤 11/24 08:00–20:00" in text
    assert "due: Sign in" in text


def test_today_tells_what_happened_in_the_same_batch(chat: Chat):
    said = chat.hear(asked("today"), webhooks.beacon(EIGHT, ANN, HWID), webhooks.tap(EIGHT, ANN))
    assert "✅ 簽到完成 08:00" in said[1]
    assert "已記錄：簽到 08:00\n應打卡：簽退" in said[2]
    assert {action["data"] for action in _buttons(chat.messages()[-1])} == {"checkin=punch&direction=out"}


def test_today_without_a_duty_says_so(chat: Chat):
    [text] = chat.hear(asked("today", at=EIGHT + timedelta(days=5)))
    assert "現在沒有勤務\n已記錄：無\n應打卡：無" in text


def test_month_tells_totals_and_the_records_that_lack_something(chat: Chat):
    chat.hear(webhooks.beacon(EIGHT, ANN, HWID), webhooks.tap(EIGHT, ANN))
    out = EIGHT + timedelta(hours=12)
    chat.hear(webhooks.beacon(out, ANN, HWID), webhooks.tap(out, ANN, "out"))
    [text] = chat.hear(webhooks.say(out + timedelta(hours=5), ANN, "本月"))
    assert "本月 2026/11：出勤 1、遲到 0、缺漏 1，工時 12 小時 0 分" in text
    assert "11/20 日勤　缺簽退" in text
    assert "present 1, late 0, lacking 1, worked 12 h 0 min" in text


def test_forgot_leads_to_the_page_or_to_people(chat: Chat):
    [text] = chat.hear(webhooks.say(EIGHT, ANN, "忘記打卡"))
    assert "請告訴單位主管或人事" in text
    chat.hear(asked("forgot"), liff_id=LIFF_ID)
    [button] = _buttons(chat.messages()[-1])
    assert button["uri"] == f"https://liff.line.me/{LIFF_ID}?screen=corrections"


def test_reminders_are_off_until_somebody_wants_them(chat: Chat):
    assert "提醒目前關閉" in chat.hear(webhooks.say(EIGHT, ANN, "提醒"))[0]
    assert "提醒已開啟" in chat.hear(webhooks.say(EIGHT, ANN, "提醒 開"), reminds=True)[0]
    assert "提醒目前開啟" in chat.hear(asked("remind"), reminds=True)[0]
    with chat.database.read() as session:
        assert reminders.is_wanted(session, chat.officer_id)
        assert session.scalars(select(m.ReminderWish.said_at)).one() == EIGHT
    assert "提醒已關閉" in chat.hear(asked("remind&to=off", at=EIGHT + timedelta(seconds=1)))[0]
    with chat.database.read() as session:
        assert not reminders.is_wanted(session, chat.officer_id)


def test_who_wants_reminders_is_told_where_none_are_sent(chat: Chat):
    assert "本單位目前沒有啟用提醒" in chat.hear(webhooks.say(EIGHT, ANN, "remind on"))[0]


@pytest.mark.parametrize("word", ["今天", "本月", "忘記打卡", "提醒", "提醒 開", "說明"])
def test_a_stranger_is_told_how_to_enrol_whatever_they_ask(chat: Chat, word: str):
    [text] = chat.hear(webhooks.say(EIGHT, STRANGER, word))
    assert "綁定 員警編號 一次碼" in text
    with chat.database.read() as session:
        assert session.scalars(select(m.ReminderWish)).all() == []


def test_the_same_question_asked_again_and_again_is_looked_up_once(chat: Chat, monkeypatch: pytest.MonkeyPatch):
    # How often something is looked up cannot be seen from outside; the test counts.
    looked: list[str] = []
    real = answers.answer

    def counting(session: Any, event: Any, *rest: Any, **options: Any) -> Any:
        looked.append(event.user_id)
        return real(session, event, *rest, **options)

    monkeypatch.setattr(answers, "answer", counting)
    said = chat.hear(*(asked("month") for _ in range(50)), *(asked("today", webhooks.user(n)) for n in range(50, 62)))
    assert len(said) == 62
    assert (looked.count(ANN), len(looked)) == (1, 13)


def test_every_event_of_a_chat_full_of_questions_is_decided(chat: Chat):
    chat.hear(*(asked(what, webhooks.user(n)) for n in range(20) for what in ("today", "month", "remind", "help")))
    with chat.database.read() as session:
        assert set(session.scalars(select(m.InboxEvent.state))) == {EventState.DECIDED}


def test_deciding_events_and_taps_asks_nothing_that_only_the_chat_needs(chat: Chat):
    asked_of_database: list[str] = []
    listen(chat.database.engine, "before_cursor_execute", lambda *given: asked_of_database.append(given[2]))
    chat.hear(webhooks.beacon(EIGHT, ANN, HWID), webhooks.tap(EIGHT, ANN))
    words = " ".join(asked_of_database)
    assert "line_account" in words
    for table in ("reminder", "reminder_wish", "rich_menu", "menu_link", "supervisor"):
        assert f" {table} " not in words


def _buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [button["action"] for button in message["contents"]["footer"]["contents"]]
