"""Find the single-leg stances of a recording and mark their phases. Every rule is mechanical and stated here.

Works on the recording at 100 Hz with the default filter, whatever grid and filter the metrics use: the phases of a
trial do not depend on analysis settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter

from analysis.cop import CopSeries
from analysis.geometry import Footing, Side, to_lateral
from analysis.phases import EndedBy
from analysis.preprocess import runs
from analysis.zero_phase import zero_phase

Float = NDArray[np.float64]

INNER_MM, OUTER_MM = 45.0, 55.0  # a CoP further from the foot's midline is outside the foot
ALONE_BAND_MM = 50.0  # the same, where only the record's median is known
LOAD_LOW, LOAD_HIGH = 0.93, 1.16  # of body weight: one foot carries everything
HOP_LOAD, BACK_LOAD = 0.30, 0.70  # off the plate; landed. Between them the other foot carries the rest beside it
EMPTY_LOAD = 0.10  # below this part of body weight nobody stands there and the CoP is noise
LIFTED_LOAD, LIFTED_S = 0.97, 0.1  # the other foot has left the floor beside the plate
SHORTEST_S, MERGE_S = 1.0, 0.08
STARTS_WITHIN_S = 0.5  # a stance this close to the first loaded sample has no visible foot-off
NARROW_MM = 70.0
TWO_PLACES_MM = 70.0  # a CoP that moves this far stood on two places
CALMER = 1.5  # one leg moves the CoP sideways several times as fast as two
FOOT_OFF_FRACTION = 0.15
SETTLED_S = 1.0  # after stepping on or putting the foot down, until a both-feet baseline or another attempt may begin
BASELINE_S, BASELINE_BEFORE_S, BASELINE_MINIMUM_S = 5.0, 1.6, 1.0


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


class Onset(Enum):
    """How a stance began, as far as the plate can see."""

    ALONE = "the recording, or the load on the plate, begins on this leg: foot-off was not seen"
    TRANSFER = "the CoP came from outside the foot: both feet, or the other one, stood on the plate"
    LIFTED = "the CoP lay in the foot and the load grew: the other foot left the floor beside the plate"


@lru_cache(maxsize=16)
def _smoothing(cutoff_hz: float, rate_hz: float) -> Float:
    return np.asarray(butter(2, cutoff_hz, fs=rate_hz, output="sos"), dtype=np.float64)


def smooth(values: Float, cutoff_hz: float, rate_hz: float) -> Float:
    """Zero-phase Butterworth, 2nd order each way, `cutoff_hz` the design frequency of one pass."""
    sections = _smoothing(cutoff_hz, rate_hz)
    return zero_phase(sections, values, min(15, len(values) - 1))


def traces(cop: CopSeries, weight_n: float, rate_hz: float) -> Traces:
    """Signals for the rules. Where nobody stands, the CoP is taken as the record's median: it decides nothing there."""
    points_x_mm = cop.xy_mm[:, 0]
    there = np.isfinite(points_x_mm)
    middle = float(np.median(points_x_mm[there]))
    x_mm = np.where(there, points_x_mm, middle)
    has_force = bool(np.isfinite(cop.fz_n).any())
    fz_n = _bridged(cop.fz_n, weight_n) if has_force else np.full(len(cop), weight_n)
    missing = ~np.isfinite(cop.fz_n) if has_force else ~cop.valid
    x_mm = np.where(missing, _bridged(points_x_mm, middle), x_mm)
    return Traces(cop.time_s, smooth(x_mm, 6.0, rate_hz), smooth(fz_n, 5.0, rate_hz), fz_n, weight_n, rate_hz)


def standing_of(footing: Footing) -> Standing:
    """Where the feet stand by the template."""
    return Standing(footing.midline_x_mm, footing.half_spacing_mm, measured=True)


