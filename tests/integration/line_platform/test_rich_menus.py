"""Rich menus: limits, image, default and per-user menus."""

import struct
import zlib
from typing import Any

import pytest
from httpx2 import Client, Response

from tests.integration.line_platform.conftest import OFFICER, OFFICER_ID

MENU: dict[str, Any] = {
    "size": {"width": 2500, "height": 843},
    "selected": True,
    "name": "簽到",
    "chatBarText": "簽到選單",
    "areas": [
        {
            "bounds": {"x": 0, "y": 0, "width": 1250, "height": 843},
            "action": {"type": "postback", "label": "簽到", "data": "in"},
        }
    ],
}


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    rows = zlib.compress(b"".join(b"\0" + b"\x20" * width for _ in range(height)))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def upload(api: Client, menu_id: str, image: bytes, kind: str = "image/png") -> Response:
    return api.post(f"/v2/bot/richmenu/{menu_id}/content", content=image, headers={"Content-Type": kind})


@pytest.fixture
def menu_id(api):
    menu_id = api.post("/v2/bot/richmenu", json=MENU).json()["richMenuId"]
    assert upload(api, menu_id, png(2500, 843)).json() == {}
    return menu_id


def test_created_menu_is_listed_and_deleted(api, menu_id):
    assert api.get("/v2/bot/richmenu/list").json() == {"richmenus": [{"richMenuId": menu_id, **MENU}]}
    assert api.get(f"/v2/bot/richmenu/{menu_id}").json()["name"] == "簽到"
    assert api.delete(f"/v2/bot/richmenu/{menu_id}").json() == {}
    assert api.get(f"/v2/bot/richmenu/{menu_id}").status_code == 404


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        ({"name": None}, "name", "must be specified"),
        ({"chatBarText": "十五個字的選單文字太長了不行喔"}, "chatBarText", "Length must be between 0 and 14"),
        ({"areas": MENU["areas"] * 21}, "areas", "Size must be between 0 and 20"),
        ({"size": {"width": 799, "height": 300}}, "size.width", "Must be between 800 and 2500"),
        (
            {"areas": [{**MENU["areas"][0], "action": {"type": "uri", "uri": "ftp://a"}}]},
            "areas[0].action.uri",
            "invalid uri",
        ),
    ],
)
def test_wrong_menu_is_refused(api, change, place, message):
    for path in ("/v2/bot/richmenu", "/v2/bot/richmenu/validate"):
        answer = api.post(path, json={**MENU, **change})
        assert answer.status_code == 400
        assert answer.json()["details"] == [{"message": message, "property": place}]


def test_image_must_have_the_right_size_and_type_and_comes_once(api):
    menu_id = api.post("/v2/bot/richmenu", json=MENU).json()["richMenuId"]
    for wrong in (png(700, 300), png(800, 700), b"no image"):
        assert upload(api, menu_id, wrong).json() == {"message": "The image size is not allowed for richmenu"}
    assert upload(api, menu_id, png(800, 300), "image/gif").status_code == 415
    assert upload(api, menu_id, png(800, 300)).status_code == 200
    assert upload(api, menu_id, png(800, 300)).json() == {
        "message": "An image has already been uploaded to the richmenu"
    }
    assert api.get(f"/v2/bot/richmenu/{menu_id}/content").content == png(800, 300)


def test_jpeg_size_is_read(api):
    menu_id = api.post("/v2/bot/richmenu", json=MENU).json()["richMenuId"]
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 843, 2500) + b"\x01\x01\x11\x00"
    assert upload(api, menu_id, jpeg, "image/jpeg").status_code == 200


def test_menu_without_image_cannot_be_shown(api):
    menu_id = api.post("/v2/bot/richmenu", json=MENU).json()["richMenuId"]
    answer = api.post(f"/v2/bot/user/all/richmenu/{menu_id}")
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "must upload richmenu image before applying it to user",
    )


def test_default_menu_is_set_read_and_cleared(api, menu_id):
    assert api.get("/v2/bot/user/all/richmenu").status_code == 404
    api.post(f"/v2/bot/user/all/richmenu/{menu_id}")
    assert api.get("/v2/bot/user/all/richmenu").json() == {"richMenuId": menu_id}
    api.delete("/v2/bot/user/all/richmenu")
    assert api.get("/v2/bot/user/all/richmenu").status_code == 404


def test_menu_of_a_user_goes_before_the_default(line, api, menu_id):
    other = api.post("/v2/bot/richmenu", json={**MENU, "name": "組長"}).json()["richMenuId"]
    upload(api, other, png(2500, 843))
    api.post(f"/v2/bot/user/all/richmenu/{menu_id}")
    assert api.post(f"/v2/bot/user/{OFFICER_ID}/richmenu/{other}").json() == {}
    assert api.get(f"/v2/bot/user/{OFFICER_ID}/richmenu").json() == {"richMenuId": other}
    assert line.world.rich_menus.shown_to(OFFICER_ID).menu["name"] == "組長"
    api.delete(f"/v2/bot/user/{OFFICER_ID}/richmenu")
    assert line.world.rich_menus.shown_to(OFFICER_ID).id == menu_id
    assert api.get(f"/v2/bot/user/{OFFICER_ID}/richmenu").json() == {"message": "the user has no richmenu"}


def test_linking_to_one_who_is_no_friend_is_answered_200_without_effect(line, api, menu_id):
    stranger = line.world.phone("林美玲").user_id
    assert api.post(f"/v2/bot/user/{stranger}/richmenu/{menu_id}").status_code == 200
    assert api.get(f"/v2/bot/user/{stranger}/richmenu").status_code == 404
    assert api.post(f"/v2/bot/user/nobody/richmenu/{menu_id}").status_code == 400


def test_bulk_linking_and_unlinking(api, menu_id):
    body = {"richMenuId": menu_id, "userIds": [OFFICER_ID]}
    assert api.post("/v2/bot/richmenu/bulk/link", json=body).status_code == 202
    assert api.get(f"/v2/bot/user/{OFFICER_ID}/richmenu").status_code == 200
    assert api.post("/v2/bot/richmenu/bulk/unlink", json={"userIds": [OFFICER_ID]}).status_code == 202
    assert api.get(f"/v2/bot/user/{OFFICER_ID}/richmenu").status_code == 404
    wrong = api.post("/v2/bot/richmenu/bulk/link", json={**body, "userIds": ["x"]})
    assert "'userIds[0]'" in wrong.json()["message"]


def test_area_can_be_pressed(line, receiver, api, menu_id):
    api.post(f"/v2/bot/user/all/richmenu/{menu_id}")
    line.press(OFFICER, "簽到")
    line.wait_idle()
    assert receiver.events()[-1]["postback"] == {"data": "in"}
