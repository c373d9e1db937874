"""How long a wrong password is waited for, and how long a session lasts. Pure rules: the time is handed in.

Both take the distance between two times, whatever its sign: a clock that was set back by an hour neither locks
anyone out nor keeps a session open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

FREE_FAILURES = 5
LONGEST_DELAY_S = 60.0
PIN_TRIES = 5


def delay_s(failures: int) -> float:
    """Time from the last of `failures` in a row to the next try [s]: none before the fifth, then 1, 2, 4 ... 60."""
    if failures < FREE_FAILURES:
        return 0.0
    return min(2.0 ** min(failures - FREE_FAILURES, 10), LONGEST_DELAY_S)


def wait_s(failures: int, last_at: datetime, now: datetime) -> float:
    """Time still to wait at `now` [s]; 0: try."""
    return max(0.0, delay_s(failures) - abs((now - last_at).total_seconds()))


class SessionState(StrEnum):
    """What a session still allows."""

    OPEN = "open"
    LOCKED = "locked"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """When a session locks and ends. [s]

    ``lock_s`` without activity: the lock screen, where the same person's PIN goes on. ``idle_s``: log in again.
    ``absolute_s`` after the log-in: log in again, active or not.
    """

    lock_s: float = 5 * 60
    idle_s: float = 15 * 60
    absolute_s: float = 12 * 3600

    def __post_init__(self) -> None:
        if not 0 < self.lock_s <= self.idle_s <= self.absolute_s:
            raise ValueError(f"limits of a session are not in order: {self.lock_s}, {self.idle_s}, {self.absolute_s} s")

    def state(self, created_at: datetime, active_at: datetime, now: datetime) -> SessionState:
        """What a session that is not revoked allows at `now`."""
        age_s = abs((now - created_at).total_seconds())
        idle_s = abs((now - active_at).total_seconds())
        if age_s >= self.absolute_s or idle_s >= self.idle_s:
            return SessionState.OVER
        return SessionState.LOCKED if idle_s >= self.lock_s else SessionState.OPEN
