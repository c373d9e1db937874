"""What happens on the page of one patient."""

from __future__ import annotations

from datetime import date
from typing import Any

from dash import ALL, Dash, Input, Output, State
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import abort

from dashboard.answering import Sent, answered
from dashboard.components.entry_form import pressed
from dashboard.gate import acting, callback
from dashboard.ids import PatientId, ShellId
from dashboard.pages.patient import layout
from dashboard.pages.patient.acts import ACTS, RAISES, Shown
from dashboard.pages.patient.view import facts, visit_line
from dashboard.routes import Page
from dashboard.services import Services
from records import filing
from records.copies import copies_of
from records.identity import identity_of
from records.model import Act
from records.permissions import PERMITTED, Right


def read(services: Services, patient_id: str) -> layout.Entries:
    """All about one patient, as the archive has it now. Raises NotFound."""
    store, words = services.station.store, services.words
    patient = store.patient(patient_id)
    today = date.today()  # noqa: DTZ011 - ages are counted in the station's own years
    merges = store.merges_of(patient_id)
    others = {id for merge in merges for id in (merge.kept_id, merge.merged_id)} | {patient.merged_into or patient_id}
    role = acting().role
    erases = role in PERMITTED[Act.PATIENT_ERASED]
    return layout.Entries(
        patient=patient,
        facts=facts(words, patient, today),
        visits=tuple(
            visit_line(words, visit, store.trials_of(visit.id), store.latest_results(visit.id), today)
            for visit in store.visits_of(patient_id)
        ),
        therapy=store.therapy_events_of(patient_id, void=True),
        merges=merges,
        codes={id: store.patient(id).code for id in others},
        copies=copies_of(store, patient_id) if erases else None,
        identity=identity_of(store),
        writes=role in PERMITTED[Act.PATIENT_EDITED],
        opens=role in PERMITTED[Act.VISIT_OPENED],
    )


def show(services: Services, patient_id: str) -> Component:
    """The page of one patient. Raises NotFound."""
    return layout.page(services.words, read(services, patient_id))


def now(services: Services, shown: Shown, form: str) -> tuple[list[Component], bool]:
    """The page after an act, and whether the act is all that happened to the patient since it was shown."""
    entries = read(services, shown.patient_id)
    is_fresh = entries.patient.version == shown.version + (form in RAISES)
    return layout.body(services.words, entries), is_fresh


def done(services: Services, shown: Shown, sent: Sent) -> tuple[Any, Any]:
    """Do what a button says, and show the page as it is then."""
    act = ACTS.get(sent.form) or abort(400)  # no page of ours sends another
    store = services.station.store
    return answered(
        services.words, sent, lambda: act(store, shown, sent.typed), lambda: now(services, shown, sent.form)
    )


def register(app: Dash, services: Services) -> Page:
    """Mount the page and its callbacks."""
    _register_visit(app, services)
    fields = {"type": "patient-field", "form": ALL, "of": ALL, "field": ALL}

    @callback(
        app,
        Act.PATIENT_EDITED,
        Output(PatientId.BODY, "children"),
        Output(PatientId.SAID, "children"),
        Input({"type": "patient-act", "form": ALL, "of": ALL}, "n_clicks"),
        State(fields, "value"),
        State(fields, "id"),
        State(PatientId.WHO, "data"),
        prevent_initial_call=True,
    )
    def act(_clicks: list[int | None], values: list[Any], ids: list[Any], who: dict[str, Any]) -> tuple[Any, Any]:
        which = pressed()
        if which is None:
            raise PreventUpdate
        sent = Sent(which["form"], which["of"], ids, values)
        return done(services, Shown(who["id"], who["version"], sent.of), sent)

    return Page("patient", "/patient/<patient_id>", lambda patient_id: show(services, patient_id), Right.READ)


def _register_visit(app: Dash, services: Services) -> None:
    @callback(
        app,
        Act.VISIT_OPENED,
        Output(ShellId.URL, "href", allow_duplicate=True),
        Input(PatientId.NEW_VISIT, "n_clicks"),
        State(PatientId.WHO, "data"),
        running=[(Output(PatientId.NEW_VISIT, "loading"), True, False)],
        prevent_initial_call=True,
    )
    def new_visit(clicks: int | None, who: dict[str, Any]) -> str:
        if not clicks:  # the button came onto the page, nobody pressed it
            raise PreventUpdate
        station = services.station
        visit = filing.open_visit(station.store, acting(), who["id"], station=station.name)
        return f"/test/{visit.id}"
