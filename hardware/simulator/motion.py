"""Parts a motion is made of: smooth moves, coloured noise, damped ripples. The same numbers however time is cut."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Float = NDArray[np.float64]

#: Samples of a body's motion a second. [Hz]
BODY_HZ = 1000

#: A Gaussian velocity of RMS 1 has the mean absolute value sqrt(2 / pi).
MEAN_OF_ABSOLUTE = math.sqrt(2 / math.pi)
SLOW_SHARE, SLOW_HZ = 0.76, 0.4
STEADY_AFTER_S = 20.0


def minimum_jerk(progress: Float) -> Float:
    """Way travelled (0 .. 1) of a smooth reach at `progress` (0 .. 1) of its time: 10 p^3 - 15 p^4 + 6 p^5."""
    p = np.clip(progress, 0.0, 1.0)
    return np.asarray(p**3 * (10 - 15 * p + 6 * p**2), dtype=np.float64)


def progress_at_speed(fraction: float) -> float:
    """Progress in the second half of a smooth reach where its speed has fallen to `fraction` of its peak.

    Speed is 30 p^2 (1 - p)^2, its peak 30/16 at p = 1/2: p (1 - p) = sqrt(fraction) / 4.
    """
    return (1 + math.sqrt(1 - math.sqrt(fraction))) / 2


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


class _Poles:
    """White noise through three equal poles: a smooth random walk around 0 with a chosen RMS."""

    def __init__(self, rms: float, corner_hz: float, rng: np.random.Generator) -> None:
        pole = math.exp(-2 * math.pi * corner_hz / BODY_HZ)
        self._a = np.poly([pole] * 3)
        impulse = np.zeros(int(6 * BODY_HZ / (2 * math.pi * corner_hz)) * 4)
        impulse[0] = 1.0
        response = np.asarray(lfilter([1.0], self._a, impulse))
        self._b = np.array([rms / math.sqrt(float(response @ response))])
        self._rng = rng
        self._state = np.zeros(3)
        self.take(int(STEADY_AFTER_S * BODY_HZ))  # starts in its steady state, not at 0

    def take(self, n: int) -> Float:
        values, self._state = lfilter(self._b, self._a, self._rng.standard_normal(n), zi=self._state)
        return np.asarray(values, dtype=np.float64)


class Sway:
    """Sway around a place as coloured noise: a slow part and a quick one.

    Parameters
    ----------
    rms_mm : float
        [mm]
    velocity_mm_s : float
        Mean absolute velocity. The velocity of a part with three equal poles at w has RMS w / sqrt(3) times its RMS;
        the quick part's corner follows from that. [mm/s]
    """

    def __init__(self, rms_mm: float, velocity_mm_s: float, rng: np.random.Generator) -> None:
        speed_squared = 3 * (velocity_mm_s / MEAN_OF_ABSOLUTE / rms_mm) ** 2
        rest = speed_squared - SLOW_SHARE * (2 * math.pi * SLOW_HZ) ** 2
        if rest <= 0:
            raise ValueError(f"sway of {rms_mm:g} mm cannot be as slow as {velocity_mm_s:g} mm/s here")
        quick_hz = math.sqrt(rest / (1 - SLOW_SHARE)) / (2 * math.pi)
        slow_rng, quick_rng = rng.spawn(2)
        self._parts = (
            _Poles(rms_mm * math.sqrt(SLOW_SHARE), SLOW_HZ, slow_rng),
            _Poles(rms_mm * math.sqrt(1 - SLOW_SHARE), quick_hz, quick_rng),
        )

    def take(self, n: int) -> Float:
        """The next n samples. [mm]"""
        return self._parts[0].take(n) + self._parts[1].take(n)


class Tremble:
    """Noise around one frequency with RMS 1: the vertical force of a beating heart and a trembling leg."""

    def __init__(self, centre_hz: float, quality: float, rng: np.random.Generator) -> None:
        radius = math.exp(-math.pi * centre_hz / quality / BODY_HZ)
        first, second = 2 * radius * math.cos(2 * math.pi * centre_hz / BODY_HZ), -radius * radius
        variance = (1 - second) / ((1 + second) * ((1 - second) ** 2 - first**2))
        self._a, self._b = np.array([1.0, -first, -second]), np.array([1 / math.sqrt(variance)])
        self._rng, self._state = rng, np.zeros(2)
        self.take(int(STEADY_AFTER_S * BODY_HZ))

    def take(self, n: int) -> Float:
        """The next n samples."""
        values, self._state = lfilter(self._b, self._a, self._rng.standard_normal(n), zi=self._state)
        return np.asarray(values, dtype=np.float64)


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
