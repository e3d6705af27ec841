"""The schema of procrastinate that our revision 0011 applies is the one that the installed release expects."""

from importlib import resources
from pathlib import Path

from checkin_api import migrations

APPLIED = Path(migrations.__file__).parent / "versions" / "0011_procrastinate.sql"


def test_an_upgrade_of_procrastinate_that_changes_its_schema_needs_a_revision():
    installed = resources.files("procrastinate.sql").joinpath("schema.sql").read_text("utf-8")
    assert APPLIED.read_text("utf-8").endswith(installed), (
        "procrastinate's schema has changed: write a revision that applies its new files of sql/migrations,"
        " and compare with what 0011 and that one make together"
    )
