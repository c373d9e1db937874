"""A weight on known places gives the matrix of a plate; what it has not seen judges it; what spoils it is refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.calibrating import HoldOut, HoldOutReport, Placement, fit_calibration, force_factor, judged
from analysis.calibration_checks import (
    Problem,
    gain_refusal,
    placement_refusal,
    saturation_refusal,
    scale_refusal,
    zero_refusal,
    zero_shift_refusal,
)
from analysis.calibration_grid import GRIDS, Drawing, Grid
from analysis.errors import NotCalibrated
from analysis.geometry import PlateGeometry

Float = NDArray[np.float64]
HALF_MM = 200.0
CELLS_MM = ((-HALF_MM, HALF_MM), (HALF_MM, HALF_MM), (HALF_MM, -HALF_MM), (-HALF_MM, -HALF_MM))
#: Ten counts to a newton, cells of 2000 N: 1 % of the range of all four is 80 N.
DRAWING = Drawing(PlateGeometry("square", CELLS_MM), 0.1, 2000.0)
WEIGHT_N = 100.0
QUIET = np.zeros(4)


def shares(x_mm: float, y_mm: float) -> Float:
    """Load shares of four equal springs under a stiff square: a quarter each, tilted by where the load stands."""
    return np.array([(1 + x_mm * cx / HALF_MM**2 + y_mm * cy / HALF_MM**2) / 4 for cx, cy in CELLS_MM])


def placed(x_mm: float, y_mm: float, gain: Float | float = 1.0, weight_n: float = WEIGHT_N) -> Placement:
    """The weight on a cross of a plate whose cells count `gain` times what the datasheet says."""
    return Placement((x_mm, y_mm), weight_n, shares(x_mm, y_mm) * weight_n * 10 * np.asarray(gain))


def placements(grid: Grid, gain: Float | float = 1.0) -> list[Placement]:
    return [placed(x, y, gain) for x, y in GRIDS[grid].fitted]


# ---- the grids


@pytest.mark.parametrize("grid", Grid)
def test_nine_crosses_and_four_others_lie_evenly_about_the_centre(grid: Grid) -> None:
    fitted, held_out = np.array(GRIDS[grid].fitted), np.array(GRIDS[grid].held_out)
    assert (len({*GRIDS[grid].fitted}), len({*GRIDS[grid].held_out})) == (9, 4)
    assert not {*GRIDS[grid].fitted} & {*GRIDS[grid].held_out}
    for places in (fitted, held_out):
        assert places.mean(axis=0) == pytest.approx([0, 0])
        assert (places.T @ places)[0, 1] == 0
    assert np.abs(held_out).max() == 90


@pytest.mark.parametrize(("grid", "paper_mm", "turned"), [(Grid.A2, (420, 594), False), (Grid.A3, (297, 420), True)])
def test_every_cross_is_on_its_paper(grid: Grid, paper_mm: tuple[int, int], turned: bool) -> None:
    """A3 lies on the plate by its diagonal: turned by 45 degrees, the diamond is a square of 255 mm."""
    places = np.array([*GRIDS[grid].fitted, *GRIDS[grid].held_out])
    if turned:
        places = places @ np.array([[1, 1], [-1, 1]]) / np.sqrt(2)
    assert (np.abs(places).max(axis=0) + 15 <= np.array(paper_mm) / 2).all()


def test_the_weight_is_never_carried_further_than_to_a_neighbour() -> None:
    for crosses in GRIDS.values():
        ring = np.array(crosses.fitted[1:])
        assert np.linalg.norm(np.diff(ring, axis=0), axis=1).max() <= 180


# ---- the fit


@pytest.mark.parametrize("grid", Grid)
def test_a_plate_as_drawn_keeps_the_matrix_of_its_drawing(grid: Grid) -> None:
    assert fit_calibration(placements(grid), DRAWING) == pytest.approx(DRAWING.matrix(), abs=1e-12)


@pytest.mark.parametrize("grid", Grid)
def test_gains_that_differ_from_the_datasheet_are_found_where_the_weight_can_show_them(grid: Grid) -> None:
    """Every load of a stiff top lies in three of four directions; in those the matrix gives force and place back."""
    gain = np.array([1.02, 0.97, 1.01, 0.985])
    matrix = fit_calibration(placements(grid, gain), DRAWING)
    for x_mm, y_mm in ((0.0, 0.0), (70.0, -120.0), (-150.0, 30.0)):
        fz_n, px, py = matrix @ (shares(x_mm, y_mm) * 700 * 10 * gain)
        assert (px / fz_n, py / fz_n) == (pytest.approx(x_mm, abs=0.1), pytest.approx(y_mm, abs=0.1))
        assert fz_n == pytest.approx(700, rel=5e-4)


def test_what_the_weight_cannot_show_stays_as_drawn() -> None:
    """F1 - F2 + F3 - F4 is zero for every placement on springs: along it the matrix is the drawing's, not noise."""
    unseen = np.array([1.0, -1.0, 1.0, -1.0])
    jolted = [
        Placement(p.xy_mm, p.weight_n, p.counts + np.random.default_rng(number).normal(0, 0.5, 4))
        for number, p in enumerate(placements(Grid.A2))
    ]
    pulled = (fit_calibration(jolted, DRAWING) - DRAWING.matrix()) @ unseen
    plain = (fit_calibration(jolted, DRAWING, ridge=0.0) - DRAWING.matrix()) @ unseen
    assert np.abs(pulled[1:]).max() < 0.05 * HALF_MM * 0.1
    assert np.abs(plain[1:]).max() > 5 * np.abs(pulled[1:]).max()


