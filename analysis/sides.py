"""One side, and the two sides compared: what may be said about a difference.

Positive metrics are compared as a ratio of geometric means (statistics on ln), signed ones as a difference in their
unit, hold time in seconds. An interval needs two usable trials a side. A difference is flagged only if its interval
excludes no difference AND it exceeds the minimal detectable change, or a ratio of 1.25 where none is known.
The other leg is no healthy reference: weakness may be on both sides.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from analysis.assess import TrialResult
from analysis.geometry import Side
from analysis.marking import FAILURES
from analysis.metrics import METRICS, Metric

Float = NDArray[np.float64]
Kind = Literal["ratio", "difference", "bound"]

#: Smallest left-right difference of one visit beyond measurement error, 1.96 sqrt(SEM_L^2 + SEM_R^2). Simulated, so
#: every sentence made with them says "assumed"; a laboratory's own test-retest study replaces them.
ASSUMED_MDC: dict[str, float] = {"lateral_shift": 10.0, "velocity_ml": 4.8, "velocity": 8.3}
RATIO_LIMIT = 1.25
MEDIAN_FROM = 5
#: A SHORT window cannot be compared with a full one in what grows with duration.
GROWS_WITH_DURATION = frozenset(
    {"path", "path_ml", "path_ap", "range", "range_ml", "range_ap", "range95_ml", "range95_ap", "max_distance"}
    | {"hull_area", "prediction_ellipse_area", "prediction_ellipse_major", "prediction_ellipse_minor"}
    | {"chi2_ellipse_area", "confidence_circle_area"}
)


class NoComparison(StrEnum):
    """Why a comparison carries no interval or no number. Values appear in exported files: never rename one."""

    ONE_TRIAL_A_SIDE = "ONE_TRIAL_A_SIDE"
    ONE_SIDE_ONLY = "ONE_SIDE_ONLY"
    NO_VALUE = "NO_VALUE"
    WINDOWS_DIFFER = "WINDOWS_DIFFER"
    ONE_CENSORED = "ONE_CENSORED"
    BOTH_CENSORED = "BOTH_CENSORED"


@dataclass(frozen=True, slots=True)
class SideValue:
    """A metric over the usable trials of one side.

    ``mean``: geometric mean for ratio metrics, arithmetic for the others, median where n >= 5. ``sd`` in the metric's
    unit (None for one trial).
    """

    mean: float | None
    sd: float | None
    n: int


@dataclass(frozen=True, slots=True)
class SideResult:
    """One stance side: attempts, usable trials, failures among the attempts, values by metric id."""

    side: Side
    attempts: int
    n: int
    failures: int
    values: Mapping[str, SideValue]


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """Left against right for one metric.

    ``kind`` "ratio": `estimate` is left over right with its 95 % CI. "difference": left minus right in the metric's
    unit, limb frame. "bound": one hold time is censored and `estimate` bounds left minus right.
    """

    kind: Kind
    estimate: float | None
    ci95: tuple[float, float] | None
    flag: bool
    mdc: float | None
    reason: NoComparison | None


@dataclass(frozen=True, slots=True)
class SideComparison:
    """Both sides of a visit."""

    left: SideResult
    right: SideResult
    metrics: Mapping[str, MetricComparison]


def kind_of(metric: Metric) -> Kind:
    """How a metric is compared: hold time and signed metrics as differences, all others as ratios."""
    return "difference" if metric.worse == "signed" or metric.id == "hold_time" else "ratio"


def _numbers(metric: Metric, results: Sequence[TrialResult]) -> list[float]:
    values = [result.values[metric.id].value for result in results if metric.id in result.values]
    return [value for value in values if value is not None]


def _side_value(metric: Metric, results: Sequence[TrialResult]) -> SideValue:
    numbers = np.array(_numbers(metric, results))
    n = len(numbers)
    if not n:
        return SideValue(None, None, 0)
    sd = float(numbers.std(ddof=1)) if n > 1 else None
    if n >= MEDIAN_FROM:
        return SideValue(float(np.median(numbers)), sd, n)
    if kind_of(metric) == "ratio" and (numbers > 0).all():
        return SideValue(float(np.exp(np.log(numbers).mean())), sd, n)
    return SideValue(float(numbers.mean()), sd, n)


def usable_of(side: Side, results: Sequence[TrialResult]) -> list[TrialResult]:
    """Trials of one side whose numbers may be compared."""
    return [result for result in results if result.side is side and result.usable]


def side_result(side: Side, results: Sequence[TrialResult]) -> SideResult:
    """Values of one side over its usable trials; trials of the other or of no known side are left out."""
    attempts = [result for result in results if result.side is side]
    usable = usable_of(side, results)
    return SideResult(
        side=side,
        attempts=len(attempts),
        n=len(usable),
        failures=sum(result.phases.ended_by in FAILURES for result in attempts),
        values={metric.id: _side_value(metric, usable) for metric in METRICS.values()},
    )


def compare(results: Sequence[TrialResult]) -> SideComparison:
    """Compare left with right over all usable trials of one visit and one condition."""
    left, right = usable_of(Side.LEFT, results), usable_of(Side.RIGHT, results)
    return SideComparison(
        left=side_result(Side.LEFT, results),
        right=side_result(Side.RIGHT, results),
        metrics={metric.id: _compare_metric(metric, left, right) for metric in METRICS.values()},
    )


def _compare_metric(metric: Metric, left: Sequence[TrialResult], right: Sequence[TrialResult]) -> MetricComparison:
    kind, mdc = kind_of(metric), ASSUMED_MDC.get(metric.id)

    def without(reason: NoComparison) -> MetricComparison:
        return MetricComparison(kind, None, None, False, mdc, reason)

    if not left or not right:
        return without(NoComparison.ONE_SIDE_ONLY)
    if metric.id == "hold_time":
        return _compare_hold_time(left, right)
    if metric.id in GROWS_WITH_DURATION and len({result.phases.short for result in (*left, *right)}) > 1:
        return without(NoComparison.WINDOWS_DIFFER)
    a, b = np.array(_numbers(metric, left)), np.array(_numbers(metric, right))
    if not len(a) or not len(b) or (kind == "ratio" and ((a <= 0).any() or (b <= 0).any())):
        return without(NoComparison.NO_VALUE)
    if kind == "ratio":
        estimate, interval = _difference(np.log(a), np.log(b))
        ratio_ci = None if interval is None else (math.exp(interval[0]), math.exp(interval[1]))
        size = abs(_centre(a) - _centre(b)) if mdc else abs(estimate)
        beyond = size > (mdc if mdc else math.log(RATIO_LIMIT))
        flag = interval is not None and beyond and not interval[0] <= 0 <= interval[1]
        return MetricComparison(kind, math.exp(estimate), ratio_ci, flag, mdc, _one_trial(interval))
    estimate, interval = _difference(a, b)
    flag = mdc is not None and interval is not None and abs(estimate) > mdc and not interval[0] <= 0 <= interval[1]
    return MetricComparison(kind, estimate, interval, flag, mdc, _one_trial(interval))


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
    half = float(t.ppf(0.975, freedom)) * pooled * math.sqrt(1 / len(a) + 1 / len(b))
    return estimate, (estimate - half, estimate + half)


def _compare_hold_time(left: Sequence[TrialResult], right: Sequence[TrialResult]) -> MetricComparison:
    """Seconds, left minus right. A censored side makes it a bound, two make it nothing."""
    censored = [any(result.phases.censored for result in side) for side in (left, right)]
    a, b = (np.array([result.phases.hold_time_s for result in side]) for side in (left, right))
    if all(censored):
        return MetricComparison("difference", None, None, False, None, NoComparison.BOTH_CENSORED)
    estimate, interval = _difference(a, b)
    if any(censored):
        return MetricComparison("bound", estimate, None, False, None, NoComparison.ONE_CENSORED)
    return MetricComparison("difference", estimate, interval, False, None, _one_trial(interval))
