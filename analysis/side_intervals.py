"""How exactly a side's mean is known from the trials of one visit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.assess import TrialResult
from analysis.geometry import Side
from analysis.metrics import METRICS
from analysis.sides import MEDIAN_FROM, OUTCOMES, kind_of, usable_of

Float = NDArray[np.float64]
Interval = tuple[float, float]


def mean_intervals(metric_id: str, results: Sequence[TrialResult]) -> Mapping[Side, Interval]:
    """95 % interval of each side's mean, in the metric's unit; a side is missing where there is none.

    The spread from trial to trial is pooled over both sides, as in their comparison: half width t(k_L + k_R - 2) s_p /
    sqrt(k), on logarithms for positive metrics. It tells how exactly these trials give their mean, not how a person
    differs from day to day. None for outcomes (holds are bounds, failures counts), for medians of five trials and more,
    and where no side has two values.

    Parameters
    ----------
    metric_id : str
    results : sequence of TrialResult
        Trials of one visit and one condition.
    """
    if metric_id in OUTCOMES:
        return {}
    on_logarithms = kind_of(METRICS[metric_id]) == "ratio"
    groups = {side: _values(metric_id, usable_of(side, results)) for side in Side}
    if on_logarithms:
        if any((values <= 0).any() for values in groups.values()):
            return {}
        groups = {side: np.log(values) for side, values in groups.items()}
    freedom = sum(max(len(values) - 1, 0) for values in groups.values())
    if freedom < 1:
        return {}
    squares = sum(float(((values - values.mean()) ** 2).sum()) for values in groups.values() if len(values))
    half = float(stdtrit(freedom, 0.975)) * math.sqrt(squares / freedom)
    return {
        side: _interval(values, half, on_logarithms=on_logarithms)
        for side, values in groups.items()
        if 0 < len(values) < MEDIAN_FROM
    }


def _values(metric_id: str, results: Sequence[TrialResult]) -> Float:
    found = [result.values[metric_id].value for result in results if metric_id in result.values]
    return np.array([value for value in found if value is not None], dtype=np.float64)


def _interval(values: Float, half: float, *, on_logarithms: bool) -> Interval:
    middle, reach = float(values.mean()), half / math.sqrt(len(values))
    ends = (middle - reach, middle + reach)
    return (math.exp(ends[0]), math.exp(ends[1])) if on_logarithms else ends
