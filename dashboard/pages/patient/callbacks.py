"""What happens on the page of one patient."""

from __future__ import annotations

from datetime import date

from dash import Dash, Input, Output, State
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.gate import acting, callback
from dashboard.ids import PatientId, ShellId
from dashboard.pages.patient import layout
from dashboard.pages.patient.view import facts, visit_line
from dashboard.routes import Page
from dashboard.services import Services
from records import filing
from records.model import Act
from records.permissions import Right


def show(services: Services, patient_id: str) -> Component:
    """The page of one patient, as the archive has it now. Raises NotFound."""
    store, words = services.station.store, services.words
    patient = store.patient(patient_id)
    today = date.today()  # noqa: DTZ011 - ages are counted in the station's own years
    visits = [
        visit_line(words, visit, store.trials_of(visit.id), store.latest_results(visit.id), today)
        for visit in store.visits_of(patient_id)
    ]
    return layout.page(words, patient, facts(words, patient, today), visits)


def register(app: Dash, services: Services) -> Page:
    """Mount the page and its callback."""

    @callback(
        app,
        Act.VISIT_OPENED,
        Output(ShellId.URL, "href", allow_duplicate=True),
        Input(PatientId.NEW_VISIT, "n_clicks"),
        State(PatientId.WHO, "data"),
        running=[(Output(PatientId.NEW_VISIT, "loading"), True, False)],
        prevent_initial_call=True,
    )
    def new_visit(clicks: int | None, patient_id: str) -> str:
        if not clicks:  # the button came onto the page, nobody pressed it
            raise PreventUpdate
        station = services.station
        visit = filing.open_visit(station.store, acting(), patient_id, station=station.name)
        return f"/test/{visit.id}"

    return Page("patient", "/patient/<patient_id>", lambda patient_id: show(services, patient_id), Right.READ)
