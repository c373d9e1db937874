"""Frames on the wire: COBS( payload | CRC-16/CCITT-FALSE, little endian ) 0x00. Bytes in, events out, no I/O.

Any bytes give payloads and counted losses, never an exception. Frames of one length are decoded together: one walk over
their code bytes puts the zeros back, what is left is done per block.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from struct import Struct

import numpy as np
from numpy.typing import NDArray

Bytes2D = NDArray[np.uint8]

CRC_START = 0xFFFF
LARGEST_PAYLOAD = 200  # an AVR sends up to 59 bytes, other boards up to 200
LARGEST_FRAME = LARGEST_PAYLOAD + 2 + 1  # CRC and one COBS code byte, as no frame reaches 254 bytes
_OVERRUN = bytes(256)  # a wrong code byte leads at most so far past the last frame


def encode(payload: bytes) -> bytes:
    """One payload -> its frame with the closing 0x00.

    Raises
    ------
    ValueError
        Empty payload, or longer than 200 bytes.
    """
    if not 0 < len(payload) <= LARGEST_PAYLOAD:
        raise ValueError(f"payload has {len(payload)} bytes, must have 1 to {LARGEST_PAYLOAD}")
    checked = payload + crc_hqx(payload, CRC_START).to_bytes(2, "little")
    parts = checked.split(b"\0")
    return b"".join(bytes([len(part) + 1]) + part for part in parts) + b"\0"


def decode(frame: bytes) -> bytes | None:
    """One frame without its closing 0x00 -> payload, or None where COBS or CRC do not hold.

    This is the specification; `decode_together` must agree with it on every input.
    """
    checked = bytearray()
    at = 0
    while at < len(frame):
        code = frame[at]
        block = frame[at + 1 : at + code]
        if code == 0 or len(block) != code - 1 or 0 in block:
            return None
        checked += block
        at += code
        if at < len(frame):
            checked.append(0)
    if len(checked) < 3 or crc_hqx(bytes(checked[:-2]), CRC_START) != int.from_bytes(checked[-2:], "little"):
        return None
    return bytes(checked[:-2])


@cache
def _parts(length: int) -> Struct:
    """Of a frame whose zeros are back, (length + 1) bytes: its payload and the CRC it was sent with."""
    return Struct(f"<x{length - 3}sHx")


def decode_together(frames: list[bytes]) -> tuple[Bytes2D, NDArray[np.bool_] | None]:
    """Frames of one length n, no 0x00 in them -> payloads (m, n - 3) and which of them are right; None: all."""
    length = len(frames[0])
    plain = bytearray(b"\0".join(frames) + _OVERRUN)
    end = -1
    for _ in frames:
        at = end + 1
        end += length + 1
        while code := plain[at]:
            plain[at] = 0
            at += code
        if at != end:  # it may have put zeros into its neighbours
            return _decode_singly(frames)
    stride = length + 1
    stream = memoryview(plain)[: stride * len(frames)]
    rows = np.frombuffer(stream, dtype=np.uint8).reshape(-1, stride)[:, 1 : length - 2]
    right = [crc_hqx(payload, CRC_START) == crc for payload, crc in _parts(length).iter_unpack(stream)]
    return rows, None if all(right) else np.array(right)


def _decode_singly(frames: list[bytes]) -> tuple[Bytes2D, NDArray[np.bool_]]:
    payloads = [decode(frame) for frame in frames]
    size = len(frames[0]) - 3
    whole = b"".join(bytes(size) if payload is None else payload for payload in payloads)
    right = np.array([payload is not None for payload in payloads], dtype=np.bool_)
    return np.frombuffer(whole, dtype=np.uint8).reshape(-1, size), right


@dataclass(frozen=True, slots=True)
class Payloads:
    """Right payloads of one length in the order they came: array (m, k) of bytes, and each one's place in the block."""

    rows: Bytes2D
    order: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one block of bytes held: payload groups by length, frames and bytes that could not be read."""

    groups: tuple[Payloads, ...]
    bad_frames: int
    bad_bytes: int

    def payloads(self) -> list[bytes]:
        """All payloads one by one, in the order they came."""
        found = [
            (int(place), row.tobytes())
            for group in self.groups
            for place, row in zip(group.order, group.rows, strict=True)
        ]
        return [payload for _, payload in sorted(found)]


class Decoder:
    """Turns any chunking of the byte stream into the same payloads; remembers at most one frame.

    Attributes
    ----------
    bad_frames, bad_bytes : int
        Lost since the start: frames that failed, overlong stretches without 0x00.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._overlong = False
        self.bad_frames = 0
        self.bad_bytes = 0

    def feed(self, received: bytes) -> Decoded:
        """Decode as many frames as are complete; keep the rest for the next call."""
        stream = self._rest + received
        cut = stream.rfind(b"\0") + 1
        self._rest = stream[cut:]
        bad_frames = bad_bytes = 0
        groups: tuple[Payloads, ...] = ()
        if cut:
            complete = stream[:cut]
            if self._overlong:
                first = complete.index(b"\0") + 1
                bad_bytes, bad_frames = first - 1, 1  # the closing 0x00 is not part of it
                complete, self._overlong = complete[first:], False
            groups, failed, failed_bytes = self._decode(complete)
            bad_frames, bad_bytes = bad_frames + failed, bad_bytes + failed_bytes
        if len(self._rest) > LARGEST_FRAME:
            bad_bytes += len(self._rest)
            self._rest, self._overlong = b"", True
        self.bad_frames += bad_frames
        self.bad_bytes += bad_bytes
        return Decoded(groups, bad_frames, bad_bytes)

    def _decode(self, complete: bytes) -> tuple[tuple[Payloads, ...], int, int]:
        frames = complete.split(b"\0")
        frames.pop()  # after the last 0x00
        groups, failed, failed_bytes = [], 0, 0
        for length, places in _by_length(frames):
            if length == 0:  # two 0x00 in a row: a flush, not a frame
                continue
            if length < 4 or length > LARGEST_FRAME:
                failed, failed_bytes = failed + len(places), failed_bytes + length * len(places)
                continue
            same = frames if len(places) == len(frames) else [frames[place] for place in places]
            rows, right = decode_together(same)
            order = np.arange(len(frames)) if same is frames else np.array(places, dtype=np.int64)
            if right is not None and not right.all():
                lost = len(right) - int(right.sum())
                failed, failed_bytes = failed + lost, failed_bytes + length * lost
                rows, order = rows[right], order[right]
            if len(order):
                groups.append(Payloads(rows, order))
        return tuple(groups), failed, failed_bytes


def _by_length(frames: list[bytes]) -> Iterable[tuple[int, Sequence[int]]]:
    """Each length with the places of its frames."""
    lengths = list(map(len, frames))
    if lengths and lengths.count(lengths[0]) == len(lengths):
        return [(lengths[0], range(len(frames)))]
    places: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        places.setdefault(length, []).append(place)
    return places.items()
