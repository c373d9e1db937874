"""From raw cell forces to loads on one time base: outliers, gaps, resampling, low-pass. One default, in this order.

A gap is never interpolated and never filtered across. A repaired sample is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter

from analysis.columns import every
from analysis.cop import CellSeries, ForceSeries, standing_load
from analysis.errors import InvalidRecording, TooShort
from analysis.settings import AnalysisSettings
from analysis.spline import cubic
from analysis.zero_phase import zero_phase

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.intp]

MINIMUM_SAMPLES = 20
SHORTEST_S, LONGEST_S = 1.0, 3600.0
#: A cell whose time advances by less than this part of an interval delivered the same conversion twice.
SAME_CONVERSION = 0.1
#: A spike is further from the median of its seven neighbours than this many robust SDs ...
HAMPEL_THRESHOLD = 8.0
#: ... and than this part of the standing load, or this shift of the CoP where a column carries a moment only: steady
#: cells would otherwise have a robust SD near 0.
HAMPEL_FLOOR_FRACTION, HAMPEL_FLOOR_MM = 0.02, 4.0
HAMPEL_HALF_WIDTH = 3
MAXIMUM_REPAIRED_RUN = 2
GAP_S, GAP_INTERVALS = 0.050, 2.5
BRIDGE_SAMPLES = 32


@dataclass(frozen=True, slots=True)
class Preprocessed:
    """Loads ready for the CoP, and what had to be done to them.

    ``rate_hz`` is the measured native rate, ``interval_s`` the median native interval, ``complete_s`` the times of
    native rows in which no cell is missing. ``gaps_s`` are stretches without samples; the other times [s] say where
    spikes of at most two samples were repaired, where longer departures were left as they are, and where a row repeats
    the one before it.
    """

    forces: ForceSeries
    rate_hz: float
    interval_s: float
    complete_s: Float
    gaps_s: tuple[tuple[float, float], ...]
    repaired_s: tuple[float, ...]
    outliers_s: tuple[float, ...]
    repeated_s: tuple[float, ...]

    def missing_pct(self, start_s: float, end_s: float) -> float:
        """Native rows that should be between two times and are not, those bridged by interpolation included. [%]."""
        near = (self.complete_s >= start_s - 5e-7) & (self.complete_s <= end_s + 5e-7)
        inside_s = np.r_[start_s, self.complete_s[near], end_s]
        lost = float(np.maximum(np.rint(np.diff(inside_s) / self.interval_s) - 1, 0).sum())
        return 100.0 * lost / (lost + int(near.sum())) if lost else 0.0


def runs(mask: Bool) -> Iterator[tuple[int, int]]:
    """Yield start and end (exclusive) of each run of True."""
    edges = (np.flatnonzero(mask[1:] != mask[:-1]) + 1).tolist()
    if len(mask) and mask[0]:
        edges.insert(0, 0)
    if len(mask) and mask[-1]:
        edges.append(len(mask))
    yield from zip(edges[::2], edges[1::2], strict=True)


def _spikes(own: Float, floor: float) -> tuple[Int, Float]:
    """Places of the spikes in one column, and the median of the samples around each. (k,), (k,)

    A median is one of the samples it is taken of: only where a step exceeds the third part of the floor can a sample
    depart from it by more than the floor. Nobody has to look elsewhere.
    """
    half, n = HAMPEL_HALF_WIDTH, len(own)
    steep = np.flatnonzero(np.abs(np.diff(own)) > floor / half)
    if not len(steep):
        return np.zeros(0, dtype=np.intp), np.zeros(0)
    near = np.zeros(n, dtype=np.bool_)
    near[(steep[:, None] + np.arange(1 - half, half + 1)).clip(0, n - 1)] = True
    at = np.flatnonzero(near)
    beside = np.abs(at[:, None] + np.arange(-half, half + 1))  # mirrored about the first sample ...
    around = own[n - 1 - np.abs(n - 1 - beside)]  # ... and about the last one
    median = np.partition(around, half, axis=1)[:, half]
    robust_sd = 1.4826 * np.partition(np.abs(around - median[:, None]), half, axis=1)[:, half]
    spike = np.abs(own[at] - median) > np.maximum(floor, HAMPEL_THRESHOLD * robust_sd)
    return at[spike], np.asarray(median[spike], dtype=np.float64)


def repair_spikes(values: Float, floor: Float) -> tuple[Float, Bool, Bool]:
    """Hampel identifier along time for each column: spikes of one or two samples become the local median.

    A spike of h mm in the CoP would add about 2 h to its path. Longer departures are left as they are and counted:
    they are either real or beyond repair.

    Parameters
    ----------
    values : ndarray (n, k)
        NaN where a sample is missing; its neighbours in time are then the next samples there are.
    floor : ndarray (k,)
        Departures up to this are no spikes, however steady the column. Unit of the column.

    Returns
    -------
    values (n, k), mask (n,) of repaired samples, mask (n,) of samples left

    Notes
    -----
    Median of 7 samples, threshold 8 x 1.4826 MAD and at least `floor`: a rule for glitches of the electronics, far
    outside what a body can do within three samples.
    """
    mended = values.copy()
    repaired, left = np.zeros(len(values), dtype=np.bool_), np.zeros(len(values), dtype=np.bool_)
    for column in range(values.shape[1]):
        kept = np.flatnonzero(np.isfinite(values[:, column]))
        if len(kept) < 2 * HAMPEL_HALF_WIDTH + 1:
            continue
        spikes, median = _spikes(values[kept, column], float(floor[column]))
        if not len(spikes):
            continue
        begins = np.flatnonzero(np.diff(spikes, prepend=-2) > 1)
        length = np.diff(np.r_[begins, len(spikes)])
        short, rows = np.repeat(length <= MAXIMUM_REPAIRED_RUN, length), kept[spikes]
        mended[rows[short], column] = median[short]
        repaired[rows[short]] = True
        left[rows[~short]] = True
    return mended, repaired, left


def spike_floor(values: Float, load_matrix: Float) -> Float:
    """Smallest departure of each column that may be called a spike: 2 % of the standing load, or 4 mm of CoP. (k,)"""
    load_n = standing_load(values @ load_matrix[0])
    carried = np.abs(load_matrix[0])
    moment = np.maximum(np.abs(load_matrix[1:]).max(axis=0), 1e-12)
    by_force = HAMPEL_FLOOR_FRACTION * load_n / np.maximum(carried, 1e-12)
    return np.asarray(np.where(carried > 0, by_force, HAMPEL_FLOOR_MM * load_n / moment), dtype=np.float64)


def gap_limit_s(interval_s: float) -> float:
    """Steps longer than this are gaps: max(50 ms, 2.5 x median interval), with a microsecond for rounding. [s]"""
    return max(GAP_S, GAP_INTERVALS * interval_s) + 1e-6


def segments(time_s: Float, finite: Bool, interval_s: float) -> list[tuple[int, int]]:
    """Stretches (start, end exclusive) of samples without a gap between them, missing samples left out."""
    kept = np.flatnonzero(finite)
    if len(kept) < 2:
        return []
    before = np.flatnonzero(np.diff(time_s[kept]) > gap_limit_s(interval_s))
    starts, ends = np.r_[kept[0], kept[before + 1]], np.r_[kept[before], kept[-1]] + 1
    return [(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True) if end - start > 1]


@lru_cache(maxsize=16)
def low_pass_sections(rate_hz: float, settings: AnalysisSettings) -> Float | None:
    """Second-order sections of one pass, or None where nothing is to be filtered.

    The true -3 dB point lies at ``lowpass_hz`` after both passes: two passes of a 2nd-order Butterworth reach -3 dB
    where one pass has (sqrt 2 - 1)^(1/4) of its design frequency, on the bilinear transform's warped axis. Samples at
    `rate_hz` hold nothing above half of it: a cut-off there filters nothing.
    """
    design, true = settings.lowpass_design_hz, settings.lowpass_hz
    if design is None:
        if true is None or true >= rate_hz / 2:
            return None
        warped = np.tan(np.pi * true / rate_hz) / (np.sqrt(2.0) - 1.0) ** 0.25
        design = float(rate_hz / np.pi * np.arctan(warped))
    if design >= rate_hz / 2:
        return None
    return np.asarray(butter(2, design, fs=rate_hz, output="sos"), dtype=np.float64)


def low_pass(values: Float, parts: list[tuple[int, int]], sections: Float) -> Float:
    """Zero-phase low-pass of each gapless part; a part too short to filter becomes missing (NaN)."""
    filtered = np.full_like(values, np.nan)
    shortest = 3 * (2 * len(sections) + 1) + 1
    for start, end in parts:
        if end - start > shortest:
            filtered[start:end] = zero_phase(sections, values[start:end])
    return filtered


def resample(time_s: Float, values: Float, grid_s: Float, interval_s: float) -> Float:
    """Cubic interpolation of each column's own times onto a common grid; NaN outside and inside gaps.

    Parameters
    ----------
    time_s : ndarray (n, k)
        Each column's own times, increasing where values are finite. [s]
    values : ndarray (n, k)
    grid_s : ndarray (m,)
        [s]
    interval_s : float
        Median interval, for the length of a gap. [s]
    """
    on_grid = np.full((len(grid_s), values.shape[1]), np.nan)
    for column in range(values.shape[1]):
        own_s, own = time_s[:, column], values[:, column]
        finite = np.asarray(np.isfinite(own), dtype=np.bool_)
        for start, end in segments(own_s, finite, interval_s):
            keep = finite[start:end]
            part_s, part = own_s[start:end][keep], own[start:end][keep]
            low, high = np.searchsorted(grid_s, [part_s[0] - 1e-9, part_s[-1] + 1e-9])
            if len(part_s) >= 4:
                on_grid[low:high, column] = cubic(part_s, part, grid_s[low:high])
    return on_grid


def bridge(time_s: Float, values: Float, there: Bool) -> None:
    """Fill missing samples, in place, with a cubic spline through the samples around them.

    A sample's weight falls to a quarter with every sample of distance: those further away than 32 count for nothing.
    """
    missing = np.flatnonzero(~there)
    if not len(missing):
        return
    knots = np.zeros(len(there), dtype=np.bool_)
    knots[(missing[:, None] + np.arange(-BRIDGE_SAMPLES, BRIDGE_SAMPLES + 1)).clip(0, len(there) - 1)] = True
    knots &= there
    values[missing] = cubic(time_s[knots], values[knots], time_s[missing])


def _filtered_at_native_rate(
    time_s: Float, values: Float, interval_s: float, rate_hz: float, settings: AnalysisSettings
) -> Float:
    """Low-pass every column on its own samples; what was missing stays missing.

    Inside a stretch without a gap the filter needs every sample: the few missing ones are bridged by a cubic for its
    sake alone.
    """
    sections = low_pass_sections(rate_hz, settings)
    if sections is None:
        return values
    filtered = np.full_like(values, np.nan)
    for column in range(values.shape[1]):
        own_s, own = time_s[:, column], values[:, column].copy()
        finite = np.asarray(np.isfinite(own), dtype=np.bool_)
        parts = [part for part in segments(own_s, finite, interval_s) if finite[slice(*part)].sum() >= 4]
        for part in parts:
            bridge(own_s[slice(*part)], own[slice(*part)], finite[slice(*part)])
        filtered[:, column] = low_pass(own, parts, sections)
        filtered[~finite, column] = np.nan
    return filtered


def _interval_s(time_s: Float) -> float:
    """Median interval of the recording, after checks that its times can be times. [s]"""
    n = len(time_s)
    if n < MINIMUM_SAMPLES:
        raise TooShort(f"recording has {n} samples, needs at least {MINIMUM_SAMPLES}")
    span_s = float(time_s[-1].min() - time_s[0].max())
    if span_s < SHORTEST_S:
        raise TooShort(f"recording is {span_s:.3f} s long, needs at least {SHORTEST_S:g} s")
    if span_s > LONGEST_S:
        raise InvalidRecording(f"recording spans {span_s:.0f} s, more than {LONGEST_S:g} s: is its time in seconds?")
    steps_s = np.diff(time_s[:, 0])
    return float(np.median(steps_s[steps_s > 0]))


def _true_samples(cells: CellSeries, interval_s: float) -> Float:
    """Cell values, NaN where there is no number or a cell delivered the conversion before once more. (n, k)"""
    again = np.zeros(cells.time_s.shape, dtype=np.bool_)
    again[1:] = np.diff(cells.time_s, axis=0) < SAME_CONVERSION * interval_s
    return np.where(np.isfinite(cells.cells_n) & ~again, cells.cells_n, np.nan)


def _gaps(complete_s: Float, interval_s: float) -> tuple[tuple[float, float], ...]:
    """Stretches between two complete rows that are further apart than a gap's limit. [s]"""
    wide = np.flatnonzero(np.diff(complete_s) > gap_limit_s(interval_s))
    return tuple((float(complete_s[at]), float(complete_s[at + 1])) for at in wide)


