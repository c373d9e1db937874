"""Bytes from a plate -> sets of samples and messages, in the order they came. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acquisition import messages
from acquisition.framing import Decoder
from acquisition.messages import Message, OtherVersion, Sets

#: Payloads that carry sets: which they are, and how they are read.
SET_KINDS = ((messages.is_set, messages.unpack_sets), (messages.is_batch, messages.unpack_batches))


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
            rows, order = group.rows, group.order
            for is_kind, unpack in SET_KINDS:
                which = is_kind(rows)
                if (count := np.count_nonzero(which)) == len(rows):  # the usual block
                    sets.append(unpack(rows))
                    break
                if count:
                    sets.append(unpack(rows[which]))
                    rows, order = rows[~which], order[~which]
            else:
                for place, row in zip(order.tolist(), rows, strict=True):
                    message = messages.unpack(row.tobytes())
                    if message is None:
                        unknown += 1
                    else:
                        found.append((place, message))
        in_order = tuple(message for _, message in sorted(found, key=lambda pair: pair[0]))
        return Received(tuple(sets), in_order, decoded.bad_frames, unknown)
