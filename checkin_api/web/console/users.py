"""Accounts of the console, for admins: made, reset, disabled; a first password, if there is one, is shown once."""

from typing import Any

from flask import redirect, render_template, request, url_for

from checkin_api import accounts
from checkin_api.accounts import User
from checkin_api.domain.ids import Role
from checkin_api.web.console import access
from checkin_api.web.console.access import page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError


@blueprint.get("/users")
@page(Role.ADMIN)
def users() -> Any:
    """Who may sign in, and the form for one more."""
    return _page()


@blueprint.post("/users")
@page(Role.ADMIN)
def users_add() -> Any:
    """Make an account; the answer is the only place where its first password is ever shown."""
    form, role = request.form, _role()
    user = User(
        username=form.get("username", "").strip().lower(),
        name=form.get("name", "").strip()[:100],
        role=role,
        unit=form.get("unit", "").strip() or None if role is Role.SUPERVISOR else None,
        staff_no=form.get("staff_no", "").strip() or None,
        agency_name=(form.get("agency_name", "").strip() or None) if access.settings().oidc_issuer else None,
    )
    if not user.name:
        raise ProblemError(422, "validation_failed", "請填姓名 / give the person's name")
    first = accounts.first_password()
    with access.database().write() as session:
        password = accounts.add(session, access.now(), user, first=first, actor=access.viewer().actor)
    return _page(username=user.username, password=password)


@blueprint.post("/users/<username>/reset")
@page(Role.ADMIN)
def users_reset(username: str) -> Any:
    """A new first password, for who forgot it or has a new phone."""
    first = accounts.first_password()
    with access.database().write() as session:
        password = accounts.reset(session, access.now(), username, first=first, actor=access.viewer().actor)
    return _page(username=username, password=password)


@blueprint.post("/users/<username>/disable")
@page(Role.ADMIN)
def users_disable(username: str) -> Any:
    """Let nobody sign in with it any more."""
    if username == access.viewer().username:
        raise ProblemError(409, "own_account", "不可停用自己的帳號 / nobody disables their own account")
    with access.database().write() as session:
        accounts.disable(session, access.now(), username, actor=access.viewer().actor)
    return redirect(url_for("console.users"), 303)


@blueprint.post("/users/<username>/enable")
@page(Role.ADMIN)
def users_enable(username: str) -> Any:
    """Let it be used again."""
    with access.database().write() as session:
        accounts.enable(session, access.now(), username, actor=access.viewer().actor)
    return redirect(url_for("console.users"), 303)


def _page(**made: str | None) -> str:
    with access.database().read() as session:
        rows, units = accounts.users(session, access.now()), access.units(session)
    shown = {"roles": list(Role), "now": access.now(), "by_agency": bool(access.settings().oidc_issuer)}
    return render_template("console/users.html", rows=rows, units=units, **shown, **made)


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError:
        raise ProblemError(422, "validation_failed", "沒有這個角色 / there is no such role") from None
