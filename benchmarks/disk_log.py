"""What reached the disk, and when it was promised: writes and syncs in order, and disks as a power cut may leave them.

Between two syncs an operating system may write any part of what waits, in any order. So for a cut after a given step,
every file is what its last sync left, and of what was written since:

    NOTHING   none of it
    TORN      the first writes, the last of them up to any byte
    SECTORS   of each 512-byte sector the old content or the new, each by itself
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import CDLL, CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p, cast, pointer, string_at
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

SECTOR = 512


class Cut(StrEnum):
    """How much of what was not synced is there."""

    NOTHING = "nothing"
    TORN = "torn"
    SECTORS = "sectors"


@dataclass(frozen=True, slots=True)
class Step:
    """One step on one file, done at ``at_s``.

    ``content`` None: cut to ``offset`` bytes. ``covers``: a sync that puts the first so many steps of all on the disk;
    what was written while it ran is not promised. ``removed``: the file was.
    """

    path: Path
    at_s: float
    offset: int = 0
    content: bytes | None = None
    covers: int | None = None
    removed: bool = False


class DiskLog:
    """Every step, in order; safe to share between threads."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._lock = Lock()

    def note(self, path: Path, **what: Any) -> None:
        """Add a step that was done."""
        with self._lock:
            self.steps.append(Step(path, monotonic(), **what))

    def after(self, count: int, cut: Cut, chance: random.Random) -> dict[Path, bytes]:
        """Files as a power cut after `count` steps may leave them."""
        done = self.steps[:count]
        files = {}
        for path in sorted({step.path for step in done}):
            covered = self.covered(path, count)
            safe = [step for step in done[:covered] if step.path == path]
            loose = [step for step in done[covered:] if step.path == path and step.covers is None]
            left = _left(safe, loose, cut, chance)
            if left is not None:
                files[path] = left
        return files

    def covered(self, path: Path, count: int) -> int:
        """Of the first `count` steps so many are on the disk, as far as a file goes."""
        return max(
            (step.covers for step in self.steps[:count] if step.path == path and step.covers is not None), default=0
        )


def _left(safe: Sequence[Step], loose: Sequence[Step], cut: Cut, chance: random.Random) -> bytes | None:
    """One file; None where it is not there: removed, or never synced and so without a name."""
    if any(step.removed for step in (*safe, *loose)) or (not safe and (cut is Cut.NOTHING or not loose)):
        return None
    content = bytearray()
    for step in safe:
        _do(content, step)
    return bytes(_loosely(content, loose, cut, chance))


def _do(content: bytearray, step: Step) -> None:
    if step.content is not None:
        content.extend(b"\0" * (step.offset - len(content)))
        content[step.offset : step.offset + len(step.content)] = step.content
    elif step.covers is None and not step.removed:
        del content[step.offset :]


def _loosely(safe: bytearray, loose: Sequence[Step], cut: Cut, chance: random.Random) -> bytearray:
    if cut is Cut.NOTHING or not loose:
        return safe
    if cut is Cut.TORN:
        done = chance.randint(0, len(loose) - 1)
        content = bytearray(safe)
        for step in loose[:done]:
            _do(content, step)
        torn = loose[done]
        if torn.content:
            part = torn.content[: chance.randint(0, len(torn.content))]
            _do(content, Step(torn.path, torn.at_s, torn.offset, part))
        return content
    new = bytearray(safe)
    for step in loose:
        _do(new, step)
    size = chance.choice((len(safe), len(new)))
    mixed = bytearray()
    for start in range(0, size, SECTOR):
        source = chance.choice((safe, new))
        sector = bytes(source[start : min(start + SECTOR, size)])
        mixed += sector.ljust(min(SECTOR, size - start), b"\0")
    return mixed


# ---- SQLite's own writes: its file methods, wrapped where it opens a file

_WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)
# Names stay pointers: the system's methods keep the one they are given.
_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_DELETE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)


class _Methods(Structure):
    """sqlite3_io_methods, version 3."""

    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", c_void_p),
        ("truncate", c_void_p),
        ("sync", c_void_p),
        ("rest", c_void_p * 12),
    )


class _Vfs(Structure):
    """sqlite3_vfs as far as it is needed."""

    _fields_ = (
        ("version", c_int),
        ("file_size", c_int),
        ("path_limit", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
        ("delete", c_void_p),
    )


class _Watched:
    """The system's file methods with a note beside each."""

    def __init__(self, log: DiskLog, folder: Path, vfs: _Vfs) -> None:
        self._log, self._folder = log, folder
        self._open, self._delete = cast(vfs.open, _OPEN), cast(vfs.delete, _DELETE)
        self._paths: dict[int, Path] = {}
        self._tables: dict[int, _Methods] = {}
        self._kept: list[Any] = []  # callbacks live as long as files that were opened with them
        self.open, self.delete = _OPEN(self._opened), _DELETE(self._deleted)

    def _opened(self, vfs: int, name: int | None, file: int, flags: int, out: Any) -> int:
        code = int(self._open(vfs, name, file, flags, out))
        path = _path_at(name)
        if code == 0 and path is not None and path.parent == self._folder:
            self._paths[file] = path
            methods = cast(file, POINTER(c_void_p))
            methods[0] = cast(pointer(self._watched(int(methods[0] or 0))), c_void_p)
        return code

    def _deleted(self, vfs: int, name: int, sync_folder: int) -> int:
        code = int(self._delete(vfs, name, sync_folder))
        path = _path_at(name)
        if code == 0 and path is not None and path.parent == self._folder:
            self._log.note(path, removed=True)
        return code

    def _watched(self, table: int) -> _Methods:
        if table not in self._tables:
            own = cast(table, POINTER(_Methods))[0]
            made = _Methods.from_buffer_copy(own)
            writes, cuts, syncs = cast(own.write, _WRITE), cast(own.truncate, _TRUNCATE), cast(own.sync, _SYNC)

            def write(file: int, content: int, size: int, offset: int) -> int:
                code = int(writes(file, content, size, offset))
                self._log.note(self._paths[file], offset=offset, content=string_at(content, size))
                return code

            def truncate(file: int, size: int) -> int:
                code = int(cuts(file, size))
                self._log.note(self._paths[file], offset=size)
                return code

            def sync(file: int, flags: int) -> int:
                code = int(syncs(file, flags))
                self._log.note(self._paths[file], covers=len(self._log.steps))
                return code

            callbacks = _WRITE(write), _TRUNCATE(truncate), _SYNC(sync)
            made.write, made.truncate, made.sync = (cast(each, c_void_p) for each in callbacks)
            self._kept.append((callbacks, made))
            self._tables[table] = made
        return self._tables[table]


def _path_at(name: int | None) -> Path | None:
    return None if name is None else Path(string_at(name).decode())


#: Files outlive the watch: what they call must, too.
_KEPT: list[_Watched] = []


@contextmanager
def sqlite_watched(log: DiskLog, folder: Path) -> Iterator[None]:
    """Note what SQLite writes into files of `folder` that are opened meanwhile; close them before the end."""
    import _sqlite3  # the library that Python's own module speaks to

    library = CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(None).contents
    before = vfs.open, vfs.delete
    watched = _Watched(log, folder, vfs)
    _KEPT.append(watched)
    vfs.open, vfs.delete = (cast(each, c_void_p) for each in (watched.open, watched.delete))
    try:
        yield
    finally:
        vfs.open, vfs.delete = before
