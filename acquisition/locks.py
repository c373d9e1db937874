"""One program for each port: a file per port that its holder keeps locked, with the holder's process number in it.

The lock is the system's own: it ends with its process, however that ends, so that none can be left behind. The file
stays, and says nothing while nobody holds its lock.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir

from acquisition.errors import PlateBusy, PortInUse

log = logging.getLogger(__name__)

LONGEST_PID = 20

if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> None:
        os.lseek(file, 1 << 20, os.SEEK_SET)  # far behind the number, which another program has to read
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class PortLock:
    """A port that this process holds until it lets go.

    Parameters
    ----------
    port : str
        Its name, "COM5" or "/dev/ttyACM0"; a link to a port is the port.
    folder : Path or None
        Where the files are; None: this user's run-time folder.

    Raises
    ------
    PortInUse
        Names the process that holds it.
    PlateBusy
        It does not say which.
    """

    def __init__(self, port: str, folder: Path | None = None) -> None:
        self._file: int | None = None
        path = (folder or lock_folder()) / f"port-{_plain(port)}.lock"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:  # a full disk is no reason not to measure: the port itself is opened exclusively
            log.warning("no lock file %s: %s", path, error)
            return
        try:
            _take(self._file)
        except OSError as error:
            pid = _read_pid(self._file)
            os.close(self._file)
            if not pid:
                raise PlateBusy(f"{port} is in use by a process that does not say its number", port=port) from error
            raise PortInUse(f"{port} is in use by process {pid}", port=port, pid=pid) from error
        self._write(str(os.getpid()))

    def release(self) -> None:
        """Let go; a second call does nothing."""
        if self._file is not None:
            self._write("")
            os.close(self._file)
            self._file = None

    def _write(self, text: str) -> None:
        if self._file is not None:
            with suppress(OSError):
                os.lseek(self._file, 0, os.SEEK_SET)
                os.truncate(self._file, 0)
                os.write(self._file, text.encode("ascii"))


def lock_folder() -> Path:
    """Where this user's programs keep what ends with the session: the system's folder for it, or a temporary one."""
    if sys.platform == "win32":  # the temporary folder is the user's own
        return Path(gettempdir()) / "stancelab"
    return Path(os.environ.get("XDG_RUNTIME_DIR") or gettempdir()) / f"stancelab-{os.getuid()}"


def holder(port: str, folder: Path | None = None) -> int | None:
    """Process that holds a port, 0 where its number cannot be read; None while nobody does. The port is not touched."""
    try:
        PortLock(port, folder).release()
    except PlateBusy as error:
        return int(error.values.get("pid", 0))
    return None


def _plain(port: str) -> str:
    name = os.path.realpath(port) if port.startswith("/") else port.upper()
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def _read_pid(file: int) -> int:
    """The number in the file, 0 where it cannot be read."""
    with suppress(OSError, ValueError):
        os.lseek(file, 0, os.SEEK_SET)
        return int(os.read(file, LONGEST_PID))
    return 0
