"""Types, reasons and bits of wire version 1, and how a message becomes bytes. Normative: hardware/PROTOCOL.md."""

from __future__ import annotations

import struct
from dataclasses import fields
from enum import IntEnum
from typing import ClassVar, Self

WIRE_MAJOR, WIRE_MINOR = 1, 0

#: Types that a plate never answers: their reply type would be BOOT or REFUSED, or they are replies themselves.
NEVER_REQUESTS = frozenset({0x00, 0x7F, *range(0x80, 0x100)})


class Kind(IntEnum):
    """Message types. A reply is its request | 0x80; 0x20-0x2F are reserved for further sensors."""

    PING = 0x01
    HELLO = 0x02
    START = 0x03
    STOP = 0x04
    NV_READ = 0x05
    NV_WRITE = 0x06
    NV_COMMIT = 0x07
    SELF_TEST = 0x08
    STATUS = 0x09
    SET = 0x0A
    ADC_RESET = 0x0B
    DIAG = 0x0C
    DATA_PER_CHANNEL = 0x10
    DATA_SIMULTANEOUS = 0x11
    BOOT = 0x80
    PONG = 0x81
    INFO = 0x82
    STARTED = 0x83
    STOPPED = 0x84
    NV_CONTENT = 0x85
    NV_WRITTEN = 0x86
    NV_COMMITTED = 0x87
    SELF_TEST_REPORT = 0x88
    STATUS_REPORT = 0x89
    WAS_SET = 0x8A
    ADC_WAS_RESET = 0x8B
    DIAG_LINE = 0x8C
    REFUSED = 0xFF


class RefusalReason(IntEnum):
    """Why a plate refuses a request."""

    UNKNOWN = 1  # no such request in this version
    CANNOT = 2  # known, but not by this plate
    BUSY = 3  # another program is connected
    BAD_LENGTH = 4
    BAD_VALUE = 5
    STREAMING = 6  # not while sets are being sent
    BAD_CRC = 7  # what was written is not what was meant
    NOTHING_STORED = 8
    MEMORY_FAILED = 9  # the memory does not hold what was written


class Capability:
    """Bits of INFO's capabilities."""

    MEMORY = 0x0002
    SELF_TEST = 0x0004
    TEST_PATTERN = 0x0008
    SYNC_IN = 0x0010
    BUTTON = 0x0020
    OWN_TIME = 0x8000  # the clock does not run with the world's: a simulation sped up, a recording played back


class Payload:
    """How a message becomes payload bytes: its type, then its fields in order.

    ``extra``: how many bytes may follow those of ``layout``.
    """

    __slots__ = ()
    kind: ClassVar[Kind]
    layout: ClassVar[struct.Struct]
    extra: ClassVar[int] = 0

    def pack(self) -> bytes:
        """Payload bytes."""
        return self.layout.pack(self.kind, *(getattr(self, field.name) for field in fields(self)))  # type: ignore[arg-type]

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """From payload bytes of the right length."""
        return cls(*cls.layout.unpack(payload)[1:])
