"""Asks the operating system not to fall asleep while a recording runs. Where it cannot be asked, nothing happens."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: Programs of the system that hold it awake for as long as another one runs: here `cat`, which ends when its input
#: does, and so at the latest with this process, however that ends.
_HOLDERS = {
    "linux": ("systemd-inhibit", "--what=sleep:idle", "--who=stancelab", "--why=recording", "cat"),
    "darwin": ("caffeinate", "-i", "cat"),
}
PATIENCE_S = 1.0
_CONTINUOUS, _SYSTEM_REQUIRED = 0x80000000, 0x00000001


@contextmanager
def kept_awake() -> Iterator[None]:
    """Until the block is left."""
    if sys.platform == "win32":  # twin: a thread says it, for as long as it runs
        import ctypes

        ctypes.windll.kernel32.SetThreadExecutionState(_CONTINUOUS | _SYSTEM_REQUIRED)
        try:
            yield
        finally:
            ctypes.windll.kernel32.SetThreadExecutionState(_CONTINUOUS)
        return
    command = _HOLDERS.get(sys.platform, ("",))
    if shutil.which(command[0]) is None:
        yield
        return
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet) as holder:  # noqa: S603 - ours
        try:
            yield
        finally:
            _end(holder)


def _end(holder: subprocess.Popen[bytes]) -> None:
    """End its input, and so the program; a recording does not wait for one that hangs."""
    try:
        holder.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        holder.kill()
