"""Is this trial usable, and why not: findings as codes with their numbers; the words live in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import DATASHEET, Calibration
from analysis.geometry import FootOutline
from analysis.recording import CLOCK_DOUBTFUL, CLOCK_WRONG, ClockScale, Gap

Float = NDArray[np.float64]

LONGEST_GAP_S = 0.100
LARGEST_MISSING_PCT = 2.0
REFUSED_RATE_HZ, LOW_RATE_HZ = 20.0, 35.0
SUPPORT_LIMIT_PCT = 2.0
BEYOND_FOOT_MM, BEYOND_FOOT_PCT = 10.0, 1.0  # twice what a foot on its template is off by
LOST_AMBER_PCT, LOST_RED_PCT = 1.0, 5.0  # of the frames of one second
WEIGHT_LIMIT_PCT = 10.0
LIVE_LIMIT_S = 0.5


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
    PLACEMENT = "PLACEMENT"
    SHORT_WINDOW = "SHORT_WINDOW"
    NO_STATIC_WINDOW = "NO_STATIC_WINDOW"
    WINDOW_OUTSIDE = "WINDOW_OUTSIDE"
    GAP = "GAP"
    MISSING_SAMPLES = "MISSING_SAMPLES"
    LOAD_GATE = "LOAD_GATE"
    REPEATED_ROWS = "REPEATED_ROWS"
    OUTLIERS_REPAIRED = "OUTLIERS_REPAIRED"
    OUTLIERS = "OUTLIERS"
    SATURATED = "SATURATED"
    FROZEN_CELL = "FROZEN_CELL"
    DISCONNECTED_CELL = "DISCONNECTED_CELL"
    NEGATIVE_LOAD = "NEGATIVE_LOAD"
    TEST_PATTERN = "TEST_PATTERN"
    LOSSY_LINK = "LOSSY_LINK"
    WEIGHT_IMPLAUSIBLE = "WEIGHT_IMPLAUSIBLE"
    LOW_RATE = "LOW_RATE"
    NOISE = "NOISE"
    SUPPORT_SUSPECTED = "SUPPORT_SUSPECTED"
    LIVE_FOOT_OFF = "LIVE_FOOT_OFF"
    LIVE_END = "LIVE_END"
    INTERRUPTED = "INTERRUPTED"
    UNCALIBRATED = "UNCALIBRATED"
    CALIBRATION_EXPIRED = "CALIBRATION_EXPIRED"
    SIMULATED = "SIMULATED"
    CLOCK_OFF = "CLOCK_OFF"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing seen in a trial, with the numbers its sentence needs (named as the catalogue's placeholders)."""

    code: FindingCode
    severity: Severity
    values: Mapping[str, float | int | str] = field(default_factory=dict)


def gap_findings(
    gaps_s: tuple[tuple[float, float], ...],
    missing_pct: float,
    window_s: tuple[float, float],
    hold_s: tuple[float, float],
) -> list[Finding]:
    """Gaps in window and hold: over 100 ms inside the window, or over 2 % of it missing, make the trial not usable.

    A gap elsewhere in the hold is a caution: what happened in it was not seen.
    """

    def inside(span_s: tuple[float, float]) -> list[tuple[float, float]]:
        return [(start, end) for start, end in gaps_s if end > span_s[0] and start < span_s[1]]

    found = []
    if seen := sorted({*inside(window_s), *inside(hold_s)}):
        longest_s = max(end - start for start, end in seen)
        too_long = any(end - start > LONGEST_GAP_S + 1e-6 for start, end in inside(window_s))
        severity = Severity.NOT_USABLE if too_long else Severity.CAUTION
        total_s = sum(end - start for start, end in seen)
        found.append(Finding(FindingCode.GAP, severity, {"n": len(seen), "total_s": total_s, "longest_s": longest_s}))
    if missing_pct > LARGEST_MISSING_PCT:
        values = {"missing_pct": missing_pct, "limit_pct": LARGEST_MISSING_PCT}
        found.append(Finding(FindingCode.MISSING_SAMPLES, Severity.NOT_USABLE, values))
    return found


