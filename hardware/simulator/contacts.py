"""What touches what: the load on the plate, the other foot, a hand on the rail, a hop. Written over a body's motion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.simulator.motion import Hop, Ripple, Track

Float = NDArray[np.float64]

TAP_RISE_S, TAP_FALL_S = 0.1, 0.15
ASIDE_MM, ASIDE_S = 80.0, 0.25
GRASP_S = 0.4


class Contacts:
    """Loads beside those of the stance foot, over time.

    Times are the person's [s]; `other_mm` is where the lifted foot would touch, ML in the plate frame. [mm]
    """

    def __init__(self) -> None:
        self._load, self._tap, self._aside = Track(0.0), Track(0.0), Track(0.0)
        self._ripples: list[Ripple] = []
        self._hops: list[Hop] = []
        self.other_mm = 0.0

    def step_on(self, at_s: float) -> None:
        """The load rises to body weight within 0.8 s."""
        self._load.move(at_s, 0.8, 1.0)
        self._ripples.append(Ripple(at_s + 0.8, 0.05, 2.5, 0.2))

    def step_off(self, at_s: float) -> None:
        """The load goes."""
        self._load.move(at_s + 0.2, 0.6, 0.0)

    def foot_down(self, at_s: float) -> None:
        """The other foot meets the plate."""
        self._ripples.append(Ripple(at_s, 0.06, 6.0, 0.1))
        self._aside.move(at_s, ASIDE_S, 0.0)

    def tap(self, at_s: float, share: float, lasts_s: float) -> None:
        """The other foot carries a share for a moment: the CoP moves toward it, nothing leaves the plate."""
        self._tap.move(at_s, TAP_RISE_S, share)
        self._tap.move(at_s + lasts_s, TAP_FALL_S, 0.0)

    def support(self, at_s: float, share: float, lasts_s: float) -> None:
        """A hand on something beside the plate carries a share."""
        self._load.move(at_s, GRASP_S, 1.0 - share)
        self._load.move(at_s + lasts_s, GRASP_S, 1.0)

    def hop(self, at_s: float) -> None:
        """A jump on the stance leg."""
        self._hops.append(Hop(at_s))

    def step_aside(self, at_s: float, toward: float) -> None:
        """The stance foot is set down further out; `toward`: +1 right, -1 left."""
        self._aside.move(at_s, ASIDE_S, toward * ASIDE_MM)

    def over(self, time_s: Float, x_mm: Float, load: Float) -> tuple[Float, Float]:
        """CoP ML [mm] and vertical force over body weight, with all contacts. `time_s` goes on from the last call."""
        x_mm = x_mm + self._aside.at(time_s)
        x_mm = x_mm + self._tap.at(time_s) * (self.other_mm - x_mm)
        load = load + sum((ripple.at(time_s) for ripple in self._ripples), np.zeros(len(time_s)))
        load = load * self._load.at(time_s)
        for hop in self._hops:
            load = load * hop.at(time_s)
        end_s = float(time_s[-1])
        self._ripples = [ripple for ripple in self._ripples if not ripple.gone_by(end_s)]
        self._hops = [hop for hop in self._hops if hop.end_s > end_s]
        return x_mm, load
