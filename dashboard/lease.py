"""Which screen operates the guided test: one at a time. Others watch, and may take over when somebody says so there."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from threading import Lock
from time import monotonic

#: A screen that has not been sent anything for so long is gone: its tab closed, its computer asleep.
AWAY_S = 4.0


class Standing(StrEnum):
    """What a screen may do. Values are keys of the catalogue (`test.standing.*`)."""

    OPERATES = "operates"
    WATCHES = "watches"
    REPLACED = "replaced"
    FREE = "free"


class Lease:
    """Held by one screen, named by an id that its browser tab made.

    Parameters
    ----------
    clock : callable
        Seconds of a monotonic clock.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._holder = self._replaced = ""
        self._seen_s = 0.0

    def claim(self, screen: str, *, take: bool) -> bool:
        """Operate from now on, if no other screen does; ``take``: even if one does. Whether this screen operates."""
        with self._lock:
            if screen and screen != self._holder and (take or self._free):
                taken = bool(self._holder) and not self._free
                self._holder, self._replaced = screen, self._holder if taken else ""
            if screen == self._holder:
                self._seen_s = self._clock()
            return bool(screen) and screen == self._holder

    def seen(self, screen: str) -> None:
        """A screen is being sent what happens: it is there."""
        with self._lock:
            if screen == self._holder:
                self._seen_s = self._clock()

    def left(self, screen: str) -> None:
        """The stream to a screen has ended: its page was closed or is being loaded again."""
        with self._lock:
            if screen == self._holder:
                self._seen_s = float("-inf")

    def standing(self, screen: str) -> Standing:
        """What a screen may do now."""
        with self._lock:
            if screen and screen == self._holder:
                return Standing.OPERATES
            if self._free:
                return Standing.FREE
            return Standing.REPLACED if screen and screen == self._replaced else Standing.WATCHES

    @property
    def _free(self) -> bool:
        return not self._holder or self._clock() - self._seen_s > AWAY_S
