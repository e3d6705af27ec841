"""Write a new migration from the difference between the models and a freshly upgraded SQLite database."""

import sys
import tempfile
from pathlib import Path

from alembic import command

from checkin_api.db import Database
from checkin_api.migrations import alembic_config, upgrade

VERSIONS = Path(__file__).parent / "versions"


def main() -> None:
    """``python -m checkin_api.migrations.new "what changes"``."""
    message = " ".join(sys.argv[1:]).strip()
    if not message:
        sys.exit('error: say what changes:  make migration m="add table"')
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'migration.db'}")
        upgrade(database)
        number = f"{len(list(VERSIONS.glob('[0-9]*.py'))) + 1:04d}"
        command.revision(alembic_config(database), message=message, autogenerate=True, rev_id=number)
        database.close()


if __name__ == "__main__":
    main()
