"""How a real plate differs from its drawing: feet that are not where they are drawn, on a floor that is not even.

A stiff top on four springs, loads in, readings of the cells out. What a calibration has to find, known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.plates import PlateModel

Float = NDArray[np.float64]

#: Tolerances of a plate built after the guide, one standard deviation each.
GAIN_SPREAD, POSITION_SPREAD_MM, CROSSTALK_SPREAD, BOW_SPREAD = 0.02, 1.5, 0.004, 0.0005
FOOT_N_PER_MM = 3000.0  # a steel cell of 200 kg (0.3 mm at full load) on a foot of hard rubber
LEVELLED_SPREAD, LEVELLED_FLOOR_MM = 0.10, 0.002  # feet screwed until nothing rocks
UNEVEN_SPREAD, UNEVEN_FLOOR_MM = 0.3, 0.03  # boards and carpet: some feet softer, one hanging
#: Which feet carry: all, or all but one.
TOUCHING = np.vstack([np.ones((1, 4), dtype=bool), ~np.eye(4, dtype=bool)])
TOP_N = 85.0  # 500 x 500 x 12 mm of aluminium with its fittings


@dataclass(frozen=True, slots=True)
class Floor:
    """What a plate stands on: ``n_per_mm (4,)`` stiffness under each foot [N/mm], ``height_mm (4,)`` [mm]."""

    n_per_mm: Float
    height_mm: Float


def levelled_floor(rng: np.random.Generator) -> Floor:
    """The floor of a calibration: the feet are adjusted until the plate does not rock."""
    return _floor(rng, LEVELLED_SPREAD, LEVELLED_FLOOR_MM)


def uneven_floor(rng: np.random.Generator) -> Floor:
    """Another room: nobody adjusted the feet."""
    return _floor(rng, UNEVEN_SPREAD, UNEVEN_FLOOR_MM)


def _floor(rng: np.random.Generator, spread: float, height_mm: float) -> Floor:
    return Floor(FOOT_N_PER_MM * np.exp(rng.normal(0, spread, 4)), rng.normal(0, height_mm, 4))


@dataclass(frozen=True, slots=True)
class RigidPlate:
    """One plate as built.

    Parameters
    ----------
    feet_mm : ndarray (4, 2)
        Where the cells truly carry the top, plate frame. [mm]
    gain : ndarray (4,)
        Reading over force of each cell: what its datasheet does not know.
    crosstalk : ndarray (4, 4)
        Share of every cell's force that bending of the top adds to another's reading; zero on the diagonal.
    bow : ndarray (4,)
        Largest departure of a cell from its straight line, in parts of its range.
    cell_range_n : float
    top_n : float
        Weight of the top. [N]
    """

    feet_mm: Float
    gain: Float
    crosstalk: Float
    bow: Float
    cell_range_n: float
    top_n: float = TOP_N

    def feet_n(self, xy_mm: Float, fz_n: Float, floor: Floor) -> Float:
        """Force on every foot, the top's own weight included. (n, 4) [N]

        A foot only pushes: one that would pull has left the floor, and the other three carry the load.

        Raises
        ------
        ValueError
            The load tips the plate over.
        """
        place = np.vstack([np.ones(4), self.feet_mm.T])
        load = np.column_stack([fz_n + self.top_n, fz_n * xy_mm[:, 0], fz_n * xy_mm[:, 1]])
        feet = np.full((len(load), 4), np.nan)
        for touching in TOUCHING:
            stiff = floor.n_per_mm * touching
            pose = np.linalg.solve(place * stiff @ place.T, (load - place @ (stiff * floor.height_mm)).T)
            pressed_mm = (place.T @ pose).T + floor.height_mm
            agrees = (np.where(touching, pressed_mm, -pressed_mm) >= -1e-12).all(axis=1)
            feet[agrees] = np.where(touching, floor.n_per_mm * pressed_mm, 0.0)[agrees]
        if np.isnan(feet).any():
            raise ValueError("the load stands outside the feet: the plate tips over")
        return feet

    def readings_n(self, xy_mm: Float, fz_n: Float, floor: Floor) -> Float:
        """What each cell reads above the empty plate, in newtons of its datasheet. (n, 4) [N]"""
        empty = self._read(self.feet_n(np.zeros((1, 2)), np.zeros(1), floor))
        return np.asarray(self._read(self.feet_n(xy_mm, fz_n, floor)) - empty, dtype=np.float64)

    def _read(self, feet_n: Float) -> Float:
        bent = feet_n + feet_n @ self.crosstalk.T
        part = bent / self.cell_range_n
        return np.asarray(self.gain * (bent + 4 * self.bow * self.cell_range_n * part * (1 - part)), dtype=np.float64)


def build_rigid_plate(model: PlateModel, rng: np.random.Generator) -> RigidPlate:
    """A plate of this model with the tolerances of a workshop."""
    crosstalk = rng.normal(0, CROSSTALK_SPREAD, (4, 4))
    np.fill_diagonal(crosstalk, 0.0)
    return RigidPlate(
        feet_mm=np.asarray(model.geometry.cells_mm) + rng.normal(0, POSITION_SPREAD_MM, (4, 2)),
        gain=1 + rng.normal(0, GAIN_SPREAD, 4),
        crosstalk=crosstalk,
        bow=rng.normal(0, BOW_SPREAD, 4),
        cell_range_n=model.cell_range_n,
    )
