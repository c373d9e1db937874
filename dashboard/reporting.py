"""The reports of a visit: what a report is made of, gathered from the station, and the PDFs of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from analysis.geometry import Side
from dashboard.figures.statokinesigram import Footprint, close_up_half_mm, footprint
from dashboard.report.build import clinician_report, patient_report
from dashboard.report.clinician import Pictures, TrendView
from dashboard.report.made import Made
from dashboard.station import Station
from dashboard.visit_groups import analysed
from dashboard.visit_reading import read_visit
from dashboard.visit_view import ConditionView, VisitView
from dashboard.words import Words

CLINICIAN, PATIENT = "clinician", "patient"
KINDS: Mapping[str, Callable[..., bytes]] = {CLINICIAN: clinician_report, PATIENT: patient_report}


def pictures(station: Station, view: VisitView) -> Pictures:
    """The picked trial of each side of the first condition, on the scale of the screen: it holds every trial."""
    if not view.conditions:
        return Pictures({}, close_up_half_mm([]))
    condition = view.conditions[0]
    drawn = [footprint(station.assessed(filed.trial.id)) for filed in analysed(condition.group.trials)]
    return Pictures({side: _picked(station, condition, side) for side in Side}, close_up_half_mm(drawn))


def _picked(station: Station, condition: ConditionView, side: Side) -> Footprint | None:
    picked = next(each.picked for each in condition.sides if each.side is side)
    return footprint(station.assessed(picked)) if picked is not None else None


def visit_report(words: Words, station: Station, visit_id: str, kind: str, at: datetime) -> bytes:
    """The PDF of a visit as the archive has it now.

    Raises
    ------
    NotFound
    """
    view = read_visit(words, station, visit_id)
    made = Made(at, station.actor.name)
    return KINDS[kind](words, view, pictures(station, view), trends(view), made)


def trends(view: VisitView) -> list[TrendView]:
    """ML velocity of each leg under the first condition, where there is an earlier visit."""
    legs = [leg for condition in view.conditions[:1] for leg in condition.trends]
    return [TrendView(leg.progress, " ".join(leg.sentences)) for leg in legs if leg.progress is not None]
