"""What a person does when: wishes become acts, acts have their time, and some things happen that nobody wished.

Time here is counted in body steps. Every act and every mishap begins on a step, and draws from a generator of its own,
so that nothing depends on when the motion is fetched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from acquisition.plate import Cue
from analysis.geometry import Footing, Side, from_lateral, sign, to_lateral
from hardware.simulator.body import DEGREE
from hardware.simulator.contacts import Contacts
from hardware.simulator.motion import Track
from hardware.simulator.noise import STEP_S, grid_s
from hardware.simulator.one_leg import Channel, OneLeg
from hardware.simulator.patient import Mishap, Traits, Try, drawn_try
from hardware.simulator.phases import Alone, BothFeet, Caught, Phase, Planned, Walking
from hardware.simulator.planting import aim_m, planted
from hardware.simulator.transfer import READY, Landing, capture_point, lift_plan, put_down_plan
from hardware.simulator.truth import PlantedStance
from hardware.simulator.upright import BOTH_FEET_AP, BOTH_FEET_ML, DELAY_AP_S, DELAY_ML_S, ONE_LEG_AP, Fall, Upright

Float = NDArray[np.float64]

REACTION_S = (0.3, 0.6)
ARRIVE_S, SETTLE_S, LEAVE_S, CAUGHT_S = 1.0, 2.0, 1.0, 1.3
WAITS_S = 0.05  # with putting the foot down
STEADY_S = 0.5  # after foot-off, before anything else is done
FALL_REACTION_S = (0.12, 0.22)
PUSH_M_S2 = 0.6  # what makes a person fall: more than the foot's width can resist
WIDE_STEP = 3.0  # half feet: how far out a fall can be caught
HEEL_M, TOE_M = -0.085, 0.13
#: Generators of their own, by purpose: a person's seed, this number, and a count.
BODY_RNG, CUE_RNG, STANCE_RNG, FEET_RNG, HEART_RNG = range(5)


class Doing(Enum):
    """Where the person is."""

    AWAY = auto()
    BOTH_FEET = auto()
    ONE_LEG = auto()
    MOVING = auto()


@dataclass(frozen=True, slots=True)
class Wish:
    """A cue that was heard, and the first step at which it is followed."""

    at: int
    cue: Cue


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    at: int
    number: int
    stance: int
    mishap: Mishap


def to_step(time_s: float) -> int:
    """First step at or after a time."""
    return int(np.ceil(round(time_s / STEP_S, 6)))


class Acts:
    """The acts of one person, moved on in pieces of steps.

    Parameters
    ----------
    traits, footing : Traits, Footing
    seed : int

    Attributes
    ----------
    stances : list of PlantedStance
        The truth of every stance begun so far.
    contacts : Contacts
    """

    def __init__(self, traits: Traits, footing: Footing, seed: int) -> None:
        self._traits, self._footing, self._seed = traits, footing, seed
        self._body = traits.chain()
        omega, calm = self._body.omega, traits.noise
        ml, ap = self._rng(BODY_RNG, 0).spawn(2)
        self._both = Upright(omega, (BOTH_FEET_ML,), DELAY_ML_S, calm * traits.restless, ml)
        self._sagittal = Upright(omega, (BOTH_FEET_AP, ONE_LEG_AP), DELAY_AP_S, calm, ap)
        self._alone, self._forward = Track(0.0), Track(0.0)
        self._side = Side.RIGHT
        self._doing = Doing.AWAY
        self._phase: Phase = Walking(self._spacing_m)
        self._cop_m = 0.0
        self._wishes: deque[Wish] = deque()
        self._due: list[_Due] = []
        self._turn: tuple[int, Callable[[int], None]] | None = None
        self._busy_until = self._asked = self._feet_placed = self._numbered = 0
        self.stances: list[PlantedStance] = []
        self.contacts = Contacts()

    def _rng(self, purpose: int, count: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, purpose, count])

    def ask(self, at_s: float, cue: Cue) -> None:
        """A cue, heard at a time; followed after a reaction time, and after what was asked before."""
        at = to_step(at_s + self._rng(CUE_RNG, self._asked).uniform(*REACTION_S))
        self._asked += 1
        self._wishes.append(Wish(max(at, self._wishes[-1].at) if self._wishes else at, cue))

    def move(self, first: int, last: int) -> Float:
        """Steps first .. last - 1.

        Returns
        -------
        ndarray (last - first, 11)
            CoP x, y [mm], vertical acceleration [m/s2], CoM x, y [mm], tilt, drop, lean [degrees], moment, active
            moment, strength [Nm/kg]; plate frame.
        """
        pieces, at = [], first
        while at < last:
            self._decide(at)
            rows = self._phase.move(self._until(at, last) - at)
            if isinstance(self._phase, Alone) and self._phase.lost and self._turn is None:
                self._lose(at + len(rows))
            self._cop_m = float(rows[-1, Channel.COP])
            pieces.append(self._seen(at, rows))
            at += len(rows)
        return np.concatenate(pieces)

    def _seen(self, at: int, rows: Float) -> Float:
        """Rows of the stance frame -> of the plate frame, with the sagittal motion and the strength."""
        time_s = grid_s(at, len(rows))
        seen = np.empty((len(rows), 11))
        midline_mm = self._footing.midline_x_mm
        seen[:, 0] = from_lateral(1000 * rows[:, Channel.COP], self._side, midline_mm)
        seen[:, 3] = from_lateral(1000 * rows[:, Channel.COM], self._side, midline_mm)
        if self._doing is Doing.AWAY:
            seen[:, [1, 4]] = 0.0
        else:
            limits_m = (HEEL_M, TOE_M)
            rod = self._sagittal.move(self._alone.at(time_s), self._forward.at(time_s), limits_m)
            seen[:, [1, 4]] = 1000 * rod[:, :2]
        seen[:, 2] = rows[:, Channel.VERTICAL]
        seen[:, 5:8] = rows[:, [Channel.TILT, Channel.DROP, Channel.LEAN]] / DEGREE
        seen[:, 8:10] = rows[:, [Channel.MOMENT, Channel.ACTIVE]]
        seen[:, 10] = self._phase.leg.strength if isinstance(self._phase, Alone) else np.nan
        return seen

    def _until(self, at: int, last: int) -> int:
        """The next step at which something may have to be decided."""
        times = [last, self._busy_until]
        times += [self._turn[0]] if self._turn else []
        times += [self._wishes[0].at] if self._wishes else []
        times += [self._due[0].at] if self._due else []
        return min(time for time in times if time > at)

    def _decide(self, at: int) -> None:
        if self._turn is not None and self._turn[0] <= at:
            turn, self._turn = self._turn[1], None
            turn(at)
        while self._due and self._due[0].at <= at:
            due = heappop(self._due)
            if due.stance == len(self.stances) and self._doing is Doing.ONE_LEG and self._turn is None:
                self._suffer(at, due.mishap)
        while self._wishes and self._wishes[0].at <= at and self._busy_until <= at and self._turn is None:
            if self._follow(at, self._wishes[0].cue):
                self._wishes.popleft()

    def _follow(self, at: int, cue: Cue) -> bool:
        """Take the next act toward a wish; whether it is fulfilled by that."""
        side = cue.side
        if side is not None and self._traits.wrong_leg:
            side = side.other
        if self._doing is Doing.ONE_LEG:
            stays = cue.action == "lift" and side is self._side
            return stays or (self._put_down(at) and cue.action in ("both_feet", "foot_down"))
        if self._doing is Doing.AWAY:
            if cue.action in ("empty", "foot_down"):
                return True
            self._step_on(at)
            return cue.action == "both_feet"
        if cue.action == "empty":
            self._step_off(at)
        elif cue.action == "lift" and side is not None:
            self._lift(at, side)
        return True

    def _step_on(self, at: int) -> None:
        """The right foot first, then the left."""
        walk = Walking(self._spacing_m)
        walk.track.move(0.3, ARRIVE_S - 0.3, 0.0)
        self._begin(Doing.MOVING, walk, Side.RIGHT)
        self.contacts.step_on(at * STEP_S)
        still = 0.0
        self._sagittal.begin(Fall(still, still), still)
        self._busy_until = at + to_step(SETTLE_S)
        self._turn = (at + to_step(ARRIVE_S), self._settle)

    def _settle(self, at: int) -> None:
        """Quiet standing on both feet, where this person likes to stand today."""
        turned = self._turned(self._phase.fall, self._side)
        target_m = float(self._rng(FEET_RNG, self._feet_placed).normal(0.0, 0.003))
        self._feet_placed += 1
        self._begin(Doing.BOTH_FEET, BothFeet(self._both, turned, target_m), Side.RIGHT)

    def _step_off(self, at: int) -> None:
        walk = Walking(self._cop_m)
        walk.track.move(
            0.0,
            0.5,
            to_lateral(np.array([self._footing.right.midline_x_mm]), self._side, self._footing.midline_x_mm)[0] / 1000,
        )
        self._begin(Doing.MOVING, walk, self._side)
        self.contacts.step_off(at * STEP_S)
        self._busy_until = at + to_step(LEAVE_S)
        self._turn = (self._busy_until, self._away)

    def _away(self, at: int) -> None:
        self._alone.move(at * STEP_S, 0.0, 0.0)
        self._forward.move(at * STEP_S, 0.0, 0.0)
        self._begin(Doing.AWAY, Walking(self._spacing_m), Side.RIGHT)

    def _lift(self, at: int, side: Side) -> None:
        """The CoP dips toward the foot that will lift, then goes over to the stance foot."""
        rng = self._rng(STANCE_RNG, len(self.stances))
        drawn = drawn_try(self._traits, side, rng)
        fall = self._turned(self._phase.fall, side)
        cop_m = sign(side) * self._cop_m
        foot_m = self._spacing_m + aim_m(self._traits, side, drawn)
        omega = self._body.omega
        path, dip = lift_plan(fall, omega, cop_m, foot_m, foot_m + drawn.capture_error_m, drawn.reach)
        self._begin(Doing.MOVING, Planned(fall, omega, path), side)
        foot_off = at + drawn.reach.steps
        self._alone.move(foot_off * STEP_S - 0.4, 0.8, 1.0)
        self._forward.move(foot_off * STEP_S - 0.4, 0.8, drawn.forward_m)
        self.contacts.other_mm = self._footing.of(side.other).midline_x_mm
        self.stances.append(planted(self._traits, side, drawn, at * STEP_S, foot_off * STEP_S, float(dip)))
        self._busy_until = foot_off + to_step(STEADY_S)
        self._turn = (foot_off, lambda step: self._foot_off(step, drawn, rng))

    def _foot_off(self, at: int, drawn: Try, rng: np.random.Generator) -> None:
        side, fall = self._side, self._phase.fall
        on_foot = Fall(fall.place_m - self._spacing_m, fall.speed_m_s)
        mishaps = self._traits.leg(side).mishaps
        for mishap in mishaps:
            for after_s in np.sort(rng.uniform(*mishap.between_s, mishap.times)):
                self._numbered += 1
                heappush(self._due, _Due(at + to_step(float(after_s)), self._numbered, len(self.stances), mishap))
        leg = OneLeg(self._body, self._traits.hip(side), drawn.habit, drawn.steady, on_foot, rng)
        self._begin(Doing.ONE_LEG, Alone(leg, self._spacing_m, fall), side)

    def _suffer(self, at: int, mishap: Mishap) -> None:
        """What nobody asked for, at its time."""
        at_s, last = at * STEP_S, self.stances[-1]
        match mishap.what:
            case "fall" if isinstance(self._phase, Alone):
                self._phase.push_m_s2 = -PUSH_M_S2
            case "touch":
                self.contacts.tap(at_s, mishap.share, mishap.lasts_s)
                self.stances[-1] = replace(last, touches_s=(*last.touches_s, at_s))
            case "hop":
                self.contacts.hop(at_s)
                self.stances[-1] = replace(last, hops_s=(*last.hops_s, at_s))
            case "support":
                self.contacts.support(at_s, mishap.share, mishap.lasts_s)
                self.stances[-1] = replace(last, supports_s=(*last.supports_s, (at_s, at_s + mishap.lasts_s)))
            case "step_aside":
                self.contacts.step_aside(at_s, sign(self._side))
                self.stances[-1] = replace(last, aside_s=at_s)
            case "step_off":
                self.stances[-1] = replace(last, left_plate_s=at_s)
                self._step_off(at)

    def _lose(self, at: int) -> None:
        """Balance is lost: the other foot comes down as soon as a person can react."""
        react_s = float(self._rng(FEET_RNG, self._feet_placed).uniform(*FALL_REACTION_S))
        self._turn = (at + to_step(react_s), lambda step: self._contact(step, fell=True))

    def _put_down(self, at: int) -> bool:
        """Asked for: the body is let fall inward before the other foot meets the plate; not while it falls outward."""
        fall, foot_m = self._phase.fall, self._spacing_m
        if capture_point(fall, self._body.omega) > foot_m + READY * self._body.foot_half_m:
            self._busy_until = at + to_step(WAITS_S)
            return False
        path, contact = put_down_plan(fall, self._body.omega, self._cop_m, foot_m, self._body.foot_half_m)
        self._begin(Doing.MOVING, Planned(fall, self._body.omega, path), self._side)
        self._turn = (at + int(contact), lambda step: self._contact(step, fell=False))
        return True

    def _contact(self, at: int, *, fell: bool) -> None:
        """The other foot meets the plate and takes its share within 0.2 s."""
        at_s, foot_m = at * STEP_S, self._spacing_m
        self.stances[-1] = replace(self.stances[-1], touch_down_s=at_s, fell=fell)
        limit_m = foot_m + (WIDE_STEP if fell else 1.0) * self._body.foot_half_m
        landing = Landing(self._phase.fall, self._body.omega, self._cop_m, 0.0, limit_m)
        self._begin(Doing.MOVING, Caught(landing), self._side)
        self.contacts.foot_down(at_s)
        self._alone.move(at_s, 0.5, 0.0)
        self._forward.move(at_s, 0.5, 0.0)
        self._busy_until = at + to_step(CAUGHT_S)
        self._turn = (self._busy_until, self._settle)

    def _begin(self, doing: Doing, phase: Phase, side: Side) -> None:
        self._doing, self._phase, self._side = doing, phase, side

    @property
    def _spacing_m(self) -> float:
        return self._footing.half_spacing_mm / 1000

    def _turned(self, fall: Fall, side: Side) -> Fall:
        """The same motion in the frame of a side, from the frame of the right side, or back."""
        return Fall(sign(side) * fall.place_m, sign(side) * fall.speed_m_s)
