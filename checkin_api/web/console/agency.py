"""Signing in with the agency's account: to its provider of identities, and back."""

import logging
from typing import Any

from flask import Response, redirect, request, url_for

from checkin_api import accounts
from checkin_api.accounts.agency import sign_in_by_agency
from checkin_api.accounts.provider import TRY_LASTS, Provider, ProviderError, Try, new_try
from checkin_api.domain.ids import SignInRefusal
from checkin_api.web import sessions
from checkin_api.web.console import access, own_account
from checkin_api.web.console.access import for_anybody
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError

logger = logging.getLogger(__name__)

# The try's seed, a dot, and where to go afterwards.
_COOKIE = "checkin_agency"
# What the provider must be told to send people back to, after CHECKIN_PUBLIC_URL.
BACK = "/console/sign-in/agency/back"
_LONGEST_WANTED = 1000


@blueprint.get("/sign-in/agency")
@for_anybody
def agency() -> Any:
    """Send the browser to the provider."""
    wanted = access.local_path(request.args.get("wanted", ""))
    provider, one = _provider(), new_try()
    if not access.extension("sign_in_pace").admits(request.remote_addr or ""):
        return own_account.sign_in_page(wanted, SignInRefusal.TOO_MANY, 429)
    try:
        address = provider.address(access.now(), one)
    except ProviderError as exc:
        return _refused(wanted, exc)
    answer: Any = redirect(address, 303)
    answer.set_cookie(
        _COOKIE,
        # Browsers forget a cookie that is too long.
        f"{one.seed}.{wanted if len(wanted) <= _LONGEST_WANTED else ''}",
        max_age=TRY_LASTS,
        path=url_for("console.agency"),
        secure=sessions.is_secure(),
        httponly=True,
        # Strict would keep it back: the provider's page sends the browser here.
        samesite="Lax",
    )
    return answer


@blueprint.get("/sign-in/agency/back")
@for_anybody
def agency_back() -> Any:
    """What the provider says of somebody who comes back; each try is answered once."""
    provider = _provider()
    seed, _, wanted = request.cookies.get(_COOKIE, "").partition(".")
    answer = _answer(provider, Try(seed), access.local_path(wanted))
    answer.delete_cookie(_COOKIE, path=url_for("console.agency"))
    return answer


def _answer(provider: Provider, one: Try, wanted: str) -> Any:
    said = request.args
    if not access.extension("sign_in_pace").admits(request.remote_addr or ""):
        return own_account.sign_in_page(wanted, SignInRefusal.TOO_MANY, 429)
    if not one.seed or not one.is_answered_by(said.get("state", "")):
        return own_account.sign_in_page(wanted, SignInRefusal.TRY_OVER, 401)
    if "code" not in said:
        # Whoever pressed "cancel" there, for one.
        logger.warning("the provider sends somebody back with %a", said.get("error", "")[:100])
        return own_account.sign_in_page(wanted, SignInRefusal.PROVIDER_WRONG, 401)
    try:
        person = provider.person(access.now(), one, said["code"], issuer=said.get("iss"))
    except ProviderError as exc:
        return _refused(wanted, exc)
    with access.database().write() as session:
        user = sign_in_by_agency(session, access.now(), person)
        if not isinstance(user, SignInRefusal):
            token = accounts.open_session(session, access.now(), user.id, complete=True)
    if isinstance(user, SignInRefusal):
        return own_account.sign_in_page(wanted, user, 403)
    return own_account.signed_in(token, wanted)


def _provider() -> Provider:
    found: Provider | None = access.extension("provider")
    if found is None:
        raise ProblemError(404, "not_found", "沒有設定機關帳號登入 / signing in with the agency is not set up")
    return found


def _refused(wanted: str, exc: ProviderError) -> Response:
    logger.warning("nobody is signed in by the agency: %s", exc)
    status = 503 if exc.refusal is SignInRefusal.PROVIDER_DOWN else 401
    return own_account.sign_in_page(wanted, exc.refusal, status)
