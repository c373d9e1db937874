"""Stabilogram diffusion: how far apart the CoP lies after a time, over that time (Collins & De Luca 1993).

Mean square displacement over intervals of 0.01 s to a third of the window, at most 10 s. Two straight lines are laid
through its linear plot, a short-term and a long-term one, that meet at the break (0.3 to 2.5 s) with the least squared
departure from both. D is half the slope for one axis, a quarter in the plane: D of diffusion, not the factor of a power
law. The authors average ten trials of 30 s: one stabilogram is highly variable, and one of 20 s even more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from analysis.cop import CopSeries
from analysis.metrics import Reason, Unavailable, research_metric
from analysis.regular import GRID_HZ, needs_seconds, regular_axis_mm, regular_mm
from analysis.sway import COLUMN, NAME

Float = NDArray[np.float64]

COLLINS = "Collins & De Luca 1993, Exp Brain Res 95:308-318"
LEAST_S = 10.0
LONGEST_INTERVAL_S, LONGEST_PART = 10.0, 1 / 3
BREAK_S = (0.3, 2.5)
#: A movement that comes back to itself (a whole period) has no scaling: its displacement is 0 but for rounding.
NO_DISPLACEMENT = 1e-9
#: Both axes together; as a column beside 0 (ML) and 1 (AP).
PLANAR = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line: value = offset + slope x."""

    offset: float
    slope: float


@dataclass(frozen=True, slots=True)
class TwoLines:
    """Short-term and long-term line, and the sample they share."""

    short: Line
    long: Line
    at: int


def mean_square_displacement(positions: Float, longest: int) -> Float:
    """Mean over all pairs `lag` samples apart of the squared difference, for lags 1 .. longest. (longest, k).

    Parameters
    ----------
    positions : ndarray (n, k)
        [mm]
    longest : int
        Largest lag, below n.
    """
    n = len(positions)
    centred = positions - positions.mean(axis=0)
    length = next_fast_len(2 * n, real=True)
    spectrum = rfft(centred, length, axis=0)
    products = irfft(np.abs(spectrum) ** 2, length, axis=0)[1 : longest + 1]
    squared = np.vstack([np.zeros((1, centred.shape[1])), np.cumsum(centred**2, axis=0)])
    lags = np.arange(1, longest + 1)
    pairs = (n - lags)[:, None]
    ends = squared[n - lags] + squared[n] - squared[lags]
    return np.asarray(((ends - 2 * products) / pairs).clip(min=0), dtype=np.float64)


def line(x: Float, y: Float) -> Line:
    """Least-squares line."""
    x_mean, y_mean = x.mean(), y.mean()
    slope = float((x - x_mean) @ (y - y_mean) / ((x - x_mean) @ (x - x_mean)))
    return Line(float(y_mean - slope * x_mean), slope)


def _squared_departures(x: Float, y: Float) -> Float:
    """Summed squared departure of the first n points from their own line, for n = 1 .. len. (m,)"""
    n = np.arange(1, len(x) + 1)
    sums = [np.cumsum(part) for part in (x, y, x * x, x * y, y * y)]
    x_sum, y_sum, xx_sum, xy_sum, yy_sum = sums
    spread_x = np.maximum(xx_sum - x_sum**2 / n, 1e-300)
    shared = xy_sum - x_sum * y_sum / n
    return np.asarray(np.maximum(yy_sum - y_sum**2 / n - shared**2 / spread_x, 0.0), dtype=np.float64)


def two_lines(x: Float, y: Float, first: int, last: int) -> TwoLines:
    """Two least-squares lines that share the point between `first` and `last` with the least departure from both."""
    shifted = x - x.mean(), y - y.mean()
    left = _squared_departures(*shifted)
    right = _squared_departures(shifted[0][::-1], shifted[1][::-1])[::-1]
    at = first + int(np.argmin((left + right)[first : last + 1]))
    return TwoLines(line(x[: at + 1], y[: at + 1]), line(x[at:], y[at:]), at)


