"""The whole pipeline: same motion, same numbers; bad input, a named error or a finding; never a number in disguise."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from standing import FOOTING, WEIGHT_N, Attempt

from analysis.assess import AssessedTrial, assess_import, assess_recording
from analysis.calibration import DATASHEET, Calibration, Zero
from analysis.documents import trial_document
from analysis.errors import AnalysisError, NoLoad, NotCalibrated, TooShort
from analysis.geometry import PlateGeometry, Side
from analysis.metrics import METRICS, Reason
from analysis.phases import EndedBy
from analysis.quality import FindingCode, Severity
from analysis.recording import (
    ImportedRecording,
    MlAxis,
    PlateIdentity,
    RawRecording,
    SetFlag,
    SignalKind,
    Timing,
)
from analysis.settings import AnalysisSettings

Float = NDArray[np.float64]

DEFAULT = AnalysisSettings()
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CELLS_MM = ((-220.0, 220.0), (220.0, 220.0), (220.0, -220.0), (-220.0, -220.0))
NEWTON_PER_COUNT = 4.5e-4
GEOMETRY = PlateGeometry("square", CELLS_MM)
CALIBRATION = Calibration(
    "c1",
    "P1",
    GEOMETRY.load_matrix() * NEWTON_PER_COUNT,
    np.full(4, NEWTON_PER_COUNT),
    0.3,
    0.5,
    4000.0,
    "10 kg, 9 crosses",
    NOW - timedelta(days=30),
    "lab",
)
ZERO = Zero(np.array([1000.0, -2000.0, 3000.0, 0.0]), np.full(4, 20.0), NOW)
IDENTITY = PlateIdentity("P1", "square", "1", 1, 100.0, 8_388_608, Timing.SIMULTANEOUS)


def cell_forces(attempt: Attempt, time_s: Float) -> Float:
    """Fz/4 (1 + x x_i / a^2 + y y_i / a^2) on each cell of a rigid plate. (n, 4) [N]"""
    values = attempt.recording().values
    own = [np.interp(time_s, np.arange(len(values)) / 100, values[:, column]) for column in range(3)]
    ml_mm, ap_mm, fz_n = own
    return np.column_stack([fz_n / 4 * (1 + (ml_mm * x + ap_mm * y) / 220**2) for x, y in CELLS_MM])


def counted(attempt: Attempt, rate_hz: float = 100.0, **changes: object) -> RawRecording:
    """The attempt as counts of our own plate."""
    time_s = np.arange(round(attempt.seconds * rate_hz)) / rate_hz
    counts = np.rint(cell_forces(attempt, time_s) / NEWTON_PER_COUNT + ZERO.counts).astype(np.int32)
    raw = RawRecording(IDENTITY, NOW, np.repeat(time_s[:, None], 4, 1), counts, np.zeros(len(time_s), np.uint8))
    return replace(raw, **changes)  # type: ignore[arg-type]


def assessed(raw: RawRecording, calibration: Calibration = CALIBRATION, side: Side | None = None) -> AssessedTrial:
    return assess_recording(raw, calibration, ZERO, settings=DEFAULT, footing=FOOTING, side=side)[0]


def severities(trial: AssessedTrial) -> dict[FindingCode, Severity]:
    return {finding.code: finding.severity for finding in trial.result.findings}


RESEARCH = replace(DEFAULT, research=True)


@pytest.mark.parametrize("id", METRICS)
def test_the_same_motion_at_100_and_1000_hz_gives_the_same_value(id: str) -> None:
    """Within 1 %; moments within two samples of the 100 Hz grid."""
    slow, fast = (
        Attempt(apa_mm=8.0, drift_mm_s=0.1).assessed(rate_hz=rate_hz, settings=RESEARCH)[0].result.values[id]
        for rate_hz in (100.0, 1000.0)
    )
    assert slow.reason is fast.reason
    if slow.value is not None:
        assert fast.value == pytest.approx(slow.value, rel=0.01, abs=0.02)


def test_counts_and_cop_of_the_same_attempt_agree() -> None:
    """Zero, gain and geometry undone, the plate says what the CoP file says."""
    by_counts, by_cop = assessed(counted(Attempt())).result, Attempt().assessed()[0].result
    assert by_counts.side is by_cop.side is Side.RIGHT
    for id, value in by_cop.values.items():
        if value.value is not None:
            assert by_counts.values[id].value == pytest.approx(value.value, rel=2e-3, abs=2e-3), id


def test_planted_position_and_drift_come_back() -> None:
    """The CoP lies 6 mm lateral at the transfer and moves 0.2 mm/s; the mean is that of mid-window."""
    attempt = Attempt(side=Side.LEFT, drift_mm_s=0.2, sway=0.2)
    trial = assessed(counted(attempt))
    middle_s = attempt.foot_off_s + 15 - attempt.lift_s
    assert trial.result.values["lateral_shift"].value == pytest.approx(6 + 0.2 * middle_s, abs=0.1)
    assert trial.result.values["drift"].value == pytest.approx(6.0, abs=0.3)
    assert trial.stance.weight_n == pytest.approx(WEIGHT_N, rel=1e-3)


@pytest.mark.parametrize(
    ("calibration", "said"),
    [
        (CALIBRATION, set()),
        (replace(CALIBRATION, residual_n=0.0, cop_error_mm=0.0, reference="the simulator's own gains"), set()),
        (replace(CALIBRATION, valid_until=NOW + timedelta(days=1)), set()),
        (replace(CALIBRATION, valid_until=NOW - timedelta(days=1)), {FindingCode.CALIBRATION_EXPIRED}),
        (replace(CALIBRATION, reference=DATASHEET), {FindingCode.UNCALIBRATED}),
        (
            replace(CALIBRATION, reference=DATASHEET, valid_until=NOW - timedelta(days=1)),
            {FindingCode.UNCALIBRATED},
        ),
    ],
    ids=["real", "simulated", "valid", "expired", "datasheet", "old datasheet"],
)
def test_a_plate_that_was_never_calibrated_and_one_whose_calibration_ran_out_are_two_things(
    calibration: Calibration, said: set[FindingCode]
) -> None:
    found = severities(assessed(counted(Attempt()), calibration))
    assert {FindingCode.UNCALIBRATED, FindingCode.CALIBRATION_EXPIRED} & set(found) == said


def test_the_calibration_of_another_plate_is_refused() -> None:
    with pytest.raises(NotCalibrated, match="is of plate P2"):
        assessed(counted(Attempt()), replace(CALIBRATION, plate_serial="P2"))


def test_a_simulated_plate_is_said_to_be_one() -> None:
    raw = counted(Attempt(), plate=replace(IDENTITY, serial="SIM-1"))
    assert FindingCode.SIMULATED in severities(assessed(raw, replace(CALIBRATION, plate_serial="SIM-1")))


def saturated(at_s: float) -> RawRecording:
    flags = np.zeros(5000, np.uint8)
    flags[round(at_s * 100)] = SetFlag.SATURATED
    return counted(Attempt(), flags=flags)


def test_saturation_counts_within_the_stance_only() -> None:
    """At 20 s it spoils the hold; at 48 s, after the foot came down, it does not."""
    assert severities(assessed(saturated(20.0)))[FindingCode.SATURATED] is Severity.NOT_USABLE
    assert assessed(saturated(48.0)).result.usable


def test_counts_at_the_limit_are_saturated_without_a_flag() -> None:
    raw = counted(Attempt())
    counts = raw.counts.copy()
    counts[2000, 1] = 8_388_607
    assert FindingCode.SATURATED in severities(assessed(replace(raw, counts=counts)))


def test_a_stance_that_an_interruption_cut_is_not_usable() -> None:
    """Unplugged at 30 s: the hold is a lower bound, and who knows what came next."""
    trial = assessed(counted(Attempt(seconds=30.0, after=[]), interrupted="LINK_LOST"))
    assert (trial.result.phases.ended_by, trial.result.phases.censored) == (EndedBy.INTERRUPTED, True)
    assert severities(trial)[FindingCode.INTERRUPTED] is Severity.NOT_USABLE


def test_a_stance_that_had_ended_before_the_interruption_stays_usable() -> None:
    trial = assessed(counted(Attempt(), interrupted="LINK_LOST"))
    assert severities(trial)[FindingCode.INTERRUPTED] is Severity.NOTE
    assert trial.result.usable


@pytest.mark.parametrize("n", [0, 1, 10, 19, 60])
def test_a_recording_that_broke_off_at_once_is_too_short(n: int) -> None:
    raw = counted(Attempt())
    start = RawRecording(IDENTITY, NOW, raw.time_s[:n], raw.counts[:n], raw.flags[:n], interrupted="LINK_LOST")
    with pytest.raises(TooShort):
        assessed(start)


def test_an_empty_plate_is_no_load() -> None:
    raw = counted(Attempt(first_load=0.0))
    with pytest.raises(NoLoad):
        assessed(raw)


def test_a_light_load_is_refused_with_the_limit_and_a_child_is_not() -> None:
    """150 N are below the adults' 200 N; with half of body weight as the only gate they are a person."""
    values = Attempt().recording().values * np.array([1.0, 1.0, 150 / WEIGHT_N])
    recording = replace(Attempt().recording(), values=values)
    with pytest.raises(NoLoad, match="150 N, a trial needs 200 N"):
        assess_import(recording, settings=DEFAULT, footing=FOOTING)
    child = AnalysisSettings(minimum_load_n=0.0)
    assert assess_import(recording, settings=child, footing=FOOTING)[0].result.usable


