"""The one pipeline: a recording in, a result for each trial out. Order of steps and versions; no formulas."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis.calibration import Calibration, Zero
from analysis.cop import CopSeries, Frame, centre_of_pressure, standing_load
from analysis.errors import NoLoad
from analysis.geometry import Footing, Side, to_lateral
from analysis.inspection import Seen, inspect
from analysis.marking import MarkingRules, mark_phases
from analysis.metrics import METRICS, Reason, Stance, Unavailable
from analysis.noise import noise_alone, noise_findings
from analysis.operator_marks import cut_by_interruption, ended_by_operator
from analysis.phases import EndedBy, Followed, Mark, StancePhases
from analysis.preprocess import Preprocessed, preprocess
from analysis.quality import Finding, Severity
from analysis.recording import ImportedRecording, MlAxis, RawRecording
from analysis.regular import GRID_HZ
from analysis.settings import AnalysisSettings
from analysis.source import Source, import_source, plate_source
from analysis.stances import (
    EMPTY_LOAD,
    Candidate,
    Standing,
    Traces,
    attempts,
    candidates,
    inferred_standing,
    standing_of,
    traces,
    weight_of,
    with_supported,
)

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
    TooShort, NoLoad, InvalidRecording
    """
    return _assess(import_source(recording, footing, side), replace(settings, target_hold_s=target_hold_s))


def assess_recording(
    raw: RawRecording,
    calibration: Calibration,
    zero: Zero,
    *,
    settings: AnalysisSettings,
    footing: Footing | None,
    side: Side | None,
    marks: tuple[Mark, ...] = (),
    expected_weight_n: float | None = None,
    followed: Followed | None = None,
) -> tuple[AssessedTrial, ...]:
    """Results of every stance in a recording of our own plate (+ ML to the right by construction).

    ``marks``: what the operator saw; a stance ends at the first one that lies in it. ``expected_weight_n``: what this
    patient weighed before. [N] ``followed``: what the guided test saw of the stance while it ran; it changes no number.

    Raises
    ------
    NotCalibrated, TooShort, NoLoad, InvalidRecording
    """
    source = plate_source(raw, calibration, zero, footing, side)
    known = replace(source, marks=marks, expected_weight_n=expected_weight_n, followed=followed)
    return _assess(known, settings)


def _assess(source: Source, settings: AnalysisSettings) -> tuple[AssessedTrial, ...]:
    detection = replace(settings, grid_hz=DETECTION_HZ, lowpass_hz=10.0, lowpass_design_hz=None)
    found = preprocess(source.cells, detection, source.force_known)
    weight_n = standing_load(found.forces.fz_n)
    gate_n = max(settings.minimum_load_fraction * weight_n, settings.minimum_load_n)
    if source.force_known and weight_n < gate_n:
        raise NoLoad(f"median load is {weight_n:.0f} N, a trial needs {gate_n:.0f} N: nobody stood on the plate")
    standing, signal, stances = _stances(source, found, weight_n)
    wanted = found if settings == detection else preprocess(source.cells, settings, source.force_known)
    cop = centre_of_pressure(wanted.forces, gate_n, Frame.PLATE)
    seen = Seen(wanted, cop, signal, standing, gate_n, _regular(source, settings, gate_n))
    marked = _marked(source, settings, seen, stances) or [_no_stance(source, seen)]
    return tuple(_trial(source, settings, seen, phases) for phases in marked)


def _regular(source: Source, settings: AnalysisSettings, gate_n: float) -> CopSeries | None:
    """The CoP on the grid of the research metrics, where these are wanted and the other metrics see another grid."""
    if not settings.research or settings.grid_hz == GRID_HZ:
        return None
    forces = preprocess(source.cells, replace(settings, grid_hz=GRID_HZ), source.force_known).forces
    return centre_of_pressure(forces, gate_n, Frame.PLATE)


def _stances(source: Source, found: Preprocessed, weight_n: float) -> tuple[Standing, Traces, list[Candidate]]:
    """Where the feet stood, the signals for the rules with body weight as the method defines it, and the stances.

    Stances are looked for with the first estimate of body weight, which then is measured on both feet before them. One
    that was supported from its beginning is lost against that weight: it is kept, and the support becomes a finding.
    """
    first = traces(centre_of_pressure(found.forces, EMPTY_LOAD * weight_n, Frame.PLATE), weight_n, DETECTION_HZ)
    standing = standing_of(source.footing) if source.footing else inferred_standing(first)
    alone = source.declared or Side.RIGHT
    seen_first = candidates(first, standing, alone)
    signal = replace(first, weight_n=weight_of(first, standing, seen_first))
    found_again = candidates(signal, standing, alone)
    return standing, signal, attempts(signal, standing, with_supported(found_again, seen_first, DETECTION_HZ))


