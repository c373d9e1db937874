"""Bytes from a plate -> sets of samples and messages, in the order they came. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from acquisition import messages
from acquisition.framing import Decoder
from acquisition.messages import Kind, Message, OtherVersion, Sets


@dataclass(frozen=True, slots=True)
class Received:
    """What one read brought: sets in pieces as they lie in it, messages in order, frames that were none or unknown."""

    sets: tuple[Sets, ...]
    messages: tuple[Message | OtherVersion, ...]
    bad_frames: int
    unknown_messages: int


class Receiver:
    """Takes the bytes of a link in any pieces; remembers at most one frame."""

    def __init__(self) -> None:
        self._decoder = Decoder()

    def feed(self, received: bytes) -> Received:
        """Everything that is complete with these bytes."""
        decoded = self._decoder.feed(received)
        sets: list[Sets] = []
        found: list[tuple[int, Message | OtherVersion]] = []
        unknown = 0
        for group in decoded.groups:
            is_set = (group.rows[:, 0] == Kind.DATA_PER_CHANNEL) & (group.rows.shape[1] == messages.SET_SIZE)
            if is_set.any():
                sets.append(messages.unpack_sets(group.rows[is_set]))
            is_batch = messages.is_batch(group.rows)
            if is_batch.any():
                sets.append(messages.unpack_batches(group.rows[is_batch]))
            is_set |= is_batch
            for place, row in zip(group.order[~is_set], group.rows[~is_set], strict=True):
                message = messages.unpack(row.tobytes())
                if message is None:
                    unknown += 1
                else:
                    found.append((int(place), message))
        in_order = tuple(message for _, message in sorted(found, key=lambda pair: pair[0]))
        return Received(tuple(sets), in_order, decoded.bad_frames, unknown)
