"""Sets of samples on the wire: rows of bytes <-> arrays, many at a time."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import NDArray

from acquisition.framing import Bytes2D
from acquisition.messages.kinds import Kind
from analysis.recording import SetFlag

# plain numbers: numpy takes ten times as long to compare with a member of an enum
_PER_CHANNEL, _SIMULTANEOUS = int(Kind.DATA_PER_CHANNEL), int(Kind.DATA_SIMULTANEOUS)
_NOT_DROPPED = 0xFF ^ int(SetFlag.DROPPED_BEFORE)

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

    def only(self, which: NDArray[np.bool_]) -> Sets:
        """Those of the mask (m,)."""
        return Sets(*(getattr(self, field.name)[which] for field in fields(self)))


_SET = np.dtype(
    [("kind", "u1"), ("sequence", "<u2"), ("newest_us", "<u4"), ("flags", "u1"), ("fresh", "u1"),
     ("cells", [("age", "<u2"), ("value", "u1", (3,))], (4,))]
)  # fmt: skip


#: Bytes of a set in an order in which every field is aligned: two words of head, four ages, four counts.
_HEAD_BYTES = [3, 4, 5, 6, 1, 2, 7, 8]
_AGE_BYTES = [9 + 5 * cell + byte for cell in range(4) for byte in (0, 1)]
_COUNT_BYTES = [9 + 5 * cell + byte for cell in range(4) for byte in (1, 2, 3, 4)]  # the lowest is shifted out
_ALIGNED_BYTES = np.array([*_HEAD_BYTES, *_AGE_BYTES, *_COUNT_BYTES])
_U2, _U4, _I4 = np.dtype("<u2"), np.dtype("<u4"), np.dtype("<i4")


def is_set(rows: Bytes2D) -> NDArray[np.bool_]:
    """Which payload rows (m, k) of one length are DATA_PER_CHANNEL."""
    if rows.shape[1] != SET_SIZE:
        return np.zeros(len(rows), dtype=np.bool_)
    return np.asarray(rows[:, 0] == _PER_CHANNEL, dtype=np.bool_)


def unpack_sets(rows: Bytes2D) -> Sets:
    """Payload rows (m, 29) of DATA_PER_CHANNEL -> sets."""
    aligned = rows.take(_ALIGNED_BYTES, axis=1)
    halves = aligned.view(_U2)
    return Sets(
        sequence=halves[:, 2].astype(np.int64),
        newest_us=aligned.view(_U4)[:, 0].astype(np.int64),
        age_us=np.multiply(halves[:, 4:8], AGE_TICK_US, dtype=np.int64),
        counts=aligned.view(_I4)[:, 4:] >> 8,
        flags=aligned[:, 6],
        fresh=aligned[:, 7],
    )


def pack_sets(sets: Sets) -> Bytes2D:
    """Sets -> payload rows (m, 29) of DATA_PER_CHANNEL. Counts are 24 bits, sequence 16, time 32."""
    table = np.zeros(len(sets.sequence), dtype=_SET)
    table["kind"] = _PER_CHANNEL
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


def is_batch(rows: Bytes2D) -> NDArray[np.bool_]:
    """Which payload rows (m, k) of one length are DATA_SIMULTANEOUS whose length agrees with their number of sets."""
    count, left = divmod(rows.shape[1] - BATCH_HEAD_SIZE, BATCH_SET_SIZE)
    if left or count < 1:
        return np.zeros(len(rows), dtype=np.bool_)
    of_length = rows[:, BATCH_HEAD_SIZE - 1] == count
    return np.asarray(of_length & (rows[:, 0] == _SIMULTANEOUS), dtype=np.bool_)


def unpack_batches(rows: Bytes2D) -> Sets:
    """Payload rows (m, 11 + 12 n) of DATA_SIMULTANEOUS, n sets each -> m n sets, all cells of a set at one moment.

    The flags of a frame are those of all its sets; only "dropped before" is the first one's alone.
    """
    count = (rows.shape[1] - BATCH_HEAD_SIZE) // BATCH_SET_SIZE
    aligned = rows.take(_aligned_batch_bytes(count), axis=1)
    halves, words = aligned.view(_U2).astype(np.int64), aligned.view(_U4)
    step = np.arange(count)
    flags = aligned[:, 8:9].repeat(count, axis=1)
    flags[:, 1:] &= _NOT_DROPPED
    sets = len(rows) * count
    return Sets(
        sequence=((halves[:, 2:3] + step) & 0xFFFF).ravel(),
        newest_us=((words[:, :1].astype(np.int64) + halves[:, 3:4] * step) & 0xFFFFFFFF).ravel(),
        age_us=np.zeros((sets, 4), dtype=np.int64),
        counts=(words[:, 3:].view(_I4) >> 8).reshape(-1, 4),
        flags=flags.ravel(),
        fresh=np.full(sets, ALL_FRESH, dtype=np.uint8),
    )


@cache
def _aligned_batch_bytes(count: int) -> NDArray[np.int64]:
    """Bytes of a batch in an order in which every field is aligned: three words of head, four counts a set."""
    head = [3, 4, 5, 6, 1, 2, 7, 8, 9, 9, 9, 9]
    first = range(BATCH_HEAD_SIZE - 1, BATCH_HEAD_SIZE + BATCH_SET_SIZE * count - 1, 3)  # the byte before each i24
    return np.array([*head, *(byte for before in first for byte in range(before, before + 4))])


def pack_batch(sets: Sets, step_us: int) -> bytes:
    """Sets at equal steps -> one payload of DATA_SIMULTANEOUS. Flags are those of the first."""
    head = np.zeros(1, dtype=_BATCH_HEAD)
    head["kind"], head["sets"], head["step_us"] = _SIMULTANEOUS, len(sets.sequence), step_us
    head["sequence"], head["first_us"] = sets.sequence[0] % 2**16, sets.newest_us[0] % 2**32
    head["flags"] = sets.flags[0]
    values = np.stack([(sets.counts >> (8 * byte)) & 0xFF for byte in range(3)], axis=-1).astype(np.uint8)
    return head.tobytes() + values.tobytes()
