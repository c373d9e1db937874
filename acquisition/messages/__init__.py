"""Payloads of wire version 1 <-> dataclasses. Byte tables and worked exchanges: hardware/PROTOCOL.md.

Reply type = request type | 0x80, same token. An unknown type is counted and skipped, never an error.
"""

from __future__ import annotations

from typing import get_args

from acquisition.messages.kinds import NEVER_REQUESTS, WIRE_MAJOR, WIRE_MINOR, Capability, Kind, RefusalReason
from acquisition.messages.service import (
    BLOCK_BYTES,
    LARGEST_PIECE,
    NO_COUNTS,
    AdcReset,
    AdcWasReset,
    BoardMode,
    CellFault,
    CellReport,
    Diag,
    DiagLine,
    NvCommit,
    NvCommitted,
    NvContent,
    NvRead,
    NvWrite,
    NvWritten,
    Parameter,
    SelfTest,
    SelfTestReport,
    SetParameter,
    Status,
    StatusReport,
    WasSet,
)
from acquisition.messages.session import (
    SIMULATED_BOARD,
    Boot,
    Hello,
    Info,
    OtherVersion,
    Ping,
    Pong,
    Refused,
    Start,
    Started,
    Stop,
    Stopped,
)
from acquisition.messages.sets import (
    AGE_TICK_US,
    BATCH_HEAD_SIZE,
    BATCH_SET_SIZE,
    SET_SIZE,
    Sets,
    is_batch,
    is_set,
    pack_batch,
    pack_sets,
    unpack_batches,
    unpack_sets,
)

Request = Ping | Hello | Start | Stop | NvRead | NvWrite | NvCommit | SelfTest | Status | SetParameter | AdcReset | Diag
Reply = (
    Pong | Info | Started | Stopped | NvContent | NvWritten | NvCommitted | SelfTestReport | StatusReport | WasSet
    | AdcWasReset | DiagLine | Refused
)  # fmt: skip
Message = Request | Reply | Boot

#: type -> class
MESSAGES: dict[int, type[Message]] = {message.kind: message for message in get_args(Message)}


def unpack(payload: bytes) -> Message | OtherVersion | None:
    """Payload -> message; None for an unknown type or a length its type does not have."""
    if len(payload) >= 4 and payload[0] == Kind.INFO and payload[2] != WIRE_MAJOR:
        return OtherVersion(payload[1], payload[2])
    message = MESSAGES.get(payload[0]) if payload else None
    if message is None or not 0 <= len(payload) - message.layout.size <= message.extra:
        return None
    return message.unpack(payload)


__all__ = [
    "AGE_TICK_US",
    "BATCH_HEAD_SIZE",
    "BATCH_SET_SIZE",
    "BLOCK_BYTES",
    "LARGEST_PIECE",
    "MESSAGES",
    "NEVER_REQUESTS",
    "NO_COUNTS",
    "SET_SIZE",
    "SIMULATED_BOARD",
    "WIRE_MAJOR",
    "WIRE_MINOR",
    "AdcReset",
    "AdcWasReset",
    "BoardMode",
    "Boot",
    "Capability",
    "CellFault",
    "CellReport",
    "Diag",
    "DiagLine",
    "Hello",
    "Info",
    "Kind",
    "Message",
    "NvCommit",
    "NvCommitted",
    "NvContent",
    "NvRead",
    "NvWrite",
    "NvWritten",
    "OtherVersion",
    "Parameter",
    "Ping",
    "Pong",
    "RefusalReason",
    "Refused",
    "Reply",
    "Request",
    "SelfTest",
    "SelfTestReport",
    "SetParameter",
    "Sets",
    "Start",
    "Started",
    "Status",
    "StatusReport",
    "Stop",
    "Stopped",
    "WasSet",
    "is_batch",
    "is_set",
    "pack_batch",
    "pack_sets",
    "unpack",
    "unpack_batches",
    "unpack_sets",
]
