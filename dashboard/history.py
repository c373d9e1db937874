"""All visits of a patient with their newest results, as trends need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dashboard.station import FiledTrial, VisitResults
from dashboard.visit_groups import ConditionGroup, condition_groups
from records.model import Patient
from records.store import RecordStore


@dataclass(frozen=True, slots=True)
class VisitHistory:
    """One visit: its trials by condition."""

    results: VisitResults
    groups: tuple[ConditionGroup, ...]


@dataclass(frozen=True, slots=True)
class PatientHistory:
    """Visits of a patient, oldest first. ``references``: calibration id -> what the plate was calibrated against."""

    patient: Patient
    visits: tuple[VisitHistory, ...]
    references: Mapping[str, str]

    def until(self, visit_id: str) -> PatientHistory:
        """As it was when this visit was over."""
        ids = [one.results.visit.id for one in self.visits]
        return replace(self, visits=self.visits[: ids.index(visit_id) + 1])


def patient_history(store: RecordStore, patient_id: str) -> PatientHistory:
    """Everything filed of a patient. Raises NotFound."""
    patient = store.patient(patient_id)
    visits, references = [], {}
    for visit in reversed(store.visits_of(patient_id)):
        found = store.latest_results(visit.id)
        trials = tuple(
            FiledTrial(trial, found[trial.id].result if trial.id in found else None)
            for trial in store.trials_of(visit.id)
        )
        results = VisitResults(visit, patient, trials)
        visits.append(VisitHistory(results, condition_groups(results)))
        for stored in found.values():
            id = stored.result.calibration_id
            if id is not None and id not in references:
                references[id] = store.calibration(id).reference
    return PatientHistory(patient, tuple(visits), references)
