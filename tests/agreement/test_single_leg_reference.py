"""Agreement with values that an independent script computed for the single-leg trials.

Raw, and after a 2nd-order Butterworth of 10 Hz forwards and backwards (`--lowpass-design 10`). It computed KINVENT's
from the device's quantised CoP, whose steps lengthen the raw path by up to 0.28 %; and the Wii board's from its CoP
interpolated in straight lines to 40 Hz, which shortens the raw path along one axis by up to 0.34 %. The cells are the
source here. Its velocities: total = path / ((N - 1) / fs), per axis = path / (N / fs).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from published import Analyse, values

from acquisition.files import read_file
from analysis.assess import assess_import
from analysis.recording import ImportedRecording
from analysis.settings import AnalysisSettings

KINVENT = "01_kinvent_single_leg/kinvent_sls_30s_original_export.csv"
WII = "02_wii_board_single_leg_alternating/wbb_first_half.csv"

PATHS = {
    "path": "path_length",
    "path_ml": "path_ml",
    "path_ap": "path_ap",
    "velocity": "mean_velocity_path_over_last_t",
}
PER_AXIS = {"velocity_ml": "mean_velocity_ml", "velocity_ap": "mean_velocity_ap"}
REST = {
    "mean_ap": "mean_ap",
    "sd_ml": "sd_ml",
    "sd_ap": "sd_ap",
    "range_ml": "range_ml",
    "range_ap": "range_ap",
    "rms": "rms_distance",
    "chi2_ellipse_area": "ellipse95_chi2",
    "prediction_ellipse_area": "ellipse95_prediction_F",
    "hull_area": "convex_hull_area",
}
FILTERS = {"raw": ("--lowpass", "none"), "butter2_filtfilt_10Hz": ("--lowpass-design", "10")}


@pytest.fixture
def reference(recordings: Path) -> dict[str, Any]:
    return dict(json.loads((recordings / "single_leg_reference_values.json").read_text(encoding="utf-8")))


def assert_agrees(ours: dict[str, float], theirs: dict[str, float], path_rel: float = 0.003) -> None:
    n = theirs["n_samples"]
    for id, name in PATHS.items():
        assert ours[id] == pytest.approx(theirs[name], rel=path_rel), id
    for id, name in PER_AXIS.items():
        assert ours[id] * (n - 1) / n == pytest.approx(theirs[name], rel=path_rel), id
    for id, name in REST.items():
        assert ours[id] == pytest.approx(theirs[name], rel=0.001), id


@pytest.mark.parametrize("column", FILTERS)
def test_kinvent_agrees(recordings: Path, analysed: Analyse, reference: dict[str, Any], column: str) -> None:
    trials = analysed(recordings / KINVENT, *FILTERS[column], "--grid", "native", "--window", "whole")
    assert len(trials) == 2
    for trial in trials:
        assert_agrees(values(trial), reference["kinvent_30s"][f"{trial['side']}_30s.csv"][column])


def part(recording: ImportedRecording, start_s: float, end_s: float, n: int) -> ImportedRecording:
    """The first `n` samples from start to end: the reference filtered each stance by itself, edges included."""
    first = int((recording.time_s < start_s).sum())
    assert recording.time_s[first + n - 1] <= end_s
    return ImportedRecording(
        recording.time_s[first : first + n],
        recording.values[first : first + n],
        recording.kind,
        recording.ml_axis,
        recording.geometry,
    )


@pytest.mark.parametrize("column", FILTERS)
def test_the_wii_board_agrees(recordings: Path, reference: dict[str, Any], column: str) -> None:
    (recording,) = read_file(recordings / WII).recordings
    design_hz = None if column == "raw" else 10.0
    settings = AnalysisSettings(lowpass_hz=None, lowpass_design_hz=design_hz, grid_hz=None, window="whole")
    assert len(reference["wbb_first_half"]) == 3
    for name, columns in reference["wbb_first_half"].items():
        start_s, end_s = map(float, re.findall(r"analysed ([\d.]+)-([\d.]+)s", name)[0])
        stance = part(recording, start_s, end_s, int(columns[column]["n_samples"]))
        result = assess_import(stance, settings=settings)[0].result
        ours = {id: value.value for id, value in result.values.items() if value.value is not None}
        assert_agrees({"mean_ap": float("nan"), **ours}, columns[column], 0.004 if column == "raw" else 0.003)
