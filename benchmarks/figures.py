"""What a benchmark prints: named figures, in one run, as ratios where something else does the same job."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import process_time


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: what was measured, its value with its unit, and how."""

    what: str
    value: str
    how: str


def cpu_ms(job: Callable[[], object], rounds: int = 15) -> float:
    """Median CPU time of a job on one core over several rounds, after one round to warm up. [ms]"""
    job()
    times_s = []
    for _ in range(rounds):
        begun_s = process_time()
        job()
        times_s.append(process_time() - begun_s)
    return 1000 * statistics.median(times_s)
