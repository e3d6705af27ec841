"""Databases for the two sides: SQLite files and a PostgreSQL server, a fresh one for every run."""

import itertools
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, LiteralString, Protocol

import psycopg

from tests.bench import department
from tests.postgres import PostgresServer

Query = Callable[[LiteralString], list[Any]]


class Store(Protocol):
    """One kind of database."""

    name: str
    # As many web processes as the product's documentation gives this database.
    workers: int
    hwids: list[str]

    def filled(self) -> AbstractContextManager[str]:
        """The address of a fresh database with the product's schema and the department."""

    def empty(self) -> AbstractContextManager[str]:
        """The address of a fresh, empty database."""

    def reading(self, url: str) -> AbstractContextManager[Query]:
        """A connection to read with, each query in a transaction of its own."""


class SqliteStore:
    """Files in one folder."""

    name = "SQLite"
    workers = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.db"
        self._numbers = itertools.count(1)
        department.write_department(folder)
        department.fill(f"sqlite:///{self._template}", folder)
        self.hwids = department.hwids(folder)

    @contextmanager
    def filled(self) -> Iterator[str]:
        with self.empty() as url:
            shutil.copy(self._template, sqlite_path(url))
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        folder = self._folder / f"run-{next(self._numbers)}"
        folder.mkdir()
        yield f"sqlite:///{folder / 'bench.db'}"
        shutil.rmtree(folder)

    @contextmanager
    def reading(self, url: str) -> Iterator[Query]:
        with closing(sqlite3.connect(sqlite_path(url), timeout=30)) as connection:
            yield lambda query: connection.execute(query).fetchall()


class PostgresStore:
    """Databases of one server that is started for it."""

    name = "PostgreSQL"
    workers = 2

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self._server = server
        self._numbers = itertools.count(1)
        department.write_department(folder)
        department.fill(server.create("department"), folder)
        self.hwids = department.hwids(folder)

    @contextmanager
    def filled(self) -> Iterator[str]:
        with self._database("department") as url:
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        with self._database("template0") as url:
            yield url

    @contextmanager
    def _database(self, template: str) -> Iterator[str]:
        name = f"run_{next(self._numbers)}"
        url = self._server.create(name, template)
        # What the run before left to write must not be paid by this one.
        with psycopg.connect(self._server.dsn(name), autocommit=True) as connection:
            connection.execute("checkpoint")
        yield url
        self._server.drop(name)

    @contextmanager
    def reading(self, url: str) -> Iterator[Query]:
        with psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True) as connection:
            yield lambda query: connection.execute(query).fetchall()


def rows(store: Store, url: str, query: LiteralString) -> list[Any]:
    """What one query answers."""
    with store.reading(url) as ask:
        return ask(query)


def sqlite_path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


@contextmanager
def sqlite_store(folder: Path) -> Iterator[Store]:
    """SQLite in a folder below this one."""
    below = folder / "sqlite"
    below.mkdir()
    yield SqliteStore(below)
    shutil.rmtree(below)


@contextmanager
def postgres_store(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Store]:
    """A PostgreSQL server of our own; ``environment`` is added to its processes'."""
    below = folder / "postgresql"
    below.mkdir()
    server = PostgresServer(environment or {})
    try:
        yield PostgresStore(server, below)
    finally:
        server.stop()
        shutil.rmtree(below)
