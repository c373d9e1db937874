"""Phases and ends of virtual patients: what the rules find of what was planted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from analysis.assess import AssessedTrial, assess_import
from analysis.online import BothFeet, StanceWatch
from analysis.phases import EndedBy
from analysis.settings import AnalysisSettings
from benchmarks.figures import Figure
from benchmarks.people import (
    BOTH_FEET_S,
    PLATE,
    RATE_HZ,
    Seen,
    beside,
    disturbed,
    one_after_the_other,
    pieces,
    plain,
)
from hardware.simulator.motion import Hop
from hardware.simulator.patient import Mishap
from hardware.simulator.truth import PlantedStance

PLAIN, EACH = 100, 25
LIGHTEST_N = 100.0
FOUND_S = 0.5  # an end found further from the planted one is another one
WATCHED_FROM_S = 9.8  # when a plain trial is told to lift
#: Children may be lighter than the load that an adult's CoP needs.
SETTINGS = AnalysisSettings(minimum_load_n=0.0)
BETWEEN_S = (8.0, 15.0)

Make = Callable[[int], Iterator[Seen]]


def _with(what: Mishap) -> Make:
    return lambda count: disturbed(what, count, seed=5)


#: What ends a stance, how it should be called, and who does it.
ENDS: dict[str, tuple[EndedBy, Make]] = {
    "the other foot comes down on the plate, as told": (EndedBy.TOUCHDOWN, lambda count: disturbed(None, count, 4)),
    "balance is lost, the other foot comes down on the plate": (EndedBy.TOUCHDOWN, _with(Mishap("fall", BETWEEN_S))),
    "the other foot comes down beside the plate": (
        EndedBy.OFF_PLATE_TOUCH,
        lambda count: beside(count, 6, from_the_start=False),
    ),
    "a hand on the rail carries 8 %": (
        EndedBy.OFF_PLATE_TOUCH,
        _with(Mishap("support", BETWEEN_S, share=0.08, lasts_s=6.0)),
    ),
    "a hand on the rail carries 20 %": (
        EndedBy.OFF_PLATE_TOUCH,
        _with(Mishap("support", BETWEEN_S, share=0.20, lasts_s=6.0)),
    ),
    "a hop": (EndedBy.HOP, _with(Mishap("hop", BETWEEN_S))),
    "the stance foot is set further out": (EndedBy.LATERAL_STEP, _with(Mishap("step_aside", BETWEEN_S))),
    "off the plate": (EndedBy.STEP_OFF, _with(Mishap("step_off", BETWEEN_S))),
}
UNDISTURBED = ("healthy", "older", "weak-left", "lurch-left", "child")


def event_s(stance: PlantedStance) -> float:
    """When the stance ended: flight, grasp, step, or contact of the other foot. [s]"""
    if stance.hops_s:
        return stance.hops_s[0] + Hop(0.0).push_s
    if stance.supports_s:
        return stance.supports_s[0][0]
    found = stance.aside_s or stance.left_plate_s or stance.touch_down_s
    if found is None:
        raise ValueError("a stance without an end was planted")
    return found


def assessed(seen: Seen) -> tuple[AssessedTrial, ...]:
    """Trials by the analysis, with a target of 30 s."""
    return assess_import(seen.recording, settings=SETTINGS, footing=PLATE.template, target_hold_s=30.0)


@dataclass(slots=True)
class Tally:
    """How trials were found: one entry each.

    ``trials``: planted; ``foot_off_s``, ``end_s``: found minus planted; ``late_off_s``, ``late_end_s``: known minus
    planted, while the test ran [s]; ``called``: how the end was called; ``fell``: balance was really lost.
    """

    trials: int = 0
    foot_off_s: list[float] = field(default_factory=list)
    end_s: list[float] = field(default_factory=list)
    late_off_s: list[float] = field(default_factory=list)
    late_end_s: list[float] = field(default_factory=list)
    called: Counter[EndedBy] = field(default_factory=Counter)
    fell: int = 0

    @property
    def early(self) -> int:
        """Ends before anything was planted."""
        return sum(by_s < -FOUND_S for by_s in self.end_s)

    @property
    def detected(self) -> int:
        """Ends found where they were planted."""
        return sum(abs(by_s) <= FOUND_S for by_s in self.end_s)


def found(people: Iterable[Seen]) -> Tally:
    """What the analysis of whole recordings finds."""
    tally = Tally()
    for seen in people:
        tally.trials += len(seen.planted)
        tally.fell += sum(stance.fell for stance in seen.planted)
        trials = assessed(seen)
        if [trial.result.side for trial in trials] != [stance.side for stance in seen.planted]:
            continue
        for trial, stance in zip(trials, seen.planted, strict=True):
            phases = trial.result.phases
            tally.called[phases.ended_by] += 1
            if phases.foot_off_s is not None:
                tally.foot_off_s.append(phases.foot_off_s - stance.foot_off_s)
            if phases.touch_down_s is not None:
                tally.end_s.append(phases.touch_down_s - event_s(stance))
    return tally


def followed(people: Iterable[Seen], from_s: float) -> Tally:
    """What the watch of the guided test says, fed from the moment of the cue on as a plate sends."""
    tally = Tally()
    for seen in people:
        (stance,) = seen.planted
        before, after = pieces(seen.forces, from_s)
        both = BothFeet(PLATE.template, LIGHTEST_N)
        both.feed(before)
        watch = StanceWatch(PLATE.template, stance.side, both.weight_n)
        tally.trials, tally.fell = tally.trials + 1, tally.fell + stance.fell
        known_s: float | None = None
        for piece in after:
            watch.feed(piece)
            now_s = float(piece.time_s[-1])
            known_s = None if watch.foot_off_s is None else known_s or now_s
            if watch.end is not None:
                tally.called[watch.end.ended_by] += 1
                tally.end_s.append(watch.end.at_s - event_s(stance))
                tally.late_end_s.append(now_s - event_s(stance))
                break
        if watch.foot_off_s is not None and known_s is not None:
            tally.foot_off_s.append(watch.foot_off_s - stance.foot_off_s)
            tally.late_off_s.append(known_s - stance.foot_off_s)
    return tally


def within(errors_s: list[float]) -> str:
    """Median, what 95 % keep, the largest."""
    size = np.abs(errors_s)
    return f"median {np.median(errors_s):+.3f}, 95 % within {np.percentile(size, 95):.3f}, all {size.max():.3f} s"


def called(tally: Tally) -> str:
    """Names of ends with their numbers, most frequent first."""
    return ", ".join(f"{name} {count}" for name, count in tally.called.most_common())


def _ends() -> list[Figure]:
    figures = []
    for what, (name, make) in ENDS.items():
        people = list(make(EACH))
        tally, live = found(people), followed(people, from_s(what))
        value = f"{tally.detected} of {tally.trials} found, {tally.called[name]} called {name}"
        figures.append(Figure(what, value, f"end, found - planted: {within(tally.end_s)}; called: {called(tally)}"))
        figures.append(Figure(f"{what}: known live", f"{within(live.late_end_s)} later", f"called: {called(live)}"))
    return figures


def from_s(what: str) -> float:
    """When the watch begins: people who are told begin on an empty plate."""
    return WATCHED_FROM_S if "beside" in what else BOTH_FEET_S


def _plain() -> list[Figure]:
    figures = []
    for scenario in UNDISTURBED:
        people = list(plain(scenario, PLAIN, seed=1))
        tally, live = found(people), followed(people, WATCHED_FROM_S)
        how = f"{PLAIN} people, 31 s each; {tally.fell} lost their balance, which is no false end"
        figures += [
            Figure(f"{scenario}: foot-off, found - planted", within(tally.foot_off_s), how),
            Figure(f"{scenario}: false ends", f"{tally.early} of {tally.trials}", how),
            Figure(
                f"{scenario}: foot-off, known live", f"{within(live.late_off_s)} later", "the watch of the guided test"
            ),
            Figure(f"{scenario}: false ends, live", f"{live.early} of {live.trials}", "the watch of the guided test"),
        ]
    return figures


def figures() -> list[Figure]:
    """Undisturbed trials, then each kind of end, then other beginnings."""
    several, floor = found(one_after_the_other(EACH, seed=3)), found(beside(PLAIN, seed=6, from_the_start=True))
    return [
        *_plain(),
        *_ends(),
        Figure("lifted foot beside the plate: foot-off, found - planted", within(floor.foot_off_s), f"{PLAIN} trials"),
        Figure(
            "four stances in one recording (left, right, right, left): found with their sides",
            f"{len(several.foot_off_s)} of {several.trials}",
            f"{EACH} recordings; foot-off {within(several.foot_off_s)}; end {within(several.end_s)}",
        ),
        Figure("through", f"{RATE_HZ:.0f} sets/s", "four cells with 0.1 N of noise, converters' averaging"),
    ]
