"""Cubic interpolation: what `scipy.interpolate.CubicSpline` gives, computed only where it is asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dgtsv

Float = NDArray[np.float64]


def slopes_at(knots: Float, values: Float) -> Float:
    """Slope of the spline at each knot. (n,)

    The curvature has no jump at any knot, and its own slope none at the second and the last but one ("not a knot"):
    n equations in three diagonals (de Boor, A Practical Guide to Splines, chapter IV).
    """
    step, rise = np.diff(knots), np.diff(values) / np.diff(knots)
    below, middle, above = np.empty(len(step)), np.empty(len(knots)), np.empty(len(step))
    wanted = np.empty(len(knots))
    below[:-1], above[1:] = step[1:], step[:-1]
    middle[1:-1] = 2 * (step[:-1] + step[1:])
    wanted[1:-1] = 3 * (step[1:] * rise[:-1] + step[:-1] * rise[1:])
    first, last = step[0] + step[1], step[-2] + step[-1]
    middle[0], above[0] = step[1], first
    middle[-1], below[-1] = step[-2], last
    wanted[0] = ((step[0] + 2 * first) * step[1] * rise[0] + step[0] ** 2 * rise[1]) / first
    wanted[-1] = (step[-1] ** 2 * rise[-2] + (2 * last + step[-1]) * step[-2] * rise[-1]) / last
    *_, slope, _ = dgtsv(below, middle, above, wanted, True, True, True, True)
    return np.asarray(slope, dtype=np.float64)


def cubic(knots: Float, values: Float, at: Float) -> Float:
    """Cubic spline through values at knots, at other places; beyond the ends the outermost pieces go on. (m,)

    Parameters
    ----------
    knots : ndarray (n,)
        Increasing, four or more.
    values : ndarray (n,)
    at : ndarray (m,)
    """
    slope = slopes_at(knots, values)
    left = np.searchsorted(knots[1:-1], at, "right")
    step, begin = knots[left + 1] - knots[left], slope[left]
    rise = (values[left + 1] - values[left]) / step
    bend = (begin + slope[left + 1] - 2 * rise) / step
    on = at - knots[left]
    return np.asarray(values[left] + on * (begin + on * ((rise - begin) / step - bend + on * bend / step)))
