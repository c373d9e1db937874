"""Analysis of one trial."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

from analysis.assess import AssessedTrial, assess_recording
from analysis.geometry import Side
from analysis.metrics import METRICS, Unavailable
from analysis.settings import AnalysisSettings
from benchmarks.figures import Figure, cpu_ms
from benchmarks.standing import stance_recording
from hardware.plates import load_plate_model
from hardware.simulator.device import simulated_calibration

SLOWEST_SHOWN, ROUNDS = 8, 25


def figures() -> list[Figure]:
    """CPU time of assess_trial at 100 and 1000 Hz, and of single metrics."""
    found = []
    for rate_hz in (1000, 100):
        raw, zero = stance_recording(rate_hz)
        assess = partial(
            assess_recording,
            raw,
            simulated_calibration(raw.plate.serial),
            zero,
            footing=load_plate_model("reference-a").template,
            side=Side.RIGHT,
        )
        for research, said in ((False, "primary, details and boundary"), (True, "research, too")):
            how = f"30 s hold in a recording of {float(raw.time_s[-1, 0]):.0f} s"
            job = partial(assess, settings=AnalysisSettings(research=research))
            found.append(Figure(f"assess one trial at {rate_hz} Hz, {said}", f"{cpu_ms(job):.1f} ms", how))
    (trial,) = assess(settings=AnalysisSettings(research=True))
    found += metric_figures(trial)
    return found


def metric_figures(trial: AssessedTrial) -> list[Figure]:
    """CPU time of each metric on a static window of 20 s at 100 Hz, the slowest ones by name.

    Each time on a window that no metric has seen: what several metrics share counts for each of them.
    """

    def computed(id: str) -> float:
        unseen = iter([replace(trial.stance, window=replace(trial.stance.window)) for _ in range(ROUNDS + 1)])

        def job() -> None:
            with suppress(Unavailable):
                METRICS[id].compute(next(unseen))

        return cpu_ms(job, ROUNDS)

    times_ms = {id: computed(id) for id in METRICS}
    slowest = sorted(times_ms, key=lambda id: -times_ms[id])[:SLOWEST_SHOWN]
    how = "static window of 20 s at 100 Hz"
    rows = [Figure(f"metric `{id}`", f"{1000 * times_ms[id]:.0f} us", how) for id in slowest]
    rest = [times_ms[id] for id in times_ms if id not in slowest]
    return [*rows, Figure(f"the other {len(rest)} metrics, each at most", f"{1000 * max(rest):.0f} us", how)]
