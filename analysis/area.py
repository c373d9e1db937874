"""Areas: ellipses, circle, hull, area swept a second."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, fdtri  # scipy.stats would take half a second to load

from analysis.cop import CopSeries
from analysis.metrics import Reason, Stance, Unavailable, metric, trial_metric
from analysis.sway import OWN, PRIETO, axis_mm, centred_mm, hull, mean_distance, per_second, points_mm, rms, steps_mm

Float = NDArray[np.float64]

CHI2_95 = float(chdtri(2, 0.05))

SCHUBERT = "Schubert & Kirchner 2014, doi 10.1016/j.gaitpost.2013.09.001"


@lru_cache(maxsize=8)
def covariance_mm2(cop: CopSeries) -> Float:
    """Sample covariance of the CoP, divisor n - 1. (2, 2) [mm^2]."""
    return np.asarray(np.cov(points_mm(cop).T), dtype=np.float64)


def needs_both_axes(cop: CopSeries) -> None:
    """Raise CONSTANT_INPUT where one axis does not move: its area would be a 0 that means nothing."""
    axis_mm(cop, 0)
    axis_mm(cop, 1)


@lru_cache(maxsize=64)
def prediction_factor(n: int) -> float:
    """Squared semi-axis of the 95 % prediction ellipse over an eigenvalue: 2 F.95[2, n-2] (n-1)(n+1) / (n (n-2))."""
    return float(2 * fdtri(2, n - 2, 0.95) * (n - 1) * (n + 1) / (n * (n - 2)))


def semi_axes_mm(cop: CopSeries) -> tuple[float, float]:
    """Semi-axes of the 95 % prediction ellipse, larger first. [mm]."""
    centred_mm(cop)
    small, large = np.linalg.eigvalsh(covariance_mm2(cop)).clip(min=0)
    factor = prediction_factor(len(points_mm(cop)))
    return math.sqrt(factor * large), math.sqrt(factor * small)


def prediction_ellipse_outline_mm(cop: CopSeries, points: int = 181) -> Float:
    """Closed outline of the 95 % prediction ellipse about the mean, in the frame of `cop`. (points, 2) [mm]."""
    variances, directions = np.linalg.eigh(covariance_mm2(cop))
    semi_mm = np.sqrt(prediction_factor(len(points_mm(cop))) * variances.clip(min=0))
    turn = np.linspace(0.0, 2 * math.pi, points)
    unit = np.column_stack([np.cos(turn), np.sin(turn)])
    return np.asarray(points_mm(cop).mean(axis=0) + (unit * semi_mm) @ directions.T, dtype=np.float64)


@metric("prediction_ellipse_area", unit="mm^2", worse="higher", source=SCHUBERT)
def prediction_ellipse_area(cop: CopSeries) -> float:
    """Area of the ellipse that holds the next point with 95 %: 2 pi F (n-1)(n+1)/(n(n-2)) sqrt(det S).

    Not the confidence ellipse of the mean, which shrinks as 1/n. Neighbouring CoP samples depend on each other, so n
    is no count of independent facts; at n >= 800 that changes the area by less than 1 %.
    """
    needs_both_axes(cop)
    major, minor = semi_axes_mm(cop)
    return math.pi * major * minor


@metric("prediction_ellipse_major", unit="mm", worse="higher", source=SCHUBERT)
def prediction_ellipse_major(cop: CopSeries) -> float:
    """Larger semi-axis of the 95 % prediction ellipse."""
    return semi_axes_mm(cop)[0]


@metric("prediction_ellipse_minor", unit="mm", worse="higher", source=SCHUBERT)
def prediction_ellipse_minor(cop: CopSeries) -> float:
    """Smaller semi-axis of the 95 % prediction ellipse."""
    needs_both_axes(cop)
    return semi_axes_mm(cop)[1]


@trial_metric("prediction_ellipse_angle", unit="deg", worse="signed", source=OWN)
def prediction_ellipse_angle(stance: Stance) -> float:
    """Direction of the larger semi-axis from AP, + turned to the lateral side, -90 .. 90 deg.

    Undefined for a round or constant cloud, and without a known ML side.
    """
    centred_mm(stance.window)
    spread = covariance_mm2(stance.window)
    difference, shared = spread[1, 1] - spread[0, 0], 2 * spread[0, 1]
    if math.hypot(difference, shared) <= 1e-9 * float(np.trace(spread)):
        raise Unavailable(Reason.CONSTANT_INPUT)
    if not stance.ml_known:
        raise Unavailable(Reason.ML_AXIS_UNKNOWN)
    return math.degrees(0.5 * math.atan2(shared, difference))


@metric("chi2_ellipse_area", unit="mm^2", worse="higher", source="as KINVENT devices print it")
def chi2_ellipse_area(cop: CopSeries) -> float:
    """The prediction ellipse's large-n form, pi chi2.95[2] sqrt(det S): to compare with devices that use it."""
    needs_both_axes(cop)
    determinant = float(np.linalg.det(covariance_mm2(cop)))
    return math.pi * CHI2_95 * math.sqrt(max(determinant, 0.0))


@metric("confidence_circle_area", unit="mm^2", worse="higher", source=PRIETO)
def confidence_circle_area(cop: CopSeries) -> float:
    """Area of the circle pi (mean distance + 1.645 SD of distance)^2, as Prieto named it."""
    mean_mm = mean_distance(cop)
    sd_mm = math.sqrt(max(rms(cop) ** 2 - mean_mm**2, 0.0))
    return math.pi * (mean_mm + 1.645 * sd_mm) ** 2


@metric("hull_area", unit="mm^2", worse="higher", source=OWN)
def hull_area(cop: CopSeries) -> float:
    """Area of the convex hull of all points. Rests on the outermost points: grows with duration."""
    needs_both_axes(cop)
    around = hull(cop)
    return 0.0 if around is None else float(around.volume)  # one oblique line encloses nothing


@metric("sway_area_rate", unit="mm^2/s", worse="higher", source=PRIETO)
def sway_area_rate(cop: CopSeries) -> float:
    """Area swept about the mean position in a second: sum |AP[n+1] ML[n] - AP[n] ML[n+1]| / (2 T)."""
    needs_both_axes(cop)
    steps_mm(cop)
    x, y = (cop.xy_mm - cop.points_mm.mean(axis=0)).T
    swept = np.abs(y[1:] * x[:-1] - y[:-1] * x[1:])
    return per_second(float(np.nansum(swept)) / 2, cop)
