"""Where the weight stands: the crosses of the printed sheets, and the drawing that a calibration starts from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analysis.geometry import PlateGeometry

Float = NDArray[np.float64]
Point = tuple[float, float]

#: Kilograms to newtons. True gravity differs by up to 0.3 % from place to place; body mass in kg does not feel it.
STANDARD_GRAVITY = 9.80665
PITCH_MM, HALF_PITCH_MM = 180.0, 90.0


class Grid(StrEnum):
    """Sheet of paper that the crosses are printed on."""

    A2 = "a2"
    A3 = "a3"


@dataclass(frozen=True, slots=True)
class Crosses:
    """Places of one sheet, plate frame, in the order in which the weight is carried round. [mm]

    ``fitted``: nine places that make the matrix; ``held_out``: four others that judge it.
    """

    fitted: tuple[Point, ...]
    held_out: tuple[Point, ...]


_P, _H = PITCH_MM, HALF_PITCH_MM
_RING = ((-_P, _P), (0.0, _P), (_P, _P), (_P, 0.0), (_P, -_P), (0.0, -_P), (-_P, -_P), (-_P, 0.0))
_DIAMOND = ((0.0, _P), (_H, _H), (_P, 0.0), (_H, -_H), (0.0, -_P), (-_H, -_H), (-_P, 0.0), (-_H, _H))

GRIDS: dict[Grid, Crosses] = {
    Grid.A2: Crosses(((0.0, 0.0), *_RING), ((-_H, _H), (_H, _H), (_H, -_H), (-_H, -_H))),
    Grid.A3: Crosses(((0.0, 0.0), *_DIAMOND), ((0.0, _H), (_H, 0.0), (0.0, -_H), (-_H, 0.0))),
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is known of a plate before any load was put on it.

    Parameters
    ----------
    geometry : PlateGeometry
    newton_per_count : float
        Gain of every cell by its datasheet. [N/count]
    cell_range_n : float
        Rated load of one cell. [N]
    full_scale_counts : int
        Where the converter ends. [counts]
    """

    geometry: PlateGeometry
    newton_per_count: float
    cell_range_n: float
    full_scale_counts: int = 0x7FFFFF

    @property
    def max_load_n(self) -> float:
        """Rated load of the plate: of its four cells together. [N]"""
        return 4 * self.cell_range_n

    @property
    def half_span_mm(self) -> float:
        """Root mean square distance of the cells from the plate's axes. [mm]"""
        return float(np.sqrt(np.mean(np.square(self.geometry.cells_mm))))

    def matrix(self) -> Float:
        """Counts above zero -> Fz [N], Px, Py [N mm], as the drawing has it. (3, 4)"""
        return np.asarray(self.geometry.load_matrix() * self.newton_per_count, dtype=np.float64)
