"""Phases found on attempts whose every moment is written down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing import FOOTING, HALF_MM, WEIGHT_N, Attempt, joined

from analysis.assess import AssessedTrial, assess_import
from analysis.geometry import Footing, FootPlacement, Side
from analysis.metrics import Reason
from analysis.phases import EndedBy
from analysis.quality import FindingCode, Severity
from analysis.recording import ImportedRecording, MlAxis, SignalKind
from analysis.settings import AnalysisSettings

DEFAULT = AnalysisSettings()
MOMENT_S = 0.06  # what two low-passes of 6 and 10 Hz may move a moment by


def only(trials: tuple[AssessedTrial, ...]) -> AssessedTrial:
    assert len(trials) == 1
    return trials[0]


def codes(trial: AssessedTrial) -> set[FindingCode]:
    return {finding.code for finding in trial.result.findings}


def value(trial: AssessedTrial, id: str) -> float:
    number = trial.result.values[id].value
    assert number is not None, trial.result.values[id].reason
    return number


@pytest.mark.parametrize("side", Side)
def test_a_whole_attempt_is_marked_as_it_was_planted(side: Side) -> None:
    """Both feet to 10 s, slowed to 15 % of the peak at 10.53 s, back on both feet from 45 s: target of 30 s held."""
    attempt = Attempt(side=side)
    trial = only(attempt.assessed())
    phases = trial.result.phases
    assert phases.side is side
    assert phases.foot_off_s == pytest.approx(attempt.foot_off_s, abs=MOMENT_S)
    assert phases.end_s == pytest.approx(45.1, abs=0.1)
    assert (phases.ended_by, phases.hold_time_s, phases.censored) == (EndedBy.TARGET_REACHED, 30.0, True)
    assert phases.static_s == pytest.approx((attempt.foot_off_s + 5, attempt.foot_off_s + 25), abs=MOMENT_S)
    assert phases.bipedal_s == pytest.approx((10.5 - 5 - 0.2, 10.5 - 1.6 - 0.2), abs=0.3)
    assert trial.result.findings == ()
    assert trial.result.usable


def test_the_transfer_starts_at_a_tenth_of_the_step() -> None:
    """A minimum-jerk step has gone a tenth of its way at p = 0.2466: 0.148 s after its start."""
    phases = only(Attempt(sway=0.2).assessed()).result.phases
    assert phases.transfer_start_s == pytest.approx(10.148, abs=0.03)


@settings(max_examples=20)
@given(shift_mm=st.floats(-12.0, 25.0), sway=st.floats(0.3, 1.5), side=st.sampled_from(list(Side)))
def test_foot_off_does_not_depend_on_where_the_weight_goes(shift_mm: float, sway: float, side: Side) -> None:
    """A rule by a part of the plateau would follow the lateral shift; the end of the fast transfer does not."""
    attempt = Attempt(side=side, shift_mm=shift_mm, sway=sway)
    phases = only(attempt.assessed()).result.phases
    assert phases.foot_off_s == pytest.approx(attempt.foot_off_s, abs=0.1)


def test_an_anticipatory_shift_is_measured_from_the_quiet_baseline() -> None:
    """8 mm toward the swing leg, reached 0.3 s before the transfer, begun 0.6 s before it; filters take some of it."""
    trial = only(Attempt(side=Side.LEFT, apa_mm=8.0, sway=0.2).assessed())
    phases = trial.result.phases
    assert phases.apa_mm == pytest.approx(8.0, abs=0.8)
    assert phases.apa_onset_s == pytest.approx(9.45, abs=0.1)
    assert value(trial, "transfer_time") == pytest.approx(10.535 - 9.45, abs=0.12)


def test_a_shift_within_the_noise_is_no_anticipation() -> None:
    trial = only(Attempt(apa_mm=2.0).assessed())
    assert trial.result.values["apa"].reason is Reason.NOT_REACHED
    assert value(trial, "transfer_time") == pytest.approx(10.535 - 10.148, abs=0.06)


ENDS = {
    "the other foot comes down on the plate": (
        Attempt(after=[(30.0, 0.4, 0.0)]),
        EndedBy.TOUCHDOWN,
        30.1,
    ),
    "the other foot touches the floor": (
        Attempt(load=[(30.0, 0.1, 0.8), (33.0, 0.2, 1.0)]),
        EndedBy.OFF_PLATE_TOUCH,
        30.05,
    ),
    "the other foot beside the plate takes nearly everything for a moment, then half": (
        Attempt(load=[(30.0, 0.15, 0.15), (30.3, 0.3, 0.5)]),
        EndedBy.OFF_PLATE_TOUCH,
        30.05,
    ),
    "a hop": (
        Attempt(load=[(30.0, 0.1, 1.4), (30.15, 0.05, 0.0), (30.35, 0.05, 1.8), (30.5, 0.1, 1.0)]),
        EndedBy.HOP,
        30.15,
    ),
    "stepping off": (Attempt(load=[(30.0, 0.3, 0.0)], after=[]), EndedBy.STEP_OFF, 30.1),
    "a step sideways": (Attempt(after=[(30.0, 0.3, 190.0)]), EndedBy.LATERAL_STEP, 30.15),
    "the end of the recording": (Attempt(seconds=30.0, after=[]), EndedBy.END_OF_RECORDING, 30.0),
}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("side", Side)
def test_every_end_is_told_apart_and_timed(name: str, side: Side) -> None:
    attempt, ended_by, end_s = ENDS[name]
    phases = only(replace(attempt, side=side).assessed()).result.phases
    assert phases.ended_by is ended_by
    assert phases.end_s == pytest.approx(end_s, abs=0.1)
    assert phases.hold_time_s == pytest.approx(end_s - 10.535, abs=0.15)
    assert phases.censored is (ended_by is EndedBy.END_OF_RECORDING)
    assert (phases.touch_down_s is None) is (ended_by is EndedBy.END_OF_RECORDING)


def test_a_knee_bend_does_not_end_a_stance() -> None:
    """25 % more load for 0.4 s with the CoP in the foot: nothing else carries anything."""
    phases = only(Attempt(load=[(30.0, 0.2, 1.25), (30.4, 0.2, 1.0)]).assessed()).result.phases
    assert phases.ended_by is EndedBy.TARGET_REACHED


def test_a_dip_shorter_than_80_ms_does_not_end_a_stance() -> None:
    phases = only(Attempt(load=[(30.0, 0.03, 0.85), (30.03, 0.03, 1.0)]).assessed()).result.phases
    assert phases.ended_by is EndedBy.TARGET_REACHED


def test_what_goes_on_after_a_touch_is_no_attempt_of_its_own() -> None:
    """A touch at 20 s, then on one leg again to 45 s: one attempt that failed at 20 s, not two."""
    trial = only(Attempt(load=[(20.0, 0.1, 0.8), (21.0, 0.2, 1.0)]).assessed())
    assert trial.result.phases.hold_time_s == pytest.approx(20.05 - 10.535, abs=0.15)
    assert trial.result.values["failures"].value == 1.0


def test_a_support_of_the_whole_hold_is_found_against_the_weight_on_both_feet() -> None:
    """5 % of body weight hang on a rail from before foot-off to the end: no moment of the hold differs from another."""
    trial = only(Attempt(load=[(9.5, 1.0, 0.95), (44.0, 0.5, 1.0)]).assessed())
    support = [finding for finding in trial.result.findings if finding.code is FindingCode.SUPPORT_SUSPECTED]
    assert support[0].values["deviation_pct"] == pytest.approx(-5.0, abs=0.3)
    assert trial.stance.weight_n == pytest.approx(WEIGHT_N, rel=0.002)


def test_a_stance_supported_by_a_tenth_is_kept_and_said_to_be_supported() -> None:
    """At 0.9 of the weight on both feet it is no stance by the load band; by the load of most of the record it is."""
    trial = only(Attempt(load=[(9.5, 1.0, 0.9), (44.0, 0.5, 1.0)]).assessed())
    support = [finding for finding in trial.result.findings if finding.code is FindingCode.SUPPORT_SUSPECTED]
    assert support[0].values["deviation_pct"] == pytest.approx(-10.0, abs=0.5)


def test_a_load_in_the_hand_is_part_of_the_weight() -> None:
    """Both feet and one leg carry person and load alike: nothing to suspect."""
    trial = only(Attempt(first_load=1.1).assessed())
    assert trial.stance.weight_n == pytest.approx(1.1 * WEIGHT_N, rel=0.002)
    assert FindingCode.SUPPORT_SUSPECTED not in codes(trial)


def test_with_the_swing_foot_beside_the_plate_foot_off_is_where_the_load_is_complete() -> None:
    """Half the weight to 10 s, all of it at 10.4 s. 97 % are reached at s(p) = 0.94, p = 0.80: 10.32 s."""
    trial = only(Attempt(first_load=0.5, lift_s=-2.0, load=[(10.0, 0.4, 1.0)]).assessed())
    assert trial.result.phases.foot_off_s == pytest.approx(10.32, abs=MOMENT_S)
    assert FindingCode.STARTED_ON_ONE_LEG not in codes(trial)
    for id in ("apa", "transfer_time", "shift_from_bipedal", "load_share_bipedal"):
        assert trial.result.values[id].reason is Reason.NO_BIPEDAL_PHASE
    assert value(trial, "time_to_stabilisation") < 1.0


def on_one_leg_from_the_start(**changes: object) -> Attempt:
    return replace(Attempt(lift_s=-2.0, seconds=32.0, after=[]), **changes)  # type: ignore[arg-type]


def test_a_recording_that_starts_on_one_leg_bounds_the_hold() -> None:
    """No foot-off, so the hold is a lower bound, transition metrics have no beginning, the window counts from 0 s."""
    trial = only(on_one_leg_from_the_start().assessed())
    phases = trial.result.phases
    assert (phases.foot_off_s, phases.start_s, phases.censored) == (None, 0.0, True)
    assert phases.static_s == (5.0, 25.0)
    assert codes(trial) == {FindingCode.STARTED_ON_ONE_LEG}
    for id in ("overshoot", "time_to_stabilisation", "settling_ratio", "transfer_time", "apa"):
        assert trial.result.values[id].reason is Reason.NO_FOOT_OFF


def test_an_end_after_an_unseen_beginning_is_still_a_lower_bound() -> None:
    phases = only(on_one_leg_from_the_start(after=[(20.0, 0.4, 0.0)]).assessed()).result.phases
    assert (phases.ended_by, phases.censored) == (EndedBy.TOUCHDOWN, True)
    assert phases.hold_time_s == pytest.approx(20.1, abs=0.1)


def test_stepping_on_within_the_first_half_second_is_said() -> None:
    """The load is 12 % short at the beginning and complete after 0.3 s."""
    trial = only(on_one_leg_from_the_start(first_load=0.88, load=[(0.0, 0.3, 1.0)]).assessed())
    assert codes(trial) == {FindingCode.STARTED_ON_ONE_LEG, FindingCode.STEPPING_ON}


def test_stepping_onto_the_empty_plate_with_one_leg_is_a_beginning_on_one_leg() -> None:
    trial = only(on_one_leg_from_the_start(first_load=0.0, load=[(5.0, 0.3, 1.0)], seconds=42.0).assessed())
    assert trial.result.phases.foot_off_s is None
    assert trial.result.phases.start_s == pytest.approx(5.25, abs=0.1)


@pytest.mark.parametrize(("hold_s", "expected"), [(10.0, None), (12.8, None), (14.0, (2.5, 13.6)), (26.0, (5.0, 25.0))])
def test_the_window_is_full_short_or_none_by_the_length_of_the_hold(
    hold_s: float, expected: tuple[float, float] | None
) -> None:
    """The full window needs 25.4 s; a short one begins 2.5 s after foot-off, ends 0.4 s before the end, needs 10 s."""
    end_s = 10.535 + hold_s - 0.1
    trial = only(Attempt(after=[(end_s, 0.4, 0.0)]).assessed())
    phases = trial.result.phases
    if expected is None:
        assert phases.static_s is None
        assert codes(trial) == {FindingCode.NO_STATIC_WINDOW}
        assert not trial.result.usable
    else:
        assert phases.static_s == pytest.approx((10.535 + expected[0], 10.535 + expected[1]), abs=0.1)
        assert phases.short is (expected != (5.0, 25.0))
        assert codes(trial) == ({FindingCode.SHORT_WINDOW} if phases.short else set())


def right_left_right() -> ImportedRecording:
    right, left = Attempt(side=Side.RIGHT, after=[(35.0, 0.4, 0.0)]), Attempt(side=Side.LEFT, after=[(32.0, 0.4, 0.0)])
    return joined(right, left, right)


@pytest.mark.parametrize("footing", [FOOTING, None])
def test_alternating_stances_become_trials_with_their_sides(footing: Footing | None) -> None:
    """Three attempts of 50 s, each with its own both-feet baseline, with or without a known template."""
    trials = assess_import(right_left_right(), settings=DEFAULT, footing=footing)
    assert [trial.result.side for trial in trials] == [Side.RIGHT, Side.LEFT, Side.RIGHT]
    assert [trial.result.phases.foot_off_s for trial in trials] == pytest.approx([10.535, 60.535, 110.535], abs=0.1)
    for index, trial in enumerate(trials):
        bipedal_s = trial.result.phases.bipedal_s
        assert bipedal_s is not None
        assert 50 * index < bipedal_s[0] < bipedal_s[1] < 50 * index + 10


def test_without_a_template_positions_relative_to_the_foot_have_no_value() -> None:
    for trial in assess_import(right_left_right(), settings=DEFAULT):
        for id in ("lateral_shift", "lateral_shift_pct", "shift_from_bipedal", "load_share_bipedal"):
            assert trial.result.values[id].reason is Reason.NO_FOOT_PLACEMENT


def test_of_two_places_the_first_one_is_both_feet() -> None:
    """Both feet, then left: without a template the CoP goes to the left of where it began."""
    recording = Attempt(side=Side.LEFT).recording()
    trial = only(assess_import(recording, settings=DEFAULT))
    assert trial.result.side is Side.LEFT
    assert trial.result.phases.foot_off_s == pytest.approx(10.535, abs=0.1)


def test_of_two_places_the_calmer_one_is_both_feet() -> None:
    """On the left leg from the start, foot down at 20 s, 10 s on both feet: not a stance from 20 s on."""
    recording = on_one_leg_from_the_start(side=Side.LEFT, after=[(20.0, 0.4, 0.0)]).recording()
    calm = recording.values.copy()
    after = recording.time_s > 20.4
    calm[after, 0] *= 0.25
    trial = only(assess_import(replace(recording, values=calm), settings=DEFAULT))
    assert (trial.result.side, trial.result.phases.ended_by) == (Side.LEFT, EndedBy.TOUCHDOWN)
    assert trial.result.phases.hold_time_s == pytest.approx(20.1, abs=0.15)


@pytest.mark.parametrize("declared", [None, Side.LEFT, Side.RIGHT])
def test_of_one_place_only_the_source_can_say_the_side(declared: Side | None) -> None:
    recording = on_one_leg_from_the_start(side=Side.LEFT).recording()
    trial = only(assess_import(recording, settings=DEFAULT, side=declared))
    assert trial.result.side is declared
    assert (FindingCode.SIDE_UNKNOWN in codes(trial)) is (declared is None)
    assert trial.result.values["hold_time"].value == pytest.approx(32.0, abs=0.1)


@pytest.mark.parametrize("medial_mm", [-70.0, 70.0])
def test_where_lateral_is_not_known_a_departure_is_a_touch_down(medial_mm: float) -> None:
    """One place, no side: a foot put down and a step sideways look the same."""
    attempt = on_one_leg_from_the_start(after=[(20.0, 0.4, HALF_MM + 6 + medial_mm)], seconds=20.9)
    phases = only(assess_import(attempt.recording(), settings=DEFAULT)).result.phases
    assert phases.ended_by is EndedBy.TOUCHDOWN
    assert phases.end_s == pytest.approx(20.1, abs=0.15)


def test_with_an_unknown_ml_axis_nothing_is_mirrored() -> None:
    """Without the direction of + ML there is no side, no sign of drift, and ML stays as the file has it."""
    recording = Attempt(side=Side.LEFT).recording(ml_axis=MlAxis.UNKNOWN)
    trial = only(assess_import(recording, settings=DEFAULT, side=Side.LEFT))
    assert FindingCode.ML_AXIS_UNKNOWN in codes(trial)
    assert trial.result.values["drift"].reason is Reason.ML_AXIS_UNKNOWN
    assert trial.result.values["mean_ml"].reason is Reason.ML_AXIS_UNKNOWN
    assert trial.stance.window.xy_mm[:, 0].mean() == pytest.approx(-96.0, abs=1.0)
    assert value(trial, "velocity_ml") > 0


def test_a_file_whose_ml_points_left_is_turned_once() -> None:
    """The same numbers with + to the left are a stance on the other leg."""
    recording = Attempt(side=Side.LEFT).recording(ml_axis=MlAxis.PLUS_LEFT)
    trial = only(assess_import(recording, settings=DEFAULT, footing=FOOTING))
    assert trial.result.side is Side.RIGHT
    assert value(trial, "lateral_shift") == pytest.approx(6.0, abs=0.5)


def test_a_stance_on_the_other_leg_than_stated_is_not_usable() -> None:
    trial = only(Attempt(side=Side.LEFT).assessed(side=Side.RIGHT))
    assert trial.result.side is Side.LEFT
    mismatch = [finding for finding in trial.result.findings if finding.code is FindingCode.SIDE_MISMATCH]
    assert mismatch[0].values == {"declared": "right", "found": "left"}
    assert mismatch[0].severity is Severity.NOT_USABLE
    assert not trial.result.usable


def test_nobody_on_one_leg_is_an_attempt_without_a_hold() -> None:
    trial = only(Attempt(lift_s=100.0, after=[]).assessed(side=Side.LEFT))
    assert codes(trial) == {FindingCode.NO_STANCE, FindingCode.NO_STATIC_WINDOW}
    assert trial.result.values["hold_time"].reason is Reason.NO_FOOT_OFF
    assert trial.result.side is Side.LEFT
    assert not trial.result.usable


def test_feet_close_together_are_said_to_be() -> None:
    """60 mm from the midline: the band reaches from 0.4 s = 24 mm, touch-down is less certain."""
    near = Footing(
        FootPlacement(Side.LEFT, (-60.0, -110.0), (-60.0, 135.0), 260.0, 98.0),
        FootPlacement(Side.RIGHT, (60.0, -110.0), (60.0, 135.0), 260.0, 98.0),
    )
    trial = only(Attempt(half_mm=60.0).assessed(footing=near))
    narrow = [finding for finding in trial.result.findings if finding.code is FindingCode.NARROW_STANCE]
    assert narrow[0].values == {"half_spacing_mm": 60.0, "minimum_mm": 70.0}
    assert value(trial, "lateral_shift") == pytest.approx(6.0, abs=0.5)


def test_a_cop_without_force_says_what_it_cannot_see() -> None:
    whole = Attempt().recording()
    recording = ImportedRecording(whole.time_s, whole.values[:, :2], SignalKind.COP, MlAxis.PLUS_RIGHT)
    trial = only(assess_import(recording, settings=DEFAULT, footing=FOOTING))
    assert codes(trial) == {FindingCode.NO_FORCE}
    assert trial.result.values["vertical_unsteadiness"].reason is Reason.NO_FORCE
    assert trial.result.phases.foot_off_s == pytest.approx(10.535, abs=0.1)
    assert value(trial, "lateral_shift") == pytest.approx(6.0, abs=0.5)


@pytest.mark.parametrize("id", ["velocity", "rms_ml", "lateral_shift", "drift", "hull_area", "time_to_stabilisation"])
def test_both_legs_are_measured_alike(id: str) -> None:
    """The mirror image of a right stance is a left stance with the same numbers: + is lateral on either leg."""
    right, left = (only(Attempt(side=side, drift_mm_s=0.2).assessed()) for side in (Side.RIGHT, Side.LEFT))
    assert value(left, id) == pytest.approx(value(right, id), rel=1e-9, abs=1e-9)


@settings(max_examples=15)
@given(end_s=st.floats(14.0, 44.0), side=st.sampled_from(list(Side)), sway=st.floats(0.3, 1.5))
def test_touch_down_is_found_wherever_it_happens(end_s: float, side: Side, sway: float) -> None:
    attempt = Attempt(side=side, sway=sway, after=[(end_s, 0.4, 0.0)])
    phases = only(attempt.assessed(target_hold_s=60.0)).result.phases
    assert phases.ended_by is EndedBy.TOUCHDOWN
    assert phases.touch_down_s == pytest.approx(end_s + 0.08, abs=0.3)  # a swing inward just before counts with it
    assert phases.hold_time_s == pytest.approx(end_s + 0.08 - attempt.foot_off_s, abs=0.35)


@pytest.mark.parametrize("seed", range(3))
def test_white_cop_noise_changes_no_phase(seed: int) -> None:
    """0.3 mm on every sample, three times what a good plate has."""
    clean = Attempt(after=[(30.0, 0.4, 0.0)])
    recording = clean.recording()
    noisy = recording.values.copy()
    noisy[:, :2] += np.random.default_rng(seed).normal(0, 0.3, (len(noisy), 2))
    trial = only(assess_import(replace(recording, values=noisy), settings=DEFAULT, footing=FOOTING))
    assert trial.result.phases.foot_off_s == pytest.approx(clean.foot_off_s, abs=0.1)
    assert trial.result.phases.ended_by is EndedBy.TOUCHDOWN
