"""From counts to newtons: gain lasts months (Calibration), zero lasts minutes (Zero)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analysis.cop import CellSeries
from analysis.errors import NotCalibrated
from analysis.recording import RawRecording, frozen

Float = NDArray[np.float64]

#: Reference of a calibration made of nominal gains and the drawing: every trial made with it is called uncalibrated.
DATASHEET = "drawing and datasheet"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Gain of one plate.

    Parameters
    ----------
    id, plate_serial : str
    matrix : ndarray (3, 4)
        Counts above zero -> Fz [N], Px = sum F x [N mm], Py = sum F y [N mm].
    cell_newton_per_count : ndarray (4,)
        Each cell's own gain, for checks of single cells. [N/count]
    residual_n, cop_error_mm : float
        From the hold-out points of the calibration, or what the tolerances of a datasheet allow. [N], [mm]
    max_load_n : float
    reference : str
        What it was calibrated against ("10 kg, 9 crosses"); `DATASHEET` where no known load was ever put on.
    made_at : datetime
    made_by : str
    valid_until : datetime or None
    """

    id: str
    plate_serial: str
    matrix: Float
    cell_newton_per_count: Float
    residual_n: float
    cop_error_mm: float
    max_load_n: float
    reference: str
    made_at: datetime
    made_by: str
    valid_until: datetime | None = None

    def __post_init__(self) -> None:
        if self.matrix.shape != (3, 4) or self.cell_newton_per_count.shape != (4,):
            raise NotCalibrated(
                f"calibration {self.id} has matrix {self.matrix.shape} and gains {self.cell_newton_per_count.shape},"
                " needs (3, 4) and (4,)"
            )
        gain = self.cell_newton_per_count
        if not (np.isfinite(self.matrix).all() and np.isfinite(gain).all() and (gain != 0).all()):
            raise NotCalibrated(f"calibration {self.id} holds a gain of zero or a value that is no number")
        object.__setattr__(self, "matrix", frozen(self.matrix, np.float64))
        object.__setattr__(self, "cell_newton_per_count", frozen(self.cell_newton_per_count, np.float64))

    def is_current(self, at: datetime) -> bool:
        """Whether known loads were put on this plate, and the result was still valid at that time."""
        return self.reference != DATASHEET and (self.valid_until is None or at <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Zero:
    """Counts of the empty plate just before a trial: mean and SD per cell. [counts]

    Raises
    ------
    NotCalibrated
        Not one finite number for each cell.
    """

    counts: Float
    sd_counts: Float
    taken_at: datetime

    def __post_init__(self) -> None:
        if np.shape(self.counts) != (4,) or np.shape(self.sd_counts) != (4,) or not np.isfinite(self.counts).all():
            raise NotCalibrated(f"zero of {self.counts} counts, SD {self.sd_counts}: needs one number for each cell")
        object.__setattr__(self, "counts", frozen(self.counts, np.float64))
        object.__setattr__(self, "sd_counts", frozen(self.sd_counts, np.float64))


def calibrate(raw: RawRecording, calibration: Calibration, zero: Zero) -> CellSeries:
    """Counts -> forces of the single cells, each at its own time.

    Returns
    -------
    CellSeries
        ``cells_n (n, 4)`` [N] and the matrix that makes Fz, Px, Py of them.

    Raises
    ------
    NotCalibrated
        The calibration belongs to another plate.
    """
    if calibration.plate_serial != raw.plate.serial:
        raise NotCalibrated(
            f"calibration {calibration.id} is of plate {calibration.plate_serial}, the recording of {raw.plate.serial}"
        )
    gain = calibration.cell_newton_per_count
    cells_n = (raw.counts - zero.counts) * gain
    return CellSeries(time_s=raw.time_s, cells_n=cells_n, load_matrix=calibration.matrix / gain)
