"""Sets as they came -> sets continuous in number and time; what was seen before is dropped, what is missing counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acquisition.clock import SEQUENCE_BITS, US_BITS, Unwrapper
from acquisition.messages import Sets
from analysis.recording import SampleBlock


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a read brought: the new sets, if any; how many are missing before or among them; how many came again."""

    block: SampleBlock | None
    lost: int
    repeated: int


class Continuity:
    """Number and time of one stream, from its START on."""

    def __init__(self) -> None:
        self._sequence, self._clock = Unwrapper(SEQUENCE_BITS), Unwrapper(US_BITS)
        self._last_index: int | None = None

    def take(self, sets: Sets) -> Arrived:
        """Sets in the order they came, at least one. Only a number above all before it is new."""
        index = self._sequence.unwrap(sets.sequence)
        newest_us = self._clock.unwrap(sets.newest_us)
        floor = self._last_index if self._last_index is not None else int(index[0]) - 1
        seen = np.maximum.accumulate(np.r_[floor, index[:-1]])
        new = index > seen
        if not new.any():
            return Arrived(None, 0, len(index))
        kept = index[new]
        self._last_index = int(kept[-1])
        times_us = newest_us[new, None] - sets.age_us[new]
        block = SampleBlock(
            first_index=int(kept[0]),
            device_us=np.maximum(times_us, 0).astype(np.uint64),
            counts=sets.counts[new],
            flags=sets.flags[new],
            index=kept,
        )
        return Arrived(block, int(kept[-1]) - floor - len(kept), int((~new).sum()))
