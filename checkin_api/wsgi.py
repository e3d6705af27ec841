"""The WSGI entry point: ``checkin_api.wsgi:create``, a factory."""

import multiprocessing

from flask import Flask

from checkin_api.app import create_app
from checkin_api.config import load_settings
from checkin_api.logs import configure_logging
from checkin_api.process import die_with_parent


def create() -> Flask:
    """The application for one web process."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        die_with_parent(parent.pid)
    configure_logging()
    return create_app(load_settings("line_channel_secret", "secret_key", web=True))
