"""Outline of a foot sole on its template place, in the frame of the statokinesigram."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from analysis.geometry import FootPlacement

Float = NDArray[np.float64]

#: A sole drawn by hand, closed, from the heel's end over the lateral border and the toes to the medial border.
#: Columns: lateral in half foot widths from the midline (heel cup to second toe), anterior in foot lengths from heel.
SOLE = (
    (0.00, 0.000),
    (0.42, 0.030),
    (0.62, 0.120),
    (0.66, 0.250),
    (0.76, 0.420),
    (0.96, 0.620),
    (1.00, 0.720),
    (0.88, 0.820),
    (0.66, 0.890),
    (0.34, 0.950),
    (-0.10, 0.985),
    (-0.56, 1.000),
    (-0.88, 0.950),
    (-0.98, 0.850),
    (-1.00, 0.730),
    (-0.86, 0.600),
    (-0.52, 0.440),
    (-0.42, 0.300),
    (-0.56, 0.150),
    (-0.40, 0.035),
    (0.00, 0.000),
)


def foot_outline_mm(foot: FootPlacement, points: int = 121) -> Float:
    """Closed outline of the sole: lateral from the foot's midline, anterior in the plate frame. (points, 2) [mm].

    A drawing scaled to the foot's length and width, to show where on the foot the CoP lies; no measured shape.
    """
    sole = np.asarray(SOLE, dtype=np.float64) * (foot.width_mm / 2, foot.length_mm)
    along = np.linspace(0.0, 1.0, len(sole))
    smooth = CubicSpline(along, sole, bc_type="periodic")(np.linspace(0.0, 1.0, points))
    return np.asarray(smooth + np.array([0.0, foot.heel_mm[1]]), dtype=np.float64)
