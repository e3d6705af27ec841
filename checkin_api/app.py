"""The Flask application: wiring, nothing else."""

from functools import partial
from typing import Any

from apiflask import APIFlask
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import checkin_api
import liff_app
from checkin_api.accounts.provider import Provider
from checkin_api.clock import Clock, SystemClock
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.ingest import Ingest
from checkin_api.line.id_token import IdTokens, line_keys
from checkin_api.vault import Vault
from checkin_api.web import agent, api, calendar_feed, console, errors, health, hr, installer, officer, site_code
from checkin_api.web.console.agency import BACK as AGENCY_BACK
from checkin_api.web.console.own_account import TRIES_PER_MINUTE
from checkin_api.web.pace import COPIES_PER_MINUTE, Pace
from checkin_api.web.signed import OpenBodies
from checkin_api.web.webhook import Webhook


def create_app(settings: Settings, *, clock: Clock | None = None) -> APIFlask:
    """An application on one database; give it to a WSGI server."""
    app = with_routes(settings)
    equip(app, settings, clock or SystemClock())
    return app


def with_routes(settings: Settings) -> APIFlask:
    """An application that knows its paths and has nothing to answer with yet."""
    app = APIFlask(
        "checkin_api",
        title="Police check-in",
        version=checkin_api.__version__,
        spec_path=api.SPEC_PATH,
        docs_path=None,
        json_errors=False,
        static_folder=None,  # type: ignore[arg-type]  # as Flask takes it
    )
    # A site's whole register is far smaller; the webhook has its own limit.
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.register_error_handler(Exception, errors.answer_to)
    for part in (health, installer, agent, officer, hr, site_code, calendar_feed, console):
        app.register_blueprint(part.blueprint)
    if settings.liff_id:
        page = liff_app.blueprint(
            liff_id=settings.liff_id, sdk_url=settings.liff_sdk_url, version=checkin_api.__version__
        )
        app.register_blueprint(page)
    api.describe(app)
    return app


def equip(app: APIFlask, settings: Settings, clock: Clock) -> None:
    """Give an application its database, its secrets and its clock, and put the webhook in front of it."""
    database = Database(settings.database_url)
    ingest = Ingest(database)
    channel = settings.line_login_channel_id
    app.extensions.update(
        settings=settings,
        clock=clock,
        database=database,
        vault=Vault(settings.secret_key.get_secret_value().encode()),
        ingest=ingest,
        id_tokens=IdTokens(channel, line_keys(settings.line_api_url)) if channel else None,
        pace=Pace(),
        api_pace=Pace(),
        copies_pace=Pace(COPIES_PER_MINUTE),
        calendar_paces=calendar_feed.Paces(),
        provider=_provider(settings),
        sign_in_pace=Pace(TRIES_PER_MINUTE),
        standing_kept={},
        exceptions_kept={},
    )
    # Its own, not what a former equipment has put in front.
    inner: Any = partial(Flask.wsgi_app, app)
    if settings.proxies:
        inner = ProxyFix(inner, x_for=settings.proxies, x_proto=settings.proxies)
    app.wsgi_app = Webhook(  # type: ignore[method-assign]  # Flask's documented way to put middleware in front
        OpenBodies(inner),
        ingest,
        clock,
        channel_secret=settings.line_channel_secret.get_secret_value().encode(),
        forwards=bool(settings.line_forward_url),
    )


def _provider(settings: Settings) -> Provider | None:
    """The agency's provider of identities, where the installation has one."""
    if not settings.oidc_issuer:
        return None
    return Provider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        claim=settings.oidc_claim,
        redirect_uri=settings.public_url.rstrip("/") + AGENCY_BACK,
    )
