"""Notices what happens to the computer's clocks while it records: set to another time, or stopped by a suspend."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

JUMP_S = 1.0
#: Where no clock runs on through a suspend, a thread that was not woken for so long slept with the computer.
UNWOKEN_S = 5.0


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The clocks at one moment. ``boot_s``: the one that runs on through a suspend, None where there is none. [s]"""

    wall_s: float
    monotonic_s: float
    boot_s: float | None


def read_clocks() -> ClockReading:
    """The clocks now."""
    if sys.platform == "linux":
        boot_s: float | None = time.clock_gettime(time.CLOCK_BOOTTIME)
    elif sys.platform == "darwin":  # twin: this one runs on there, and `monotonic` does not
        boot_s = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
    else:  # twin: `monotonic` itself runs on, so a suspend is a long wait
        boot_s = None
    return ClockReading(time.time(), time.monotonic(), boot_s)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """What happened since the reading before: seconds slept, seconds by which the wall clock was set. [s]"""

    suspended_s: float = 0.0
    wall_jump_s: float = 0.0


class ClockWatch:
    """Compares each reading with the one before."""

    def __init__(self, first: ClockReading) -> None:
        self._last = first

    def look(self, now: ClockReading) -> ClockChange:
        """What happened since the last look; changes below a second are none."""
        before, self._last = self._last, now
        awake_s = now.monotonic_s - before.monotonic_s
        if now.boot_s is not None and before.boot_s is not None:
            elapsed_s = now.boot_s - before.boot_s
            slept_s = elapsed_s - awake_s
        else:
            elapsed_s = awake_s
            slept_s = awake_s if awake_s > UNWOKEN_S else 0.0
        jump_s = (now.wall_s - before.wall_s) - elapsed_s
        return ClockChange(
            suspended_s=slept_s if slept_s > JUMP_S else 0.0,
            wall_jump_s=jump_s if abs(jump_s) > JUMP_S else 0.0,
        )
