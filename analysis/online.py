"""The guided test while it runs: is the plate empty, do both feet stand, is one foot off, has it come down again.

Causal and provisional: every answer comes from the samples up to now, at most 0.5 s late, and only steers the test.
What is filed is what `assess` finds in the whole recording. Same bands and limits as `stances`; where those look ahead,
these wait. No clock: time is the plate's own, handed in with the samples.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Calibration, Zero
from analysis.cop import ForceSeries
from analysis.geometry import Footing, Side, to_lateral
from analysis.phases import EndedBy
from analysis.recording import SampleBlock
from analysis.stances import (
    BACK_LOAD,
    EMPTY_LOAD,
    FOOT_OFF_FRACTION,
    HOP_LOAD,
    LOAD_HIGH,
    LOAD_LOW,
    SHORTEST_S,
    band_mm,
    standing_of,
)

Float = NDArray[np.float64]

LIVE_HZ = 100.0
PEAK_BEFORE_S, PEAK_AFTER_S = 0.5, 0.4  # where the fast transfer is looked for around band entry
ZERO_TRY_S, ZERO_SLACK_S = 0.25, 0.05
LEAVING_S = 0.12  # a shorter excursion from the band is none
TELL_S = 0.25  # after this much of an excursion it is told apart and reported
GONE_S = 0.45  # who left the plate altogether and is not back by then did not hop
STEADY_PART = 0.10  # both-feet load further from its median is no standing


def live_forces(block: SampleBlock, calibration: Calibration, zero: Zero) -> ForceSeries:
    """Load of each set at the mean time of its four conversions: for looking and steering, not for filing.

    Cells of one set are up to one interval apart and are not brought to one time here; a standing person's CoP is off
    by less than 1 mm for that.
    """
    time_s = block.device_us.astype(np.float64).mean(axis=1) * 1e-6
    return ForceSeries(time_s, (block.counts - zero.counts) @ calibration.matrix.T)


def thinned(forces: ForceSeries, rate_hz: float) -> ForceSeries:
    """Means of neighbouring samples, so that a fast plate shows at most about 100 samples a second."""
    together = max(1, round(rate_hz / LIVE_HZ))
    if together == 1 or not len(forces.time_s):
        return forces
    starts = np.arange(0, len(forces.time_s), together)
    sizes = np.diff(np.r_[starts, len(forces.time_s)])
    time_s = np.add.reduceat(forces.time_s, starts) / sizes
    return ForceSeries(time_s, np.add.reduceat(forces.load, starts, axis=0) / sizes[:, None])


def zero_of(blocks: list[SampleBlock], taken_at: datetime) -> Zero:
    """Mean and SD of each cell's counts over an empty-plate phase."""
    counts = np.concatenate([block.counts for block in blocks]).astype(np.float64)
    return Zero(counts.mean(axis=0), counts.std(axis=0), taken_at)


class ZeroProblem(StrEnum):
    """Why an empty-plate phase is no zero."""

    RESTLESS = "RESTLESS"
    LOADED = "LOADED"


def zero_problem(
    zero: Zero, calibration: Calibration, reference: Zero | None, restless_n: float, loaded_n: float
) -> ZeroProblem | None:
    """What speaks against a zero: a cell that moves more than `restless_n` (SD), a load since the zero before.

    Without an earlier zero of this plate a quiet load cannot be told from the weight of the plate itself. A plate that
    is lighter than at the zero before carried something then: the new zero is the right one.
    """
    gain = calibration.cell_newton_per_count
    if (zero.sd_counts * np.abs(gain)).max() > restless_n:
        return ZeroProblem.RESTLESS
    if reference is not None and float(calibration.matrix[0] @ (zero.counts - reference.counts)) > loaded_n:
        return ZeroProblem.LOADED
    return None


class EmptyPlate:
    """Watches an empty plate until it has been quiet and unloaded for long enough: then ``zero`` is there.

    Parameters
    ----------
    calibration : Calibration
    reference : Zero or None
        An earlier zero of this plate; a load since then is seen against it.
    length_s : float
        [s]
    restless_n, loaded_n : float
        [N]
    """

    def __init__(
        self, calibration: Calibration, reference: Zero | None, length_s: float, restless_n: float, loaded_n: float
    ) -> None:
        self._calibration, self._reference, self._length_s = calibration, reference, length_s
        self._restless_n, self._loaded_n = restless_n, loaded_n
        self._blocks: deque[SampleBlock] = deque()
        self._next_try_s = -math.inf
        self.zero: Zero | None = None
        self.problem: ZeroProblem | None = None

    def feed(self, block: SampleBlock, at: datetime) -> None:
        """Take the next block; ``at``: wall time, for the label."""
        self._blocks.append(block)
        now_s = float(block.device_us[-1].max()) * 1e-6
        while len(self._blocks) > 1 and self._from_s(1) <= now_s - self._length_s:
            self._blocks.popleft()
        if self._from_s(0) > now_s - self._length_s + ZERO_SLACK_S or now_s < self._next_try_s:
            return
        zero = zero_of(list(self._blocks), at)
        self._next_try_s = now_s + ZERO_TRY_S
        self.problem = zero_problem(zero, self._calibration, self._reference, self._restless_n, self._loaded_n)
        self.zero = zero if self.problem is None else None

    def _from_s(self, place: int) -> float:
        return float(self._blocks[place].device_us[0].max()) * 1e-6


