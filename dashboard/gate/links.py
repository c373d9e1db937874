"""Links that open a session once, on this computer: of a demonstration, where there is no password to ask for."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from threading import Lock

from records.schema import sha256_of


class Links:
    """Keys that were given out and not used yet, each for one account."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, Callable[[], None]]] = {}
        self._lock = Lock()

    def made_for(self, account_id: str, when_taken: Callable[[], None] = lambda: None) -> str:
        """A new key; `when_taken` is called once it was used."""
        key = secrets.token_urlsafe(24)
        with self._lock:
            self._open[sha256_of(key.encode())] = account_id, when_taken
        return key

    def taken(self, key: str) -> str | None:
        """Whose account a key opens; it is worth nothing any more. None: no such key, or it was used."""
        with self._lock:
            account_id, when_taken = self._open.pop(sha256_of(key.encode("utf-8", "surrogatepass")), (None, None))
        if when_taken is not None:
            when_taken()
        return account_id
