"""Left against right: intervals as Student's t gives them, flags by their two rules, never a best of CoP values."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measured import measured, trial
from scipy.stats import ttest_ind

from analysis.assess import TrialResult, Value
from analysis.geometry import Side
from analysis.metrics import METRICS, Reason
from analysis.settings import AnalysisSettings
from analysis.sides import GROWS_WITH_DURATION, NoComparison, SideComparison, compare, side_result


def compared(id: str, left: list[float], right: list[float]) -> SideComparison:
    sides = [(Side.LEFT, value) for value in left] + [(Side.RIGHT, value) for value in right]
    return compare([trial(side, **{id: value}) for side, value in sides])


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), n_left=st.integers(2, 6), n_right=st.integers(2, 6), spread=st.floats(0.02, 0.5))
def test_the_ratio_and_its_interval_are_students_t_on_logarithms(
    seed: int, n_left: int, n_right: int, spread: float
) -> None:
    random = np.random.default_rng(seed)
    left, right = (random.lognormal(3.0, spread, n) for n in (n_left, n_right))
    entry = compared("rms_ml", left.tolist(), right.tolist()).metrics["rms_ml"]
    low, high = ttest_ind(np.log(left), np.log(right), equal_var=True).confidence_interval(0.95)
    assert entry.kind == "ratio"
    assert entry.estimate == pytest.approx(math.exp(np.mean(np.log(left)) - np.mean(np.log(right))))
    assert entry.ci95 == pytest.approx((math.exp(low), math.exp(high)), rel=1e-6)


def test_exchanging_the_legs_inverts_the_ratio() -> None:
    there = compared("rms_ml", [4.0, 5.0, 6.0], [8.0, 9.0, 10.0]).metrics["rms_ml"]
    back = compared("rms_ml", [8.0, 9.0, 10.0], [4.0, 5.0, 6.0]).metrics["rms_ml"]
    assert there.estimate is not None
    assert there.ci95 is not None
    assert back.ci95 is not None
    assert back.estimate == pytest.approx(1 / there.estimate)
    assert back.ci95 == pytest.approx((1 / there.ci95[1], 1 / there.ci95[0]))


def test_signed_metrics_differ_in_millimetres() -> None:
    """Left 12, 14, 16 and right 1, 2, 3 mm lateral: 12 mm further on the left; s_p^2 = 2.5, t.975[4] = 2.776."""
    entry = compared("lateral_shift", [12.0, 14.0, 16.0], [1.0, 2.0, 3.0]).metrics["lateral_shift"]
    half = 2.776445 * math.sqrt(2.5) * math.sqrt(2 / 3)
    assert (entry.kind, entry.estimate, entry.mdc) == ("difference", 12.0, 10.0)
    assert entry.ci95 == pytest.approx((12 - half, 12 + half))
    assert entry.flag


@pytest.mark.parametrize(
    ("id", "left", "right", "flag"),
    [
        ("lateral_shift", [9.0, 9.2, 9.4], [0.0, 0.2, 0.4], False),  # beyond noise, 9 mm are below the MDC of 10
        ("lateral_shift", [0.0, 15.0, 30.0], [-5.0, 0.0, 5.0], False),  # 15 mm, but the interval holds 0
        ("velocity_ml", [30.0, 30.5, 31.0], [25.0, 25.5, 26.0], True),  # 5.0 mm/s, MDC 4.8
        ("velocity_ml", [30.0, 30.2, 30.4], [25.5, 25.7, 25.9], False),  # 4.5 mm/s
        ("velocity_ml", [10.0, 10.1, 10.2], [7.0, 7.1, 7.2], False),  # 1.42 x, but 3 mm/s are within error
        ("velocity", [60.0, 60.5, 61.0], [52.0, 52.1, 52.2], True),  # 8.4 mm/s, MDC 8.3
        ("rms_ml", [5.0, 5.05, 5.1], [4.1, 4.15, 4.2], False),  # 1.22 x
        ("rms_ml", [5.3, 5.35, 5.4], [4.1, 4.15, 4.2], True),  # 1.29 x
        ("rms_ml", [4.1, 4.15, 4.2], [5.3, 5.35, 5.4], True),  # 1 / 1.29
        ("rms_ml", [4.0, 8.0, 12.0], [3.0, 5.0, 7.0], False),  # 1.5 x, but the interval holds 1
        ("drift", [9.0, 9.1, 9.2], [0.0, 0.1, 0.2], False),  # signed, and no MDC is known
    ],
)
def test_a_difference_is_flagged_beyond_noise_and_beyond_measurement_error(
    id: str, left: list[float], right: list[float], flag: bool
) -> None:
    assert compared(id, left, right).metrics[id].flag is flag


@pytest.mark.parametrize(
    ("id", "left", "right", "within"),
    [
        ("lateral_shift", [1.0, 1.2, 1.4], [0.0, 0.2, 0.4], True),  # 1.0 +- 0.45 mm of 10
        ("lateral_shift", [0.0, 15.0, 30.0], [-5.0, 0.0, 5.0], False),  # 15 +- 25 mm
        ("lateral_shift", [30.0, 15.0, 0.0], [5.0, 0.0, -5.0], False),
        ("lateral_shift", [-1.0, 0.0, 1.0], [8.5, 9.0, 9.5], False),  # -9 +- 1.8 mm: its end is beyond -10
        ("velocity_ml", [30.0, 30.2, 30.4], [28.5, 28.7, 28.9], True),  # 1.5 +- 0.5 mm/s of 4.8
        ("velocity_ml", [28.5, 28.7, 28.9], [30.0, 30.2, 30.4], True),
        ("velocity_ml", [20.0, 30.0, 45.0], [25.0, 30.0, 36.0], False),  # 1.00 x, and half of that or twice
        ("rms_ml", [5.0, 5.05, 5.1], [4.6, 4.65, 4.7], True),  # 1.09 x, well below 1.25
        ("rms_ml", [4.0, 8.0, 12.0], [3.0, 5.0, 7.0], False),
        ("drift", [0.0, 0.1, 0.2], [0.0, 0.1, 0.2], False),  # no MDC is known: nothing is excluded
        ("rms_ml", [5.0], [5.0], False),  # no interval, nothing is excluded
    ],
)
def test_only_an_interval_that_lies_within_the_limit_excludes_a_difference(
    id: str, left: list[float], right: list[float], within: bool
) -> None:
    entry = compared(id, left, right).metrics[id]
    assert entry.within is within
    assert not (entry.within and entry.flag)


def test_one_trial_a_side_gives_a_number_without_interval_or_flag() -> None:
    entry = compared("rms_ml", [12.0], [4.0]).metrics["rms_ml"]
    assert entry.estimate == pytest.approx(3.0)
    assert (entry.ci95, entry.flag, entry.reason) == (None, False, NoComparison.ONE_TRIAL_A_SIDE)


def test_one_side_alone_is_compared_with_nothing() -> None:
    entry = compared("rms_ml", [4.0, 5.0], []).metrics["rms_ml"]
    assert (entry.estimate, entry.reason) == (None, NoComparison.ONE_SIDE_ONLY)


def test_a_side_shows_the_mean_and_its_sd_and_no_best() -> None:
    """4, 5 and 9: mean 6, SD sqrt((4 + 1 + 9) / 2)."""
    value = compared("rms_ml", [4.0, 5.0, 9.0], []).left.values["rms_ml"]
    assert (value.mean, value.n, value.best) == (6.0, 3, None)
    assert value.sd == pytest.approx(math.sqrt(7))


def test_from_five_trials_on_a_side_shows_the_median() -> None:
    assert compared("rms_ml", [4.0, 5.0, 5.5, 6.0, 90.0], []).left.values["rms_ml"].mean == 5.5


def held(side: Side, hold_s: float, censored: bool) -> TrialResult:
    result = measured(side)
    phases = replace(result.phases, hold_time_s=hold_s, censored=censored)
    return replace(result, phases=phases, values={**result.values, "hold_time": Value(hold_s)})


def test_hold_time_has_a_mean_a_best_and_its_bounds_counted() -> None:
    trials = [held(Side.LEFT, 12.0, False), held(Side.LEFT, 30.0, True), held(Side.LEFT, 18.0, False)]
    value = side_result(Side.LEFT, trials).values["hold_time"]
    assert (value.mean, value.best, value.n, value.censored) == (20.0, 30.0, 3, 1)


def test_hold_times_differ_in_seconds_with_an_interval() -> None:
    """12 and 14 s against 20 and 22 s: - 8 s; s_p^2 = 2, t.975[2] = 4.303."""
    trials = [held(Side.LEFT, hold_s, False) for hold_s in (12.0, 14.0)]
    trials += [held(Side.RIGHT, hold_s, False) for hold_s in (20.0, 22.0)]
    entry = compare(trials).metrics["hold_time"]
    half = 4.302653 * math.sqrt(2.0)
    assert (entry.kind, entry.estimate, entry.flag) == ("difference", -8.0, False)
    assert entry.ci95 == pytest.approx((-8 - half, -8 + half))


def test_two_censored_sides_have_no_difference_of_hold_times() -> None:
    entry = compare([held(Side.LEFT, 30.0, True), held(Side.RIGHT, 30.0, True)]).metrics["hold_time"]
    assert (entry.estimate, entry.reason) == (None, NoComparison.BOTH_CENSORED)


def shortened(side: Side, length_s: float) -> TrialResult:
    result = measured(side)
    return replace(result, phases=replace(result.phases, static_s=(13.0, 13.0 + length_s), short=True))


@pytest.mark.parametrize("length_s", [12.0, 18.0])
def test_what_grows_with_duration_is_not_compared_between_windows_of_different_lengths(length_s: float) -> None:
    """Full windows are 20 s. Two SHORT ones may differ as well."""
    for other in (measured(Side.RIGHT), shortened(Side.RIGHT, 10.0)):
        comparison = compare([shortened(Side.LEFT, length_s), other])
        for id in GROWS_WITH_DURATION:
            assert comparison.metrics[id].reason is NoComparison.WINDOWS_DIFFER
        for id in ("velocity", "velocity_ml", "rms_ml", "lateral_shift"):
            assert comparison.metrics[id].reason is NoComparison.ONE_TRIAL_A_SIDE


def test_windows_of_different_lengths_are_not_averaged_in_what_grows() -> None:
    side = side_result(Side.LEFT, [measured(Side.LEFT), shortened(Side.LEFT, 12.0)])
    assert (side.values["path"].mean, side.values["path"].reason) == (None, NoComparison.WINDOWS_DIFFER)
    assert side.values["velocity"].mean is not None


def whole(side: Side, start_s: float, end_s: float) -> TrialResult:
    result = measured(side)
    phases = replace(result.phases, start_s=start_s, end_s=end_s)
    return replace(result, settings=AnalysisSettings(window="whole"), phases=phases)


def test_whole_recordings_of_one_length_are_compared_wherever_they_begin() -> None:
    left = whole(Side.LEFT, 0.0, 30.0)
    alike, longer = (compare([left, whole(Side.RIGHT, 5.0, end_s)]).metrics["path"].reason for end_s in (35.0, 45.0))
    assert alike is NoComparison.ONE_TRIAL_A_SIDE
    assert longer is NoComparison.WINDOWS_DIFFER


def test_a_side_without_a_value_counts_none() -> None:
    value = side_result(Side.LEFT, [measured(Side.RIGHT)]).values["velocity"]
    assert (value.mean, value.sd, value.n) == (None, None, 0)


def test_outcomes_of_one_side_alone_or_without_a_target_have_no_difference() -> None:
    alone = compare([measured(Side.LEFT)]).metrics["hold_time"]
    assert (alone.estimate, alone.flag, alone.reason) == (None, False, NoComparison.ONE_SIDE_ONLY)
    without = measured(Side.LEFT)
    without = replace(without, values={**without.values, "failures": Value(None, reason=Reason.TARGET_UNKNOWN)})
    counted = compare([without, measured(Side.RIGHT)]).metrics["failures"]
    assert (counted.estimate, counted.flag, counted.reason) == (None, False, NoComparison.NO_VALUE)


def test_without_research_no_metric_of_it_is_compared_and_every_other_one_is() -> None:
    found = set(compare([measured(Side.LEFT), measured(Side.RIGHT)]).metrics)
    assert found == {id for id, metric in METRICS.items() if metric.group != "research"}


def test_a_direction_is_not_averaged() -> None:
    """- 89 and + 89 degrees are 2 degrees apart; their arithmetic mean points across both."""
    comparison = compared("prediction_ellipse_angle", [-89.0, 89.0], [0.0, 1.0])
    assert comparison.left.values["prediction_ellipse_angle"].reason is NoComparison.NOT_AVERAGED
    assert comparison.metrics["prediction_ellipse_angle"].reason is NoComparison.NOT_AVERAGED


def test_trials_of_different_settings_are_not_compared() -> None:
    other = replace(measured(Side.RIGHT), settings=AnalysisSettings(lowpass_hz=5.0))
    assert compare([measured(Side.LEFT), other]).metrics["velocity"].reason is NoComparison.SETTINGS_DIFFER


def test_unusable_trials_are_attempts_without_a_say_in_sway() -> None:
    spoilt = replace(trial(Side.LEFT, rms_ml=99.0), usable=False)
    side = side_result(Side.LEFT, [trial(Side.LEFT, rms_ml=4.0), spoilt])
    assert (side.attempts, side.n, side.values["rms_ml"].mean) == (2, 1, 4.0)


def test_a_trial_of_no_known_side_is_on_neither() -> None:
    comparison = compare([replace(measured(Side.LEFT), side=None), measured(Side.RIGHT)])
    assert (comparison.left.attempts, comparison.right.attempts) == (0, 1)


def test_a_value_of_0_has_no_ratio() -> None:
    entry = compared("time_to_stabilisation", [0.0, 1.0], [1.0, 2.0]).metrics["time_to_stabilisation"]
    assert (entry.estimate, entry.reason) == (None, NoComparison.NO_VALUE)
