"""The phone page in a real browser: choosing, walking, tapping, reading, both languages, a narrow screen."""

import threading
import time

import pytest
from playwright.sync_api import Page, expect

from tests.integration.line_platform.conftest import CHROMIUM, OFFICER, OFFICER_ID

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
    pytest.mark.xdist_group("line_platform_page"),
]

QUICK_REPLY = {
    "items": [
        {"type": "action", "action": {"type": "postback", "label": "簽到", "data": "in", "displayText": "我要簽到"}}
    ]
}
DONE = {
    "type": "flex",
    "altText": "簽到成功",
    "contents": {
        "type": "bubble",
        "body": {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": "08:00 簽到成功"}]},
        "footer": {
            "type": "box",
            "layout": "vertical",
            "contents": [
                {"type": "button", "action": {"type": "uri", "label": "我的出勤", "uri": "https://liff.line.me/1-a"}}
            ],
        },
    },
}


@pytest.fixture
def page(line, browser):
    """The page, with every script error and outside request counted against the test."""
    problems = []
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-TW")
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: problems.append(request.url) if not request.url.startswith(line.url) else None)
    page.goto(line.url)
    expect(page.locator("body[data-ready]")).to_be_attached()
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def bot(receiver, api):
    """Answers a beacon with a quick reply and a postback with a Flex message."""
    stopped = threading.Event()

    def answer():
        done = 0
        while not stopped.wait(0.02):
            for event in receiver.events()[done:]:
                done += 1
                text = {"type": "text", "text": "偵測到您在總局，要簽到嗎？", "quickReply": QUICK_REPLY}
                message = {"beacon": text, "postback": DONE}.get(event["type"])
                if message:
                    api.post("/v2/bot/message/reply", json={"replyToken": event["replyToken"], "messages": [message]})

    thread = threading.Thread(target=answer)
    thread.start()
    yield
    stopped.set()
    thread.join()


def by(page: Page, name: str, **data: str):
    marks = "".join(f'[data-{key}="{value}"]' for key, value in data.items())
    return page.locator(f'[data-testid="{name}"]{marks}')


@pytest.mark.usefixtures("bot")
def test_walking_in_and_tapping_shows_the_confirmation_without_reload(page, receiver):
    by(page, "phone-item", phone=OFFICER).click()
    by(page, "zone-walk", zone="HQ").click()
    expect(by(page, "zone-here")).to_have_text("目前在此")
    expect(by(page, "walk-result")).to_contain_text("已送出 2 個 Beacon 事件")
    by(page, "quick-reply").get_by_text("簽到").click()
    expect(by(page, "message", type="flex")).to_contain_text("08:00 簽到成功")
    expect(by(page, "message", sender="phone")).to_contain_text("我要簽到")
    expect(by(page, "quick-reply")).to_have_count(0)
    expect(by(page, "delivery", status="200")).to_have_count(3)
    assert receiver.events()[-1]["postback"] == {"data": "in"}
    by(page, "message-button").get_by_text("我的出勤").click()
    expect(by(page, "dialog")).to_contain_text("https://liff.line.me/1-a")
    page.keyboard.press("Escape")
    by(page, "zone-leave", zone="HQ").click()
    expect(by(page, "zone-here")).to_have_count(0)


def test_text_is_written_with_the_keyboard_alone(page, line, receiver):
    by(page, "text-input").focus()
    page.keyboard.type("綁定 A001 428100")
    page.keyboard.press("Enter")
    expect(by(page, "message", sender="phone")).to_contain_text("綁定 A001 428100")
    line.wait_idle()
    assert receiver.events()[0]["message"]["text"] == "綁定 A001 428100"
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")


def test_page_says_why_there_is_no_event(page, receiver):
    for switch, words in (("consent", "未同意 LINE Beacon"), ("bluetooth", "藍牙已關閉")):
        by(page, f"switch-{switch}").click()
        by(page, "zone-walk", zone="HQ").click()
        expect(by(page, "walk-result")).to_contain_text(words)
        by(page, "zone-leave", zone="HQ").click()
    by(page, "switch-consent").click()
    by(page, "switch-bluetooth").click()
    by(page, "switch-background").click()
    by(page, "zone-walk", zone="HQ").click()
    expect(by(page, "walk-result")).to_contain_text("LINE 在背景")
    assert receiver.requests == []
    by(page, "open-line").click()
    expect(by(page, "walk-result")).to_contain_text("已送出 2 個")