def gate_finding(below_pct: float, gate_n: float) -> list[Finding]:
    """Too little load for a CoP in more than 2 % of the window: the trial is not usable."""
    if below_pct <= LARGEST_MISSING_PCT:
        return []
    values = {"below_pct": below_pct, "gate_n": gate_n, "limit_pct": LARGEST_MISSING_PCT}
    return [Finding(FindingCode.LOAD_GATE, Severity.NOT_USABLE, values)]


def placement_finding(outline: FootOutline, points_mm: Float) -> list[Finding]:
    """A CoP outside the foot, which cannot be: the foot is not where, or not as large as, the template says.

    Parameters
    ----------
    outline : FootOutline
    points_mm : ndarray (n, 2)
        CoP of the window, in the outline's frame. [mm]

    Notes
    -----
    Seen where the mean lies outside, or more than 1 % of the samples more than 10 mm outside. A foot that is off by
    less, and sideways by up to half its width, leaves no trace.
    """
    if not len(points_mm):
        return []
    mean_mm = float(outline.outside_mm(points_mm.mean(axis=0, keepdims=True))[0])
    beyond_pct = 100.0 * float(np.mean(outline.outside_mm(points_mm) > BEYOND_FOOT_MM))
    if mean_mm <= 0 and beyond_pct <= BEYOND_FOOT_PCT:
        return []
    values = {"mean_mm": mean_mm, "beyond_pct": beyond_pct, "margin_mm": BEYOND_FOOT_MM, "limit_pct": BEYOND_FOOT_PCT}
    return [Finding(FindingCode.PLACEMENT, Severity.CAUTION, values)]


def window_findings(static_s: tuple[float, float] | None, short: bool) -> list[Finding]:
    """No static window: sway cannot be measured; a SHORT one limits what may be compared."""
    if static_s is None:
        return [Finding(FindingCode.NO_STATIC_WINDOW, Severity.NOT_USABLE, {"minimum_s": 10.0})]
    if short:
        return [Finding(FindingCode.SHORT_WINDOW, Severity.CAUTION, {"length_s": static_s[1] - static_s[0]})]
    return []


def rate_findings(rate_hz: float) -> list[Finding]:
    """Below 20 Hz sway velocity is lost (a plate left at 10 SPS loses a quarter of it); below 35 Hz it is reduced."""
    if rate_hz < REFUSED_RATE_HZ:
        values = {"rate_hz": rate_hz, "minimum_hz": REFUSED_RATE_HZ}
        return [Finding(FindingCode.LOW_RATE, Severity.NOT_USABLE, values)]
    if rate_hz < LOW_RATE_HZ:
        return [Finding(FindingCode.LOW_RATE, Severity.CAUTION, {"rate_hz": rate_hz, "minimum_hz": LOW_RATE_HZ})]
    return []


def calibration_finding(calibration: Calibration, at: datetime) -> list[Finding]:
    """A plate on which no known load was ever put, or whose calibration had run out by then: two different things."""
    if calibration.is_current(at):
        return []
    values = {"cop_error_mm": calibration.cop_error_mm}
    if calibration.reference == DATASHEET or calibration.valid_until is None:
        return [Finding(FindingCode.UNCALIBRATED, Severity.CAUTION, values)]
    values["days"] = (at - calibration.valid_until) / timedelta(days=1)
    return [Finding(FindingCode.CALIBRATION_EXPIRED, Severity.CAUTION, values)]


def clock_findings(clock: ClockScale | None) -> list[Finding]:
    """The plate's second against the computer's. Velocities are off by as much; nothing is corrected.

    Beyond 0.5 % it is more than a resonator may be off, beyond 2 % nothing in seconds is to be trusted.
    """
    if clock is None or clock.off <= CLOCK_DOUBTFUL:
        return []
    severity = Severity.NOT_USABLE if clock.off > CLOCK_WRONG else Severity.CAUTION
    return [Finding(FindingCode.CLOCK_OFF, severity, {"off_pct": 100 * (clock.scale - 1)})]


