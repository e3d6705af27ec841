"""``/screen/<secret>``: the page of a screen in a zone, which shows the rotating site code as digits and QR code."""

from datetime import datetime
from pathlib import Path
from typing import Any

import segno
from flask import Blueprint, Response, abort, current_app, jsonify, render_template, send_from_directory

from checkin_api import fallbacks
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.fallbacks import ScreenCode

_HERE = Path(__file__).parent
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)

blueprint = Blueprint("screen", __name__, url_prefix="/screen", template_folder=str(_HERE / "templates"))


@blueprint.get("/<secret>")
def page(secret: str) -> Response:
    """The page; it asks for a new code whenever the one it shows ends."""
    shown = _shown(secret)
    answer = Response(render_template("screen.html", zone=shown.zone))
    answer.headers["Content-Security-Policy"] = _POLICY
    return _private(answer)


@blueprint.get("/<secret>/code")
def code(secret: str) -> Response:
    """What to show now, and for how long."""
    shown = _shown(secret)
    now: datetime = current_app.extensions["clock"].now()
    left_ms = round((shown.ends_at - now).total_seconds() * 1000)
    settings: Settings = current_app.extensions["settings"]
    picture = _picture(shown.code, settings.liff_id)
    told = {"code": shown.code, "picture": picture, "left_ms": left_ms, "now": now.isoformat()}
    return _private(jsonify(**told, timezone=settings.timezone))


@blueprint.get("/static/<path:name>")
def file(name: str) -> Response:
    """Script and style of the page."""
    return send_from_directory(_HERE / "static", name, conditional=True)


def _shown(secret: str) -> ScreenCode:
    database: Database = current_app.extensions["database"]
    extensions: dict[str, Any] = current_app.extensions
    with database.read() as session:
        found = fallbacks.screen_code(session, extensions["vault"], secret, extensions["clock"].now())
    return found or abort(404)


def _picture(code: str, liff_id: str) -> str:
    """The QR code as a data URI: of the check-in page with the code, for the phone's camera, or of the code alone."""
    content = f"https://liff.line.me/{liff_id}?place={code}" if liff_id else code
    uri: str = segno.make(content, error="m", micro=False).svg_data_uri(border=2, light="#fff")
    return uri


def _private(answer: Response) -> Response:
    """The address is a secret, and what it shows lives for seconds."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
