"""Sway of the CoP in the static window: position, path, velocity, spread, mean frequency.

Means are removed inside each metric, nothing else is: drift stays in. Path sums run over neighbouring samples that
both exist; T is the time they cover, (N-1)/fs without gaps. Source of most definitions: Prieto et al. 1996, IEEE
Trans Biomed Eng 43:956-966, doi 10.1109/10.532130. Velocity and path grow with filter cut-off, sampling rate and
noise: numbers of different filters or devices are not interchangeable.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from analysis.cop import CopSeries
from analysis.metrics import Reason, Stance, Unavailable, Worse, metric, trial_metric

Float = NDArray[np.float64]
Axis = Literal["ml", "ap"]

PRIETO = "Prieto 1996, doi 10.1109/10.532130"
OWN = "definition in docs/method.md"
COLUMN: dict[Axis, int] = {"ml": 0, "ap": 1}
NAME: dict[Axis, str] = {"ml": "ML", "ap": "AP"}
MINIMUM_POINTS = 10
CONSTANT_MM = 1e-6  # a CoP that stays within a nanometre was not measured


def points_mm(cop: CopSeries) -> Float:
    """CoP of the window, where it exists. (m, 2) [mm].

    Raises
    ------
    Unavailable
        NO_STATIC_WINDOW for an empty window, GAP where less than 10 points of it exist, TOO_SHORT below 10 samples.
    """
    if not len(cop):
        raise Unavailable(Reason.NO_STATIC_WINDOW)
    if len(cop) < MINIMUM_POINTS:
        raise Unavailable(Reason.TOO_SHORT)
    points = cop.points_mm
    if len(points) < MINIMUM_POINTS:
        raise Unavailable(Reason.GAP)
    return points


@lru_cache(maxsize=8)
def centred_mm(cop: CopSeries) -> Float:
    """CoP of the window about its mean. (m, 2) [mm].

    Raises
    ------
    Unavailable
        As `points_mm`; CONSTANT_INPUT where the CoP does not move at all.
    """
    points = points_mm(cop)
    if max(np.ptp(along) for along in points.T) < CONSTANT_MM:
        raise Unavailable(Reason.CONSTANT_INPUT)
    centred = np.asarray(points - [along.mean() for along in points.T], dtype=np.float64)
    centred.setflags(write=False)
    return centred


@lru_cache(maxsize=16)
def axis_mm(cop: CopSeries, column: int) -> Float:
    """One axis of the CoP about its mean. (m,) [mm]; CONSTANT_INPUT where it does not move along that axis."""
    along = points_mm(cop)[:, column]
    if np.ptp(along) < CONSTANT_MM:
        raise Unavailable(Reason.CONSTANT_INPUT)
    centred = np.asarray(along - along.mean(), dtype=np.float64)
    centred.setflags(write=False)
    return centred


@lru_cache(maxsize=8)
def hull(cop: CopSeries) -> ConvexHull | None:
    """Convex hull of `centred_mm`; None where all points lie in one line."""
    try:
        return ConvexHull(centred_mm(cop))
    except QhullError:
        return None


def steps_mm(cop: CopSeries) -> Float:
    """Steps of the window, never across a gap. (m, 2) [mm]; GAP where no two neighbours exist."""
    centred_mm(cop)
    steps = cop.steps_mm
    if not len(steps):
        raise Unavailable(Reason.GAP)
    return steps


def per_second(length_mm: float, cop: CopSeries) -> float:
    """Length over the time its steps cover. [mm/s]."""
    if cop.duration_s <= 0:
        raise Unavailable(Reason.TOO_SHORT)
    return length_mm / cop.duration_s


@metric("velocity", unit="mm/s", worse="higher", source=PRIETO, group="primary")
def velocity(cop: CopSeries) -> float:
    """Mean speed of the CoP: path / T. Noise and filter enter it directly."""
    return per_second(path(cop), cop)


@metric("path", unit="mm", worse="higher", source=PRIETO)
def path(cop: CopSeries) -> float:
    """Length of the CoP's path: sum of sqrt(dML^2 + dAP^2). Grows with duration, sampling rate and cut-off."""
    steps = steps_mm(cop)
    return float(np.hypot(steps[:, 0], steps[:, 1]).sum())


@metric("rms", unit="mm", worse="higher", source=PRIETO)
def rms(cop: CopSeries) -> float:
    """Root mean square distance from the mean position: sqrt(mean(ML^2 + AP^2))."""
    centred = centred_mm(cop)
    return math.sqrt(np.vdot(centred, centred) / len(centred))


@metric("range", unit="mm", worse="higher", source=PRIETO)
def planar_range(cop: CopSeries) -> float:
    """Largest distance between any two points of the CoP. Rests on two points: grows with duration."""
    points, around = centred_mm(cop), hull(cop)
    if around is None:  # the ends of a line lie among the extremes of either axis
        return float(pdist(points[[*points.argmin(axis=0), *points.argmax(axis=0)]]).max())
    return float(pdist(points[around.vertices]).max())


