"""Frames on the wire: COBS( payload | CRC-16/CCITT-FALSE, little endian ) 0x00. Bytes in, events out, no I/O.

Any bytes give payloads and counted losses, never an exception. Frames of one length are decoded together: a stream of
samples costs a few array operations per block instead of a loop over bytes.
"""

from __future__ import annotations

from binascii import crc_hqx
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes2D = NDArray[np.uint8]

CRC_START = 0xFFFF
LARGEST_PAYLOAD = 200  # an AVR sends up to 59 bytes, other boards up to 200
LARGEST_FRAME = LARGEST_PAYLOAD + 2 + 1  # CRC and one COBS code byte, as no frame reaches 254 bytes
GROUP_FROM = 150  # below this many frames of one length, arrays cost more than a loop (measured)


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

    This is the specification; `decode_group` must agree with it on every input.
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


def _crc_table() -> NDArray[np.uint16]:
    return np.array([crc_hqx(bytes([value]), 0) for value in range(256)], dtype=np.uint16)


_CRC_TABLE = _crc_table()


def decode_group(frames: Bytes2D) -> tuple[Bytes2D, NDArray[np.bool_]]:
    """Frames of one length (m, n), no 0x00 in them -> payloads (m, n - 3) and which of them are right.

    Each code byte says where the next one is: all frames walk together, a column at a time.
    """
    count, length = frames.shape
    plain = frames.copy()
    next_code = np.zeros(count, dtype=np.int64)
    right = np.ones(count, dtype=np.bool_)
    for column in range(length):
        here = next_code == column
        next_code = np.where(here, column + frames[:, column].astype(np.int64), next_code)
        plain[here, column] = 0
    right &= next_code == length
    checked = plain[:, 1:]
    crc = np.full(count, CRC_START, dtype=np.uint16)
    for column in range(length - 3):
        crc = (crc << np.uint16(8)) ^ _CRC_TABLE[(crc >> np.uint16(8)) ^ checked[:, column]]
    sent = checked[:, -2].astype(np.uint16) | (checked[:, -1].astype(np.uint16) << np.uint16(8))
    return checked[:, :-2], right & (crc == sent)


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
        raw = np.frombuffer(complete, dtype=np.uint8)
        ends = np.flatnonzero(raw == 0)
        starts = np.r_[0, ends[:-1] + 1]
        lengths = ends - starts
        groups, failed, failed_bytes = [], 0, 0
        for length in np.unique(lengths):
            places = np.flatnonzero(lengths == length)
            if length == 0:  # two 0x00 in a row: a flush, not a frame
                continue
            if length < 4 or length > LARGEST_FRAME:
                failed, failed_bytes = failed + len(places), failed_bytes + int(length) * len(places)
                continue
            rows, right = self._rows(raw, starts[places], int(length))
            failed, failed_bytes = failed + int((~right).sum()), failed_bytes + int((~right).sum()) * int(length)
            if right.any():
                groups.append(Payloads(rows[right], places[right].astype(np.int64)))
        return tuple(groups), failed, failed_bytes

    @staticmethod
    def _rows(raw: NDArray[np.uint8], starts: NDArray[np.int64], length: int) -> tuple[Bytes2D, NDArray[np.bool_]]:
        if len(starts) >= GROUP_FROM:
            return decode_group(raw[starts[:, None] + np.arange(length)])
        stream = raw.tobytes()
        payloads = [decode(stream[start : start + length]) for start in starts.tolist()]
        right = np.array([payload is not None for payload in payloads], dtype=np.bool_)
        missing = bytes(length - 3)
        whole = b"".join(missing if payload is None else payload for payload in payloads)
        rows = np.frombuffer(whole, dtype=np.uint8).reshape(-1, length - 3)
        return rows, right
