"""What a person can be doing on the plate, sideways, moved on step by step, in the frame of the stance side."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hardware.simulator.body import Quantity
from hardware.simulator.motion import Track
from hardware.simulator.noise import STEP_S, grid_s
from hardware.simulator.one_leg import Channel, OneLeg
from hardware.simulator.transfer import Landing
from hardware.simulator.upright import Fall, Upright, coast

Float = NDArray[np.float64]


class Phase(Protocol):
    """Gives (steps, 10) columns of `Channel`, from the midline between the feet; what is not modelled is NaN."""

    @property
    def fall(self) -> Fall:
        """CoM and its speed now. [m, m/s]"""

    def move(self, steps: int) -> Float:
        """The next steps; fewer only where balance is lost."""


def as_channels(rod: Float) -> Float:
    """CoP, CoM and speed of one rod -> all channels."""
    rows = np.full((len(rod), len(Channel), *rod.shape[2:]), np.nan)
    rows[:, :3] = rod
    rows[:, Channel.VERTICAL] = 0.0
    return rows


class BothFeet:
    """Quiet standing around a place that is the person's own. [m]"""

    def __init__(self, rod: Upright, fall: Fall, target_m: float) -> None:
        self._rod, self._target = rod, target_m
        rod.begin(fall, target_m)

    @property
    def fall(self) -> Fall:
        """CoM and its speed now."""
        return self._rod.fall

    def move(self, steps: int) -> Float:
        """The next steps."""
        return as_channels(self._rod.move(np.zeros(steps), np.full(steps, self._target), (-np.inf, np.inf)))


class Planned:
    """The CoP follows a path made beforehand, the body falls as it must."""

    def __init__(self, fall: Fall, omega: Quantity, cop_m: Float) -> None:
        self._rows, self._made = coast(fall, omega, cop_m), 0
        self._first = fall

    @property
    def fall(self) -> Fall:
        """CoM and its speed now."""
        if self._made == 0:
            return self._first
        return Fall(float(self._rows[self._made - 1, 1]), float(self._rows[self._made - 1, 2]))

    def move(self, steps: int) -> Float:
        """The next steps."""
        rows = self._rows[self._made : self._made + steps]
        self._made += len(rows)
        return as_channels(rows)


class Alone:
    """On one leg; pushed toward the lifted side once `push_m_s2` is set."""

    def __init__(self, leg: OneLeg, foot_m: float, fall: Fall) -> None:
        self.leg, self._foot, self._fall = leg, foot_m, fall
        self.push_m_s2 = 0.0
        self.lost = False
        self._steps = 0

    @property
    def fall(self) -> Fall:
        """CoM and its speed now."""
        return self._fall

    def move(self, steps: int) -> Float:
        """The next steps, up to the one in which balance is lost."""
        watch = not self.lost and self._steps >= BALANCED_BY_S / STEP_S
        rows = self.leg.move(steps, self.push_m_s2, until_lost=watch)
        self._steps += len(rows)
        self.lost = self.lost or (watch and bool(rows[-1, Channel.MARGIN] < 0))
        rows[:, [Channel.COP, Channel.COM]] += self._foot
        self._fall = Fall(float(rows[-1, Channel.COM]), float(rows[-1, Channel.SPEED]))
        return rows


BALANCED_BY_S = 0.4  # until then the body is still being caught


class Caught:
    """Both feet down again: the body is brought to the middle."""

    def __init__(self, landing: Landing) -> None:
        self._landing = landing

    @property
    def fall(self) -> Fall:
        """CoM and its speed now."""
        return self._landing.fall

    def move(self, steps: int) -> Float:
        """The next steps."""
        return as_channels(self._landing.move(steps))


class Walking:
    """Stepping onto the plate, off it, or beside it: only where the load is."""

    def __init__(self, place_m: float) -> None:
        self.track = Track(place_m)
        self._made = 0

    @property
    def fall(self) -> Fall:
        """Where the load is, at rest."""
        return Fall(float(self.track.at(np.array([self._made * STEP_S]))[0]), 0.0)

    def move(self, steps: int) -> Float:
        """The next steps."""
        place = self.track.at(grid_s(self._made + 1, steps))
        self._made += steps
        return as_channels(np.column_stack([place, place, np.zeros(steps)]))
