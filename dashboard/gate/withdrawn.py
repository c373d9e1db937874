"""What people locked or ended while the archive could not keep it: it holds all the same, in this program's memory."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from records.passwords import token_sha256
from records.sign_in_rules import SessionLimits


class Withdrawn:
    """Tokens that were locked or ended here.

    Parameters
    ----------
    limits : SessionLimits
    """

    def __init__(self, limits: SessionLimits) -> None:
        self._kept = timedelta(seconds=limits.absolute_s)  # no session lasts longer
        self._locked: dict[str, datetime] = {}
        self._ended: dict[str, datetime] = {}
        self._lock = Lock()

    def lock(self, token: str, now: datetime) -> None:
        """The lock screen is shown until `unlock`."""
        self._add(self._locked, token, now)

    def end(self, token: str, now: datetime) -> None:
        """This token is worth nothing any more."""
        self._add(self._ended, token, now)

    def unlock(self, token: str) -> None:
        """The same person goes on."""
        with self._lock:
            self._locked.pop(token_sha256(token), None)

    def is_locked(self, token: str) -> bool:
        """Whether it was locked, and not unlocked since."""
        return token_sha256(token) in self._locked

    def is_ended(self, token: str) -> bool:
        """Whether it was ended."""
        return token_sha256(token) in self._ended

    def _add(self, kept: dict[str, datetime], token: str, now: datetime) -> None:
        with self._lock:
            for old in [each for each, at in kept.items() if now - at > self._kept]:
                del kept[old]
            kept[token_sha256(token)] = now
