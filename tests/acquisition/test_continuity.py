"""Numbers of sets: only what is above everything before is new; what is missing is counted; in any pieces the same."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from acquisition.continuity import Continuity
from acquisition.messages import Sets


def sets_of(numbers: list[int]) -> Sets:
    """Sets that carry their own number: in the clock, in the counts and in the ages."""
    number = np.array(numbers, dtype=np.int64)
    spread = np.repeat(number[:, None], 4, axis=1)
    return Sets(
        sequence=number % 2**16,
        newest_us=(number * 12_500 + 5_000) % 2**32,
        age_us=spread % 3,
        counts=spread.astype(np.int32),
        flags=(number % 7).astype(np.uint8),
        fresh=np.full(len(number), 15, dtype=np.uint8),
    )


@given(
    start=st.integers(0, 2**16 - 1),
    steps=st.lists(st.sampled_from([1] * 6 + [2, 5, 0, -1, -4, 300]), max_size=80),
    cuts=st.lists(st.integers(0, 80), max_size=12),
)
def test_every_new_set_comes_through_once_and_every_missing_one_is_counted(
    start: int, steps: list[int], cuts: list[int]
) -> None:
    """Truth: set by set, a number is new if it is above the highest so far."""
    numbers = (start + np.cumsum([0, *steps])).tolist()
    highest = start - 1
    new: list[int] = []
    for number in numbers:
        if number > highest:
            new.append(number)
            highest = number
    continuity = Continuity()
    bounds = sorted({0, len(numbers), *(cut for cut in cuts if cut < len(numbers))})
    arrived = [continuity.take(sets_of(numbers[begin:end])) for begin, end in pairwise(bounds)]
    blocks = [one.block for one in arrived if one.block is not None]
    assert np.concatenate([block.indices for block in blocks]).tolist() == new
    assert [block.first_index for block in blocks] == [int(block.indices[0]) for block in blocks]
    assert sum(one.lost for one in arrived) == new[-1] - start + 1 - len(new)
    assert sum(one.repeated for one in arrived) == len(numbers) - len(new)
    expected = np.array(new)
    assert np.array_equal(np.concatenate([block.counts for block in blocks])[:, 2], expected)
    assert np.array_equal(np.concatenate([block.flags for block in blocks]), expected % 7)
    device_us = np.concatenate([block.device_us for block in blocks]).astype(np.int64)[:, 1]
    assert np.array_equal(device_us, expected * 12_500 + 5_000 - expected % 3)
