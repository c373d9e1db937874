"""A plate's matrix from one weight on known places, and the judgement of it on places it has not seen.

Model: Fz, Px = sum F x and Py = sum F y are linear in the counts of the four cells above zero; no polynomial, because
corrections for point loads overcorrect a standing foot. Sources: Collins2009 (linear matrix), Middleton1999,
Schmiedmayer2000 (foot against point load), Browne2000 (checks in clinics).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.calibration_grid import Drawing, Point
from analysis.errors import NotCalibrated
from analysis.recording import frozen

Float = NDArray[np.float64]

#: Pull toward the drawing, in units of a load share squared. A stiff top on four feet loads them with
#: F1 - F2 + F3 - F4 near zero wherever the weight stands: that direction of the matrix is not seen, and without this
#: pull noise fills it, which shows as soon as the plate stands on another floor.
RIDGE = 1e-3
FEWEST_PLACEMENTS = 5

HOLD_OUT_MEAN_MM, HOLD_OUT_MAX_MM, HOLD_OUT_FZ_PCT = 1.0, 2.0, 0.5


@dataclass(frozen=True, slots=True)
class Placement:
    """A weight that stood still on a known place.

    ``xy_mm``: plate frame [mm]; ``weight_n`` [N]; ``counts (4,)``: mean above zero [counts]; ``sd_n``: the least quiet
    of the four cells and their sum while it was measured [N].
    """

    xy_mm: Point
    weight_n: float
    counts: Float
    sd_n: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", frozen(self.counts, np.float64))


def fit_calibration(placements: Sequence[Placement], drawing: Drawing, ridge: float = RIDGE) -> Float:
    """Matrix (3, 4): counts above zero -> Fz [N], Px [N mm], Py [N mm].

    Least squares over load shares, so that every placement counts alike whatever its weight, with the rows of Px and
    Py divided by the cells' half span, and a pull of size `ridge` toward the drawing::

        A = A0 + (T - D A0')' D (D'D + ridge I)^-1

    Parameters
    ----------
    placements : sequence of Placement
        At least five, not in one line.
    drawing : Drawing
        A0, and what the pull goes to.
    ridge : float
        0: plain least squares, to show what it does.

    Raises
    ------
    NotCalibrated
        Too few placements, or all in one line.
    """
    places_mm = np.array([placement.xy_mm for placement in placements], dtype=np.float64).reshape(-1, 2)
    if len(places_mm) < FEWEST_PLACEMENTS or np.linalg.matrix_rank(places_mm - places_mm.mean(axis=0), tol=1.0) < 2:
        raise NotCalibrated(f"{len(places_mm)} placements, needs {FEWEST_PLACEMENTS} that are not in one line")
    rows = np.array([1.0, drawing.half_span_mm, drawing.half_span_mm])[:, None]
    weights_n = np.array([placement.weight_n for placement in placements])
    counts = np.array([placement.counts for placement in placements])
    shares = counts * drawing.newton_per_count / weights_n[:, None]
    wanted = np.column_stack([np.ones(len(places_mm)), places_mm]) / rows[:, 0]
    nominal = drawing.geometry.load_matrix() / rows
    seen = np.linalg.pinv(shares.T @ shares + ridge * np.eye(4), hermitian=True)
    fitted = nominal + (wanted - shares @ nominal.T).T @ shares @ seen
    return np.asarray(fitted * rows * drawing.newton_per_count, dtype=np.float64)


def force_factor(matrix: Float, counts: Float, weight_n: float) -> float:
    """By how much every row of a matrix is multiplied so that a load of known weight reads true.

    All three rows: with the first alone, CoP = P / Fz would shrink by the same factor.
    """
    return float(weight_n / (matrix[0] @ counts))


@dataclass(frozen=True, slots=True)
class HoldOut:
    """One place that the fit has not seen: where the weight stood, what the plate says. [mm], [N]"""

    xy_mm: Point
    weight_n: float
    cop_mm: Point
    fz_n: float

    @property
    def cop_error_mm(self) -> float:
        """Distance of the CoP from the cross. [mm]"""
        return float(np.hypot(self.cop_mm[0] - self.xy_mm[0], self.cop_mm[1] - self.xy_mm[1]))

    @property
    def fz_error_pct(self) -> float:
        """Load too high (+) or too low. [%]"""
        return 100 * (self.fz_n / self.weight_n - 1)


@dataclass(frozen=True, slots=True)
class HoldOutReport:
    """What a matrix is worth: from the places that did not make it, and from nothing else."""

    points: tuple[HoldOut, ...]

    @property
    def cop_mean_mm(self) -> float:
        """Mean distance of CoP from cross. [mm]"""
        return float(np.mean([point.cop_error_mm for point in self.points]))

    @property
    def cop_max_mm(self) -> float:
        """Largest distance of CoP from cross. [mm]"""
        return max(point.cop_error_mm for point in self.points)

    @property
    def fz_max_pct(self) -> float:
        """Largest error of the load, either way. [%]"""
        return max(abs(point.fz_error_pct) for point in self.points)

    @property
    def residual_n(self) -> float:
        """Root mean square error of the load. [N]"""
        return float(np.sqrt(np.mean([(point.fz_n - point.weight_n) ** 2 for point in self.points])))

    @property
    def passed(self) -> bool:
        """Within all three limits."""
        return (
            self.cop_mean_mm <= HOLD_OUT_MEAN_MM
            and self.cop_max_mm <= HOLD_OUT_MAX_MM
            and self.fz_max_pct <= HOLD_OUT_FZ_PCT
        )


def judged(matrix: Float, placements: Sequence[Placement]) -> HoldOutReport:
    """Hold-out placements as `matrix` sees them.

    Raises
    ------
    NotCalibrated
        No placement to judge by.
    """
    if not placements:
        raise NotCalibrated("no hold-out placement: a calibration that nothing judged is worth nothing")
    points = []
    for placement in placements:
        fz_n, px, py = (float(value) for value in matrix @ placement.counts)
        points.append(HoldOut(placement.xy_mm, placement.weight_n, (px / fz_n, py / fz_n), fz_n))
    return HoldOutReport(tuple(points))
