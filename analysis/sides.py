"""One side, and the two sides compared: what may be said about a difference.

Positive metrics are compared as a ratio of geometric means (statistics on ln), signed ones as a difference in their
unit, hold time in seconds. An interval needs two usable trials a side. A difference is flagged only if its interval
excludes no difference AND it exceeds the minimal detectable change, or a ratio of 1.25 where none is known.
The other leg is no healthy reference: weakness may be on both sides.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.assess import TrialResult
from analysis.geometry import Side
from analysis.metrics import METRICS, Metric
from analysis.quality import FindingCode, Severity

Float = NDArray[np.float64]
Kind = Literal["ratio", "difference", "bound"]
Bound = Literal["at_least", "at_most"]

#: Smallest left-right difference of one visit beyond measurement error, 1.96 sqrt(SEM_L^2 + SEM_R^2). Simulated, so
#: every sentence made with them says "assumed"; a laboratory's own test-retest study replaces them.
ASSUMED_MDC: dict[str, float] = {"lateral_shift": 10.0, "velocity_ml": 4.8, "velocity": 8.3}
RATIO_LIMIT = 1.25
MEDIAN_FROM = 5
#: Windows whose lengths differ by more than this cannot be compared or averaged in what grows with duration.
SAME_LENGTH = 1.05
GROWS_WITH_DURATION = frozenset(
    {"path", "path_ml", "path_ap", "range", "range_ml", "range_ap", "range95_ml", "range95_ap", "max_distance"}
    | {"hull_area", "prediction_ellipse_area", "prediction_ellipse_major", "prediction_ellipse_minor"}
    | {"chi2_ellipse_area", "confidence_circle_area", "ttb_ml_min", "ttb_ap_min"}
)
#: Directions without a head: -89 and + 89 degrees are neighbours, their mean is not 0.
DIRECTIONS = frozenset({"prediction_ellipse_angle"})
#: Outcomes of an attempt: they count whether or not it lasted long enough for steadiness.
OUTCOMES = frozenset({"hold_time", "failures"})


class NoComparison(StrEnum):
    """Why a comparison carries no interval or no number. Values appear in exported files: never rename one."""

    ONE_TRIAL_A_SIDE = "ONE_TRIAL_A_SIDE"
    ONE_SIDE_ONLY = "ONE_SIDE_ONLY"
    NO_VALUE = "NO_VALUE"
    WINDOWS_DIFFER = "WINDOWS_DIFFER"
    ONE_CENSORED = "ONE_CENSORED"
    BOTH_CENSORED = "BOTH_CENSORED"
    COUNTED = "COUNTED"
    SETTINGS_DIFFER = "SETTINGS_DIFFER"
    NOT_AVERAGED = "NOT_AVERAGED"


@dataclass(frozen=True, slots=True)
class SideValue:
    """A metric over the usable trials of one side.

    ``mean``: median where n >= 5; for failures their count. ``sd`` in the metric's unit (None for one trial). Hold time
    and failures are outcomes: they count for attempts that were too short for steadiness, too. ``best``: the longest
    hold, and of nothing else: the best of several CoP values is a biased one. ``censored``: how many of the hold times
    are lower bounds. ``reason``: why there is no mean although there are values.
    """

    mean: float | None
    sd: float | None
    n: int
    best: float | None = None
    censored: int = 0
    reason: NoComparison | None = None


@dataclass(frozen=True, slots=True)
class SideResult:
    """One stance side: attempts, usable trials, failures among the attempts (None: not known), values by metric id."""

    side: Side
    attempts: int
    n: int
    failures: int | None
    values: Mapping[str, SideValue]


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """Left against right for one metric.

    ``kind`` "ratio": `estimate` is left over right with its 95 % CI. "difference": left minus right in the metric's
    unit, limb frame. "bound": one hold time is censored and left minus right is `bound` ("at_least", "at_most")
    `estimate`. `within`: the whole interval lies inside the limit, so that a difference beyond it is excluded; with
    neither `flag` nor `within` it is neither shown nor excluded.
    """

    kind: Kind
    estimate: float | None
    ci95: tuple[float, float] | None
    flag: bool
    mdc: float | None
    reason: NoComparison | None
    bound: Bound | None = None
    within: bool = False


@dataclass(frozen=True, slots=True)
class SideComparison:
    """Both sides of a visit."""

    left: SideResult
    right: SideResult
    metrics: Mapping[str, MetricComparison]


def kind_of(metric: Metric) -> Kind:
    """How a metric is compared: hold time, failures and signed metrics as differences, all others as ratios."""
    return "difference" if metric.worse == "signed" or metric.id in OUTCOMES else "ratio"


def _numbers(metric: Metric, results: Sequence[TrialResult]) -> list[float]:
    values = [result.values[metric.id].value for result in results if metric.id in result.values]
    return [value for value in values if value is not None]


def _window_s(result: TrialResult) -> float:
    """Length of the window the sway metrics of a trial saw. [s]."""
    window, phases = result.settings.window, result.phases
    if window == "whole":
        return phases.end_s - phases.start_s
    start_s, end_s = window if isinstance(window, tuple) else phases.static_s or (0.0, 0.0)
    return end_s - start_s


def _cannot_join(metric: Metric, results: Sequence[TrialResult]) -> NoComparison | None:
    """Why values of these trials cannot be averaged or compared."""
    if metric.id in DIRECTIONS and len(results) > 1:
        return NoComparison.NOT_AVERAGED
    if len({(replace(result.settings, research=False), result.analysis_version) for result in results}) > 1:
        return NoComparison.SETTINGS_DIFFER
    lengths_s = [_window_s(result) for result in results if metric.id in GROWS_WITH_DURATION]
    if lengths_s and max(lengths_s) > SAME_LENGTH * min(lengths_s):
        return NoComparison.WINDOWS_DIFFER
    return None


def _side_value(metric: Metric, results: Sequence[TrialResult]) -> SideValue:
    numbers = np.array(_numbers(metric, results))
    n = len(numbers)
    if not n:
        return SideValue(None, None, 0)
    if reason := _cannot_join(metric, results):
        return SideValue(None, None, n, reason=reason)
    return SideValue(_centre(numbers), float(numbers.std(ddof=1)) if n > 1 else None, n)


def _hold_value(held: Sequence[TrialResult]) -> SideValue:
    """Hold times of one side: mean and best, and how many are lower bounds."""
    if not held:
        return SideValue(None, None, 0)
    value = _side_value(METRICS["hold_time"], held)
    longest_s = max(result.phases.hold_time_s for result in held)
    return replace(value, best=longest_s, censored=sum(result.phases.censored for result in held))


def usable_of(side: Side, results: Sequence[TrialResult]) -> list[TrialResult]:
    """Trials of one side whose numbers may be compared."""
    return [result for result in results if result.side is side and result.usable]


def held_of(side: Side, results: Sequence[TrialResult]) -> list[TrialResult]:
    """Trials of one side whose hold time may be compared: usable ones, and those too short for steadiness.

    A stance that failed early is an outcome; leaving it out would flatter the side that fails.
    """
    return [
        result
        for result in results
        if result.side is side
        and result.phases.hold_time_s > 0
        and not any(
            finding.severity is Severity.NOT_USABLE and finding.code is not FindingCode.NO_STATIC_WINDOW
            for finding in result.findings
        )
    ]


def _compared(results: Sequence[TrialResult], ids: Collection[str] | None) -> list[Metric]:
    """These metrics; of None every one, but those of research only where a trial has them."""
    if ids is not None:
        return [METRICS[id] for id in ids]
    return [
        metric
        for metric in METRICS.values()
        if metric.group != "research" or any(metric.id in result.values for result in results)
    ]


def side_result(side: Side, results: Sequence[TrialResult], ids: Collection[str] | None = None) -> SideResult:
    """Values of one side over its usable trials; trials of the other or of no known side are left out."""
    attempts = [result for result in results if result.side is side]
    usable = usable_of(side, results)
    failed = _numbers(METRICS["failures"], attempts)
    failures = int(sum(failed)) if failed else None
    values = {metric.id: _side_value(metric, usable) for metric in _compared(results, ids)}
    values["hold_time"] = _hold_value(held_of(side, results))
    values["failures"] = SideValue(None if failures is None else float(failures), None, len(failed))
    return SideResult(side=side, attempts=len(attempts), n=len(usable), failures=failures, values=values)


def compare(results: Sequence[TrialResult], ids: Collection[str] | None = None) -> SideComparison:
    """Compare left with right over all usable trials of one visit and one condition.

    ``ids``: metrics to compare besides hold time and failures; None: every one.
    """
    left, right = usable_of(Side.LEFT, results), usable_of(Side.RIGHT, results)
    sides = side_result(Side.LEFT, results, ids), side_result(Side.RIGHT, results, ids)
    metrics = {metric.id: _judged(metric, _compare_metric(metric, left, right)) for metric in _compared(results, ids)}
    metrics["hold_time"] = _compare_hold_time(held_of(Side.LEFT, results), held_of(Side.RIGHT, results))
    metrics["failures"] = _compare_failures(*sides)
    return SideComparison(*sides, metrics=metrics)


def _judged(metric: Metric, comparison: MetricComparison) -> MetricComparison:
    """Research metrics are shown with their interval and never flagged: too many, of too little reliability.

    Nor is quality: it is the plate's.
    """
    return replace(comparison, flag=False) if metric.group in ("research", "quality") else comparison


def _compare_metric(metric: Metric, left: Sequence[TrialResult], right: Sequence[TrialResult]) -> MetricComparison:
    kind, mdc = kind_of(metric), ASSUMED_MDC.get(metric.id)

    def without(reason: NoComparison) -> MetricComparison:
        return MetricComparison(kind, None, None, False, mdc, reason)

    if not left or not right:
        return without(NoComparison.ONE_SIDE_ONLY)
    if reason := _cannot_join(metric, (*left, *right)):
        return without(reason)
    a, b = np.array(_numbers(metric, left)), np.array(_numbers(metric, right))
    if not len(a) or not len(b) or (kind == "ratio" and ((a <= 0).any() or (b <= 0).any())):
        return without(NoComparison.NO_VALUE)
    if kind == "ratio":
        return _ratio(a, b, mdc)
    estimate, interval = _difference(a, b)
    flag = mdc is not None and abs(estimate) > mdc and _excludes_zero(interval)
    within = mdc is not None and interval is not None and max(-interval[0], interval[1]) <= mdc
    return MetricComparison(kind, estimate, interval, flag, mdc, _one_trial(interval), within=within)


def _ratio(a: Float, b: Float, mdc: float | None) -> MetricComparison:
    """Ratio of geometric means with its CI; flagged beyond the MDC of the difference, or 1.25 where none is known."""
    estimate, interval = _difference(np.log(a), np.log(b))
    interval_ratio = None if interval is None else (math.exp(interval[0]), math.exp(interval[1]))
    beyond = abs(estimate) >= math.log(RATIO_LIMIT) if mdc is None else abs(_centre(a) - _centre(b)) > mdc
    flag = beyond and _excludes_zero(interval)
    within = interval_ratio is not None and _is_within(interval_ratio, math.exp(float(np.log(b).mean())), mdc)
    return MetricComparison("ratio", math.exp(estimate), interval_ratio, flag, mdc, _one_trial(interval), within=within)


def _is_within(interval: tuple[float, float], right: float, mdc: float | None) -> bool:
    """Whether an interval of ratios lies inside the limit; one in the metric's unit is taken from the right side."""
    if mdc is None:
        return interval[0] >= 1 / RATIO_LIMIT and interval[1] <= RATIO_LIMIT
    return max(1 - interval[0], interval[1] - 1) * right <= mdc


