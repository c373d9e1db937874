"""The check before a session says how far the plate is off, and whether it may be measured with."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from loads import DRAWING, EMPTY_COUNTS, shared
from numpy.typing import NDArray

from analysis.calibration import Calibration
from analysis.quality import Severity
from analysis.session_check import (
    CORNER_MM,
    CheckCode,
    Loads,
    SessionCheck,
    check_document,
    check_from,
    judge_session,
)

Float = NDArray[np.float64]
GAIN = DRAWING.newton_per_count
CALIBRATION = Calibration(
    "c", "FP-7", DRAWING.matrix(), np.full(4, GAIN), 0.1, 0.5, 7844.0, "10 kg", datetime(2026, 1, 1, tzinfo=UTC), "Ann"
)
RATES_HZ = np.full(4, 80.0)


def loads(
    load_n: float = 100.0,
    centre_mm: tuple[float, float] = (0.0, 0.0),
    corner_mm: tuple[float, float] = CORNER_MM,
    rate_hz: Float = RATES_HZ,
    drift_n: Float | None = None,
) -> Loads:
    """100 N said, `load_n` there, on these places of a plate as it was calibrated."""
    return Loads(
        weight_n=100.0,
        zero=EMPTY_COUNTS,
        centre=EMPTY_COUNTS + shared(*centre_mm, load_n) / GAIN,
        corner=EMPTY_COUNTS + shared(*corner_mm, load_n) / GAIN,
        rate_hz=rate_hz,
        noise_n=np.full(4, 0.05),
        zero_before=None if drift_n is None else EMPTY_COUNTS - drift_n / GAIN,
    )


def codes(check: SessionCheck) -> dict[CheckCode, Severity]:
    return {finding.code: finding.severity for finding in check.findings}


def test_a_plate_as_it_was_calibrated_passes_with_nothing_found() -> None:
    check = judge_session(loads(drift_n=np.array([0.5, -1.0, 0.0, 2.0])), CALIBRATION)
    assert check.passed
    assert check.findings == ()
    assert check.weight_error_pct == pytest.approx(0, abs=1e-9)
    assert check.zero_drift_n == pytest.approx([0.5, -1.0, 0.0, 2.0])
    assert (check.centre_error_mm, check.corner_error_mm) == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9))


def test_the_first_check_has_no_drift() -> None:
    assert judge_session(loads(), CALIBRATION).zero_drift_n is None


@pytest.mark.parametrize(("load_n", "passed"), [(100.9, True), (99.1, True), (101.1, False), (98.9, False)])
def test_a_weight_within_one_percent_passes(load_n: float, passed: bool) -> None:
    check = judge_session(loads(load_n), CALIBRATION)
    assert check.passed is passed
    assert check.weight_error_pct == pytest.approx(load_n - 100)


@pytest.mark.parametrize(("off_mm", "passed"), [(2.9, True), (3.1, False)])
def test_a_corner_within_three_millimetres_passes(off_mm: float, passed: bool) -> None:
    check = judge_session(loads(corner_mm=(CORNER_MM[0] + off_mm, CORNER_MM[1])), CALIBRATION)
    assert check.passed is passed
    assert check.corner_error_mm == pytest.approx(off_mm)
    assert (CheckCode.CORNER_OFF in codes(check)) is not passed


def test_a_weight_beside_the_centre_is_told_from_a_wrong_corner() -> None:
    assert codes(judge_session(loads(centre_mm=(0, 5)), CALIBRATION)) == {CheckCode.CENTRE_OFF: Severity.NOT_USABLE}


def test_a_large_drift_of_zero_is_a_caution_that_names_the_cell() -> None:
    check = judge_session(loads(drift_n=np.array([0, 0, -6.0, 1.0])), CALIBRATION)
    assert check.passed
    (finding,) = check.findings
    assert (finding.code, finding.values["cell"], finding.values["limit"]) == (CheckCode.ZERO_DRIFT, 2, 5.0)
    assert finding.values["value"] == pytest.approx(-6)


@pytest.mark.parametrize(
    ("rate_hz", "found"),
    [
        ([10.0, 10.1, 10.0, 9.9], {CheckCode.RATE_LOW: Severity.NOT_USABLE}),
        ([80.0, 80.0, 10.0, 80.0], {CheckCode.RATE_LOW: Severity.NOT_USABLE}),
        ([30.0, 30.0, 30.0, 30.0], {CheckCode.RATE_REDUCED: Severity.CAUTION}),
        ([80.0, 86.0, 80.0, 80.0], {CheckCode.RATE_UNEVEN: Severity.CAUTION}),
        ([92.5, 93.0, 92.0, 92.7], {}),
    ],
)
def test_a_converter_left_at_ten_samples_a_second_stops_the_session(
    rate_hz: list[float], found: dict[CheckCode, Severity]
) -> None:
    assert codes(judge_session(loads(rate_hz=np.array(rate_hz)), CALIBRATION)) == found


def test_an_old_calibration_is_a_caution() -> None:
    assert codes(judge_session(loads(), CALIBRATION, current=False)) == {CheckCode.CALIBRATION_OLD: Severity.CAUTION}


def test_a_check_comes_back_from_json_as_it_was() -> None:
    for check in (
        judge_session(loads(98.0, drift_n=np.full(4, 1 / 3)), CALIBRATION),
        judge_session(loads(), CALIBRATION),
    ):
        document = check_document(check)
        assert check_document(check_from(json.loads(json.dumps(document)))) == document
