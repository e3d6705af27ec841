"""``/liff/``: one page, never stored, whose files lie under the release's own path and are stored for ever."""

import gzip
import mimetypes
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, render_template, request

_HERE = Path(__file__).parent
_STATIC = _HERE / "static"
# What LINE's SDK loads and asks besides itself. Source: strings in @line/liff 2.31.0.
_LINE_SDK_HOST = "static.line-scdn.net"
_LINE_SCRIPTS = "https://static.line-scdn.net"
_LINE_TALKS_TO = (
    "https://api.line.me https://access.line.me https://liff.line.me https://liffsdk.line-scdn.net "
    "https://liff-subwindow.line.me https://uts-front.line-apps.com https://static.line-scdn.net"
)
# A year, the longest that caches are asked to keep anything. Source: RFC 9111, and usage.
_FOR_EVER = "public, max-age=31536000, immutable"


def blueprint(*, liff_id: str, sdk_url: str, version: str) -> Blueprint:
    """The app for one LIFF ID.

    Args:
        liff_id: of the LIFF app in LINE's console.
        sdk_url: where LINE's SDK is loaded from; another host than LINE's is a stand-in's, which may frame the page.
        version: the release, part of every file's path, so that a phone never mixes two of them.
    """
    app = Blueprint("liff", __name__, url_prefix="/liff", template_folder=str(_HERE / "templates"))
    policy, files = _policy(sdk_url), _files()

    @app.get("/")
    def page() -> Response:
        """The page."""
        answer = Response(render_template("liff.html", liff_id=liff_id, sdk_url=sdk_url, version=version))
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Content-Security-Policy"] = policy
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    @app.get("/<release>/<path:name>")
    def file(release: str, name: str) -> Response:
        """A file of this release; another release's is not there."""
        if release != version or name not in files:
            abort(404)
        kind, plain, packed = files[name]
        # Some proxies still ask for nothing packed.
        is_packed = request.accept_encodings.quality("gzip") > 0
        answer = Response(packed if is_packed else plain, mimetype=kind)
        if is_packed:
            answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Vary"] = "Accept-Encoding"
        answer.headers["Cache-Control"] = _FOR_EVER
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    return app


def _files() -> dict[str, tuple[str, bytes, bytes]]:
    """Every file with its type, as it is and packed: one bar of signal carries a third as well as the whole."""
    found = {}
    for path in sorted(_STATIC.iterdir()):
        content = path.read_bytes()
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        found[path.name] = (kind, content, gzip.compress(content, 9, mtime=0))
    return found


def _policy(sdk_url: str) -> str:
    """Scripts of ours and LINE's SDK, nothing inline; talk to us and to whom the SDK talks."""
    parts = urlsplit(sdk_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    is_lines = parts.hostname == _LINE_SDK_HOST
    # LINE opens the page in a view of its own; only a stand-in's phone is a frame.
    frames = "'none'" if is_lines else origin
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {_LINE_SCRIPTS if is_lines else origin}",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' {_LINE_TALKS_TO if is_lines else origin}",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {frames}",
        )
    )
