"""Forces and centre of pressure: the signals every metric starts from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.errors import InvalidRecording, NoLoad
from analysis.recording import frozen

Float = NDArray[np.float64]


Scalar = TypeVar("Scalar", bound=np.generic)


def _read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    array.setflags(write=False)
    return array


class Frame(StrEnum):
    """Where ML points: to the subject's right (PLATE), to the lateral side of the stance limb (LIMB), or unknown."""

    PLATE = "plate"
    LIMB = "limb"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CellSeries:
    """Forces of the four cells, each at its own times.

    Parameters
    ----------
    time_s : ndarray (n, 4)
        [s]
    cells_n : ndarray (n, 4)
        Zero removed; NaN where a sample is missing. [N]
    load_matrix : ndarray (3, 4)
        Cells [N] -> Fz [N], Px [N mm], Py [N mm].
    """

    time_s: Float
    cells_n: Float
    load_matrix: Float


@dataclass(frozen=True, slots=True)
class ForceSeries:
    """Load on the plate on one common time base.

    Parameters
    ----------
    time_s : ndarray (n,)
        [s]
    load : ndarray (n, 3)
        Fz [N], Px = sum F x [N mm], Py = sum F y [N mm]. NaN inside gaps.
    force_known : bool
        False where a source exported a CoP without a force: Fz is 1 and means nothing.
    """

    time_s: Float
    load: Float
    force_known: bool = True

    @property
    def fz_n(self) -> Float:
        """Vertical force (n,). [N]"""
        return self.load[:, 0]


@dataclass(frozen=True, eq=False)
class CopSeries:
    """Centre of pressure. Two series are equal only if they are the same one: what was computed of one can be kept.

    Parameters
    ----------
    time_s : ndarray (n,)
        Increasing; uniform unless the native grid was asked for. [s]
    xy_mm : ndarray (n, 2)
        ML, AP in `frame`. NaN where Fz is too small or samples are missing. [mm]
    fz_n : ndarray (n,)
        NaN where the source exported no force. [N]
    frame : Frame
    """

    time_s: Float
    xy_mm: Float
    fz_n: Float
    frame: Frame

    def __post_init__(self) -> None:
        n = len(self.time_s)
        if self.time_s.shape != (n,) or self.xy_mm.shape != (n, 2) or self.fz_n.shape != (n,):
            raise InvalidRecording(
                f"CoP of shapes time {self.time_s.shape}, xy {self.xy_mm.shape}, fz {self.fz_n.shape}: lengths differ"
            )
        object.__setattr__(self, "time_s", frozen(self.time_s, np.float64))
        object.__setattr__(self, "xy_mm", frozen(self.xy_mm, np.float64))
        object.__setattr__(self, "fz_n", frozen(self.fz_n, np.float64))

    @cached_property
    def valid(self) -> NDArray[np.bool_]:
        """Where the CoP exists. (n,)"""
        there = np.isfinite(self.xy_mm)
        return _read_only(np.asarray(there[:, 0] & there[:, 1], dtype=np.bool_))

    @cached_property
    def points_mm(self) -> Float:
        """The CoP where it exists. (m, 2) [mm]"""
        return self.xy_mm if self.valid.all() else _read_only(self.xy_mm[self.valid])

    @cached_property
    def steps_mm(self) -> Float:
        """Steps between neighbouring samples that both exist: never across a gap. (k, 2) [mm]"""
        steps = self.xy_mm[1:] - self.xy_mm[:-1]
        return _read_only(steps if self.valid.all() else steps[self._pairs])

    @cached_property
    def duration_s(self) -> float:
        """Time covered by those steps: (N-1)/fs without gaps. [s]"""
        steps_s = self.time_s[1:] - self.time_s[:-1]
        return float((steps_s if self.valid.all() else steps_s[self._pairs]).sum())

    @property
    def _pairs(self) -> NDArray[np.bool_]:
        return self.valid[1:] & self.valid[:-1]

    def __len__(self) -> int:
        return len(self.time_s)

    def between(self, start_s: float, end_s: float) -> CopSeries:
        """The samples with start_s <= time <= end_s (half a microsecond of slack for rounding)."""
        first = int(np.searchsorted(self.time_s, start_s - 5e-7, "left"))
        keep = slice(first, max(int(np.searchsorted(self.time_s, end_s + 5e-7, "right")), first))
        return CopSeries(self.time_s[keep], self.xy_mm[keep], self.fz_n[keep], self.frame)


def standing_load(fz_n: Float) -> float:
    """First estimate of body weight: median Fz of the samples above half the largest sustained load. [N].

    Raises
    ------
    NoLoad
        No sample carries load.
    """
    there_n = fz_n[np.isfinite(fz_n)]
    largest_n = float(np.percentile(there_n, 98)) if len(there_n) else 0.0
    if largest_n <= 0:
        raise NoLoad(f"largest load is {largest_n:.0f} N: nobody stood on the plate")
    return float(np.median(there_n[there_n > 0.5 * largest_n]))


def centre_of_pressure(forces: ForceSeries, minimum_load_n: float, frame: Frame) -> CopSeries:
    """CoP = (Px, Py) / Fz where Fz reaches `minimum_load_n`, NaN elsewhere. [mm].

    A plate of vertical cells sees the CoP in the plane of its cells: horizontal force moves it by height x Fx / Fz.
    """
    fz_n = forces.fz_n
    xy_mm = np.full((len(fz_n), 2), np.nan)
    loaded = np.isfinite(fz_n) & (fz_n >= minimum_load_n) if forces.force_known else np.isfinite(fz_n)
    xy_mm[loaded] = forces.load[loaded, 1:] / fz_n[loaded, None]
    known_fz_n = fz_n if forces.force_known else np.full_like(fz_n, np.nan)
    return CopSeries(forces.time_s, xy_mm, known_fz_n, frame)
