"""The one pipeline: a recording in, a result for each trial out. Order of steps and versions; no formulas."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Calibration, Zero, calibrate
from analysis.cop import CellSeries, CopSeries, Frame, body_weight, centre_of_pressure
from analysis.errors import NoLoad
from analysis.geometry import Footing, Side, mirrored, to_lateral
from analysis.marking import mark_phases
from analysis.metrics import METRICS, Reason, Stance, Unavailable
from analysis.operator_marks import cut_by_interruption, ended_by_operator
from analysis.phases import EndedBy, Mark, StancePhases
from analysis.preprocess import Preprocessed, preprocess
from analysis.quality import (
    Finding,
    FindingCode,
    Severity,
    gap_findings,
    outlier_findings,
    rate_findings,
    support_finding,
    window_findings,
)
from analysis.recording import ImportedRecording, MlAxis, RawRecording, SetFlag, SignalKind
from analysis.settings import AnalysisSettings
from analysis.stances import (
    NARROW_MM,
    Candidate,
    Standing,
    Traces,
    candidates,
    inferred_standing,
    standing_of,
    traces,
)

Float = NDArray[np.float64]

ANALYSIS_VERSION = "1"
DETECTION_HZ = 100.0


@dataclass(frozen=True, slots=True)
class Value:
    """A metric's value in its registered unit, or the reason why there is none. Never NaN."""

    value: float | None
    se: float | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class TrialResult:
    """Everything said about one trial. Stored, exported and shown as it is."""

    side: Side | None
    phases: StancePhases
    values: Mapping[str, Value]
    findings: tuple[Finding, ...]
    usable: bool
    settings: AnalysisSettings
    analysis_version: str
    rate_hz: float
    calibration_id: str | None = None
    plate_serial: str | None = None


@dataclass(frozen=True, slots=True)
class AssessedTrial:
    """A result with the signals it was made of, for pictures."""

    result: TrialResult
    stance: Stance


@dataclass(frozen=True, slots=True)
class _Source:
    """What the pipeline needs to know about where the signals came from."""

    cells: CellSeries
    force_known: bool
    ml_axis: MlAxis
    footing: Footing | None
    declared: Side | None
    findings: tuple[Finding, ...] = ()
    calibration_id: str | None = None
    plate_serial: str | None = None
    marks: tuple[Mark, ...] = ()
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """The recording after preprocessing: as the settings ask for, and as the phases were found."""

    wanted: Preprocessed
    cop: CopSeries
    signal: Traces
    standing: Standing


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


def assess_import(
    recording: ImportedRecording,
    *,
    settings: AnalysisSettings,
    footing: Footing | None = None,
    side: Side | None = None,
    target_hold_s: float | None = None,
) -> tuple[AssessedTrial, ...]:
    """Results of every stance in a recording of another system.

    Parameters
    ----------
    side : Side or None
        What the user says; else what the source declares. The CoP of one stance alone cannot tell it.
    target_hold_s : float or None
        The hold that test asked for. It takes the place of the settings' own: that is the target of our guided test,
        not of another laboratory's. [s]

    Raises
    ------
    TooShort, NoLoad
    """
    source = _Source(
        cells=_at_plus_right(_import_cells(recording), recording.ml_axis),
        force_known=recording.kind is not SignalKind.COP,
        ml_axis=recording.ml_axis,
        footing=footing,
        declared=side or recording.declared_side,
    )
    return _assess(source, replace(settings, target_hold_s=target_hold_s))


def assess_recording(
    raw: RawRecording,
    calibration: Calibration,
    zero: Zero,
    *,
    settings: AnalysisSettings,
    footing: Footing | None,
    side: Side | None,
    marks: tuple[Mark, ...] = (),
) -> tuple[AssessedTrial, ...]:
    """Results of every stance in a recording of our own plate (+ ML to the right by construction).

    ``marks``: what the operator saw; a stance ends at the first one that lies in it.

    Raises
    ------
    NotCalibrated, TooShort, NoLoad
    """
    findings = []
    if raw.interrupted:
        findings.append(Finding(FindingCode.INTERRUPTED, Severity.NOT_USABLE, {"reason": raw.interrupted}))
    saturated = int((raw.flags & SetFlag.SATURATED != 0).sum())
    saturated += int((np.abs(raw.counts.astype(np.int64)) >= raw.plate.full_scale_counts).any(axis=1).sum())
    if saturated:
        findings.append(Finding(FindingCode.SATURATED, Severity.NOT_USABLE, {"n": saturated}))
    if calibration.residual_n > 0 and calibration.valid_until is None:
        error_mm = {"cop_error_mm": calibration.cop_error_mm}
        findings.append(Finding(FindingCode.UNCALIBRATED, Severity.CAUTION, error_mm))
    source = _Source(
        cells=calibrate(raw, calibration, zero),
        force_known=True,
        ml_axis=MlAxis.PLUS_RIGHT,
        footing=footing,
        declared=side,
        findings=tuple(findings),
        calibration_id=calibration.id,
        plate_serial=raw.plate.serial,
        marks=marks,
        interrupted=raw.interrupted is not None,
    )
    return _assess(source, settings)


