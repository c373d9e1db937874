"""Where the signals come from: a plate's counts or another system's columns, made into one form for the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.calibration import Calibration, Zero, calibrate
from analysis.cop import CellSeries
from analysis.geometry import Footing, Side, mirrored
from analysis.phases import Mark
from analysis.quality import Finding, FindingCode, Severity
from analysis.recording import ImportedRecording, MlAxis, RawRecording, SetFlag, SignalKind


@dataclass(frozen=True, slots=True)
class Source:
    """Signals in newtons with what is known about them.

    ``declared``: the stance side as the user or the file states it. ``saturated_s``: times of sets with a cell at the
    limit of its converter. ``interrupted``: why the recording ended before its time. ``marks``: what the operator saw.
    """

    cells: CellSeries
    force_known: bool
    ml_axis: MlAxis
    footing: Footing | None
    declared: Side | None
    findings: tuple[Finding, ...] = ()
    saturated_s: tuple[float, ...] = ()
    interrupted: str | None = None
    marks: tuple[Mark, ...] = ()
    calibration_id: str | None = None
    plate_serial: str | None = None


def _at_plus_right(cells: CellSeries, ml_axis: MlAxis) -> CellSeries:
    """Turn signals whose + ML points to the left into the plate frame."""
    if ml_axis is not MlAxis.PLUS_LEFT:
        return cells
    matrix = cells.load_matrix.copy()
    matrix[1] = mirrored(matrix[1])
    return replace(cells, load_matrix=matrix)


def _import_cells(recording: ImportedRecording) -> CellSeries:
    """Signals of an import as cell forces, or as loads with the identity for a matrix."""
    time_s, values = recording.time_s, recording.values
    if recording.kind is SignalKind.CELLS_N and recording.geometry is not None:
        columns, matrix = values, recording.geometry.load_matrix()
    else:
        fz_n = values[:, 2] if recording.kind is SignalKind.COP_FZ else np.ones(len(values))
        columns, matrix = np.column_stack([fz_n, values[:, 0] * fz_n, values[:, 1] * fz_n]), np.eye(3)
    return CellSeries(np.repeat(time_s[:, None], columns.shape[1], axis=1), columns, matrix)


def import_source(recording: ImportedRecording, footing: Footing | None, side: Side | None) -> Source:
    """A recording of another system. What the user says about the side counts before what the file says."""
    return Source(
        cells=_at_plus_right(_import_cells(recording), recording.ml_axis),
        force_known=recording.kind is not SignalKind.COP,
        ml_axis=recording.ml_axis,
        footing=footing,
        declared=side or recording.declared_side,
    )


def plate_source(
    raw: RawRecording, calibration: Calibration, zero: Zero, footing: Footing | None, side: Side | None
) -> Source:
    """A recording of our own plate: + ML points to the right by construction.

    Raises
    ------
    NotCalibrated
        The calibration belongs to another plate.
    """
    limit = raw.plate.full_scale_counts - 1  # two's complement: the upper limit is one less than the lower
    saturated = (raw.flags & SetFlag.SATURATED != 0) | (np.abs(raw.counts.astype(np.int64)) >= limit).any(axis=1)
    findings = []
    if raw.plate.simulated:
        findings.append(Finding(FindingCode.SIMULATED, Severity.NOTE))
    if not calibration.is_current(raw.started_at):
        error_mm = {"cop_error_mm": calibration.cop_error_mm}
        findings.append(Finding(FindingCode.UNCALIBRATED, Severity.CAUTION, error_mm))
    return Source(
        cells=calibrate(raw, calibration, zero),
        force_known=True,
        ml_axis=MlAxis.PLUS_RIGHT,
        footing=footing,
        declared=side,
        findings=tuple(findings),
        saturated_s=tuple(raw.time_s[saturated, 0].tolist()),
        interrupted=raw.interrupted,
        calibration_id=calibration.id,
        plate_serial=raw.plate.serial,
    )