def _rate_hz(complete_s: Float, interval_s: float) -> float:
    """Measured rate: one over the mean interval, gaps left out. [Hz]"""
    steps_s = np.diff(complete_s)
    near_s = steps_s[steps_s <= gap_limit_s(interval_s)]
    return 1.0 / float(near_s.mean() if len(near_s) else interval_s)


def _loads(
    cells: CellSeries, values: Float, interval_s: float, rate_hz: float, settings: AnalysisSettings
) -> tuple[Float, Float]:
    """Times (m,) [s] and filtered loads (m, 3): filter first where resampling goes downwards, else resample first."""
    time_s, grid_hz = cells.time_s, settings.grid_hz
    if grid_hz is None:
        filtered = _filtered_at_native_rate(time_s, values, interval_s, rate_hz, settings)
        return time_s[:, 0], filtered @ cells.load_matrix.T
    first_s, last_s = float(time_s[0].max()), float(time_s[-1].min())
    grid_s = first_s + np.arange(int((last_s - first_s) * grid_hz + 1e-6) + 1) / grid_hz
    if rate_hz > grid_hz * 1.02:
        filtered = _filtered_at_native_rate(time_s, values, interval_s, rate_hz, settings)
        return grid_s, resample(time_s, filtered, grid_s, interval_s) @ cells.load_matrix.T
    load = resample(time_s, values, grid_s, interval_s) @ cells.load_matrix.T
    sections = low_pass_sections(grid_hz, settings)
    if sections is not None:
        load = low_pass(load, list(runs(every(np.isfinite(load)))), sections)
    return grid_s, load


