"""Trials of a known person with chosen numbers in place of the measured ones."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from standing import Attempt

from analysis.assess import TrialResult, Value
from analysis.geometry import Side


@cache
def measured(side: Side) -> TrialResult:
    """A usable trial as the pipeline gives it."""
    return Attempt(side=side).assessed()[0].result


def trial(side: Side, *, censored: bool | None = None, **values: float) -> TrialResult:
    """A usable trial of this side with these values in place of the measured ones."""
    result = measured(side)
    phases = result.phases if censored is None else replace(result.phases, censored=censored)
    return replace(
        result, phases=phases, values={**result.values, **{id: Value(value) for id, value in values.items()}}
    )
