"""Time to boundary: when the CoP would reach the foot's edge if it went on as it moves (Hertel 2006).

The foot is the template's rectangle: its midline from heel to second toe, its length from the heel, its width. Along
and across it the distance to the edge ahead is divided by the speed towards it, at every sample; the valleys of that
course count. It needs the foot's outline to 2 or 3 mm, and a smooth velocity: noise makes more and lower valleys.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.cop import CopSeries
from analysis.geometry import FootOutline
from analysis.metrics import Reason, Stance, Unavailable, Worse, known_footing, trial_metric
from analysis.sway import CONSTANT_MM, NAME, Axis, points_mm

Float = NDArray[np.float64]
Kind = Literal["min", "mean", "sd"]

HERTEL = "Hertel 2006, J Appl Biomech 22:67-73"
SAID: dict[Kind, str] = {"min": "Least", "mean": "Mean", "sd": "SD (N - 1)"}
DIRECTION: dict[Axis, str] = {"ml": "the inner or outer", "ap": "the front or back"}


def foot_outline(stance: Stance) -> FootOutline:
    """Outline of the stance foot in the frame of the window."""
    footing, side = known_footing(stance)
    return footing.outline(side)


def times_to_boundary_s(across_mm: Float, low_mm: float, high_mm: float, time_s: Float) -> Float:
    """At each sample the distance to the edge ahead over the speed towards it. (n,) [s]; infinite at rest.

    Speed is the central difference: at the ends, and beside missing samples, there is none (NaN).
    """
    speed_mm_s = np.full(len(across_mm), np.nan)
    speed_mm_s[1:-1] = (across_mm[2:] - across_mm[:-2]) / (time_s[2:] - time_s[:-2])
    ahead_mm = np.where(speed_mm_s > 0, high_mm - across_mm, across_mm - low_mm)
    with np.errstate(divide="ignore"):
        return np.asarray(ahead_mm / np.abs(speed_mm_s), dtype=np.float64)


def valleys(course: Float) -> Float:
    """Values lower than the one before and not above the one after; never beside a missing one. (k,)"""
    middle, before, after = course[1:-1], course[:-2], course[2:]
    return middle[(middle < before) & (middle <= after)]


@lru_cache(maxsize=16)
def valleys_s(window: CopSeries, outline: FootOutline, axis: Axis) -> Float:
    """Valleys of the time to boundary along one axis of the foot, of which there must be two. (k,) [s]"""
    points_mm(window)
    along_mm, across_mm = outline.seen_from(window.xy_mm)
    seen_mm = across_mm if axis == "ml" else along_mm
    low_mm, high_mm = outline.across_mm if axis == "ml" else outline.along_mm
    there = seen_mm[window.valid]
    if np.ptp(there) < CONSTANT_MM:
        raise Unavailable(Reason.CONSTANT_INPUT)
    if there.min() <= low_mm or there.max() >= high_mm:
        raise Unavailable(Reason.OUTSIDE_FOOT)
    found = valleys(times_to_boundary_s(seen_mm, low_mm, high_mm, window.time_s))
    if len(found) < 2:
        raise Unavailable(Reason.TOO_SHORT)
    return found


def _register(axis: Axis, kind: Kind) -> None:
    worse: Worse = "neither" if kind == "sd" else "lower"

    def ttb(stance: Stance) -> float:
        found_s = valleys_s(stance.window, foot_outline(stance), axis)
        if kind == "sd":
            return float(found_s.std(ddof=1))
        return float(found_s.min() if kind == "min" else found_s.mean())

    ttb.__doc__ = (
        f"{SAID[kind]} of the valleys of the time to {DIRECTION[axis]} edge of the foot, along {NAME[axis]}.\n\n"
        "Distance to the edge ahead over the speed towards it; none where the CoP leaves the outline."
    )
    trial_metric(f"ttb_{axis}_{kind}", unit="s", worse=worse, source=HERTEL, group="boundary")(ttb)


for _axis in NAME:
    for _kind in SAID:
        _register(_axis, _kind)
