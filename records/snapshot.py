"""A copy of an SQLite archive that is known to be whole: made while others write, verified, then given its name.

The copy is taken in one step inside one read transaction: all of it shows the archive at one moment. A copy in many
steps starts again at every write. What is verified: the file's structure, every reference between rows, the number of
rows of every table and the newest hash of every audit chain.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from records import cipher
from records.engine import OS_ERRORS, WAIT_S, create_file, named_errors, sqlite_url
from records.errors import (
    RestoreRefused,
    SealProblem,
    SealRefused,
    StoreBusy,
    StoreDamaged,
    StoreMissing,
    StoreUnreachable,
)
from records.new_file import give_name, part_of
from records.passwords import PASSWORD_MINIMUM
from records.recording_file import unpack

FOLDER, NAME_TIME = "backups", "%Y%m%dT%H%M%SZ"
JOURNALS = ("-journal", "-wal", "-shm")
_ENDED = {
    "login_session": "DELETE FROM login_session",
    "password_code": "DELETE FROM password_code",
    "set_up_code": "DELETE FROM set_up_code",
}
_COUNTS = "SELECT count(*) FROM "
_HEADS = (
    "SELECT station, hash FROM audit_event AS event"
    " WHERE number = (SELECT max(number) FROM audit_event WHERE station = event.station) ORDER BY station"
)

_CONTENT = "SELECT content FROM recording JOIN trial ON recording.id = trial.recording_id WHERE trial.id = ?"


@dataclass(frozen=True, slots=True)
class Inventory:
    """What an archive holds: rows of each table, newest hash of each station's audit chain."""

    rows: Mapping[str, int]
    heads: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A verified copy."""

    path: Path
    inventory: Inventory


def folder_of(source: Path) -> Path:
    """Where the backups of an archive are kept unless another folder is named."""
    return source.parent / FOLDER


def backup_name(source: Path, at: datetime, schema: str | None = None) -> str:
    """Name of a backup of `source` made at `at`; `schema`: the one it has, of a copy made before an upgrade."""
    before = "" if schema is None else f"-schema-{schema}"
    return f"{source.stem}-{at.astimezone(UTC).strftime(NAME_TIME)}{before}.db"


def copy_verified(source: Path, target: Path) -> Snapshot:
    """Copy the archive `source`, others may be writing to it, to the new file `target`.

    `target` appears only when the copy is verified and on the disk.

    Raises
    ------
    RestoreRefused
        `target` is there already, or the journal of one, which would change what is copied.
    StoreMissing, StoreDamaged, StoreBusy, StoreFull, StoreReadOnly, StoreUnreachable
    """
    if not source.is_file():
        raise StoreMissing(str(source), command="stancelab store upgrade")
    for there in (target, *(target.with_name(target.name + ending) for ending in JOURNALS)):
        if there.exists():
            raise RestoreRefused(str(there))
    part = part_of(target)
    try:
        create_file(sa.make_url(sqlite_url(part)))
        expected = _copied(source, part)
        with _told(part), closing(_opened(part, source)) as copy:
            found = _verified(copy, part)
        if found != expected:
            raise StoreDamaged(str(part), "the copy does not hold what was copied")
        with os_errors(target):
            _sync(part)
            give_name(part, target)
    finally:
        for leftover in (part, part.with_name(f"{part.name}-journal")):
            leftover.unlink(missing_ok=True)
    cipher.same_passphrase(target, source)
    return Snapshot(target, expected)


def rewritten(source: Path, target: Path, passphrase: str) -> Snapshot:
    """The archive `source` as the new file `target`: encrypted with `passphrase`, or plain where it is "".

    Raises
    ------
    SealRefused
    As `copy_verified`.
    """
    if passphrase and len(passphrase) < PASSWORD_MINIMUM:
        raise SealRefused(SealProblem.SHORT, str(PASSWORD_MINIMUM))
    if target.exists():
        raise RestoreRefused(str(target))
    between, part = part_of(target), part_of(target)
    try:
        expected = copy_verified(source, between).inventory
        create_file(sa.make_url(sqlite_url(part)))
        with _told(part):
            cipher.export(between, part, passphrase)
            with closing(_opened(part)) as copy:
                found = _verified(copy, part)
        if found != expected:
            raise StoreDamaged(str(part), "the copy does not hold what was copied")
        with os_errors(target):
            _sync(part)
            give_name(part, target)
    finally:
        for leftover in (between, part, part.with_name(f"{part.name}-journal")):
            leftover.unlink(missing_ok=True)
    cipher.same_passphrase(target, part)
    return Snapshot(target, expected)


def verify_file(path: Path) -> Inventory:
    """Read the whole file of an archive that nobody writes to, and return what it holds.

    Raises
    ------
    StoreMissing, StoreDamaged, StoreUnreachable
    """
    if not path.is_file():
        raise StoreMissing(str(path), command="stancelab store upgrade")
    with _told(path), closing(_opened(path)) as archive:
        return _verified(archive, path)


def recording_of(path: Path, trial_id: str, like: Path | None = None) -> str | None:
    """SHA-256 of a trial's recording as the file of an archive holds it, decoded; None where it has no such trial.

    ``like``: a file of the same passphrase.

    Raises
    ------
    RecordingDamaged, StoreError
    """
    with _told(path), closing(_opened(path, like)) as archive:
        found = archive.execute(_CONTENT, (trial_id,)).fetchone()
    return None if found is None else unpack(found[0])[1]


def end_sessions(path: Path) -> None:
    """Take the log-ins and one-time codes out of an archive made of a backup: since then they may have been ended.

    Raises
    ------
    StoreError
    """
    with _told(path), closing(cipher.connected(path, path, mode="rw", timeout_s=WAIT_S)) as archive:
        there = _inventory(archive).rows
        for table, statement in _ENDED.items():
            if table in there:
                archive.execute(statement)
        archive.commit()


def _copied(source: Path, part: Path) -> Inventory:
    """One read transaction: what is counted is what is copied."""
    with _told(source), closing(_opened(source)) as archive:
        archive.execute("BEGIN")
        inventory = _inventory(archive)
        with closing(cipher.connected(part, source, mode="rw", timeout_s=WAIT_S)) as copy:
            copy.execute("PRAGMA synchronous = OFF")  # it is synced as a whole, before it gets its name
            archive.backup(copy, pages=-1, progress=_busy)
            copy.execute("PRAGMA journal_mode = DELETE")  # a copy needs no other file beside it
        archive.execute("ROLLBACK")
    return inventory


def _busy(status: int, _remaining: int, _total: int) -> None:
    """End a copy that another program keeps from starting: Python would try for ever."""
    if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        raise StoreBusy("", "it is locked by another program")


def _opened(path: Path, like: Path | None = None) -> Any:
    """For reading only: SQLite itself refuses every write. ``like``: a file of the same passphrase."""
    connection = cipher.connected(path, like or path, mode="ro", timeout_s=WAIT_S)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _inventory(archive: Any) -> Inventory:
    tables = [str(name) for (name,) in archive.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    rows = {name: archive.execute(_COUNTS + _quoted(name)).fetchone()[0] for name in sorted(tables)}
    heads = dict(archive.execute(_HEADS)) if "audit_event" in tables else {}
    return Inventory(rows, heads)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _verified(archive: Any, path: Path) -> Inventory:
    found = [str(row[0]) for row in archive.execute("PRAGMA integrity_check")]
    if found != ["ok"]:
        raise StoreDamaged(str(path), found[0])
    orphans = archive.execute("PRAGMA foreign_key_check").fetchall()
    if orphans:
        raise StoreDamaged(str(path), f"{len(orphans)} rows point to rows that do not exist")
    inventory = _inventory(archive)
    if "audit_event" not in inventory.rows:
        raise StoreDamaged(str(path), "it has no audit: not an archive of this program")
    return inventory


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """SQLite's errors as the archive's own, which name the file."""
    with named_errors(sa.make_url(sqlite_url(path))):
        yield


@contextlib.contextmanager
def os_errors(path: Path) -> Iterator[None]:
    """What the operating system refuses as the archive's own errors, which name the file."""
    try:
        yield
    except FileExistsError as error:
        raise RestoreRefused(str(path)) from error
    except OSError as error:
        named = OS_ERRORS.get(error.errno or 0, StoreUnreachable)
        raise named(str(path), str(error.strerror)) from error


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDWR)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
