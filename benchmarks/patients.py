"""Virtual patients: what they cost, and how they stand beside published people."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray

from analysis.assess import assess_import
from analysis.geometry import Side
from analysis.settings import AnalysisSettings
from benchmarks.figures import Figure
from hardware.plates import load_plate_model
from hardware.simulator.cohort import Trials, one_trial_each, recording_of
from hardware.simulator.device import MODEL, Simulation
from hardware.simulator.motion import BODY_HZ
from hardware.simulator.patient import Traits, drawn_person
from hardware.simulator.scenarios import SCENARIOS
from hardware.simulator.script import both_sides_in_turn

Float = NDArray[np.float64]

PEOPLE = 100
STREAMED_S, PIECE = 120, 20
PAGE = Path(__file__).parent.parent / "docs" / "virtual-patient.md"
BEGIN, END = "<!-- written by python -m benchmarks.patients --write -->", "<!-- end of what was written -->"

BOTH_FEET = "both_feet_velocity"  # mean speed of the CoP from 1 to 9 s, which no metric of a stance is


@dataclass(frozen=True, slots=True)
class Row:
    """What people do, the metric that says it, and where it was published."""

    what: str
    unit: str
    scenario: str
    metric: str
    published: str
    source: str


ROWS = (
    Row("velocity", "mm/s", "healthy", "velocity", "25 .. 45", "common range of healthy adults, eyes open"),
    Row("ML velocity", "mm/s", "healthy", "velocity_ml", "18.7 .. 20.1, SD 6", "Steffen 2017, 144 female players"),
    Row("AP velocity", "mm/s", "healthy", "velocity_ap", "21.0 .. 21.9, SD 6", "Steffen 2017"),
    Row("95 % area", "mm²", "healthy", "prediction_ellipse_area", "823 .. 886, SD 250", "Steffen 2017"),
    Row("ML SD", "mm", "healthy", "sd_ml", "4 .. 7", "common range"),
    Row("AP SD", "mm", "healthy", "sd_ap", "5 .. 9", "common range"),
    Row("velocity on both feet", "mm/s", "healthy", BOTH_FEET, "6 .. 12", "common range"),
    Row("dip toward the lifted foot", "mm", "healthy", "apa", "none", "plausible size, no source read"),
    Row("held", "s of 30", "healthy", "hold_time", "43.3 of 45, SD 5", "Springer 2007, 18-39 years"),
    Row("ML velocity, older", "mm/s", "older", "velocity_ml", "33.2", "43 older women (2017)"),
    Row("AP velocity, older", "mm/s", "older", "velocity_ap", "30.0", "the same"),
    Row("95 % area, older", "mm²", "older", "prediction_ellipse_area", "1002", "the same"),
    Row("lateral shift, weak hip", "mm", "weak-left", "lateral_shift", "none", "no study found"),
)


def population(scenario: str, seed: int = 1, count: int = PEOPLE) -> Trials:
    """One trial each of different people of a kind, on the left leg."""
    rng = np.random.default_rng([seed, 7])
    people: list[Traits] = [drawn_person(rng, SCENARIOS[scenario]) for _ in range(count)]
    return one_trial_each(people, [Side.LEFT] * count, load_plate_model(MODEL).template, seed)


@cache
def measured(scenario: str) -> dict[str, Float]:
    """Metrics of a population by this program's own analysis: name -> values of those who have one."""
    trials, found = population(scenario), dict[str, list[float]]()
    footing = load_plate_model(MODEL).template
    for one in range(len(trials.stances)):
        recording = recording_of(trials, one)
        assessed = assess_import(recording, settings=AnalysisSettings(), footing=footing, target_hold_s=30.0)
        for name, value in assessed[0].result.values.items() if assessed else ():
            if value.value is not None:
                found.setdefault(name, []).append(value.value)
    quiet_mm = trials.xy_mm[BODY_HZ : 9 * BODY_HZ : 10]
    speed_mm_s = np.linalg.norm(np.diff(quiet_mm, axis=0), axis=2).mean(axis=0) * BODY_HZ / 10
    return {name: np.array(values) for name, values in found.items()} | {BOTH_FEET: speed_mm_s}


def spread(row: Row) -> str:
    """Median and the middle 80 % of a population."""
    low, middle, high = np.percentile(measured(row.scenario)[row.metric], [10, 50, 90])
    digits = 0 if high > 100 else 1
    return f"{middle:.{digits}f} ({low:.{digits}f} .. {high:.{digits}f}) {row.unit}"


def figures() -> list[Figure]:
    """Cost of a population and of one streamed person, then the people."""
    begun_s = process_time()
    trials = population("healthy")
    took_s = process_time() - begun_s
    person = Simulation("weak-left").person(both_sides_in_turn())
    person.move(BODY_HZ)
    begun_s = process_time()
    for _ in range(STREAMED_S * BODY_HZ // PIECE):
        person.move(PIECE)
    share = (process_time() - begun_s) / STREAMED_S
    how = f"{trials.time_s[-1]:.0f} s each at {BODY_HZ} Hz, moved on together, one core"
    cost = [
        Figure(f"{PEOPLE} trials", f"{took_s:.1f} s", how),
        Figure("one person, streamed", f"{100 * share:.2f} % of a core", f"{PIECE} ms pieces, at the speed of life"),
    ]
    return cost + [Figure(row.what, spread(row), f"published: {row.published} ({row.source})") for row in ROWS]


def main() -> None:
    """Write the table of people into their page."""
    lines = ["| what | model, median (middle 80 %) | published | source |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {spread(row)} | {row.published} | {row.source} |" for row in ROWS]
    print("\n".join(lines))
    if "--write" in sys.argv:
        text = PAGE.read_text(encoding="utf-8")
        head, tail = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
        PAGE.write_text("\n".join([head, *lines, tail]), encoding="utf-8")


if __name__ == "__main__":
    main()
