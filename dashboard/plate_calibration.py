"""What is known of a plate that no archive has a calibration of."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from analysis.calibration import DATASHEET, Calibration
from analysis.recording import PlateIdentity
from hardware.plates import load_plate_model
from hardware.simulator.device import simulated_calibration

#: Older than any measurement: a real calibration is always newer.
DATASHEET_AT = datetime(2000, 1, 1, tzinfo=UTC)
#: What cells of datasheet gain on a plate as drawn are off by. Source: simulation of the reference plate's tolerances.
DATASHEET_RESIDUAL_N, DATASHEET_COP_ERROR_MM = 14.0, 4.7


def calibration_without_archive(identity: PlateIdentity) -> Calibration:
    """A simulated plate's own; of any other what drawing and datasheet say.

    Raises
    ------
    InvalidRecording
        The plate's model is not known: nothing can be computed of its counts.
    """
    return simulated_calibration(identity.serial) if identity.simulated else datasheet_calibration(identity)


def datasheet_calibration(identity: PlateIdentity) -> Calibration:
    """Gains as the drawing and the cells' datasheet say: every trial made with it says "uncalibrated".

    Raises
    ------
    InvalidRecording
        Unknown model.
    """
    model = load_plate_model(identity.model)
    return Calibration(
        id=f"datasheet-{identity.model}-{identity.serial}",
        plate_serial=identity.serial,
        matrix=model.geometry.load_matrix() * model.newton_per_count,
        cell_newton_per_count=np.full(4, model.newton_per_count),
        residual_n=DATASHEET_RESIDUAL_N,
        cop_error_mm=DATASHEET_COP_ERROR_MM,
        max_load_n=4 * model.cell_range_n,
        reference=DATASHEET,
        made_at=DATASHEET_AT,
        made_by="stancelab",
    )