@dataclass(frozen=True, slots=True)
class Diffusion:
    """Diffusion plot of one axis, or of both.

    Parameters
    ----------
    interval_s : ndarray (m,)
        [s]
    displacement_mm2 : ndarray (m,)
        Mean square displacement. [mm^2]
    lines : TwoLines
        Of the linear plot.
    axes : int
        1, or 2 for the plane.
    """

    interval_s: Float
    displacement_mm2: Float
    lines: TwoLines
    axes: int

    def scaling(self, part: slice) -> float:
        """Half the slope of the plot on logarithmic axes over some of its intervals."""
        there = self.displacement_mm2[part]
        if there.min() <= NO_DISPLACEMENT * self.displacement_mm2.max():
            raise Unavailable(Reason.NOT_REACHED)
        return line(np.log(self.interval_s[part]), np.log(there)).slope / 2


@lru_cache(maxsize=16)
def diffusion(cop: CopSeries, column: int) -> Diffusion:
    """Diffusion plot of ML (0), AP (1) or both (2). At least 10 s of window."""
    if column == PLANAR:
        regular_axis_mm(cop, COLUMN["ml"], LEAST_S)
        regular_axis_mm(cop, COLUMN["ap"], LEAST_S)
    else:
        regular_axis_mm(cop, column, LEAST_S)
    interval_s, displacement_mm2 = _displacements(cop)
    seen = displacement_mm2.sum(axis=1) if column == PLANAR else displacement_mm2[:, column]
    first, last = (round(at_s * GRID_HZ) - 1 for at_s in BREAK_S)
    return Diffusion(interval_s, seen, two_lines(interval_s, seen, first, last), 2 if column == PLANAR else 1)


@lru_cache(maxsize=8)
def _displacements(cop: CopSeries) -> tuple[Float, Float]:
    """Intervals (m,) [s] and mean square displacement (m, 2) [mm^2] of both axes."""
    needs_seconds(cop, LEAST_S)
    points = regular_mm(cop)
    longest = min(round(LONGEST_INTERVAL_S * GRID_HZ), int(LONGEST_PART * (len(points) - 1)))
    return np.arange(1, longest + 1) / GRID_HZ, mean_square_displacement(points, longest)


def _ds(seen: Diffusion) -> float:
    """Short-term diffusion coefficient of {AXIS}: {SLOPE} the slope of mean square displacement before the break."""
    return seen.lines.short.slope / (2 * seen.axes)


def _dl(seen: Diffusion) -> float:
    """Long-term diffusion coefficient of {AXIS}: {SLOPE} the slope of mean square displacement after the break."""
    return seen.lines.long.slope / (2 * seen.axes)


def _tc(seen: Diffusion) -> float:
    """Critical time of {AXIS}: where short-term and long-term line cross. None where they cross outside the plot."""
    short, long = seen.lines.short, seen.lines.long
    if short.slope == long.slope:
        raise Unavailable(Reason.NOT_REACHED)
    at_s = (long.offset - short.offset) / (short.slope - long.slope)
    if not 0 < at_s <= seen.interval_s[-1]:
        raise Unavailable(Reason.NOT_REACHED)
    return at_s


def _hs(seen: Diffusion) -> float:
    """Short-term scaling exponent of {AXIS}: half the logarithmic slope before the break; 0.5 is a random walk."""
    return seen.scaling(slice(None, seen.lines.at + 1))


def _hl(seen: Diffusion) -> float:
    """Long-term scaling exponent of {AXIS}: half the logarithmic slope after the break; below 0.5 it turns back."""
    return seen.scaling(slice(seen.lines.at, None))


#: stem -> unit, function of the diffusion plot.
BY_AXIS: dict[str, tuple[str, Callable[[Diffusion], float]]] = {
    "sda_ds": ("mm^2/s", _ds),
    "sda_dl": ("mm^2/s", _dl),
    "sda_tc": ("s", _tc),
    "sda_hs": ("1", _hs),
    "sda_hl": ("1", _hl),
}


def _register(stem: str, name: str, column: int, said: str, slope: str) -> None:
    unit, compute = BY_AXIS[stem]

    def of_axis(cop: CopSeries) -> float:
        return compute(diffusion(cop, column))

    of_axis.__doc__ = (compute.__doc__ or "").replace("{AXIS}", said).replace("{SLOPE}", slope)
    research_metric(f"{stem}_{name}", unit=unit, source=COLLINS)(of_axis)


for _stem in BY_AXIS:
    _register(_stem, "ml", COLUMN["ml"], NAME["ml"], "half")
    _register(_stem, "ap", COLUMN["ap"], NAME["ap"], "half")
    _register(_stem, "planar", PLANAR, "the plane", "a quarter of")