def preprocess(cells: CellSeries, settings: AnalysisSettings, force_known: bool = True) -> Preprocessed:
    """Cell forces with their own times -> filtered loads on one time base.

    Works on loads for imports as well: there the "cells" are Fz, Px, Py and the load matrix is the identity.

    Raises
    ------
    TooShort
        Fewer than 20 complete samples, less than 1 s, or no stretch without a gap that is long enough to filter.
    InvalidRecording
        Longer than an hour: a time that is not in seconds.
    NoLoad
        No sample carries load.
    """
    interval_s = _interval_s(cells.time_s)
    values = _true_samples(cells, interval_s)
    reference_s = cells.time_s[:, 0]
    complete_s = reference_s[every(np.isfinite(values))]
    if len(complete_s) < MINIMUM_SAMPLES:
        raise TooShort(f"recording has {len(complete_s)} complete samples, needs at least {MINIMUM_SAMPLES}")
    values, repaired, left = repair_spikes(values, spike_floor(values, cells.load_matrix))
    rate_hz = _rate_hz(complete_s, interval_s)
    time_s, load = _loads(cells, values, interval_s, rate_hz, settings)
    if not every(np.isfinite(load)).any():
        raise TooShort("no stretch of the recording is free of gaps for long enough to be filtered")
    repeated = np.r_[False, every(cells.cells_n[1:] == cells.cells_n[:-1])]
    return Preprocessed(
        forces=ForceSeries(time_s, load, force_known),
        rate_hz=rate_hz,
        interval_s=interval_s,
        complete_s=complete_s,
        gaps_s=_gaps(complete_s, interval_s),
        repaired_s=tuple(reference_s[repaired].tolist()),
        outliers_s=tuple(reference_s[left].tolist()),
        repeated_s=tuple(reference_s[repeated].tolist()),
    )
