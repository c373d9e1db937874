"""Blocks become one recording: nothing is thinned, and what is missing is marked."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.recorder import Recorder
from analysis.errors import InvalidRecording
from analysis.recording import PlateIdentity, SampleBlock, Timing

IDENTITY = PlateIdentity("SIM-1", "reference-a", "1.0.0", 1, 80.0, 2**23 - 1, Timing.PER_CHANNEL)
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TICK_US = 12_500


def block(index: list[int]) -> SampleBlock:
    """Sets of the given numbers at 80 a second; a cell's count says which set and cell it is."""
    numbers = np.array(index, dtype=np.int64)
    counts = (numbers[:, None] * 10 + np.arange(4)).astype(np.int32)
    device_us = (5_000_000 + numbers[:, None] * TICK_US + np.arange(4) * 100).astype(np.uint64)
    return SampleBlock(index[0], device_us, counts, np.zeros(len(index), np.uint8), numbers)


def recorded(blocks: list[SampleBlock], interrupted: str | None = None):
    recorder = Recorder(IDENTITY, NOON)
    for one in blocks:
        recorder.add(one)
    return recorder.finish(interrupted)


@given(arrived=st.sets(st.integers(0, 400), min_size=2, max_size=200), size=st.integers(1, 50))
def test_every_set_that_came_is_there_and_every_other_is_in_a_gap(arrived: set[int], size: int) -> None:
    order = sorted(arrived)
    raw = recorded([block(order[at : at + size]) for at in range(0, len(order), size)])
    assert raw.counts[:, 0].tolist() == [10 * number for number in order]
    assert sum(gap.missing for gap in raw.gaps) == order[-1] - order[0] + 1 - len(order)
    assert len(raw.gaps) == sum(later - earlier > 1 for earlier, later in pairwise(order))
    for gap in raw.gaps:
        assert gap.end_s - gap.start_s == pytest.approx((gap.missing + 1) * TICK_US * 1e-6 - 300e-6)


def test_time_begins_with_the_first_conversion_of_the_first_set() -> None:
    raw = recorded([block([7, 8])])
    assert raw.time_s[0].tolist() == pytest.approx([0, 1e-4, 2e-4, 3e-4])
    assert raw.time_s[1, 0] == pytest.approx(TICK_US * 1e-6)
    assert raw.started_at == NOON


def test_two_streams_cannot_be_mixed() -> None:
    with pytest.raises(InvalidRecording, match="two streams"):
        recorded([block([5, 6]), block([0, 1])])


def test_nothing_recorded_is_an_empty_recording() -> None:
    raw = recorded([])
    assert raw.counts.shape == raw.time_s.shape == (0, 4)
    assert raw.rate_hz == 0.0


def test_why_it_ended_early_stays_with_it() -> None:
    assert recorded([block([1])], "LINK_LOST").interrupted == "LINK_LOST"
    assert recorded([block([1])]).interrupted is None
