"""A visit read from the archive as screen and report show it."""

from __future__ import annotations

from dashboard.entries import VisitEntries, visit_entries
from dashboard.history import patient_history
from dashboard.station import Station, VisitResults
from dashboard.visit_view import VisitView, visit_view
from dashboard.words import Words


def read_visit(words: Words, station: Station, visit_id: str) -> VisitView:
    """Everything a visit says, with what people entered and the visits before it. Raises NotFound."""
    results = station.visit_results(visit_id)
    history = patient_history(station.store, results.patient.id)
    return visit_view(words, results, entries_of(station, results), history)


def entries_of(station: Station, results: VisitResults) -> VisitEntries:
    """What was entered for a visit."""
    store, visit = station.store, results.visit
    return visit_entries(visit, store.observations_of(visit.id), store.strength_tests_of(visit.id))
