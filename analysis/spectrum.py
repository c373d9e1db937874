"""The spectrum of the CoP: where in frequency its movement lies.

Welch's method: segments of 10 s that overlap by half, Hann window, linear trend of each segment removed; bins of 0.1 Hz
between 0.15 and 5 Hz. The power of a bin counts as spread evenly over its width, so quantiles are not bound to bins.
A window of 20 s holds three segments: nothing below 0.2 Hz is resolved, and the median frequency changes by up to
137 % with other segments, lengths or trends removed (Vieira 2009). Frozen, therefore.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import detrend, welch

from analysis.cop import CopSeries
from analysis.metrics import Worse, research_metric
from analysis.regular import GRID_HZ, needs_seconds, regular_axis_mm, regular_mm
from analysis.sway import COLUMN, NAME, OWN, PRIETO, Axis

Float = NDArray[np.float64]

SEGMENT_S, OVERLAP = 10.0, 0.5
BAND_HZ = (0.15, 5.0)
#: Bands whose shares are given: below 0.5 Hz, from there to 2 Hz, above. [Hz]
LOW_HZ, HIGH_HZ = 0.5, 2.0
SANTOS = "Santos & Duarte 2016, doi 10.7717/peerj.2648"


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Power of one axis in each bin of the band.

    Parameters
    ----------
    frequency_hz : ndarray (k,)
        Middles of the bins, equally spaced. [Hz]
    power_mm2 : ndarray (k,)
        [mm^2]
    """

    frequency_hz: Float
    power_mm2: Float

    @property
    def width_hz(self) -> float:
        """Width of a bin. [Hz]"""
        return float(self.frequency_hz[1] - self.frequency_hz[0])

    def moment(self, order: int) -> float:
        """Sum of f^order times power. [mm^2 Hz^order]"""
        return float((self.frequency_hz**order) @ self.power_mm2)

    def below(self) -> tuple[Float, Float]:
        """Edges of the bins [Hz] and the power below each [mm^2]. (k + 1,)"""
        edges_hz = np.r_[self.frequency_hz - self.width_hz / 2, self.frequency_hz[-1] + self.width_hz / 2]
        return edges_hz, np.r_[0.0, np.cumsum(self.power_mm2)]

    def quantile_hz(self, part: float) -> float:
        """Frequency below which this part of the power lies. [Hz]"""
        edges_hz, below_mm2 = self.below()
        return float(np.interp(part * below_mm2[-1], below_mm2, edges_hz))

    def share(self, low_hz: float, high_hz: float) -> float:
        """Part of the power between two frequencies. [%]"""
        edges_hz, below_mm2 = self.below()
        low_mm2, high_mm2 = np.interp([low_hz, high_hz], edges_hz, below_mm2)
        return float(100 * (high_mm2 - low_mm2) / below_mm2[-1])


@lru_cache(maxsize=8)
def _density(cop: CopSeries) -> tuple[Float, Float]:
    """Frequencies (k,) [Hz] and densities (2, k) [mm^2/Hz] of the band."""
    segment = round(SEGMENT_S * GRID_HZ)
    needs_seconds(cop, SEGMENT_S)
    points = regular_mm(cop)
    length = min(segment, len(points))
    frequency_hz, density = welch(
        points.T, GRID_HZ, window="hann", nperseg=length, noverlap=round(OVERLAP * length), detrend=detrend
    )
    inside = (frequency_hz >= BAND_HZ[0] - 1e-9) & (frequency_hz <= BAND_HZ[1] + 1e-9)
    return np.asarray(frequency_hz[inside], dtype=np.float64), np.asarray(density[:, inside], dtype=np.float64)


def spectrum(cop: CopSeries, column: int) -> Spectrum:
    """Spectrum of one axis of the window."""
    regular_axis_mm(cop, column, SEGMENT_S)
    frequency_hz, density = _density(cop)
    return Spectrum(frequency_hz, density[column] * (frequency_hz[1] - frequency_hz[0]))


def _f50(seen: Spectrum) -> float:
    """Median frequency of {AXIS}: half of the power between 0.15 and 5 Hz lies below it. Welch, 10 s Hann."""
    return seen.quantile_hz(0.5)


