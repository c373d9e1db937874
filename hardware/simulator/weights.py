"""Weights on the simulated plate in a person's place: carried from cross to cross when asked, known to the newton."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from acquisition.plate import Cue
from hardware.simulator.motion import BODY_HZ
from hardware.simulator.person import Motion, Person, PlantedStance, TimedCue

Float = NDArray[np.float64]
Point = tuple[float, float]

#: Where a load stands (n, 2) [mm] and what it weighs (n,) [N] -> what the cells feel (n, 4) [N].
Top = Callable[[Float, Float], Float]

SCENARIO = "weights"
CARRIED_S = 0.2  # to lift it, to carry it, to put it down
PLACED_MM = 0.5  # how exactly it is put on a cross, one standard deviation each way


@runtime_checkable
class Weighted(Protocol):
    """A plate that puts weights on itself: the simulated one. On a real plate the operator does it."""

    def put(self, xy_mm: Point, load_n: float) -> None:
        """Let a load stand here from now on, instead of what stood there; 0 N: nothing. [mm], [N]"""


class Weights:
    """Stands in for the person of a simulated plate. The same orders at the same times give the same forces.

    Parameters
    ----------
    seed : int
        Of how exactly a weight is put on its cross.
    placed_mm : float
        SD of that, each way. [mm]
    """

    def __init__(self, seed: int, placed_mm: float = PLACED_MM) -> None:
        self._rng, self._placed_mm = np.random.default_rng([0x6B67, seed]), placed_mm
        self._orders: deque[tuple[Point, float]] = deque()
        self._ways: list[tuple[float, Float]] = [(0.0, np.zeros(3))]  # time [s] and x, y [mm], load [N] from then on
        self._made = 0
        self.stances: list[PlantedStance] = []
        self.heard: list[TimedCue] = []

    @property
    def now_s(self) -> float:
        """Time of the next sample, from the beginning. [s]"""
        return self._made / BODY_HZ

    def hear(self, cue: Cue) -> None:
        """Weights hear nothing: they are put."""

    def put(self, xy_mm: Point, load_n: float) -> None:
        """From now on; safe to call from any thread."""
        self._orders.append((xy_mm, load_n))

    def move(self, n: int) -> Motion:
        """The next n samples at 1 kHz."""
        while self._orders:
            self._carry(*self._orders.popleft())
        time_s = np.arange(self._made, self._made + n) / BODY_HZ
        self._made += n
        at_s, ways = np.array([at for at, _ in self._ways]), np.array([way for _, way in self._ways])
        x_mm, y_mm, load_n = (np.interp(time_s, at_s, column) for column in ways.T)
        self._ways = [self._ways[-1]] if n and at_s[-1] <= time_s[-1] else self._ways
        return Motion(time_s, np.column_stack([x_mm, y_mm]), load_n)

    def _carry(self, xy_mm: Point, load_n: float) -> None:
        """Off the plate where it stood, through the air, down on its new place."""
        start_s = max(self.now_s, self._ways[-1][0])
        before = self._ways[-1][1]
        place = np.add(xy_mm, self._rng.normal(0, self._placed_mm, 2)) if load_n else before[:2]
        self._ways.append((start_s, before))
        self._ways.append((start_s + CARRIED_S, np.array([*before[:2], 0.0])))
        self._ways.append((start_s + 2 * CARRIED_S, np.array([*place, 0.0])))
        self._ways.append((start_s + 3 * CARRIED_S, np.array([*place, load_n])))


#: What may stand on a simulated plate.
Body = Person | Weights