def _gate_n(weight_n: float, settings: AnalysisSettings) -> float:
    return max(settings.minimum_load_fraction * weight_n, settings.minimum_load_n)


def _assess(source: _Source, settings: AnalysisSettings) -> tuple[AssessedTrial, ...]:
    detection = replace(settings, grid_hz=DETECTION_HZ, lowpass_hz=10.0, lowpass_design_hz=None)
    found = preprocess(source.cells, detection, source.force_known)
    weight_n = body_weight(found.forces)
    gate_n = _gate_n(weight_n, settings)
    if source.force_known and weight_n < gate_n:
        raise NoLoad(f"median load is {weight_n:.0f} N, a trial needs {gate_n:.0f} N: nobody stood on the plate")
    signal = traces(centre_of_pressure(found.forces, gate_n, Frame.PLATE), weight_n, DETECTION_HZ)
    standing = standing_of(source.footing) if source.footing else inferred_standing(signal)
    wanted = found if settings == detection else preprocess(source.cells, settings, source.force_known)
    seen = _Seen(wanted, centre_of_pressure(wanted.forces, gate_n, Frame.PLATE), signal, standing)
    trials = [_trial(source, settings, seen, phases) for phases in _stances(source, settings, seen)]
    return tuple(trials) or (_no_stance(source, settings, seen),)


def _stances(source: _Source, settings: AnalysisSettings, seen: _Seen) -> list[StancePhases]:
    """Phases of every stance, in time order."""
    signal, standing = seen.signal, seen.standing
    found = candidates(signal, standing, source.declared or Side.RIGHT)
    first_loaded = int(np.argmax(signal.slow_fz_n > 0.93 * signal.weight_n))
    ends = [0, *(candidate.end for candidate in found)]
    stances = [
        mark_phases(
            signal,
            standing,
            candidate,
            first_loaded,
            _side_of(candidate, standing, source, len(found)),
            settings,
            before,
        )
        for candidate, before in zip(found, ends, strict=False)
    ]
    stances = [ended_by_operator(phases, source.marks, settings.target_hold_s) for phases in stances]
    return [cut_by_interruption(phases) for phases in stances] if source.interrupted else stances


def _side_of(candidate: Candidate, standing: Standing, source: _Source, stances: int) -> Side | None:
    """The CoP tells the side where two places and the ML axis are known; else what was declared, for one stance."""
    if standing.half_spacing_mm is not None and source.ml_axis is not MlAxis.UNKNOWN:
        return candidate.side
    return source.declared if stances == 1 else None


def _frame(cop: CopSeries, side: Side | None, source: _Source, standing: Standing) -> CopSeries:
    """Limb frame where side and ML axis are known, else as recorded: nothing is mirrored on a guess."""
    if side is None or source.ml_axis is MlAxis.UNKNOWN:
        return replace(cop, frame=Frame.UNKNOWN)
    x_mm = to_lateral(cop.xy_mm[:, 0], side, standing.midline_x_mm)
    return replace(cop, xy_mm=np.column_stack([x_mm, cop.xy_mm[:, 1]]), frame=Frame.LIMB)


def _window_s(settings: AnalysisSettings, phases: StancePhases, cop: CopSeries) -> tuple[float, float] | None:
    if isinstance(settings.window, tuple):
        return settings.window
    if settings.window == "whole":
        return float(cop.time_s[0]), float(cop.time_s[-1])
    return phases.static_s


def _trial(
    source: _Source, settings: AnalysisSettings, seen: _Seen, phases: StancePhases, extra: tuple[Finding, ...] = ()
) -> AssessedTrial:
    framed = _frame(seen.cop, phases.side, source, seen.standing)
    window_s = _window_s(settings, phases, seen.cop)
    window = framed.between(*window_s) if window_s else framed.between(1.0, 0.0)
    stance = Stance(
        window=window,
        trial=framed,
        phases=phases,
        side=phases.side,
        ml_known=framed.frame is Frame.LIMB,
        footing=source.footing,
        weight_n=seen.signal.weight_n if source.force_known else None,
        target_hold_s=settings.target_hold_s,
    )
    findings = (
        *extra,
        *source.findings,
        *_source_findings(source, phases, seen.standing),
        *_signal_findings(seen, phases, window_s, window, settings),
    )
    result = TrialResult(
        side=phases.side,
        phases=phases,
        values=_values(stance),
        findings=findings,
        usable=not any(finding.severity is Severity.NOT_USABLE for finding in findings),
        settings=settings,
        analysis_version=ANALYSIS_VERSION,
        rate_hz=seen.wanted.rate_hz,
        calibration_id=source.calibration_id,
        plate_serial=source.plate_serial,
    )
    return AssessedTrial(result, stance)


