"""What stands in for LINE's SDK, in a real browser: on the phone page, and in a browser other than LINE's."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.integration.line_platform.conftest import CHROMIUM, LIFF_ID, NOW, OFFICER, OFFICER_ID

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
    pytest.mark.xdist_group("line_platform_page"),
]
PLACE = (24.11, 120.61)
# Returns what a call gives, or its error.
TRIED = "async (call) => { try { return await eval(call); } catch (e) { return {code: e.code, message: e.message}; } }"
READ = "new Promise((done) => navigator.geolocation.getCurrentPosition((p) => done(p.coords.toJSON()), done))"


@pytest.fixture
def page(line, browser, liff_app):
    """The phone page, and a zone with a place; a script error fails the test."""
    assert line.config.liff_apps == {LIFF_ID: liff_app}
    line.add_zone("D1", "第一分局", beacons={"d41d8cd991": "00"}, place=PLACE)
    problems = []
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-TW")
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{line.url}/#{OFFICER_ID}")
    expect(page.locator("body[data-ready]")).to_be_attached()
    yield page
    context.close()
    assert problems == []


def open_app(page: Page, *, init: bool = True) -> Frame:
    """Open the LIFF app on the phone and return its page."""
    page.get_by_test_id("liff-open").click()
    element = page.get_by_test_id("liff-frame").element_handle()
    frame = element.content_frame()
    assert frame
    frame.wait_for_function("window.liff !== undefined")
    if init:
        assert tried(frame, f"liff.init({{liffId: '{LIFF_ID}'}})") is None
    return frame


def tried(frame: Frame | Page, call: str):
    return frame.evaluate(TRIED, call)


@pytest.mark.parametrize(("system", "os"), [("android", "android"), ("iphone", "ios")])
def test_before_init_only_the_environment_is_told(page, line, system, os):
    line.switch(OFFICER, system=system)
    app = open_app(page, init=False)
    assert tried(app, "[liff.id, liff.isInClient(), liff.getOS(), liff.getLineVersion(), liff.getVersion()]") == [
        None,
        True,
        os,
        "15.12.0",
        "2.31.0",
    ]
    assert tried(app, "[liff.getAppLanguage(), liff.getLanguage()]") == ["zh-TW", "zh-TW"]
    for call in (
        "isLoggedIn()",
        "getIDToken()",
        "getDecodedIDToken()",
        "getAccessToken()",
        "getContext()",
        "getProfile()",
        "getFriendship()",
        "login()",
        "logout()",
        "isApiAvailable('scanCodeV2')",
        "openWindow({url: 'https://line.me'})",
        "sendMessages([])",
        "scanCodeV2()",
        "permission.query('profile')",
        "permission.getGrantedAll()",
    ):
        assert tried(app, f"liff.{call}") == {
            "code": "INVALID_CONFIG",
            "message": "liffId is necessary for liff.init()",
        }, call


def test_init_refuses_another_app_and_resolves_ready(page):
    app = open_app(page, init=False)
    assert tried(app, "liff.init({})")["code"] == "INVALID_CONFIG"
    assert tried(app, "liff.init({liffId: '1-other'})")["code"] == "INIT_FAILED"
    assert tried(app, f"liff.init({{liffId: '{LIFF_ID}'}}), liff.ready") is None
    assert tried(app, "liff.id") == LIFF_ID


def test_after_init_the_owner_and_the_chat_are_known(page, liff_app):
    app = open_app(page)
    assert tried(app, "liff.isLoggedIn()") is True
    assert tried(app, "liff.getProfile()") == {"userId": OFFICER_ID, "displayName": OFFICER}
    assert tried(app, "liff.getFriendship()") == {"friendFlag": True}
    assert tried(app, "liff.getDecodedIDToken().sub") == OFFICER_ID
    context = tried(app, "liff.getContext()")
    assert {name: context[name] for name in ("type", "viewType", "userId", "liffId", "endpointUrl")} == {
        "type": "utou",
        "viewType": "full",
        "userId": OFFICER_ID,
        "liffId": LIFF_ID,
        "endpointUrl": liff_app,
    }


def test_permissions_and_apis_are_those_of_the_registration(page):
    app = open_app(page)
    assert tried(app, "liff.permission.getGrantedAll()") == ["profile", "chat_message.write", "openid"]
    assert tried(app, "liff.permission.query('profile')") == {"state": "granted"}
    assert tried(app, "liff.permission.query('email')") == {"state": "unavailable"}
    assert tried(app, "liff.permission.query('camera')")["code"] == "INVALID_ARGUMENT"
    assert tried(app, "liff.permission.requestAll()")["code"] == "FORBIDDEN"
    assert tried(app, "liff.isApiAvailable('scanCodeV2')") is True
    assert tried(app, "liff.isApiAvailable('shareTargetPicker')") is False
    assert tried(app, "liff.isApiAvailable('teleport')")["code"] == "INVALID_ARGUMENT"


def test_the_id_token_stays_the_one_of_the_opening_even_when_it_has_run_out(page, line_clock):
    app = open_app(page)
    token = tried(app, "liff.getIDToken()")
    line_clock.advance(2 * 3600)
    assert tried(app, f"liff.init({{liffId: '{LIFF_ID}'}}).then(() => liff.getIDToken())") == token
    assert tried(app, "liff.getDecodedIDToken().exp") == NOW + 3600
    page.get_by_test_id("liff-close").click()
    assert tried(open_app(page), "liff.getDecodedIDToken().exp") == NOW + 3 * 3600


def test_friendship_is_asked_for_anew(page, line):
    app = open_app(page)
    line.unfollow(OFFICER)
    assert tried(app, "liff.getFriendship()") == {"friendFlag": False}


def test_a_logout_inside_line_lasts_until_the_page_is_loaded_again(page):
    app = open_app(page)
    assert tried(app, "liff.logout(), [liff.isLoggedIn(), liff.getIDToken(), liff.getAccessToken()]") == [
        False,
        None,
        None,
    ]
    assert tried(app, "liff.getProfile()")["code"] == "UNAUTHORIZED"
    # Inside LINE there is nothing to log in to: init does it.
    assert tried(app, f"liff.login(), liff.init({{liffId: '{LIFF_ID}'}}).then(() => liff.isLoggedIn())") is True


def test_close_window_closes_the_frame(page):
    open_app(page, init=False).evaluate("liff.closeWindow()")
    expect(page.get_by_test_id("liff")).to_be_hidden()
    expect(page.get_by_test_id("liff-frame")).to_have_count(0)


def test_open_window_opens_liff_apps_inside_and_names_other_addresses(page):
    app = open_app(page)
    assert tried(app, "liff.openWindow({})")["code"] == "INVALID_ARGUMENT"
    app.evaluate("liff.openWindow({url: 'https://city.example/help', external: true})")
    expect(page.get_by_test_id("dialog")).to_contain_text("https://city.example/help")
    page.keyboard.press("Escape")
    address = page.get_by_test_id("liff-frame").get_attribute("src")
    app.evaluate(f"liff.openWindow({{url: 'https://liff.line.me/{LIFF_ID}/month?of=11'}})")
    expect(page.get_by_test_id("liff-frame")).not_to_have_attribute("src", address)
    assert "/liff/month?of=11&liff.code=" in page.get_by_test_id("liff-frame").get_attribute("src")


def test_sent_messages_are_the_persons_own_and_flex_makes_no_event(page, line, receiver):
    app = open_app(page)
    bubble = "{type: 'bubble', body: {type: 'box', layout: 'vertical', contents: [{type: 'text', text: '簽到紀錄'}]}}"
    call = f"[{{type: 'text', text: '我到了'}}, {{type: 'flex', altText: '簽到紀錄', contents: {bubble}}}]"
    assert tried(app, f"liff.sendMessages({call})") is None
    page.get_by_test_id("liff-close").click()
    expect(page.locator('[data-testid="message"][data-sender="phone"]')).to_have_count(2)
    expect(page.locator('[data-testid="message"][data-via="liff"]').first).to_contain_text("我到了")
    line.wait_idle()
    assert [event["message"]["text"] for event in receiver.events()] == ["我到了"]


def test_wrong_messages_and_blocked_accounts_are_refused(page, line):
    app = open_app(page)
    assert tried(app, "liff.sendMessages([{type: 'text'}])")["code"] == "400"
    assert tried(app, "liff.sendMessages(Array(6).fill({type: 'text', text: 'a'}))")["code"] == "400"
    line.unfollow(OFFICER)
    assert tried(app, "liff.sendMessages([{type: 'text', text: '我到了'}])")["code"] == "403"


def scan(app: Frame) -> None:
    app.evaluate("window.scan = liff.scanCodeV2().then((found) => found, ({code}) => ({code})), null")


def test_a_scanned_code_is_the_text_that_was_pasted(page):
    app = open_app(page)
    scan(app)
    expect(page.get_by_test_id("scan-text")).to_be_focused()
    page.keyboard.type("https://city.example/?zone=D1")
    page.keyboard.press("Enter")
    assert app.evaluate("window.scan") == {"value": "https://city.example/?zone=D1"}
    expect(page.get_by_test_id("scanner")).to_be_hidden()


@pytest.mark.parametrize("how", ["button", "escape", "back", "page closed"])
def test_a_reader_that_is_closed_rejects(page, how):
    app = open_app(page)
    scan(app)
    expect(page.get_by_test_id("scanner")).to_be_visible()
    if how == "escape":
        page.keyboard.press("Escape")
    elif how == "page closed":
        app.evaluate("liff.closeWindow()")
    else:
        page.get_by_test_id("scan-close" if how == "button" else "phone-back").click()
    expect(page.get_by_test_id("scanner")).to_be_hidden()
    if how != "page closed":
        assert app.evaluate("window.scan") == {"code": "FORBIDDEN"}


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fedccc59e7"
    "0000000049454e44ae426082"
)


def test_a_photo_is_read_where_the_browser_can_and_else_the_page_says_so(page):
    app = open_app(page)
    scan(app)
    photo = {"name": "code.png", "mimeType": "image/png", "buffer": PIXEL}
    page.evaluate("delete window.BarcodeDetector")
    page.get_by_test_id("scan-photo").set_input_files(photo)
    expect(page.get_by_test_id("scan-status")).to_contain_text("這個瀏覽器不能辨識照片")
    # What Chromium has on Android and macOS.
    page.evaluate("window.BarcodeDetector = class { async detect() { return window.codes; } }; window.codes = []")
    page.get_by_test_id("scan-photo").set_input_files(photo)
    expect(page.get_by_test_id("scan-status")).to_contain_text("照片裡找不到條碼")
    page.evaluate("window.codes = [{rawValue: 'D1'}]")
    page.get_by_test_id("scan-photo").set_input_files(photo)
    assert app.evaluate("window.scan") == {"value": "D1"}


def test_the_page_is_told_the_place_of_the_zone(page, line):
    line.walk_in(OFFICER, "D1")
    app = open_app(page, init=False)
    found = tried(app, READ)
    assert found["latitude"] == pytest.approx(PLACE[0], abs=0.0005)
    assert found["longitude"] == pytest.approx(PLACE[1], abs=0.0005)
    assert 8 <= found["accuracy"] <= 22
    line.walk_out(OFFICER)
    assert abs(tried(app, READ)["latitude"] - PLACE[0]) + abs(tried(app, READ)["longitude"] - PLACE[1]) > 0.02


def test_a_watch_follows_the_walk_until_it_is_cleared(page, line):
    app = open_app(page, init=False)
    app.evaluate(
        "window.seen = [], window.watch = navigator.geolocation.watchPosition((p) => seen.push(p.coords.latitude),"
        " (e) => seen.push(-e.code)), null"
    )
    app.wait_for_function("seen.length === 1")
    line.walk_in(OFFICER, "D1")
    app.wait_for_function(f"Math.abs(seen.at(-1) - {PLACE[0]}) < 0.0005")
    line.switch(OFFICER, location_permission="off")
    app.wait_for_function("seen.at(-1) === -1")
    app.evaluate("navigator.geolocation.clearWatch(window.watch)")
    count = app.evaluate("seen.length")
    line.switch(OFFICER, location_permission="always")
    app.wait_for_timeout(1500)
    assert app.evaluate("seen.length") == count


def test_without_permission_the_position_fails_with_code_1(page, line):
    line.switch(OFFICER, location_permission="off")
    app = open_app(page, init=False)
    error = tried(app, READ)
    assert (error["code"], error["PERMISSION_DENIED"]) == (1, 1)
    asked = "navigator.permissions.query({name: 'geolocation'}).then(({state}) => state)"
    assert tried(app, asked) == "denied"
    line.switch(OFFICER, location_permission="in_use")
    assert tried(app, asked) == "granted"


def test_every_phone_has_storage_of_its_own_which_outlives_the_page(page, line):
    other = line.add_phone("王小明")
    app = open_app(page)
    app.evaluate("localStorage.setItem('kept', 'A'), sessionStorage.setItem('kept', 'A')")
    page.get_by_test_id("liff-close").click()
    app = open_app(page)
    assert app.evaluate("[localStorage.getItem('kept'), sessionStorage.getItem('kept')]") == ["A", None]
    page.locator(f'[data-testid="phone-item"][data-user-id="{other.user_id}"]').click()
    app = open_app(page)
    assert app.evaluate("[localStorage.getItem('kept'), localStorage.length, localStorage.key(0)]") == [None, 0, None]
    app.evaluate("localStorage.setItem('b', '1'), localStorage.clear()")
    page.locator(f'[data-testid="phone-item"][data-user-id="{OFFICER_ID}"]').click()
    assert open_app(page).evaluate("[localStorage.length, localStorage.key(0)]") == [1, "kept"]


def test_another_browser_logs_in_on_lines_page_and_is_not_in_the_client(page, liff_app):
    init = f"liff.init({{liffId: '{LIFF_ID}'}})"
    page.goto(liff_app)
    assert tried(
        page, f"{init}.then(() => [liff.isInClient(), liff.isLoggedIn(), liff.getOS(), liff.getLineVersion()])"
    ) == [
        False,
        False,
        "web",
        None,
    ]
    assert tried(page, "liff.getContext().type") == "external"
    page.evaluate("liff.login({redirectUri: location.href + 'month?of=11'})")
    page.get_by_test_id("login-as").get_by_text("林美玲").click()
    page.wait_for_url(f"{liff_app}month?of=11&liff.code=*")
    tried(page, init)
    assert tried(page, "[liff.isInClient(), liff.isLoggedIn(), liff.getDecodedIDToken().name]") == [
        False,
        True,
        "林美玲",
    ]
    assert tried(page, "liff.sendMessages([{type: 'text', text: 'a'}])")["code"] == "FORBIDDEN"
    page.evaluate("liff.logout()")
    page.reload()
    assert tried(page, f"{init}.then(() => liff.isLoggedIn())") is False


def test_login_goes_back_below_the_endpoint_url_only(web, liff_app):
    elsewhere = urlencode({"liffId": LIFF_ID, "redirectUri": "https://evil.example/", "user": OFFICER_ID})
    for path in ("/liff/login", "/liff/login/as"):
        assert web.get(f"{path}?{elsewhere}").status_code == 400
        assert web.get(f"{path}?liffId=1-a").status_code == 404
    answer = web.get("/liff/login/as", params={"liffId": LIFF_ID, "user": OFFICER_ID})
    assert answer.headers["Location"].startswith(f"{liff_app}?liff.code=web.")


def test_names_are_text_on_the_login_page(web, line, liff_app):
    line.add_phone("<b>王</b>", note='"><script>')
    page = web.get("/liff/login", params={"liffId": LIFF_ID, "redirectUri": liff_app}).text
    assert "&lt;b&gt;王" in page
    assert "<script>" not in page


def test_a_page_without_a_code_of_the_platform_is_told_nothing(web):
    for method, path in (("GET", "session"), ("GET", "position"), ("POST", "messages")):
        assert web.request(method, f"/liff/{path}", params={"code": "android.x.y"}).status_code == 404
