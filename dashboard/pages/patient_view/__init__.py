"""What the patient sees of the guided test, on a screen or in a window of its own: the phase and the countdown."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard.components.aria import UNSPOKEN, named
from dashboard.ids import PatientViewId
from dashboard.routes import Page
from dashboard.services import Services
from dashboard.words import Words
from records.model import Act


def page(words: Words, visit_id: str) -> Component:
    """Filled by `assets/patient.js`."""
    drawn: dict[str, Any] = {"data-visit": visit_id}
    lost = html.P(words("test.signal_lost"), id=PatientViewId.LOST, className="badge badge-stop", hidden=True)
    told = html.Div(html.P(id=PatientViewId.PHASE), role="status")
    count = html.Div(id=PatientViewId.COUNT, **UNSPOKEN)
    title = html.H1(words("test.patient.title"), className="for-ears")
    shown = html.Section([title, told, count, lost], className="patient-view", **named(words("test.patient.live")))
    marks = [html.Div(id=PatientViewId.VISIT, hidden=True, **drawn), dcc.Store(id=PatientViewId.MOUNTED)]
    return html.Div([*marks, shown])


def register(app: Dash, services: Services) -> Page:
    """Mount the page."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("patient", "mount"),
        Output(PatientViewId.MOUNTED, "data"),
        Input(PatientViewId.VISIT, "id"),
    )

    def show(visit_id: str) -> Component:
        services.station.store.visit(visit_id)
        return page(services.words, visit_id)

    return Page("patient_view", "/test/<visit_id>/patient", show, Act.RECORDING_FILED)
