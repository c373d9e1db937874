"""What happens on the page that compares."""

from __future__ import annotations

from dash import Dash, Input, Output, State
from dash.development.base_component import Component

from dashboard.comparing import Compared, Shown, compared, options
from dashboard.explaining import parameters_of
from dashboard.figures.statokinesigram import close_up_half_mm
from dashboard.gate import callback
from dashboard.history import PatientHistory, patient_history
from dashboard.ids import CompareId
from dashboard.pages.compare import layout
from dashboard.pages.result.pictures import drawn_trial
from dashboard.routes import Page
from dashboard.services import Services
from dashboard.signals import footprint_of
from records.permissions import Right


def show(services: Services, visit_id: str) -> Component:
    """The page, with this visit and the one before it (or its first two trials) chosen. Raises NotFound."""
    words, store = services.words, services.station.store
    history = patient_history(store, store.visit(visit_id).patient_id)
    known = options(words, history)
    picked = layout.picked(known, visit_id)
    if picked is None:
        return layout.empty(words, history.patient, visit_id)
    results = [result for visit in history.visits for group in visit.groups for result in group.results()]
    body = beside(services, history, *picked)
    return layout.page(words, history.patient, visit_id, known, picked, body, parameters_of(words, results))


def beside(services: Services, history: PatientHistory, first: str, second: str) -> Component:
    """Both beside each other."""
    words = services.words
    found = compared(words, history, first, second)
    if found is None:
        return layout.mixed(words)
    half_mm = _half_mm(services, found)
    pictures = [
        [drawn_trial(words, services.station, shown.group, filed, half_mm) for filed in shown.trials]
        for shown in (found.first, found.second)
    ]
    return layout.beside(words, found, pictures)


def _half_mm(services: Services, found: Compared) -> float:
    """One scale for everything drawn."""
    station = services.station
    shown: list[Shown] = [found.first, found.second]
    return close_up_half_mm([footprint_of(station, filed.trial.id) for each in shown for filed in each.trials])


def register(app: Dash, services: Services) -> Page:
    """Mount the page and its callback."""
    store = services.station.store

    @callback(
        app,
        Right.READ,
        Output(CompareId.BODY, "children"),
        Input(CompareId.FIRST, "value"),
        Input(CompareId.SECOND, "value"),
        State(CompareId.WHO, "data"),
        prevent_initial_call=True,
    )
    def pick(first: str, second: str, patient_id: str) -> Component:
        return beside(services, patient_history(store, patient_id), first, second)

    return Page("compare", "/compare/<visit_id>", lambda visit_id: show(services, visit_id), Right.READ)