class _Smooth:
    """Two equal one-pole low-passes in a row, -3 dB at the cut-off; sees only the past. Late by `delay_s`."""

    def __init__(self, cutoff_hz: float) -> None:
        self._tau_s = math.sqrt(math.sqrt(2.0) - 1.0) / (2 * math.pi * cutoff_hz)
        self._first = self._second = math.nan

    @property
    def delay_s(self) -> float:
        return 2 * self._tau_s

    def __call__(self, value: float, step_s: float) -> float:
        if math.isnan(self._first):
            self._first = self._second = value
        weight = -math.expm1(-step_s / self._tau_s)
        self._first += weight * (value - self._first)
        self._second += weight * (self._first - self._second)
        return self._second


class BothFeet:
    """Watches for quiet standing on both feet: CoP between the feet, load steady.

    ``since_s`` is the time from which it has held, None while it does not. [s]
    """

    def __init__(self, footing: Footing, minimum_load_n: float) -> None:
        self._middle_mm = footing.midline_x_mm
        self._inner_mm = band_mm(standing_of(footing))[0]
        self._minimum_n = minimum_load_n
        self._slow_x, self._slow_fz = _Smooth(6.0), _Smooth(5.0)
        self._last_s: float | None = None
        self._loads_n: list[float] = []
        self._broken_s: float | None = None
        self.since_s: float | None = None
        self.fz_n = 0.0

    def feed(self, forces: ForceSeries) -> None:
        """Take the next samples."""
        for time_s, (fz_n, px_nmm, _) in zip(forces.time_s.tolist(), forces.load.tolist(), strict=True):
            if math.isfinite(fz_n):
                self._sample(time_s, fz_n, px_nmm)

    def _sample(self, time_s: float, fz_n: float, px_nmm: float) -> None:
        step_s = time_s - self._last_s if self._last_s is not None else 0.0
        self._last_s = time_s
        self.fz_n = self._slow_fz(fz_n, step_s)
        stands = self.fz_n >= self._minimum_n
        if stands:
            x_mm = self._slow_x(px_nmm / max(fz_n, 0.5 * self._minimum_n), step_s)
            stands = abs(x_mm - self._middle_mm) < self._inner_mm
        if stands and self.since_s is not None:
            stands = abs(self.fz_n / self.weight_n - 1) < STEADY_PART
        if stands:
            self._broken_s = None
            self.since_s = time_s if self.since_s is None else self.since_s
            self._loads_n.append(fz_n)
            return
        self._broken_s = time_s if self._broken_s is None else self._broken_s
        if time_s - self._broken_s >= LEAVING_S or self.since_s is None:
            self.since_s, self._broken_s = None, None
            self._loads_n.clear()

    @property
    def weight_n(self) -> float:
        """Median Fz since both feet stand; 0 before. [N]"""
        return float(np.median(self._loads_n)) if self._loads_n else 0.0


@dataclass(frozen=True, slots=True)
class OnlineEnd:
    """When a stance ended and how it looked then; provisional. [s]"""

    at_s: float
    ended_by: EndedBy


