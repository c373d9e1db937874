"""Calibrations and checks of a plate -> sentences: the one way in which command line, screen and paper say them."""

from __future__ import annotations

from collections.abc import Mapping

from acquisition.calibration_run import CalibrationReport, Step
from analysis.calibrating import HOLD_OUT_FZ_PCT, HOLD_OUT_MAX_MM, HOLD_OUT_MEAN_MM
from analysis.calibration_checks import Refusal
from analysis.calibration_grid import Point
from analysis.quality import Severity
from analysis.session_check import CheckFinding, SessionCheck
from dashboard.words import Words

CELLS = ("cell", "near", "peak")


def cell_name(words: Words, cell: int) -> str:
    """A cell as it is printed on the plate, with its corner; inside a sentence."""
    name = words(f"cell.{cell}")
    return name[:1].lower() + name[1:]


def place_name(words: Words, place_mm: Point) -> str:
    """Where a cross lies, as seen by the person who stands on the plate."""
    x, y = place_mm
    ahead = "front" if y > 0 else "rear" if y < 0 else ""
    aside = "right" if x > 0 else "left" if x < 0 else ""
    return words(f"calibration.place.{'_'.join(part for part in (ahead, aside) if part) or 'centre'}")


def step_text(words: Words, step: Step) -> str:
    """What to do now."""
    if step.xy_mm is None:
        return words(f"calibration.{step.task.value}")
    return words(f"calibration.{step.task.value}", n=step.number, place=place_name(words, step.xy_mm))


def _with_cells(words: Words, values: Mapping[str, float | int | str]) -> dict[str, object]:
    return {name: cell_name(words, int(value)) if name in CELLS else value for name, value in values.items()}


def _sentence(text: str) -> str:
    """A sentence may begin with a cell's name."""
    return text[:1].upper() + text[1:]


def refusal_text(words: Words, refusal: Refusal) -> str:
    """Why a measurement was not taken, and what to do."""
    key = f"calibration.refused.{refusal.problem.value}"
    return _sentence(words(key, **_with_cells(words, refusal.values)))


def report_text(words: Words, report: CalibrationReport) -> list[str]:
    """The outcome of a calibration."""
    held = report.hold_outs
    found = {"cop_mean_mm": held.cop_mean_mm, "cop_max_mm": held.cop_max_mm, "fz_pct": held.fz_max_pct}
    limits = {"mean_limit_mm": HOLD_OUT_MEAN_MM, "max_limit_mm": HOLD_OUT_MAX_MM, "fz_limit_pct": HOLD_OUT_FZ_PCT}
    said = [refusal_text(words, refusal) for refusal in report.refusals]
    if report.plan.scale_kg is not None:
        said.append(words("calibration.factor", weight_kg=report.plan.weight_kg * report.factor))
    if report.passed:
        return [*said, words("calibration.passed", **found)]
    return [*said, words("calibration.failed", **found, **limits)]


def check_finding_text(words: Words, finding: CheckFinding) -> str:
    """One thing a check found."""
    text = _sentence(words(f"check.finding.{finding.code.value}", **_with_cells(words, finding.values)))
    return words("check.found", severity=words(f"severity.{finding.severity.value}"), what=text)


def check_text(words: Words, check: SessionCheck) -> list[str]:
    """The outcome of a check, worst finding first."""

    def each(values: list[float], decimals: int) -> str:
        return " / ".join(words.number(value, decimals) for value in values)

    numbers = words(
        "check.numbers",
        weight_pct=check.weight_error_pct,
        centre_mm=check.centre_error_mm,
        corner_mm=check.corner_error_mm,
        rates=each(check.rate_hz.tolist(), 1),
        noise=each(check.noise_n.tolist(), 3),
    )
    drift = check.zero_drift_n
    since = words("check.first") if drift is None else words("check.drift", drift=each(drift.tolist(), 2))
    order = list(Severity)
    findings = sorted(check.findings, key=lambda finding: -order.index(finding.severity))
    said = [check_finding_text(words, finding) for finding in findings]
    return [numbers, since, *said, words("check.passed" if check.passed else "check.failed")]
