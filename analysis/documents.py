"""Results as plain documents (dicts of JSON values) and back: one form for the archive, the command line and exports.

No NaN, no infinity: what has no value is None beside its reason. Words for people are added by whoever shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.assess import TrialResult, Value
from analysis.geometry import Side
from analysis.metrics import METRICS, Reason
from analysis.phases import EndedBy, StancePhases
from analysis.quality import Finding, FindingCode, Severity
from analysis.settings import AnalysisSettings
from analysis.sides import MetricComparison, SideComparison

Document = dict[str, Any]


def trial_document(result: TrialResult) -> Document:
    """One trial's result. Field names are stable: `docs/formats.md`."""
    phases = result.phases
    return {
        "side": result.side.value if result.side else None,
        "start_s": phases.start_s,
        "end_s": phases.end_s,
        "usable": result.usable,
        "phases": _phases_document(phases),
        "findings": [
            {"code": finding.code.value, "severity": finding.severity.value, "values": dict(finding.values)}
            for finding in result.findings
        ],
        "metrics": {id: _value_document(id, value) for id, value in result.values.items()},
        "settings": settings_document(result.settings),
        "analysis_version": result.analysis_version,
        "rate_hz": result.rate_hz,
        "calibration_id": result.calibration_id,
        "plate_serial": result.plate_serial,
    }


def _phases_document(phases: StancePhases) -> Document:
    return {
        "foot_off_s": phases.foot_off_s,
        "static_s": _pair(phases.static_s),
        "touch_down_s": phases.touch_down_s,
        "ended_by": phases.ended_by.value,
        "hold_time_s": phases.hold_time_s,
        "censored": phases.censored,
        "short": phases.short,
        "bipedal_s": _pair(phases.bipedal_s),
        "transfer_start_s": phases.transfer_start_s,
        "apa_onset_s": phases.apa_onset_s,
        "apa_mm": phases.apa_mm,
    }


def _pair(values: tuple[float, float] | None) -> list[float] | None:
    return list(values) if values is not None else None


def _value_document(id: str, value: Value) -> Document:
    return {
        "value": value.value,
        "unit": METRICS[id].unit if id in METRICS else None,
        "se": value.se,
        "reason": value.reason.value if value.reason else None,
    }


def settings_document(settings: AnalysisSettings) -> Document:
    """The parameters of an analysis."""
    return {
        "lowpass_hz": settings.lowpass_hz,
        "lowpass_design_hz": settings.lowpass_design_hz,
        "grid_hz": settings.grid_hz,
        "window": list(settings.window) if isinstance(settings.window, tuple) else settings.window,
        "target_hold_s": settings.target_hold_s,
        "minimum_load_n": settings.minimum_load_n,
        "minimum_load_fraction": settings.minimum_load_fraction,
        "research": settings.research,
    }


def settings_from(document: Mapping[str, Any]) -> AnalysisSettings:
    """The inverse of `settings_document`."""
    window = document["window"]
    return AnalysisSettings(**{**document, "window": tuple(window) if isinstance(window, list) else window})


def trial_result_from(document: Mapping[str, Any]) -> TrialResult:
    """The inverse of `trial_document`."""
    phases, side = document["phases"], document["side"]
    return TrialResult(
        side=Side(side) if side else None,
        phases=StancePhases(
            side=Side(side) if side else None,
            start_s=document["start_s"],
            end_s=document["end_s"],
            foot_off_s=phases["foot_off_s"],
            static_s=tuple(phases["static_s"]) if phases["static_s"] else None,
            touch_down_s=phases["touch_down_s"],
            ended_by=EndedBy(phases["ended_by"]),
            hold_time_s=phases["hold_time_s"],
            censored=phases["censored"],
            short=phases["short"],
            bipedal_s=tuple(phases["bipedal_s"]) if phases["bipedal_s"] else None,
            transfer_start_s=phases["transfer_start_s"],
            apa_onset_s=phases["apa_onset_s"],
            apa_mm=phases["apa_mm"],
        ),
        values={
            id: Value(entry["value"], entry["se"], Reason(entry["reason"]) if entry["reason"] else None)
            for id, entry in document["metrics"].items()
        },
        findings=tuple(
            Finding(FindingCode(entry["code"]), Severity(entry["severity"]), entry["values"])
            for entry in document["findings"]
        ),
        usable=document["usable"],
        settings=settings_from(document["settings"]),
        analysis_version=document["analysis_version"],
        rate_hz=document["rate_hz"],
        calibration_id=document["calibration_id"],
        plate_serial=document["plate_serial"],
    )


def comparison_document(comparison: SideComparison) -> Document:
    """Left against right. A ratio is named ``left_over_right``, a difference or bound ``left_minus_right``."""
    return {
        "left": {"n": comparison.left.n, "attempts": comparison.left.attempts, "failures": comparison.left.failures},
        "right": {
            "n": comparison.right.n,
            "attempts": comparison.right.attempts,
            "failures": comparison.right.failures,
        },
        "metrics": {id: _comparison_entry(entry) for id, entry in comparison.metrics.items()},
    }


def _comparison_entry(entry: MetricComparison) -> Document:
    name = "left_over_right" if entry.kind == "ratio" else "left_minus_right"
    return {
        "kind": entry.kind,
        name: entry.estimate,
        "ci95": _pair(entry.ci95),
        "flag": entry.flag,
        "bound": entry.bound,
        "mdc": entry.mdc,
        "reason": entry.reason.value if entry.reason else None,
    }
