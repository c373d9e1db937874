"""What is known of a patient before an attempt: the weight that stood on the plate before."""

from __future__ import annotations

from contextlib import suppress

from analysis.errors import AnalysisError
from dashboard.station import Station
from records.errors import RecordsError
from records.model import TrialStatus


def expected_weight_n(station: Station, visit_id: str) -> float | None:
    """What the patient of a visit weighed in the newest usable trial, of this visit or of a former one. [N]

    Raises
    ------
    NotFound
    """
    store = station.store
    visit = store.visit(visit_id)
    former = [each for each in store.visits_of(visit.patient_id) if each.id != visit_id]
    for each in [visit, *sorted(former, key=lambda one: one.at, reverse=True)]:
        results = store.latest_results(each.id)
        for trial in reversed(store.trials_of(each.id)):
            if trial.status is TrialStatus.VOID or trial.id not in results or not results[trial.id].result.usable:
                continue
            with suppress(AnalysisError, RecordsError):
                weight_n = station.assessed(trial.id).stance.weight_n
                if weight_n is not None:
                    return weight_n
    return None
