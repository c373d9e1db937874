"""Device time: continuous across every wrap, rates by the device's clock, host time from quick exchanges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.clock import SEQUENCE_BITS, US_BITS, Unwrapper, host_mapping, measured_rate_hz


def test_32_bits_of_microseconds_wrap_after_71_6_minutes() -> None:
    assert pytest.approx(71.6, abs=0.05) == 2**US_BITS / 60e6


@given(
    start=st.integers(0, 2**32 - 1),
    steps=st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_a_counter_of_32_bits_becomes_continuous_however_it_is_cut(
    start: int, steps: list[int], cuts: list[int]
) -> None:
    """Truth: the unwrapped sum; steps below half the range are unambiguous."""
    truth = start + np.cumsum([0, *steps], dtype=np.int64)
    unwrapper = Unwrapper(US_BITS)
    pieces = np.split(truth % 2**32, sorted(cuts))
    assert np.array_equal(np.concatenate([unwrapper.unwrap(piece) for piece in pieces]), truth)


@given(start=st.integers(0, 2**16 - 1), steps=st.lists(st.integers(-100, 30_000), min_size=1, max_size=40))
def test_a_step_back_stays_a_step_back(start: int, steps: list[int]) -> None:
    """A repeated or late set has a lower number, not one a whole turn later."""
    truth = start + np.cumsum([0, *steps], dtype=np.int64)
    assert np.array_equal(Unwrapper(SEQUENCE_BITS).unwrap(truth % 2**16), truth)


def test_hours_of_a_stream_cross_many_wraps() -> None:
    """Five hours at 80 sets a second wrap the clock four times and the number of sets 21 times."""
    time_us = np.arange(0, 5 * 3600 * 80, dtype=np.int64) * 12_500 + 4_294_000_000
    clock = Unwrapper(US_BITS)
    found = np.concatenate([clock.unwrap(part % 2**32) for part in np.array_split(time_us, 977)])
    assert np.array_equal(found - found[0], time_us - time_us[0])


def test_lost_sets_do_not_change_the_rate() -> None:
    """Every third set of 80 a second arrives: 80 were produced each second all the same."""
    index = np.arange(0, 900, 3, dtype=np.int64)
    assert measured_rate_hz(index, (index * 12_500).astype(np.uint64)) == pytest.approx(80.0)


@pytest.mark.parametrize("n", [0, 1])
def test_a_rate_needs_two_sets(n: int) -> None:
    assert measured_rate_hz(np.arange(n, dtype=np.int64), np.arange(n, dtype=np.uint64)) == 0.0


def exchanges(slope: float, offset_s: float, n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """PINGs once a second: a quick way both ways, and three times out of four a wait on the way back."""
    rng = np.random.default_rng(4)
    device_us = np.arange(n, dtype=np.int64) * 1_000_000
    at_device_s = slope * device_us * 1e-6 + offset_s
    back_s = 0.0005 + np.where(np.arange(n) % 4 == 0, 0.0, rng.uniform(0.002, 0.016, n))
    return at_device_s - 0.0005, at_device_s + back_s, device_us


@pytest.mark.parametrize("slope", [1.0, 1.003, 0.996])
def test_the_clocks_scale_and_offset_come_from_the_quick_exchanges(slope: float) -> None:
    found, offset_s = host_mapping(*exchanges(slope, 1234.5))
    assert found == pytest.approx(slope, abs=2e-6)
    assert offset_s == pytest.approx(1234.5, abs=1e-4)


def test_a_slope_no_resonator_has_is_held() -> None:
    assert host_mapping(*exchanges(1.05, 0.0))[0] == pytest.approx(1.006)


def test_exchanges_within_a_second_give_no_slope() -> None:
    sent_s, got_s, device_us = exchanges(1.004, 7.0, n=8)
    slope, offset_s = host_mapping(sent_s * 0.01, got_s * 0.01, device_us // 100)
    assert slope == 1.0
    assert offset_s == pytest.approx(0.07, abs=1e-3)
