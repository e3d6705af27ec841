"""The peer: the usual LINE webhook of a Flask project - the SDK's handler, one ORM insert and commit per event.

It does less than the product: it only stores. It is given the same durability and a schema as lean as it can be.
"""

import os
from datetime import UTC, datetime

from flask import Flask, abort, request
from linebot.v3 import WebhookHandler
from linebot.v3.exceptions import InvalidSignatureError
from linebot.v3.webhooks import BeaconEvent
from sqlalchemy import DateTime, Engine, Index, String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

THREADS = 8


class Base(DeclarativeBase):
    pass


class StoredEvent(Base):
    __tablename__ = "stored_event"
    __table_args__ = (Index("ix_stored_event_user_id_at", "user_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_event_id: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    hwid: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(32))


def create_engine_for(url: str) -> Engine:
    """An engine with the product's durability: WAL and FULL on SQLite, PostgreSQL as it comes."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=THREADS)
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _configure(connection, _record) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine


def create_schema(url: str) -> None:
    engine = create_engine_for(url)
    Base.metadata.create_all(engine)
    engine.dispose()


def create_app() -> Flask:
    """For gunicorn: ``tests.bench.peer:create_app()``."""
    app = Flask(__name__)
    engine = create_engine_for(os.environ["CHECKIN_DATABASE_URL"])
    handler = WebhookHandler(os.environ["CHECKIN_LINE_CHANNEL_SECRET"])

    @handler.add(BeaconEvent)  # type: ignore[untyped-decorator]  # the SDK has no annotations here
    def store(heard: BeaconEvent) -> None:
        with Session(engine) as session:
            session.add(
                StoredEvent(
                    webhook_event_id=heard.webhook_event_id,
                    user_id=heard.source.user_id,
                    at=datetime.fromtimestamp(heard.timestamp / 1000, UTC),
                    hwid=heard.beacon.hwid,
                    kind=heard.beacon.type,
                )
            )
            session.commit()

    @app.post("/line/webhook")
    def receive() -> str:
        try:
            handler.handle(request.get_data(as_text=True), request.headers["X-Line-Signature"])
        except InvalidSignatureError:
            abort(400)
        return "OK"

    return app
