"""What cannot be a recording, a foot, a calibration or a setting is refused with what is wrong."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from analysis.calibration import Calibration, Zero
from analysis.cop import CopSeries, Frame, standing_load
from analysis.errors import AnalysisError, InvalidRecording, NotCalibrated
from analysis.geometry import Footing, FootPlacement, PlateGeometry, Side
from analysis.metrics import METRICS, trial_metric
from analysis.recording import Gap, ImportedRecording, PlateIdentity, RawRecording, SampleBlock, SignalKind, Timing
from analysis.settings import AnalysisSettings

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lowpass_hz": 0.0},
        {"lowpass_hz": math.inf},
        {"lowpass_design_hz": -1.0},
        {"grid_hz": math.nan},
        {"target_hold_s": 0.0},
        {"window": (5.0, 5.0)},
        {"window": (5.0, math.nan)},
        {"minimum_load_n": -1.0},
        {"minimum_load_fraction": 1.0},
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecording):
        AnalysisSettings(**wrong)


def foot(side: Side = Side.LEFT, x_mm: float = -90.0, width_mm: float = 98.0) -> FootPlacement:
    return FootPlacement(side, (x_mm, -110.0), (x_mm, 135.0), 260.0, width_mm)


@pytest.mark.parametrize("wrong", [{"width_mm": 0.0}, {"width_mm": math.nan}, {"x_mm": math.nan}], ids=str)
def test_a_foot_without_a_size_or_place_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecording):
        foot(**wrong)


def test_feet_that_are_exchanged_are_refused() -> None:
    with pytest.raises(InvalidRecording, match="exchanged"):
        Footing(foot(Side.RIGHT), foot(Side.LEFT))
    with pytest.raises(InvalidRecording, match="left of the left foot"):
        Footing(foot(Side.LEFT, 90.0), foot(Side.RIGHT, -90.0))


@pytest.mark.parametrize(
    "cells_mm",
    [
        ((0, 0), (1, 0), (2, 0)),
        ((0, 0), (100, 0), (200, 0), (300, 0)),
        ((0, 100), (100, 100), (200, 100), (300, 100)),
        ((0, 0), (1, 1), (math.nan, 2), (3, 0)),
    ],
)
def test_cells_that_do_not_determine_a_cop_are_refused(cells_mm: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(InvalidRecording):
        PlateGeometry("odd", cells_mm)


@pytest.mark.parametrize("cell", range(4))
def test_a_load_on_one_cell_acts_where_the_cell_stands(cell: int) -> None:
    cells_mm = ((-220.0, 210.0), (230.0, 220.0), (225.0, -215.0), (-215.0, -225.0))
    fz_n, px, py = PlateGeometry("skew", cells_mm).load_matrix()[:, cell] * 100.0
    assert (px / fz_n, py / fz_n) == cells_mm[cell]


def test_the_first_estimate_of_body_weight_takes_what_exceeds_half_the_sustained_load() -> None:
    """Six parts of ten at 0.52 of it count, at 0.48 they do not; a landing of 1.5 % of the samples is not sustained."""
    for part, weight_n in ((0.52, 364.0), (0.48, 700.0)):
        assert standing_load(np.r_[np.full(600, 700.0 * part), np.full(400, 700.0)]) == pytest.approx(weight_n)
    assert standing_load(np.r_[np.full(985, 700.0), np.full(15, 2100.0)]) == 700.0


@pytest.mark.parametrize(
    ("time_s", "values"),
    [
        ([0.0, 1.0, 1.0], np.zeros((3, 3))),
        ([0.0, 2.0, 1.0], np.zeros((3, 3))),
        ([0.0, math.nan, 1.0], np.zeros((3, 3))),
        ([0.0, 1.0, 2.0], np.zeros((3, 2))),
        ([0.0, 1.0, 2.0], np.full((3, 3), math.inf)),
    ],
)
def test_columns_that_cannot_be_a_recording_are_refused(time_s: list[float], values: np.ndarray[Any, Any]) -> None:
    with pytest.raises(InvalidRecording):
        ImportedRecording(np.array(time_s), values, SignalKind.COP_FZ)


def test_cells_without_their_places_are_refused() -> None:
    with pytest.raises(InvalidRecording, match="positions of the cells"):
        ImportedRecording(np.arange(3.0), np.zeros((3, 4)), SignalKind.CELLS_N)


IDENTITY = PlateIdentity("P1", "m", "1", 1, 80.0, 8_388_608, Timing.PER_CHANNEL)


def test_time_that_runs_backwards_is_refused_with_its_row() -> None:
    time_s = np.repeat(np.array([0.0, 1.0, 0.5])[:, None], 4, axis=1)
    with pytest.raises(InvalidRecording, match="backwards at sample 2"):
        RawRecording(IDENTITY, NOW, time_s, np.zeros((3, 4), np.int32), np.zeros(3, np.uint8))


def test_a_wall_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidRecording, match="time zone"):
        RawRecording(
            IDENTITY, NOW.replace(tzinfo=None), np.zeros((0, 4)), np.zeros((0, 4), np.int32), np.zeros(0, np.uint8)
        )


def test_shapes_that_disagree_are_refused() -> None:
    with pytest.raises(InvalidRecording):
        RawRecording(IDENTITY, NOW, np.zeros((2, 4)), np.zeros((3, 4), np.int32), np.zeros(3, np.uint8))
    with pytest.raises(InvalidRecording):
        SampleBlock(0, np.zeros((2, 4), np.uint64), np.zeros((3, 4), np.int32), np.zeros(3, np.uint8))
    with pytest.raises(InvalidRecording):
        CopSeries(np.arange(3.0), np.zeros((2, 2)), np.zeros(3), Frame.LIMB)


@pytest.mark.parametrize(
    ("matrix", "gain"),
    [
        (np.ones((3, 3)), np.ones(4)),
        (np.ones((3, 4)), np.array([1.0, 0.0, 1.0, 1.0])),
        (np.full((3, 4), math.nan), np.ones(4)),
        (np.ones((3, 4)), np.array([1.0, math.nan, 1.0, 1.0])),
    ],
)
def test_a_gain_that_cannot_be_is_refused(matrix: np.ndarray[Any, Any], gain: np.ndarray[Any, Any]) -> None:
    with pytest.raises(NotCalibrated):
        Calibration("c", "P1", matrix, gain, 0.1, 0.1, 1000.0, "test", NOW, "test")


@pytest.mark.parametrize("counts", [np.zeros(3), np.array([0.0, 1.0, math.nan, 0.0])])
def test_a_zero_that_is_not_one_number_a_cell_is_refused(counts: np.ndarray[Any, Any]) -> None:
    with pytest.raises(NotCalibrated):
        Zero(counts, np.zeros(4), NOW)


def test_signals_cannot_be_changed_after_they_were_made() -> None:
    series = CopSeries(np.arange(3.0), np.zeros((3, 2)), np.zeros(3), Frame.LIMB)
    with pytest.raises(ValueError, match="read-only"):
        series.xy_mm[0, 0] = 1.0


def test_a_metric_is_registered_once() -> None:
    with pytest.raises(AnalysisError, match="registered twice"):
        trial_metric("path", unit="mm", worse="higher", source="test")(lambda stance: 0.0)
    assert METRICS["path"].unit == "mm"


@pytest.mark.parametrize(("start_s", "end_s"), [(math.nan, 2.0), (1.0, math.nan), (1.0, math.inf), (-math.inf, 2.0)])
def test_a_gap_without_a_place_in_time_is_refused(start_s: float, end_s: float) -> None:
    with pytest.raises(InvalidRecording, match="no place in time"):
        Gap(start_s, end_s, 3)
    assert Gap(1.0, 2.0, 3).missing == 3
