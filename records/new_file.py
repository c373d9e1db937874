"""A file that is there whole or not at all, and never in the place of another."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def claim(path: Path) -> None:
    """Make an empty file of this user only. Raises FileExistsError where there is one."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def may_write(path: Path) -> bool:
    """Whether this user may write a file, or into a folder, as far as the system says."""
    if os.access in os.supports_effective_ids:
        return os.access(path, os.W_OK, effective_ids=True)
    return os.access(path, os.W_OK)  # twin: Windows has one identity


def part_of(path: Path) -> Path:
    """Where a file is written before it has its name: in the same folder, so that it can be renamed."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Write a new file, which may be read back: it has its name once all of it is on the disk.

    Raises
    ------
    FileExistsError
        At once, where there is one of this name.
    OSError
    """
    if path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    part = part_of(path)
    claim(part)
    try:
        with part.open("w+b") as written:
            yield written
            written.flush()
            os.fsync(written.fileno())
        give_name(part, path)
    finally:
        part.unlink(missing_ok=True)


def give_name(part: Path, path: Path) -> None:
    """Rename a synced file, unless one of the new name came to be meanwhile; and sync the folder.

    There is no moment in which the new name is an empty or half a file: a program may be killed at any.

    Raises
    ------
    FileExistsError
    OSError
    """
    if os.name == "nt":
        os.rename(part, path)  # Windows refuses where there is one
        return  # and cannot open a folder: NTFS logs the name
    _link(part, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _link(part: Path, path: Path) -> None:
    """A second name for the file, given only where it is free; then the first one is taken away."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a disk that knows no second names, such as a memory stick's
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        os.rename(part, path)
    else:
        part.unlink()
