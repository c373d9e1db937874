"""Shapes whose answers are known by geometry: each says in words what a metric must find on it.

All are CoP series in a limb frame (ML + lateral, AP + forward) at a uniform rate, over whole periods.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.cop import CopSeries, Frame

Float = NDArray[np.float64]

WEIGHT_N = 700.0


def cop(ml_mm: Float, ap_mm: Float, rate_hz: float = 100.0, frame: Frame = Frame.LIMB) -> CopSeries:
    """CoP series of these coordinates, sample n at time n / rate, under a steady load of 700 N."""
    n = len(ml_mm)
    return CopSeries(np.arange(n) / rate_hz, np.column_stack([ml_mm, ap_mm]), np.full(n, WEIGHT_N), frame)


def times_s(duration_s: float, rate_hz: float) -> Float:
    """Times from 0 to `duration_s`, both included: N - 1 steps cover the duration."""
    return np.arange(round(duration_s * rate_hz) + 1) / rate_hz


def circle(
    radius_mm: float = 10.0, frequency_hz: float = 0.5, duration_s: float = 20.0, rate_hz: float = 100.0
) -> CopSeries:
    """Steady laps of a circle about the origin; defaults: ten laps of a 10 mm circle in 20 s.

    Path 2 pi r f T = 628.3 mm, velocity 2 pi r f = 31.42 mm/s, every distance from the mean r, mean frequency f, area
    rate pi r^2 f = 157.1 mm^2/s, hull pi r^2 = 314.2 mm^2, range 2 r, RMS r, RMS and SD along an axis r / sqrt 2,
    velocity along an axis 4 r f (up and down twice r in each lap), mean distance along an axis 2 r / pi.
    """
    turn = 2 * np.pi * frequency_hz * times_s(duration_s, rate_hz)
    return cop(radius_mm * np.cos(turn), radius_mm * np.sin(turn), rate_hz)


def ellipse(ml_mm: float = 5.0, ap_mm: float = 10.0) -> CopSeries:
    """Ten laps in 20 s of an ellipse with these semi-axes along ML and AP.

    Hull pi a b. Covariance diag(a^2, b^2) / 2, so the prediction ellipse's semi-axes stand as b to a, its area is
    5.99 pi a b / 2 for many samples, and its longer axis points forward: angle 0. ML / AP spread a / b.
    """
    round_ = circle(1.0)
    return cop(ml_mm * round_.xy_mm[:, 0], ap_mm * round_.xy_mm[:, 1])


def ml_sine(amplitude_mm: float = 10.0, frequency_hz: float = 0.5, duration_s: float = 20.0) -> CopSeries:
    """Back and forth sideways, nothing forward: ten periods of a 10 mm sine in 20 s.

    Each period walks 4 A: velocity_ml = velocity = 4 A f = 20 mm/s. Mean |ML| = 2 A / pi, RMS A / sqrt 2, range 2 A.
    Mean frequency along ML by Prieto's constant: 4 A f / (4 sqrt 2 * 2 A / pi) = pi f / (2 sqrt 2) = 1.1107 f.
    """
    time_s = times_s(duration_s, 100.0)
    return cop(amplitude_mm * np.sin(2 * np.pi * frequency_hz * time_s), np.zeros(len(time_s)))


def line(speed_mm_s: float = 2.0, degrees: float = 30.0, duration_s: float = 20.0) -> CopSeries:
    """Straight on at a steady speed, `degrees` turned from lateral to forward: 40 mm in 20 s.

    Path = range = 40 mm, velocity 2 mm/s, drift 30 s * 2 mm/s * cos 30 = 51.96 mm/30 s. Encloses nothing.
    """
    way_mm = speed_mm_s * times_s(duration_s, 100.0)
    turn = np.radians(degrees)
    return cop(way_mm * np.cos(turn), way_mm * np.sin(turn))


def square(side_mm: float = 20.0, laps: int = 5) -> CopSeries:
    """Laps round a square at 20 mm/s, one side a second; starts and ends in its lower left corner.

    Path 4 sides a lap = 400 mm in 20 s, velocity 20 mm/s, hull side^2 = 400 mm^2, range the diagonal 28.28 mm, along an
    axis 20 mm, furthest from the mean half the diagonal.
    """
    along = np.arange(100) / 100 * side_mm
    full = np.full(100, side_mm)
    ml_mm = np.tile(np.r_[along, full, side_mm - along, np.zeros(100)], laps)
    ap_mm = np.tile(np.r_[np.zeros(100), along, full, side_mm - along], laps)
    return cop(np.r_[ml_mm, 0.0], np.r_[ap_mm, 0.0])


def step(size_mm: float = 10.0) -> CopSeries:
    """Ten seconds here, one step sideways, ten seconds there: path = range = the step, RMS and distances half it."""
    ml_mm = np.r_[np.zeros(1000), np.full(1000, size_mm)]
    return cop(ml_mm, np.zeros(2000))


def cloud(covariance_mm2: Float, n: int = 2000, seed: int = 1) -> CopSeries:
    """Independent normal points whose SAMPLE covariance (n - 1) is exactly this matrix: areas follow from det S."""
    drawn = np.random.default_rng(seed).standard_normal((n, 2))
    drawn -= drawn.mean(axis=0)
    whitened = drawn @ np.linalg.inv(np.linalg.cholesky(np.cov(drawn.T))).T
    points = whitened @ np.linalg.cholesky(covariance_mm2).T
    return cop(points[:, 0], points[:, 1])


def brownian(n: int = 2001, seed: int = 2, step_mm: float = 0.5) -> CopSeries:
    """Random walk of normal steps: mean step length planar sqrt(pi / 2) SD; it has no mean position and no cycle."""
    steps = np.random.default_rng(seed).normal(0.0, step_mm, (n, 2))
    walked = np.cumsum(steps, axis=0)
    return cop(walked[:, 0], walked[:, 1])


def constant(ml_mm: float = 3.0, ap_mm: float = -4.0, n: int = 2001) -> CopSeries:
    """One place for 20 s, as no living body stands: no metric of movement exists, its position does."""
    return cop(np.full(n, ml_mm), np.full(n, ap_mm))


def turned(series: CopSeries, degrees: float) -> CopSeries:
    """The same movement by a foot turned about the origin."""
    turn = np.radians(degrees)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return CopSeries(series.time_s, series.xy_mm @ matrix.T, series.fz_n, series.frame)


def moved(series: CopSeries, ml_mm: float, ap_mm: float) -> CopSeries:
    """The same movement elsewhere."""
    return CopSeries(series.time_s, series.xy_mm + np.array([ml_mm, ap_mm]), series.fz_n, series.frame)


def scaled(series: CopSeries, factor: float) -> CopSeries:
    """The same movement, `factor` times as large."""
    return CopSeries(series.time_s, series.xy_mm * factor, series.fz_n, series.frame)


def with_gap(series: CopSeries, first: int, last: int) -> CopSeries:
    """The same movement, samples first .. last (exclusive) missing."""
    xy_mm = series.xy_mm.copy()
    xy_mm[first:last] = np.nan
    return CopSeries(series.time_s, xy_mm, series.fz_n, series.frame)


def tones(ml: dict[float, float], ap: dict[float, float], duration_s: float = 20.0) -> CopSeries:
    """Sines of these frequencies [Hz] and amplitudes [mm] on top of each other; each holds A^2 / 2 of the power."""
    time_s = times_s(duration_s, 100.0)
    both = [sum(a * np.sin(2 * np.pi * f * time_s) for f, a in axis.items()) + 0 * time_s for axis in (ml, ap)]
    return cop(both[0], both[1])


def averaged_noise(n: int, seed: int = 3) -> CopSeries:
    """Sums of 100 independent normal steps of 0.5 mm SD, and a random walk of 0.1 mm steps; 100 samples a second.

    Two such sums share what their 100 samples overlap, so their mean squared difference grows evenly with the time
    between them up to 1 s, to twice their variance of 100 * 0.25 = 25 mm^2, and then no more; the walk adds
    0.01 mm^2 a sample, 1 mm^2/s, throughout: 51 mm^2/s before 1 s, 1 mm^2/s after.
    """
    random = np.random.default_rng(seed)
    walked = np.cumsum(np.vstack([np.zeros((1, 2)), random.normal(0.0, 0.5, (n + 99, 2))]), axis=0)
    points = walked[100:] - walked[:-100] + np.cumsum(random.normal(0.0, 0.1, (n, 2)), axis=0)
    return cop(points[:, 0], points[:, 1])


def noise(n: int, seed: int = 4) -> CopSeries:
    """Independent normal points of 5 mm SD: nothing of it foretells anything."""
    points = np.random.default_rng(seed).normal(0.0, 5.0, (n, 2))
    return cop(points[:, 0], points[:, 1])


def zigzag(
    amplitude_mm: float = 20.0, speed_mm_s: float = 20.0, duration_s: float = 20.0, about_mm: float = 0.0
) -> NDArray[np.float64]:
    """Back and forth at a steady speed, from the middle upwards: five times in 20 s, a turn at 1, 3, 5 .. 19 s. (n,)"""
    way = speed_mm_s * times_s(duration_s, 100.0) / amplitude_mm + 1
    return about_mm + amplitude_mm * (1 - np.abs(np.mod(way, 4) - 2))


def swapped(series: CopSeries) -> CopSeries:
    """The same movement with ML and AP exchanged."""
    return CopSeries(series.time_s, series.xy_mm[:, ::-1], series.fz_n, series.frame)
