"""Parts a motion is made of: smooth moves, damped ripples, hops. The same numbers however time is cut."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

#: Samples of a body's motion a second. [Hz]
BODY_HZ = 1000


def minimum_jerk(progress: Float) -> Float:
    """Way travelled (0 .. 1) of a smooth reach at `progress` (0 .. 1) of its time: 10 p^3 - 15 p^4 + 6 p^5."""
    p = np.clip(progress, 0.0, 1.0)
    return np.asarray(p**3 * (10 - 15 * p + 6 * p**2), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Move:
    start_s: float
    duration_s: float
    origin: float
    goal: float

    def at(self, time_s: Float) -> Float:
        if self.duration_s <= 0:
            return np.full(len(time_s), self.goal)
        way = minimum_jerk((time_s - self.start_s) / self.duration_s)
        return self.origin + (self.goal - self.origin) * way


class Track:
    """One quantity over time: rests, and moves smoothly when told to. The newest move wins from its start on."""

    def __init__(self, value: float) -> None:
        self._moves = [_Move(-math.inf, 0.0, value, value)]

    def move(self, start_s: float, duration_s: float, goal: float) -> None:
        """Go to `goal` from wherever it is at `start_s`; moves planned for later are forgotten."""
        del self._moves[self._first_after(start_s, left=True) :]
        origin = float(self.at(np.array([start_s]))[0]) if self._moves else goal
        self._moves.append(_Move(start_s, duration_s, origin, goal))

    def at(self, time_s: Float) -> Float:
        """Values at increasing times."""
        values = np.empty(len(time_s))
        cuts = [0]
        first = max(self._first_after(float(time_s[0])) - 1, 0) if len(time_s) else 0
        for later in self._moves[first + 1 :]:
            cuts.append(int(np.searchsorted(time_s, later.start_s)))
        cuts.append(len(time_s))
        for move, start, end in zip(self._moves[first:], cuts[:-1], cuts[1:], strict=True):
            if end > start:
                values[start:end] = move.at(time_s[start:end])
        return values

    def _first_after(self, time_s: float, *, left: bool = False) -> int:
        starts = [move.start_s for move in self._moves]
        at = bisect_right(starts, time_s)
        while left and at > 0 and starts[at - 1] >= time_s:
            at -= 1
        return at


@dataclass(frozen=True, slots=True)
class Ripple:
    """A damped swing that begins at `start_s`: size x exp(-t / decay) x sin(2 pi f t), nothing after 20 decays."""

    start_s: float
    size: float
    frequency_hz: float
    decay_s: float

    def at(self, time_s: Float) -> Float:
        """Values at `time_s`; 0 before the start."""
        since_s = np.maximum(time_s - self.start_s, 0.0)
        swing = np.exp(-since_s / self.decay_s) * np.sin(2 * np.pi * self.frequency_hz * since_s)
        return np.asarray(np.where(self._lasts(time_s), self.size * swing, 0.0), dtype=np.float64)

    def _lasts(self, time_s: Float) -> NDArray[np.bool_]:
        return time_s <= self.start_s + 20 * self.decay_s

    def gone_by(self, time_s: float) -> bool:
        """Whether nothing of it is left at `time_s`."""
        return not self._lasts(np.array([time_s]))[0]


@dataclass(frozen=True, slots=True)
class Hop:
    """A jump on one leg: push, flight, landing, as a factor on the vertical force. Push and landing pay for the flight.

    The mean of a half sine is 2 / pi of its height; each has the impulse of half the flight's missing weight.
    """

    start_s: float
    push_s: float = 0.2
    flight_s: float = 0.16

    @property
    def end_s(self) -> float:
        """Landed. [s]"""
        return self.start_s + 2 * self.push_s + self.flight_s

    def at(self, time_s: Float) -> Float:
        """Factor on the force at `time_s`: 1 before and after, 0 in flight."""
        height = math.pi / 4 * self.flight_s / self.push_s
        push = (time_s - self.start_s) / self.push_s
        landing = (time_s - self.start_s - self.push_s - self.flight_s) / self.push_s
        factor = np.ones(len(time_s))
        for phase in (push, landing):
            inside = (phase >= 0) & (phase < 1)
            factor[inside] += height * np.sin(math.pi * phase[inside])
        factor[(push >= 1) & (landing < 0)] = 0.0
        return factor
