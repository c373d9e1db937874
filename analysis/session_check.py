"""Half a minute before measuring: is the plate still as it was calibrated? Numbers and a verdict, no sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Calibration
from analysis.calibration_grid import Point
from analysis.quality import LOW_RATE_HZ, REFUSED_RATE_HZ, Severity
from analysis.recording import frozen

Float = NDArray[np.float64]

#: A cross of both sheets, halfway to the front right cell. [mm]
CORNER_MM: Point = (90.0, 90.0)
WEIGHT_PCT, CENTRE_MM, CORNER_LIMIT_MM = 1.0, 3.0, 3.0
#: Warmth and creep move a 200 kg cell by a newton or two from day to day; more comes from cable, moisture or a knock.
DRIFT_N = 5.0
RATE_SPREAD_PCT = 5.0


class CheckCode(StrEnum):
    """Closed list of what a check finds; each is a sentence of the catalogue (``check.finding.<value>``)."""

    ZERO_DRIFT = "ZERO_DRIFT"
    RATE_LOW = "RATE_LOW"
    RATE_REDUCED = "RATE_REDUCED"
    RATE_UNEVEN = "RATE_UNEVEN"
    WEIGHT_OFF = "WEIGHT_OFF"
    CENTRE_OFF = "CENTRE_OFF"
    CORNER_OFF = "CORNER_OFF"
    CALIBRATION_OLD = "CALIBRATION_OLD"


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One thing a check found, with its value and its limit."""

    code: CheckCode
    severity: Severity
    values: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loads:
    """What was measured: the empty plate, and the weight in the centre and on the corner cross.

    ``zero``, ``centre``, ``corner (4,)``: raw means [counts]; ``rate_hz (4,)`` [Hz]; ``noise_n (4,)``: SD of the empty
    cells [N]; ``zero_before (4,)``: of the check or calibration before, None where there is none [counts].
    """

    weight_n: float
    zero: Float
    centre: Float
    corner: Float
    rate_hz: Float
    noise_n: Float
    zero_before: Float | None = None


@dataclass(frozen=True, slots=True)
class SessionCheck:
    """What a check showed.

    Parameters
    ----------
    zero : ndarray (4,)
        [counts]
    zero_drift_n : ndarray (4,) or None
        Since the check before; None: it was the first. [N]
    rate_hz, noise_n : ndarray (4,)
        Of each cell. [Hz], [N]
    weight_n, weight_error_pct : float
        What was put on [N], and how far the plate is off [%].
    centre_error_mm, corner_error_mm : float
        Distance of CoP from cross. [mm]
    findings : tuple of CheckFinding
    """

    zero: Float
    zero_drift_n: Float | None
    rate_hz: Float
    noise_n: Float
    weight_n: float
    weight_error_pct: float
    centre_error_mm: float
    corner_error_mm: float
    findings: tuple[CheckFinding, ...] = ()

    def __post_init__(self) -> None:
        for name in ("zero", "rate_hz", "noise_n"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.float64))
        if self.zero_drift_n is not None:
            object.__setattr__(self, "zero_drift_n", frozen(self.zero_drift_n, np.float64))

    @property
    def passed(self) -> bool:
        """Whether the plate may be measured with."""
        return all(finding.severity is not Severity.NOT_USABLE for finding in self.findings)


def judge_session(loads: Loads, calibration: Calibration, *, current: bool = True) -> SessionCheck:
    """Loads of a check, as a calibration sees them.

    Parameters
    ----------
    loads : Loads
    calibration : Calibration
    current : bool
        Whether the calibration is still valid.
    """
    centre, corner = (calibration.matrix @ (counts - loads.zero) for counts in (loads.centre, loads.corner))
    centre_mm, corner_mm = _apart_mm(centre, (0.0, 0.0)), _apart_mm(corner, CORNER_MM)
    weight_pct = 100 * (float(centre[0]) / loads.weight_n - 1)
    before = loads.zero_before
    drift_n = None if before is None else (loads.zero - before) * calibration.cell_newton_per_count
    return SessionCheck(
        zero=loads.zero,
        zero_drift_n=drift_n,
        rate_hz=loads.rate_hz,
        noise_n=loads.noise_n,
        weight_n=loads.weight_n,
        weight_error_pct=weight_pct,
        centre_error_mm=centre_mm,
        corner_error_mm=corner_mm,
        findings=(
            *([] if current else [CheckFinding(CheckCode.CALIBRATION_OLD, Severity.CAUTION)]),
            *_drift_findings(drift_n),
            *_rate_findings(loads.rate_hz),
            *_beyond(CheckCode.WEIGHT_OFF, weight_pct, WEIGHT_PCT),
            *_beyond(CheckCode.CENTRE_OFF, centre_mm, CENTRE_MM),
            *_beyond(CheckCode.CORNER_OFF, corner_mm, CORNER_LIMIT_MM),
        ),
    )


