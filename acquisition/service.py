"""A plate's health and memory: what is asked besides measuring. Works on any plate that speaks the wire."""

from __future__ import annotations

from binascii import crc_hqx

from acquisition.errors import AcquisitionError
from acquisition.framing import CRC_START
from acquisition.messages import (
    BLOCK_BYTES,
    LARGEST_PIECE,
    AdcReset,
    AdcWasReset,
    Diag,
    DiagLine,
    NvCommit,
    NvCommitted,
    NvContent,
    NvRead,
    NvWrite,
    NvWritten,
    SelfTest,
    SelfTestReport,
    Status,
    StatusReport,
)
from acquisition.plate import WirePlate

COMMIT_LIMIT_S = 2.0


def self_test(plate: WirePlate) -> SelfTestReport:
    """Supply, measured rate of each cell, extremes and faults since the last self-test; also while streaming."""
    return plate.ask(SelfTest, SelfTestReport)


def status(plate: WirePlate) -> StatusReport:
    """Counters of the plate; also while streaming."""
    return plate.ask(Status, StatusReport)


def line(plate: WirePlate) -> str:
    """What the plate says to a person."""
    return plate.ask(Diag, DiagLine).text


def reset_converters(plate: WirePlate, cells: int) -> None:
    """Reset the converters of these cells (bit 0 to 3); their next four conversions are discarded by the plate."""
    plate.ask(lambda token: AdcReset(token, cells), AdcWasReset)


def read_memory(plate: WirePlate) -> bytes:
    """The block of 128 bytes that the plate keeps for its host.

    Raises
    ------
    PlateRefused
        Nothing is stored, or the plate has no memory.
    """
    return b"".join(_read_piece(plate, offset) for offset in range(0, BLOCK_BYTES, LARGEST_PIECE))


def write_memory(plate: WirePlate, block: bytes) -> None:
    """Store a block on the plate: in pieces, then committed by the CRC of the whole. Not while streaming.

    Raises
    ------
    PlateRefused
        It streams, it has no memory, or the memory does not keep what is written.
    AcquisitionError
        The block's CRC is 0, by which a plate says that nothing is stored: a byte of it must change.
    """
    if len(block) != BLOCK_BYTES:
        raise AcquisitionError(f"the block has {len(block)} bytes, must have {BLOCK_BYTES}")
    crc = crc_hqx(block, CRC_START)
    if crc == 0:
        raise AcquisitionError("the block's CRC is 0, which means that nothing is stored: change a byte of it")
    for offset in range(0, BLOCK_BYTES, LARGEST_PIECE):
        _write_piece(plate, offset, block[offset : offset + LARGEST_PIECE])
    plate.ask(lambda token: NvCommit(token, crc), NvCommitted, COMMIT_LIMIT_S)


def _read_piece(plate: WirePlate, offset: int) -> bytes:
    return plate.ask(lambda token: NvRead(token, offset, LARGEST_PIECE), NvContent).content


def _write_piece(plate: WirePlate, offset: int, piece: bytes) -> None:
    plate.ask(lambda token: NvWrite(token, offset, piece), NvWritten)
