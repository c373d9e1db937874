"""A session with a plate: who is there, its clock, the stream begins and ends."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

from acquisition.messages.kinds import WIRE_MINOR, Capability, Kind, Payload, RefusalReason
from analysis.recording import SIMULATED_SERIAL, PlateIdentity, Timing


@dataclass(frozen=True, slots=True)
class Ping(Payload):
    """Ask for the plate's clock."""

    token: int
    kind: ClassVar[Kind] = Kind.PING
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")


@dataclass(frozen=True, slots=True)
class Pong(Payload):
    """The plate's clock when the PING came and when the reply went. [us], 32 bits."""

    token: int
    received_us: int
    sent_us: int
    kind: ClassVar[Kind] = Kind.PONG
    layout: ClassVar[struct.Struct] = struct.Struct("<BBII")


@dataclass(frozen=True, slots=True)
class Hello(Payload):
    """Ask who is there."""

    token: int
    kind: ClassVar[Kind] = Kind.HELLO
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")


_TIMINGS = (Timing.PER_CHANNEL, Timing.SIMULTANEOUS, Timing.FIXED_SKEW)
_MODELS = {0: "unknown", 1: "reference-a"}
SIMULATED_BOARD = 0
_ANOTHER_BOARD = 3


@dataclass(frozen=True, slots=True)
class Info(Payload):
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
    boot_count: int
    kind: ClassVar[Kind] = Kind.INFO
    layout: ClassVar[struct.Struct] = struct.Struct("<BBBBBBBI8sBBBBHIBBBIHHH")
    extra: ClassVar[int] = 200  # the only message that a minor version may lengthen

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """From payload bytes; a later minor version may have appended fields, which are ignored."""
        return cls(*cls.layout.unpack(payload[: cls.layout.size])[1:])

    @classmethod
    def of(cls, plate: PlateIdentity, token: int, boot_count: int) -> Self:
        """What a plate said from which `identity` was made, as far as that tells.

        Raises
        ------
        ValueError
            No plate of this wire version has this identity.
        """
        version, _, own_time = plate.firmware.partition("+")
        major, minor, patch = (int(part) for part in version.split("."))
        numbers = {name: number for number, name in _MODELS.items()}
        return cls(
            token=token,
            wire_major=plate.wire_version,
            wire_minor=WIRE_MINOR,
            firmware_major=major,
            firmware_minor=minor,
            firmware_patch=patch,
            commit=0,
            device_id=bytes.fromhex(plate.serial.removeprefix(SIMULATED_SERIAL)),
            board=SIMULATED_BOARD if plate.simulated else _ANOTHER_BOARD,
            model=numbers[plate.model] if plate.model in numbers else int(plate.model.removeprefix("model ")),
            channels=4,
            timing=_TIMINGS.index(plate.timing),
            skew_us=0,
            nominal_rate_mhz=round(plate.nominal_rate_hz * 1000),
            gain=128,
            bits=plate.full_scale_counts.bit_length() + 1,
            tick_us=4,
            baud=115200,
            calibration_crc=0,
            capabilities=Capability.OWN_TIME if own_time else 0,
            boot_count=boot_count,
        )

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
class Start(Payload):
    """Begin streaming: mode 0, rate 0 = the plate's own, batch = sets per frame."""

    token: int
    mode: int = 0
    rate_mhz: int = 0
    batch: int = 1
    kind: ClassVar[Kind] = Kind.START
    layout: ClassVar[struct.Struct] = struct.Struct("<BBBIB")


@dataclass(frozen=True, slots=True)
class Started(Payload):
    """Streaming begins with the next set; `device_us` is the plate's clock now."""

    token: int
    device_us: int
    kind: ClassVar[Kind] = Kind.STARTED
    layout: ClassVar[struct.Struct] = struct.Struct("<BBI")


@dataclass(frozen=True, slots=True)
class Stop(Payload):
    """End streaming."""

    token: int
    kind: ClassVar[Kind] = Kind.STOP
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")


@dataclass(frozen=True, slots=True)
class Stopped(Payload):
    """Counters of the stream that ended: sets produced, sets the plate could not send, bad requests it received."""

    token: int
    produced: int
    dropped: int
    bad_received: int
    kind: ClassVar[Kind] = Kind.STOPPED
    layout: ClassVar[struct.Struct] = struct.Struct("<BBIIH")


@dataclass(frozen=True, slots=True)
class Boot(Payload):
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
class Refused(Payload):
    """The plate does not know or cannot do what was asked (token 0: nobody asked)."""

    token: int
    request: int
    reason: int
    kind: ClassVar[Kind] = Kind.REFUSED
    layout: ClassVar[struct.Struct] = struct.Struct("<BBBB")

    @classmethod
    def answering(cls, payload: bytes, reason: RefusalReason) -> Self:
        """The refusal of a request that may be unknown, or too short to hold its token."""
        return cls(payload[1] if len(payload) > 1 else 0, payload[0], reason)


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """INFO of a wire version that is not ours: only its first four bytes mean the same in every version."""

    token: int
    wire_major: int
