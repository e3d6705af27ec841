"""``checkin serve``: the web service and the decider."""

import click

from checkin_api.config import load_settings
from checkin_api.logs import configure_logging


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="位址 / Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="連接埠 / Port.")
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1), help="行程數 / Web processes (SQLite: 1)."
)
def command(host: str, port: int, workers: int) -> None:
    """啟動服務 / Serve LINE's webhook and decide what the events mean.

    Needs CHECKIN_LINE_CHANNEL_SECRET, CHECKIN_LINE_CHANNEL_ACCESS_TOKEN and CHECKIN_SECRET_KEY.
    """
    settings = load_settings("line_channel_secret", "line_channel_access_token", "secret_key", web=True)
    configure_logging()
    from checkin_api.serve import serve  # noqa: PLC0415 (after the settings: a wrong one is said at once)

    serve(settings, host=host, port=port, workers=workers)
