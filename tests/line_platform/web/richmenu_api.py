"""LINE's rich menu endpoints; api.line.me and api-data.line.me are one server here."""

from collections.abc import Iterable

from flask import Blueprint, Response, jsonify, request

from tests.line_platform.checks.rich_menu import check_rich_menu
from tests.line_platform.errors import ApiError, invalid_property
from tests.line_platform.ids import USER_ID
from tests.line_platform.phones import Friendship
from tests.line_platform.richmenus import RichMenus
from tests.line_platform.web.request import check_channel_token, json_body, platform

blueprint = Blueprint("richmenu_api", __name__, url_prefix="/v2/bot")
blueprint.before_request(check_channel_token)

_MOST_USERS = 500


@blueprint.post("/richmenu")
def create() -> Response:
    """Create a menu."""
    body, world = json_body(), platform().world
    with world.lock:
        return jsonify(richMenuId=_menus().create(body).id)


@blueprint.post("/richmenu/validate")
def validate() -> Response:
    """Check a menu without creating it."""
    error = check_rich_menu(json_body())
    if error:
        raise error
    return jsonify({})


@blueprint.get("/richmenu/list")
def list_all() -> Response:
    """Return every menu."""
    return jsonify(richmenus=[menu.as_json() for menu in _menus().all()])


@blueprint.get("/richmenu/<menu_id>")
def get(menu_id: str) -> Response:
    """Return one menu."""
    return jsonify(_menus().get(menu_id).as_json())


@blueprint.delete("/richmenu/<menu_id>")
def delete(menu_id: str) -> Response:
    """Delete a menu."""
    with platform().world.lock:
        _menus().delete(menu_id)
    return _done()


@blueprint.post("/richmenu/<menu_id>/content")
def upload(menu_id: str) -> Response:
    """Give a menu its image."""
    with platform().world.lock:
        _menus().set_image(menu_id, request.get_data(), request.mimetype)
    return _done()


@blueprint.get("/richmenu/<menu_id>/content")
def download(menu_id: str) -> Response:
    """Return a menu's image."""
    menu = _menus().get(menu_id)
    if menu.image is None:
        raise ApiError(404, "Not found")
    return Response(menu.image, mimetype=menu.image_type)


@blueprint.post("/user/all/richmenu/<menu_id>")
def set_default(menu_id: str) -> Response:
    """Show a menu to everyone."""
    with platform().world.lock:
        _menus().set_default(menu_id)
    return _done()


@blueprint.get("/user/all/richmenu")
def get_default() -> Response:
    """Return the default menu's id."""
    default = _menus().default
    if default is None:
        raise ApiError(404, "no default richmenu")
    return jsonify(richMenuId=default)


@blueprint.delete("/user/all/richmenu")
def clear_default() -> Response:
    """Show no default menu."""
    with platform().world.lock:
        _menus().clear_default()
    return _done()


@blueprint.post("/user/<user_id>/richmenu/<menu_id>")
def link(user_id: str, menu_id: str) -> Response:
    """Give one user a menu; 200 and no effect where the user is not a friend."""
    _check_user(user_id)
    with platform().world.lock:
        _menus().link(_friends([user_id]), menu_id)
    return _done()


@blueprint.get("/user/<user_id>/richmenu")
def linked(user_id: str) -> Response:
    """Return the id of a user's own menu."""
    _check_user(user_id)
    menu_id = _menus().linked(user_id)
    if menu_id is None:
        raise ApiError(404, "the user has no richmenu")
    return jsonify(richMenuId=menu_id)


@blueprint.delete("/user/<user_id>/richmenu")
def unlink(user_id: str) -> Response:
    """Take a user's own menu away."""
    _check_user(user_id)
    with platform().world.lock:
        _menus().unlink(_friends([user_id]))
    return _done()


@blueprint.post("/richmenu/bulk/link")
def bulk_link() -> tuple[Response, int]:
    """Give many users a menu."""
    body = json_body()
    users = _user_ids(body.get("userIds"))
    with platform().world.lock:
        _menus().link(_friends(users), str(body.get("richMenuId")))
    return _done(), 202


@blueprint.post("/richmenu/bulk/unlink")
def bulk_unlink() -> tuple[Response, int]:
    """Take many users' own menus away."""
    users = _user_ids(json_body().get("userIds"))
    with platform().world.lock:
        _menus().unlink(_friends(users))
    return _done(), 202


def _menus() -> RichMenus:
    return platform().world.rich_menus


def _done() -> Response:
    platform().world.touch()
    return jsonify({})


def _check_user(user_id: str) -> None:
    if not USER_ID.fullmatch(user_id):
        raise ApiError(400, "The value for the 'userId' parameter is invalid")


def _user_ids(value: object) -> list[str]:
    if not isinstance(value, list) or not 1 <= len(value) <= _MOST_USERS:
        raise invalid_property("userIds")
    for i, user_id in enumerate(value):
        if not isinstance(user_id, str) or not USER_ID.fullmatch(user_id):
            raise invalid_property(f"userIds[{i}]")
    return value


def _friends(user_ids: Iterable[str]) -> list[str]:
    phones = platform().world.phones
    return [each for each in user_ids if each in phones and phones[each].friendship is Friendship.FRIEND]
