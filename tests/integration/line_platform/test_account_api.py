"""Bearer tokens, profile, bot info, webhook settings, loading animation, and requests LINE does not take."""

import httpx2
import pytest

from tests.integration.line_platform.conftest import OFFICER, OFFICER_ID


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic eDp5", "Bearer"])
def test_missing_or_wrong_bearer_token_is_401(web, header):
    headers = {} if header is None else {"Authorization": header}
    answer = web.get("/v2/bot/info", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["message"].startswith("Authentication failed due to the following reason: ")
    assert answer.headers["x-line-request-id"]


def test_profile_of_a_friend(api):
    assert api.get(f"/v2/bot/profile/{OFFICER_ID}").json() == {
        "userId": OFFICER_ID,
        "displayName": OFFICER,
        "language": "zh-TW",
    }


def test_profile_of_anyone_else_is_not_found(line, api):
    line.unfollow(OFFICER)
    for user_id in (OFFICER_ID, line.world.phone("林美玲").user_id, "U" + "0" * 32):
        answer = api.get(f"/v2/bot/profile/{user_id}")
        assert (answer.status_code, answer.json()) == (404, {"message": "Not found"})


def test_bot_info_names_the_destination_of_webhooks(line, api):
    assert api.get("/v2/bot/info").json()["userId"] == line.config.bot_user_id


def test_webhook_endpoint_can_be_set_and_read(api):
    assert api.put("/v2/bot/channel/webhook/endpoint", json={"endpoint": "https://a.example/hook"}).json() == {}
    assert api.get("/v2/bot/channel/webhook/endpoint").json() == {"endpoint": "https://a.example/hook", "active": True}


@pytest.mark.parametrize("url", ["http://a.example/hook", "ftp://a", "https://" + "a" * 500, "", None])
def test_webhook_endpoint_must_be_https_of_500_characters(api, url):
    answer = api.put("/v2/bot/channel/webhook/endpoint", json={"endpoint": url})
    assert (answer.status_code, answer.json()) == (400, {"message": "Invalid webhook endpoint URL"})


def test_webhook_test_reports_what_it_met(line, api, receiver):
    good = api.post("/v2/bot/channel/webhook/test", json={}).json()
    assert (good["success"], good["statusCode"], good["reason"], good["detail"]) == (True, 200, "OK", "200")
    receiver.statuses = [404]
    bad = api.post("/v2/bot/channel/webhook/test", json={}).json()
    assert (bad["success"], bad["reason"], bad["detail"]) == (False, "ERROR_STATUS_CODE", "404")
    nobody = api.post("/v2/bot/channel/webhook/test", json={"endpoint": "http://127.0.0.1:1/x"}).json()
    assert (nobody["statusCode"], nobody["reason"]) == (0, "COULD_NOT_CONNECT")
    line.set_webhook_url(None)
    assert api.post("/v2/bot/channel/webhook/test", json={}).status_code == 404


def test_loading_animation_takes_steps_of_five_seconds(line, api):
    assert api.post("/v2/bot/chat/loading/start", json={"chatId": OFFICER_ID, "loadingSeconds": 10}).status_code == 202
    assert line.world.phone(OFFICER).loading_until > line.clock.now()
    wrong = api.post("/v2/bot/chat/loading/start", json={"chatId": OFFICER_ID, "loadingSeconds": 62})
    assert [each["message"] for each in wrong.json()["details"]] == [
        "Must be between 5 and 60",
        "must be a multiple of five",
    ]
    group = api.post("/v2/bot/chat/loading/start", json={"chatId": "C" + "0" * 32})
    assert group.json()["details"][0]["property"] == "chatId"


@pytest.mark.parametrize(
    ("content", "kind", "status", "message"),
    [
        (b"{", "application/json", 400, "The request body could not be parsed as JSON (line: 1, column: 2)"),
        (b"[]", "application/json", 400, "The request body could not be parsed as JSON (line: 1, column: 1)"),
        (b"\xff", "application/json", 400, "The request body could not be parsed as JSON (line: -, column: -)"),
        (b"[" * 100_000, "application/json", 400, "The request body could not be parsed as JSON (line: -, column: -)"),
        (b"{}", "text/plain", 415, "The content type, text/plain, is not supported"),
        (b" " * (2 * 1024 * 1024 + 1), "application/json", 413, "The request is larger than 2 MB"),
    ],
)
def test_body_that_is_not_json_is_refused(api, content, kind, status, message):
    answer = api.post("/v2/bot/message/push", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()) == (status, {"message": message})


def test_body_without_length_is_refused(api):
    assert api.post("/v2/bot/message/push", content=iter([b"{}"])).status_code == 411
    assert api.get("/v2/bot/info").status_code == 200


def test_head_has_no_body(web):
    answer = web.head("/")
    assert (answer.status_code, answer.content) == (200, b"")


def test_unknown_paths_and_trailing_slashes_are_not_found(api):
    for path in ("/v2/bot/message/push/", "/v2/bot/nothing"):
        answer = api.post(path, json={})
        assert (answer.status_code, answer.json()) == (404, {"message": "Not found"})


def test_api_can_be_made_to_fail_a_number_of_times(line, api):
    line.fail_api("/v2/bot/info", status=429, times=2)
    answers = [api.get("/v2/bot/info") for _ in range(3)]
    assert [each.status_code for each in answers] == [429, 429, 200]
    assert answers[0].json() == {"message": "The API rate limit has been exceeded. Try again later."}
    assert all(each.headers["x-line-request-id"] for each in answers)


def test_api_can_hang_until_the_caller_gives_up(line, api):
    line.fail_api("/v2/bot/info", hang_s=5)
    with pytest.raises(httpx2.ReadTimeout):
        api.get("/v2/bot/info", timeout=0.2)
    assert api.get("/v2/bot/info").status_code == 200


def test_calls_are_listed(line, api):
    api.get("/v2/bot/info")
    api.post("/v2/bot/message/push", json={})
    assert [(call.method, call.path, call.status) for call in line.api_calls("/v2/bot")] == [
        ("GET", "/v2/bot/info", 200),
        ("POST", "/v2/bot/message/push", 400),
    ]
