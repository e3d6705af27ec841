"""The Flask application: wiring, nothing else."""

from flask import Flask

from checkin_api.clock import Clock, SystemClock
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.ingest import Ingest
from checkin_api.web import errors, health, webhook


def create_app(settings: Settings, *, clock: Clock | None = None) -> Flask:
    """An application on one database; give it to a WSGI server."""
    app = Flask("checkin_api", static_folder=None)
    database = Database(settings.database_url)
    app.extensions.update(
        clock=clock or SystemClock(),
        database=database,
        ingest=Ingest(database),
        channel_secret=settings.line_channel_secret.get_secret_value().encode(),
        forwards=bool(settings.line_forward_url),
    )
    errors.register(app)
    app.register_blueprint(webhook.blueprint)
    app.register_blueprint(health.blueprint)
    return app
