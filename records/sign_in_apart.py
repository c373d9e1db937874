"""Log-in at an archive that can only be read: a damaged one, a file or a disk that takes nothing any more.

What is there can still be looked at, by people with an account. Sessions, failures in a row and what happened are kept
in this program's memory and in its log; nothing is written. The same limits and delays hold.
"""

from __future__ import annotations

import dataclasses
import logging
from datetime import datetime
from threading import Lock

from records import passwords, people_rows
from records.errors import InvalidEntry, LoginDelayed, LoginRefused, SessionOver, UnlockRefused
from records.ids import new_id
from records.model import NAME_LIMIT, checked_text
from records.passwords import token_sha256
from records.people import Opened, Seen, Session, SignedIn
from records.people_rows import Credentials
from records.sign_in_rules import PIN_TRIES, SessionLimits, SessionState, wait_s
from records.store import RecordStore

log = logging.getLogger(__name__)


class SignInApart:
    """Sessions that the archive does not know.

    Parameters
    ----------
    store : RecordStore
        Is only read.
    limits : SessionLimits
    """

    def __init__(self, store: RecordStore, limits: SessionLimits) -> None:
        self._store, self._limits = store, limits
        self._sessions: dict[str, Session] = {}
        self._failures: dict[str, tuple[int, datetime]] = {}
        self._lock = Lock()

    def log_in(self, name: str, password: str, *, now: datetime) -> Opened:
        """Open a session.

        Raises
        ------
        LoginRefused, LoginDelayed, StoreError
        """
        known = self._known(name)
        key = known.account.id if known else "nobody"
        with self._lock:
            number, last_at = self._failures.get(key, (0, now))
            wait = wait_s(number, last_at, now)
            if wait > 0:
                raise LoginDelayed(wait)
            self._failures[key] = number + 1, now
        right = passwords.fits(known.password_hash if known else None, password)
        if known is None or not right or known.account.disabled_at is not None:
            log.warning("log-in refused while the archive is read-only: %s", key)
            raise LoginRefused
        token = passwords.new_token()
        session = Session(new_id(), known.account.id, self._store.station, now, now, revoked_at=None, pin_failures=0)
        with self._lock:
            self._failures.pop(key)
            self._sessions[token_sha256(token)] = session
        log.warning("logged in while the archive is read-only: %s", known.account.id)
        return Opened(known.account, session, token)

    def look(self, token: str, *, now: datetime) -> Seen:
        """Whose session a token is, open or locked, with the role as it is now.

        Raises
        ------
        SessionOver, StoreError
        """
        session = self._session(token)
        state = self._limits.state(session.created_at, session.active_at, now)
        with self._store.reading() as archive:
            known = people_rows.credentials(archive, session.account_id)
        if state is SessionState.OVER or known.account.disabled_at is not None:
            self.log_out(token)
            raise SessionOver
        return Seen(SignedIn(known.account, session), state is SessionState.LOCKED, known.pin_hash is not None)

    def active(self, token: str, *, now: datetime) -> None:
        """Somebody did something."""
        self._change(token, active_at=now)

    def unlock(self, token: str, pin: str, *, now: datetime) -> None:
        """Go on from the lock screen with the PIN of the same person.

        Raises
        ------
        UnlockRefused, SessionOver, StoreError
        """
        seen = self.look(token, now=now)
        tries_left = PIN_TRIES - seen.signed_in.session.pin_failures - 1
        self._change(token, pin_failures=seen.signed_in.session.pin_failures + 1)
        with self._store.reading() as archive:
            pin_hash = people_rows.credentials(archive, seen.signed_in.account.id).pin_hash
        if passwords.fits(pin_hash, pin):
            self._change(token, pin_failures=0, active_at=now)
        elif tries_left > 0:
            raise UnlockRefused(tries_left)
        else:
            self.log_out(token)
            raise SessionOver

    def log_out(self, token: str) -> None:
        """End a session, if there is one."""
        with self._lock:
            self._sessions.pop(token_sha256(token), None)

    def _known(self, name: str) -> Credentials | None:
        try:
            typed = checked_text("name", name, NAME_LIMIT)
        except InvalidEntry:
            return None
        with self._store.reading() as archive:
            return people_rows.credentials_named(archive, typed)

    def _session(self, token: str) -> Session:
        with self._lock:
            found = self._sessions.get(token_sha256(token))
        if found is None:
            raise SessionOver
        return found

    def _change(self, token: str, **changed: object) -> None:
        with self._lock:
            found = self._sessions.get(token_sha256(token))
            if found is not None:
                self._sessions[token_sha256(token)] = dataclasses.replace(found, **changed)  # type: ignore[arg-type]