def _f95(seen: Spectrum) -> float:
    """Frequency below which 95 % of the power of {AXIS} between 0.15 and 5 Hz lies. Welch, 10 s Hann."""
    return seen.quantile_hz(0.95)


def _centroid(seen: Spectrum) -> float:
    """Centroidal frequency of {AXIS}: sqrt(m2 / m0), m_k the sum of f^k G(f) df over 0.15 to 5 Hz."""
    return math.sqrt(seen.moment(2) / seen.moment(0))


def _dispersion(seen: Spectrum) -> float:
    """Spread of the spectrum of {AXIS}: sqrt(1 - m1^2 / (m0 m2)); 0 for one frequency, towards 1 for many."""
    return math.sqrt(max(1 - seen.moment(1) ** 2 / (seen.moment(0) * seen.moment(2)), 0.0))


def _power(seen: Spectrum) -> float:
    """Power of {AXIS} between 0.15 and 5 Hz: m0. The square of its RMS, without trend and slow drift."""
    return seen.moment(0)


def _mean_power_frequency(seen: Spectrum) -> float:
    """Mean frequency of {AXIS}, weighted by power: m1 / m0 over 0.15 to 5 Hz."""
    return seen.moment(1) / seen.moment(0)


def _band_low(seen: Spectrum) -> float:
    """Part of the power of {AXIS} from 0.15 to 0.5 Hz."""
    return seen.share(0.0, LOW_HZ)


def _band_mid(seen: Spectrum) -> float:
    """Part of the power of {AXIS} from 0.5 to 2 Hz."""
    return seen.share(LOW_HZ, HIGH_HZ)


def _band_high(seen: Spectrum) -> float:
    """Part of the power of {AXIS} from 2 to 5 Hz. Noise of the plate lies here, too."""
    return seen.share(HIGH_HZ, np.inf)


#: stem -> unit, direction, source, function of the spectrum.
BY_AXIS: dict[str, tuple[str, Worse, str, Callable[[Spectrum], float]]] = {
    "f50": ("Hz", "neither", PRIETO, _f50),
    "f95": ("Hz", "neither", PRIETO, _f95),
    "centroid": ("Hz", "neither", PRIETO, _centroid),
    "dispersion": ("1", "neither", PRIETO, _dispersion),
    "power": ("mm^2", "neither", PRIETO, _power),
    "band_low": ("%", "neither", OWN, _band_low),
    "band_mid": ("%", "neither", OWN, _band_mid),
    "band_high": ("%", "neither", OWN, _band_high),
    "mean_power_frequency": ("Hz", "neither", OWN, _mean_power_frequency),
}


def _register(stem: str, axis: Axis) -> None:
    unit, worse, source, compute = BY_AXIS[stem]

    def of_axis(cop: CopSeries) -> float:
        return compute(spectrum(cop, COLUMN[axis]))

    of_axis.__doc__ = (compute.__doc__ or "").replace("{AXIS}", NAME[axis])
    research_metric(f"{stem}_{axis}", unit=unit, worse=worse, source=source)(of_axis)


for _stem in BY_AXIS:
    _register(_stem, "ml")
    _register(_stem, "ap")


@research_metric("mean_power_frequency_bds", unit="Hz", source=SANTOS)
def mean_power_frequency_bds(cop: CopSeries) -> float:
    """Mean power frequency as the BDS data set's authors compute it, to compare with their table.

    Welch with segments of half the window (overlap a quarter of the window), Hann, mean removed, all frequencies;
    m1 / m0 of each axis by the trapezium rule, averaged with the axes' summed power as weights.
    """
    points = regular_mm(cop)
    regular_axis_mm(cop, COLUMN["ml"], SEGMENT_S)
    regular_axis_mm(cop, COLUMN["ap"], SEGMENT_S)
    half, quarter = len(points) // 2, len(points) // 4
    frequency_hz, density = welch(points.T, GRID_HZ, window="hann", nperseg=half, noverlap=quarter, detrend="constant")
    mean_hz = np.trapezoid(frequency_hz * density, frequency_hz) / np.trapezoid(density, frequency_hz)
    return float(np.average(mean_hz, weights=density.sum(axis=1)))