def inferred_standing(signal: Traces) -> Standing:
    """Where the feet stand, from the recording alone.

    Places further apart than 70 mm: left and right stance around both-feet phases (three places), or both feet and
    one leg (two). Of two, both feet stood where the CoP is clearly calmer, else where it was first. Otherwise the
    record holds one place: one stance, or quiet standing; the CoP cannot tell which.
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
    speed = np.abs(np.gradient(signal.x_mm))[loaded]
    left_calm, right_calm = float(np.median(speed[x_mm < low + third])), float(np.median(speed[x_mm > high - third]))
    if max(left_calm, right_calm) > CALMER * min(left_calm, right_calm):
        both_feet_mm = left_mm if left_calm < right_calm else right_mm
    else:
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
    """All stretches on one leg, in time order: in the foot and carrying everything for at least 1 s.

    Once begun, a stance outlasts moments of more load (a knee bend): too much load is no support elsewhere. With one
    known place only, `alone` stands for the side; nothing is mirrored on its account.
    """
    low_mm, high_mm = band_mm(standing)
    longest = MERGE_S * signal.rate_hz
    found: list[Candidate] = []
    for side in Side if standing.half_spacing_mm is not None else (alone,):
        x_mm = to_lateral(signal.x_mm, side, standing.midline_x_mm)
        inside = (signal.slow_fz_n > LOAD_LOW * signal.weight_n) & (x_mm > low_mm) & (x_mm < high_mm)
        steady = inside & (signal.slow_fz_n < LOAD_HIGH * signal.weight_n)
        begun = [run for run in _merged(list(runs(steady)), longest) if run[1] - run[0] >= SHORTEST_S * signal.rate_hz]
        for start, end in _merged(list(runs(inside)), longest):
            within = [first for first, _ in begun if start <= first < end]
            if within:
                found.append(Candidate(side, within[0], end))
    return sorted(found, key=lambda candidate: candidate.start)


def with_supported(found: list[Candidate], first: list[Candidate], rate_hz: float) -> list[Candidate]:
    """Stances found by the weight on both feet, and those that only the first estimate of body weight had shown.

    The latter: none of the former begins near their beginning, so something carried a part of the load all along.
    """
    near = SETTLED_S * rate_hz
    lost = [old for old in first if not any(abs(new.start - old.start) < near for new in found)]
    free = [new for new in found if not any(old.start < new.end and new.start < old.end for old in lost)]
    return sorted([*free, *lost], key=lambda candidate: candidate.start)


def attempts(signal: Traces, standing: Standing, found: list[Candidate]) -> list[Candidate]:
    """The stances that are attempts of their own.

    One that goes on after a touch, hop or tap, with less than 1 s elsewhere (other places on the plate, or off it), is
    the rest of an attempt that has failed: it is not counted as another one.
    """
    low_mm, high_mm = band_mm(standing)
    own: list[Candidate] = []
    last: Candidate | None = None
    for candidate in found:
        x_mm = to_lateral(signal.x_mm, candidate.side, standing.midline_x_mm)
        between = slice(last.end if last else 0, candidate.start)
        away = (signal.slow_fz_n[between] < EMPTY_LOAD * signal.weight_n) | (x_mm[between] <= low_mm)
        away |= x_mm[between] >= high_mm
        if last is None or last.side is not candidate.side or away.sum() >= SETTLED_S * signal.rate_hz:
            own.append(candidate)
        last = candidate
    return own


def loaded_since(signal: Traces, at: int) -> int:
    """First sample of the unbroken load on the plate in which sample `at` lies."""
    empty = np.flatnonzero(signal.slow_fz_n[:at] < EMPTY_LOAD * signal.weight_n)
    return int(empty[-1]) + 1 if len(empty) else 0


def onset_of(signal: Traces, x_mm: Float, standing: Standing, candidate: Candidate) -> Onset:
    """How the stance began."""
    if candidate.start - loaded_since(signal, candidate.start) < STARTS_WITHIN_S * signal.rate_hz:
        return Onset.ALONE
    low_mm, high_mm = band_mm(standing)
    before_mm = x_mm[candidate.start - int(STARTS_WITHIN_S * signal.rate_hz) : candidate.start]
    if ((before_mm > low_mm) & (before_mm < high_mm)).all():
        return Onset.LIFTED
    return Onset.TRANSFER if standing.half_spacing_mm is not None else Onset.ALONE


def lifted_index(signal: Traces, candidate: Candidate) -> int:
    """First sample from which the foot carries 97 % of body weight for 0.1 s."""
    first = candidate.start - int(STARTS_WITHIN_S * signal.rate_hz)
    carries = np.asarray(signal.fz_n[first : candidate.end] >= LIFTED_LOAD * signal.weight_n, dtype=np.bool_)
    lasting = [start for start, end in runs(carries) if end - start >= LIFTED_S * signal.rate_hz]
    return first + lasting[0] if lasting else candidate.start


def baseline_of(signal: Traces, x_mm: Float, standing: Standing, candidate: Candidate, after: int) -> slice | None:
    """Quiet both-feet part before a stance: up to 3.4 s ending 1.6 s before it, None where there is less than 1 s.

    It begins 1 s after the person has stepped on, and 1 s after sample `after`, where the stance before this one ended.
    """
    rate = signal.rate_hz
    settled = max(loaded_since(signal, candidate.start), after)
    start = max(
        settled + int(SETTLED_S * rate) if settled else 0,
        candidate.start - int(BASELINE_S * rate),
    )
    quiet = slice(start, candidate.start - int(BASELINE_BEFORE_S * rate))
    if quiet.stop - quiet.start < BASELINE_MINIMUM_S * rate:
        return None
    return quiet if abs(float(np.median(x_mm[quiet]))) < band_mm(standing)[0] else None


def weight_of(signal: Traces, standing: Standing, found: list[Candidate]) -> float:
    """Body weight W: median Fz of both feet before the first stance that has it, else of the stances themselves. [N].

    A hand load is part of it. Where the recording holds one place only it is the median of all loaded samples.
    """
    if standing.half_spacing_mm is None or not found:
        return signal.weight_n
    ends = [0, *(candidate.end for candidate in found)]
    for candidate, after in zip(found, ends, strict=False):
        x_mm = to_lateral(signal.x_mm, candidate.side, standing.midline_x_mm)
        if onset_of(signal, x_mm, standing, candidate) is Onset.TRANSFER:
            quiet = baseline_of(signal, x_mm, standing, candidate, after)
            if quiet is not None:
                return float(np.median(signal.fz_n[quiet]))
    return float(np.median(np.concatenate([signal.fz_n[one.start : one.end] for one in found])))


def foot_off_index(x_mm: Float, start: int, end: int, rate_hz: float) -> int:
    """First sample after the fast transfer, foot-off: V below 15 % of its peak near band entry.

    Not "92 % of the plateau": that rule's error follows the lateral shift itself.
    """
    velocity = np.gradient(x_mm) * rate_hz
    low, high = max(0, start - int(0.5 * rate_hz)), min(len(x_mm), start + int(0.4 * rate_hz))
    at = low + int(np.argmax(velocity[low:high]))
    limit = FOOT_OFF_FRACTION * velocity[at]
    while at < end - 1 and velocity[at] > limit:
        at += 1
    return at


def end_event(
    signal: Traces, x_mm: Float, standing: Standing, candidate: Candidate, lateral_known: bool = True
) -> EndedBy:
    """Which event ended the stance, from the 0.6 s after it left the band of load or place.

    ``lateral_known`` False: which way is lateral is not known. A foot put down and a step sideways then look the same
    and both are called a touch-down.
    """
    rate = signal.rate_hz
    stop = min(len(x_mm), candidate.end + int(0.6 * rate))
    if stop - candidate.end < 2:
        return EndedBy.END_OF_RECORDING
    after = slice(candidate.end, stop)
    low_mm, high_mm = band_mm(standing)
    around = signal.fz_n[max(candidate.end - int(0.05 * rate), 0) : stop]
    if around.min() < HOP_LOAD * signal.weight_n:
        back = signal.slow_fz_n[stop : stop + int(rate)]
        carried = float(np.median(back)) / signal.weight_n if len(back) else 0.0
        if carried > BACK_LOAD:
            return EndedBy.HOP
        if carried < HOP_LOAD:
            return EndedBy.STEP_OFF
    median_mm = float(np.median(x_mm[after]))
    in_foot = low_mm < median_mm < high_mm if not lateral_known else median_mm > low_mm
    if signal.slow_fz_n[after].min() < LOAD_LOW * signal.weight_n and in_foot:
        return EndedBy.OFF_PLATE_TOUCH
    if median_mm >= high_mm and lateral_known:
        return EndedBy.LATERAL_STEP
    return EndedBy.TOUCHDOWN


def refined_end(signal: Traces, x_mm: Float, candidate: Candidate, ended_by: EndedBy) -> int:
    """Walk back from where a touch-down was certain to where the other foot took its load.

    That is the later of two moments: the CoP left its usual place (3 robust SD from it), and its speed rose above 15 %
    of the peak on the way out. Sway alone may have carried it out of its usual place up to half a second before.
    """
    if ended_by is not EndedBy.TOUCHDOWN:
        return candidate.end
    rate = signal.rate_hz
    first = max(candidate.start, candidate.end - int(1.5 * rate))
    usual = x_mm[first : max(first + 1, candidate.end - int(0.4 * rate))]
    if len(usual) < 6:
        return candidate.end
    spread = max(1.4826 * float(np.median(np.abs(usual - np.median(usual)))), 2.0)
    away = np.abs(x_mm - float(np.median(usual))) > 3 * spread
    at = candidate.end
    while at > candidate.start + 1 and away[at - 1]:
        at -= 1
    return max(at, _unloading_index(x_mm, candidate.end, rate))


def _unloading_index(x_mm: Float, end: int, rate_hz: float) -> int:
    """Where the fast move out of the stance foot began, which ends the stance at `end`."""
    speed = np.abs(np.gradient(x_mm)) * rate_hz
    low, high = max(0, end - int(0.4 * rate_hz)), min(len(x_mm), end + int(0.4 * rate_hz))
    at = low + int(np.argmax(speed[low:high]))
    limit = FOOT_OFF_FRACTION * speed[at]
    while at > 0 and speed[at - 1] > limit:
        at -= 1
    return min(at, end)
