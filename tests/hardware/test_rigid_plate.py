"""The physics that calibrations are tried on, and what a calibration of fifty such plates is worth."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from benchmarks.calibrating import USUAL, Errors, Procedure, errors
from hardware.plates import load_plate_model
from hardware.simulator.rigid_plate import TOP_N, Floor, RigidPlate, build_rigid_plate, uneven_floor

CELLS_MM = np.array(load_plate_model("reference-a").geometry.cells_mm)
EVEN = Floor(np.full(4, 3000.0), np.zeros(4))
PERFECT = RigidPlate(CELLS_MM, np.ones(4), np.zeros((4, 4)), np.zeros(4), 1961.3)
PLATES = 50


@cache
def found(procedure: Procedure) -> Errors:
    return errors(procedure, PLATES)


# ---- the physics


@pytest.mark.parametrize("seed", range(5))
def test_feet_carry_the_load_and_its_moments_on_any_floor(seed: int) -> None:
    """Sum of forces, sum F x and sum F y: equilibrium, whatever the springs."""
    plate = build_rigid_plate(load_plate_model("reference-a"), np.random.default_rng(seed))
    places = np.random.default_rng(seed).uniform(-150, 150, (30, 2))
    feet = plate.feet_n(places, np.full(30, 700.0), uneven_floor(np.random.default_rng(seed + 100)))
    assert feet.min() >= 0
    assert feet.sum(axis=1) == pytest.approx(700 + TOP_N)
    assert feet @ plate.feet_mm == pytest.approx(700 * places)


def test_equal_springs_share_a_load_in_the_middle_and_show_no_diagonal() -> None:
    places = np.array([(0.0, 0.0), (60.0, 0.0), (50.0, -70.0)])
    feet = PERFECT.feet_n(places, np.full(3, 100.0), EVEN)
    assert feet[0] == pytest.approx(25 + TOP_N / 4)
    assert feet @ np.array([1, -1, 1, -1]) == pytest.approx(0, abs=1e-9)


def test_a_heavy_weight_at_a_corner_lifts_the_opposite_foot() -> None:
    """20 kg at (180, 180) pull at the far foot with 49 (1 - 2 * 180 / 220) = -31 N; the top holds it with 21 N."""
    feet = PERFECT.feet_n(np.array([(180.0, 180.0)]), np.array([196.1]), EVEN)[0]
    assert feet[3] == 0
    assert PERFECT.feet_n(np.array([(180.0, 180.0)]), np.array([98.1]), EVEN)[0, 3] > 0


def test_a_load_beside_the_feet_tips_the_plate() -> None:
    with pytest.raises(ValueError, match="tips"):
        PERFECT.feet_n(np.array([(300.0, 0.0)]), np.array([700.0]), EVEN)


# ---- fifty plates: the limits of the design


def test_a_calibrated_plate_is_right_within_a_millimetre_and_two_and_a_half_at_worst() -> None:
    calibrated = found(USUAL)
    assert calibrated.cop_mean_mm.mean() <= 1.0
    assert calibrated.cop_worst_mm.max() <= 2.5
    assert calibrated.fz_pct.mean() <= 0.5


def test_drawing_and_datasheet_alone_are_several_times_worse() -> None:
    bare, calibrated = found(replace(USUAL, weight_kg=None)), found(USUAL)
    assert bare.cop_mean_mm.mean() > 3 * calibrated.cop_mean_mm.mean()
    assert bare.fz_pct.mean() > 3 * calibrated.fz_pct.mean()


def test_without_the_ridge_a_calibration_falls_apart_on_another_floor() -> None:
    """Why the ridge exists: what nine placements could not show was noise, and the new floor loads exactly that."""
    kept, lost = found(replace(USUAL, moved=True)), found(replace(USUAL, moved=True, ridge=0.0))
    assert kept.cop_mean_mm.mean() <= 1.5
    assert kept.cop_worst_mm.max() <= 8.0
    assert lost.cop_mean_mm.mean() > 10 * kept.cop_mean_mm.mean()
    assert lost.cop_worst_mm.max() > 18.0


def test_the_hold_outs_of_the_same_floor_cannot_see_that_the_ridge_is_missing() -> None:
    """Nine plates of ten pass with it and without it; moved, those without it are off by centimetres."""
    careful = replace(USUAL, placed_mm=0.3)
    assert found(careful).passed.mean() > 0.9
    assert found(replace(careful, ridge=0.0)).passed.mean() > 0.9
    assert found(replace(careful, ridge=0.0, moved=True)).cop_mean_mm.mean() > 10


def test_hold_outs_ask_for_a_weight_within_half_a_millimetre() -> None:
    """They judge the operator's eye along with the plate."""
    assert found(replace(USUAL, placed_mm=0.5)).passed.mean() > 0.6
    assert found(replace(USUAL, placed_mm=3.0)).passed.mean() == 0


def test_where_the_weight_stands_decides_and_what_it_weighs_sets_the_force() -> None:
    assert found(replace(USUAL, placed_mm=3.0)).cop_mean_mm.mean() > 2 * found(USUAL).cop_mean_mm.mean()
    unknown = found(replace(USUAL, known_pct=1.0))
    assert unknown.cop_mean_mm.mean() == pytest.approx(found(USUAL).cop_mean_mm.mean(), rel=0.02)
    assert unknown.fz_pct.mean() > 2 * found(USUAL).fz_pct.mean()
    scaled = found(replace(USUAL, known_pct=1.0, scale_pct=0.3))
    assert scaled.fz_pct.mean() < 0.7 * unknown.fz_pct.mean()
    assert scaled.cop_mean_mm == pytest.approx(unknown.cop_mean_mm, rel=1e-6)


def test_the_diamond_of_a3_is_good_enough() -> None:
    from analysis.calibration_grid import Grid

    assert found(replace(USUAL, grid=Grid.A3)).cop_mean_mm.mean() <= 1.0
