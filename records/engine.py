"""From an address to an engine: what each database must be told, how a unit of work begins, what its errors mean."""

from __future__ import annotations

import errno
import json
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from records import cipher
from records.errors import (
    RecordsError,
    StoreBusy,
    StoreDamaged,
    StoreDriverMissing,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreRefused,
    StoreUnreachable,
    StoreUrlUnknown,
)

log = logging.getLogger(__name__)

WAIT_S = 5.0
PAGE_BYTES = cipher.PAGE_BYTES
WAL_SAFE_FROM = (3, 51, 3)  # older versions can corrupt the file when the write-ahead log is reset
_WRITING = "stancelab_writing"
#: Whose turn it is to write, for each file that this program has written to.
_TURNS: dict[Path, threading.Lock] = {}
_TURNS_LOCK = threading.Lock()

#: Whoever writes on a server holds this lock of its database, which is nobody else's: the letters "Stanceli".
_WRITE_LOCK = 0x5374616E63656C69
#: What a session on a server is told, whatever the server's own habits are. A program that stops in the middle of a
#: unit of work (its computer sleeps) must not hold the lock for ever.
_SESSION = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "standard_conforming_strings": "on",
    "idle_in_transaction_session_timeout": "60s",
}
#: A server that is gone without a word is noticed: after seconds, not after the system's two hours.
_CONNECTION = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}

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
    "25P03": StoreBusy,
    "28000": StoreRefused,
    "28P01": StoreRefused,
    "40001": StoreBusy,
    "40P01": StoreBusy,
    "42501": StoreRefused,
    "53100": StoreFull,
    "53300": StoreBusy,
    "55P03": StoreBusy,
    "XX001": StoreDamaged,
    "XX002": StoreDamaged,
}

