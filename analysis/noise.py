"""The noise floor: what the plate's own noise alone would make of a velocity.

The empty plate at the beginning (or end) of a recording shows the noise of each cell as it is: its colour, its skew,
its hum. That noise, on top of the trial's mean load of each cell, goes through the whole pipeline; the CoP then moves
by noise alone. Noise and sway add as squares, so of a measured velocity v the part 1 - sqrt(1 - (v_noise / v)^2) is
noise.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from analysis.cop import CellSeries, CopSeries
from analysis.errors import AnalysisError
from analysis.metrics import Reason, Stance, Unavailable, trial_metric
from analysis.preprocess import Preprocessed, preprocess, runs
from analysis.quality import Finding, FindingCode, Severity
from analysis.settings import AnalysisSettings
from analysis.sway import COLUMN, OWN, axis_mm, per_second, points_mm, steps_mm, velocity

Float = NDArray[np.float64]

#: An empty plate carries less than this part of body weight; what lies this close to a load is left out.
EMPTY_PART, MARGIN_S = 0.02, 0.25
LEAST_S, LONGEST_S = 1.5, 10.0
#: Share of velocity from which on it is said to read too high.
SHARE_LIMIT_PCT = 1.0


def empty_rows(cells: CellSeries, weight_n: float) -> slice | None:
    """Rows of the longest stretch of an empty plate, its ends left out; None where there is none of 1.5 s."""
    time_s = cells.time_s[:, 0]
    empty = np.asarray(np.abs(cells.cells_n @ cells.load_matrix[0]) < EMPTY_PART * weight_n, dtype=np.bool_)
    stretches = [(float(time_s[end - 1] - time_s[start]), start, end) for start, end in runs(empty)]
    lasting_s, start, end = max(stretches, default=(0.0, 0, 0))
    if lasting_s < LEAST_S + 2 * MARGIN_S:
        return None
    from_s, to_s = time_s[start] + MARGIN_S, min(time_s[end - 1] - MARGIN_S, time_s[start] + MARGIN_S + LONGEST_S)
    first, last = np.searchsorted(time_s[start:end], [from_s, to_s]) + start
    return slice(int(first), int(last))


def noise_alone(
    cells: CellSeries, weight_n: float, window_s: tuple[float, float], settings: AnalysisSettings
) -> Preprocessed | None:
    """The mean load of each cell in a window, with the noise of the empty plate on it, preprocessed.

    None where the recording holds no empty plate, or no load in the window.
    """
    rows = empty_rows(cells, weight_n)
    time_s = cells.time_s[:, 0]
    inside = cells.cells_n[(time_s >= window_s[0]) & (time_s <= window_s[1])]
    if rows is None or not np.isfinite(inside).any(axis=0).all():
        return None
    noise_n = cells.cells_n[rows] - np.nanmean(cells.cells_n[rows], axis=0)
    standing = CellSeries(cells.time_s[rows], np.nanmean(inside, axis=0) + noise_n, cells.load_matrix)
    try:
        return preprocess(standing, settings)
    except AnalysisError:  # an empty plate with too few samples tells nothing; the trial itself is unharmed
        return None


def _noise(stance: Stance) -> CopSeries:
    points_mm(stance.window)  # its own reason comes first
    if stance.noise is None:
        raise Unavailable(Reason.NO_EMPTY_PLATE)
    return stance.noise


def _velocity_ml(cop: CopSeries) -> float:
    axis_mm(cop, COLUMN["ml"])
    return per_second(float(np.abs(steps_mm(cop)[:, COLUMN["ml"]]).sum()), cop)


def _share_pct(noise_mm_s: float, measured_mm_s: float) -> float:
    return 100 * (1 - math.sqrt(max(1 - (noise_mm_s / measured_mm_s) ** 2, 0.0)))


@trial_metric("noise_velocity_ml", unit="mm/s", worse="neither", source=OWN, group="quality")
def noise_velocity_ml(stance: Stance) -> float:
    """Mean |dML/dt| by the plate's noise alone: that of the empty plate, on the trial's mean load of each cell."""
    return _velocity_ml(_noise(stance))


@trial_metric("noise_velocity", unit="mm/s", worse="neither", source=OWN, group="quality")
def noise_velocity(stance: Stance) -> float:
    """Mean speed of the CoP by the plate's noise alone: that of the empty plate, on the trial's mean load."""
    return velocity(_noise(stance))


@trial_metric("noise_share_ml", unit="%", worse="neither", source=OWN, group="quality")
def noise_share_ml(stance: Stance) -> float:
    """By how much noise makes the ML velocity read too high: 1 - sqrt(1 - (noise velocity / velocity)^2)."""
    return _share_pct(noise_velocity_ml(stance), _velocity_ml(stance.window))


@trial_metric("noise_share", unit="%", worse="neither", source=OWN, group="quality")
def noise_share(stance: Stance) -> float:
    """By how much noise makes the velocity read too high: 1 - sqrt(1 - (noise velocity / velocity)^2)."""
    return _share_pct(noise_velocity(stance), velocity(stance.window))


def noise_findings(stance: Stance) -> list[Finding]:
    """A caution where noise makes up more than 1 % of the velocity."""
    try:
        share_pct, noise_mm_s = noise_share(stance), noise_velocity(stance)
    except Unavailable:
        return []
    if share_pct <= SHARE_LIMIT_PCT:
        return []
    return [Finding(FindingCode.NOISE, Severity.CAUTION, {"share_pct": share_pct, "noise_mm_s": noise_mm_s})]
