"""Device time: continuous across every wrap, rates by the device's clock, host time from quick exchanges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.clock import SEQUENCE_BITS, US_BITS, HostClock, Unwrapper, host_mapping, measured_rate_hz


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


@pytest.mark.parametrize("slope", [1.0, 1.003, 0.996, 1.05])
def test_the_clocks_scale_and_offset_come_from_the_quick_exchanges(slope: float) -> None:
    """Whatever the resonator: one that is 5 % off must be seen, not held to what it should be."""
    found = host_mapping(*exchanges(slope, 1234.5))
    assert found is not None
    assert found.scale == pytest.approx(slope, abs=2e-6)
    assert found.offset_s == pytest.approx(1234.5, abs=1e-4)
    assert found.exchanges == 12
    assert (found.clock.scale, found.clock.sd) == (found.scale, found.scale_sd)


@pytest.mark.parametrize("seed", range(20))
def test_the_uncertainty_of_the_scale_covers_what_it_is_off_by(seed: int) -> None:
    """Two minutes of PINGs that wait up to 2 ms somewhere on the way: within three times the SD, which is no excuse."""
    rng = np.random.default_rng(seed)
    device_us = np.arange(120, dtype=np.int64) * 1_000_000
    sent_s = 1.002 * device_us * 1e-6 - 0.0005 - rng.uniform(0, 0.002, 120)
    got_s = 1.002 * device_us * 1e-6 + 0.0005 + rng.uniform(0, 0.002, 120)
    found = host_mapping(sent_s, got_s, device_us)
    assert found is not None
    assert abs(found.scale - 1.002) < 3 * found.scale_sd
    assert found.scale_sd < 20e-6


def test_exchanges_within_two_seconds_give_no_scale() -> None:
    sent_s, got_s, device_us = exchanges(1.004, 7.0, n=8)
    assert host_mapping(sent_s * 0.01, got_s * 0.01, device_us // 100) is None
    assert HostClock().mapping() is None


def test_the_mapping_goes_on_over_a_wrap_of_the_plates_clock() -> None:
    """An hour of PINGs, the plate's clock begins a minute before its wrap."""
    clock = HostClock()
    for sent_s, got_s, device_us in zip(*exchanges(0.998, 3.0, n=3600), strict=True):
        clock.add(float(sent_s), float(got_s), (int(device_us) + 2**32 - 60_000_000) % 2**32)
    found = clock.mapping()
    assert found is not None
    assert found.scale == pytest.approx(0.998, abs=2e-6)
