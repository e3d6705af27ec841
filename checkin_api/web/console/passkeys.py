"""One's own passkeys, and signing in with one: the script ``passkey.js`` asks the device, forms send what it says."""

from typing import Any

from flask import Response, redirect, render_template, request, url_for

from checkin_api.accounts import passkeys as use
from checkin_api.accounts.passkeys import RelyingParty
from checkin_api.domain.ids import SignInRefusal
from checkin_api.domain.words import SIGN_IN_REFUSAL
from checkin_api.web.console import access, own_account
from checkin_api.web.console.access import for_anybody, for_anyone_signed_in
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError

_DONE = {"added", "removed"}


@blueprint.get("/passkeys")
@for_anyone_signed_in
def passkeys() -> Any:
    """The account's passkeys, and the form for one more."""
    return _page()


@blueprint.post("/passkeys/begin")
@for_anyone_signed_in
def passkeys_begin() -> Any:
    """What the device is to make."""
    with access.database().write() as session:
        options = use.begin_adding(session, access.now(), _own_party(), access.viewer())
    if isinstance(options, SignInRefusal):
        raise ProblemError(409, options, " / ".join(SIGN_IN_REFUSAL[options]))
    return Response(options, mimetype="application/json")


@blueprint.post("/passkeys")
@for_anyone_signed_in
def passkeys_add() -> Any:
    """Take what it made."""
    form = request.form
    with access.database().write() as session:
        refusal = use.add(
            session,
            access.now(),
            _own_party(),
            access.viewer(),
            name=form.get("name", ""),
            answer=form.get("answer", ""),
        )
    return _page(refusal) if refusal else redirect(url_for("console.passkeys", done="added"), 303)


@blueprint.post("/passkeys/<int:number>/remove")
@for_anyone_signed_in
def passkeys_remove(number: int) -> Any:
    """Forget one."""
    with access.database().write() as session:
        refusal = use.remove(session, access.now(), access.viewer(), number)
    return _page(refusal) if refusal else redirect(url_for("console.passkeys", done="removed"), 303)


@blueprint.post("/sign-in/passkey/begin")
@for_anybody
def passkey_begin() -> Any:
    """What the device of who has given the password is to sign."""
    half = access.half_signed_in()
    if half is None:
        raise ProblemError(401, "signed_out", "請先登入 / sign in first")
    with access.database().write() as session:
        options = use.begin_using(session, access.now(), _party(), half)
    return Response(options, mimetype="application/json")


@blueprint.post("/sign-in/passkey")
@for_anybody
def passkey() -> Any:
    """The second step, by what it signed."""
    half = access.half_signed_in()
    wanted = access.local_path(request.form.get("wanted", ""))
    if half is None:
        return redirect(url_for("console.sign_in", wanted=wanted), 303)
    with access.database().write() as session:
        refusal = use.is_passkey(session, access.now(), _party(), half, answer=request.form.get("answer", ""))
        token = None if refusal else own_account.complete(session, half)
    return (
        own_account.second_step_page(half, wanted, refusal) if token is None else own_account.signed_in(token, wanted)
    )


def _page(refusal: SignInRefusal | None = None) -> Response:
    who = access.viewer()
    own_account.insist_on_own_password()
    with access.database().read() as session:
        rows = use.passkeys(session, who.user_id)
    page = render_template(
        "console/passkeys.html",
        rows=rows,
        longest=use.LONGEST_NAME,
        is_possible=use.relying_party(access.settings().public_url) is not None,
        is_fresh=who.is_fresh(access.now()),
        done=request.args.get("done") if request.args.get("done") in _DONE else None,
        refusal=refusal and SIGN_IN_REFUSAL[refusal],
    )
    return Response(page, 409 if refusal else 200)


def _own_party() -> RelyingParty:
    own_account.insist_on_own_password()
    return _party()


def _party() -> RelyingParty:
    found = use.relying_party(access.settings().public_url)
    if found is None:
        raise ProblemError(
            409,
            "no_passkeys",
            "通行金鑰要以 https 與主機名稱使用，請管理員設定 CHECKIN_PUBLIC_URL"
            " / passkeys need https and a host name: CHECKIN_PUBLIC_URL is not set so",
        )
    return found
