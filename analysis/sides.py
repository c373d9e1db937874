"""One side, and the two sides compared: what may be said about a difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from analysis.geometry import Side


class NoComparison(StrEnum):
    """Why a comparison carries no interval or no number. Values appear in exported files: never rename one."""

    ONE_TRIAL_A_SIDE = "ONE_TRIAL_A_SIDE"
    ONE_SIDE_ONLY = "ONE_SIDE_ONLY"
    NO_VALUE = "NO_VALUE"
    ONE_CENSORED = "ONE_CENSORED"
    BOTH_CENSORED = "BOTH_CENSORED"


@dataclass(frozen=True, slots=True)
class SideValue:
    """A metric over the usable trials of one side: mean (geometric for ratios, median if k >= 5), SD, k."""

    mean: float | None
    sd: float | None
    n: int


@dataclass(frozen=True, slots=True)
class SideResult:
    """One stance side: attempts, usable trials, values by metric id."""

    side: Side
    attempts: int
    n: int
    failures: int
    values: Mapping[str, SideValue]


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """Left against right for one metric.

    ``kind`` "ratio": `estimate` is left over right with its 95 % CI. "difference": left minus right in the metric's
    unit, limb frame. "bound": one hold time is censored and `estimate` is a bound. `flag` only if the CI excludes no
    difference AND the size exceeds `mdc` (or ratio 1.25 where none is known).
    """

    kind: Literal["ratio", "difference", "bound"]
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
