"""The demand on the hip abductors of virtual patients, from a leg tilt that was read and the plate's lateral shift."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.assess import assess_import
from analysis.demand import (
    GRAVITY,
    HARRINGTON_SLOPE,
    Body,
    Demand,
    Errors,
    Reading,
    TiltSignSuspect,
    demand,
    leg_from_height_mm,
)
from analysis.geometry import sign
from benchmarks.figures import Figure
from benchmarks.people import PLATE, drawn, measured, one_each, sides_in_turn
from benchmarks.phases import SETTINGS
from hardware.simulator.body import DEGREE
from hardware.simulator.cohort import Trials
from hardware.simulator.one_leg import Channel
from hardware.simulator.patient import Traits
from hardware.simulator.scenarios import SCENARIOS

Float = NDArray[np.float64]

PEOPLE, TRIALS = 200, 3
KINDS = ("healthy", "older", "weak-left", "lurch-left", "drop-left")
TILT_ONLY = Errors(foot_mm=0.0, plate_mm=0.0, leg_length_part=0.0, pelvis_width_mm=0.0)


@dataclass(frozen=True, slots=True)
class Stood:
    """One trial: the plate's lateral shift [mm], and over the same window the true leg tilt [deg] and demand [1]."""

    shift_mm: float
    tilt_deg: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Visit:
    """Trials of one person on one leg, whose size was measured with errors."""

    body: Body
    trials: tuple[Stood, ...]


@dataclass(frozen=True, slots=True)
class Recovered:
    """Demand found, and the true one; ``se`` and ``error`` in parts of the level demand. (n,)"""

    error: Float
    se: Float
    refused: int

    @property
    def rmse_pct(self) -> float:
        """Of the level demand. [%]"""
        return 100 * math.sqrt(float(np.mean(self.error**2)))

    @property
    def covered_pct(self) -> float:
        """How often the 95 % interval holds the true demand. [%]"""
        return 100 * float(np.mean(np.abs(self.error) <= 1.96 * self.se))


def visits(count: int, seed: int, errors: Errors) -> list[Visit]:
    """People of all kinds, three trials each on the left or the right leg in turn; the foot is off its template."""
    rng = np.random.default_rng([seed, 5])
    made = {kind: drawn(SCENARIOS[kind], count, seed) for kind in KINDS}
    people = [made[KINDS[one // 2 % len(KINDS)]][one] for one in range(count)]
    sides = sides_in_turn(count)
    off_mm = rng.normal(0, math.hypot(errors.foot_mm, errors.plate_mm), count)
    again = [one for one in range(count) for _ in range(TRIALS)]
    stood: dict[int, list[Stood]] = {one: [] for one in range(count)}
    at = iter(again)
    for trials in one_each([people[one] for one in again], [sides[one] for one in again], seed):
        for place in range(len(trials.stances)):
            one = next(at)
            stood[one] += _stood(trials, place, people[one], float(off_mm[one]), rng)
    bodies = [_measured_body(traits, errors, rng) for traits in people]
    return [Visit(bodies[one], tuple(rows)) for one, rows in stood.items() if len(rows) == TRIALS]


def _stood(trials: Trials, place: int, traits: Traits, off_mm: float, rng: np.random.Generator) -> Iterator[Stood]:
    """The trial as it is analysed; nothing where balance was lost too soon."""
    side = trials.stances[place].side
    xy_mm = trials.xy_mm[:, place] + np.array([sign(side) * off_mm, 0.0])
    recording = measured(xy_mm, trials.fz_n[:, place], rng)
    for trial in assess_import(recording, settings=SETTINGS, footing=PLATE.template, target_hold_s=30.0):
        shift_mm, static_s = trial.result.values["lateral_shift"].value, trial.result.phases.static_s
        if shift_mm is not None and static_s is not None:
            inside = (trials.step_s >= static_s[0]) & (trials.step_s <= static_s[1])
            tilt, moment = trials.frontal[inside][:, [Channel.TILT, Channel.MOMENT], place].mean(axis=0)
            level = GRAVITY * float(traits.chain().hip_half_m)
            yield Stood(shift_mm, float(tilt) / DEGREE, float(moment) / level)


def _measured_body(traits: Traits, errors: Errors, rng: np.random.Generator) -> Body:
    chain, long = traits.chain(), 1 + rng.normal(0, errors.leg_length_part)
    wide_mm = HARRINGTON_SLOPE * rng.normal(0, errors.pelvis_width_mm)
    return Body(
        traits.mass_kg, leg_from_height_mm(1000 * traits.height_m) * long, 1000 * float(chain.hip_half_m) + wide_mm
    )


def recovered(seen: list[Visit], n: int, seed: int, errors: Errors, times: int = 1) -> Recovered:
    """Demand of the first ``n`` trials of each, their tilts read independently, all that ``times`` over."""
    rng = np.random.default_rng([seed, n])
    error, se, refused = [], [], 0
    for visit in seen * times:
        trials = visit.trials[:n]
        try:
            found = _demand(visit.body, trials, rng.normal(0, errors.tilt_deg, n), errors)
        except TiltSignSuspect:
            refused += 1
            continue
        error.append(found.ratio.value - float(np.mean([trial.ratio for trial in trials])))
        se.append(found.ratio.se)
    return Recovered(np.array(error), np.array(se), refused)


def _demand(body: Body, trials: tuple[Stood, ...], misread_deg: Float, errors: Errors) -> Demand:
    readings = [
        Reading(trial.shift_mm, trial.tilt_deg + by) for trial, by in zip(trials, misread_deg.tolist(), strict=True)
    ]
    return demand(readings, body, errors)


def figures() -> list[Figure]:
    """Error and coverage, of one trial and of the mean of three."""
    figures = []
    for what, errors in (("tilt read to 1 deg", TILT_ONLY), ("every error of the budget", Errors())):
        seen = visits(PEOPLE, 3, errors)
        for n in (1, TRIALS):
            found = recovered(seen, n, 3, errors)
            how = f"{len(found.error)} people of {len(KINDS)} kinds, {found.refused} refused for their sign"
            figures += [
                Figure(f"{what}: error of {n} trial(s), RMSE", f"{found.rmse_pct:.1f} % of the level demand", how),
                Figure(f"{what}: 95 % interval of {n} trial(s) holds the truth", f"{found.covered_pct:.1f} %", how),
            ]
    return figures