def _no_stance(source: _Source, settings: AnalysisSettings, seen: _Seen) -> AssessedTrial:
    """A result that says nobody stood on one leg: an attempt is an outcome and is kept."""
    phases = StancePhases(
        side=source.declared,
        start_s=float(seen.cop.time_s[0]),
        end_s=float(seen.cop.time_s[-1]),
        foot_off_s=None,
        static_s=None,
        touch_down_s=None,
        ended_by=EndedBy.END_OF_RECORDING,
        hold_time_s=0.0,
        censored=False,
    )
    return _trial(source, settings, seen, phases, (Finding(FindingCode.NO_STANCE, Severity.NOT_USABLE),))


def _source_findings(source: _Source, phases: StancePhases, standing: Standing) -> list[Finding]:
    found = []
    if phases.foot_off_s is None and phases.hold_time_s > 0:
        found.append(Finding(FindingCode.STARTED_ON_ONE_LEG, Severity.NOTE))
    if phases.side is None:
        found.append(Finding(FindingCode.SIDE_UNKNOWN, Severity.CAUTION))
    elif source.declared not in (None, phases.side):
        values = {"declared": str(source.declared), "found": phases.side.value}
        found.append(Finding(FindingCode.SIDE_MISMATCH, Severity.NOT_USABLE, values))
    if source.ml_axis is MlAxis.UNKNOWN:
        found.append(Finding(FindingCode.ML_AXIS_UNKNOWN, Severity.NOTE))
    if source.footing is None:
        found.append(Finding(FindingCode.NO_FOOT_PLACEMENT, Severity.NOTE))
    if not source.force_known:
        found.append(Finding(FindingCode.NO_FORCE, Severity.CAUTION))
    half_mm = standing.half_spacing_mm
    if half_mm is not None and half_mm < NARROW_MM:
        values_mm = {"half_spacing_mm": half_mm, "minimum_mm": NARROW_MM}
        found.append(Finding(FindingCode.NARROW_STANCE, Severity.CAUTION, values_mm))
    return found


def _signal_findings(
    seen: _Seen,
    phases: StancePhases,
    window_s: tuple[float, float] | None,
    window: CopSeries,
    settings: AnalysisSettings,
) -> list[Finding]:
    wanted = seen.wanted
    inside_s = window_s or (phases.start_s, phases.end_s)

    def count(times_s: tuple[float, ...]) -> int:
        return sum(inside_s[0] <= time_s <= inside_s[1] for time_s in times_s)

    found = rate_findings(wanted.rate_hz)
    if settings.window == "static":
        found += window_findings(phases.static_s, phases.short)
    missing_pct = 100.0 * float(np.mean(~window.valid)) if len(window) else 0.0
    found += gap_findings(wanted.gaps_s, missing_pct, inside_s)
    found += outlier_findings(count(wanted.repaired_s), count(wanted.outliers_s))
    if repeated := count(wanted.repeated_s):
        found.append(Finding(FindingCode.REPEATED_ROWS, Severity.NOTE, {"n": repeated}))
    if phases.foot_off_s is None and phases.hold_time_s > 0:
        found += _stepping_on(seen.signal, phases)
    return found + support_finding(_one_second_loads(seen.signal, phases), seen.signal.weight_n)


def _stepping_on(signal: Traces, phases: StancePhases) -> list[Finding]:
    """The first 0.5 s of a recording that starts on one leg may still be stepping on."""
    first = (signal.time_s >= phases.start_s) & (signal.time_s < phases.start_s + 0.5)
    shortfall_pct = 100.0 * float(np.max(np.abs(signal.fz_n[first] / signal.weight_n - 1), initial=0.0))
    if shortfall_pct <= 5.0:
        return []
    return [Finding(FindingCode.STEPPING_ON, Severity.NOTE, {"deviation_pct": shortfall_pct})]


def _one_second_loads(signal: Traces, phases: StancePhases) -> Float:
    """Means of Fz over each second of the hold, from foot-off + 1 s to its end - 0.4 s. [N]."""
    inside = (signal.time_s >= phases.start_s + 1.0) & (signal.time_s <= phases.end_s - 0.4)
    fz_n, second = signal.fz_n[inside], int(signal.rate_hz)
    whole = len(fz_n) // second * second
    return np.asarray(fz_n[:whole].reshape(-1, second).mean(axis=1), dtype=np.float64) if whole else np.empty(0)


def _values(stance: Stance) -> dict[str, Value]:
    values = {}
    for metric in METRICS.values():
        try:
            number = metric.compute(stance)
        except Unavailable as unavailable:
            values[metric.id] = Value(None, reason=unavailable.reason)
            continue
        values[metric.id] = Value(number) if math.isfinite(number) else Value(None, reason=Reason.GAP)
    return values


__all__ = ["ANALYSIS_VERSION", "AssessedTrial", "TrialResult", "Value", "assess_import", "assess_recording"]