def outlier_findings(repaired: int, left: int) -> list[Finding]:
    """Spikes of one or two samples were repaired; longer ones inside the trial make it not usable."""
    found = []
    if repaired:
        found.append(Finding(FindingCode.OUTLIERS_REPAIRED, Severity.NOTE, {"n": repaired}))
    if left:
        found.append(Finding(FindingCode.OUTLIERS, Severity.NOT_USABLE, {"n": left}))
    return found


def loss_findings(gaps: Sequence[Gap], set_times_s: Float) -> list[Finding]:
    """A second in which more than 5 % of the sets did not arrive: the cable or the port is poor.

    Parameters
    ----------
    set_times_s : ndarray (n,)
        Times of the sets that came. [s]
    """
    worst_pct, at_s = 0.0, 0.0
    for gap in gaps:
        end_s = gap.start_s + 1.0
        missing = sum(other.missing for other in gaps if gap.start_s <= other.start_s < end_s)
        came = int(np.count_nonzero((set_times_s >= gap.start_s) & (set_times_s < end_s)))
        share_pct = 100.0 * missing / (missing + came)
        if share_pct > worst_pct:
            worst_pct, at_s = share_pct, gap.start_s
    if worst_pct <= LOST_RED_PCT:
        return []
    values = {"lost_pct": worst_pct, "limit_pct": LOST_RED_PCT, "at_s": at_s}
    return [Finding(FindingCode.LOSSY_LINK, Severity.CAUTION, values)]


def weight_deviation_pct(weight_n: float, expected_n: float | None) -> float | None:
    """How far a weight is from the one expected; None where that is within 10 % or none is known. [%]"""
    if expected_n is None or expected_n <= 0:
        return None
    deviation_pct = 100.0 * (weight_n / expected_n - 1)
    return deviation_pct if abs(deviation_pct) > WEIGHT_LIMIT_PCT else None


def weight_findings(weight_n: float, expected_n: float | None) -> list[Finding]:
    """Another weight than this patient's: perhaps another patient stood there."""
    deviation_pct = weight_deviation_pct(weight_n, expected_n)
    if deviation_pct is None or expected_n is None:
        return []
    values = {
        "weight_n": weight_n,
        "expected_n": expected_n,
        "deviation_pct": deviation_pct,
        "limit_pct": WEIGHT_LIMIT_PCT,
    }
    return [Finding(FindingCode.WEIGHT_IMPLAUSIBLE, Severity.CAUTION, values)]


def live_finding(code: FindingCode, live_s: float, filed_s: float) -> list[Finding]:
    """A moment that the guided test and the whole recording place more than 0.5 s apart: somebody should look."""
    if abs(live_s - filed_s) <= LIVE_LIMIT_S:
        return []
    return [Finding(code, Severity.CAUTION, {"live_s": live_s, "filed_s": filed_s, "limit_s": LIVE_LIMIT_S})]


def support_finding(one_second_load_n: Float, weight_n: float) -> list[Finding]:
    """A 1 s mean of Fz cannot leave body weight by more than 2 % in free standing: support suspected.

    The mean vertical acceleration over 1 s is the change of velocity in it, which a standing body keeps small.
    Touches below about 10 % of body weight for less than a second stay invisible.
    """
    if not len(one_second_load_n) or weight_n <= 0:
        return []
    deviation_pct = 100 * (one_second_load_n / weight_n - 1)
    worst = float(deviation_pct[np.argmax(np.abs(deviation_pct))])
    if abs(worst) <= SUPPORT_LIMIT_PCT:
        return []
    values = {"deviation_pct": worst, "limit_pct": SUPPORT_LIMIT_PCT}
    return [Finding(FindingCode.SUPPORT_SUSPECTED, Severity.CAUTION, values)]
