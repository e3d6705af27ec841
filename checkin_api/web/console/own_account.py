"""One's own account: signing in and out, the second step, the password, the language."""

from typing import Any

import segno
from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from checkin_api import accounts
from checkin_api.accounts import Viewer
from checkin_api.domain.ids import SignInRefusal
from checkin_api.domain.words import SIGN_IN_REFUSAL
from checkin_api.web import sessions
from checkin_api.web.console import access, wording
from checkin_api.web.console.access import for_anybody, for_anyone_signed_in
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError

# From one place: a desk of people who mistype, and far too few to guess.
TRIES_PER_MINUTE = 20


@blueprint.route("/sign-in", methods=["GET", "POST"])
@for_anybody
def sign_in() -> Any:
    """Name and password; then the code, where the account has a second step."""
    wanted = access.local_path(request.values.get("wanted", ""))
    if request.method == "GET":
        return sign_in_page(wanted)
    if not access.extension("sign_in_pace").admits(request.remote_addr or ""):
        return sign_in_page(wanted, SignInRefusal.TOO_MANY, 429)
    name, password = request.form.get("username", ""), request.form.get("password", "")
    with access.database().read() as session:
        stored = accounts.stored_hash(session, name)
    right, token = accounts.is_password(stored, password), ""
    with access.database().write() as session:
        user = accounts.sign_in(session, access.now(), name, checked_hash=stored, right=right)
        if not isinstance(user, SignInRefusal):
            asks = accounts.asks_second_step(session, user)
            token = accounts.open_session(session, access.now(), user.id, complete=not asks)
    if isinstance(user, SignInRefusal):
        return sign_in_page(wanted, user, 401)
    answer: Any = redirect(url_for("console.code", wanted=wanted) if asks else wanted, 303)
    sessions.keep_cookie(answer, token)
    return answer


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@for_anybody
def code() -> Any:
    """The code of the second step; right, it opens a new session, so that nobody has the old one's cookie."""
    half = access.half_signed_in()
    wanted = access.local_path(request.values.get("wanted", ""))
    if half is None:
        return redirect(url_for("console.sign_in", wanted=wanted), 303)
    if request.method == "GET":
        return second_step_page(half, wanted)
    with access.database().write() as session:
        typed, vault = request.form.get("code", ""), access.extension("vault")
        refusal = accounts.takes_code(session, access.now(), vault, half.user_id, typed)
        token = None if refusal else complete(session, half)
    return second_step_page(half, wanted, refusal) if token is None else signed_in(token, wanted)


def complete(session: Session, half: Viewer) -> str:
    """End the session of the first step and open the whole one; its token. The caller commits."""
    accounts.end(session, access.now(), half)
    return accounts.open_session(session, access.now(), half.user_id, complete=True)


def signed_in(token: str, wanted: str) -> Any:
    """To where somebody wanted to go, with the session."""
    answer: Any = redirect(wanted, 303)
    sessions.keep_cookie(answer, token)
    return answer


def sign_in_page(wanted: str, refusal: SignInRefusal | None = None, status: int = 200) -> Response:
    """The first page for who is not signed in, with what was wrong the last time."""
    by_agency = bool(access.settings().oidc_issuer)
    page = render_template(
        "console/sign_in.html", wanted=wanted, by_agency=by_agency, refusal=refusal and SIGN_IN_REFUSAL[refusal]
    )
    return Response(page, status)


def second_step_page(half: Viewer, wanted: str, refusal: SignInRefusal | None = None) -> Response:
    """Where the code or the passkey is asked for."""
    page = render_template("console/code.html", half=half, wanted=wanted, refusal=refusal and SIGN_IN_REFUSAL[refusal])
    return Response(page, 401 if refusal else 200)


@blueprint.post("/sign-out")
@for_anyone_signed_in
def sign_out() -> Any:
    """End the session here and in every copy of the cookie."""
    with access.database().write() as session:
        accounts.end(session, access.now(), access.viewer())
    answer: Any = redirect(url_for("console.sign_in"), 303)
    sessions.drop_cookie(answer)
    return answer


