"""Virtual people whose legs do not differ: how often a side difference is flagged all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from time import process_time

import numpy as np

from analysis.abductors import Pattern, abductor_findings
from analysis.assess import TrialResult
from analysis.geometry import Side, sign
from analysis.metrics import METRICS
from analysis.sides import SideComparison, compare
from benchmarks.figures import Figure
from benchmarks.people import Seen, drawn, measured, one_each
from benchmarks.phases import assessed
from hardware.simulator.scenarios import SCENARIOS

PEOPLE, TRIALS = 500, 3
TOGETHER = 16  # people, of six trials each
LONGEST_S = 300.0  # of CPU time; fewer people then, and their number is printed
FOOT_SD_MM = 3.0  # of a foot on its template, the same for all trials of one leg at one visit: that of the assumed MDC
PRIMARY = tuple(metric.id for metric in METRICS.values() if metric.group == "primary")


def visits(count: int, seed: int) -> Iterator[SideComparison]:
    """Left against right of people whose right leg is their left one mirrored; three trials a side."""
    rng = np.random.default_rng([seed, 6])
    people = [replace(person, right=person.left) for person in drawn(SCENARIOS["healthy"], count, seed)]
    for first in range(0, count, TOGETHER):
        some = people[first : first + TOGETHER]
        sides = [side for _ in some for side in Side for _ in range(TRIALS)]
        off_mm = np.repeat(rng.normal(0, FOOT_SD_MM, 2 * len(some)), TRIALS)
        results: list[list[TrialResult]] = [[] for _ in some]
        at = 0
        for trials in one_each([person for person in some for _ in range(2 * TRIALS)], sides, seed + first):
            for one, stance in enumerate(trials.stances):
                xy_mm = trials.xy_mm[:, one] + np.array([sign(stance.side) * off_mm[at], 0.0])
                seen = Seen(measured(xy_mm, trials.fz_n[:, one], rng), (stance,))
                results[at // (2 * TRIALS)] += [trial.result for trial in assessed(seen)]
                at += 1
        yield from (compare(person) for person in results)


def _named(visit: SideComparison) -> bool:
    panels = abductor_findings(visit, {})
    return any(panel.pattern is not Pattern.NO_DIFFERENCE for panel in (panels.left, panels.right))


def figures() -> list[Figure]:
    """Rates over all people there was time for."""
    begun_s, seen = process_time(), 0
    flags: Counter[str] = Counter()
    for visit in visits(PEOPLE, 21):
        seen += 1
        flagged = {id for id, entry in visit.metrics.items() if entry.flag}
        flags.update(flagged)
        flags["any primary"] += bool(flagged & set(PRIMARY))
        flags["any of all"] += bool(flagged)
        flags["pattern"] += _named(visit)
        if process_time() - begun_s > LONGEST_S:
            break
    how = f"{TRIALS} trials a side, feet {FOOT_SD_MM:g} mm (SD) off their template"
    rows = [(f"flagged: {id}", id) for id in PRIMARY]
    rows += [("any primary metric flagged", "any primary"), ("any metric of the page flagged", "any of all")]
    rows += [("a pattern named in the panel", "pattern")]
    return [Figure(what, f"{100 * flags[key] / seen:.1f} % of {seen}", how) for what, key in rows]
