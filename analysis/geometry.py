"""Where the cells and the feet are, and the only place where left and right are mirrored.

Plate frame: x = ML + to the subject's right, y = AP + forward, origin = plate centre. [mm]
Limb frame: X = + lateral for the STANCE limb, Y = + anterior, origin = midline of the stance foot. [mm]
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analysis.errors import InvalidRecording

Float = NDArray[np.float64]


class Side(StrEnum):
    """The stance limb. Always: a trial on the right leg tests the right hip abductors."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        """The swing limb's side."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


@dataclass(frozen=True, slots=True)
class PlateGeometry:
    """Positions of the four cells.

    Parameters
    ----------
    model : str
    cells_mm : tuple of four (x, y)
        Plate frame, in channel order of the plate. [mm]
    surface_mm : (width, depth)
        Size of the standing surface. [mm]
    height_mm : float
        Standing surface above the plane of the cells. [mm]

    Raises
    ------
    InvalidRecording
        Not four cells, or cells in one line: CoP would not be determined.
    """

    model: str
    cells_mm: tuple[tuple[float, float], ...]
    surface_mm: tuple[float, float] | None = None
    height_mm: float = 0.0

    def __post_init__(self) -> None:
        if len(self.cells_mm) != 4:
            raise InvalidRecording(f"plate {self.model!r} has {len(self.cells_mm)} cells, needs 4")
        xy = np.asarray(self.cells_mm, dtype=np.float64)
        if not np.isfinite(xy).all() or np.linalg.matrix_rank(xy - xy.mean(axis=0), tol=1.0) < 2:
            raise InvalidRecording(f"cells of plate {self.model!r} stand in one line: CoP is not determined")

    def load_matrix(self) -> Float:
        """Matrix (3, 4) from cell forces [N] to Fz [N], Px = sum F x [N mm], Py = sum F y [N mm]."""
        xy = np.asarray(self.cells_mm, dtype=np.float64)
        return np.vstack([np.ones(4), xy[:, 0], xy[:, 1]])


@dataclass(frozen=True, slots=True)
class FootPlacement:
    """Where one foot stands on the plate, from the marked template. Plate frame. [mm]

    ``heel_mm`` and ``toe_mm`` are the ends of the foot's midline (heel cup, second toe).

    Raises
    ------
    InvalidRecording
        A place that is no number, or a foot without length or width.
    """

    side: Side
    heel_mm: tuple[float, float]
    toe_mm: tuple[float, float]
    length_mm: float
    width_mm: float

    def __post_init__(self) -> None:
        if not np.isfinite([*self.heel_mm, *self.toe_mm]).all():
            raise InvalidRecording(f"heel {self.heel_mm} or toe {self.toe_mm} of the {self.side} foot is no place")
        for name in ("length_mm", "width_mm"):
            if not 0 < getattr(self, name) < np.inf:
                raise InvalidRecording(f"{name} of the {self.side} foot is {getattr(self, name)}, must be above 0 mm")

    @property
    def midline_x_mm(self) -> float:
        """ML coordinate of the middle of the foot's midline. [mm]"""
        return (self.heel_mm[0] + self.toe_mm[0]) / 2


@dataclass(frozen=True, slots=True)
class FootOutline:
    """Rectangle about one foot, in a frame whose X counts + lateral from the midline between the feet. [mm]

    ``heel_mm`` is the rear end of the foot's midline, ``forward`` its unit vector towards the second toe.
    """

    heel_mm: tuple[float, float]
    forward: tuple[float, float]
    length_mm: float
    width_mm: float

    @property
    def along_mm(self) -> tuple[float, float]:
        """Rear and front edge, counted from the heel along the midline. [mm]"""
        return 0.0, self.length_mm

    @property
    def across_mm(self) -> tuple[float, float]:
        """Inner and outer edge, counted from the midline, + lateral. [mm]"""
        return -self.width_mm / 2, self.width_mm / 2

    def seen_from(self, xy_mm: Float) -> tuple[Float, Float]:
        """Coordinates along and across the foot of points (n, 2). (n,), (n,) [mm]"""
        x_mm, y_mm = (xy_mm - np.asarray(self.heel_mm)).T
        across, ahead = self.forward
        return x_mm * across + y_mm * ahead, x_mm * ahead - y_mm * across

    def outside_mm(self, xy_mm: Float) -> Float:
        """How far points (n, 2) lie outside, 0 inside. (n,) [mm]"""
        ways = zip(self.seen_from(xy_mm), (self.along_mm, self.across_mm), strict=True)
        along_mm, across_mm = (np.maximum(np.maximum(low - at, at - high), 0.0) for at, (low, high) in ways)
        return np.asarray(np.hypot(along_mm, across_mm), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Footing:
    """Both feet on their template places: gives the midline between the feet and half their spacing."""

    left: FootPlacement
    right: FootPlacement

    def __post_init__(self) -> None:
        if self.left.side is not Side.LEFT or self.right.side is not Side.RIGHT:
            raise InvalidRecording("left and right placements are exchanged")
        if self.half_spacing_mm <= 0:
            raise InvalidRecording("the right foot stands left of the left foot: turn the plate or the template")

    def of(self, side: Side) -> FootPlacement:
        """Placement of one foot."""
        return self.left if side is Side.LEFT else self.right

    def outline(self, side: Side) -> FootOutline:
        """Outline of one foot as `to_lateral` sees it: + lateral from the midline between the feet."""
        foot = self.of(side)
        ends = np.array([foot.heel_mm, foot.toe_mm], dtype=np.float64)
        ends[:, 0] = to_lateral(ends[:, 0], side, self.midline_x_mm)
        way = ends[1] - ends[0]
        across, ahead = way / np.hypot(*way)
        heel_x, heel_y = ends[0].tolist()
        return FootOutline((heel_x, heel_y), (float(across), float(ahead)), foot.length_mm, foot.width_mm)

    @property
    def midline_x_mm(self) -> float:
        """ML coordinate of the midline between the feet, plate frame. [mm]"""
        return (self.left.midline_x_mm + self.right.midline_x_mm) / 2

    @property
    def half_spacing_mm(self) -> float:
        """Half the distance between the feet's midlines, `s` of the method. [mm]"""
        return (self.right.midline_x_mm - self.left.midline_x_mm) / 2


def sign(side: Side) -> float:
    """+1 for right stance, -1 for left stance: makes + lateral for the stance limb."""
    return 1.0 if side is Side.RIGHT else -1.0


def to_lateral(x_mm: Float, side: Side, origin_x_mm: float) -> Float:
    """ML coordinate in the plate frame -> + lateral for the stance limb from `origin_x_mm`. [mm]"""
    return sign(side) * (x_mm - origin_x_mm)


def from_lateral(lateral_mm: Float, side: Side, origin_x_mm: float) -> Float:
    """+ lateral for the stance limb from `origin_x_mm` -> ML coordinate in the plate frame. [mm]"""
    return origin_x_mm + sign(side) * lateral_mm


def mirrored(x_mm: Float) -> Float:
    """The same ML coordinate seen in a frame whose ML axis points the other way. [mm]"""
    return -x_mm