def test_below_the_gate_there_is_no_cop() -> None:
    """Stepping off at 30 s: from 0.5 body weight on the CoP is missing, not a point metres away."""
    trial = Attempt(load=[(30.0, 0.3, 0.0)], after=[]).assessed()[0]
    after = trial.stance.trial.between(30.5, 49.0)
    assert not after.valid.any()
    assert np.abs(trial.stance.trial.points_mm).max() < 200


@pytest.mark.parametrize("window", [(60.0, 70.0), (40.0, 60.0), (-5.0, 10.0)])
def test_a_window_beyond_the_recording_is_said_and_not_used_in_part(window: tuple[float, float]) -> None:
    trial = Attempt().assessed(settings=AnalysisSettings(window=window))[0]
    assert severities(trial)[FindingCode.WINDOW_OUTSIDE] is Severity.NOT_USABLE


def test_a_window_asked_for_is_the_window() -> None:
    trial = Attempt().assessed(settings=AnalysisSettings(window=(20.0, 30.0)))[0]
    assert (trial.stance.window.time_s[0], trial.stance.window.time_s[-1]) == (20.0, 30.0)
    assert trial.result.usable


def test_the_whole_recording_may_be_the_window() -> None:
    trial = Attempt(lift_s=-2.0, seconds=30.0, after=[]).assessed(settings=AnalysisSettings(window="whole"))[0]
    assert trial.stance.window.duration_s == pytest.approx(30.0)


