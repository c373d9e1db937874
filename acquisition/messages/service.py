"""What a plate is asked besides a session: its memory, its health, its settings.

The memory holds one block of 128 bytes that the board does not read: written in pieces, then committed with the CRC of
the whole. A committed block is stored twice, and a loss of power leaves the older one.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import ClassVar, Self

from acquisition.messages.kinds import Kind, Payload

N_CELLS = 4
BLOCK_BYTES = 128
LARGEST_PIECE = 16
LARGEST_LINE = 57
NO_COUNTS = -(2**23)  # where a cell has not converted; also the converter's lower stop


class Parameter(IntEnum):
    """What SET sets."""

    BAUD = 1


class CellFault(IntFlag):
    """What ails a cell now, or did since the last self-test."""

    NO_SIGNAL = 1
    STUCK_LOW = 2
    DESYNC = 4
    SATURATED = 8
    FROZEN = 16
    SLOW = 32
    MISSED = 64


class BoardMode(IntEnum):
    """What a plate is doing."""

    MEASURE = 0
    TEST_PATTERN = 1
    IDLE = 0xFF


@dataclass(frozen=True, slots=True)
class NvRead(Payload):
    """Ask for a piece of the stored block."""

    token: int
    offset: int
    length: int
    kind: ClassVar[Kind] = Kind.NV_READ
    layout: ClassVar[struct.Struct] = struct.Struct("<BBHB")


@dataclass(frozen=True, slots=True)
class NvContent(Payload):
    """A piece of the stored block."""

    token: int
    offset: int
    content: bytes
    kind: ClassVar[Kind] = Kind.NV_CONTENT
    layout: ClassVar[struct.Struct] = struct.Struct("<BBH")
    extra: ClassVar[int] = LARGEST_PIECE

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(self.kind, self.token, self.offset) + self.content

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """From payload bytes."""
        _, token, offset = cls.layout.unpack_from(payload)
        return cls(token, offset, payload[cls.layout.size :])


@dataclass(frozen=True, slots=True)
class NvWrite(NvContent):
    """Put a piece into the block that is being written; nothing is stored yet."""

    kind: ClassVar[Kind] = Kind.NV_WRITE


@dataclass(frozen=True, slots=True)
class NvWritten(Payload):
    """So much was put there."""

    token: int
    offset: int
    length: int
    kind: ClassVar[Kind] = Kind.NV_WRITTEN
    layout: ClassVar[struct.Struct] = struct.Struct("<BBHB")


@dataclass(frozen=True, slots=True)
class NvCommit(Payload):
    """Store the block, if its CRC is this one. Takes up to half a second."""

    token: int
    crc: int
    kind: ClassVar[Kind] = Kind.NV_COMMIT
    layout: ClassVar[struct.Struct] = struct.Struct("<BBH")


@dataclass(frozen=True, slots=True)
class NvCommitted(Payload):
    """The block is stored and was read back."""

    token: int
    crc: int
    kind: ClassVar[Kind] = Kind.NV_COMMITTED
    layout: ClassVar[struct.Struct] = struct.Struct("<BBH")


@dataclass(frozen=True, slots=True)
class SelfTest(Payload):
    """Ask how the board and its cells are."""

    token: int
    kind: ClassVar[Kind] = Kind.SELF_TEST
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")


@dataclass(frozen=True, slots=True)
class CellReport:
    """One cell since the last self-test: measured period [ns], 0: none; extreme counts; what ails it."""

    period_ns: int
    lowest: int
    highest: int
    faults: CellFault

    @property
    def rate_hz(self) -> float:
        """Conversions a second by the board's clock, 0.0 where none were measured. [Hz]."""
        return 1e9 / self.period_ns if self.period_ns else 0.0


