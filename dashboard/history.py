"""All visits of a patient with their newest results, as trends need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dashboard.station import FiledTrial, VisitResults
from dashboard.visit_groups import ConditionGroup, condition_groups
from records.examination import StrengthTest
from records.model import Patient
from records.store import RecordStore
from records.therapy import TherapyEvent


@dataclass(frozen=True, slots=True)
class VisitHistory:
    """One visit: its trials by condition."""

    results: VisitResults
    groups: tuple[ConditionGroup, ...]


@dataclass(frozen=True, slots=True)
class PatientHistory:
    """Visits of a patient that are not void, oldest first.

    ``references``: calibration id -> what the plate was calibrated against; ``strength`` and ``events``: what was
    measured and done beside the tests, oldest first.
    """

    patient: Patient
    visits: tuple[VisitHistory, ...]
    references: Mapping[str, str]
    strength: tuple[StrengthTest, ...] = ()
    events: tuple[TherapyEvent, ...] = ()

    def until(self, visit_id: str) -> PatientHistory | None:
        """As it was when this visit was over; None where the visit is void."""
        ids = [one.results.visit.id for one in self.visits]
        return replace(self, visits=self.visits[: ids.index(visit_id) + 1]) if visit_id in ids else None

    def visit_of(self, visit_id: str) -> VisitHistory | None:
        """One of its visits."""
        return next((one for one in self.visits if one.results.visit.id == visit_id), None)


def patient_history(store: RecordStore, patient_id: str) -> PatientHistory:
    """Everything filed of a patient. Raises NotFound."""
    patient = store.patient(patient_id)
    visits, references = [], {}
    for visit in reversed(store.visits_of(patient_id)):
        if visit.void_reason is not None:
            continue
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
    strength, events = store.strength_tests_of_patient(patient_id), store.therapy_events_of(patient_id)
    return PatientHistory(patient, tuple(visits), references, strength, events)
