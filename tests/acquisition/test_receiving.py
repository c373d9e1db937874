"""Bytes of a link -> sets and messages: what is unknown is counted and skipped, what stands around it is kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.framing import encode
from acquisition.messages import DiagLine, Kind, Pong, Sets, pack_batch, pack_sets
from acquisition.receiving import Receiver


def sets_of(numbers: list[int]) -> Sets:
    """Sets whose counts are their number."""
    number = np.array(numbers, dtype=np.int64)
    return Sets(
        sequence=number,
        newest_us=number * 1000,
        age_us=np.zeros((len(number), 4), dtype=np.int64),
        counts=np.repeat(number[:, None], 4, axis=1).astype(np.int32),
        flags=np.zeros(len(number), dtype=np.uint8),
        fresh=np.full(len(number), 15, dtype=np.uint8),
    )


def per_channel(number: int) -> bytes:
    return encode(pack_sets(sets_of([number]))[0].tobytes())


def sequence(found: tuple[Sets, ...]) -> list[int]:
    return [int(number) for sets in found for number in sets.sequence]


@pytest.mark.parametrize("kind", range(0x20, 0x30))
@pytest.mark.parametrize("length", [1, 4, 28, 29, 59])
def test_a_further_sensor_on_the_wire_costs_no_set(kind: int, length: int) -> None:
    """Also where its frames are as long as a set's."""
    other = encode(bytes([kind]) + bytes(length - 1))
    came = Receiver().feed(per_channel(1) + other + per_channel(2) + other + per_channel(3))
    assert sequence(came.sets) == [1, 2, 3]
    assert (came.unknown_messages, came.bad_frames, came.messages) == (2, 0, ())


@pytest.mark.parametrize("said", [0, 1, 3, 255])
def test_a_batch_that_is_not_as_long_as_it_says_is_dropped_and_counted(said: int) -> None:
    payload = bytearray(pack_batch(sets_of([5, 6]), 1000))
    payload[10] = said
    came = Receiver().feed(encode(bytes(payload)) + encode(pack_batch(sets_of([7, 8]), 1000)))
    assert sequence(came.sets) == [7, 8]
    assert came.unknown_messages == 1


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_a_batch_cut_short_is_dropped_and_counted(cut: int) -> None:
    came = Receiver().feed(encode(pack_batch(sets_of([5, 6]), 1000)[:-cut]))
    assert (came.sets, came.unknown_messages) == ((), 1)


PIECES: dict[str, bytes] = {
    "set": per_channel(1),
    "batch": encode(pack_batch(sets_of([2, 3]), 1000)),
    "pong": encode(Pong(7, 1, 2).pack()),
    "line": encode(DiagLine(8, "x" * 27).pack()),  # as long as a set
    "unknown": encode(bytes([0x21]) * 29),
    "damaged": b"\x05abcd\0",
}


@given(names=st.lists(st.sampled_from(list(PIECES)), max_size=12))
def test_everything_in_a_block_comes_out_or_is_counted(names: list[str]) -> None:
    """Messages in their order, sets by their kinds, whatever stands beside whatever."""
    came = Receiver().feed(b"".join(PIECES[name] for name in names))
    assert sorted(sequence(came.sets)) == sorted([1] * names.count("set") + [2, 3] * names.count("batch"))
    kinds = {"pong": Kind.PING | 0x80, "line": Kind.DIAG | 0x80}
    assert [int(message.kind) for message in came.messages] == [kinds[name] for name in names if name in kinds]
    assert (came.unknown_messages, came.bad_frames) == (names.count("unknown"), names.count("damaged"))
