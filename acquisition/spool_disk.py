"""The disk under a spool: everything the operating system can refuse, do halfway or do slowly.

Windows and macOS lack `fdatasync`; what stands in for it there is marked.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
from pathlib import Path

from acquisition.errors import SpoolFull, SpoolReadOnly, SpoolRefused

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

#: No recording begins with less room: a disk that is nearly full fails elsewhere too.
LEAST_FREE_BYTES = 200 << 20
_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR})
_LOCKED_AT = 1 << 40  # Windows locks a stretch of bytes against reading too: one that no file reaches


def refusal(folder: Path, error: OSError) -> SpoolRefused:
    """What an error of the operating system means for a recording."""
    why = error.strerror or str(error)
    if error.errno in _FULL:
        return SpoolFull(str(folder), why)
    if error.errno in _READ_ONLY:
        return SpoolReadOnly(str(folder), why)
    return SpoolRefused(str(folder), why)


class SpoolFile:
    """A new file that is only ever appended to, held against other processes while it is open.

    Raises
    ------
    OSError
        Also from every method.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._file = os.open(path, flags, 0o600)
        with contextlib.suppress(OSError):  # it is new, so nobody has it; some network drives know no locks
            hold(self._file)
        try:
            sync_folder(path.parent)
        except OSError:
            os.close(self._file)
            raise

    def write(self, content: bytes) -> int:
        """Hand bytes to the operating system; how many of them it took."""
        return os.write(self._file, content)

    def sync(self) -> None:
        """Wait until everything that was written is on the disk."""
        if sys.platform == "linux":
            os.fdatasync(self._file)
        elif sys.platform == "darwin":  # twin: its fsync leaves data in the drive's cache
            fcntl.fcntl(self._file, fcntl.F_FULLFSYNC)
        else:  # twin: flushes the drive too
            os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def sync_folder(folder: Path) -> None:
    """Wait until the folder's own list of files is on the disk. Windows has no such call: NTFS logs it."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def hold(opened: int) -> None:
    """Take a file for this process; released when it is closed, also by a kill. Raises BlockingIOError or OSError."""
    if sys.platform == "win32":  # twin
        os.lseek(opened, _LOCKED_AT, os.SEEK_SET)
        msvcrt.locking(opened, msvcrt.LK_NBLCK, 1)
        os.lseek(opened, 0, os.SEEK_SET)
    else:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Held:
    """A finished or abandoned spool, taken so that no other process files it too.

    Raises
    ------
    OSError
        It is being written, or another process has it.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            hold(self._file)
        except OSError:
            os.close(self._file)
            raise

    def release(self) -> None:
        """Let go."""
        os.close(self._file)


def free_bytes(folder: Path) -> int:
    """Room on the disk of a folder, for this user."""
    return shutil.disk_usage(folder).free


def check_room(folder: Path, expected_bytes: int) -> None:
    """See that there is room for twenty times what is expected, and never less than 200 MB.

    Raises
    ------
    SpoolFull
    """
    with contextlib.suppress(OSError):  # a disk that cannot say how full it is may well be written
        free = free_bytes(folder)
        wanted = max(LEAST_FREE_BYTES, 20 * expected_bytes)
        if free < wanted:
            raise SpoolFull(str(folder), f"{free >> 20} MB free, {wanted >> 20} MB wanted")
