"""The control API does over HTTP what the Python methods do, and says what was wrong."""

import base64

import pytest

from tests.integration.line_platform.conftest import OFFICER, OFFICER_ID


def test_phone_can_be_added_and_makes_events(receiver, control):
    added = control.post("/phones", json={"name": "王小明", "note": "428100"})
    assert added.status_code == 201
    phone = added.json()["id"]
    assert control.post(f"/phones/{phone}/say", json={"text": "綁定 428100"}).json()["event_id"]
    assert control.post("/idle").json() == {"idle": True}
    assert receiver.events()[-1]["source"]["userId"] == phone
    assert [each["note"] for each in control.get("/state").json()["phones"]] == ["", "", "428100"]


def test_zone_can_be_added_and_walked_into(receiver, control):
    zone = {"code": "D2", "name": "第二分局", "beacons": [{"hwid": "FD5EA0AD1E", "dm": "00"}]}
    assert control.post("/zones", json=zone).status_code == 201
    walk = control.post(f"/phones/{OFFICER_ID}/walk", json={"zone": "D2"}).json()
    assert (len(walk["event_ids"]), walk["silence"]) == (1, None)
    assert control.put("/beacons/fd5ea0ad1e", json={"dm": "01"}).status_code == 200
    control.post(f"/phones/{OFFICER}/linger", json={"kind": "stay"})
    control.post("/idle")
    assert [(e["beacon"]["type"], e["beacon"]["dm"]) for e in receiver.events()] == [("enter", "00"), ("stay", "01")]
    assert control.post(f"/phones/{OFFICER}/walk", json={"zone": None}).json() == {}
    assert control.get("/state").json()["phones"][0]["zone"] is None


def test_every_act_has_its_event(receiver, control):
    acts = [
        ("hear", {"hwid": "0000000001", "dm": "ff"}),
        ("sticker", {}),
        ("location", {"latitude": 25, "longitude": 121}),
        ("tap", {"postback_data": "in", "display_text": "簽到"}),
        ("perform", {"action": {"type": "message", "label": "嗨", "text": "嗨"}}),
        ("unfollow", {}),
        ("follow", {}),
    ]
    for act, body in acts:
        assert control.post(f"/phones/{OFFICER}/{act}", json=body).status_code == 200
        control.post("/idle")
    kinds = [event["type"] for event in receiver.events()]
    assert kinds == ["beacon", "message", "message", "postback", "message", "unfollow", "follow"]


def test_actions_that_need_the_person_are_handed_back(control):
    for action, answer in (
        ({"type": "uri", "uri": "https://liff.line.me/1-a"}, {"open": "https://liff.line.me/1-a"}),
        ({"type": "clipboard", "clipboardText": "A1"}, {"copy": "A1"}),
        ({"type": "camera"}, {"app": "camera"}),
    ):
        assert control.post(f"/phones/{OFFICER}/perform", json={"action": action}).json() == answer


def test_messages_can_be_waited_for(line, control):
    line.world.show(line.world.phone(OFFICER), "account", "push", {"type": "text", "text": "簽到成功"})
    got = control.get(f"/phones/{OFFICER}/messages", params={"text": "成功", "timeout_s": 1})
    assert got.status_code == 200
    last = got.json()["messages"][-1]
    assert (last["text"], last["sender"], last["via"]) == ("簽到成功", "account", "push")
    late = control.get(f"/phones/{OFFICER}/messages", params={"text": "成功", "after": last["seq"], "timeout_s": 0.05})
    assert (late.status_code, late.json()) == (408, {"messages": []})


def test_batch_shares_one_request(receiver, control):
    acts = [{"phone": OFFICER, "act": "walk", "zone": "HQ"}, {"phone": OFFICER, "act": "say", "text": "到了"}]
    done = control.post("/batch", json={"acts": acts}).json()["done"]
    control.post("/idle")
    assert len(done) == 2
    assert [len(request.events) for request in receiver.requests] == [3]


