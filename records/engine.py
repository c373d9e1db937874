"""From an address to an engine: what each database must be told, how a unit of work begins, what its errors mean."""

from __future__ import annotations

import errno
import json
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from records.errors import (
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
    StoreUrlUnknown,
)

log = logging.getLogger(__name__)

WAIT_S = 5.0
PAGE_BYTES = 16384
WAL_SAFE_FROM = (3, 51, 3)  # older versions can corrupt the file when the write-ahead log is reset
_WRITING = "stancelab_writing"

#: SQLite's primary result code -> the error it is.
_SQLITE_ERRORS: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_READONLY: StoreReadOnly,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
    sqlite3.SQLITE_CANTOPEN: StoreUnreachable,
    sqlite3.SQLITE_IOERR: StoreUnreachable,
}

#: PostgreSQL's SQLSTATE -> the error it is.
_POSTGRES_ERRORS: dict[str, type[StoreError]] = {
    "25006": StoreReadOnly,
    "40001": StoreBusy,
    "40P01": StoreBusy,
    "53100": StoreFull,
    "53300": StoreBusy,
    "55P03": StoreBusy,
}

#: What the operating system refuses -> the error it is.
OS_ERRORS: dict[int, type[StoreError]] = {
    errno.EACCES: StoreReadOnly,
    errno.EPERM: StoreReadOnly,
    errno.EROFS: StoreReadOnly,
    errno.ENOSPC: StoreFull,
}


def sqlite_url(path: Path) -> str:
    """Address of the archive in a file."""
    return sa.URL.create("sqlite", database=path.as_posix()).render_as_string(hide_password=False)


def parsed(address: str) -> sa.URL:
    """`address` as a URL of an archive.

    Raises
    ------
    StoreUrlUnknown
        Neither ``sqlite:///FILE`` nor ``postgresql://...``.
    """
    try:
        url = sa.make_url(address)
    except exc.ArgumentError as error:
        raise StoreUrlUnknown(address) from error
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql") or (backend == "sqlite" and url.database in (None, "", ":memory:")):
        raise StoreUrlUnknown(shown(url))
    return url


def shown(url: sa.URL) -> str:
    """`url` as it may be shown and logged: without its password."""
    return url.render_as_string(hide_password=True)


def sqlite_file(url: sa.URL) -> Path | None:
    """File of an SQLite archive; None for a server."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def make_engine(url: sa.URL, *, migrating: bool = False) -> sa.Engine:
    """Engine for an archive; nothing is opened yet. ``migrating``: foreign keys off, as rebuilding a table needs."""
    try:
        to_json = partial(json.dumps, allow_nan=False, separators=(",", ":"))
        engine = sa.create_engine(url, json_serializer=to_json, hide_parameters=True)  # no patient in any log
    except (exc.NoSuchModuleError, ImportError) as error:
        raise StoreUnreachable(shown(url), f"its driver is missing: {error}") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_on_connect, foreign_keys="OFF" if migrating else "ON"))
        event.listen(engine, "begin", _on_begin)
        event.listen(engine, "first_connect", _log_version)
    return engine


def writing(engine: sa.Engine) -> sa.Engine:
    """The same engine, whose units of work begin by taking the write lock."""
    return engine.execution_options(**{_WRITING: True})


def create_file(url: sa.URL) -> None:
    """Make the file of an SQLite archive, readable by this user only; SQLite gives its journal the same permissions.

    Raises
    ------
    StoreUnreachable, StoreReadOnly, StoreFull
    """
    path = sqlite_file(url)
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        named = OS_ERRORS.get(error.errno or 0, StoreUnreachable)
        raise named(shown(url), str(error.strerror)) from error


@contextmanager
def named_errors(url: sa.URL) -> Iterator[None]:
    """Turn what the database reports about itself into the named errors of the archive; leave the rest as it is."""
    try:
        yield
    except exc.TimeoutError as error:
        raise StoreBusy(shown(url), str(error)) from error
    except (exc.DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, exc.DBAPIError) else error
        named = _named(error, cause)
        if named is None:
            raise
        raise named(shown(url), str(cause)) from error


def _named(error: BaseException, cause: BaseException | None) -> type[StoreError] | None:
    if isinstance(cause, sqlite3.Error):
        return _SQLITE_ERRORS.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    lost = StoreUnreachable if isinstance(error, exc.OperationalError | exc.InterfaceError) else None
    return _POSTGRES_ERRORS.get(getattr(cause, "sqlstate", None) or "", lost)


def _on_connect(connection: Any, _record: object, *, foreign_keys: str) -> None:
    connection.isolation_level = None  # `_on_begin` begins, never the driver
    wal = _wal_is_safe()
    for pragma in (
        f"busy_timeout = {WAIT_S * 1000:.0f}",
        f"page_size = {PAGE_BYTES}",
        f"foreign_keys = {foreign_keys}",
        f"journal_mode = {'WAL' if wal else 'TRUNCATE'}",
        f"synchronous = {'FULL' if wal else 'EXTRA'}",
        "recursive_triggers = ON",  # else INSERT OR REPLACE deletes without the delete trigger
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: sa.Connection) -> None:
    """A writer takes the lock at once: one that read first and then asks for it fails, however long it waits."""
    immediate = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _wal_is_safe() -> bool:
    return sqlite3.sqlite_version_info >= WAL_SAFE_FROM


def _log_version(_connection: object, _record: object) -> None:
    log.info("SQLite %s, journal %s", sqlite3.sqlite_version, "WAL" if _wal_is_safe() else "TRUNCATE")
