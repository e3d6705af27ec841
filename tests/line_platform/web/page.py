"""The phone page: its files, one view of everything it shows, and a stream that says when to look again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, request, send_from_directory

from tests.line_platform.errors import UnknownError
from tests.line_platform.phones import Phone
from tests.line_platform.web.request import platform
from tests.line_platform.world import World

blueprint = Blueprint("page", __name__)

_STATIC = Path(__file__).parent.parent / "page" / "static"
_LOG_SHOWN = 40
# Styles are set through the DOM, images may come from a server under test on this machine, nothing from elsewhere.
# The page frames LIFF pages of that server, and itself where several phones stand side by side.
_POLICY = (
    "default-src 'self'; img-src 'self' data: http://127.0.0.1:* http://localhost:*; "
    "frame-src 'self' http://127.0.0.1:* http://localhost:*; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
# A burst of changes is one message; an idle stream is kept open with a comment.
_STREAM_PAUSE_S = 0.1
_STREAM_IDLE_S = 15.0


@blueprint.get("/")
def index() -> Response:
    """Return the page."""
    return _static("index.html")


@blueprint.get("/static/<path:name>")
def static_file(name: str) -> Response:
    """Return one of the page's files."""
    return _static(name)


@blueprint.get("/liff/sdk.js")
def liff_sdk() -> Response:
    """Return what stands in for LINE's SDK."""
    return _static("liff-sdk.js")


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Return the page's icon."""
    return _static("icon.svg")


@blueprint.get("/_/view")
def view() -> Response:
    """Return what the page shows, with the chat of the phone `?phone=`."""
    world = platform().world
    with world.lock:
        phone = world.phones.get(request.args.get("phone", ""))
        return jsonify(
            revision=world.revision,
            now_ms=world.clock.now_ms(),
            bot_name=platform().config.bot_name,
            liff_ids=list(platform().config.liff_apps),
            webhook_url=world.webhook_url,
            faults=world.faults.as_json(),
            quota={"limit": world.quota.limit, "used": world.quota.used(world.clock.now())},
            phones=[each.as_json() for each in world.phones.values()],
            zones=[zone.as_json() for zone in world.zones.values()],
            open=None if phone is None else _open_phone(world, phone),
            deliveries=[each.as_json() for each in list(world.logs.deliveries)[-_LOG_SHOWN:]],
            api_calls=[each.as_json() for each in list(world.logs.api_calls)[-_LOG_SHOWN:]],
        )


@blueprint.get("/_/richmenus/<menu_id>/image")
def rich_menu_image(menu_id: str) -> Response:
    """Return a rich menu's image to the page, which holds no channel access token."""
    menu = platform().world.rich_menus.get(menu_id)
    if menu.image is None:
        raise UnknownError(f"no image for {menu_id}")
    return Response(menu.image, mimetype=menu.image_type)


@blueprint.get("/_/stream")
def stream() -> Response:
    """Send the revision as a server-sent event whenever something has changed."""
    return Response(_revisions(platform().world), mimetype="text/event-stream", headers={"Cache-Control": "no-store"})


def _open_phone(world: World, phone: Phone) -> dict[str, Any]:
    menu = world.rich_menus.shown_to(phone.user_id)
    return {
        "id": phone.user_id,
        "chat": [message.as_json() for message in phone.chat],
        "loading": phone.loading_until > world.clock.now(),
        "rich_menu": None if menu is None else menu.as_json(),
    }


def _revisions(world: World) -> Iterator[str]:
    seen = -1
    while not world.closing.is_set():
        revision = world.wait_for_change(seen, _STREAM_IDLE_S)
        yield ": still here\n\n" if revision == seen else f"data: {json.dumps(revision)}\n\n"
        seen = revision
        world.closing.wait(_STREAM_PAUSE_S)


def _static(name: str) -> Response:
    response = send_from_directory(_STATIC, name)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
