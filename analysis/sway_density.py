"""Sway density: how long the CoP stays near each of its places (Baratto 2002).

For each sample the time until the CoP first leaves a circle of 2.5 mm about it, the moment of leaving interpolated
between samples; the course of these times is low-passed at 2.5 Hz (4th order, zero phase) and its peaks are the
moments of calm. On one leg the CoP leaves 2.5 mm within about 0.1 s: peaks are small there and near each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter

from analysis.cop import CopSeries
from analysis.metrics import Reason, Unavailable, research_metric
from analysis.regular import GRID_HZ, needs_seconds, regular_mm
from analysis.sway import centred_mm
from analysis.zero_phase import zero_phase

Float = NDArray[np.float64]
Int = NDArray[np.int64]

BARATTO = "Baratto 2002, doi 10.1123/mcj.6.3.246"
RADIUS_MM = 2.5
LOW_PASS_HZ = 2.5
LEAST_S = 10.0
LEAST_STAYS = 50


def stays_s(points: Float, radius_mm: float, rate_hz: float) -> Float:
    """Time from each sample until the CoP first leaves a circle about it; NaN where it never does. (n,) [s].

    Parameters
    ----------
    points : ndarray (n, 2)
        [mm]
    radius_mm : float
        [mm]
    rate_hz : float
        [Hz]
    """
    n, (x_mm, y_mm) = len(points), np.ascontiguousarray(points.T)
    stays = np.full(n, np.nan)
    inside, before = np.arange(n), np.zeros(n)
    for lag in range(1, n):
        there = int(np.searchsorted(inside, n - lag))
        inside, before = inside[:there], before[:there]
        if not there:
            break
        away = np.hypot(x_mm[inside + lag] - x_mm[inside], y_mm[inside + lag] - y_mm[inside])
        gone = away > radius_mm
        if gone.any():
            last, first = before[gone], away[gone]
            stays[inside[gone]] = (lag - 1 + (radius_mm - last) / (first - last)) / rate_hz
            inside, away = inside[~gone], away[~gone]
        before = away
    return stays


def peaks(course: Float) -> Int:
    """Samples that are higher than the one before and the one after. (k,)"""
    middle = course[1:-1]
    return np.flatnonzero((middle > course[:-2]) & (middle >= course[2:])) + 1


@dataclass(frozen=True, slots=True)
class Calm:
    """The moments of calm: how long each lasts, when it is and where. (k,) [s], (k,) [s], (k, 2) [mm]"""

    lasting_s: Float
    at_s: Float
    place_mm: Float


@lru_cache(maxsize=1)
def _low_pass() -> Float:
    return np.asarray(butter(2, LOW_PASS_HZ, fs=GRID_HZ, output="sos"), dtype=np.float64)


@lru_cache(maxsize=8)
def calm(cop: CopSeries) -> Calm:
    """Peaks of the sway density, of which there must be two; what never leaves its circle has none."""
    points = regular_mm(cop)
    centred_mm(cop)
    needs_seconds(cop, LEAST_S)
    stays = stays_s(points, RADIUS_MM, GRID_HZ)
    known = stays[: int(np.argmax(np.isnan(stays)))] if np.isnan(stays).any() else stays
    if len(known) < LEAST_STAYS:
        raise Unavailable(Reason.NOT_REACHED)
    course = zero_phase(_low_pass(), known)
    found = peaks(course)
    if len(found) < 2:
        raise Unavailable(Reason.NOT_REACHED)
    return Calm(course[found], found / GRID_HZ, points[found])


@research_metric("sway_density_peak", unit="s", source=BARATTO)
def sway_density_peak(cop: CopSeries) -> float:
    """Mean peak of the sway density: how long moments of calm last within 2.5 mm."""
    return float(calm(cop).lasting_s.mean())


@research_metric("sway_density_distance", unit="mm", source=BARATTO)
def sway_density_distance(cop: CopSeries) -> float:
    """Mean distance from one peak of the sway density to the next: from calm to calm."""
    return float(np.hypot(*np.diff(calm(cop).place_mm, axis=0).T).mean())


@research_metric("sway_density_interval", unit="s", source=BARATTO)
def sway_density_interval(cop: CopSeries) -> float:
    """Mean time from one peak of the sway density to the next."""
    return float(np.diff(calm(cop).at_s).mean())
