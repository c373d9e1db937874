"""Who was seen with which session: while the archive does not answer, they go on where they are.

A recording that waits in memory must be saved and a running test stopped also then. What the archive would have said
meanwhile (revoked, disabled, another role) holds again as soon as it answers; nobody new comes in by this.
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from datetime import datetime
from threading import Lock

from records.errors import SessionOver, StoreError
from records.passwords import token_sha256
from records.people import Seen
from records.sign_in_rules import SessionLimits, SessionState

_MOST = 200


class Known:
    """The sessions that were let through last, newest last.

    Parameters
    ----------
    limits : SessionLimits
    """

    def __init__(self, limits: SessionLimits) -> None:
        self._limits = limits
        self._seen: OrderedDict[str, Seen] = OrderedDict()
        self._lock = Lock()

    def keep(self, token: str, seen: Seen) -> None:
        """Remember a session as the archive has it now."""
        with self._lock:
            self._seen[token_sha256(token)] = seen
            self._seen.move_to_end(token_sha256(token))
            while len(self._seen) > _MOST:
                self._seen.popitem(last=False)

    def forget(self, token: str) -> None:
        """A session that the archive says is over, is over."""
        with self._lock:
            self._seen.pop(token_sha256(token), None)

    def recall(self, token: str, now: datetime, problem: StoreError) -> Seen:
        """The session as it was last seen, with its limits as of now.

        Raises
        ------
        SessionOver
        StoreError
            `problem`: this session was never seen.
        """
        with self._lock:
            seen = self._seen.get(token_sha256(token))
        if seen is None:
            raise problem
        session = seen.signed_in.session
        state = self._limits.state(session.created_at, session.active_at, now)
        if state is SessionState.OVER:
            raise SessionOver
        return dataclasses.replace(seen, is_locked=state is SessionState.LOCKED)

    def active(self, token: str, now: datetime) -> None:
        """Somebody did something, and the archive can't keep it."""
        with self._lock:
            seen = self._seen.get(token_sha256(token))
            if seen is not None:
                session = dataclasses.replace(seen.signed_in.session, active_at=now)
                signed_in = dataclasses.replace(seen.signed_in, session=session)
                self._seen[token_sha256(token)] = dataclasses.replace(seen, signed_in=signed_in)
