"""What every test shares: no sockets where they are not needed, a fake clock, a database of each kind."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts

from checkin_api import migrations
from checkin_api.db import Database
from tests.fakes import FakeClock
from tests.postgres import PostgresServer

_LONGEST = {"test_kill", "test_radio"}
NETWORK_FOLDERS = {"integration", "e2e", "radio"}
# How long an example takes says more of the machine, and of what else it does, than of the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    root = Path(__file__).parent
    for item in items:
        if item.path.relative_to(root).parts[0] in NETWORK_FOLDERS:
            item.add_marker(pytest.mark.network)
    # What takes minutes begins first: else one worker ends with it while the others have nothing to do.
    items.sort(key=lambda item: 0 if item.path.stem in _LONGEST else 1)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("network"):
        enable_socket()
        socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    else:
        disable_socket(allow_unix_socket=True)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    database = Database(postgres.create("template_checkin"))
    migrations.upgrade(database)
    database.close()
    return "template_checkin"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "checkin.db"
    database = Database(f"sqlite:///{path}")
    migrations.upgrade(database)
    database.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated, empty SQLite database of this test's own."""
    path = tmp_path / "checkin.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: PostgresServer, postgres_template: str) -> Iterator[str]:
    """A migrated, empty PostgreSQL database of this test's own while it lasts."""
    name = postgres.borrow(postgres_template)
    yield postgres.url(name)
    postgres.give_back(name, postgres_template)


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The same test on both databases."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()