@pytest.mark.parametrize("settings_", [AnalysisSettings(grid_hz=None), AnalysisSettings(lowpass_hz=None)])
def test_phases_do_not_depend_on_grid_and_filter_of_the_metrics(settings_: AnalysisSettings) -> None:
    assert Attempt().assessed(settings=settings_)[0].result.phases == Attempt().assessed()[0].result.phases


def test_drift_on_the_native_grid_needs_no_sample_on_the_windows_ends() -> None:
    """At 80 Hz the window of 20 s begins and ends between samples."""
    trial = Attempt(drift_mm_s=0.2, sway=0.2).assessed(rate_hz=80.0, settings=AnalysisSettings(grid_hz=None))[0]
    assert trial.result.values["drift"].value == pytest.approx(6.0, abs=0.3)


def gappy(start_s: float, end_s: float) -> AssessedTrial:
    recording = Attempt().recording()
    values = recording.values.copy()
    values[(recording.time_s > start_s) & (recording.time_s < end_s)] = np.nan
    return assess_import(replace(recording, values=values), settings=DEFAULT, footing=FOOTING, target_hold_s=30.0)[0]


@pytest.mark.parametrize(
    ("span_s", "usable"),
    [((20.0, 20.09), True), ((20.0, 20.15), False), ((20.0, 20.6), False), ((38.0, 38.6), True)],
    ids=["90 ms inside", "150 ms inside", "600 ms inside", "after the window"],
)
def test_a_gap_over_100_ms_in_the_window_spoils_it(span_s: tuple[float, float], usable: bool) -> None:
    trial = gappy(*span_s)
    assert trial.result.usable is usable
    expected = Severity.CAUTION if usable else Severity.NOT_USABLE
    assert severities(trial)[FindingCode.GAP] is expected


