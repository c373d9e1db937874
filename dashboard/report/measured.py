"""How a visit was measured: plate, calibration, protocol, settings. What a reader needs to judge its numbers. Pure."""

from __future__ import annotations

from analysis.assess import TrialResult
from dashboard.explaining import parameters_of
from dashboard.visit_view import VisitView
from dashboard.words import Words


def measured_rows(words: Words, view: VisitView) -> list[list[str]]:
    """Label and text of each fact; what differs between trials is listed, not chosen from."""
    results = [result for condition in view.conditions for result in condition.group.results()]
    if not results:
        return []
    separator = " · "
    rows = {
        "conditions": [condition.title for condition in view.conditions],
        "plate": [_plate(words, result) for result in results],
        "calibration": [result.calibration_id or words("report.no_calibration") for result in results],
        "rate": [words("report.rate_value", rate_hz=words.number(result.rate_hz, 1)) for result in results],
        "settings": [separator.join(parameters_of(words, [result])) for result in results],
    }
    return [[words(f"report.{name}"), "; ".join(dict.fromkeys(values))] for name, values in rows.items()]


def _plate(words: Words, result: TrialResult) -> str:
    return result.plate_serial or words("report.plate_unknown")
