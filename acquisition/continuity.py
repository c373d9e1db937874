"""Sets as they came -> sets continuous in number and time; what was seen before is dropped, what is missing counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic
from typing import Protocol, runtime_checkable

import numpy as np

from acquisition.clock import SEQUENCE_BITS, US_BITS, Int, Unwrapper
from acquisition.messages import Sets
from analysis.recording import SampleBlock


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a read brought: the new sets, if any; how many are missing before or among them; how many came again."""

    block: SampleBlock | None
    lost: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Position:
    """A set of a stream: its number and the plate's clock at its newest conversion [us], both made continuous."""

    index: int
    device_us: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """A stream whose link dropped: where it was, and until when [s] on the host's monotonic clock it may go on."""

    until_s: float
    serial: str
    boot_count: int
    position: Position

    @property
    def hopeful(self) -> bool:
        """Whether it may still be taken up."""
        return monotonic() <= self.until_s

    def is_of(self, serial: str, boot_count: int) -> bool:
        """Whether it is this plate's, which has not started anew since."""
        return (serial, boot_count) == (self.serial, self.boot_count)


@runtime_checkable
class Resumable(Protocol):
    """A plate whose stream goes on when its link drops: it sends something at least every 250 ms.

    Whose stream it is the caller makes sure of: device id and boot count are the ones before.
    """

    @property
    def position(self) -> Position | None:
        """The newest set of the stream; None before the first."""

    def resume(self, after: Position, limit_s: float = ...) -> bool:
        """Take up the stream that runs already, after this set. False where nothing comes: it does not run."""


class Continuity:
    """Number and time of one stream, from its START on, or from a set of it that is known already.

    Parameters
    ----------
    after : Position or None
        Only what comes after it is new; numbers and times go on from it.
    """

    def __init__(self, after: Position | None = None) -> None:
        self._sequence, self._clock = Unwrapper(SEQUENCE_BITS), Unwrapper(US_BITS)
        self.position = after
        if after is not None:
            self._sequence.set(after.index)
            self._clock.set(after.device_us)

    def take(self, sets: Sets) -> Arrived:
        """Sets in the order they came, at least one. Only a number above all before it is new."""
        index = self._sequence.unwrap(sets.sequence)
        newest_us = self._clock.unwrap(sets.newest_us)
        floor = self.position.index if self.position is not None else int(index[0]) - 1
        came = index.tolist()
        if came[0] > floor and came == list(range(came[0], came[0] + len(came))):  # the usual block: nothing to drop
            return self._arrived(sets, index, newest_us, floor)
        new = index > np.maximum.accumulate(np.concatenate([[floor], index[:-1]]))
        if not new.any():
            return Arrived(None, 0, len(index))
        arrived = self._arrived(sets.only(new), index[new], newest_us[new], floor)
        return replace(arrived, repeated=int((~new).sum()))

    def _arrived(self, sets: Sets, index: Int, newest_us: Int, floor: int) -> Arrived:
        """New sets, of which `floor` was the one before."""
        self.position = Position(int(index[-1]), int(newest_us[-1]))
        times_us = newest_us[:, None] - sets.age_us
        block = SampleBlock(
            first_index=int(index[0]),
            device_us=np.maximum(times_us, 0).view(np.uint64),
            counts=sets.counts,
            flags=sets.flags,
            index=index,
        )
        return Arrived(block, self.position.index - floor - len(index), 0)
