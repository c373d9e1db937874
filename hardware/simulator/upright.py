"""Standing as one rod: both feet sideways, and forward and back at any time. Delayed feedback and noise make the sway.

After Maurer and Peterka 2005: stiffness, damping, delay and noise explain the CoP of quiet standing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.simulator.body import Quantity, clip
from hardware.simulator.noise import STEP_S, Noise, Shape, smooth, tremble, wander

Float = NDArray[np.float64]

ACTIVATION_S = 0.040  # muscles follow their command
TREMBLE_HZ, TREMBLE_QUALITY = 6.0, 2.5


@dataclass(frozen=True, slots=True)
class Way:
    """A way of standing: gains on the CoM and how noisy it is.

    ``stiffness``: beyond what balances gravity; ``damping_s`` [s]; ``felt_m``: RMS error of where one feels to be,
    slow over ``felt_s`` [m, s]; ``own_m``: RMS of the CoP's own noise below ``own_hz`` [m, Hz]; ``tremble_m``.
    """

    stiffness: float
    damping_s: float
    felt_m: float
    felt_s: float
    own_m: float
    own_hz: float
    tremble_m: float = 0.0


BOTH_FEET_ML = Way(0.40, 0.40, 0.0011, 6.0, 0.0005, 1.2)
BOTH_FEET_AP = Way(0.35, 0.40, 0.0019, 10.0, 0.0006, 1.0)
ONE_LEG_AP = Way(0.60, 0.38, 0.0017, 3.0, 0.0017, 2.0, 0.0003)
DELAY_ML_S, DELAY_AP_S = 0.110, 0.090


@dataclass(frozen=True, slots=True)
class Fall:
    """A rod's place and speed. [m, m/s]"""

    place_m: Quantity
    speed_m_s: Quantity


class Disturbance:
    """Noise of one way of standing, in metres: what is felt wrongly, and what the CoP does by itself."""

    def __init__(self, way: Way, rng: np.random.Generator, shape: Shape) -> None:
        self._way = way
        felt, own, trembling = rng.spawn(3)
        self._felt: Noise = wander(way.felt_s, felt, shape)
        self._own: Noise = smooth(way.own_hz, own, shape)
        self._tremble = tremble(TREMBLE_HZ, TREMBLE_QUALITY, trembling, shape) if way.tremble_m else None

    def take(self, steps: int) -> tuple[Float, Float]:
        """The next of both, (steps, *shape) each. [m]"""
        own = self._way.own_m * self._own.take(steps)
        if self._tremble is not None:
            own = own + self._way.tremble_m * self._tremble.take(steps)
        return self._way.felt_m * self._felt.take(steps), own


class Upright:
    """One rod under delayed feedback, on one way of standing or on the way to another.

    Parameters
    ----------
    omega : float
        Rate of falling. [1/s]
    ways : one or two Way
        The second has the weight that `move` is given.
    delay_s : float
    restless : float
        Times the noise.
    rng : Generator
    shape : tuple
    """

    def __init__(
        self,
        omega: Quantity,
        ways: tuple[Way, ...],
        delay_s: float,
        restless: Quantity,
        rng: np.random.Generator,
        shape: Shape = (),
    ) -> None:
        self._omega, self._ways, self._restless = omega, ways, restless
        self._noises = [Disturbance(way, one, shape) for way, one in zip(ways, rng.spawn(len(ways)), strict=True)]
        self._steps_late = round(delay_s / STEP_S)
        self.begin(Fall(0.0 * omega, 0.0 * omega), 0.0 * omega)

    def begin(self, fall: Fall, target_m: Quantity) -> None:
        """Stand here from now on, with this speed; nothing felt before counts."""
        self._place, self._speed = fall.place_m, fall.speed_m_s
        felt = (fall.place_m - target_m, fall.speed_m_s)
        self._felt = deque([felt] * self._steps_late)
        way = self._ways[0]
        self._command = (1 + way.stiffness) * felt[0] + way.damping_s * felt[1]

    @property
    def fall(self) -> Fall:
        """Where it is now and how fast."""
        return Fall(self._place, self._speed)

    def move(self, weight: Float, target_m: Float, limits_m: tuple[float, float]) -> Float:
        """Move on by as many steps as `weight` (0 .. 1, of the second way) and `target_m` have.

        Returns
        -------
        ndarray (steps, 3, *shape)
            CoP, CoM [m], speed of the CoM [m/s].
        """
        stiff, damp, felt, own = self._mixed(weight)
        squared, rows = self._omega * self._omega, []
        follow = STEP_S / ACTIVATION_S
        for stiffness, damping, error, noise, target in rows_of(stiff, damp, felt, own, target_m):
            self._felt.append((self._place - target, self._speed))
            place, speed = self._felt.popleft()
            self._command += follow * (stiffness * (place + error) + damping * speed - self._command)
            cop = clip(target + self._command + noise, *limits_m)
            self._speed = self._speed + STEP_S * squared * (self._place - cop)
            self._place = self._place + STEP_S * self._speed
            rows.append((cop, self._place, self._speed))
        return np.asarray(rows, dtype=np.float64)

    def _mixed(self, weight: Float) -> tuple[Float, Float, Float, Float]:
        shares = [1 - weight, weight] if len(self._ways) == 2 else [np.ones_like(weight)]
        zero = np.zeros_like(weight)
        stiff, damp, felt, own = zero, zero, zero, zero
        for share, way, noise in zip(shares, self._ways, self._noises, strict=True):
            error, moved = noise.take(len(weight))
            stiff, damp = stiff + share * (1 + way.stiffness), damp + share * way.damping_s
            felt, own = felt + share * self._restless * error, own + share * self._restless * moved
        return stiff, damp, felt, own


def rows_of(*columns: Float) -> zip[tuple[Quantity, ...]]:
    """Step by step: plain numbers for one person (quick), arrays for many."""
    return zip(*(column.tolist() if column.ndim == 1 else column for column in columns), strict=True)


def coast(fall: Fall, omega: Quantity, cop_m: Float) -> Float:
    """A rod whose CoP is given, (steps, *shape) [m] -> as `Upright.move`."""
    place, speed, squared = fall.place_m, fall.speed_m_s, omega * omega
    rows = []
    for (cop,) in rows_of(cop_m):
        speed = speed + STEP_S * squared * (place - cop)
        place = place + STEP_S * speed
        rows.append((cop, place, speed))
    return np.asarray(rows, dtype=np.float64)
