"""Find the single-leg stances of a recording and mark their phases. Every rule is mechanical and stated here.

Works on the recording at 100 Hz with the default filter, whatever grid and filter the metrics use: the phases of a
trial do not depend on analysis settings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from analysis.cop import CopSeries
from analysis.geometry import Footing, Side, to_lateral
from analysis.phases import EndedBy
from analysis.preprocess import runs

Float = NDArray[np.float64]

INNER_MM, OUTER_MM = 45.0, 55.0  # a CoP further from the foot's midline is outside the foot
ALONE_BAND_MM = 50.0  # the same, where only the record's median is known
LOAD_LOW, LOAD_HIGH = 0.93, 1.16  # of body weight: one foot carries everything
HOP_LOAD = 0.30
SHORTEST_S, MERGE_S = 1.0, 0.08
NARROW_MM = 70.0
TWO_PLACES_MM = 70.0  # a CoP that moves this far stood on two places
FOOT_OFF_FRACTION = 0.15


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person can stand: midline between the feet and half their spacing, plate frame. [mm].

    ``measured``: from a foot template, so that shifts against it mean something. Without it both are inferred from
    the recording. ``half_spacing_mm`` None: the record holds one place only.
    """

    midline_x_mm: float
    half_spacing_mm: float | None
    measured: bool


@dataclass(frozen=True, slots=True)
class Traces:
    """Smoothed signals on which the rules work: time [s], CoP ML at 6 Hz [mm], Fz at 5 Hz and as filtered [N]."""

    time_s: Float
    x_mm: Float
    slow_fz_n: Float
    fz_n: Float
    weight_n: float
    rate_hz: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """Samples start .. end (exclusive) during which the CoP lay in one foot and that foot carried everything."""

    side: Side
    start: int
    end: int


def _bridged(values: Float, fallback: float) -> Float:
    """Missing samples filled in a straight line: for finding phases only, never for metrics."""
    finite = np.isfinite(values)
    if not finite.any():
        return np.full_like(values, fallback)
    at = np.arange(len(values))
    return np.asarray(np.interp(at, at[finite], values[finite]), dtype=np.float64)


def _smooth(values: Float, cutoff_hz: float, rate_hz: float) -> Float:
    sections = butter(2, cutoff_hz, fs=rate_hz, output="sos")
    return np.asarray(sosfiltfilt(sections, values, padlen=min(15, len(values) - 1)), dtype=np.float64)


def traces(cop: CopSeries, weight_n: float, rate_hz: float) -> Traces:
    """Signals for the rules. Where nobody stands, the CoP is taken as the record's median: it decides nothing there."""
    points_x_mm = cop.xy_mm[:, 0]
    middle = float(np.nanmedian(points_x_mm))
    x_mm = np.where(np.isfinite(points_x_mm), points_x_mm, middle)
    has_force = bool(np.isfinite(cop.fz_n).any())
    fz_n = _bridged(cop.fz_n, weight_n) if has_force else np.full(len(cop), weight_n)
    missing = ~np.isfinite(cop.fz_n) if has_force else ~cop.valid
    x_mm = np.where(missing, _bridged(points_x_mm, middle), x_mm)
    return Traces(cop.time_s, _smooth(x_mm, 6.0, rate_hz), _smooth(fz_n, 5.0, rate_hz), fz_n, weight_n, rate_hz)


def standing_of(footing: Footing) -> Standing:
    """Where the feet stand by the template."""
    return Standing(footing.midline_x_mm, footing.half_spacing_mm, measured=True)


def inferred_standing(signal: Traces) -> Standing:
    """Where the feet stand, from the recording alone.

    Places further apart than 70 mm: left and right stance around both-feet phases (three places), or both feet and
    one leg (two). Otherwise the record holds one place: one stance, or quiet standing; the CoP cannot tell which.
    """
    loaded = signal.slow_fz_n > LOAD_LOW * signal.weight_n
    x_mm = signal.x_mm[loaded]
    if not len(x_mm):
        return Standing(float(np.median(signal.x_mm)), None, measured=False)
    low, high = np.percentile(x_mm, [5, 95])
    if high - low < TWO_PLACES_MM:
        return Standing(float(np.median(x_mm)), None, measured=False)
    third = (high - low) / 3
    lower, upper = x_mm[x_mm < low + third], x_mm[x_mm > high - third]
    middle = x_mm[(x_mm >= low + third) & (x_mm <= high - third)]
    left_mm, right_mm = float(np.median(lower)), float(np.median(upper))
    if len(middle) >= 2.0 * signal.rate_hz:
        return Standing((left_mm + right_mm) / 2, (right_mm - left_mm) / 2, measured=False)
    first_x_mm = float(np.median(x_mm[: int(2 * signal.rate_hz)]))
    both_feet_mm = left_mm if abs(first_x_mm - left_mm) < abs(first_x_mm - right_mm) else right_mm
    return Standing(both_feet_mm, right_mm - left_mm, measured=False)


