"""What several commands share."""

from pathlib import Path

import click

config_option = click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default="/etc/beacon-agent/agent.toml",
    show_default=True,
    help="設定檔 / Settings; where there is none, everything is as it comes.",
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="輸出格式 / Output.",
)