def test_placements_of_other_weights_count_alike() -> None:
    """A weight ten times as heavy changes nothing where cells are straight."""
    heavy = [placed(x, y, weight_n=10 * WEIGHT_N) for x, y in GRIDS[Grid.A2].fitted]
    assert fit_calibration(heavy, DRAWING) == pytest.approx(fit_calibration(placements(Grid.A2), DRAWING))


def test_too_few_placements_or_one_line_make_no_matrix() -> None:
    with pytest.raises(NotCalibrated, match="4 placements, needs 5"):
        fit_calibration(placements(Grid.A2)[:4], DRAWING)
    with pytest.raises(NotCalibrated, match="one line"):
        fit_calibration([placed(x, x) for x in (-180.0, -90.0, 0.0, 90.0, 180.0)], DRAWING)


def test_a_known_load_scales_all_three_rows_and_leaves_the_centre_of_pressure_alone() -> None:
    """A weight said to be 100 N that has 98 N: everything reads 100/98 too high until a person on a scale says so."""
    matrix = fit_calibration([Placement(p.xy_mm, WEIGHT_N, p.counts * 0.98) for p in placements(Grid.A2)], DRAWING)
    person = shares(8, -12) * 700 * 10
    factor = force_factor(matrix, person, 700.0)
    assert factor == pytest.approx(0.98, rel=1e-3)
    scaled = matrix * factor
    assert scaled[0] @ person == pytest.approx(700.0)
    assert (scaled @ person)[1:] / 700 == pytest.approx([8, -12], abs=0.05)


# ---- the judgement


def report(*errors_mm: float, fz_pct: float = 0.0) -> HoldOutReport:
    return HoldOutReport(tuple(HoldOut((0.0, 0.0), 100.0, (e, 0.0), 100 + fz_pct) for e in errors_mm))


def test_hold_outs_say_how_far_the_centre_of_pressure_is_off() -> None:
    """3-4-5 triangle, 1 N of 100 N."""
    (point,) = judged(np.array([[0.1] * 4, [0.3] * 4, [0.4] * 4]), [Placement((0, 0), 100, np.full(4, 252.5))]).points
    assert point.cop_mm == (pytest.approx(3), pytest.approx(4))
    assert (point.cop_error_mm, point.fz_n, point.fz_error_pct) == tuple(map(pytest.approx, (5.0, 101.0, 1.0)))
    with pytest.raises(NotCalibrated, match="no hold-out"):
        judged(DRAWING.matrix(), [])


@pytest.mark.parametrize(
    ("found", "passed"),
    [
        (report(1.0, 1.0, 1.0, 1.0, fz_pct=0.5), True),
        (report(0.2, 0.2, 0.2, 2.0), True),
        (report(0.2, 0.2, 0.2, 2.01), False),
        (report(1.01, 1.01, 1.01, 1.01), False),
        (report(0.1, fz_pct=-0.51), False),
    ],
)
def test_mean_largest_and_force_each_have_their_limit(found: HoldOutReport, passed: bool) -> None:
    assert found.passed is passed


def test_the_residual_is_the_root_mean_square_error_of_the_load() -> None:
    assert report(0, 0, fz_pct=0.3).residual_n == pytest.approx(0.3)


# ---- what is refused: value and limit


