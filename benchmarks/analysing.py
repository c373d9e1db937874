"""Analysis of one trial."""

from __future__ import annotations

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

SLOWEST_SHOWN = 6


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
            settings=AnalysisSettings(),
            footing=load_plate_model("reference-a").template,
            side=Side.RIGHT,
        )
        how = f"30 s hold in a recording of {float(raw.time_s[-1, 0]):.0f} s, every metric"
        found.append(Figure(f"assess one trial at {rate_hz} Hz", f"{cpu_ms(assess):.1f} ms", how))
    (trial,) = assess()
    found += metric_figures(trial)
    return found


def metric_figures(trial: AssessedTrial) -> list[Figure]:
    """CPU time of each metric on a static window of 20 s at 100 Hz, the slowest ones by name."""

    def computed(id: str) -> float:
        def job() -> None:
            try:
                METRICS[id].compute(replace(trial.stance))
            except Unavailable:
                return

        return cpu_ms(job, rounds=25)

    times_ms = {id: computed(id) for id in METRICS}
    slowest = sorted(times_ms, key=lambda id: -times_ms[id])[:SLOWEST_SHOWN]
    how = "static window of 20 s at 100 Hz"
    rows = [Figure(f"metric `{id}`", f"{1000 * times_ms[id]:.0f} us", how) for id in slowest]
    rest = [times_ms[id] for id in times_ms if id not in slowest]
    return [*rows, Figure(f"the other {len(rest)} metrics, each at most", f"{1000 * max(rest):.0f} us", how)]
