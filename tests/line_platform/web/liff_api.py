"""What the SDK in a LIFF page asks the platform, and the login page for browsers other than LINE's."""

import json
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as Redirection

from tests.line_platform.errors import ApiError, ConfigError, RefusedError, UnknownError
from tests.line_platform.liff_apps import LiffSession, with_code
from tests.line_platform.phones import Friendship, Phone
from tests.line_platform.positions import NoPosition
from tests.line_platform.web.request import platform

_TEMPLATES = Path(__file__).parent.parent / "page" / "templates"
blueprint = Blueprint("liff_api", __name__, url_prefix="/liff", template_folder=str(_TEMPLATES))

# What the LIFF apps were registered with. `email` needs LINE's approval and is left out.
_SCOPES = ["profile", "chat_message.write", "openid"]
_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors http://127.0.0.1:*"
)


def _for_the_page(view: Callable[[LiffSession, Phone], Any]) -> Callable[[], Response]:
    """The page is of the server under test, on another port; `?code=` is of its address."""

    @wraps(view)
    def answering() -> Response:
        world = platform().world
        with world.lock:
            session = world.liff_sessions.get(request.args.get("code", ""))
        if session is None:
            answer = jsonify(error="no LIFF page was opened with this code")
            answer.status_code = 404
        else:
            answer = view(session, world.phone(session.user_id))
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return answering


@blueprint.get("/session")
@_for_the_page
def session(opened: LiffSession, phone: Phone) -> Response:
    """Tell the SDK whose phone it is on, and hand out the tokens of this opening."""
    return jsonify(
        liffId=opened.liff_id,
        userId=opened.user_id,
        displayName=phone.name,
        idToken=opened.id_token,
        accessToken=opened.access_token,
        friendFlag=phone.friendship is Friendship.FRIEND,
        endpointUrl=platform().config.liff_apps[opened.liff_id],
        scope=_SCOPES,
    )


@blueprint.get("/position")
@_for_the_page
def position(_opened: LiffSession, phone: Phone) -> Response:
    """Return where the phone is, or the code of a GeolocationPositionError."""
    where = platform().position(phone)
    return jsonify({"error": int(where)} if isinstance(where, NoPosition) else where.as_json())


@blueprint.post("/messages")
@_for_the_page
def messages(opened: LiffSession, phone: Phone) -> Response:
    """Send messages to the chat; the body is JSON as plain text, which a browser may send without asking first."""
    if not opened.in_client:
        return _refused(403, "the page was not opened in a chat")
    try:
        platform().send_from_page(phone, json.loads(request.get_data()))
    except ApiError as exc:
        return _refused(exc.status, exc.message)
    except RefusedError as exc:
        return _refused(403, str(exc))
    except ValueError:
        return _refused(400, "The request body could not be parsed as JSON")
    return jsonify({})


def _refused(status: int, message: str) -> Response:
    answer = jsonify(message=message)
    answer.status_code = status
    return answer


@blueprint.get("/login")
def login() -> Response:
    """Show LINE's login page of a browser other than LINE's: whose account it shall be."""
    liff_id, address = _login_target()
    world = platform().world
    with world.lock:
        people = list(world.phones.values())
    answer = Response(render_template("login.html", people=people, liff_id=liff_id, address=address))
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/login/as")
def login_as() -> Redirection:
    """Log in as somebody and go back to the page."""
    liff_id, address = _login_target()
    world = platform().world
    code = world.open_liff(world.phone(request.args.get("user", "")), liff_id, in_client=False)
    return redirect(with_code(address, code))


def _login_target() -> tuple[str, str]:
    """Whose page asks, and where to go back to: below the app's endpoint URL, as LINE insists."""
    liff_id = request.args.get("liffId", "")
    endpoint = platform().config.liff_apps.get(liff_id)
    if endpoint is None:
        raise UnknownError(f"no LIFF app {liff_id!r}")
    address = request.args.get("redirectUri") or endpoint
    if not address.startswith(endpoint):
        raise ConfigError([f"redirectUri must begin with the endpoint URL {endpoint}"])
    return liff_id, address
