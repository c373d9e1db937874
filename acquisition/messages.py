"""Payloads of wire version 1 <-> dataclasses. Byte tables and worked exchanges: hardware/PROTOCOL.md.

Reply type = request type | 0x80, same token. An unknown type is counted and skipped, never an error.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import ClassVar, Self, get_args

import numpy as np
from numpy.typing import NDArray

from acquisition.framing import Bytes2D
from analysis.recording import PlateIdentity, Timing

WIRE_MAJOR, WIRE_MINOR = 1, 0


class Kind(IntEnum):
    """Message types of wire version 1 that this program speaks. 0x20-0x2F are reserved for further sensors."""

    PING = 0x01
    HELLO = 0x02
    START = 0x03
    STOP = 0x04
    DATA_PER_CHANNEL = 0x10
    BOOT = 0x80
    PONG = 0x81
    INFO = 0x82
    STARTED = 0x83
    STOPPED = 0x84
    REFUSED = 0xFF


class RefusalReason(IntEnum):
    """Why a plate refuses a request."""

    UNKNOWN = 1  # no such request in this version
    CANNOT = 2  # known, but not with these arguments or not now
    BUSY = 3  # another program is connected


class Capability:
    """Bits of INFO's capabilities."""

    OWN_TIME = 0x8000  # the clock does not run with the world's: a simulation sped up, a recording played back


class _Payload:
    """How a message becomes payload bytes: its type, then its fields in order."""

    __slots__ = ()
    kind: ClassVar[Kind]
    layout: ClassVar[struct.Struct]

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(self.kind, *(getattr(self, field.name) for field in fields(self)))  # type: ignore[arg-type]

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """From payload bytes of the right length."""
        return cls(*cls.layout.unpack(payload)[1:])


@dataclass(frozen=True, slots=True)
class Ping(_Payload):
    """Ask for the plate's clock."""

    token: int
    kind: ClassVar[Kind] = Kind.PING
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")


@dataclass(frozen=True, slots=True)
class Pong(_Payload):
    """The plate's clock when the PING came and when the reply went. [us], 32 bits."""

    token: int
    received_us: int
    sent_us: int
    kind: ClassVar[Kind] = Kind.PONG
    layout: ClassVar[struct.Struct] = struct.Struct("<BBII")


@dataclass(frozen=True, slots=True)
class Hello(_Payload):
    """Ask who is there."""

    token: int
    kind: ClassVar[Kind] = Kind.HELLO
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")


_TIMINGS = (Timing.PER_CHANNEL, Timing.SIMULTANEOUS, Timing.FIXED_SKEW)
_MODELS = {0: "unknown", 1: "reference-a"}
SIMULATED_BOARD = 0


@dataclass(frozen=True, slots=True)
class Info(_Payload):
    """Who the plate is. Numbers as on the wire; `identity` gives them their names."""

    token: int
    wire_major: int
    wire_minor: int
    firmware_major: int
    firmware_minor: int
    firmware_patch: int
    commit: int
    device_id: bytes
    board: int
    model: int
    channels: int
    timing: int
    skew_us: int
    nominal_rate_mhz: int
    gain: int
    bits: int
    tick_us: int
    baud: int
    calibration_crc: int
    capabilities: int
    kind: ClassVar[Kind] = Kind.INFO
    layout: ClassVar[struct.Struct] = struct.Struct("<BBBBBBBI8sBBBBHIBBBIHH")

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """From payload bytes; a later minor version may have appended fields, which are ignored."""
        return cls(*cls.layout.unpack(payload[: cls.layout.size])[1:])

    def identity(self) -> PlateIdentity:
        """Who the plate is, in the words of the core.

        A plate whose time is its own says so after its firmware's version ("1.0.0+own-time").
        """
        serial = self.device_id.hex().upper()
        own_time = "+own-time" if self.capabilities & Capability.OWN_TIME else ""
        return PlateIdentity(
            serial=f"SIM-{serial}" if self.board == SIMULATED_BOARD else serial,
            model=_MODELS.get(self.model, f"model {self.model}"),
            firmware=f"{self.firmware_major}.{self.firmware_minor}.{self.firmware_patch}{own_time}",
            wire_version=self.wire_major,
            nominal_rate_hz=self.nominal_rate_mhz / 1000,
            full_scale_counts=2 ** (self.bits - 1) - 1,
            timing=_TIMINGS[self.timing] if self.timing < len(_TIMINGS) else Timing.PER_CHANNEL,
        )


