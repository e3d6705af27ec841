"""A real PostgreSQL for the tests, started by them in a temporary folder; works as root too."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql


def _program(name: str) -> str:
    """A server program: Debian keeps them outside PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    path = str(found[0]) if found else shutil.which(name)
    if path is None:
        raise RuntimeError(f"{name} is not installed: run deploy/bootstrap.sh test (or apt-get install postgresql)")
    return path


_END_OTHERS = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
"""
# Rows only, past keys and triggers; and identities begin at 1 again.
_EMPTY = """
    do $$
    declare it record;
    begin
        set local session_replication_role = replica;
        for it in select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version' loop
            execute format('delete from public.%I', it.tablename);
        end loop;
        for it in select sequencename from pg_sequences where schemaname = 'public' and last_value is not null loop
            execute format('alter sequence public.%I restart', it.sequencename);
        end loop;
    end $$
"""
# Everything that a test might change of a schema: tables, columns, indexes, triggers, constraints, functions, rights.
_SCHEMA = """
    select md5(string_agg(line, chr(10) order by line)) from (
        select concat(relname, relkind, relacl) from pg_class where relnamespace = 'public'::regnamespace
        union all
        select concat(attrelid::regclass, attname, atttypid, attnotnull, attacl) from pg_attribute
        where attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace) and attnum > 0
        union all select concat(tgrelid::regclass, tgname, tgenabled) from pg_trigger where not tgisinternal
        union all select concat(conrelid::regclass, conname) from pg_constraint
        union all select concat(proname, proacl) from pg_proc where pronamespace = 'public'::regnamespace
        union all select concat('schema', nspacl) from pg_namespace where nspname = 'public'
    ) of_all (line)
"""


class PostgresServer:
    """One cluster on loopback; ``create()`` copies a template database in some tens of milliseconds.

    ``environment`` is added to that of the server's processes.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        # Databases that were borrowed and given back, and what all of them look like.
        self._idle: list[str] = []
        self._schema: object = None
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **(environment or {})}
        self.folder = Path(tempfile.mkdtemp(prefix="checkin-pg-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        # PostgreSQL refuses to run as root, so root hands the folder to the account of Debian's package.
        self._user = "postgres" if os.getuid() == 0 else None
        if self._user:
            account = pwd.getpwnam(self._user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self._run(_program("initdb"), "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        self._server = self._popen(
            _program("postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder),
            "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "logging_collector=off",
        )  # fmt: skip
        self._wait()

    def _popen(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
                cwd=self.folder,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def _run(self, *command: str) -> None:
        if self._popen(*command).wait(60):
            raise RuntimeError((self.folder / "log").read_text())

    def _wait(self) -> None:
        for _ in range(300):
            try:
                psycopg.connect(self.dsn("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError((self.folder / "log").read_text())

    def dsn(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def url(self, name: str) -> str:
        """The same address in SQLAlchemy's form."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, template: str = "template0") -> str:
        """A new database, copied from a template; returns its SQLAlchemy address."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
            )
        return self.url(name)

    def borrow(self, template: str) -> str:
        """The name of a database like the template, new or used before: a new one costs half a second of CPU."""
        if self._idle:
            return self._idle.pop()
        name = f"lent_{uuid4().hex}"
        self.create(name, template)
        return name

    def give_back(self, name: str, template: str) -> None:
        """Empty a borrowed database for the next; one whose schema or rights were changed is dropped."""
        if self._schema is None:
            self._schema = self._ask(template, _SCHEMA)
        with psycopg.connect(self.dsn(name), autocommit=True) as connection:
            connection.execute(_END_OTHERS)
            connection.execute(_EMPTY)
        if self._ask(name, _SCHEMA) == self._schema:
            self._idle.append(name)
        else:
            self.drop(name)

    def _ask(self, name: str, query: str) -> object:
        with psycopg.connect(self.dsn(name), autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
        return row and row[0]

    def drop(self, name: str) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)
