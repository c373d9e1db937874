"""Where the signals come from: a plate's counts or another system's columns, made into one form for the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.calibration import Calibration, Zero, calibrate
from analysis.cell_faults import FAILURES, SATURATED_PART, CellFault, recorded_faults
from analysis.columns import any_of, largest
from analysis.cop import CellSeries
from analysis.geometry import Footing, Side, mirrored
from analysis.phases import Followed, Mark
from analysis.quality import Finding, FindingCode, Severity, calibration_finding, clock_findings, loss_findings
from analysis.recording import ImportedRecording, MlAxis, RawRecording, SetFlag, SignalKind

CELL_FAILED = "CELL_FAILED"  # why a recording is interrupted where a cell failed


@dataclass(frozen=True, slots=True)
class Source:
    """Signals in newtons with what is known about them.

    ``declared``: the stance side as the user or the file states it. ``saturated_s``: times of sets with a cell at the
    limit of its converter. ``cell_faults``: what single cells did wrong. ``interrupted``: why the recording ended
    before its time. ``marks``: what the operator saw. ``expected_weight_n``: what this patient weighed before [N].
    ``followed``: what the guided test saw of the stance while it ran.
    """

    cells: CellSeries
    force_known: bool
    ml_axis: MlAxis
    footing: Footing | None
    declared: Side | None
    findings: tuple[Finding, ...] = ()
    saturated_s: tuple[float, ...] = ()
    cell_faults: tuple[CellFault, ...] = ()
    interrupted: str | None = None
    marks: tuple[Mark, ...] = ()
    expected_weight_n: float | None = None
    followed: Followed | None = None
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


def _before_a_cell_failed(cells: CellSeries, faults: tuple[CellFault, ...]) -> tuple[CellSeries, bool]:
    """What came before a cell failed, and whether something was cut: nothing after it is a person's doing.

    Where that is less than a second, nothing is cut: the findings say that it is not usable.
    """
    cut_s = min((fault.cut_s for fault in faults if fault.problem in FAILURES), default=None)
    if cut_s is None:
        return cells, False
    kept = int(np.count_nonzero(largest(cells.time_s) < cut_s))
    if kept < 2 or cells.time_s[kept - 1].min() - cells.time_s[0].max() < 1.0:
        return cells, False
    return replace(cells, time_s=cells.time_s[:kept], cells_n=cells.cells_n[:kept]), True


def plate_source(
    raw: RawRecording, calibration: Calibration, zero: Zero, footing: Footing | None, side: Side | None
) -> Source:
    """A recording of our own plate: + ML points to the right by construction.

    Raises
    ------
    NotCalibrated
        The calibration belongs to another plate.
    """
    limit = SATURATED_PART * raw.plate.full_scale_counts
    saturated = (raw.flags & SetFlag.SATURATED != 0) | any_of((raw.counts >= limit) | (raw.counts <= -limit))
    findings = []
    if raw.plate.simulated:
        findings.append(Finding(FindingCode.SIMULATED, Severity.NOTE))
    findings += calibration_finding(calibration, raw.started_at)
    if pattern := int(np.count_nonzero(raw.flags & SetFlag.TEST_PATTERN)):
        findings.append(Finding(FindingCode.TEST_PATTERN, Severity.NOT_USABLE, {"n": pattern}))
    newest_s = largest(raw.time_s)
    findings += clock_findings(raw.clock)
    findings += loss_findings(raw.gaps, newest_s)
    measured = calibrate(raw, calibration, zero)
    faults = recorded_faults(raw, calibration, newest_s, measured.cells_n)
    cells, cut = _before_a_cell_failed(measured, faults)
    return Source(
        cells=cells,
        force_known=True,
        ml_axis=MlAxis.PLUS_RIGHT,
        footing=footing,
        declared=side,
        findings=tuple(findings),
        saturated_s=tuple(raw.time_s[saturated, 0].tolist()),
        cell_faults=faults,
        interrupted=raw.interrupted or (CELL_FAILED if cut else None),
        calibration_id=calibration.id,
        plate_serial=raw.plate.serial,
    )