@metric("mean_distance", unit="mm", worse="higher", source=PRIETO)
def mean_distance(cop: CopSeries) -> float:
    """Mean distance from the mean position."""
    centred = centred_mm(cop)
    return float(np.hypot(centred[:, 0], centred[:, 1]).mean())


@metric("max_distance", unit="mm", worse="higher", source=OWN)
def max_distance(cop: CopSeries) -> float:
    """Largest distance from the mean position. Rests on one point."""
    centred = centred_mm(cop)
    return float(np.hypot(centred[:, 0], centred[:, 1]).max())


@metric("mean_frequency", unit="Hz", worse="neither", source=PRIETO)
def mean_frequency(cop: CopSeries) -> float:
    """Laps a second on a circle of the mean distance: velocity / (2 pi mean_distance)."""
    return velocity(cop) / (2 * math.pi * mean_distance(cop))


@metric("ml_ap_ratio", unit="1", worse="neither", source=OWN)
def ml_ap_ratio(cop: CopSeries) -> float:
    """RMS ML / RMS AP. Its sign as a mark of weakness is unknown: it changed between simulated cohorts."""
    return _rms(cop, COLUMN["ml"]) / _rms(cop, COLUMN["ap"])


def _path(cop: CopSeries, column: int) -> float:
    """Sum of |d{AXIS}|: the path seen along one axis. Component paths do not add up to the path."""
    axis_mm(cop, column)
    return float(np.abs(steps_mm(cop)[:, column]).sum())


def _velocity(cop: CopSeries, column: int) -> float:
    """Mean |d{AXIS}/dt|: path along {AXIS} / T. Noise and filter enter it directly."""
    return per_second(_path(cop, column), cop)


def _rms(cop: CopSeries, column: int) -> float:
    """Root mean square of {AXIS} about its mean: sqrt(mean {AXIS}^2), divisor N."""
    return float(np.sqrt((axis_mm(cop, column) ** 2).mean()))


def _sd(cop: CopSeries, column: int) -> float:
    """Sample standard deviation of {AXIS}, divisor N - 1: as most devices print it."""
    return float(axis_mm(cop, column).std(ddof=1))


def _range(cop: CopSeries, column: int) -> float:
    """Largest minus smallest {AXIS}. Rests on two points: grows with duration."""
    return float(np.ptp(axis_mm(cop, column)))


def _range95(cop: CopSeries, column: int) -> float:
    """97.5th minus 2.5th percentile of {AXIS}: hardly moved by single points."""
    low, high = np.percentile(axis_mm(cop, column), [2.5, 97.5])
    return float(high - low)


def _mean_distance(cop: CopSeries, column: int) -> float:
    """Mean |{AXIS}| about its mean."""
    return float(np.abs(axis_mm(cop, column)).mean())


def _mean_frequency(cop: CopSeries, column: int) -> float:
    """Velocity {AXIS} / (4 sqrt 2 mean|{AXIS}|). A pure sine of f reads 1.1107 f by this constant."""
    return _velocity(cop, column) / (4 * math.sqrt(2) * _mean_distance(cop, column))


#: stem -> unit, direction, source, function of the window and a column. One entry makes the ML and the AP metric.
BY_AXIS: dict[str, tuple[str, Worse, str, Callable[[CopSeries, int], float]]] = {
    "velocity": ("mm/s", "higher", PRIETO, _velocity),
    "rms": ("mm", "higher", PRIETO, _rms),
    "path": ("mm", "higher", PRIETO, _path),
    "sd": ("mm", "higher", OWN, _sd),
    "range": ("mm", "higher", PRIETO, _range),
    "range95": ("mm", "higher", OWN, _range95),
    "mean_distance": ("mm", "higher", PRIETO, _mean_distance),
    "mean_frequency": ("Hz", "neither", PRIETO, _mean_frequency),
}
PRIMARY = {"velocity_ml", "rms_ml"}


def _register(stem: str, axis: Axis) -> None:
    unit, worse, source, compute = BY_AXIS[stem]

    def of_axis(cop: CopSeries) -> float:
        return compute(cop, COLUMN[axis])

    of_axis.__doc__ = (compute.__doc__ or "").replace("{AXIS}", NAME[axis])
    id = f"{stem}_{axis}"
    metric(id, unit=unit, worse=worse, source=source, group="primary" if id in PRIMARY else "details")(of_axis)


for _stem in BY_AXIS:
    _register(_stem, "ml")
    _register(_stem, "ap")


@trial_metric("mean_ml", unit="mm", worse="signed", source=OWN)
def mean_ml(stance: Stance) -> float:
    """Mean ML position, + lateral for the stance limb, from the midline between the feet.

    Without a foot template the midline is not known and the plate's centre stands in for it.
    """
    if not stance.ml_known:
        points_mm(stance.window)
        raise Unavailable(Reason.ML_AXIS_UNKNOWN)
    return float(points_mm(stance.window)[:, 0].mean())


@metric("mean_ap", unit="mm", worse="signed", source=OWN)
def mean_ap(cop: CopSeries) -> float:
    """Mean AP position from the plate's centre, + forward. Moves with where the foot was put."""
    return float(points_mm(cop)[:, 1].mean())