def _apart_mm(load: Float, place_mm: Point) -> float:
    return float(np.hypot(load[1] / load[0] - place_mm[0], load[2] / load[0] - place_mm[1]))


def _beyond(code: CheckCode, value: float, limit: float) -> list[CheckFinding]:
    if abs(value) <= limit:
        return []
    return [CheckFinding(code, Severity.NOT_USABLE, {"value": value, "limit": limit})]


def _drift_findings(drift_n: Float | None) -> list[CheckFinding]:
    if drift_n is None or np.abs(drift_n).max() <= DRIFT_N:
        return []
    cell = int(np.argmax(np.abs(drift_n)))
    values = {"cell": cell, "value": float(drift_n[cell]), "limit": DRIFT_N}
    return [CheckFinding(CheckCode.ZERO_DRIFT, Severity.CAUTION, values)]


def _rate_findings(rate_hz: Float) -> list[CheckFinding]:
    """A converter left at 10 SPS loses a quarter of sway velocity; one apart from the others is about to fail."""
    cell = int(np.argmin(rate_hz))
    slowest_hz, median_hz = float(rate_hz[cell]), float(np.median(rate_hz))
    values = {"cell": cell, "value": slowest_hz}
    if slowest_hz < REFUSED_RATE_HZ:
        return [CheckFinding(CheckCode.RATE_LOW, Severity.NOT_USABLE, values | {"limit": REFUSED_RATE_HZ})]
    found = []
    if slowest_hz < LOW_RATE_HZ:
        found.append(CheckFinding(CheckCode.RATE_REDUCED, Severity.CAUTION, values | {"limit": LOW_RATE_HZ}))
    apart_pct = 100 * (rate_hz / median_hz - 1)
    furthest = int(np.argmax(np.abs(apart_pct)))
    if abs(apart_pct[furthest]) > RATE_SPREAD_PCT:
        apart = {"cell": furthest, "value": float(apart_pct[furthest]), "limit": RATE_SPREAD_PCT}
        found.append(CheckFinding(CheckCode.RATE_UNEVEN, Severity.CAUTION, apart))
    return found


def check_document(check: SessionCheck) -> dict[str, Any]:
    """A check as JSON."""
    return {
        "zero": check.zero.tolist(),
        "zero_drift_n": None if check.zero_drift_n is None else check.zero_drift_n.tolist(),
        "rate_hz": check.rate_hz.tolist(),
        "noise_n": check.noise_n.tolist(),
        "weight_n": check.weight_n,
        "weight_error_pct": check.weight_error_pct,
        "centre_error_mm": check.centre_error_mm,
        "corner_error_mm": check.corner_error_mm,
        "findings": [
            {"code": found.code.value, "severity": found.severity.value, "values": dict(found.values)}
            for found in check.findings
        ],
    }


def check_from(document: Mapping[str, Any]) -> SessionCheck:
    """JSON -> the check as it was."""
    drift = document["zero_drift_n"]
    return SessionCheck(
        zero=np.array(document["zero"], dtype=np.float64),
        zero_drift_n=None if drift is None else np.array(drift, dtype=np.float64),
        rate_hz=np.array(document["rate_hz"], dtype=np.float64),
        noise_n=np.array(document["noise_n"], dtype=np.float64),
        weight_n=float(document["weight_n"]),
        weight_error_pct=float(document["weight_error_pct"]),
        centre_error_mm=float(document["centre_error_mm"]),
        corner_error_mm=float(document["corner_error_mm"]),
        findings=tuple(
            CheckFinding(CheckCode(entry["code"]), Severity(entry["severity"]), entry["values"])
            for entry in document["findings"]
        ),
    )
