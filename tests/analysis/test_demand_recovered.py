"""The demand of virtual patients, recovered from the plate's lateral shift and a tilt that somebody read.

People of five kinds, healthy to leaning far over; truth is the mean moment of their hip in the window. `python -m
benchmarks demands` does the same with 200 people; here 20, each tilt read 50 times over.
"""

from __future__ import annotations

from functools import cache

import pytest

from analysis.demand import Errors
from benchmarks.demands import TILT_ONLY, Recovered, Visit, recovered, visits

PEOPLE, TIMES = 20, 50


@cache
def seen(errors: Errors) -> tuple[Visit, ...]:
    return tuple(visits(PEOPLE, 3, errors))


def found(errors: Errors, n: int) -> Recovered:
    return recovered(list(seen(errors)), n, 1, errors, TIMES)


@pytest.mark.parametrize("errors", [TILT_ONLY, Errors()], ids=["tilt read to 1 deg", "every error"])
def test_one_trial_recovers_the_demand_within_18_percent_and_three_within_12(errors: Errors) -> None:
    """Of the level demand, root mean square; the tilt alone makes 15.9 % of one trial, 9.2 % of three."""
    assert 10 < found(errors, 1).rmse_pct <= 18.0
    assert 5 < found(errors, 3).rmse_pct <= 12.0


@pytest.mark.parametrize("n", [1, 3])
def test_the_interval_holds_the_true_demand_in_about_95_of_100(n: int) -> None:
    assert found(TILT_ONLY, n).covered_pct == pytest.approx(95, abs=3.0)


@pytest.mark.parametrize("n", [1, 3])
def test_and_with_every_error_of_the_budget(n: int) -> None:
    """Twenty people share no more than twenty misplaced feet: the share is less certain."""
    assert found(Errors(), n).covered_pct == pytest.approx(95, abs=5.0)
