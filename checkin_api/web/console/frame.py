"""The frame of the console: its blueprint, who is let in, its headers, the page that says what is wrong."""

from pathlib import Path

from apiflask import APIBlueprint
from flask import Response, render_template, request, send_from_directory

from checkin_api.web import errors
from checkin_api.web.console import access, wording
from checkin_api.web.console.access import for_anybody
from checkin_api.web.errors import ProblemError

_HERE = Path(__file__).parent
_SEE_OTHER = 303
# What is wrong is in the form: whoever sent it can mend it.
_OF_A_FORM = {400, 404, 409, 422}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

# Of APIFlask's kind, for its description of the API asks every blueprint that has a guard; pages are not in it.
blueprint = APIBlueprint(
    "console", __name__, url_prefix="/console", template_folder=str(_HERE / "templates"), enable_openapi=False
)
blueprint.before_request(access.guard)
blueprint.context_processor(wording.context)


@blueprint.get("/static/<path:name>")
@for_anybody
def file(name: str) -> Response:
    """Script and style."""
    answer = send_from_directory(_HERE / "static", name, conditional=True)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@blueprint.get("/<path:rest>")
@for_anybody
def nothing(rest: str) -> Response:
    """Any other address."""
    raise ProblemError(404, "not_found", f"沒有這個頁面 / there is no such page: {rest[:80]}")


@blueprint.errorhandler(Exception)
def answer_to(error: Exception) -> Response:
    """A page that says what is wrong and what to do, with the status and code that the API gives."""
    problem = errors.answer_to(error)
    told = problem.get_json()
    if "Hx-Request" in request.headers and request.method == "POST" and problem.status_code in _OF_A_FORM:
        # Beside the form, with what was typed into it.
        answer = Response(render_template("console/problem.html", problem=told), problem.status_code)
        answer.headers["HX-Retarget"] = "#problem"
        answer.headers["HX-Reswap"] = "innerHTML"
        answer.headers["HX-Reselect"] = ".problem"
        return answer
    answer = Response(render_template("console/error.html", problem=told), problem.status_code)
    if "Hx-Request" in request.headers:
        # In the place of the page, whatever part of it was asked for.
        answer.headers["HX-Retarget"] = "#main"
        answer.headers["HX-Reswap"] = "innerHTML"
        answer.headers["HX-Reselect"] = "#main > *"
    return answer


@blueprint.after_request
def _lead_on(answer: Response) -> Response:
    """After a form that htmx has sent the browser goes on to the next page, not a part of this one."""
    if answer.status_code == _SEE_OTHER and request.method == "POST" and "Hx-Request" in request.headers:
        answer.status_code = 200
        answer.headers["HX-Redirect"] = answer.headers.pop("Location")
    return answer


@blueprint.after_request
def _close(answer: Response) -> Response:
    """Nothing of it stays in a cache, runs another's script or sits in another's frame."""
    # A file that somebody sent in has a stricter one of its own.
    answer.headers.setdefault("Content-Security-Policy", _POLICY)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers.setdefault("Cache-Control", "private, no-store")
    return answer
