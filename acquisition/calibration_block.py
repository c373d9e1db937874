"""A calibration as the 128 bytes that a plate carries with it. Layout: hardware/PROTOCOL.md, section 5.

The archive's calibration is the master copy: the block has its numbers in single precision and not who made it.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from acquisition.messages import BLOCK_BYTES
from analysis.calibration import Calibration
from analysis.errors import NotCalibrated

MAGIC = b"SLC1"
LAYOUT = struct.Struct("<4sII16s12f4ffff24s")
REFERENCE_BYTES = 24
MADE_BY = "read from the plate"

assert LAYOUT.size == BLOCK_BYTES  # noqa: S101 - our own arithmetic


def pack_calibration(calibration: Calibration) -> bytes:
    """Calibration -> block.

    Raises
    ------
    NotCalibrated
        Its id is no UUID, by which a station would know it again.
    """
    try:
        identity = UUID(calibration.id).bytes
    except ValueError as error:
        raise NotCalibrated(f"calibration {calibration.id!r} has no UUID: a plate cannot carry it") from error
    reference = calibration.reference.encode()[:REFERENCE_BYTES].decode(errors="ignore").encode()
    return LAYOUT.pack(
        MAGIC,
        int(calibration.made_at.timestamp()),
        int(calibration.valid_until.timestamp()) if calibration.valid_until else 0,
        identity,
        *calibration.matrix.ravel(),
        *calibration.cell_newton_per_count,
        calibration.max_load_n,
        calibration.residual_n,
        calibration.cop_error_mm,
        reference,
    )


def unpack_calibration(block: bytes, plate_serial: str) -> Calibration:
    """Block -> calibration of the plate it was read from.

    Raises
    ------
    NotCalibrated
        The block holds something else, or numbers that cannot be a calibration.
    """
    if len(block) != BLOCK_BYTES or not block.startswith(MAGIC):
        raise NotCalibrated(f"the memory of plate {plate_serial} holds no calibration (it begins {block[:4].hex()})")
    _, made_at_s, valid_until_s, identity, *numbers = LAYOUT.unpack(block)
    values = np.array(numbers[:19], dtype=np.float64)
    if not np.isfinite(values).all():
        raise NotCalibrated(f"the calibration in the memory of plate {plate_serial} has a value that is no number")
    return Calibration(
        id=str(UUID(bytes=identity)),
        plate_serial=plate_serial,
        matrix=values[:12].reshape(3, 4),
        cell_newton_per_count=values[12:16],
        max_load_n=float(values[16]),
        residual_n=float(values[17]),
        cop_error_mm=float(values[18]),
        reference=numbers[19].rstrip(b"\0").decode(errors="replace"),
        made_at=datetime.fromtimestamp(made_at_s, UTC),
        made_by=MADE_BY,
        valid_until=datetime.fromtimestamp(valid_until_s, UTC) if valid_until_s else None,
    )
