"""A PostgreSQL server of the tests' own: started when first asked for, stopped and deleted at the end.

It is as unlike this program's wishes as a hospital's may be: its clock shows Kathmandu, its dates are German, its
texts sort as a German dictionary does. Only one thing is for speed: it does not wait for its disk.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa

from records.store import RecordStore

USER, PASSWORD = "clinic", "sesame"
LOCALE = ("--encoding=UTF8", "--locale=C.UTF-8")
GERMAN = ("--locale-provider=icu", "--icu-locale=de")  # from version 15 on
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "timezone": "Asia/Kathmandu",
    "datestyle": "German",
    "max_connections": "60",
}
#: Cut off who is still in it, then remove every row, the audit's too, which its triggers refuse.
EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$ DECLARE
    names text[] := array(SELECT format('%I', tablename) FROM pg_tables
                          WHERE schemaname = 'public' AND tablename <> 'alembic_version');
    name text;
BEGIN
    FOREACH name IN ARRAY names LOOP EXECUTE 'ALTER TABLE ' || name || ' DISABLE TRIGGER USER'; END LOOP;
    EXECUTE 'TRUNCATE ' || array_to_string(names, ', ');
    FOREACH name IN ARRAY names LOOP EXECUTE 'ALTER TABLE ' || name || ' ENABLE TRIGGER USER'; END LOOP;
END $$
"""
READY = "ready to accept connections"


def programs() -> Path | None:
    """Folder of `initdb` and `postgres`: Debian keeps them off the path, one folder for each version."""
    on_path = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return Path(on_path).parent if on_path else folders[-1] if folders else None


def _unprivileged() -> dict[str, Any]:
    """How to start a program that refuses to run as root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": "nogroup", "extra_groups": []}


class PostgresServer:
    """One server on a free port of this computer.

    Parameters
    ----------
    folder : Path
        Where its data lies; must be in a folder that everybody may enter.
    bin : Path
        Where its programs lie.
    """

    def __init__(self, folder: Path, bin: Path) -> None:
        self._data, self._bin = folder / "data", bin
        self._as = {"cwd": folder, "text": True, **_unprivileged()}
        if "user" in self._as:
            shutil.chown(folder, self._as["user"])
        password = folder / "password"
        password.write_text(PASSWORD, encoding="ascii")
        made = [bin / "initdb", "-D", self._data, f"--username={USER}", f"--pwfile={password}", "--auth=scram-sha-256"]
        knows = subprocess.run([bin / "initdb", "--help"], capture_output=True, text=True, check=True).stdout
        locale = [*LOCALE, *(GERMAN if "--icu-locale" in knows else ())]
        done = subprocess.run([*made, "--no-sync", *locale], capture_output=True, check=False, **self._as)
        assert done.returncode == 0, done.stderr
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])

    @property
    def url(self) -> str:
        """Address of the database that every server has."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start, and return when it takes connections."""
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        dies_with_us = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
        command = [*dies_with_us, self._bin / "postgres", "-D", self._data, "-p", str(self.port), *settings]
        self._server = subprocess.Popen(command, stderr=subprocess.PIPE, **self._as)
        self._log = self._server.stderr
        said = []
        for line in self._log:
            said.append(line)
            if READY in line:
                break
        else:
            raise AssertionError("".join(said))
        self._reader = threading.Thread(target=self._log.read, daemon=True)  # until all of its processes have ended
        self._reader.start()

    def stop(self) -> None:
        """Stop as its administrator would: those who are connected are cut off."""
        self._end(signal.SIGINT, [])

    def kill(self) -> None:
        """Kill all of its processes; nothing is tidied up."""
        pid = self._server.pid
        self._end(signal.SIGKILL, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())

    def _end(self, how: signal.Signals, children: list[str]) -> None:
        self._server.send_signal(how)
        self._server.wait(30)
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        self._reader.join(30)
        self._log.close()


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A server that is stopped and deleted at the end; skips where PostgreSQL is not installed."""
    bin = programs()
    if bin is None:
        pytest.skip("PostgreSQL is not installed: sudo apt-get install postgresql, or give a server with --postgres")
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = PostgresServer(Path(folder), bin)
        server.start()
        try:
            yield server
        finally:
            server.stop()


class Databases:
    """Makes databases on a server, and drops them all at the end."""

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url)
        self._made: list[str] = []
        self._archive: str | None = None

    def empty(self) -> str:
        """Address of a new database."""
        name = f"stancelab_test_{uuid4().hex}"
        self._run(self._url, f"CREATE DATABASE {name}")
        self._made.append(name)
        return self._url.set(database=name).render_as_string(hide_password=False)

    def archive(self) -> str:
        """Address of an archive of this program's schema without a row; the same one every time, which is quick."""
        if self._archive is None:
            self._archive = self.empty()
            store = RecordStore(self._archive)
            store.upgrade()
            store.close()
        else:
            self._run(sa.make_url(self._archive), EMPTY)
        return self._archive

    def drop_all(self) -> None:
        """Leave the server as it was."""
        for name in self._made:
            self._run(self._url, f"DROP DATABASE {name} WITH (FORCE)")

    @staticmethod
    def _run(url: sa.URL, statement: str) -> None:
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Databases on the server of `--postgres URL`, or on one that is started for these tests."""
    url = request.config.getoption("postgres")
    with nullcontext() if url else running_server() as server:
        made = Databases(url or server.url)
        yield made
        if url:
            made.drop_all()
