"""The window as spectra, diffusion and entropy need it: every sample there, 100 of them a second.

Their parameters are times in seconds; their numbers change with the rate. So they are always computed on one grid,
whatever grid the other metrics see.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.cop import CopSeries
from analysis.metrics import Reason, Unavailable
from analysis.sway import CONSTANT_MM, points_mm

Float = NDArray[np.float64]

GRID_HZ = 100.0
GRID_PART = 0.01


@lru_cache(maxsize=8)
def regular_mm(cop: CopSeries) -> Float:
    """CoP of a window without a gap on the 100 Hz grid, about its mean. (n, 2) [mm].

    Raises
    ------
    Unavailable
        As `points_mm`; GAP where a sample is missing, NOT_UNIFORM on another grid.
    """
    points = points_mm(cop)
    if not cop.valid.all():
        raise Unavailable(Reason.GAP)
    steps_s = np.diff(cop.time_s) * GRID_HZ
    if np.abs(steps_s - 1.0).max() > GRID_PART:
        raise Unavailable(Reason.NOT_UNIFORM)
    centred = np.asarray(points - points.mean(axis=0), dtype=np.float64)
    centred.setflags(write=False)
    return centred


def needs_seconds(cop: CopSeries, least_s: float) -> None:
    """Raise TOO_SHORT for a shorter window; its ends may fall between samples, so two intervals less are enough."""
    if cop.duration_s < least_s - 2 / GRID_HZ:
        raise Unavailable(Reason.TOO_SHORT)


def regular_axis_mm(cop: CopSeries, column: int, least_s: float) -> Float:
    """One axis of `regular_mm`, at least so long. (n,) [mm]; CONSTANT_INPUT where it does not move."""
    along = regular_mm(cop)[:, column]
    if np.ptp(along) < CONSTANT_MM:
        raise Unavailable(Reason.CONSTANT_INPUT)
    needs_seconds(cop, least_s)
    return along