#: What the operating system refuses -> the error it is.
OS_ERRORS: dict[int, type[StoreError]] = {
    errno.EACCES: StoreReadOnly,
    errno.EPERM: StoreReadOnly,
    errno.EROFS: StoreReadOnly,
    errno.ENOSPC: StoreFull,
    errno.EFBIG: StoreFull,
    **({errno.EDQUOT: StoreFull} if hasattr(errno, "EDQUOT") else {}),
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


def shown_address(url: str) -> str:
    """Address of an archive as anyone may read it: without a password, nor options, which may hold one too."""
    return shown(sa.make_url(url).set(query={}))


def sqlite_file(url: sa.URL) -> Path | None:
    """File of an SQLite archive; None for a server."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def make_engine(url: sa.URL, *, migrating: bool = False) -> sa.Engine:
    """Engine for an archive; nothing is opened yet. ``migrating``: foreign keys off, as rebuilding a table needs."""
    try:
        to_json = partial(json.dumps, allow_nan=False, separators=(",", ":"))
        file = sqlite_file(url)
        key = None if file is None else cipher.key_of(file)
        special = _server_arguments(url) if file is None else {"module": key[0]} if key else {}
        engine = sa.create_engine(url, json_serializer=to_json, hide_parameters=True, **special)  # no patient in a log
    except (exc.NoSuchModuleError, ImportError) as error:
        raise StoreDriverMissing(shown(url), str(error)) from error
    if engine.dialect.name == "sqlite":
        module, passphrase = engine.dialect.dbapi, key[1] if key else ""
        told = partial(_on_connect, foreign_keys="OFF" if migrating else "ON", module=module, passphrase=passphrase)
        event.listen(engine, "connect", told)
        event.listen(engine, "begin", _on_begin)
        event.listen(engine, "first_connect", partial(_log_version, module=module))
    else:
        event.listen(engine, "begin", _on_server_begin)
        event.listen(engine, "handle_error", _without_values)
    return engine


def reading(engine: sa.Engine) -> sa.Engine:
    """The same engine, whose units of work see the archive as it was when they began."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def writing(engine: sa.Engine) -> sa.Engine:
    """The same engine, whose units of work begin by taking the write lock: one writer at a time in an archive.

    So what a writer has read stays true until it commits, on every database: nobody else takes its patient's code or
    its event's number, nothing has to be tried again.
    """
    return engine.execution_options(**{_WRITING: True})


def _server_arguments(url: sa.URL) -> dict[str, Any]:
    """What an engine on a server takes; what the address itself says goes before."""
    told = {**_SESSION, "lock_timeout": f"{WAIT_S * 1000:.0f}"}
    own = url.query.get("options", "")
    options = " ".join([*(f"-c {name}={value}" for name, value in told.items()), own if isinstance(own, str) else ""])
    connection = {"application_name": "stancelab", "connect_timeout": round(WAIT_S), **_CONNECTION}
    chosen = {name: value for name, value in connection.items() if name not in url.query}
    return {
        "connect_args": {**chosen, "options": options},
        "isolation_level": "READ COMMITTED",  # a writer that waited for the lock sees what was written meanwhile
        "pool_pre_ping": True,  # a server that was started again is no error
        "pool_timeout": WAIT_S,
    }


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
def in_turn(url: sa.URL) -> Iterator[None]:
    """Let this program's own writers into a file one after the other.

    SQLite lets whoever asks at the right moment in: among four writers one may ask in vain for seconds. A server keeps
    a queue, so there is nothing to do.

    Raises
    ------
    StoreBusy
        The one before takes too long.
    """
    path = sqlite_file(url)
    if path is None:
        yield
        return
    with _TURNS_LOCK:
        turn = _TURNS.setdefault(path.resolve(), threading.Lock())
    if not turn.acquire(timeout=WAIT_S):
        raise StoreBusy(shown(url), "another writer of this program")
    try:
        yield
    finally:
        turn.release()


@contextmanager
def named_errors(url: sa.URL) -> Iterator[None]:
    """Turn what the database reports about itself into the named errors of the archive; leave the rest as it is."""
    try:
        yield
    except exc.TimeoutError as error:
        raise StoreBusy(shown(url), str(error)) from error
    except (exc.DBAPIError, sqlite3.Error, cipher.error_class()) as error:
        cause = error.orig if isinstance(error, exc.DBAPIError) else error
        named = _locked(url, cause) or _named(error, cause)
        if named is None:
            raise
        raise named(shown(url), " ".join(str(cause).split())) from error
    except exc.StatementError as error:
        if isinstance(error.orig, RecordsError):  # a value refused by the type of its column
            raise error.orig from None
        raise


def _locked(url: sa.URL, cause: BaseException | None) -> type[StoreError] | None:
    """A file that is no plain SQLite, and was not opened by what was tried as its passphrase."""
    file = sqlite_file(url)
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if file is None or code != sqlite3.SQLITE_NOTADB or not cipher.is_encrypted(file):
        return None
    cipher.forget(file)
    return StoreLocked


def _named(error: BaseException, cause: BaseException | None) -> type[StoreError] | None:
    if isinstance(cause, sqlite3.Error | cipher.error_class()):
        return _SQLITE_ERRORS.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    lost: type[StoreError] | None = (
        StoreUnreachable if isinstance(error, exc.OperationalError | exc.InterfaceError) else None
    )
    if getattr(getattr(cause, "pgconn", None), "used_password", False):  # no connection, and it had asked for one
        lost = StoreRefused
    return _POSTGRES_ERRORS.get(getattr(cause, "sqlstate", None) or "", lost)


def _on_connect(connection: Any, _record: object, *, foreign_keys: str, module: Any, passphrase: str) -> None:
    connection.isolation_level = None  # `_on_begin` begins, never the driver
    if passphrase:
        cipher.set_key(connection, passphrase)
    wal = _wal_is_safe(module)
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


def _on_server_begin(connection: sa.Connection) -> None:
    """A writer waits for its turn, at most `WAIT_S`; the server gives the lock back with the transaction."""
    if connection.get_execution_options().get(_WRITING, False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")


def _without_values(context: sa.ExceptionContext) -> BaseException | None:
    """The error without its detail, where PostgreSQL quotes the row that it refused: it holds a name."""
    cause: Any = context.original_exception
    error = context.sqlalchemy_exception
    if not isinstance(error, exc.IntegrityError | exc.DataError) or not cause.sqlstate:
        return None
    cause.args = (cause.diag.message_primary,)
    return type(error)(error.statement, error.params, cause, hide_parameters=True, code=error.code)


def _wal_is_safe(module: Any) -> bool:
    return bool(module.sqlite_version_info >= WAL_SAFE_FROM)


def _log_version(_connection: object, _record: object, *, module: Any) -> None:
    journal = "WAL" if _wal_is_safe(module) else "TRUNCATE"
    log.info("SQLite %s, journal %s, by %s", module.sqlite_version, journal, module.__name__)