def _marked(source: Source, settings: AnalysisSettings, seen: Seen, stances: list[Candidate]) -> list[StancePhases]:
    """Phases of every stance in time order, ended by what the plate, the operator or an interruption says."""
    lateral_known = source.declared is not None and source.ml_axis is not MlAxis.UNKNOWN
    rules = MarkingRules(settings.target_hold_s, lateral_known)
    ends = [0, *(stance.end for stance in stances)]
    marked = []
    for stance, end_before in zip(stances, ends, strict=False):
        side = _side_of(stance, seen.standing, source, len(stances))
        phases = mark_phases(seen.signal, seen.standing, stance, side, rules, end_before)
        phases = ended_by_operator(phases, source.marks, settings.target_hold_s)
        if source.interrupted is not None and phases.hold_time_s != settings.target_hold_s:
            phases = cut_by_interruption(phases)
        marked.append(phases)
    return marked


def _side_of(candidate: Candidate, standing: Standing, source: Source, stances: int) -> Side | None:
    """The CoP tells the side where two places and the ML axis are known; else what was declared, for one stance."""
    if standing.half_spacing_mm is not None and source.ml_axis is not MlAxis.UNKNOWN:
        return candidate.side
    return source.declared if stances == 1 else None


def _frame(cop: CopSeries, side: Side | None, source: Source) -> CopSeries:
    """Limb frame where side and ML axis are known, else as recorded: nothing is mirrored on a guess.

    X counts from the midline between the feet where a template says where that is, else from the plate's centre.
    """
    if side is None or source.ml_axis is MlAxis.UNKNOWN:
        return replace(cop, frame=Frame.UNKNOWN)
    x_mm = to_lateral(cop.xy_mm[:, 0], side, source.footing.midline_x_mm if source.footing else 0.0)
    return replace(cop, xy_mm=np.column_stack([x_mm, cop.xy_mm[:, 1]]), frame=Frame.LIMB)


def _window_s(settings: AnalysisSettings, phases: StancePhases, cop: CopSeries) -> tuple[float, float] | None:
    if isinstance(settings.window, tuple):
        return settings.window
    if settings.window == "whole":
        return float(cop.time_s[0]), float(cop.time_s[-1])
    return phases.static_s


def _noise(
    source: Source, settings: AnalysisSettings, seen: Seen, window_s: tuple[float, float] | None
) -> CopSeries | None:
    """The CoP as the noise of single cells alone would move it, under the mean load of this trial."""
    if window_s is None or source.cells.cells_n.shape[1] != 4:
        return None
    alone = noise_alone(source.cells, seen.signal.weight_n, window_s, settings)
    return centre_of_pressure(alone.forces, seen.gate_n, Frame.PLATE) if alone else None


def _trial(source: Source, settings: AnalysisSettings, seen: Seen, phases: StancePhases) -> AssessedTrial:
    framed = _frame(seen.cop, phases.side, source)
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
        regular=_frame(seen.regular, phases.side, source).between(*window_s) if seen.regular and window_s else None,
        noise=_noise(source, settings, seen, window_s),
    )
    findings = (*inspect(source, settings, seen, phases, window_s, window), *noise_findings(stance))
    result = TrialResult(
        side=phases.side,
        phases=phases,
        values=_values(stance, settings.research),
        findings=findings,
        usable=not any(finding.severity is Severity.NOT_USABLE for finding in findings),
        settings=settings,
        analysis_version=ANALYSIS_VERSION,
        rate_hz=seen.wanted.rate_hz,
        calibration_id=source.calibration_id,
        plate_serial=source.plate_serial,
    )
    return AssessedTrial(result, stance)


def _no_stance(source: Source, seen: Seen) -> StancePhases:
    """Phases where nobody stood on one leg: an attempt is an outcome and is kept."""
    return StancePhases(
        side=source.declared,
        start_s=float(seen.cop.time_s[0]),
        end_s=float(seen.cop.time_s[-1]),
        foot_off_s=None,
        static_s=None,
        touch_down_s=None,
        ended_by=EndedBy.END_OF_RECORDING if source.interrupted is None else EndedBy.INTERRUPTED,
        hold_time_s=0.0,
        censored=False,
    )


def _values(stance: Stance, research: bool) -> dict[str, Value]:
    values = {}
    for metric in METRICS.values():
        if metric.group == "research" and not research:
            continue
        try:
            number = metric.compute(stance)
        except Unavailable as unavailable:
            values[metric.id] = Value(None, reason=unavailable.reason)
            continue
        values[metric.id] = Value(number) if math.isfinite(number) else Value(None, reason=Reason.GAP)
    return values


__all__ = ["ANALYSIS_VERSION", "AssessedTrial", "TrialResult", "Value", "assess_import", "assess_recording"]
