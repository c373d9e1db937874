"""Payloads of wire version 1 <-> dataclasses. Byte tables and worked exchanges: hardware/PROTOCOL.md.

Reply type = request type | 0x80, same token. An unknown type is counted and skipped, never an error.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

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


@dataclass(frozen=True, slots=True)
class Ping:
    """Ask for the plate's clock."""

    token: int
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(Kind.PING, self.token)

    @classmethod
    def unpack(cls, payload: bytes) -> Ping:
        """From payload bytes."""
        return cls(cls.layout.unpack(payload)[1])


@dataclass(frozen=True, slots=True)
class Pong:
    """The plate's clock when the PING came and when the reply went. [us], 32 bits."""

    token: int
    received_us: int
    sent_us: int
    layout: ClassVar[struct.Struct] = struct.Struct("<BBII")

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(Kind.PONG, self.token, self.received_us, self.sent_us)

    @classmethod
    def unpack(cls, payload: bytes) -> Pong:
        """From payload bytes."""
        return cls(*cls.layout.unpack(payload)[1:])


@dataclass(frozen=True, slots=True)
class Hello:
    """Ask who is there."""

    token: int
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(Kind.HELLO, self.token)

    @classmethod
    def unpack(cls, payload: bytes) -> Hello:
        """From payload bytes."""
        return cls(cls.layout.unpack(payload)[1])


_TIMINGS = (Timing.PER_CHANNEL, Timing.SIMULTANEOUS, Timing.FIXED_SKEW)
_BOARDS = {0: "simulated", 1: "uno", 2: "nano", 3: "other"}
_MODELS = {0: "unknown", 1: "reference-a"}


@dataclass(frozen=True, slots=True)
class Info:
    """Who the plate is. Numbers as on the wire; `identity` gives them their names."""

    token: int
    wire_major: int
    wire_minor: int
    firmware: tuple[int, int, int]
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
    layout: ClassVar[struct.Struct] = struct.Struct("<BBBBBBBI8sBBBBHIBBBIHH")

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(
            Kind.INFO, self.token, self.wire_major, self.wire_minor, *self.firmware, self.commit, self.device_id,
            self.board, self.model, self.channels, self.timing, self.skew_us, self.nominal_rate_mhz, self.gain,
            self.bits, self.tick_us, self.baud, self.calibration_crc, self.capabilities,
        )  # fmt: skip

    @classmethod
    def unpack(cls, payload: bytes) -> Info:
        """From payload bytes; a later minor version may have appended fields, which are ignored."""
        _, token, major, minor, f0, f1, f2, *rest = cls.layout.unpack(payload[: cls.layout.size])
        return cls(token, major, minor, (f0, f1, f2), *rest)

    def identity(self) -> PlateIdentity:
        """Who the plate is, in the words of the core.

        A plate whose time is its own says so after its firmware's version ("1.0.0+own-time").
        """
        simulated = self.board == 0
        serial = self.device_id.hex().upper()
        return PlateIdentity(
            serial=f"SIM-{serial}" if simulated else serial,
            model=_MODELS.get(self.model, f"model {self.model}"),
            firmware=".".join(map(str, self.firmware))
            + ("+own-time" if self.capabilities & Capability.OWN_TIME else ""),
            wire_version=self.wire_major,
            nominal_rate_hz=self.nominal_rate_mhz / 1000,
            full_scale_counts=2 ** (self.bits - 1) - 1,
            timing=_TIMINGS[self.timing] if self.timing < len(_TIMINGS) else Timing.PER_CHANNEL,
        )


@dataclass(frozen=True, slots=True)
class Start:
    """Begin streaming: mode 0, rate 0 = the plate's own, batch = sets per frame."""

    token: int
    mode: int = 0
    rate_mhz: int = 0
    batch: int = 1
    layout: ClassVar[struct.Struct] = struct.Struct("<BBBIB")

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(Kind.START, self.token, self.mode, self.rate_mhz, self.batch)

    @classmethod
    def unpack(cls, payload: bytes) -> Start:
        """From payload bytes."""
        return cls(*cls.layout.unpack(payload)[1:])


@dataclass(frozen=True, slots=True)
class Started:
    """Streaming begins with the next set; `device_us` is the plate's clock now."""

    token: int
    device_us: int
    layout: ClassVar[struct.Struct] = struct.Struct("<BBI")

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(Kind.STARTED, self.token, self.device_us)

    @classmethod
    def unpack(cls, payload: bytes) -> Started:
        """From payload bytes."""
        return cls(*cls.layout.unpack(payload)[1:])


@dataclass(frozen=True, slots=True)
class Stop:
    """End streaming."""

    token: int
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(Kind.STOP, self.token)

    @classmethod
    def unpack(cls, payload: bytes) -> Stop:
        """From payload bytes."""
        return cls(cls.layout.unpack(payload)[1])


@dataclass(frozen=True, slots=True)
class Stopped:
    """Counters of the stream that ended: sets produced, sets the plate could not send, bad requests it received."""

    token: int
    produced: int
    dropped: int
    bad_received: int
    layout: ClassVar[struct.Struct] = struct.Struct("<BBIIH")

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(Kind.STOPPED, self.token, self.produced, self.dropped, self.bad_received)

    @classmethod
    def unpack(cls, payload: bytes) -> Stopped:
        """From payload bytes."""
        return cls(*cls.layout.unpack(payload)[1:])


@dataclass(frozen=True, slots=True)
class Boot:
    """Sent once after every reset."""

    wire_major: int
    firmware: tuple[int, int, int]
    reset_cause: int
    boot_count: int
    layout: ClassVar[struct.Struct] = struct.Struct("<BBBBBBH")

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(Kind.BOOT, self.wire_major, *self.firmware, self.reset_cause, self.boot_count)

    @classmethod
    def unpack(cls, payload: bytes) -> Boot:
        """From payload bytes."""
        _, major, f0, f1, f2, cause, count = cls.layout.unpack(payload)
        return cls(major, (f0, f1, f2), cause, count)


@dataclass(frozen=True, slots=True)
class Refused:
    """The plate does not know or cannot do what was asked."""

    request: int
    reason: int
    layout: ClassVar[struct.Struct] = struct.Struct("<BBB")

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(Kind.REFUSED, self.request, self.reason)

    @classmethod
    def unpack(cls, payload: bytes) -> Refused:
        """From payload bytes."""
        return cls(*cls.layout.unpack(payload)[1:])


Message = Ping | Pong | Hello | Info | Start | Started | Stop | Stopped | Boot | Refused

_CLASSES: dict[int, type[Message]] = {
    Kind.PING: Ping, Kind.PONG: Pong, Kind.HELLO: Hello, Kind.INFO: Info, Kind.START: Start, Kind.STARTED: Started,
    Kind.STOP: Stop, Kind.STOPPED: Stopped, Kind.BOOT: Boot, Kind.REFUSED: Refused,
}  # fmt: skip


def unpack(payload: bytes) -> Message | None:
    """Payload -> message; None for an unknown type or a length its type does not have."""
    message = _CLASSES.get(payload[0]) if payload else None
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
