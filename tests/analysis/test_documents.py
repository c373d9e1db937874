"""Results written as JSON and read back are the same results, whatever is in them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing import FOOTING, Attempt

from analysis.assess import TrialResult, assess_import
from analysis.documents import (
    comparison_document,
    settings_document,
    settings_from,
    trial_document,
    trial_result_from,
)
from analysis.geometry import Side
from analysis.recording import ImportedRecording, SignalKind
from analysis.settings import AnalysisSettings
from analysis.sides import compare

seconds = st.floats(0.1, 100.0)
made_settings = st.builds(
    AnalysisSettings,
    lowpass_hz=st.none() | st.floats(1.0, 50.0),
    lowpass_design_hz=st.none() | st.floats(1.0, 50.0),
    grid_hz=st.none() | st.floats(20.0, 1000.0),
    window=st.sampled_from(["static", "whole"]) | st.tuples(seconds, st.floats(101.0, 200.0)),
    target_hold_s=st.none() | seconds,
    minimum_load_n=st.floats(0.0, 500.0),
    minimum_load_fraction=st.floats(0.0, 0.9),
)


def results() -> dict[str, TrialResult]:
    """Results with everything, and with as little as there can be."""
    whole = Attempt(side=Side.LEFT, apa_mm=8.0)
    bare = ImportedRecording(whole.recording().time_s, whole.recording().values[:, :2], SignalKind.COP)
    return {
        "everything": whole.assessed(side=Side.RIGHT)[0].result,
        "short": Attempt(after=[(28.0, 0.4, 0.0)]).assessed()[0].result,
        "too short": Attempt(after=[(15.0, 0.4, 0.0)]).assessed()[0].result,
        "nothing known": assess_import(bare, settings=AnalysisSettings())[0].result,
        "no stance": Attempt(lift_s=99.0, after=[]).assessed()[0].result,
        "window": Attempt().assessed(settings=AnalysisSettings(window=(12.0, 70.0)))[0].result,
    }


@pytest.mark.parametrize("name", results())
def test_a_result_comes_back_from_its_json(name: str) -> None:
    result = results()[name]
    text = json.dumps(trial_document(result), allow_nan=False)
    assert trial_result_from(json.loads(text)) == result


@given(made_settings)
def test_settings_come_back_from_their_json(chosen: AnalysisSettings) -> None:
    assert settings_from(json.loads(json.dumps(settings_document(chosen), allow_nan=False))) == chosen


def test_a_comparison_is_json_without_nan() -> None:
    both = [Attempt(side=side, sway=sway).assessed()[0].result for side in Side for sway in (1.0, 1.1)]
    document = json.loads(json.dumps(comparison_document(compare(both)), allow_nan=False))
    assert document["left"] == {"n": 2, "attempts": 2, "failures": 0}
    assert document["metrics"]["velocity_ml"]["left_over_right"] == pytest.approx(1.0, rel=1e-6)
    assert set(document["metrics"]["lateral_shift"]) >= {"left_minus_right", "ci95", "flag", "mdc", "reason"}


def test_every_value_says_its_unit_or_its_reason() -> None:
    document = trial_document(replace(results()["too short"]))
    for id, entry in document["metrics"].items():
        assert entry["unit"], id
        assert (entry["value"] is None) is (entry["reason"] is not None), id


def test_the_footing_of_the_tests_is_as_described() -> None:
    assert (FOOTING.half_spacing_mm, FOOTING.midline_x_mm) == (90.0, 0.0)
