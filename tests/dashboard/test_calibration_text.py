"""Every refusal, every finding and every step of a calibration has its sentence, with the numbers it needs."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from loads import DRAWING, EMPTY_COUNTS
from shelf import NOON, calibration, session_check

from acquisition.calibration_run import Plan, Task
from acquisition.session_check import CheckTask
from analysis.calibration_checks import (
    Problem,
    Refusal,
    gain_refusal,
    person_refusal,
    placement_refusal,
    saturation_refusal,
    scale_refusal,
    weight_refusal,
    zero_refusal,
    zero_shift_refusal,
)
from analysis.calibration_grid import Grid
from analysis.quality import Severity
from analysis.session_check import CheckCode, CheckFinding
from dashboard.calibration_text import check_finding_text, check_text, place_name, refusal_text, step_text
from dashboard.figures.drift import drift_chart
from dashboard.words import load_words
from records.model import DriftCheck

WORDS = load_words()
QUIET = np.zeros(4)


def refusals() -> dict[Problem, Refusal]:
    """One of each, as the checks make them."""
    gain, zero = DRAWING.newton_per_count, EMPTY_COUNTS
    share = np.full(4, 25.0) / gain
    broken = DRAWING.matrix()
    broken[0, 1] *= 2
    made = [
        zero_refusal(zero + 20 / gain, QUIET, QUIET, gain, zero),
        zero_refusal(zero, QUIET + 1, QUIET, gain, None),
        zero_refusal(zero, QUIET, QUIET + 1, gain, None),
        zero_shift_refusal(zero, zero + 3 / gain, gain),
        placement_refusal(share, 1.0, (0, 0), 100.0, DRAWING),
        placement_refusal(share / 10, 0.0, (0, 0), 10.0, DRAWING),
        placement_refusal(share, 0.0, (0, 0), 200.0, DRAWING),
        placement_refusal(share * [0.9, 1, 1, 1.2], 0.0, (90, 90), 100.0, DRAWING),
        placement_refusal(share, 0.0, (0, 90), 100.0, DRAWING),
        person_refusal(700, 30, 700),
        saturation_refusal((2,)),
        scale_refusal(1.2),
        gain_refusal(broken, DRAWING),
        weight_refusal(1e6, DRAWING),
    ]
    return {refusal.problem: refusal for refusal in made if refusal is not None}


@pytest.mark.parametrize("problem", Problem)
def test_a_refusal_says_what_and_what_to_do(problem: Problem) -> None:
    text = refusal_text(WORDS, refusals()[problem])
    assert text[0].isupper()
    assert text.endswith(".")


def test_exchanged_cells_are_named_by_number_and_corner() -> None:
    text = refusal_text(WORDS, Refusal(Problem.CELLS_SWAPPED, {"near": 1, "peak": 3}))
    assert "nearest to cell 1 (front right), but cell 3 (rear left) carries most" in text


@pytest.mark.parametrize("code", CheckCode)
def test_a_finding_of_a_check_says_how_grave_it_is(code: CheckCode) -> None:
    finding = CheckFinding(code, Severity.CAUTION, {"cell": 0, "value": 1.5, "limit": 1.0})
    assert check_finding_text(WORDS, finding).startswith("Caution: ")


def test_every_step_says_where_the_weight_goes() -> None:
    for grid in Grid:
        said = [step_text(WORDS, step) for step in Plan("FP-7", grid, 10.0, 70.0).steps]
        assert len(set(said)) == len(said) - 1  # both zeros are asked for in the same words
    assert {task.value for task in Task} <= {key.split(".")[1] for key in WORDS.sentences if key[:12] == "calibration."}
    assert all(WORDS.has(f"check.{task.value}") for task in CheckTask)


def test_places_are_named_as_the_person_on_the_plate_sees_them() -> None:
    assert place_name(WORDS, (0, 0)) == "the middle"
    assert place_name(WORDS, (90, -90)) == "rear right"
    assert place_name(WORDS, (-180, 0)) == "left"
    assert place_name(WORDS, (0, 180)) == "front"


def test_the_outcome_of_a_check_ends_with_its_verdict() -> None:
    assert check_text(WORDS, session_check())[-1] == "Passed."
    failed = check_text(WORDS, session_check(np.array([0.1, -6.0, 0, 0]), weight_error_pct=-2.0))
    assert failed[1] == "Zero since the last check: 0.10 / −6.00 / 0.00 / 0.00 N."
    assert failed[2].startswith("Not usable: The weight reads −2.00 % off")
    assert failed[-1].startswith("Not passed")


# ---- the chart of the drift log


def entry(day: int, zero_n: float, weight_pct: float) -> DriftCheck:
    check = session_check(weight_error_pct=weight_pct)
    moved = type(check)(
        zero=np.array([zero_n, 0, 0, -zero_n]) / 0.5,
        zero_drift_n=None,
        rate_hz=check.rate_hz,
        noise_n=check.noise_n,
        weight_n=check.weight_n,
        weight_error_pct=weight_pct,
        centre_error_mm=0.0,
        corner_error_mm=0.0,
        findings=check.findings,
    )
    return DriftCheck(f"d{day}", "FP-7", "c", NOON + timedelta(days=day), "Ann", moved.passed, moved)


def test_the_drift_chart_shows_each_cell_since_the_first_check_and_the_weight() -> None:
    """0.5 N a count; in order of time whatever order they come in; a check that failed is a cross."""
    figure = drift_chart([entry(2, 3.0, -1.5), entry(0, 1.0, 0.2), entry(1, 1.5, 0.4)], [0.5] * 4, WORDS)
    cells, weight = figure.data[:4], figure.data[4]
    assert list(cells[0].y) == pytest.approx([0, 0.5, 2.0])
    assert list(cells[3].y) == pytest.approx([0, -0.5, -2.0])
    assert list(cells[1].y) == pytest.approx([0, 0, 0])
    assert list(weight.y) == pytest.approx([0.2, 0.4, -1.5])
    assert list(weight.marker.symbol) == ["circle", "circle", "x"]
    assert [shape.y1 for shape in figure.layout.shapes] == [5.0, 1.0]
    assert len({trace.marker.symbol for trace in cells}) == 4


def test_an_empty_drift_log_makes_an_empty_chart() -> None:
    assert [len(trace.y) for trace in drift_chart([], calibration().cell_newton_per_count, WORDS).data] == [0] * 5