WHY_SILENT = [
    ("android", {"location_services": False}, "手機的定位已關閉", "the phone's location is off"),
    ("android", {"location_permission": "off"}, "LINE 沒有位置權限", "LINE may not use the location"),
    ("android", {"precise_location": False}, "LINE 未使用精確位置", "does not use the precise location"),
    ("android", {"nearby_devices": False}, "鄰近裝置", "lacks the Nearby devices permission"),
    (
        "android",
        {"line_in_front": False},
        "Android 手機的 LINE 在背景",
        "on Android, LINE hears beacons only in the foreground",
    ),
    ("iphone", {"line_in_front": False}, "選「永遠」", "has the location only while in use"),
    ("iphone", {"line_in_front": False, "location_services": False}, "定位服務已關閉", "Location Services are off"),
    ("iphone", {"line_in_front": False, "location_permission": "off"}, "不准取用位置", "may not use the location"),
    (
        "iphone",
        {"line_in_front": False, "location_permission": "always", "precise_location": False},
        "準確位置已關閉",
        "Precise Location is off",
    ),
]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_reason_for_silence_has_its_own_words(page, line, language):
    if language == "en":
        by(page, "language-switch").click()
    normal = line.world.phone(OFFICER).settings.as_json()
    seen = set()
    for system, settings, zh, en in WHY_SILENT:
        line.walk_out(OFFICER)
        line.switch(OFFICER, **normal | {"system": system} | settings)
        walk = line.walk_in(OFFICER, "HQ")
        words = zh if language == "zh" else en
        expect(by(page, "walk-result", silence=walk.silence.value)).to_contain_text(words)
        expect(by(page, "reception")).to_contain_text(words)
        seen.add(by(page, "walk-result").inner_text())
    assert len(seen) == len(WHY_SILENT)


def test_settings_are_those_of_the_system(page, line):
    expect(by(page, "switch-nearby")).to_be_visible()
    by(page, "setting-system").select_option("iphone")
    expect(by(page, "phone", system="iphone")).to_be_visible()
    expect(by(page, "switch-nearby")).to_be_hidden()
    expect(by(page, "phone-back")).to_be_hidden()
    by(page, "setting-location").select_option("always")
    by(page, "switch-precise").click()
    by(page, "switch-location-services").click()
    expect(by(page, "reception")).to_contain_text("現在收得到 Beacon")
    settings = line.world.phone(OFFICER).settings.as_json()
    assert {
        "system": "iphone",
        "location_permission": "always",
        "precise_location": False,
        "location_services": False,
    }.items() <= settings.items()


def test_line_in_the_background_is_a_home_screen_with_notifications(page, line, api, receiver):
    by(page, "phone-home").click()
    expect(by(page, "home-screen")).to_be_visible()
    expect(by(page, "chat-log")).to_be_hidden()
    expect(by(page, "notification")).to_have_count(0)
    api.post("/v2/bot/message/push", json={"to": OFFICER_ID, "messages": [{"type": "text", "text": "勤務提醒"}]})
    expect(by(page, "notification")).to_contain_text("勤務提醒")
    line.walk_in(OFFICER, "HQ")
    expect(by(page, "home-reception")).to_have_text("現在收不到 Beacon")
    by(page, "notification").click()
    expect(by(page, "home-screen")).to_be_hidden()
    expect(by(page, "message", via="push")).to_contain_text("勤務提醒")
    line.wait_idle()
    assert [event["beacon"]["type"] for event in receiver.events()] == ["enter", "enter"]


def test_phones_side_by_side_are_live_each_with_its_own_chat_and_settings(page, line, api):
    line.follow("林美玲")
    by(page, "phone-beside", phone="林美玲").focus()
    page.keyboard.press("Enter")
    other = page.frame_locator('[data-testid="beside-frame"]')
    expect(other.get_by_text("林美玲 的手機")).to_be_visible()
    other.locator('[data-testid="zone-walk"][data-zone="HQ"]').click()
    expect(other.get_by_test_id("walk-result")).to_contain_text("已送出 2 個")
    other.get_by_test_id("switch-bluetooth").click()
    expect(other.get_by_test_id("reception")).to_contain_text("手機藍牙已關閉")
    expect(by(page, "reception")).to_contain_text("現在收得到")
    mei_ling = next(phone.user_id for phone in line.world.phones.values() if phone.name == "林美玲")
    for to, text in ((OFFICER_ID, "給陳志明"), (mei_ling, "給林美玲")):
        api.post("/v2/bot/message/push", json={"to": to, "messages": [{"type": "text", "text": text}]})
    expect(other.get_by_test_id("chat-log")).to_contain_text("給林美玲")
    expect(by(page, "chat-log")).to_contain_text("給陳志明")
    expect(by(page, "chat-log")).not_to_contain_text("給林美玲")
    assert page.url.endswith(f"#{OFFICER_ID}+{mei_ling}")


