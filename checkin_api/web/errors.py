"""The only place where an exception becomes an HTTP answer: ``application/problem+json`` with a stable code."""

import json
import logging
from typing import Any

from apiflask import HTTPError
from flask import Response
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, InternalServerError

from checkin_api.errors import CheckinError, NotFoundError, StorageError
from checkin_api.fleet.agents import RefusedError
from checkin_api.fleet.registering import ConflictError
from checkin_api.line.id_token import IdTokenError
from checkin_api.line.webhook import NotAWebhookError

logger = logging.getLogger(__name__)


class ProblemError(Exception):
    """A request that is refused: HTTP status, stable code, a message a person can act on."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code = status, code
        super().__init__(message)


def problem(status: int, code: str, message: str, **more: Any) -> Response:
    """An error answer. Source: RFC 9457, with ``code`` as our extension member."""
    document = {"type": "about:blank", "status": status, "code": code, "title": message, **more}
    return Response(json.dumps(document, ensure_ascii=False), status, mimetype="application/problem+json")


def code_of(error: Exception) -> str:  # noqa: PLR0911 (one line per kind)
    """The stable code of the answer to whatever went wrong."""
    match error:
        case ProblemError() | NotAWebhookError() | RefusedError() | IdTokenError():
            return error.code
        case StorageError():
            return "storage_unavailable"
        case ConflictError():
            return str(error.conflict)
        case NotFoundError():
            return "not_found"
        case CheckinError():
            return "refused"
        case HTTPException():
            return (error.name or "error").lower().replace(" ", "_")
        case _:
            return "internal_server_error"


def answer_to(error: Exception) -> Response:  # noqa: PLR0911 (one line per kind)
    """The answer to whatever went wrong; what nobody foresaw is logged and told without its words."""
    match error:
        case ProblemError() | IdTokenError():
            answer = problem(401 if isinstance(error, IdTokenError) else error.status, error.code, str(error))
            if error.code.startswith("token_"):
                # Source: RFC 6750, section 3.
                answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        case NotAWebhookError():
            return problem(400, error.code, str(error))
        case StorageError():
            logger.error("not stored: %s", error)
            return problem(503, code_of(error), "not stored; send it again")
        case RefusedError():
            return problem(403, error.code, str(error))
        case ConflictError():
            return problem(409, code_of(error), str(error))
        case NotFoundError():
            return problem(404, code_of(error), str(error))
        case CheckinError():
            return problem(400, code_of(error), str(error))
        case HTTPException():
            return _http(error)
        case _:
            logger.error("request failed", exc_info=error)
            return _http(InternalServerError())


def answer_to_input(error: HTTPError) -> Response:
    """The answer to what the API's schemas refuse: which field, and why; never the value itself.

    What werkzeug refuses comes here too, without its words.
    """
    if not error.detail:
        code = (error.message or "error").lower().replace(" ", "_")
        answer = problem(error.status_code, code, error.message or "error")
        _keep_headers(answer, Headers(error.headers))
        return answer
    fields = {
        field: reasons
        for place in error.detail.values()
        for field, reasons in (place.items() if isinstance(place, dict) else [])
    }
    named = "; ".join(f"{field}: {', '.join(map(str, reasons))}" for field, reasons in fields.items())
    return problem(422, "validation_failed", named or "the request is not as described", fields=fields)


def _http(error: HTTPException) -> Response:
    answer = problem(error.code or 500, code_of(error), error.description or error.name)
    _keep_headers(answer, Headers(error.get_headers()))
    return answer


def _keep_headers(answer: Response, headers: Headers) -> None:
    """Allow, Retry-After and their like belong to the answer; the body is ours."""
    for name, value in headers.items():
        if name.lower() not in {"content-type", "content-length"}:
            answer.headers[name] = value
