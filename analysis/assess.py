"""The one pipeline: a recording in, a result for each trial out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.geometry import Side
from analysis.metrics import Reason, Stance
from analysis.phases import StancePhases
from analysis.quality import Finding
from analysis.settings import AnalysisSettings

ANALYSIS_VERSION = "1"


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
