"""The Flask application: wiring, nothing else."""

from flask import Flask

from checkin_api.clock import Clock, SystemClock
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.ingest import Ingest
from checkin_api.web import errors, health
from checkin_api.web.webhook import Webhook


def create_app(settings: Settings, *, clock: Clock | None = None) -> Flask:
    """An application on one database; give it to a WSGI server."""
    app = Flask("checkin_api", static_folder=None)
    clock, database = clock or SystemClock(), Database(settings.database_url)
    app.extensions.update(clock=clock, database=database)
    app.register_error_handler(Exception, errors.answer_to)
    app.register_blueprint(health.blueprint)
    app.wsgi_app = Webhook(  # type: ignore[method-assign]  # Flask's documented way to put middleware in front
        app.wsgi_app,
        Ingest(database),
        clock,
        channel_secret=settings.line_channel_secret.get_secret_value().encode(),
        forwards=bool(settings.line_forward_url),
    )
    return app
