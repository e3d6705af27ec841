"""The rich menus and their pictures fit each other and LINE's rules."""

import io
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image

from checkin_api.domain.ids import MenuKind
from checkin_api.line.menus import PICTURES, Menu, Picture, draw, menus
from tests.line_platform.checks.rich_menu import check_image, check_rich_menu

LIFF_ID = "1650000002-AbcdEfgh"
EVERY_MENU = [*menus(""), *menus(LIFF_ID)]


def _id(each: Menu | Picture) -> str:
    return each.name


@pytest.mark.parametrize("menu", EVERY_MENU, ids=_id)
def test_the_platform_takes_every_menu_and_its_picture(menu: Menu):
    assert check_rich_menu(menu.body) is None
    assert check_image(menu.png) is None
    # Source: Messaging API reference, "Upload rich menu image".
    assert len(menu.png) <= 1_000_000


@pytest.mark.parametrize("menu", EVERY_MENU, ids=_id)
def test_the_areas_cover_the_picture_and_overlap_nowhere(menu: Menu):
    with Image.open(io.BytesIO(menu.png)) as image:
        width, height = image.size
    assert menu.body["size"] == {"width": width, "height": height}
    boxes = [area["bounds"] for area in menu.body["areas"]]
    assert sum(box["width"] * box["height"] for box in boxes) == width * height
    for box in boxes:
        assert 0 <= box["x"] < box["x"] + box["width"] <= width
        assert 0 <= box["y"] < box["y"] + box["height"] <= height
    for one, two in combinations(boxes, 2):
        apart_x = one["x"] + one["width"] <= two["x"] or two["x"] + two["width"] <= one["x"]
        apart_y = one["y"] + one["height"] <= two["y"] or two["y"] + two["height"] <= one["y"]
        assert apart_x or apart_y


@pytest.mark.parametrize("menu", EVERY_MENU, ids=_id)
def test_what_a_tap_says_is_what_the_picture_shows(menu: Menu):
    with Image.open(io.BytesIO(menu.png)) as image:
        picture = next(each for each in PICTURES if each.told() == image.info[draw.TOLD])
    labels = [area["action"]["label"].split()[0] for area in menu.body["areas"]]
    assert labels == [cell.zh for cell in picture.cells]


@pytest.mark.parametrize("picture", PICTURES, ids=_id)
def test_the_shipped_pictures_are_of_this_release(picture: Picture):
    """After a change of words or looks: ``make menus``."""
    with Image.open(io.BytesIO(picture.png())) as image:
        assert (image.size, image.info[draw.TOLD]) == (picture.size, picture.told())


def test_the_script_draws_every_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.argv", ["draw", str(tmp_path)])
    draw.main()
    for picture in PICTURES:
        with Image.open(tmp_path / f"{picture.name}.png") as image:
            assert image.size == picture.size


def test_without_a_page_everything_is_done_in_the_chat():
    kinds = {menu.kind: [area["action"]["type"] for area in menu.body["areas"]] for menu in menus("")}
    assert set(kinds) == set(MenuKind)
    assert {kind for types in kinds.values() for kind in types} == {"postback"}


def test_a_name_changes_with_what_is_in_the_menu():
    names = {menu.name for liff_id in ("", LIFF_ID, "1650000002-Other") for menu in menus(liff_id)}
    assert len(names) == 6
    assert [menu.name for menu in menus(LIFF_ID)] == [menu.name for menu in menus(LIFF_ID)]
