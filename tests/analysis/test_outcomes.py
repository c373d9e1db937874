"""Hold time and failures are outcomes of the test: an attempt that ended early counts, and is not left out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from one_leg import one_leg, place_after_place

from analysis.assess import TrialResult, assess_import
from analysis.geometry import Side
from analysis.metrics import Reason
from analysis.quality import Finding, FindingCode, Severity
from analysis.settings import AnalysisSettings
from analysis.sides import NoComparison, compare, side_result


def stances(*lasting_s: float, side: Side, target_hold_s: float | None = 30.0) -> list[TrialResult]:
    """Stances on one side with both feet down for 6 s around each; the other foot touches down at the end."""
    at_mm = 120.0 if side is Side.RIGHT else -120.0
    places = [(6.0, 0.0)]
    for seconds in lasting_s:
        places += [(seconds, at_mm), (6.0, 0.0)]
    recording = place_after_place(places)
    return [
        trial.result
        for trial in assess_import(recording, settings=AnalysisSettings(), side=None, target_hold_s=target_hold_s)
    ]


def test_a_foot_put_down_before_the_target_is_a_failure() -> None:
    result = stances(18.0, side=Side.RIGHT)[0]
    assert result.values["failures"].value == 1.0


def test_a_stance_held_to_the_target_is_no_failure() -> None:
    result = stances(34.0, side=Side.RIGHT)[0]
    assert result.values["failures"].value == 0.0
    assert result.phases.censored


def test_without_a_target_nobody_can_say_whether_an_early_end_was_a_failure() -> None:
    result = stances(18.0, side=Side.RIGHT, target_hold_s=None)[0]
    assert result.values["failures"].reason is Reason.TARGET_UNKNOWN
    assert side_result(Side.RIGHT, [result]).failures is None


def test_the_target_of_the_guided_test_is_not_forced_upon_other_peoples_recordings() -> None:
    result = assess_import(one_leg(34.0), settings=AnalysisSettings(target_hold_s=30.0))[0].result
    assert result.settings.target_hold_s is None
    assert result.phases.hold_time_s == pytest.approx(34.0, abs=0.2)


def test_a_stance_too_short_for_steadiness_still_has_a_hold_time() -> None:
    """Right: 18 and 5 s. Leaving out the short one would say 18 s; the mean of both is 11.5 s."""
    results = stances(18.0, 5.0, side=Side.RIGHT)
    assert [finding.code for finding in results[1].findings if finding.severity == "not_usable"] == [
        FindingCode.NO_STATIC_WINDOW
    ]
    side = side_result(Side.RIGHT, results)
    assert (side.attempts, side.n, side.failures) == (2, 1, 2)
    assert side.values["hold_time"].n == 2
    assert side.values["hold_time"].mean == pytest.approx(11.5, abs=0.4)


def test_a_trial_that_is_unusable_for_another_reason_has_no_say_in_hold_time() -> None:
    good, bad = stances(18.0, 16.0, side=Side.RIGHT)
    interrupted = Finding(FindingCode.INTERRUPTED, Severity.NOT_USABLE, {"reason": "LINK_LOST"})
    spoilt = replace(bad, usable=False, findings=(*bad.findings, interrupted))
    assert side_result(Side.RIGHT, [good, spoilt]).values["hold_time"].n == 1


def test_a_censored_left_hold_bounds_the_difference_from_below() -> None:
    """Left still up at 30 s, right down at 18 s: left minus right is at least 12 s."""
    both = stances(34.0, side=Side.LEFT) + stances(18.0, side=Side.RIGHT)
    entry = compare(both).metrics["hold_time"]
    assert (entry.kind, entry.bound, entry.reason) == ("bound", "at_least", NoComparison.ONE_CENSORED)
    assert entry.estimate == pytest.approx(12.0, abs=0.4)


def test_a_censored_right_hold_bounds_the_difference_from_above() -> None:
    both = stances(18.0, side=Side.LEFT) + stances(34.0, side=Side.RIGHT)
    entry = compare(both).metrics["hold_time"]
    assert (entry.kind, entry.bound) == ("bound", "at_most")
    assert entry.estimate == pytest.approx(-12.0, abs=0.4)


def test_failures_are_counted_over_all_attempts_and_never_judged() -> None:
    """Left fails twice (once too soon for steadiness), right holds once."""
    both = stances(18.0, 5.0, side=Side.LEFT) + stances(34.0, side=Side.RIGHT)
    entry = compare(both).metrics["failures"]
    assert (entry.estimate, entry.flag, entry.reason) == (2, False, NoComparison.COUNTED)
