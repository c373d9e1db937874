"""Virtual patients on the reference plate, as its four cells see them, each with what was planted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquisition.plate import Cue
from analysis.cop import ForceSeries
from analysis.geometry import Side, from_lateral, to_lateral
from analysis.recording import ImportedRecording, MlAxis, SignalKind
from hardware.plates import load_plate_model
from hardware.simulator.cohort import Trials, one_trial_each
from hardware.simulator.device import MODEL
from hardware.simulator.electronics import converter_filter
from hardware.simulator.motion import BODY_HZ
from hardware.simulator.patient import Leg, Mishap, Traits, drawn_person
from hardware.simulator.person import Person, TimedCue
from hardware.simulator.scenarios import SCENARIOS
from hardware.simulator.truth import PlantedStance

Float = NDArray[np.float64]

RATE_HZ, NOISE_N = 80.0, 0.1  # of each cell
PLATE = load_plate_model(MODEL)
BOTH_FEET_S, HOLD_S, AFTER_S = 11.0, 33.0, 5.0
TOGETHER = 100  # trials moved on at once


@dataclass(frozen=True, slots=True)
class Seen:
    """What the plate measured, and the stances that were planted, in its time. [s]"""

    recording: ImportedRecording
    planted: tuple[PlantedStance, ...]

    @property
    def forces(self) -> ForceSeries:
        """Loads of the four cells together, as they come."""
        return ForceSeries(self.recording.time_s, self.recording.values @ PLATE.geometry.load_matrix().T)


def measured(xy_mm: Float, fz_n: Float, rng: np.random.Generator) -> ImportedRecording:
    """CoP (n, 2) [mm] and load (n,) [N] at 1 kHz through cells, converters and their noise."""
    weights, at = converter_filter(RATE_HZ), np.arange(0, len(fz_n), BODY_HZ / RATE_HZ)
    first, part = at.astype(np.int64), (at % 1)[:, None]
    loads = np.column_stack(
        [np.convolve(load, weights)[: len(fz_n)] for load in (fz_n, fz_n * xy_mm[:, 0], fz_n * xy_mm[:, 1])]
    )
    loads = (1 - part) * loads[first] + part * loads[np.minimum(first + 1, len(fz_n) - 1)]
    values = loads @ np.linalg.pinv(PLATE.geometry.load_matrix()).T
    values += NOISE_N * rng.standard_normal(values.shape)
    return ImportedRecording(at / BODY_HZ, values, SignalKind.CELLS_N, MlAxis.PLUS_RIGHT, PLATE.geometry)


def pieces(forces: ForceSeries, from_s: float) -> tuple[ForceSeries, Iterator[ForceSeries]]:
    """What came before a moment, and then two sets at a time, as a plate sends them."""
    first = int(np.searchsorted(forces.time_s, from_s))

    def part(start: int, end: int) -> ForceSeries:
        return ForceSeries(forces.time_s[start:end], forces.load[start:end])

    return part(0, first), (part(at, at + 2) for at in range(first, len(forces.time_s), 2))


def sides_in_turn(count: int) -> list[Side]:
    """Left, right, left, ..."""
    return [Side.LEFT if one % 2 == 0 else Side.RIGHT for one in range(count)]


def drawn(scenario: Traits, count: int, seed: int) -> list[Traits]:
    """Different people of a kind."""
    rng = np.random.default_rng([seed, count])
    return [drawn_person(rng, scenario) for _ in range(count)]


def one_each(people: Sequence[Traits], sides: Sequence[Side], seed: int, hold_s: float = 31.0) -> Iterator[Trials]:
    """One plain trial of each, up to 100 at once."""
    for first in range(0, len(people), TOGETHER):
        some = slice(first, first + TOGETHER)
        yield one_trial_each(people[some], sides[some], PLATE.template, seed + first, hold_s=hold_s)


def plain(scenario: str, count: int, seed: int, hold_s: float = 31.0) -> Iterator[Seen]:
    """Trials in which nothing goes wrong but balance itself."""
    rng = np.random.default_rng([seed, 1])
    people = drawn(SCENARIOS[scenario], count, seed)
    for trials in one_each(people, sides_in_turn(count), seed, hold_s):
        for one, stance in enumerate(trials.stances):
            yield Seen(measured(trials.xy_mm[:, one], trials.fz_n[:, one], rng), (stance,))


def beside(count: int, seed: int, hold_s: float = 16.0, *, from_the_start: bool) -> Iterator[Seen]:
    """The lifted foot comes down on the floor beside the plate; ``from_the_start``: and was lifted from there."""
    rng = np.random.default_rng([seed, 2])
    people = drawn(SCENARIOS["healthy"], count, seed)
    for trials in one_each(people, sides_in_turn(count), seed, hold_s):
        for one, stance in enumerate(trials.stances):
            xy_mm, fz_n = trials.xy_mm[:, one].copy(), trials.fz_n[:, one].copy()
            floor = trials.time_s >= (stance.touch_down_s or np.inf)
            if from_the_start:
                floor |= trials.time_s < stance.foot_off_s
            xy_mm[floor], fz_n[floor] = _of_one_foot(xy_mm[floor], fz_n[floor], stance.side)
            yield Seen(measured(xy_mm, fz_n, rng), (stance,))


def _of_one_foot(xy_mm: Float, fz_n: Float, side: Side) -> tuple[Float, Float]:
    """What the plate sees of two feet of which one stands beside it.

    CoP of both = share x place of the stance foot + rest x place of the other: the stance foot's share. Its own CoP is
    taken at its middle; further out it carries everything.
    """
    half_mm, midline_mm = PLATE.template.half_spacing_mm, PLATE.template.midline_x_mm
    x_mm = to_lateral(xy_mm[:, 0], side, midline_mm)
    share = np.clip((x_mm + half_mm) / (2 * half_mm), 0.0, 1.0)
    own_mm = from_lateral(np.maximum(x_mm, half_mm), side, midline_mm)
    return np.column_stack([own_mm, xy_mm[:, 1]]), share * fz_n


def told(traits: Traits, script: Sequence[TimedCue], seed: int, seconds: float, rng: np.random.Generator) -> Seen:
    """One person who is told what to do, from the empty plate on."""
    person = Person(traits, PLATE.template, seed, script)
    motion = person.move(round(seconds * BODY_HZ))
    return Seen(measured(motion.xy_mm, motion.fz_n, rng), tuple(person.stances))


def disturbed(mishap: Mishap | None, count: int, seed: int) -> Iterator[Seen]:
    """Trials of different people in which this happens once; None: the foot is put down when told to, 12 .. 20 s on."""
    leg = Leg(mishaps=(mishap,) if mishap else ())
    rng = np.random.default_rng([seed, 3])
    people = drawn(Traits(left=leg, right=leg), count, seed)
    for one, (traits, side) in enumerate(zip(people, sides_in_turn(count), strict=True)):
        down_s = BOTH_FEET_S + (HOLD_S if mishap else float(rng.uniform(12.0, 20.0)))
        script = (
            TimedCue(0.0, Cue("both_feet")),
            TimedCue(BOTH_FEET_S, Cue("lift", side)),
            TimedCue(down_s, Cue("foot_down")),
        )
        yield told(traits, script, 1000 * seed + one, down_s + AFTER_S, rng)


def one_after_the_other(count: int, seed: int) -> Iterator[Seen]:
    """Recordings with four stances each: left, right, right, left, 12 .. 20 s each."""
    rng = np.random.default_rng([seed, 4])
    for one, traits in enumerate(drawn(SCENARIOS["healthy"], count, seed)):
        script, at_s = [TimedCue(0.0, Cue("both_feet"))], BOTH_FEET_S
        for side in (Side.LEFT, Side.RIGHT, Side.RIGHT, Side.LEFT):
            script.append(TimedCue(at_s, Cue("lift", side)))
            at_s += float(rng.uniform(14.0, 22.0))
            script.append(TimedCue(at_s, Cue("foot_down")))
            at_s += 9.0
        yield told(traits, script, 1000 * seed + one, at_s, rng)