@dataclass(frozen=True, slots=True)
class SelfTestReport(Payload):
    """Supply [mV], true to 10 %; memory left [bytes]; each cell."""

    token: int
    supply_mv: int
    free_bytes: int
    cells: tuple[CellReport, ...]
    kind: ClassVar[Kind] = Kind.SELF_TEST_REPORT
    layout: ClassVar[struct.Struct] = struct.Struct("<BBHH" + "I3s3sB" * N_CELLS)

    def pack(self) -> bytes:
        """Payload bytes."""
        flat: list[int | bytes] = []
        for cell in self.cells:
            extremes = (value.to_bytes(3, "little", signed=True) for value in (cell.lowest, cell.highest))
            flat += [cell.period_ns, *extremes, cell.faults]
        return self.layout.pack(self.kind, self.token, self.supply_mv, self.free_bytes, *flat)

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """From payload bytes."""
        _, token, supply_mv, free_bytes, *flat = cls.layout.unpack(payload)
        cells = tuple(
            CellReport(
                period_ns=flat[at],
                lowest=int.from_bytes(flat[at + 1], "little", signed=True),
                highest=int.from_bytes(flat[at + 2], "little", signed=True),
                faults=CellFault(flat[at + 3]),
            )
            for at in range(0, 4 * N_CELLS, 4)
        )
        return cls(token, supply_mv, free_bytes, cells)


@dataclass(frozen=True, slots=True)
class Status(Payload):
    """Ask for the counters, also while streaming."""

    token: int
    kind: ClassVar[Kind] = Kind.STATUS
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")


@dataclass(frozen=True, slots=True)
class StatusReport(Payload):
    """Counters since START, or since boot: as in STOPPED, and per cell conversions missed and steps lost.

    ``inputs``: SYNC_IN and BUTTON as in a set's flags; ``device_us``: the plate's clock, 32 bits. [us]
    """

    token: int
    mode: int
    inputs: int
    device_us: int
    produced: int
    dropped: int
    bad_received: int
    missed: tuple[int, ...]
    desyncs: tuple[int, ...]
    kind: ClassVar[Kind] = Kind.STATUS_REPORT
    layout: ClassVar[struct.Struct] = struct.Struct("<BBBBIIIH4H4H")

    def pack(self) -> bytes:
        """Payload bytes."""
        head = (self.token, self.mode, self.inputs, self.device_us, self.produced, self.dropped, self.bad_received)
        return self.layout.pack(self.kind, *head, *self.missed, *self.desyncs)

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """From payload bytes."""
        _, token, mode, inputs, device_us, produced, dropped, bad_received, *cells = cls.layout.unpack(payload)
        missed, desyncs = tuple(cells[:N_CELLS]), tuple(cells[N_CELLS:])
        return cls(token, mode, inputs, device_us, produced, dropped, bad_received, missed, desyncs)


@dataclass(frozen=True, slots=True)
class SetParameter(Payload):
    """Set a parameter until the next reset. A new baud rate holds from after the reply."""

    token: int
    parameter: int
    value: int
    kind: ClassVar[Kind] = Kind.SET
    layout: ClassVar[struct.Struct] = struct.Struct("<BBBI")


@dataclass(frozen=True, slots=True)
class WasSet(SetParameter):
    """What the parameter is now."""

    kind: ClassVar[Kind] = Kind.WAS_SET


@dataclass(frozen=True, slots=True)
class AdcReset(Payload):
    """Reset converters: bit 0-3 a cell each. Their next four conversions are discarded."""

    token: int
    cells: int
    kind: ClassVar[Kind] = Kind.ADC_RESET
    layout: ClassVar[struct.Struct] = struct.Struct("<BBB")


@dataclass(frozen=True, slots=True)
class AdcWasReset(AdcReset):
    """Converters that were reset."""

    kind: ClassVar[Kind] = Kind.ADC_WAS_RESET


@dataclass(frozen=True, slots=True)
class Diag(Payload):
    """Ask for one line that a person can read."""

    token: int
    kind: ClassVar[Kind] = Kind.DIAG
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")


@dataclass(frozen=True, slots=True)
class DiagLine(Payload):
    """One line of ASCII for a person: version, supply, rate of each cell."""

    token: int
    text: str
    kind: ClassVar[Kind] = Kind.DIAG_LINE
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")
    extra: ClassVar[int] = LARGEST_LINE

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(self.kind, self.token) + self.text.encode("latin-1")

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """From payload bytes; what is not ASCII is shown as Latin-1, so that any byte comes back."""
        return cls(payload[1], payload[2:].decode("latin-1"))