def _excludes_zero(interval: tuple[float, float] | None) -> bool:
    return interval is not None and not interval[0] <= 0 <= interval[1]


def _one_trial(interval: tuple[float, float] | None) -> NoComparison | None:
    return NoComparison.ONE_TRIAL_A_SIDE if interval is None else None


def _centre(numbers: Float) -> float:
    return float(np.median(numbers) if len(numbers) >= MEDIAN_FROM else np.mean(numbers))


def _difference(a: Float, b: Float) -> tuple[float, tuple[float, float] | None]:
    """Difference of means with its 95 % CI: pooled SD, Student t with k_L + k_R - 2 degrees of freedom."""
    estimate = float(a.mean() - b.mean())
    if len(a) < 2 or len(b) < 2:
        return estimate, None
    freedom = len(a) + len(b) - 2
    pooled = math.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / freedom)
    half = float(stdtrit(freedom, 0.975)) * pooled * math.sqrt(1 / len(a) + 1 / len(b))
    return estimate, (estimate - half, estimate + half)


def _compare_hold_time(left: Sequence[TrialResult], right: Sequence[TrialResult]) -> MetricComparison:
    """Seconds, left minus right. A censored side makes it a bound, two make it nothing."""
    if not left or not right:
        return MetricComparison("difference", None, None, False, None, NoComparison.ONE_SIDE_ONLY)
    left_censored, right_censored = (any(result.phases.censored for result in side) for side in (left, right))
    a, b = (np.array([result.phases.hold_time_s for result in side]) for side in (left, right))
    if left_censored and right_censored:
        return MetricComparison("difference", None, None, False, None, NoComparison.BOTH_CENSORED)
    estimate, interval = _difference(a, b)
    if left_censored or right_censored:
        bound: Bound = "at_least" if left_censored else "at_most"
        return MetricComparison("bound", estimate, None, False, None, NoComparison.ONE_CENSORED, bound)
    return MetricComparison("difference", estimate, interval, False, None, _one_trial(interval))


def _compare_failures(left: SideResult, right: SideResult) -> MetricComparison:
    """Count of failures, left minus right: shown, never judged."""
    if not left.attempts or not right.attempts:
        return MetricComparison("difference", None, None, False, None, NoComparison.ONE_SIDE_ONLY)
    if left.failures is None or right.failures is None:
        return MetricComparison("difference", None, None, False, None, NoComparison.NO_VALUE)
    difference = float(left.failures - right.failures)
    return MetricComparison("difference", difference, None, False, None, NoComparison.COUNTED)
