"""Everything that was seen in one trial and must be said beside its numbers: the findings, in a fixed order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.cell_faults import CellFault, CellProblem
from analysis.cop import CopSeries, Frame
from analysis.phases import EndedBy, StancePhases
from analysis.preprocess import Preprocessed
from analysis.quality import (
    Finding,
    FindingCode,
    Severity,
    gap_findings,
    gate_finding,
    live_finding,
    outlier_findings,
    placement_finding,
    rate_findings,
    support_finding,
    weight_findings,
    window_findings,
)
from analysis.recording import MlAxis
from analysis.settings import AnalysisSettings
from analysis.source import CELL_FAILED, Source
from analysis.stances import NARROW_MM, Standing, Traces

Float = NDArray[np.float64]

STEPPING_S, STEPPING_PCT = 0.5, 5.0


@dataclass(frozen=True, slots=True)
class Seen:
    """The recording after preprocessing: as the settings ask for, and as the phases were found.

    ``gate_n``: the load that a CoP needs. [N] ``regular``: the CoP on the grid of the research metrics, where that is
    not ``cop``.
    """

    wanted: Preprocessed
    cop: CopSeries
    signal: Traces
    standing: Standing
    gate_n: float
    regular: CopSeries | None = None


def inspect(
    source: Source,
    settings: AnalysisSettings,
    seen: Seen,
    phases: StancePhases,
    window_s: tuple[float, float] | None,
    window: CopSeries,
) -> tuple[Finding, ...]:
    """All findings of one trial."""
    stood = phases.hold_time_s > 0
    none = [] if stood else [Finding(FindingCode.NO_STANCE, Severity.NOT_USABLE)]
    weight_n = seen.signal.weight_n
    support = support_finding(_one_second_loads(seen.signal, phases), weight_n) if stood else []
    return (
        *none,
        *source.findings,
        *_interruption(source, phases),
        *_saturation(source, phases, window_s),
        *_cells(source, phases, window_s),
        *_knowledge(source, phases, seen.standing),
        *rate_findings(seen.wanted.rate_hz),
        *_window(settings, phases, window_s, seen.cop),
        *_samples(seen.wanted, phases, window_s, window),
        *_load_gate(window, seen.gate_n),
        *_placement(source, phases, window),
        *_stepping_on(seen.signal, phases),
        *support,
        *_live(source, phases),
        *(weight_findings(weight_n, source.expected_weight_n) if source.force_known else []),
    )


def _interruption(source: Source, phases: StancePhases) -> list[Finding]:
    """A recording that was cut spoils the stance it cut, not the ones that had ended before.

    Where a cell failed its own finding says so.
    """
    if source.interrupted in (None, CELL_FAILED):
        return []
    cut = phases.ended_by is EndedBy.INTERRUPTED or phases.hold_time_s <= 0
    severity = Severity.NOT_USABLE if cut else Severity.NOTE
    return [Finding(FindingCode.INTERRUPTED, severity, {"reason": source.interrupted})]


CUT_SLACK_S = 0.6  # a recording cut by a cell's failure ends at most so long before it


def _last_s(phases: StancePhases, window_s: tuple[float, float] | None) -> float:
    """Until when a fault of the plate has to do with this stance. [s]"""
    end_s = max(phases.end_s, window_s[1]) if window_s else phases.end_s
    return end_s + (CUT_SLACK_S if phases.ended_by is EndedBy.INTERRUPTED else 0.0)


def _saturation(source: Source, phases: StancePhases, window_s: tuple[float, float] | None) -> list[Finding]:
    """From the first sample at the limit on nothing is sure: a cell pressed so hard may read otherwise afterwards."""
    if not source.saturated_s or source.saturated_s[0] > _last_s(phases, window_s):
        return []
    return [Finding(FindingCode.SATURATED, Severity.NOT_USABLE, {"n": len(source.saturated_s)})]


_CELL_CODES = {
    CellProblem.FROZEN: FindingCode.FROZEN_CELL,
    CellProblem.DISCONNECTED: FindingCode.DISCONNECTED_CELL,
    CellProblem.NEGATIVE: FindingCode.NEGATIVE_LOAD,
}


def _cells(source: Source, phases: StancePhases, window_s: tuple[float, float] | None) -> list[Finding]:
    """A cell broken before the stance ended; negative load in the stance only: a step on a corner makes some."""
    found: dict[tuple[FindingCode, int | None], CellFault] = {}
    for fault in source.cell_faults:
        first_s = phases.start_s if fault.problem is CellProblem.NEGATIVE else -math.inf
        code = _CELL_CODES.get(fault.problem)
        if code is not None and fault.end_s >= first_s and fault.start_s <= _last_s(phases, window_s):
            longest = found.get((code, fault.cell), fault)
            worse = fault.end_s - fault.start_s > longest.end_s - longest.start_s
            found[code, fault.cell] = fault if worse else longest
    return [
        Finding(
            code,
            Severity.NOT_USABLE,
            {
                "cell": "all" if cell is None else cell,
                "value": fault.value,
                "limit": fault.limit,
                "at_s": fault.start_s,
            },
        )
        for (code, cell), fault in found.items()
    ]


def _knowledge(source: Source, phases: StancePhases, standing: Standing) -> list[Finding]:
    """What the source could not say."""
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


def _window(
    settings: AnalysisSettings, phases: StancePhases, window_s: tuple[float, float] | None, cop: CopSeries
) -> list[Finding]:
    """A static window that is short or missing, or a window asked for that the recording does not cover."""
    if settings.window == "static":
        return window_findings(phases.static_s, phases.short)
    first_s, last_s = float(cop.time_s[0]), float(cop.time_s[-1])
    slack_s = float(np.median(np.diff(cop.time_s)))
    if window_s is None or (window_s[0] >= first_s - slack_s and window_s[1] <= last_s + slack_s):
        return []
    values = {"start_s": window_s[0], "end_s": window_s[1], "first_s": first_s, "last_s": last_s}
    return [Finding(FindingCode.WINDOW_OUTSIDE, Severity.NOT_USABLE, values)]


def _samples(
    wanted: Preprocessed, phases: StancePhases, window_s: tuple[float, float] | None, window: CopSeries
) -> list[Finding]:
    """Missing, repaired, left and repeated samples of the window, and gaps of the whole hold."""
    hold_s = (phases.start_s, phases.end_s)
    inside_s = window_s or hold_s

    def count(times_s: tuple[float, ...]) -> int:
        return sum(inside_s[0] <= time_s <= inside_s[1] for time_s in times_s)

    without_cop_pct = 100.0 * float(np.mean(~window.valid & ~_unloaded(window))) if len(window) else 0.0
    missing_pct = max(wanted.missing_pct(*inside_s), without_cop_pct)
    found = gap_findings(wanted.gaps_s, missing_pct, inside_s, hold_s)
    found += outlier_findings(count(wanted.repaired_s), count(wanted.outliers_s))
    if repeated := count(wanted.repeated_s):
        found.append(Finding(FindingCode.REPEATED_ROWS, Severity.NOTE, {"n": repeated}))
    return found


def _live(source: Source, phases: StancePhases) -> list[Finding]:
    """What the guided test saw against what the whole recording shows. An end that the operator saw is neither."""
    if source.followed is None or phases.foot_off_s is None:
        return []
    found = live_finding(FindingCode.LIVE_FOOT_OFF, source.followed.foot_off_s, phases.foot_off_s)
    if source.followed.end_s is not None and phases.touch_down_s is not None and not source.marks:
        found += live_finding(FindingCode.LIVE_END, source.followed.end_s, phases.touch_down_s)
    return found


def _unloaded(window: CopSeries) -> NDArray[np.bool_]:
    """Samples that have a force but no CoP: too little load. (n,)"""
    return np.asarray(np.isfinite(window.fz_n) & ~window.valid, dtype=np.bool_)


def _load_gate(window: CopSeries, gate_n: float) -> list[Finding]:
    return gate_finding(100.0 * float(np.mean(_unloaded(window))), gate_n) if len(window) else []


def _placement(source: Source, phases: StancePhases, window: CopSeries) -> list[Finding]:
    """Where the foot stands by the template, against where the CoP was."""
    if source.footing is None or phases.side is None or window.frame is not Frame.LIMB:
        return []
    return placement_finding(source.footing.outline(phases.side), window.points_mm)


def _stepping_on(signal: Traces, phases: StancePhases) -> list[Finding]:
    """The first 0.5 s of a recording that starts on one leg may still be stepping on."""
    if phases.foot_off_s is not None or phases.hold_time_s <= 0:
        return []
    first = (signal.time_s >= phases.start_s) & (signal.time_s < phases.start_s + STEPPING_S)
    deviation_pct = 100.0 * float(np.max(np.abs(signal.fz_n[first] / signal.weight_n - 1), initial=0.0))
    if deviation_pct <= STEPPING_PCT:
        return []
    return [Finding(FindingCode.STEPPING_ON, Severity.NOTE, {"deviation_pct": deviation_pct})]


def _one_second_loads(signal: Traces, phases: StancePhases) -> Float:
    """Means of Fz over each second of the hold, from foot-off + 1 s to its end - 0.4 s. [N]."""
    inside = (signal.time_s >= phases.start_s + 1.0) & (signal.time_s <= phases.end_s - 0.4)
    fz_n, second = signal.fz_n[inside], round(signal.rate_hz)
    whole = len(fz_n) // second * second
    return np.asarray(fz_n[:whole].reshape(-1, second).mean(axis=1), dtype=np.float64)
