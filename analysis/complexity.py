"""Regularity and scaling: sample entropy, its multiscale form, detrended fluctuation analysis.

All depend on rate, filter and length, so these are frozen: entropy of the linearly detrended position at 25 Hz (every
fourth sample of the 100 Hz grid), m = 2, r = 0.2 SD (N - 1); DFA of the increments at 100 Hz over 0.2 to 2 s.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import detrend

from analysis.cop import CopSeries
from analysis.metrics import Reason, Unavailable, research_metric
from analysis.regular import GRID_HZ, regular_axis_mm
from analysis.sway import COLUMN, CONSTANT_MM, NAME, Axis

Float = NDArray[np.float64]
Int = NDArray[np.int64]

RICHMAN = "Richman & Moorman 2000, doi 10.1152/ajpheart.2000.278.6.H2039"
COSTA = "Costa 2002, doi 10.1103/PhysRevLett.89.068102"
PENG = "Peng 1994, doi 10.1103/PhysRevE.49.1685"

TEMPLATE, TOLERANCE_SD = 2, 0.2
ENTROPY_EVERY, ENTROPY_LEAST_S = 4, 20.0
SCALES = (2, 3, 4)
SCALE_LEAST_SAMPLES = 200
#: Rows of the comparison held at once: at most so many pairs, one byte each.
PAIRS_AT_ONCE = 4_000_000
DFA_S, DFA_SIZES, DFA_LEAST_S = (0.2, 2.0), 16, 10.0


def sample_entropy(series: Float, template: int, tolerance: float) -> float:
    """-ln(A / B): B pairs of stretches of `template` samples that stay within `tolerance`, A of one sample more.

    No stretch is compared with itself; both counts run over the same N - m starts (Richman & Moorman 2000).

    Parameters
    ----------
    series : ndarray (n,)
    template : int
        Samples of a stretch, m.
    tolerance : float
        Largest difference of any two samples that still match, r. Unit of the series.

    Raises
    ------
    Unavailable
        NOT_REACHED where no two stretches match.

    Notes
    -----
    Which samples match one is a run of the sorted series, so one subtraction of ranks decides a pair.
    """
    n = len(series)
    in_order = np.sort(series)
    rank_type = np.uint16 if n < 2**16 else np.uint32
    rank = np.searchsorted(in_order, series).astype(rank_type)
    low = np.searchsorted(in_order, series - tolerance, "left")
    width = (np.searchsorted(in_order, series + tolerance, "right") - low).astype(rank_type)
    starts = n - template
    rows = max(PAIRS_AT_ONCE // n, 1)
    shorter = longer = -starts
    for first in range(0, starts, rows):
        last = min(first + rows, starts)
        near = (rank - low[first : last + template, None].astype(rank_type)) < width[first : last + template, None]
        along = near[: last - first, :starts].copy()
        for step in range(1, template):
            along &= near[step : last - first + step, step : starts + step]
        shorter += int(np.count_nonzero(along))
        along &= near[template:, template:]
        longer += int(np.count_nonzero(along))
    if longer <= 0:
        raise Unavailable(Reason.NOT_REACHED)
    return -math.log(longer / shorter)


@lru_cache(maxsize=16)
def _entropy_series(cop: CopSeries, column: int) -> tuple[Float, float]:
    """Detrended position at 25 Hz [mm] and the tolerance, 0.2 of its SD [mm]."""
    along = regular_axis_mm(cop, column, ENTROPY_LEAST_S)
    series = np.asarray(detrend(along[::ENTROPY_EVERY]), dtype=np.float64)
    if np.ptp(series) < CONSTANT_MM:
        raise Unavailable(Reason.CONSTANT_INPUT)
    return series, TOLERANCE_SD * float(series.std(ddof=1))


def coarse(series: Float, scale: int) -> Float:
    """Means of `scale` samples each, one after the other. (n // scale,)"""
    whole = len(series) // scale * scale
    return np.asarray(series[:whole].reshape(-1, scale).mean(axis=1), dtype=np.float64)


def _register_entropy(axis: Axis) -> None:
    column = COLUMN[axis]

    def sampen(cop: CopSeries) -> float:
        series, tolerance = _entropy_series(cop, column)
        return sample_entropy(series, TEMPLATE, tolerance)

    sampen.__doc__ = (
        f"Sample entropy of {NAME[axis]}: how badly stretches alike for 2 samples foretell the third, -ln(A / B).\n\n"
        "25 Hz, linear trend removed, m = 2, r = 0.2 SD, window of 20 s or more. Low: regular; white noise 2.19."
    )
    research_metric(f"sampen_{axis}", unit="1", source=RICHMAN)(sampen)


def _register_multiscale(axis: Axis, scale: int) -> None:
    column = COLUMN[axis]

    def sampen(cop: CopSeries) -> float:
        series, tolerance = _entropy_series(cop, column)
        if len(series) // scale < SCALE_LEAST_SAMPLES:
            raise Unavailable(Reason.TOO_SHORT)
        return sample_entropy(coarse(series, scale), TEMPLATE, tolerance)

    sampen.__doc__ = (
        f"Sample entropy of means of {scale} samples of {NAME[axis]}, r still 0.2 SD of the samples themselves.\n\n"
        f"Needs {SCALE_LEAST_SAMPLES} such means: a window of {SCALE_LEAST_SAMPLES * scale * ENTROPY_EVERY / 100:g} s."
    )
    research_metric(f"sampen_{axis}_scale{scale}", unit="1", source=COSTA)(sampen)


@lru_cache(maxsize=64)
def _straight(size: int) -> Float:
    """Constant and slope of a window of `size` samples, of length 1 and at right angles. (size, 2)"""
    ramp = np.arange(size) - (size - 1) / 2
    return np.column_stack([np.full(size, size**-0.5), ramp / math.sqrt(ramp @ ramp)])


def fluctuation_exponent(increments: Float, sizes: Int) -> float:
    """Slope of log fluctuation over log window size: detrended fluctuation analysis of first order (Peng 1994).

    The sum of the increments about their mean is cut into windows side by side from its beginning; the fluctuation is
    the RMS departure from each window's own line. 0.5: independent increments, above: they persist, below: turn back.

    Parameters
    ----------
    increments : ndarray (n,)
    sizes : ndarray (k,) of int
        Samples of a window, 4 or more, at most n.

    Raises
    ------
    Unavailable
        CONSTANT_INPUT where nothing departs from the lines.
    """
    summed = np.cumsum(increments - increments.mean())
    summed -= summed.mean()
    squared = np.empty(len(sizes))
    for at, size in enumerate(sizes.tolist()):
        inside = summed[: len(summed) // size * size]
        along = inside.reshape(-1, size) @ _straight(size)
        squared[at] = (inside @ inside - np.vdot(along, along)) / len(inside)
    if squared.min() <= CONSTANT_MM**2:
        raise Unavailable(Reason.CONSTANT_INPUT)
    log_size = np.log(sizes)
    log_size -= log_size.mean()
    return float(log_size @ np.log(squared) / (2 * (log_size @ log_size)))


def dfa_sizes() -> Int:
    """Window sizes of the DFA metrics: 16 of them, evenly spaced on a logarithmic axis. [samples]"""
    shortest, longest = (part_s * GRID_HZ for part_s in DFA_S)
    return np.unique(np.rint(np.geomspace(shortest, longest, DFA_SIZES))).astype(np.int64)


def _register_dfa(axis: Axis) -> None:
    column = COLUMN[axis]

    def dfa(cop: CopSeries) -> float:
        along = regular_axis_mm(cop, column, DFA_LEAST_S)
        return fluctuation_exponent(np.diff(along), dfa_sizes())

    dfa.__doc__ = (
        f"DFA exponent of the increments of {NAME[axis]} over 0.2 to 2 s; of the position it is 1 more.\n\n"
        "0.5: a random walk. Above: movement goes on, as within the filter's and the body's inertia; below: it turns."
    )
    research_metric(f"dfa_{axis}", unit="1", source=PENG)(dfa)


for _axis in COLUMN:
    _register_entropy(_axis)
    for _scale in SCALES:
        _register_multiscale(_axis, _scale)
    _register_dfa(_axis)
