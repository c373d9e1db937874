"""The person at the command line while a plate is calibrated or checked: told what to do, and may ask to repeat."""

from __future__ import annotations

import sys
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

from acquisition.calibration_run import Measured
from acquisition.session_check import Taken
from acquisition.settling import Live
from analysis.calibration_checks import Refusal
from dashboard.calibrating import Asked
from dashboard.calibration_text import refusal_text
from dashboard.words import Words

REPEAT_KEY = "r"
LIVE_EVERY = 10  # blocks


def say(sentence: str) -> None:
    """One line to the person."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


class Operator:
    """Prints what is asked and taken; reads the key for a repetition. Use as a context manager.

    A terminal also shows load, restlessness and progress, on one line that is written over.

    Parameters
    ----------
    words : Words
    may_repeat : bool
        Whether a step can be done once more: in a calibration.
    """

    def __init__(self, words: Words, *, may_repeat: bool) -> None:
        self._words, self._may_repeat = words, may_repeat
        self._terminal = sys.stdout.isatty()
        self._typed: SimpleQueue[str] = SimpleQueue()
        self._heard = 0

    def __enter__(self) -> Self:
        if self._may_repeat and sys.stdin is not None and sys.stdin.isatty():
            say(self._words("calibration.repeat_key"))
            Thread(target=self._read_keys, name="keys", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._clear()

    def ask(self, asked: Asked) -> None:
        """Something is to be done."""
        self._clear()
        say(asked.text)

    def hear(self, said: Measured | Taken | Refusal | None, live: Callable[[], Live]) -> None:
        """What a block gave; `live` tells what the plate shows now."""
        self._heard += 1
        if said is None:
            if self._terminal and self._heard % LIVE_EVERY == 0:
                self._show(live())
            return
        self._clear()
        if isinstance(said, Refusal):
            say(self._words("calibration.again", why=refusal_text(self._words, said)))
        elif abs(said.load_n) < 1:
            say(self._words("calibration.taken_zero"))
        else:
            say(self._words("calibration.taken", load_n=said.load_n))

    def _show(self, live: Live) -> None:
        text = self._words("calibration.live", load_n=live.load_n, sd_n=live.sd_n, percent=100 * live.done)
        sys.stdout.write(f"\r{text}")
        sys.stdout.flush()

    def wants_repeat(self) -> bool:
        """Whether the key was typed since the last time."""
        wanted = False
        while True:
            try:
                wanted |= self._typed.get_nowait().strip().lower() == REPEAT_KEY
            except Empty:
                return wanted

    def _read_keys(self) -> None:
        for line in sys.stdin:
            self._typed.put(line)

    def _clear(self) -> None:
        if self._terminal:
            sys.stdout.write("\r\x1b[K")
