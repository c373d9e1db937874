"""A person on the plate whose CoP and vertical force are planted, and so known at every moment. Bodies only, no bytes.

Kinematic, not a model of muscles: where the CoP goes is written down, sway is coloured noise around it. What a test
recovers from the plate can be compared with what was planted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from math import exp

import numpy as np
from numpy.typing import NDArray

from acquisition.plate import Cue
from analysis.geometry import Footing, Side, sign
from hardware.simulator.motion import BODY_HZ, Ripple, Sway, Track, Tremble, progress_at_speed

Float = NDArray[np.float64]

GRAVITY = 9.81

#: RMS [mm] and mean absolute velocity [mm/s] of healthy adults, ML and AP: on one leg about 36 mm/s in the plane.
ONE_LEG_ML, ONE_LEG_AP = (4.9, 23.0), (6.1, 22.5)
BOTH_FEET_ML, BOTH_FEET_AP = (2.6, 6.2), (3.5, 6.8)

#: The method's foot-off: the lateral transfer has slowed to this part of its peak.
FOOT_OFF_SPEED = 0.15
UNSETTLED, SETTLED_AFTER_S = 1.4, 2.0  # sway just after foot-off, and how long it takes to become usual
TOUCH_SHARE = 0.12
CONTACT_S = 0.2


@dataclass(frozen=True, slots=True)
class Leg:
    """How the person stands on this leg.

    ``sway``: times the healthy sway; ``lateral_shift_mm``: mean CoP from the middle of the foot, + lateral [mm];
    ``falls_after_s``: range in which balance is lost, None: never [s]; ``touches``: taps of the other foot.
    """

    sway: float = 1.0
    lateral_shift_mm: float = 2.0
    falls_after_s: tuple[float, float] | None = None
    touches: int = 0


@dataclass(frozen=True, slots=True)
class Traits:
    """Who stands there. ``mass_kg`` [kg]; one leg for each stance side."""

    left: Leg = Leg()
    right: Leg = Leg()
    mass_kg: float = 70.0

    def leg(self, side: Side) -> Leg:
        """The stance leg of a side."""
        return self.left if side is Side.LEFT else self.right


_WEAK = Leg(sway=1.45, lateral_shift_mm=14.0)

#: What can be asked for by name.
SCENARIOS: dict[str, Traits] = {
    "healthy": Traits(),
    "weak-left": Traits(left=_WEAK),
    "weak-right": Traits(right=_WEAK),
    "falls": Traits(left=Leg(falls_after_s=(8.0, 16.0)), right=Leg(falls_after_s=(8.0, 16.0))),
    "touches": Traits(left=Leg(touches=2), right=Leg(touches=2)),
}


@dataclass(frozen=True, slots=True)
class TimedCue:
    """A cue and when it is said, from the person's beginning. [s]"""

    at_s: float
    cue: Cue


@dataclass(frozen=True, slots=True)
class PlantedStance:
    """One stance as it was planted. Times from the person's beginning [s].

    ``touch_down_s``: contact of the other foot, None while the stance lasts; ``fell``: contact was not asked for.
    """

    side: Side
    transfer_start_s: float
    foot_off_s: float
    lateral_shift_mm: float
    sway: float
    touches_s: tuple[float, ...] = ()
    touch_down_s: float | None = None
    fell: bool = False


@dataclass(frozen=True, slots=True)
class Motion:
    """What the body does: ``time_s (n,)`` [s], ``xy_mm (n, 2)`` CoP in the plate frame [mm], ``fz_n (n,)`` [N]."""

    time_s: Float
    xy_mm: Float
    fz_n: Float


@dataclass(frozen=True, slots=True)
class _Mishap:
    """Something nobody asked for: balance lost, or a tap with the other foot."""

    stance: int
    fall: bool


