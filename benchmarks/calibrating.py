"""What a calibration buys: simulated plates, each calibrated, then loaded with 700 N at 49 places."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.calibrating import RIDGE, Placement, fit_calibration, force_factor, judged
from analysis.calibration_grid import GRIDS, STANDARD_GRAVITY, Drawing, Grid
from benchmarks.figures import Figure
from hardware.plates import load_plate_model
from hardware.simulator.rigid_plate import (
    TOP_N,
    Floor,
    RigidPlate,
    build_rigid_plate,
    levelled_floor,
    uneven_floor,
)

Float = NDArray[np.float64]

PLATES = 300
TESTED_N = 700.0
STEADY_TOP_N = 300.0  # keeps every foot on the floor wherever the load is put
NOISE_N = 0.05  # what drift and creep leave in a mean of 5 s within minutes of a zero; noise itself leaves 0.006 N
_AXIS_MM = np.linspace(-150, 150, 7)
TESTED_MM = np.column_stack([axis.ravel() for axis in np.meshgrid(_AXIS_MM, _AXIS_MM)])


@dataclass(frozen=True, slots=True)
class Procedure:
    """How plates are calibrated.

    ``weight_kg`` None: not at all; ``placed_mm``: SD of where the weight stands; ``known_pct``: SD of what it weighs;
    ``scale_pct``: SD of a person's scale that then sets the force, None: the weight does; ``moved``: to another floor;
    ``top_n``: weight of the top, which keeps the feet on the floor.
    """

    weight_kg: float | None = 10.0
    grid: Grid = Grid.A2
    placed_mm: float = 1.0
    known_pct: float = 0.1
    scale_pct: float | None = None
    ridge: float = RIDGE
    moved: bool = False
    top_n: float = STEADY_TOP_N


@dataclass(frozen=True, slots=True)
class Errors:
    """Of many plates, over the 49 places of each: CoP error, mean and worst [mm]; worst error of the load [%]. (n,)

    ``passed (n,)``: 1 where the plate's own hold-outs pass, on the floor it was calibrated on, placed as the crosses.
    """

    cop_mean_mm: Float
    cop_worst_mm: Float
    fz_pct: Float
    passed: Float


def drawing() -> Drawing:
    """The reference plate's; counts are newtons of its datasheet."""
    model = load_plate_model("reference-a")
    return Drawing(model.geometry, 1.0, model.cell_range_n)


def errors(procedure: Procedure, plates: int = PLATES, seed: int = 1) -> Errors:
    """Calibrate so many plates, each with the same tolerances whatever the procedure, and load them."""
    found = [_one(procedure, np.random.default_rng([seed, number])) for number in range(plates)]
    mean, worst, fz, passed = np.array(found).T
    return Errors(mean, worst, fz, passed)


def _one(procedure: Procedure, rng: np.random.Generator) -> tuple[float, float, float, float]:
    plate = replace(build_rigid_plate(load_plate_model("reference-a"), rng), top_n=procedure.top_n)
    floor, other = levelled_floor(rng), uneven_floor(rng)
    matrix = _calibrated(procedure, plate, floor, rng)
    loads = plate.readings_n(TESTED_MM, np.full(len(TESTED_MM), TESTED_N), other if procedure.moved else floor)
    fz_n, px, py = matrix @ loads.T
    apart_mm = np.hypot(px / fz_n - TESTED_MM[:, 0], py / fz_n - TESTED_MM[:, 1])
    worst_pct = 100 * np.abs(fz_n / TESTED_N - 1).max()
    return (
        float(apart_mm.mean()),
        float(apart_mm.max()),
        float(worst_pct),
        _passes(procedure, matrix, plate, floor, rng),
    )


