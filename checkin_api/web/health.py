"""``/livez``, ``/readyz`` and ``/metrics``: for the service manager, the load balancer and Prometheus."""

import os

from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import SQLAlchemyError

from checkin_api import builds, inbox, migrations
from checkin_api.db import Database
from checkin_api.domain.ids import AlarmKind
from checkin_api.fleet import alarms
from checkin_api.web.errors import problem

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
def livez() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """The database answers and has this release's schema."""
    database: Database = current_app.extensions["database"]
    try:
        revision = migrations.current(database)
    except SQLAlchemyError:
        return problem(503, "database_unavailable", "the database does not answer")
    if revision != migrations.head():
        return problem(503, "schema_outdated", "the database has another schema: run checkin db upgrade")
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/metrics")
def metrics() -> Response:
    """Counters of all web processes, and the state of inbox and replies read from the database."""
    registry: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library is partly typed
    database: Database = current_app.extensions["database"]
    now = current_app.extensions["clock"].now()
    levels: dict[str, float] = {"database_up": 1}
    open_alarms: dict[AlarmKind, int] = {}
    try:
        with database.read() as session:
            levels |= inbox.service_levels(session, now) | builds.service_levels(session, now)
            open_alarms = alarms.open_counts(session)
    except SQLAlchemyError:
        # The counters tell what goes wrong, and are wanted most when it does.
        levels["database_up"] = 0
    lines = [f"# TYPE checkin_{name} gauge\ncheckin_{name} {value}\n" for name, value in levels.items()]
    lines.append("# TYPE checkin_beacon_alarms_open gauge\n")
    lines += [f'checkin_beacon_alarms_open{{kind="{kind}"}} {open_alarms.get(kind, 0)}\n' for kind in AlarmKind]
    return Response(generate_latest(registry) + "".join(lines).encode(), content_type=CONTENT_TYPE_LATEST)