@dataclass(frozen=True, slots=True)
class Start(_Payload):
    """Begin streaming: mode 0, rate 0 = the plate's own, batch = sets per frame."""

    token: int
    mode: int = 0
    rate_mhz: int = 0
    batch: int = 1
    kind: ClassVar[Kind] = Kind.START
    layout: ClassVar[struct.Struct] = struct.Struct("<BBBIB")


@dataclass(frozen=True, slots=True)
class Started(_Payload):
    """Streaming begins with the next set; `device_us` is the plate's clock now."""

    token: int
    device_us: int
    kind: ClassVar[Kind] = Kind.STARTED
    layout: ClassVar[struct.Struct] = struct.Struct("<BBI")


@dataclass(frozen=True, slots=True)
class Stop(_Payload):
    """End streaming."""

    token: int
    kind: ClassVar[Kind] = Kind.STOP
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")


@dataclass(frozen=True, slots=True)
class Stopped(_Payload):
    """Counters of the stream that ended: sets produced, sets the plate could not send, bad requests it received."""

    token: int
    produced: int
    dropped: int
    bad_received: int
    kind: ClassVar[Kind] = Kind.STOPPED
    layout: ClassVar[struct.Struct] = struct.Struct("<BBIIH")


@dataclass(frozen=True, slots=True)
class Boot(_Payload):
    """Sent once after every reset."""

    wire_major: int
    firmware_major: int
    firmware_minor: int
    firmware_patch: int
    reset_cause: int
    boot_count: int
    kind: ClassVar[Kind] = Kind.BOOT
    layout: ClassVar[struct.Struct] = struct.Struct("<BBBBBBH")


@dataclass(frozen=True, slots=True)
class Refused(_Payload):
    """The plate does not know or cannot do what was asked."""

    request: int
    reason: int
    kind: ClassVar[Kind] = Kind.REFUSED
    layout: ClassVar[struct.Struct] = struct.Struct("<BBB")


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """INFO of a wire version that is not ours: only its first four bytes mean the same in every version."""

    token: int
    wire_major: int


Message = Ping | Pong | Hello | Info | Start | Started | Stop | Stopped | Boot | Refused

#: type -> class
MESSAGES: dict[int, type[Message]] = {message.kind: message for message in get_args(Message)}


def unpack(payload: bytes) -> Message | OtherVersion | None:
    """Payload -> message; None for an unknown type or a length its type does not have."""
    if len(payload) >= 4 and payload[0] == Kind.INFO and payload[2] != WIRE_MAJOR:
        return OtherVersion(payload[1], payload[2])
    message = MESSAGES.get(payload[0]) if payload else None
    if message is None:
        return None
    grows = message is Info  # the only message that a minor version may lengthen
    if len(payload) < message.layout.size or (len(payload) > message.layout.size and not grows):
        return None
    return message.unpack(payload)


SET_SIZE = 29
AGE_TICK_US = 4


@dataclass(frozen=True, slots=True)
class Sets:
    """Rows of DATA_PER_CHANNEL as they came.

    ``sequence (m,)`` 16 bits; ``newest_us (m,)`` 32 bits [us]; ``age_us (m, 4)`` how much older each cell's conversion
    is [us]; ``counts (m, 4)``; ``flags (m,)``; ``fresh (m,)`` bit mask of the cells that converted anew.
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


def unpack_sets(rows: Bytes2D) -> Sets:
    """Payload rows (m, 29) of DATA_PER_CHANNEL -> sets."""
    table = np.ascontiguousarray(rows).view(_SET)[:, 0]
    low, middle, high = (table["cells"]["value"][:, :, byte].astype(np.int32) for byte in range(3))
    unsigned = low | (middle << 8) | (high << 16)
    return Sets(
        sequence=table["sequence"].astype(np.int64),
        newest_us=table["newest_us"].astype(np.int64),
        age_us=table["cells"]["age"].astype(np.int64) * AGE_TICK_US,
        counts=(unsigned ^ 0x800000) - 0x800000,
        flags=table["flags"].copy(),
        fresh=table["fresh"].copy(),
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