class Person:
    """Moves when told to; begins beside the plate.

    The same seed, cues and cue times give the same motion to the last bit, however it is cut into pieces.

    Parameters
    ----------
    traits : Traits
    footing : Footing
        Where the feet stand, plate frame.
    seed : int
    script : iterable of TimedCue
        Cues known beforehand, in the order of their times; may be without an end.

    Attributes
    ----------
    stances : list of PlantedStance
        The truth of every stance so far.
    heard : list of TimedCue
        Every cue with the moment it was heard: the script that makes the same motion again.
    """

    def __init__(self, traits: Traits, footing: Footing, seed: int, script: Iterable[TimedCue] = ()) -> None:
        self._traits, self._footing = traits, footing
        acts, *noises = np.random.default_rng(seed).spawn(6)
        self._acts_rng = acts
        sways = (BOTH_FEET_ML, BOTH_FEET_AP, ONE_LEG_ML, ONE_LEG_AP)
        self._sways = [Sway(*size, rng) for size, rng in zip(sways, noises[:4], strict=True)]
        self._heart = Tremble(4.0, 1.5, noises[4])
        middle_mm = footing.midline_x_mm
        self._ml, self._ap, self._tap = Track(middle_mm), Track(0.0), Track(0.0)
        self._load, self._both, self._alone = Track(0.0), Track(1.0), Track(0.0)
        self._ripples: list[Ripple] = []
        self._queue: list[tuple[float, int, Cue | _Mishap]] = []
        self._said: deque[Cue] = deque()  # cues of another thread, heard at the next sample
        self._numbered = self._made = 0
        self._free_s = 0.0
        self._on_plate = False
        self._standing_on: Side | None = None
        self.stances: list[PlantedStance] = []
        self.heard: list[TimedCue] = []
        self._script = iter(script)
        self._next = next(self._script, None)

    @property
    def now_s(self) -> float:
        """Time of the next sample, from the person's beginning. [s]"""
        return self._made / BODY_HZ

    def hear(self, cue: Cue) -> None:
        """Told now; safe to call from any thread."""
        self._said.append(cue)

    def move(self, n: int) -> Motion:
        """The next n samples at 1 kHz."""
        if n == 0:
            return Motion(np.empty(0), np.empty((0, 2)), np.empty(0))
        while self._said:
            self._expect(self.now_s, self._said.popleft())
        time_s = np.arange(self._made, self._made + n) / BODY_HZ
        while self._next is not None and self._next.at_s <= time_s[-1]:
            self._expect(self._next.at_s, self._next.cue)
            self._next = next(self._script, None)
        while self._queue and self._queue[0][0] <= time_s[-1]:
            at_s, _, act = heappop(self._queue)
            self._do(at_s, act)
        self._made += n
        both, alone = self._both.at(time_s), self._alone.at(time_s)
        both_ml, both_ap, alone_ml, alone_ap = (sway.take(n) for sway in self._sways)
        x_mm = self._ml.at(time_s) + self._tap.at(time_s) + both * both_ml + alone * alone_ml
        y_mm = self._ap.at(time_s) + both * both_ap + alone * alone_ap
        unsteady = 1 + 0.0016 * (1 + alone) * self._heart.take(n) + sum(ripple.at(time_s) for ripple in self._ripples)
        self._ripples = [ripple for ripple in self._ripples if not ripple.gone_by(float(time_s[-1]))]
        fz_n = self._traits.mass_kg * GRAVITY * self._load.at(time_s) * unsteady
        return Motion(time_s, np.column_stack([x_mm, y_mm]), np.asarray(fz_n, dtype=np.float64))

    def _expect(self, at_s: float, act: Cue | _Mishap) -> None:
        self._numbered += 1
        heappush(self._queue, (at_s, self._numbered, act))

    def _do(self, at_s: float, act: Cue | _Mishap) -> None:
        if isinstance(act, Cue):
            self.heard.append(TimedCue(at_s, act))
            self._obey(max(at_s + self._acts_rng.uniform(0.3, 0.6), self._free_s), act)
        elif self._standing_on is not None and act.stance == len(self.stances):
            if act.fall:
                self._free_s = self._put_down(at_s, fell=True)
            else:
                self._tap_plate(at_s)

    def _obey(self, start_s: float, cue: Cue) -> None:
        """Do what was asked, with the steps a person has to take before it."""
        stays = cue.action == "lift" and self._standing_on is cue.side
        if self._standing_on is not None and not stays:
            start_s = self._put_down(start_s, fell=False)
        if cue.action == "empty" and self._on_plate:
            start_s = self._step_off(start_s)
        if cue.action in ("both_feet", "lift") and not self._on_plate:
            start_s = self._step_on(start_s)
        if cue.action == "lift" and cue.side is not None and not stays:
            start_s = self._lift(start_s, cue.side)
        self._free_s = start_s

    def _step_on(self, start_s: float) -> float:
        """The right foot first, then the left: load rises to body weight within a second."""
        self._on_plate = True
        self._ml.move(start_s, 0.0, self._footing.right.midline_x_mm)
        self._ml.move(start_s + 0.3, 0.7, self._both_feet_mm())
        self._load.move(start_s, 0.8, 1.0)
        self._ripples.append(Ripple(start_s + 0.8, 0.05, 2.5, 0.2))
        return start_s + 2.0

    def _step_off(self, start_s: float) -> float:
        self._on_plate = False
        self._ml.move(start_s, 0.5, self._footing.right.midline_x_mm)
        self._load.move(start_s + 0.2, 0.6, 0.0)
        return start_s + 1.0

    def _both_feet_mm(self) -> float:
        return self._footing.midline_x_mm + float(self._acts_rng.normal(0.0, 3.0))

    def _lift(self, start_s: float, side: Side) -> float:
        """The CoP dips toward the foot that will lift, then goes over to the stance foot in one smooth reach."""
        leg, rng = self._traits.leg(side), self._acts_rng
        shift_mm, sway = leg.lateral_shift_mm + rng.normal(0, 1.5), leg.sway * exp(rng.normal(0, 0.06))
        dip_s, reach_s = rng.uniform(0.38, 0.46), rng.uniform(0.40, 0.50)
        transfer_s = start_s + dip_s
        foot_off_s = transfer_s + progress_at_speed(FOOT_OFF_SPEED) * reach_s
        dip_mm = self._footing.midline_x_mm - sign(side) * rng.uniform(18, 32)
        self._ml.move(start_s, dip_s, dip_mm)
        self._ml.move(transfer_s, reach_s, self._footing.of(side).midline_x_mm + sign(side) * shift_mm)
        self._ap.move(transfer_s, reach_s, float(rng.normal(6.0, 3.0)))
        self._both.move(transfer_s, reach_s, 0.0)
        self._alone.move(transfer_s, reach_s, UNSETTLED * sway)
        self._alone.move(transfer_s + reach_s, SETTLED_AFTER_S, sway)
        self._ripples.append(Ripple(transfer_s, -0.03, 1 / reach_s, 0.3))
        self._standing_on = side
        stance = len(self.stances) + 1
        taps = np.sort(rng.uniform(4.0, 24.0, leg.touches)) + foot_off_s
        self.stances.append(PlantedStance(side, transfer_s, foot_off_s, shift_mm, sway))
        for tap_s in taps:
            self._expect(float(tap_s), _Mishap(stance, fall=False))
        if leg.falls_after_s is not None:
            self._expect(foot_off_s + rng.uniform(*leg.falls_after_s), _Mishap(stance, fall=True))
        return transfer_s + reach_s + 0.5

    def _put_down(self, contact_s: float, *, fell: bool) -> float:
        """The other foot meets the plate and takes its share within 0.2 s."""
        self._standing_on = None
        self.stances[-1] = replace(self.stances[-1], touch_down_s=contact_s, fell=fell)
        self._ml.move(contact_s, CONTACT_S, self._both_feet_mm())
        self._ap.move(contact_s, CONTACT_S, 0.0)
        self._both.move(contact_s, 2 * CONTACT_S, 1.0)
        self._alone.move(contact_s, 2 * CONTACT_S, 0.0)
        self._ripples.append(Ripple(contact_s, 0.06, 6.0, 0.1))
        return contact_s + 1.5

    def _tap_plate(self, at_s: float) -> None:
        """The other foot carries a little for a moment: the CoP moves toward it, nothing leaves the plate."""
        side = self.stances[-1].side
        step_mm = sign(side) * 2 * self._footing.half_spacing_mm * TOUCH_SHARE
        self._tap.move(at_s, 0.1, -step_mm)
        self._tap.move(at_s + 0.25, 0.15, 0.0)
        self.stances[-1] = replace(self.stances[-1], touches_s=(*self.stances[-1].touches_s, at_s))
