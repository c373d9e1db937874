"""What a station files goes to the server by itself: one thread, a round a second, more seldom while it fails."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event, Lock, Thread

from records.errors import ExchangeFailed, RecordsError
from records.exchange import Exchange, Progress
from records.outbox import Waiting, refusals_seen, waiting

log = logging.getLogger(__name__)

EVERY_S, LONGEST_S = 1.0, 60.0
ROUNDS_AT_THE_END = 50


@dataclass(frozen=True, slots=True)
class ExchangeState:
    """What a person may know of it.

    ``waiting``: None until the archive was looked at; ``error``: why the last round failed, None where it did not;
    ``failing_since``: when the first of a row of failures was; ``reached_at``: when the last round succeeded;
    ``copying``: there is more to fetch than one round brings. Times in UTC.
    """

    waiting: Waiting | None = None
    error: RecordsError | None = None
    failing_since: datetime | None = None
    reached_at: datetime | None = None
    copying: bool = False


class Sender:
    """Keeps a station's archive and the server's alike. Safe to ask from any thread.

    Parameters
    ----------
    exchange : Exchange
    every_s : float
        Between two rounds. After a failure twice as long as before, at most `longest_s`. [s]
    """

    def __init__(self, exchange: Exchange, every_s: float = EVERY_S, longest_s: float = LONGEST_S) -> None:
        self.exchange = exchange
        self._every_s, self._longest_s = every_s, longest_s
        self._state, self._lock = ExchangeState(), Lock()
        self._ended = Event()
        self._thread = Thread(target=self._run, name="sender", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End. What waits is sent first where the server answers; where it does not, it waits for the next start."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        for _ in range(ROUNDS_AT_THE_END):
            if self.state().error is not None or self.step() is None or not self._waits():
                break
        self.exchange.server.close()

    def state(self) -> ExchangeState:
        """As of the last round."""
        with self._lock:
            return self._state

    def seen(self) -> None:
        """A person has read what was refused. Raises RecordsError."""
        refusals_seen(self.exchange.station)
        with self._lock:
            self._state = replace(self._state, waiting=waiting(self.exchange.station))

    def step(self) -> Progress | None:
        """One round; None where it failed."""
        now = datetime.now(UTC)
        before = self.state()
        progress: Progress | None = None
        error: RecordsError | None = None
        try:
            progress = self.exchange.round()
        except RecordsError as refused:
            error = refused
        except Exception as unknown:  # whatever it is must not end what keeps two archives alike
            log.exception("a round of the exchange failed")
            error = ExchangeFailed(unknown)
        state = ExchangeState(
            waiting=self._looked_at(before.waiting),
            error=error,
            failing_since=None if error is None else before.failing_since or now,
            reached_at=before.reached_at if error is not None else now,
            copying=progress is not None and progress.more and progress.fetched > 0,
        )
        if error is not None and before.error is None:
            log.warning("the server does not take or give anything: %s", error)
        elif error is None and before.error is not None:
            log.warning("the server answers again")
        with self._lock:
            self._state = state
        return progress

    def _looked_at(self, before: Waiting | None) -> Waiting | None:
        try:
            return waiting(self.exchange.station)
        except Exception:  # as above: the state says what failed, if anything can be exchanged at all
            log.exception("what waits for the server cannot be counted")
            return before

    def _waits(self) -> bool:
        state = self.state()
        return state.waiting is not None and state.waiting.rows > 0

    def _run(self) -> None:
        wait_s = 0.0
        while not self._ended.wait(wait_s):
            progress = self.step()
            if progress is None:
                wait_s = min(max(2 * wait_s, self._every_s), self._longest_s)
            else:
                wait_s = 0.0 if progress.more else self._every_s
