"""``/api/v1``: its OpenAPI description, a page to read it, and errors in one form."""

from typing import Any

from apiflask import APIFlask
from flask import Response, render_template_string

from checkin_api.web import errors, hr, officer, sessions, signed

SPEC_PATH = "/api/v1/openapi.json"
DOCS_PATH = "/api/v1/docs"

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457; `code` is stable, `title` is for people.",
    "required": ["type", "status", "code", "title"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "title": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
}
_WITH_BODY = {"400": "no JSON", "409": "contradicts what is there", "413": "larger than 1 MiB"}
_OFTEN = {"401": "token missing, unknown or expired", "403": "not this role's", "404": "not found"}
_SLOWED = {"429": "too many requests: see Retry-After", "503": "busy: see Retry-After"}
# Where a one-time code in the body is the proof.
_OPEN_PATHS = {f"{signed.PREFIX}enrolment"}
# Plain HTML: a department's network need not reach anybody's script server for it.
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ info.title }}</title>
<style>body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}code,pre{background:#8882}
pre{padding:.5rem;overflow:auto}h2{border-top:1px solid #8888;padding-top:1rem}</style>
<h1>{{ info.title }} {{ info.version }}</h1>
<p>Machine-readable: <a href="{{ spec_path }}">{{ spec_path }}</a>. Send <code>Authorization: Bearer TOKEN</code>
(<code>checkin token issue</code>). Errors are <code>application/problem+json</code> with a stable code.</p>
{% for path, methods in paths.items() %}{% for method, operation in methods.items() %}
<h2><code>{{ method|upper }} {{ path }}</code></h2><p>{{ operation.summary }}</p>
{% if operation.parameters %}<p>{% for each in operation.parameters %}<code>{{ each.name }}</code> ({{ each.in }})
{% endfor %}</p>{% endif %}
{% if operation.requestBody %}<p>Body: <code>{{ name_of(operation.requestBody) }}</code></p>{% endif %}
<p>{% for status, response in operation.responses.items() %}<code>{{ status }}</code> {{ response.description }}
{% endfor %}</p>{% endfor %}{% endfor %}
<h2>Schemas</h2>
{% for name, schema in schemas.items() %}<h3>{{ name }}</h3><pre>{{ schema|tojson(2) }}</pre>{% endfor %}
</html>"""


def describe(app: APIFlask) -> None:
    """Give the application its description at ``/api/v1/openapi.json`` and ``/api/v1/docs``, and errors in one form."""
    app.security_schemes = {
        "token": {"type": "http", "scheme": "bearer"},
        "id_token": {"type": "http", "scheme": "bearer", "bearerFormat": "LIFF ID token (ES256)"},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": sessions.COOKIE,
            "description": f"A session of the console; writes carry its form key in the header {hr.KEY_HEADER}",
        },
        "signature": {"type": "apiKey", "in": "header", "name": "Signature", "description": "RFC 9421, Ed25519"},
    }
    app.error_processor(errors.answer_to_input)
    app.spec_processor(_finish)

    @app.get(DOCS_PATH)
    @app.doc(hide=True)
    def docs() -> Response:
        """The description as a page."""
        spec: Any = app.spec
        page = render_template_string(
            _PAGE,
            info=spec["info"],
            paths=spec["paths"],
            schemas=spec["components"]["schemas"],
            spec_path=SPEC_PATH,
            name_of=_name_of,
        )
        return Response(page, content_type="text/html; charset=utf-8")


def _finish(spec: Any) -> Any:
    """Say what every path has in common: its proof, and problems as they are really sent."""
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    spec["components"]["schemas"] = {
        **{
            name: schema
            for name, schema in spec["components"]["schemas"].items()
            if name not in {"HTTPError", "ValidationError"}
        },
        "Problem": _PROBLEM,
    }
    for path, methods in spec["paths"].items():
        for operation in methods.values():
            operation["security"] = [{proof: []} for proof in _proofs_of(path, operation)]
            if path in _OPEN_PATHS:
                operation["security"] = []
            usual = _OFTEN | (_WITH_BODY if "requestBody" in operation else {})
            if hr.TAG in operation.get("tags", ()):
                usual |= _SLOWED
            for status, description in usual.items():
                operation["responses"].setdefault(status, {"description": description})
            for status, response in operation["responses"].items():
                if status.startswith(("4", "5")):
                    response["content"] = problem
    return spec


def _proofs_of(path: str, operation: Any) -> list[str]:
    """Any of them will do."""
    if path.startswith(officer.PREFIX):
        return ["id_token"]
    if path.startswith(signed.PREFIX):
        return ["signature"]
    return ["token", "session"] if hr.TAG in operation.get("tags", ()) else ["token"]


def _name_of(body: Any) -> str:
    reference: str = body["content"]["application/json"]["schema"].get("$ref", "")
    return reference.rpartition("/")[2]
