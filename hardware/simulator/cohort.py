"""Many virtual patients at once: one plain trial each, moved on together, for statistics over a population.

The same bodies as `Person`, in arrays over persons: a step costs little more for a hundred than for one. Nobody is
told anything and nothing goes wrong but balance itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.geometry import Footing, Side, sign
from analysis.recording import ImportedRecording, MlAxis, SignalKind
from hardware.simulator.acts import FALL_REACTION_S, HEEL_M, TOE_M, WIDE_STEP
from hardware.simulator.body import GRAVITY, build, chain, stacked
from hardware.simulator.motion import BODY_HZ, minimum_jerk
from hardware.simulator.noise import STEP_S, grid_s, tremble
from hardware.simulator.one_leg import Channel, OneLeg
from hardware.simulator.patient import Traits, drawn_try
from hardware.simulator.person import FINER, HEART, HEART_HZ, HEART_QUALITY
from hardware.simulator.phases import BALANCED_BY_S, as_channels
from hardware.simulator.planting import aim_m, planted
from hardware.simulator.transfer import READY, Landing, lift_plan, put_down_plan
from hardware.simulator.truth import PlantedStance
from hardware.simulator.upright import (
    BOTH_FEET_AP,
    BOTH_FEET_ML,
    DELAY_AP_S,
    DELAY_ML_S,
    ONE_LEG_AP,
    Fall,
    Upright,
    coast,
)

Float = NDArray[np.float64]

BURN_IN_S, LIFT_S = 8.0, 1.6  # before the trial; from the end of quiet standing to foot-off
WAIT_S = 3.0  # at most, for a moment in which the foot can be put down
PIECE = 50


@dataclass(frozen=True, slots=True)
class Trials:
    """Trials side by side: n samples at 1 kHz, k body steps, m trials.

    ``time_s (n,)`` [s], ``xy_mm (n, m, 2)`` CoP in the plate frame [mm], ``fz_n (n, m)`` [N], ``stances (m)``;
    ``step_s (k,)`` and ``frontal (k, 10, m)``: columns of `Channel`, stance frame, from the midline between the feet.
    """

    time_s: Float
    xy_mm: Float
    fz_n: Float
    stances: tuple[PlantedStance, ...]
    step_s: Float
    frontal: Float


def one_trial_each(
    people: Sequence[Traits],
    sides: Sequence[Side],
    footing: Footing,
    seed: int,
    *,
    both_feet_s: float = 10.0,
    hold_s: float = 30.0,
    after_s: float = 3.4,
) -> Trials:
    """Both feet, foot-off at `both_feet_s` + 1.6 s, one leg for `hold_s` or until balance is lost, both feet again."""
    cohort = _Cohort(people, sides, footing, seed)
    foot_off, hold, wait = (round(part / STEP_S) for part in (both_feet_s + LIFT_S, hold_s, WAIT_S))
    rows = np.full((foot_off + hold + wait + round(after_s / STEP_S), len(Channel), len(people)), np.nan)
    rows[:foot_off, :3] = cohort.quiet(foot_off)
    stances = [cohort.lift(rows, foot_off, one) for one in range(len(people))]
    rows[foot_off : foot_off + hold + wait] = cohort.alone(rows[foot_off - 1], hold + wait)
    stances = [cohort.come_down(rows, foot_off, hold, one, stances[one]) for one in range(len(people))]
    return cohort.seen(rows, stances)


class _Cohort:
    """Bodies in arrays, and their generator."""

    def __init__(self, people: Sequence[Traits], sides: Sequence[Side], footing: Footing, seed: int) -> None:
        self._people, self._sides, self._footing = people, sides, footing
        self._rng = np.random.default_rng([seed, len(people)])
        self._tries = [drawn_try(one, side, self._rng) for one, side in zip(people, sides, strict=True)]
        self._shape = (len(people),)
        sizes = [build(one.height_m, one.mass_kg) for one in people]
        self._body = chain(stacked(sizes))
        self._omega = np.asarray(self._body.omega, dtype=np.float64)
        self._half = np.asarray(self._body.foot_half_m, dtype=np.float64)
        self._noise = np.array([one.noise for one in people])
        self._spacing_m = footing.half_spacing_mm / 1000

    def quiet(self, steps: int) -> Float:
        """Both feet, in the frame of the stance side: CoP, CoM, speed."""
        restless = self._noise * np.array([one.restless for one in self._people])
        rod = Upright(self._omega, (BOTH_FEET_ML,), DELAY_ML_S, restless, self._rng.spawn(1)[0], self._shape)
        target = self._rng.normal(0.0, 0.003, self._shape)
        burn_in = round(BURN_IN_S / STEP_S)
        still = np.zeros((burn_in + steps, *self._shape))
        return rod.move(still, still + target, (-np.inf, np.inf))[burn_in:]

    def lift(self, rows: Float, foot_off: int, one: int) -> PlantedStance:
        """Write the transfer of one person, which ends with foot-off."""
        traits, side, drawn = self._people[one], self._sides[one], self._tries[one]
        begin = foot_off - drawn.reach.steps
        cop, place, speed = (float(value) for value in rows[begin - 1, :3, one])
        foot_m, omega = self._spacing_m + aim_m(traits, side, drawn), float(self._omega[one])
        goal_m = foot_m + drawn.capture_error_m
        path, dip = lift_plan(Fall(place, speed), omega, cop, foot_m, goal_m, drawn.reach)
        rows[begin:foot_off, :3, one] = coast(Fall(place, speed), omega, path)
        return planted(traits, side, drawn, begin * STEP_S, foot_off * STEP_S, float(dip))

    def alone(self, last: Float, steps: int) -> Float:
        """All on one leg, whether they lose their balance or not."""
        pairs = list(zip(self._people, self._sides, strict=True))
        leg = OneLeg(
            self._body,
            stacked([one.hip(side) for one, side in pairs]),
            stacked([drawn.habit for drawn in self._tries]),
            stacked([drawn.steady for drawn in self._tries]),
            Fall(last[Channel.COM] - self._spacing_m, last[Channel.SPEED]),
            self._rng.spawn(1)[0],
            self._shape,
        )
        rows = np.concatenate([leg.move(min(PIECE, steps - at)) for at in range(0, steps, PIECE)])
        rows[:, [Channel.COP, Channel.COM]] += self._spacing_m
        return rows

    def come_down(self, rows: Float, foot_off: int, hold: int, one: int, stance: PlantedStance) -> PlantedStance:
        """Write the end of one person's stance over what would have gone on; the stance with its end."""
        watched = foot_off + round(BALANCED_BY_S / STEP_S)
        lost = np.flatnonzero(rows[watched : foot_off + hold, Channel.MARGIN, one] < 0)
        fell = len(lost) > 0
        if fell:
            contact = watched + int(lost[0]) + round(self._rng.uniform(*FALL_REACTION_S) / STEP_S)
        else:
            contact = self._put_down(rows, foot_off + hold, one)
        cop, place, speed = (float(value) for value in rows[contact - 1, :3, one])
        limit_m = self._spacing_m + (WIDE_STEP if fell else 1.0) * float(self._half[one])
        landing = Landing(Fall(place, speed), float(self._omega[one]), cop, 0.0, limit_m)
        rows[contact:, :, one] = as_channels(landing.move(len(rows) - contact))
        return replace(stance, touch_down_s=contact * STEP_S, fell=fell)

    def _put_down(self, rows: Float, told: int, one: int) -> int:
        """Write the way to contact of one person who was told to put the foot down; the step of contact."""
        omega, half = float(self._omega[one]), float(self._half[one])
        waiting = rows[told : told + round(WAIT_S / STEP_S), :, one]
        point = waiting[:, Channel.COM] + waiting[:, Channel.SPEED] / omega
        begin = told + int((point <= self._spacing_m + READY * half).argmax())
        cop, place, speed = (float(value) for value in rows[begin - 1, :3, one])
        path, steps = put_down_plan(Fall(place, speed), omega, cop, self._spacing_m, half)
        rows[begin : begin + steps, :, one] = as_channels(coast(Fall(place, speed), omega, path[:steps]))
        return begin + int(steps)

    def seen(self, rows: Float, stances: list[PlantedStance]) -> Trials:
        """CoP and force at 1 kHz in the plate frame."""
        step_s = grid_s(0, len(rows))
        signs = np.array([sign(side) for side in self._sides])
        x_mm = self._footing.midline_x_mm + signs * 1000 * rows[:, Channel.COP]
        y_mm = 1000 * self._forward(step_s, stances)
        heart = tremble(HEART_HZ, HEART_QUALITY, self._rng.spawn(1)[0], self._shape).take(len(rows))
        load = 1 + HEART * heart + np.nan_to_num(rows[:, Channel.VERTICAL]) / GRAVITY
        xy_mm = _finer(np.stack([x_mm, y_mm], axis=-1))
        time_s = np.arange(len(xy_mm)) / BODY_HZ
        mass_kg = np.array([one.mass_kg for one in self._people])
        return Trials(time_s, xy_mm, mass_kg * GRAVITY * _finer(load), tuple(stances), step_s, rows)

    def _forward(self, step_s: Float, stances: list[PlantedStance]) -> Float:
        """CoP AP of all. [m]"""
        rod = Upright(
            self._omega, (BOTH_FEET_AP, ONE_LEG_AP), DELAY_AP_S, self._noise, self._rng.spawn(1)[0], self._shape
        )
        up_s = np.array([stance.foot_off_s - 0.4 for stance in stances])
        down_s = np.array([stance.touch_down_s or 0.0 for stance in stances])
        weight = minimum_jerk((step_s[:, None] - up_s) / 0.8) - minimum_jerk((step_s[:, None] - down_s) / 0.5)
        target = np.array([drawn.forward_m for drawn in self._tries])
        before = np.zeros((round(BURN_IN_S / STEP_S), *self._shape))
        weight = np.concatenate([before, weight])
        return rod.move(weight, weight * target, (HEEL_M, TOE_M))[len(before) :, 0]


def _finer(values: Float) -> Float:
    """Straight lines through body steps, at 1 kHz."""
    between = (np.arange(FINER) / FINER).reshape(1, -1, *[1] * (values.ndim - 1))
    lines = values[:-1, None] + np.diff(values, axis=0)[:, None] * between
    return np.asarray(lines.reshape(-1, *values.shape[1:]), dtype=np.float64)


def recording_of(trials: Trials, one: int) -> ImportedRecording:
    """One of the trials as the analysis reads a recording of CoP and force, at 100 Hz."""
    every = slice(None, None, BODY_HZ // 100)
    values = np.column_stack([trials.xy_mm[every, one], trials.fz_n[every, one]])
    return ImportedRecording(trials.time_s[every], values, SignalKind.COP_FZ, MlAxis.PLUS_RIGHT)
