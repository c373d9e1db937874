"""Sets of samples on the wire: rows of bytes <-> arrays, many at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquisition.framing import Bytes2D
from acquisition.messages.kinds import Kind
from analysis.recording import SetFlag

SET_SIZE = 29
AGE_TICK_US = 4


@dataclass(frozen=True, slots=True)
class Sets:
    """Sets as they came.

    ``sequence (m,)`` 16 bits; ``newest_us (m,)`` 32 bits [us]; ``age_us (m, 4)`` how much older each cell's conversion
    is [us]; ``counts (m, 4)``; ``flags (m,)``; ``fresh (m,)``: bits 0-3 the cells that converted anew, bits 4-7 those
    that a flag (desync, saturated, time-out) speaks of.
    """

    sequence: NDArray[np.int64]
    newest_us: NDArray[np.int64]
    age_us: NDArray[np.int64]
    counts: NDArray[np.int32]
    flags: NDArray[np.uint8]
    fresh: NDArray[np.uint8]


_SET = np.dtype(
    [("kind", "u1"), ("sequence", "<u2"), ("newest_us", "<u4"), ("flags", "u1"), ("fresh", "u1"),
     ("cells", [("age", "<u2"), ("value", "u1", (3,))], (4,))]
)  # fmt: skip


#: The same, and its bytes in an order in which numpy reads every field at once; counts are in the upper three of four.
_ALIGNED = np.dtype(
    [("newest_us", "<u4"), ("sequence", "<u2"), ("flags", "u1"), ("fresh", "u1"), ("age", "<u2", (4,)),
     ("counts_256", "<i4", (4,))]
)  # fmt: skip
_HEAD_BYTES = [3, 4, 5, 6, 1, 2, 7, 8]
_AGE_BYTES = [9 + 5 * cell + byte for cell in range(4) for byte in (0, 1)]
_COUNT_BYTES = [9 + 5 * cell + byte for cell in range(4) for byte in (1, 2, 3, 4)]  # the lowest is shifted out
_ALIGNED_BYTES = np.array([*_HEAD_BYTES, *_AGE_BYTES, *_COUNT_BYTES])


def _counts(value: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Three bytes, little endian, (..., 3) -> signed counts (...)."""
    low, middle, high = (value[..., byte].astype(np.int32) for byte in range(3))
    return np.asarray(((low | (middle << 8) | (high << 16)) ^ 0x800000) - 0x800000, dtype=np.int32)


def unpack_sets(rows: Bytes2D) -> Sets:
    """Payload rows (m, 29) of DATA_PER_CHANNEL -> sets."""
    table = rows.take(_ALIGNED_BYTES, axis=1).view(_ALIGNED)[:, 0]
    return Sets(
        sequence=table["sequence"].astype(np.int64),
        newest_us=table["newest_us"].astype(np.int64),
        age_us=np.multiply(table["age"], AGE_TICK_US, dtype=np.int64),
        counts=table["counts_256"] >> 8,
        flags=table["flags"],
        fresh=table["fresh"],
    )


def pack_sets(sets: Sets) -> Bytes2D:
    """Sets -> payload rows (m, 29) of DATA_PER_CHANNEL. Counts are 24 bits, sequence 16, time 32."""
    table = np.zeros(len(sets.sequence), dtype=_SET)
    table["kind"] = Kind.DATA_PER_CHANNEL
    table["sequence"] = sets.sequence % 2**16
    table["newest_us"] = sets.newest_us % 2**32
    table["flags"], table["fresh"] = sets.flags, sets.fresh
    table["cells"]["age"] = sets.age_us // AGE_TICK_US
    for byte in range(3):
        table["cells"]["value"][:, :, byte] = (sets.counts >> (8 * byte)) & 0xFF
    return table.view(np.uint8).reshape(-1, SET_SIZE)


BATCH_HEAD_SIZE = 11
BATCH_SET_SIZE = 12
ALL_FRESH = 0x0F

_BATCH_HEAD = np.dtype(
    [("kind", "u1"), ("sequence", "<u2"), ("first_us", "<u4"), ("step_us", "<u2"), ("flags", "u1"), ("sets", "u1")]
)


def is_batch(row: Bytes2D) -> NDArray[np.bool_]:
    """Which payload rows (m, k) of one length are DATA_SIMULTANEOUS whose length agrees with their number of sets."""
    size = row.shape[1]
    if size < BATCH_HEAD_SIZE + BATCH_SET_SIZE:
        return np.zeros(len(row), dtype=np.bool_)
    right_length = BATCH_HEAD_SIZE + BATCH_SET_SIZE * row[:, BATCH_HEAD_SIZE - 1].astype(np.int64) == size
    return np.asarray((row[:, 0] == Kind.DATA_SIMULTANEOUS) & right_length, dtype=np.bool_)


def unpack_batches(rows: Bytes2D) -> Sets:
    """Payload rows (m, 11 + 12 n) of DATA_SIMULTANEOUS, n sets each -> m n sets, all cells of a set at one moment.

    The flags of a frame are those of all its sets; only "dropped before" is the first one's alone.
    """
    rows = np.ascontiguousarray(rows)
    head = rows[:, :BATCH_HEAD_SIZE].copy().view(_BATCH_HEAD)
    count = (rows.shape[1] - BATCH_HEAD_SIZE) // BATCH_SET_SIZE
    step = np.arange(count)
    flags = np.repeat(head["flags"], count, axis=1)
    flags[:, 1:] &= 0xFF ^ SetFlag.DROPPED_BEFORE
    values = rows[:, BATCH_HEAD_SIZE:].reshape(-1, 4, 3)
    return Sets(
        sequence=((head["sequence"].astype(np.int64) + step) % 2**16).ravel(),
        newest_us=((head["first_us"].astype(np.int64) + head["step_us"] * step) % 2**32).ravel(),
        age_us=np.zeros((len(values), 4), dtype=np.int64),
        counts=_counts(values),
        flags=flags.ravel(),
        fresh=np.full(len(values), ALL_FRESH, dtype=np.uint8),
    )


def pack_batch(sets: Sets, step_us: int) -> bytes:
    """Sets at equal steps -> one payload of DATA_SIMULTANEOUS. Flags are those of the first."""
    head = np.zeros(1, dtype=_BATCH_HEAD)
    head["kind"], head["sets"], head["step_us"] = Kind.DATA_SIMULTANEOUS, len(sets.sequence), step_us
    head["sequence"], head["first_us"] = sets.sequence[0] % 2**16, sets.newest_us[0] % 2**32
    head["flags"] = sets.flags[0]
    values = np.stack([(sets.counts >> (8 * byte)) & 0xFF for byte in range(3)], axis=-1).astype(np.uint8)
    return head.tobytes() + values.tobytes()
