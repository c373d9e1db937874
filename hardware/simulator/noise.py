"""Random disturbances of a body: white noise through a filter, steady from its first sample, the same however cut.

For one person every draw is an array over time; for many, over time and persons.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Float = NDArray[np.float64]
Shape = tuple[int, ...]

#: Step in which a body is moved on. [s]
STEP_S = 0.005


def grid_s(first: int, count: int, shape: Shape = ()) -> Float:
    """Times of `count` steps from the first on, (count, 1, ...) so that they go with values of `shape`. [s]"""
    times_s = np.asarray(STEP_S * np.arange(first, first + count), dtype=np.float64)
    return times_s.reshape(-1, *[1] * len(shape))


class Noise:
    """White noise through b / a, RMS 1.

    Parameters
    ----------
    gain : float
        Of the white noise, so that the RMS is 1.
    a : ndarray
        Recursive coefficients, the first is 1.
    settle_steps : int
        After which the filter has forgotten that it began at 0.
    shape : tuple
        () for one person, (m,) for m persons.
    """

    def __init__(self, gain: float, a: Float, settle_steps: int, rng: np.random.Generator, shape: Shape = ()) -> None:
        self._b, self._a, self._rng, self._shape = np.array([gain]), a, rng, shape
        self._state = np.zeros((len(a) - 1, *shape))
        self.take(settle_steps)

    def take(self, steps: int) -> Float:
        """The next values, (steps, *shape)."""
        if steps == 0:  # an empty stretch would make the filter forget
            return np.empty((0, *self._shape))
        white = self._rng.standard_normal((steps, *self._shape))
        values, self._state = lfilter(self._b, self._a, white, axis=0, zi=self._state)
        return np.asarray(values, dtype=np.float64)


def wander(time_constant_s: float, rng: np.random.Generator, shape: Shape = ()) -> Noise:
    """Slow noise of one pole (Ornstein-Uhlenbeck)."""
    pole = math.exp(-STEP_S / time_constant_s)
    return Noise(math.sqrt(1 - pole**2), np.array([1.0, -pole]), int(5 * time_constant_s / STEP_S), rng, shape)


def smooth(corner_hz: float, rng: np.random.Generator, shape: Shape = ()) -> Noise:
    """Noise of two equal poles: a low-pass whose output has a velocity."""
    pole = math.exp(-2 * math.pi * corner_hz * STEP_S)
    gain = math.sqrt((1 - pole**2) ** 3 / (1 + pole**2))
    return Noise(gain, np.array([1.0, -2 * pole, pole**2]), int(3 / (corner_hz * STEP_S)), rng, shape)


def tremble(centre_hz: float, quality: float, rng: np.random.Generator, shape: Shape = ()) -> Noise:
    """Noise around one frequency: a resonance of this quality."""
    radius = math.exp(-math.pi * centre_hz / quality * STEP_S)
    first, second = 2 * radius * math.cos(2 * math.pi * centre_hz * STEP_S), -radius * radius
    variance = (1 - second) / ((1 + second) * ((1 - second) ** 2 - first**2))
    settle = int(3 * quality / (centre_hz * STEP_S))
    return Noise(1 / math.sqrt(variance), np.array([1.0, -first, -second]), settle, rng, shape)