def test_faults_are_set_and_cleared(line, control):
    assert control.put("/faults", json={"duplicate": True, "delay_s": 1}).json()["duplicate"] is True
    assert control.post("/faults/api", json={"path": "/v2/bot/info", "status": 500}).status_code == 200
    assert control.delete("/faults").json()["duplicate"] is False
    assert line.world.api_faults.waiting == []
    assert control.put("/faults", json={"duplicate": "yes"}).json() == {"error": "duplicate: expected bool, got 'yes'"}


def test_raw_bodies_and_logs(receiver, control):
    sent = control.post("/raw", json={"body_base64": base64.b64encode(b"\xff").decode(), "signature": "wrong"}).json()
    assert (sent["status"], sent["note"], receiver.requests[0].body) == (200, "raw", b"\xff")
    assert control.get("/deliveries").json()["deliveries"][0]["seq"] == sent["seq"]
    assert control.get("/deliveries", params={"after": sent["seq"]}).json() == {"deliveries": []}
    assert control.get("/api-calls").json() == {"api_calls": []}


def test_webhook_url_clock_keys_and_tokens(control):
    control.put("/webhook", json={"url": None})
    assert control.get("/state").json()["webhook_url"] is None
    before = control.get("/state").json()["now_ms"]
    assert control.post("/clock", json={"advance_s": 61}).json()["now_ms"] == before + 61_000
    assert control.post("/clock", json={"set_to": 1_800_000_000}).json()["now_ms"] == 1_800_000_000_000
    kid = control.post("/keys/rotate").json()["kid"]
    token = control.post(f"/phones/{OFFICER}/id-token", json={"aud": "x"}).json()["id_token"]
    assert kid in base64.b64decode(token.split(".")[0] + "==").decode()
    assert control.post(f"/phones/{OFFICER}/access-token").json()["access_token"]


def test_verify_button_tells_what_came(receiver, control):
    receiver.statuses = [200, 401]
    answers = [control.post("/webhook/verify").json() for _ in range(2)]
    assert [(each["success"], each["status"]) for each in answers] == [(True, 200), (False, 401)]
    assert [request.events for request in receiver.requests] == [[], []]


def test_reset_goes_back_to_the_configuration(line, control):
    control.post("/phones", json={"name": "王小明"})
    control.put("/faults", json={"reorder": True})
    control.post(f"/phones/{OFFICER}/say", json={"text": "嗨"})
    keys = line.world.identity.jwks()
    control.post("/reset")
    state = control.get("/state").json()
    assert len(state["phones"]) == 2
    assert state["faults"]["reorder"] is False
    assert line.chat(OFFICER) == []
    assert line.world.identity.jwks() == keys


@pytest.mark.parametrize(
    ("request_line", "body", "status", "error"),
    [
        ("POST /phones", {}, 400, "phone.name: required"),
        ("POST /phones", {"name": "x", "line_user_id": "U1"}, 400, "phone.line_user_id: expected U and 32"),
        ("POST /phones", {"name": "x", "line_user_id": OFFICER_ID}, 400, "there is a phone"),
        ("POST /zones", {"code": "A", "beacons": [{"hwid": "1"}]}, 400, "hwid: expected 10 hexadecimal digits"),
        ("PUT /beacons/d41d8cd98f", {"dm": "00" * 14}, 400, "1 to 13 bytes"),
        (f"POST /phones/{OFFICER}/dance", {}, 400, "unknown act 'dance'; there are walk, "),
        (f"POST /phones/{OFFICER}/say", {"txt": "嗨"}, 400, "wrong arguments"),
        (f"POST /phones/{OFFICER}/say", {"text": " "}, 400, "1 to 5000"),
        (f"POST /phones/{OFFICER}/walk", {"zonee": "HQ"}, 400, "wrong arguments"),
        (f"POST /phones/{OFFICER}/press", {"label": "簽到"}, 404, "no button '簽到'"),
        ("POST /phones/nobody/say", {"text": "嗨"}, 404, "no phones are called 'nobody'"),
        ("GET /nothing", None, 404, "Not found"),
    ],
)
def test_mistakes_are_answered_with_what_was_wrong(control, request_line, body, status, error):
    answer = control.request(*request_line.split(), json=body)
    assert answer.status_code == status
    assert error in answer.json()["error"]
