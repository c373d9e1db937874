"""The signals of a filed trial for whoever draws it: a recording that cannot be read takes nothing else from a page."""

from __future__ import annotations

from analysis.assess import AssessedTrial
from analysis.errors import AnalysisError
from dashboard.figures.statokinesigram import Footprint, footprint
from dashboard.station import Station
from records.errors import RecordingDamaged


def signals_of(station: Station, trial_id: str) -> AssessedTrial | None:
    """A trial with its signals; None where its recording is damaged or can no longer be analysed."""
    try:
        return station.assessed(trial_id)
    except (AnalysisError, RecordingDamaged):
        return None


def footprint_of(station: Station, trial_id: str | None) -> Footprint | None:
    """What to draw of a trial from above; None where there is nothing to draw."""
    trial = None if trial_id is None else signals_of(station, trial_id)
    return None if trial is None else footprint(trial)
