"""The command ``checkin`` inside the test's own process, with the settings of a test."""

from click.testing import CliRunner, Result

from checkin_api.cli import main
from tests.serving import environment


def checkin(database_url: str, *arguments: str, **settings: str) -> Result:
    """Run one command; the terminal is wide enough for the cells of a table to stay on their lines."""
    return CliRunner().invoke(main, arguments, env={**environment(database_url, **settings), "COLUMNS": "160"})
