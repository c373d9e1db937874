"""What makes a measurement of a calibration worthless: each refusal with its value and its limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analysis.calibration_grid import Drawing, Point

Float = NDArray[np.float64]

ZERO_LOAD_N, ZERO_SD_N, ZERO_SLOPE_N_S = 20.0, 0.2, 0.05
PLACEMENT_SD_N = 0.3
SMALLEST_LOAD_PCT = 1.0  # of the plate's range: below, zero drift alone spoils the gain
ZERO_SHIFT_N = 1.0
MISPLACED_MM = 45.0  # half the distance of two crosses: nearer to another one
WEIGHT_OFF_PCT = 15.0  # cells of one datasheet are within a few percent: another weight, or another cell
PERSON_SD_PCT = 1.5  # of body weight; heartbeat and breath alone are 0.3 %
SCALE_OFF_PCT = 5.0  # what a gym weight may be off; more is a slip of the pen
GAIN_RATIO = 1.25
CORNER_MM = 60.0  # a place this far out in both directions belongs to one cell


class Problem(StrEnum):
    """Closed list of refusals; each is a sentence of the catalogue (``calibration.refused.<value>``)."""

    ZERO_LOADED = "ZERO_LOADED"
    ZERO_RESTLESS = "ZERO_RESTLESS"
    ZERO_DRIFTING = "ZERO_DRIFTING"
    ZERO_SHIFTED = "ZERO_SHIFTED"
    PLACEMENT_RESTLESS = "PLACEMENT_RESTLESS"
    PERSON_RESTLESS = "PERSON_RESTLESS"
    LOAD_TOO_SMALL = "LOAD_TOO_SMALL"
    LOAD_TOO_LARGE = "LOAD_TOO_LARGE"
    WEIGHT_IMPLAUSIBLE = "WEIGHT_IMPLAUSIBLE"
    SATURATED = "SATURATED"
    CELLS_SWAPPED = "CELLS_SWAPPED"
    MISPLACED = "MISPLACED"
    SCALE_IMPLAUSIBLE = "SCALE_IMPLAUSIBLE"
    GAIN_IMPLAUSIBLE = "GAIN_IMPLAUSIBLE"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a measurement is not taken, with the numbers its sentence needs (named as the catalogue's placeholders)."""

    problem: Problem
    values: Mapping[str, float | int | str] = field(default_factory=dict)


def zero_refusal(counts: Float, sd_n: Float, slope_n_s: Float, gain: float, before: Float | None) -> Refusal | None:
    """Zero that cannot be one: loaded, restless or drifting.

    Parameters
    ----------
    counts, sd_n, slope_n_s : ndarray (4,)
        Mean [counts], SD [N] and slope [N/s] of each cell.
    gain : float
        [N/count]
    before : ndarray (4,) or None
        An earlier zero of this plate; without one a load that lies still cannot be told from the top's own weight.
    """
    cell = int(np.argmax(sd_n))
    if sd_n[cell] > ZERO_SD_N:
        return Refusal(Problem.ZERO_RESTLESS, {"cell": cell, "sd_n": float(sd_n[cell]), "limit_n": ZERO_SD_N})
    cell = int(np.argmax(np.abs(slope_n_s)))
    if abs(slope_n_s[cell]) > ZERO_SLOPE_N_S:
        values = {"cell": cell, "slope_n_s": float(slope_n_s[cell]), "limit_n_s": ZERO_SLOPE_N_S}
        return Refusal(Problem.ZERO_DRIFTING, values)
    if before is not None:
        load_n = float((counts - before).sum() * gain)
        if abs(load_n) > ZERO_LOAD_N:
            return Refusal(Problem.ZERO_LOADED, {"load_n": load_n, "limit_n": ZERO_LOAD_N})
    return None


def zero_shift_refusal(before: Float, after: Float, gain: float) -> Refusal | None:
    """Zero after the run against the one before it: a shift of over 1 N on a cell spoils what lies between."""
    shift_n = (after - before) * gain
    cell = int(np.argmax(np.abs(shift_n)))
    if abs(shift_n[cell]) <= ZERO_SHIFT_N:
        return None
    return Refusal(Problem.ZERO_SHIFTED, {"cell": cell, "shift_n": float(shift_n[cell]), "limit_n": ZERO_SHIFT_N})


def saturation_refusal(cells: tuple[int, ...]) -> Refusal | None:
    """Cells whose converter reached its end."""
    return Refusal(Problem.SATURATED, {"cell": cells[0]}) if cells else None


def weight_refusal(weight_n: float, drawing: Drawing) -> Refusal | None:
    """A weight that this plate cannot be calibrated with, before anything is put down.

    At a corner one cell carries nearly all of it: what overloads a cell is too much.
    """
    least_n, most_n = _least_n(drawing), drawing.max_load_n / 4
    if weight_n < least_n:
        return Refusal(Problem.LOAD_TOO_SMALL, {"load_n": weight_n, "limit_n": least_n})
    if weight_n > most_n:
        return Refusal(Problem.LOAD_TOO_LARGE, {"load_n": weight_n, "limit_n": most_n})
    return None


