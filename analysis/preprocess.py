"""From raw cell forces to loads on one time base: outliers, gaps, resampling, low-pass. One default, in this order.

A gap is never interpolated and never filtered across. A repaired sample is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import butter, sosfiltfilt

from analysis.cop import CellSeries, ForceSeries
from analysis.errors import TooShort
from analysis.settings import AnalysisSettings

Float = NDArray[np.float64]

MINIMUM_SAMPLES = 20
#: A spike is further from the median of its seven neighbours than this many robust SDs ...
HAMPEL_THRESHOLD = 8.0
#: ... and than this part of the median load: steady cells would otherwise have a robust SD near 0.
HAMPEL_FLOOR_FRACTION = 0.02
HAMPEL_HALF_WIDTH = 3
MAXIMUM_REPAIRED_RUN = 2


@dataclass(frozen=True, slots=True)
class Preprocessed:
    """Loads ready for the CoP, and what had to be done to them.

    ``rate_hz`` is the measured native rate. ``gaps_s`` are stretches without samples; the other times [s] say where
    spikes of at most two samples were repaired, where longer departures were left as they are, and where a row repeats
    the one before it.
    """

    forces: ForceSeries
    rate_hz: float
    gaps_s: tuple[tuple[float, float], ...]
    repaired_s: tuple[float, ...]
    outliers_s: tuple[float, ...]
    repeated_s: tuple[float, ...]


def runs(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield start and end (exclusive) of each run of True."""
    edges = np.flatnonzero(np.diff(np.r_[0, mask.astype(np.int8), 0]))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def repair_spikes(values: Float) -> tuple[Float, NDArray[np.bool_], NDArray[np.bool_]]:
    """Hampel identifier along time for each column: spikes of one or two samples become the local median.

    A spike of h mm in the CoP would add about 2 h to its path. Longer departures are left as they are and counted:
    they are either real or beyond repair.

    Returns
    -------
    values (n, k), mask (n,) of repaired samples, mask (n,) of samples left

    Notes
    -----
    Median of 7 samples, threshold 8 x 1.4826 MAD and at least 2 % of the median absolute value (newtons of a person,
    not noise): a rule for glitches of the electronics, far outside what a body can do within three samples.
    """
    n = len(values)
    width = 2 * HAMPEL_HALF_WIDTH + 1
    if n < width:
        return values, np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    padded = np.pad(values, ((HAMPEL_HALF_WIDTH, HAMPEL_HALF_WIDTH), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=0)
    median = np.median(windows, axis=-1)
    mad = 1.4826 * np.median(np.abs(windows - median[..., None]), axis=-1)
    floor = HAMPEL_FLOOR_FRACTION * np.nanmedian(np.abs(values).sum(axis=1))
    spike = np.abs(values - median) > np.maximum(HAMPEL_THRESHOLD * mad, floor)
    mended = values.copy()
    repaired, left = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    for column in range(values.shape[1]):
        for start, end in runs(spike[:, column]):
            if end - start <= MAXIMUM_REPAIRED_RUN:
                mended[start:end, column] = median[start:end, column]
                repaired[start:end] = True
            else:
                left[start:end] = True
    return mended, repaired, left


def longest_step_s(time_s: Float) -> float:
    """Steps longer than this are gaps: max(50 ms, 2.5 x median interval). [s]"""
    return max(0.050, 2.5 * float(np.median(np.diff(time_s))))


def segments(time_s: Float, finite: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches (start, end exclusive) of samples without a gap between them, missing samples left out."""
    kept = np.flatnonzero(finite)
    if len(kept) < 2:
        return []
    breaks = np.flatnonzero(np.diff(time_s[kept]) > longest_step_s(time_s)) + 1
    parts = np.split(kept, breaks)
    return [(int(part[0]), int(part[-1]) + 1) for part in parts if len(part) > 1]


def low_pass_sections(rate_hz: float, settings: AnalysisSettings) -> Float | None:
    """Second-order sections of one pass, or None where nothing is to be filtered.

    The true -3 dB point lies at ``lowpass_hz`` after both passes: two passes of a 2nd-order Butterworth reach -3 dB
    where one pass has (sqrt 2 - 1)^(1/4) of its design frequency, on the bilinear transform's warped axis.
    """
    design = settings.lowpass_design_hz
    if design is None:
        if settings.lowpass_hz is None or settings.lowpass_hz >= rate_hz / 2:
            return None
        warped = np.tan(np.pi * settings.lowpass_hz / rate_hz) / (np.sqrt(2.0) - 1.0) ** 0.25
        design = float(rate_hz / np.pi * np.arctan(warped))
    if design >= rate_hz / 2:
        return None
    return np.asarray(butter(2, design, fs=rate_hz, output="sos"), dtype=np.float64)


def low_pass(values: Float, parts: list[tuple[int, int]], rate_hz: float, settings: AnalysisSettings) -> Float:
    """Zero-phase low-pass of each gapless part; a part too short to filter becomes missing (NaN)."""
    sections = low_pass_sections(rate_hz, settings)
    if sections is None:
        return values
    filtered = np.full_like(values, np.nan)
    shortest = 3 * (2 * len(sections) + 1) + 1
    for start, end in parts:
        if end - start > shortest:
            filtered[start:end] = sosfiltfilt(sections, values[start:end], axis=0)
    return filtered


def _filled(time_s: Float, values: Float, start: int, end: int) -> tuple[Float, Float]:
    """Times and values of one part without its missing samples (each shorter than a gap) and without repeats.

    A plate whose cells run on their own clocks sends a slow cell's last sample again, with its old time.
    """
    new = np.r_[True, np.diff(time_s[start:end]) > 0]
    keep = np.isfinite(values[start:end]).all(axis=1) & new
    return time_s[start:end][keep], values[start:end][keep]


def resample(time_s: Float, values: Float, grid_s: Float) -> Float:
    """Cubic interpolation of each column's own times onto a common grid; NaN outside and inside gaps.

    Parameters
    ----------
    time_s : ndarray (n, k)
        Each column's own times. [s]
    values : ndarray (n, k)
    grid_s : ndarray (m,)
        [s]
    """
    on_grid = np.full((len(grid_s), values.shape[1]), np.nan)
    for column in range(values.shape[1]):
        own_s, own = time_s[:, column], values[:, column]
        for start, end in segments(own_s, np.isfinite(own)):
            part_s, part = _filled(own_s, own[:, None], start, end)
            inside = (grid_s >= part_s[0] - 1e-9) & (grid_s <= part_s[-1] + 1e-9)
            if len(part_s) >= 4:
                on_grid[inside, column] = CubicSpline(part_s, part[:, 0])(grid_s[inside])
    return on_grid


def gaps(time_s: Float, finite: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """Stretches between two samples that are further apart than a gap's limit. [s]"""
    kept_s = time_s[finite]
    if len(kept_s) < 2:
        return ()
    wide = np.flatnonzero(np.diff(kept_s) > longest_step_s(time_s))
    return tuple((float(kept_s[i]), float(kept_s[i + 1])) for i in wide)


def _filter_each(cells: CellSeries, values: Float, rate_hz: float, settings: AnalysisSettings) -> Float:
    """Low-pass every cell on its own samples, before resampling downwards."""
    columns = []
    for column in range(values.shape[1]):
        parts = segments(cells.time_s[:, column], np.isfinite(values[:, column]))
        held = values[:, [column]].copy()
        for start, end in parts:
            missing = ~np.isfinite(held[start:end, 0])
            at = np.arange(start, end)
            held[at[missing], 0] = np.interp(at[missing], at[~missing], held[at[~missing], 0])
        columns.append(low_pass(held, parts, rate_hz, settings))
    return np.hstack(columns)


def preprocess(cells: CellSeries, settings: AnalysisSettings, force_known: bool = True) -> Preprocessed:
    """Cell forces with their own times -> filtered loads on one time base.

    Works on loads for imports as well: there the "cells" are Fz, Px, Py and the load matrix is the identity.

    Raises
    ------
    TooShort
        Fewer than 20 samples.
    """
    n = len(cells.time_s)
    if n < MINIMUM_SAMPLES:
        raise TooShort(f"recording has {n} samples, needs at least {MINIMUM_SAMPLES}")
    reference_s = cells.time_s[:, 0]
    rate_hz = 1.0 / float(np.median(np.diff(reference_s)))
    measured_hz = (n - 1) / float(reference_s[-1] - reference_s[0])
    if abs(measured_hz / rate_hz - 1) < 0.02:
        rate_hz = measured_hz
    values, repaired, left = repair_spikes(cells.cells_n)
    finite = np.asarray(np.isfinite(values).all(axis=1), dtype=np.bool_)
    repeated = np.r_[False, (np.diff(cells.cells_n, axis=0) == 0).all(axis=1)]
    grid_hz = settings.grid_hz
    filter_first = grid_hz is None or rate_hz > grid_hz * 1.02
    if filter_first:
        values = _filter_each(cells, values, rate_hz, settings)
    if grid_hz is None:
        time_s = reference_s
    else:
        first_s, last_s = float(cells.time_s[0].max()), float(cells.time_s[-1].min())
        time_s = first_s + np.arange(int((last_s - first_s) * grid_hz + 1e-6) + 1) / grid_hz
        values = resample(cells.time_s, values, time_s)
    load = values @ cells.load_matrix.T
    if not filter_first and grid_hz is not None:
        parts = segments(time_s, np.asarray(np.isfinite(load).all(axis=1), dtype=np.bool_))
        load = low_pass(load, parts, grid_hz, settings)
    return Preprocessed(
        forces=ForceSeries(time_s, load, force_known),
        rate_hz=measured_hz,
        gaps_s=gaps(reference_s, finite),
        repaired_s=tuple(reference_s[repaired].tolist()),
        outliers_s=tuple(reference_s[left].tolist()),
        repeated_s=tuple(reference_s[repeated].tolist()),
    )