def test_a_zero_with_a_load_a_restless_or_a_drifting_cell_is_refused() -> None:
    zero = np.full(4, 1000.0)
    assert zero_refusal(zero, QUIET + 0.2, QUIET + 0.05, 0.1, zero + 49) is None
    loaded = zero_refusal(zero + 51, QUIET, QUIET, 0.1, zero)
    assert loaded is not None
    assert (loaded.problem, loaded.values["limit_n"]) == (Problem.ZERO_LOADED, 20.0)
    assert loaded.values["load_n"] == pytest.approx(20.4)
    restless = zero_refusal(zero, np.array([0, 0, 0.21, 0]), QUIET, 0.1, None)
    assert restless is not None
    assert (restless.problem, restless.values["cell"], restless.values["sd_n"]) == (Problem.ZERO_RESTLESS, 2, 0.21)
    drifting = zero_refusal(zero, QUIET, np.array([0, -0.06, 0, 0]), 0.1, None)
    assert drifting is not None
    assert (drifting.problem, drifting.values["slope_n_s"]) == (Problem.ZERO_DRIFTING, -0.06)


def test_a_zero_that_moved_by_over_a_newton_during_the_run_is_refused() -> None:
    assert zero_shift_refusal(QUIET, np.array([0, 9.9, 0, -9.9]), 0.1) is None
    shifted = zero_shift_refusal(QUIET, np.array([0, 0, -10.1, 5.0]), 0.1)
    assert shifted is not None
    assert (shifted.problem, shifted.values["cell"]) == (Problem.ZERO_SHIFTED, 2)
    assert shifted.values["shift_n"] == pytest.approx(-1.01)


def refused(placement: Placement, sd_n: float = 0.0, weight_n: float = WEIGHT_N) -> Problem | None:
    refusal = placement_refusal(placement.counts, sd_n, placement.xy_mm, weight_n, DRAWING)
    return refusal.problem if refusal else None


def test_a_weight_at_a_corner_that_lifts_the_far_cell_below_zero_is_taken() -> None:
    corner = placed(180, 180)
    assert corner.counts.min() < 0
    assert refused(corner) is None


def test_restless_too_light_or_wrong_weights_are_refused() -> None:
    assert refused(placed(0, 0), sd_n=0.3) is None
    assert refused(placed(0, 0), sd_n=0.31) is Problem.PLACEMENT_RESTLESS
    assert refused(placed(0, 0, weight_n=79), weight_n=79) is Problem.LOAD_TOO_SMALL
    assert refused(placed(0, 0, weight_n=116)) is Problem.WEIGHT_IMPLAUSIBLE
    assert refused(placed(0, 0, gain=1.03)) is None


def test_a_load_that_peaks_in_another_cell_names_both() -> None:
    """Cells 1 and 3 exchanged: the load front right shows rear left."""
    counts = placed(90, 90).counts[[0, 3, 2, 1]]
    refusal = placement_refusal(counts, 0.0, (90, 90), WEIGHT_N, DRAWING)
    assert refusal is not None
    assert (refusal.problem, dict(refusal.values)) == (Problem.CELLS_SWAPPED, {"near": 1, "peak": 3})


@pytest.mark.parametrize("order", [[3, 0, 1, 2], [1, 0, 3, 2], [2, 3, 0, 1], [0, 2, 1, 3]])
@pytest.mark.parametrize("grid", Grid)
def test_no_exchange_or_turn_of_the_cells_passes_a_whole_grid(order: list[int], grid: Grid) -> None:
    """A quarter turn, a mirror image, a half turn, two neighbours."""
    seen = {refused(Placement(p.xy_mm, p.weight_n, p.counts[order])) for p in placements(grid)}
    assert seen & {Problem.CELLS_SWAPPED, Problem.MISPLACED}


def test_a_weight_on_another_cross_is_refused_with_where_it_stands() -> None:
    refusal = placement_refusal(placed(0, 90).counts, 0.0, (0, 180), WEIGHT_N, DRAWING)
    assert refusal is not None
    assert refusal.problem is Problem.MISPLACED
    assert (refusal.values["x_mm"], refusal.values["y_mm"]) == (pytest.approx(0), pytest.approx(90))


def test_a_mistyped_scale_a_damaged_cell_and_a_converter_at_its_end_are_refused() -> None:
    assert scale_refusal(1.049) is None
    assert scale_refusal(0.94) is not None
    assert gain_refusal(DRAWING.matrix() * 1.2, DRAWING) is None
    for ratio in (1.3, 0.7, -1.0, 0.0):
        broken = DRAWING.matrix()
        broken[0, 2] *= ratio
        refusal = gain_refusal(broken, DRAWING)
        assert refusal is not None
        assert (refusal.values["cell"], refusal.values["ratio"]) == (2, pytest.approx(ratio))
    assert saturation_refusal(()) is None
    assert saturation_refusal((3,)) is not None
