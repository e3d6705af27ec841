"""The WSGI application: blueprints, API faults, request ids, and errors in LINE's shape."""

from typing import TYPE_CHECKING

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from tests.line_platform import ids
from tests.line_platform.deliveries import ApiCall
from tests.line_platform.errors import ApiError, PlatformError, UnknownError
from tests.line_platform.faults import ApiFault
from tests.line_platform.web import account_api, control_api, liff_api, message_api, oauth_api, page, richmenu_api
from tests.line_platform.web.request import platform

if TYPE_CHECKING:
    from tests.line_platform.platform import LinePlatform

# Everything else belongs to the tester, not to LINE: no faults, no request id, not in the list of calls.
_LINE_PATHS = ("/v2/", "/oauth2/", "/friendship/", "/.well-known/")
_ANSWER_KEPT = 2000
# LINE's words for what the router refuses; 405 has no documented text.
_ROUTING = {404: "Not found", 405: "Method not allowed"}


def create_app(line_platform: "LinePlatform") -> Flask:
    """Return the application of one platform."""
    app = Flask(__name__, static_folder=None)
    app.extensions["line_platform"] = line_platform
    for blueprint in (
        message_api.blueprint,
        account_api.blueprint,
        richmenu_api.blueprint,
        oauth_api.blueprint,
        control_api.blueprint,
        liff_api.blueprint,
        page.blueprint,
    ):
        app.register_blueprint(blueprint)
    app.before_request(_before)
    app.after_request(_after)
    app.register_error_handler(ApiError, _api_error)
    app.register_error_handler(PlatformError, _control_error)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _before() -> Response | None:
    g.request_id = ids.request_id()
    g.fault = None
    if not request.path.startswith(_LINE_PATHS):
        return None
    world = platform().world
    with world.lock:
        g.fault = world.api_faults.take(request.path)
    if g.fault is None or g.fault.accepted:
        return None
    world.closing.wait(g.fault.hang_s)
    return _failed(g.fault) if g.fault.status else None


def _after(response: Response) -> Response:
    if not request.path.startswith(_LINE_PATHS):
        return response
    world, fault = platform().world, g.get("fault")
    if fault is not None and fault.accepted:
        world.closing.wait(fault.hang_s)
        response = _failed(fault) if fault.status else response
    response.headers["x-line-request-id"] = g.request_id
    with world.lock:
        call = ApiCall(
            seq=world.logs.next_seq(),
            at_ms=world.clock.now_ms(),
            method=request.method,
            path=request.path,
            status=response.status_code,
            request_id=g.request_id,
            answer="" if response.mimetype != "application/json" else response.get_data(as_text=True)[:_ANSWER_KEPT],
        )
        world.logs.api_calls.append(call)
        world.touch()
    return response


def _failed(fault: ApiFault) -> Response:
    response = jsonify(message=fault.text())
    response.status_code = fault.status or 500
    return response


def _api_error(error: ApiError) -> Response:
    response = jsonify(error.body())
    response.status_code = error.status
    response.headers.update(error.headers)
    return response


def _control_error(error: PlatformError) -> Response:
    response = jsonify(error=str(error))
    response.status_code = 404 if isinstance(error, UnknownError) else 400
    return response


def _http_error(error: HTTPException) -> Response:
    code = error.code or 500
    text = _ROUTING.get(code, error.description or error.name)
    response = jsonify({"message" if request.path.startswith(_LINE_PATHS) else "error": text})
    response.status_code = code
    return response