@blueprint.route("/password", methods=["GET", "POST"])
@for_anyone_signed_in
def own_password() -> Any:
    """A new password; all other sessions of the account end."""
    insist_on_own_password()
    if request.method == "GET":
        return render_template("console/password.html", refusal=None)
    who, old, new = access.viewer(), request.form.get("old", ""), request.form.get("new", "")
    refusal: SignInRefusal | None = SignInRefusal.NOT_THE_SAME
    if new == request.form.get("again", ""):
        refusal = accounts.judge_password(new, old, who.username) or _change(old, new)
    if refusal is not None:
        return Response(render_template("console/password.html", refusal=SIGN_IN_REFUSAL[refusal]), 409)
    return redirect(url_for("console.home"), 303)


def _change(old: str, new: str) -> SignInRefusal | None:
    who = access.viewer()
    with access.database().read() as session:
        stored = accounts.stored_hash(session, who.username)
    right = accounts.is_password(stored, old)
    new_hash = accounts.hash_of(new) if right else ""
    with access.database().write() as session:
        refusal = accounts.change_password(
            session, access.now(), who.user_id, checked_hash=stored, right=right, new_hash=new_hash
        )
        if refusal is None:
            accounts.end_all(session, access.now(), who.user_id, but=who.session_id)
    return refusal


@blueprint.route("/second-step", methods=["GET", "POST"])
@for_anyone_signed_in
def second_step() -> Any:
    """Tie an app: scan, type its first code."""
    who, vault = access.viewer(), access.extension("vault")
    insist_on_own_password()
    if who.has_app:
        raise ProblemError(
            409,
            "second_step_there",
            "已設定兩步驟驗證；換手機請管理員重設 / the second step is set up; for a new phone ask an administrator",
        )
    if who.has_second_step and not who.is_fresh(access.now()):
        raise ProblemError(409, SignInRefusal.NOT_FRESH, " / ".join(SIGN_IN_REFUSAL[SignInRefusal.NOT_FRESH]))
    refusal = None
    if request.method == "POST":
        with access.database().write() as session:
            typed = request.form.get("code", "")
            refusal = accounts.confirm_second_step(session, access.now(), vault, who.user_id, typed)
            if refusal is None:
                # Whoever is in by the password alone is out.
                accounts.end_all(session, access.now(), who.user_id, but=who.session_id)
        if refusal is None:
            return redirect(url_for("console.home"), 303)
    with access.database().write() as session:
        address = accounts.begin_second_step(session, vault, who.user_id)
    if address is None:
        # Done by another tab, or by the first of two clicks.
        return redirect(url_for("console.home"), 303)
    picture = segno.make(address, error="m").svg_data_uri(border=2, light="#fff", scale=4)
    secret = address.partition("secret=")[2].partition("&")[0]
    page = render_template(
        "console/second_step.html", picture=picture, secret=secret, refusal=refusal and SIGN_IN_REFUSAL[refusal]
    )
    return Response(page, 401 if refusal else 200)


@blueprint.get("/language/<code>")
@for_anybody
def language(code: str) -> Any:
    """The other language, kept for a year, and back to the page."""
    answer: Any = redirect(access.local_path(request.args.get("wanted", "")), 303)
    if code in {wording.ZH, wording.EN}:
        answer.set_cookie(
            wording.LANGUAGE_COOKIE,
            code,
            max_age=365 * 24 * 3600,
            path=url_for("console.home"),
            httponly=True,
            samesite="Lax",
        )
    return answer


def insist_on_own_password() -> None:
    """Refuse to do anything about the password of an account that has none.

    Raises:
        ProblemError: 409.
    """
    if access.viewer().by_agency:
        raise ProblemError(
            409,
            "agency_account",
            "這個帳號以機關帳號登入，密碼與兩步驟驗證由機關管理"
            " / this account signs in with the agency, which keeps its password and its second step",
        )
