"""SQLite archives that are encrypted as a whole, every page: SQLCipher 4, by sqlcipher3, the extra ``encryption``.

A plain file begins with "SQLite format 3", an encrypted one with random bytes: only its passphrase tells it from a
file that is no archive. The passphrase of a file is what `unlock` was told, else what stands in STANCELAB_PASSPHRASE,
else what is typed by whoever started the program (`ask_by`). It is kept in memory until the program ends.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

from records.errors import SealProblem, SealRefused

VARIABLE = "STANCELAB_PASSPHRASE"
PAGE_BYTES = 16384
_PLAIN = b"SQLite format 3\0"
_known: dict[Path, str] = {}
_askers: list[Callable[[Path], str]] = []


def is_encrypted(file: Path) -> bool:
    """Whether there is a file with something in it that is no plain SQLite."""
    try:
        with file.open("rb") as read:
            begin = read.read(len(_PLAIN))
    except OSError:
        return False
    return begin not in (b"", _PLAIN)


def unlock(file: Path, passphrase: str) -> None:
    """Remember the passphrase of a file."""
    _known[file.resolve()] = passphrase


def same_passphrase(file: Path, other: Path) -> None:
    """`file` has the passphrase that `other` had, if it had one."""
    if other.resolve() in _known:
        unlock(file, _known[other.resolve()])


def forget(file: Path) -> None:
    """Do not try a passphrase again that did not open it."""
    _known.pop(file.resolve(), None)


def ask_by(asker: Callable[[Path], str]) -> None:
    """Who is asked for the passphrase of a file; "": there is none."""
    _askers[:] = [asker]


def key_of(file: Path) -> tuple[Any, str] | None:
    """Library and passphrase for a file; None: a plain one, or one that cannot be opened here."""
    if not is_encrypted(file):
        return None
    module = _module()
    if module is None:
        return None
    passphrase = _known.get(file.resolve()) or os.environ.get(VARIABLE) or "".join(ask(file) for ask in _askers)
    if not passphrase:
        return None
    unlock(file, passphrase)
    return module, passphrase


def error_class() -> type[Exception]:
    """What the library raises; Python's own where it is not there."""
    module = _module()
    return sqlite3.Error if module is None else module.Error


def set_key(connection: Any, passphrase: str) -> None:
    """The first words to a connection to an encrypted file."""
    connection.execute("PRAGMA cipher_log_level = NONE")  # a wrong passphrase is our error, not a line on the console
    connection.execute(f"PRAGMA key = {_quoted(passphrase)}")
    connection.execute(f"PRAGMA cipher_page_size = {PAGE_BYTES}")


def connected(file: Path, like: Path, *, mode: str, timeout_s: float) -> Any:
    """A connection to `file`, by the library and with the passphrase that open `like`. ``mode``: "ro" or "rw"."""
    address, key = f"{file.resolve().as_uri()}?mode={mode}", key_of(like)
    if key is None:
        return sqlite3.connect(address, uri=True, timeout=timeout_s, isolation_level=None)
    module, passphrase = key
    connection = module.connect(address, uri=True, timeout=timeout_s, isolation_level=None)
    set_key(connection, passphrase)
    unlock(file, passphrase)
    return connection


def export(source: Path, target: Path, passphrase: str) -> None:
    """Write what the file `source` holds to the empty file `target`, under `passphrase`; "": plain.

    Nobody writes to `source` meanwhile.

    Raises
    ------
    SealRefused
    """
    module = _module()
    if module is None:
        raise SealRefused(SealProblem.NO_DRIVER, "sqlcipher3")
    key = key_of(source)
    with closing(module.connect(str(source), isolation_level=None)) as connection:
        if key is not None:
            set_key(connection, key[1])
        connection.execute("ATTACH DATABASE ? AS other KEY ?", (str(target), passphrase))
        if passphrase:
            connection.execute(f"PRAGMA other.cipher_page_size = {PAGE_BYTES}")
        connection.execute(f"PRAGMA other.page_size = {PAGE_BYTES}")
        connection.execute("SELECT sqlcipher_export('other')").fetchall()
        connection.execute("DETACH DATABASE other")
    if passphrase:
        unlock(target, passphrase)


def _module() -> Any:
    try:
        return import_module("sqlcipher3.dbapi2")
    except ImportError:
        return None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