def _merged(found: list[tuple[int, int]], longest: float) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start - merged[-1][1] < longest:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def band_mm(standing: Standing) -> tuple[float, float]:
    """Lateral limits of the stance foot, from the midline (or from the place itself where only one is known). [mm]."""
    half_mm = standing.half_spacing_mm
    if half_mm is None:
        return -ALONE_BAND_MM, ALONE_BAND_MM
    inner_mm = half_mm - INNER_MM if half_mm >= NARROW_MM else max(half_mm - INNER_MM, 0.4 * half_mm)
    return inner_mm, half_mm + OUTER_MM


def candidates(signal: Traces, standing: Standing, alone: Side = Side.RIGHT) -> list[Candidate]:
    """All stretches of at least 1 s on one leg, in time order.

    With one known place only, `alone` stands for the side; nothing is mirrored on its account.
    """
    low_mm, high_mm = band_mm(standing)
    carries = (signal.slow_fz_n > LOAD_LOW * signal.weight_n) & (signal.slow_fz_n < LOAD_HIGH * signal.weight_n)
    found: list[Candidate] = []
    for side in Side if standing.half_spacing_mm is not None else (alone,):
        x_mm = to_lateral(signal.x_mm, side, standing.midline_x_mm)
        inside = carries & (x_mm > low_mm) & (x_mm < high_mm)
        for start, end in _merged(list(runs(inside)), MERGE_S * signal.rate_hz):
            if end - start >= SHORTEST_S * signal.rate_hz:
                found.append(Candidate(side, start, end))
    return sorted(found, key=lambda candidate: candidate.start)


def foot_off_index(x_mm: Float, start: int, end: int, rate_hz: float) -> int:
    """First sample after the fast transfer: V below 15 % of its peak near band entry.

    Not "92 % of the plateau": that rule's error follows the lateral shift itself.
    """
    velocity = np.gradient(x_mm) * rate_hz
    low, high = max(0, start - int(0.5 * rate_hz)), min(len(x_mm), start + int(0.4 * rate_hz))
    at = low + int(np.argmax(velocity[low:high]))
    limit = FOOT_OFF_FRACTION * velocity[at]
    while at < end - 1 and velocity[at] > limit:
        at += 1
    return at


def end_event(signal: Traces, x_mm: Float, standing: Standing, candidate: Candidate) -> EndedBy:
    """Which event ended the stance, from the 0.6 s after it left the band of load or place."""
    rate = signal.rate_hz
    stop = min(len(x_mm), candidate.end + int(0.6 * rate))
    if stop - candidate.end < 2:
        return EndedBy.END_OF_RECORDING
    after = slice(candidate.end, stop)
    low_mm, high_mm = band_mm(standing)
    around = signal.fz_n[max(candidate.end - int(0.05 * rate), 0) : stop]
    if around.min() < HOP_LOAD * signal.weight_n:
        back = signal.slow_fz_n[stop : stop + int(rate)]
        returned = len(back) > 0 and float(np.median(back)) > 0.7 * signal.weight_n
        return EndedBy.HOP if returned else EndedBy.STEP_OFF
    median_mm = float(np.median(x_mm[after]))
    if signal.slow_fz_n[after].min() < LOAD_LOW * signal.weight_n and median_mm > low_mm:
        return EndedBy.OFF_PLATE_TOUCH
    if median_mm >= high_mm:
        return EndedBy.LATERAL_STEP
    return EndedBy.TOUCHDOWN


def refined_end(signal: Traces, x_mm: Float, candidate: Candidate, ended_by: EndedBy) -> int:
    """Walk back from where a touch-down was certain to where the CoP left its usual place (median - 3 robust SD)."""
    if ended_by is not EndedBy.TOUCHDOWN:
        return candidate.end
    rate = signal.rate_hz
    first = max(candidate.start, candidate.end - int(1.5 * rate))
    usual = x_mm[first : max(first + 1, candidate.end - int(0.4 * rate))]
    if len(usual) < 6:
        return candidate.end
    spread = max(1.4826 * float(np.median(np.abs(usual - np.median(usual)))), 2.0)
    limit, at = float(np.median(usual)) - 3 * spread, candidate.end
    while at > candidate.start + 1 and x_mm[at - 1] < limit:
        at -= 1
    return at