def test_the_address_brings_back_what_stood_side_by_side_and_a_language_counts_for_all(page, line):
    ids = [line.add_phone(f"員警{number}").user_id for number in range(4)]
    page.goto(f"{line.url}/#{'+'.join(ids)}")
    page.reload()
    expect(by(page, "beside-column")).to_have_count(3)
    # A fifth has no place.
    expect(by(page, "phone-beside", phone=OFFICER)).to_be_disabled()
    last = page.frame_locator('[data-testid="beside-frame"]').last
    expect(last.get_by_text("員警3 的手機")).to_be_visible()
    expect(page.get_by_title("員警3 的手機", exact=True)).to_be_visible()
    by(page, "language-switch").click()
    expect(last.get_by_text("Phone of 員警3")).to_be_visible()
    expect(page.get_by_title("Phone of 員警3", exact=True)).to_be_visible()
    by(page, "beside-remove", phone="員警2").click()
    expect(by(page, "beside-column")).to_have_count(2)
    # The one that stays is not loaded again.
    expect(last.get_by_text("Phone of 員警3")).to_be_visible()
    by(page, "phone-item", phone="員警3").click()
    expect(by(page, "beside-column")).to_have_count(1)
    assert page.url.endswith(f"#{ids[3]}+{ids[1]}")


def test_message_from_elsewhere_appears_and_marks_its_phone_unread(page, api):
    by(page, "phone-item", phone="林美玲").click()
    expect(page.get_by_role("heading", name="警察局簽到")).to_be_visible()
    api.post("/v2/bot/message/push", json={"to": OFFICER_ID, "messages": [{"type": "text", "text": "勤務提醒"}]})
    expect(by(page, "phone-item", phone=OFFICER)).to_contain_text("未讀")
    by(page, "phone-item", phone=OFFICER).click()
    expect(by(page, "message", via="push")).to_contain_text("勤務提醒")
    expect(by(page, "quota")).to_have_text("1 / 3")


def test_list_is_searched_by_name_and_note(page, line):
    line.add_phone("王小明", note="註冊碼 428100")
    expect(by(page, "phone-item")).to_have_count(3)
    by(page, "phone-search").fill("428100")
    expect(by(page, "phone-item")).to_have_count(1)
    by(page, "phone-item").click()
    expect(by(page, "phone-note")).to_contain_text("428100")
    by(page, "phone-search").fill("沒有這個人")
    expect(page.get_by_text("沒有符合的手機")).to_be_visible()


def test_friend_button_follows_and_blocks(page, receiver, line):
    by(page, "phone-item", phone="林美玲").click()
    by(page, "friend-button").click()
    expect(by(page, "phone-item", phone="林美玲", friendship="friend")).to_be_visible()
    by(page, "friend-button").click()
    expect(by(page, "text-input")).to_be_disabled()
    line.wait_idle()
    assert [event["type"] for event in receiver.events()] == ["follow", "unfollow"]


def test_tap_right_after_choosing_acts_for_the_chosen_phone(page, receiver, line):
    def late(route):
        time.sleep(0.3)
        route.continue_()

    page.route("**/_/view?*", late)
    by(page, "phone-item", phone="林美玲").click()
    by(page, "friend-button").click()
    expect(by(page, "phone-item", phone="林美玲", friendship="friend")).to_be_visible()
    line.wait_idle()
    assert [event["type"] for event in receiver.events()] == ["follow"]


def test_failed_delivery_is_shown_with_its_reason(page, line, receiver):
    receiver.statuses = [500]
    line.say(OFFICER, "嗨")
    row = by(page, "delivery", status="500", reason="error_status_code")
    expect(row).to_contain_text("500 回應錯誤")
    row.locator("summary").click()
    expect(row.locator("pre")).to_contain_text('"webhookEventId"')


def test_language_can_be_switched_and_is_kept(page):
    by(page, "language-switch").click()
    expect(page.get_by_role("heading", name="Stand-in LINE Platform")).to_be_visible()
    expect(by(page, "zone-walk", zone="HQ")).to_have_text("Walk in")
    page.reload()
    expect(by(page, "zone-walk", zone="HQ")).to_have_text("Walk in")
    assert page.evaluate("document.documentElement.lang") == "en"


def test_narrow_screen_shows_one_part_at_a_time_and_does_not_scroll_sideways(page):
    page.set_viewport_size({"width": 360, "height": 720})
    for pane, part in (("phones", "phone-list"), ("places", "delivery-log"), ("chat", "chat-log")):
        page.locator(f'[data-show="{pane}"]').click()
        expect(by(page, part)).to_be_visible() if pane != "places" else expect(by(page, "zone").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_page_loads_nothing_from_elsewhere(web):
    policy = web.get("/").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; img-src 'self' data: http://127.0.0.1:*")


def test_images_from_elsewhere_are_named_not_loaded(page, api):
    image = {
        "type": "image",
        "originalContentUrl": "https://city.example/a.png",
        "previewImageUrl": "https://city.example/a.png",
    }
    api.post("/v2/bot/message/push", json={"to": OFFICER_ID, "messages": [image]})
    expect(by(page, "message", type="image")).to_contain_text("city.example")
