"""Is this trial usable, and why not: findings as codes with their numbers; the words live in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """What a finding means for the trial."""

    NOTE = "note"  # good to know
    CAUTION = "caution"  # look before you trust
    NOT_USABLE = "not_usable"  # the trial's sway numbers must not be compared


class FindingCode(StrEnum):
    """Closed list of findings. Values appear in exported files and as keys of the catalogue: never rename one."""

    STARTED_ON_ONE_LEG = "STARTED_ON_ONE_LEG"
    STEPPING_ON = "STEPPING_ON"
    SIDE_UNKNOWN = "SIDE_UNKNOWN"
    SIDE_MISMATCH = "SIDE_MISMATCH"
    ML_AXIS_UNKNOWN = "ML_AXIS_UNKNOWN"
    NO_FOOT_PLACEMENT = "NO_FOOT_PLACEMENT"
    NO_FORCE = "NO_FORCE"
    NO_STANCE = "NO_STANCE"
    NARROW_STANCE = "NARROW_STANCE"
    SHORT_WINDOW = "SHORT_WINDOW"
    NO_STATIC_WINDOW = "NO_STATIC_WINDOW"
    GAP = "GAP"
    MISSING_SAMPLES = "MISSING_SAMPLES"
    REPEATED_ROWS = "REPEATED_ROWS"
    OUTLIERS_REPAIRED = "OUTLIERS_REPAIRED"
    OUTLIERS = "OUTLIERS"
    SATURATED = "SATURATED"
    LOW_RATE = "LOW_RATE"
    LOAD_TOO_LOW = "LOAD_TOO_LOW"
    SUPPORT_SUSPECTED = "SUPPORT_SUSPECTED"
    INTERRUPTED = "INTERRUPTED"
    UNCALIBRATED = "UNCALIBRATED"
    SIMULATED = "SIMULATED"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing seen in a trial, with the numbers its sentence needs (named as the catalogue's placeholders)."""

    code: FindingCode
    severity: Severity
    values: Mapping[str, float | int | str] = field(default_factory=dict)