def test_more_than_2_percent_missing_rows_spoil_a_trial_however_short_each_hole() -> None:
    recording = Attempt().recording()
    lost = replace(recording, values=np.where(np.arange(5001)[:, None] % 25 == 0, np.nan, recording.values))
    trial = assess_import(lost, settings=DEFAULT, footing=FOOTING)[0]
    missing = [finding for finding in trial.result.findings if finding.code is FindingCode.MISSING_SAMPLES]
    assert missing[0].values["missing_pct"] == pytest.approx(4.0, abs=0.1)


def test_one_wild_cell_reading_is_repaired_and_said() -> None:
    raw = counted(Attempt())
    counts = raw.counts.copy()
    counts[2500, 0] += 2_000_000
    clean, wild = assessed(raw).result, assessed(replace(raw, counts=counts)).result
    assert [finding.code for finding in wild.findings] == [FindingCode.OUTLIERS_REPAIRED]
    for id in ("path", "range", "hull_area", "max_distance"):
        assert wild.values[id].value == pytest.approx(clean.values[id].value, rel=5e-3)


def test_a_constant_cop_has_positions_and_no_sway() -> None:
    values = np.tile([96.0, 10.0, WEIGHT_N], (3001, 1))
    recording = ImportedRecording(np.arange(3001) / 100, values, SignalKind.COP_FZ, MlAxis.PLUS_RIGHT)
    result = assess_import(recording, settings=DEFAULT, footing=FOOTING)[0].result
    assert result.values["lateral_shift"].value == pytest.approx(6.0)
    assert result.values["velocity"].reason is Reason.CONSTANT_INPUT
    assert result.values["vertical_unsteadiness"].reason is Reason.CONSTANT_INPUT


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(0, 3000),
    scale=st.sampled_from([0.0, 1.0, 100.0, 1e6]),
    missing=st.floats(0, 1),
    rate_hz=st.sampled_from([5.0, 21.0, 100.0, 777.0]),
    kind=st.sampled_from(list(SignalKind)),
    settings_=st.sampled_from(
        [
            DEFAULT,
            AnalysisSettings(grid_hz=None),
            AnalysisSettings(lowpass_hz=None, window="whole"),
            AnalysisSettings(window=(3.0, 7.0), grid_hz=20.0),
        ]
    ),
)
def test_any_input_gives_an_error_of_the_core_or_numbers_and_reasons(
    seed: int, n: int, scale: float, missing: float, rate_hz: float, kind: SignalKind, settings_: AnalysisSettings
) -> None:
    """No other exception, no warning, no NaN in what is written."""
    random = np.random.default_rng(seed)
    columns = {SignalKind.CELLS_N: 4, SignalKind.COP_FZ: 3, SignalKind.COP: 2}[kind]
    values = random.normal(150, scale, (n, columns)) + scale * np.cumsum(random.normal(0, 0.02, (n, columns)), axis=0)
    values[random.random(n) < missing**3] = np.nan
    recording = ImportedRecording(np.arange(n) / rate_hz, values, kind, MlAxis.PLUS_RIGHT, GEOMETRY)
    try:
        trials = assess_import(recording, settings=settings_, footing=FOOTING, side=Side.LEFT)
    except AnalysisError:
        return
    for trial in trials:
        json.dumps(trial_document(trial.result), allow_nan=False)
        for value in trial.result.values.values():
            assert (value.value is None) is (value.reason is not None)
