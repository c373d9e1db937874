"""What happens on the page of progress."""

from __future__ import annotations

from dash import Dash, Input, Output, State
from dash.development.base_component import Component

from dashboard.explaining import parameters_of
from dashboard.gate import callback
from dashboard.history import PatientHistory, patient_history
from dashboard.ids import ProgressId
from dashboard.pages.progress import layout
from dashboard.progress_view import conditions, events_of, metric_progress, strength_points, trend_metrics
from dashboard.routes import Page
from dashboard.services import Services
from records.permissions import Right


def show(services: Services, patient_id: str) -> Component:
    """The page of a patient's progress, as the archive has it now. Raises NotFound."""
    words, history = services.words, patient_history(services.station.store, patient_id)
    known = conditions(words, history)
    if not known:
        return layout.empty(words, history.patient)
    metrics = trend_metrics(words)
    results = [result for visit in history.visits for group in visit.groups for result in group.results()]
    body = trends(services, history, known[0][0], metrics[0])
    return layout.page(words, history.patient, known, metrics, body, parameters_of(words, results))


def trends(services: Services, history: PatientHistory, key: str, metric: str) -> Component:
    """Everything the page says of one metric under one condition."""
    words = services.words
    seen = metric_progress(words, history, key, metric)
    return layout.trends(words, seen, strength_points(words, history), events_of(words, history))


def register(app: Dash, services: Services) -> Page:
    """Mount the page and its callback."""

    @callback(
        app,
        Right.READ,
        Output(ProgressId.BODY, "children"),
        Input(ProgressId.METRIC, "value"),
        Input(ProgressId.CONDITION, "value"),
        State(ProgressId.WHO, "data"),
        prevent_initial_call=True,
    )
    def pick(metric: str, key: str, patient_id: str) -> Component:
        return trends(services, patient_history(services.station.store, patient_id), key, metric)

    return Page("progress", "/progress/<patient_id>", lambda patient_id: show(services, patient_id), Right.READ)