class StanceWatch:
    """Watches one stance: foot-off, then its end.

    Foot-off: the CoP is in the stance foot's band, that foot carries everything, and the CoP's lateral velocity has
    fallen below 15 % of its peak around band entry. End: band or load left for more than 0.12 s. A stance of less than
    1 s is none: the watch begins again.

    Parameters
    ----------
    footing : Footing
    side : Side
    weight_n : float
        Median Fz of the both-feet phase. [N]
    """

    def __init__(self, footing: Footing, side: Side, weight_n: float) -> None:
        standing = standing_of(footing)
        self._side, self._middle_mm = side, standing.midline_x_mm
        self._low_mm, self._high_mm = band_mm(standing)
        self._weight_n = weight_n
        self._slow_x, self._slow_fz = _Smooth(6.0), _Smooth(5.0)
        self._last_s: float | None = None
        self._last_x_mm = 0.0
        self._begin()

    def _begin(self) -> None:
        self._speeds: deque[tuple[float, float]] = deque()  # (time, V) of the last 0.9 s
        self._entry_s: float | None = None
        self._calm_s: float | None = None
        self._left_s: float | None = None
        self._least_n = math.inf
        self.foot_off_s: float | None = None
        self.end: OnlineEnd | None = None

    def feed(self, forces: ForceSeries) -> None:
        """Take the next samples; nothing more is looked at once the stance has ended."""
        x_mm = self._lateral_mm(forces)
        for time_s, fz_n, x in zip(forces.time_s.tolist(), forces.fz_n.tolist(), x_mm.tolist(), strict=True):
            if self.end is None and math.isfinite(fz_n):
                self._sample(time_s, fz_n, x)

    def _lateral_mm(self, forces: ForceSeries) -> Float:
        """CoP, + lateral from the midline between the feet; NaN where too little load makes one. [mm]."""
        loaded = forces.fz_n > 0.3 * self._weight_n
        x_mm = np.full(len(forces.time_s), np.nan)
        np.divide(forces.load[:, 1], forces.fz_n, out=x_mm, where=loaded)
        return to_lateral(x_mm, self._side, self._middle_mm)

    def _sample(self, time_s: float, fz_n: float, raw_x_mm: float) -> None:
        step_s = time_s - self._last_s if self._last_s is not None else 0.0
        self._last_s = time_s
        slow_n = self._slow_fz(fz_n, step_s)
        x_mm = self._slow_x(raw_x_mm, step_s) if math.isfinite(raw_x_mm) else self._last_x_mm
        speed = (x_mm - self._last_x_mm) / step_s if step_s > 0 else 0.0
        self._last_x_mm = x_mm
        carries = LOAD_LOW * self._weight_n < slow_n < LOAD_HIGH * self._weight_n
        inside = carries and self._low_mm < x_mm < self._high_mm
        if self.foot_off_s is None:
            self._look_for_foot_off(time_s, speed, inside)
        else:
            self._least_n = min(self._least_n, fz_n)
            self._look_for_end(time_s, (fz_n, slow_n), x_mm, inside)

    def _look_for_foot_off(self, time_s: float, speed: float, inside: bool) -> None:
        self._speeds.append((time_s, speed))
        while self._speeds[0][0] < time_s - PEAK_BEFORE_S - PEAK_AFTER_S:
            self._speeds.popleft()
        if not inside:
            self._entry_s = self._calm_s = None
            return
        if self._entry_s is None:
            self._entry_s = time_s
        since_entry_s = time_s - self._entry_s
        if self._calm_s is None or since_entry_s <= PEAK_AFTER_S:
            peak_at_s, peak = max(
                (pair for pair in self._speeds if pair[0] >= (self._entry_s or 0.0) - PEAK_BEFORE_S),
                key=lambda pair: pair[1],
            )
            if self._calm_s is not None and peak_at_s > self._calm_s:
                self._calm_s = None
            if self._calm_s is None and speed < FOOT_OFF_FRACTION * peak:
                self._calm_s = time_s
        if self._calm_s is not None and since_entry_s >= PEAK_AFTER_S:
            self.foot_off_s = self._calm_s - self._slow_x.delay_s

    def _look_for_end(self, time_s: float, now_n: tuple[float, float], x_mm: float, inside: bool) -> None:
        if inside and (self._left_s is None or time_s - self._left_s < LEAVING_S):
            self._left_s, self._least_n = None, math.inf
            return
        if self._left_s is None:
            self._left_s = time_s
        ended_by = self._how_it_ended(time_s - self._left_s, now_n, x_mm)
        if ended_by is None:
            return
        if self._left_s - (self._entry_s or 0.0) < SHORTEST_S:
            self._begin()
            return
        self.end = OnlineEnd(self._left_s - self._slow_x.delay_s, ended_by)

    def _how_it_ended(self, since_s: float, now_n: tuple[float, float], x_mm: float) -> EndedBy | None:
        """How, from the time since the band was left and the load (as it is, smooth); None while it cannot be told."""
        if since_s < TELL_S:
            return None
        least, load, slow = (part / self._weight_n for part in (self._least_n, *now_n))
        if least < HOP_LOAD:
            if slow > BACK_LOAD:
                return EndedBy.HOP
            flew, rises = least < EMPTY_LOAD, load > HOP_LOAD
            if since_s < GONE_S and (flew or not rises):
                return None
            if slow < HOP_LOAD and not rises:
                return EndedBy.STEP_OFF
        if x_mm <= self._low_mm:
            return EndedBy.TOUCHDOWN
        return EndedBy.LATERAL_STEP if x_mm >= self._high_mm else EndedBy.OFF_PLATE_TOUCH