def _passes(procedure: Procedure, matrix: Float, plate: RigidPlate, floor: Floor, rng: np.random.Generator) -> float:
    """1 where the hold-outs pass. With a scale, the weight counts as what it then weighs."""
    if procedure.weight_kg is None:
        return 0.0
    crosses_mm, weight_n = np.array(GRIDS[procedure.grid].held_out), procedure.weight_kg * STANDARD_GRAVITY
    stood_mm = crosses_mm + rng.normal(0, procedure.placed_mm, crosses_mm.shape)
    counts = plate.readings_n(stood_mm, np.full(len(stood_mm), weight_n), floor) + rng.normal(0, NOISE_N, (4, 4))
    known_n = (
        weight_n if procedure.scale_pct is None and procedure.known_pct < 1 else float((matrix[0] @ counts.T).mean())
    )
    held = [Placement((x, y), known_n, row) for (x, y), row in zip(crosses_mm.tolist(), counts, strict=True)]
    return float(judged(matrix, held).passed)


def _calibrated(procedure: Procedure, plate: RigidPlate, floor: Floor, rng: np.random.Generator) -> Float:
    if procedure.weight_kg is None:
        return drawing().matrix()
    crosses_mm = np.array(GRIDS[procedure.grid].fitted)
    weight_n = procedure.weight_kg * STANDARD_GRAVITY
    stood_mm = crosses_mm + rng.normal(0, procedure.placed_mm, crosses_mm.shape)
    true_n = weight_n * (1 + rng.normal(0, procedure.known_pct / 100))
    counts = plate.readings_n(stood_mm, np.full(len(stood_mm), true_n), floor) + rng.normal(
        0, NOISE_N, (len(stood_mm), 4)
    )
    placements = [Placement((x, y), weight_n, row) for (x, y), row in zip(crosses_mm.tolist(), counts, strict=True)]
    matrix = fit_calibration(placements, drawing(), procedure.ridge)
    if procedure.scale_pct is None:
        return matrix
    person_mm, person_n = rng.normal(0, 15, (1, 2)), 72.5 * STANDARD_GRAVITY
    said_n = person_n * (1 + rng.normal(0, procedure.scale_pct / 100))
    return matrix * force_factor(matrix, plate.readings_n(person_mm, np.array([person_n]), floor)[0], said_n)


USUAL = Procedure()
SHOWN = {
    "drawing and datasheet, nothing calibrated": replace(USUAL, weight_kg=None),
    "10 kg on 9 crosses of A2, placed within 1 mm": USUAL,
    "the same, placed within 0.5 mm": replace(USUAL, placed_mm=0.5),
    "the same, placed within 0.3 mm": replace(USUAL, placed_mm=0.3),
    "the same, placed within 3 mm": replace(USUAL, placed_mm=3.0),
    "A3, placed within 0.5 mm": replace(USUAL, grid=Grid.A3, placed_mm=0.5),
    "20 kg, placed within 1 mm": replace(USUAL, weight_kg=20.0),
    "weight known to 1 % only": replace(USUAL, known_pct=1.0),
    "weight known to 1 %, force from a person on a scale of 0.3 %": replace(USUAL, known_pct=1.0, scale_pct=0.3),
    "a light top: some feet leave the floor at the outer places": replace(USUAL, top_n=TOP_N),
    "placed within 0.3 mm, then moved to an uneven floor": replace(USUAL, placed_mm=0.3, moved=True),
    "the same, fitted without the pull to the drawing (ridge 0)": replace(USUAL, placed_mm=0.3, moved=True, ridge=0.0),
}


def figures() -> list[Figure]:
    """CoP and load errors by procedure: mean over plates, in brackets what 95 of 100 plates keep."""

    def both(values: Float) -> str:
        return f"{values.mean():.2f} ({np.percentile(values, 95):.2f})"

    rows = []
    for what, procedure in SHOWN.items():
        found = errors(procedure)
        text = (
            f"CoP {both(found.cop_mean_mm)} mm, worst place {both(found.cop_worst_mm)} mm, load {both(found.fz_pct)} %"
        )
        judged_too = procedure.weight_kg is not None
        passing = f"; {100 * found.passed.mean():.0f} % pass their hold-outs" if judged_too else ""
        rows.append(Figure(what, text, f"{PLATES} plates, mean (95th percentile){passing}"))
    return rows