def _least_n(drawing: Drawing) -> float:
    return drawing.max_load_n * SMALLEST_LOAD_PCT / 100


def placement_refusal(counts: Float, sd_n: float, place_mm: Point, weight_n: float, drawing: Drawing) -> Refusal | None:
    """A weight that cannot be used: restless, too small for this plate, not the one that was said, not on its cross.

    A negative far cell is normal: a load at a corner tips a stiff top.

    Parameters
    ----------
    counts : ndarray (4,)
        Mean above zero. [counts]
    sd_n : float
        Of the least quiet cell, or of the sum. [N]
    """
    cells_n = counts * drawing.newton_per_count
    load_n = float(cells_n.sum())
    least_n, off_pct = _least_n(drawing), 100 * (load_n / weight_n - 1)
    implausible = abs(off_pct) > WEIGHT_OFF_PCT
    if load_n < least_n and not (implausible and weight_n >= least_n):  # heavy enough, but a cell does not see it
        return Refusal(Problem.LOAD_TOO_SMALL, {"load_n": load_n, "limit_n": least_n})
    if sd_n > PLACEMENT_SD_N:
        return Refusal(Problem.PLACEMENT_RESTLESS, {"sd_n": sd_n, "limit_n": PLACEMENT_SD_N})
    if implausible:
        values = {"load_n": load_n, "weight_n": weight_n, "off_pct": off_pct, "limit_pct": WEIGHT_OFF_PCT}
        return Refusal(Problem.WEIGHT_IMPLAUSIBLE, values)
    return swap_refusal(cells_n, place_mm, drawing) or _misplaced(cells_n, place_mm, drawing)


def swap_refusal(cells_n: Float, place_mm: Point, drawing: Drawing) -> Refusal | None:
    """A weight near a corner must load that corner's cell most: else cells are exchanged, or the plate is turned."""
    if min(abs(place_mm[0]), abs(place_mm[1])) < CORNER_MM:
        return None
    near = int(np.argmin(np.linalg.norm(np.subtract(drawing.geometry.cells_mm, place_mm), axis=1)))
    peak = int(np.argmax(cells_n))
    return None if near == peak else Refusal(Problem.CELLS_SWAPPED, {"near": near, "peak": peak})


def _misplaced(cells_n: Float, place_mm: Point, drawing: Drawing) -> Refusal | None:
    fz_n, px, py = drawing.geometry.load_matrix() @ cells_n
    x_mm, y_mm = float(px / fz_n), float(py / fz_n)
    apart_mm = float(np.hypot(x_mm - place_mm[0], y_mm - place_mm[1]))
    if apart_mm <= MISPLACED_MM:
        return None
    return Refusal(Problem.MISPLACED, {"x_mm": x_mm, "y_mm": y_mm, "apart_mm": apart_mm, "limit_mm": MISPLACED_MM})


def scale_refusal(factor: float) -> Refusal | None:
    """A scale that disagrees with the weight by more than a gym weight can be off: one of the two was mistyped."""
    off_pct = 100 * (factor - 1)
    if abs(off_pct) <= SCALE_OFF_PCT:
        return None
    return Refusal(Problem.SCALE_IMPLAUSIBLE, {"off_pct": off_pct, "limit_pct": SCALE_OFF_PCT})


def gain_refusal(matrix: Float, drawing: Drawing) -> Refusal | None:
    """Gains that no cell of this datasheet has: wired to another input, damaged, or of another range."""
    ratio = matrix[0] / drawing.newton_per_count
    with np.errstate(divide="ignore"):
        off = np.where(ratio > 0, np.maximum(ratio, 1 / np.where(ratio > 0, ratio, 1.0)), np.inf)
    cell = int(np.argmax(off))
    if off[cell] <= GAIN_RATIO:
        return None
    return Refusal(Problem.GAIN_IMPLAUSIBLE, {"cell": cell, "ratio": float(ratio[cell]), "limit": GAIN_RATIO})


def person_refusal(load_n: float, sd_n: float, weight_n: float) -> Refusal | None:
    """A person on the plate whose load is not that of the scale, or who does not stand still."""
    off_pct = 100 * (load_n / weight_n - 1)
    if abs(off_pct) > WEIGHT_OFF_PCT:
        values = {"load_n": load_n, "weight_n": weight_n, "off_pct": off_pct, "limit_pct": WEIGHT_OFF_PCT}
        return Refusal(Problem.WEIGHT_IMPLAUSIBLE, values)
    sd_pct = 100 * sd_n / weight_n
    if sd_pct > PERSON_SD_PCT:
        return Refusal(Problem.PERSON_RESTLESS, {"sd_pct": sd_pct, "limit_pct": PERSON_SD_PCT})
    return None
