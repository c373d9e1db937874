"""The delay after failures grows and ends; a session locks, ends, and is kept open by no clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.sign_in_rules import SessionLimits, SessionState, delay_s, wait_s

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
YEAR_S = 366 * 86400.0
failures = st.integers(0, 10**9)
apart = st.floats(-YEAR_S, YEAR_S)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_the_fifth_failure_begins_the_delay_and_each_further_one_doubles_it_up_to_a_minute() -> None:
    assert [delay_s(n) for n in range(14)] == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


@given(failures)
def test_a_further_failure_never_shortens_the_delay_and_none_is_longer_than_a_minute(n: int) -> None:
    assert 0 <= delay_s(n) <= delay_s(n + 1) <= 60


@given(failures, apart)
def test_nobody_waits_longer_than_the_delay_even_where_the_clock_was_set_back(n: int, seconds: float) -> None:
    assert 0 <= wait_s(n, NOON, at(seconds)) <= delay_s(n)


@given(failures, st.one_of(st.floats(60, YEAR_S), st.floats(-YEAR_S, -60)))
def test_a_minute_away_from_the_last_failure_nobody_waits(n: int, seconds: float) -> None:
    assert wait_s(n, NOON, at(seconds)) == 0


@given(failures, st.floats(0, 60))
def test_who_waits_as_long_as_told_may_try(n: int, seconds: float) -> None:
    now = at(seconds)
    told = wait_s(n, NOON, now)
    assert wait_s(n, NOON, now + timedelta(seconds=told, microseconds=1)) == 0


@given(st.lists(st.floats(0, 5), max_size=400))
def test_a_guesser_gets_ten_tries_and_then_one_a_minute(pauses: list[float]) -> None:
    """However fast one tries: 5 tries are free, the next 6 wait 1 to 32 s, and each one after them a minute."""
    now_s, last_s, tries = 0.0, 0.0, 0
    for pause in pauses:
        now_s += pause
        if wait_s(tries, at(last_s), at(now_s)) == 0:
            tries, last_s = tries + 1, now_s
    assert tries <= 11 + now_s / 60


@given(
    st.tuples(st.floats(1, 1e5), st.floats(1, 1e5), st.floats(1, 1e5)).map(sorted),
    st.floats(-2e5, 2e5),
    st.floats(-2e5, 2e5),
)
def test_a_session_is_open_only_within_all_of_its_limits(limits_s: list[float], age_s: float, idle_s: float) -> None:
    lock_s, idle_limit_s, absolute_s = limits_s
    now = NOON
    created_at, active_at = at(-age_s), at(-idle_s)
    state = SessionLimits(lock_s, idle_limit_s, absolute_s).state(created_at, active_at, now)
    real_age_s = abs((now - created_at).total_seconds())
    real_idle_s = abs((now - active_at).total_seconds())
    assert (state is SessionState.OVER) == (real_age_s >= absolute_s or real_idle_s >= idle_limit_s)
    assert (state is SessionState.OPEN) == (real_age_s < absolute_s and real_idle_s < lock_s)


@pytest.mark.parametrize(
    ("age_s", "idle_s", "state"),
    [
        (0, 0, SessionState.OPEN),
        (299, 299, SessionState.OPEN),
        (300, 300, SessionState.LOCKED),
        (899, 899, SessionState.LOCKED),
        (900, 900, SessionState.OVER),
        (43_199, 0, SessionState.OPEN),
        (43_200, 0, SessionState.OVER),
    ],
)
def test_a_session_locks_after_5_minutes_ends_after_15_and_after_12_hours_anyway(
    age_s: float, idle_s: float, state: SessionState
) -> None:
    assert SessionLimits().state(at(-age_s), at(-idle_s), NOON) is state


@pytest.mark.parametrize("limits", [(0, 1, 2), (2, 1, 3), (1, 3, 2)])
def test_limits_that_are_not_in_order_are_refused(limits: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="not in order"):
        SessionLimits(*limits)
