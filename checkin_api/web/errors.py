"""The only place where an exception becomes an HTTP answer: ``application/problem+json`` with a stable code."""

import json
import logging

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, InternalServerError

from checkin_api.errors import StorageError
from checkin_api.line.webhook import NotAWebhookError

logger = logging.getLogger(__name__)


class ProblemError(Exception):
    """A request that is refused: HTTP status, stable code, a message a person can act on."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code = status, code
        super().__init__(message)


def problem(status: int, code: str, message: str) -> Response:
    """An error answer. Source: RFC 9457, with ``code`` as our extension member."""
    document = {"type": "about:blank", "status": status, "code": code, "title": message}
    return Response(json.dumps(document, ensure_ascii=False), status, mimetype="application/problem+json")


def register(app: Flask) -> None:
    """Install the handlers."""
    app.register_error_handler(ProblemError, lambda error: problem(error.status, error.code, str(error)))
    app.register_error_handler(NotAWebhookError, lambda error: problem(400, error.code, str(error)))
    app.register_error_handler(StorageError, _storage)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _storage(error: StorageError) -> Response:
    logger.error("not stored: %s", error)
    return problem(503, "storage_unavailable", "not stored; send it again")


def _http(error: HTTPException) -> Response:
    code = (error.name or "error").lower().replace(" ", "_")
    answer = problem(error.code or 500, code, error.description or error.name)
    # Allow, Retry-After and their like belong to the answer; the body is ours.
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            answer.headers[name] = value
    return answer


def _unexpected(error: Exception) -> Response:
    logger.error("request failed", exc_info=error)
    return _http(InternalServerError())
