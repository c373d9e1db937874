"""What happens on the page of a visit's entries."""

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
from dashboard.ids import VisitId
from dashboard.pages.visit import layout
from dashboard.pages.visit.acts import ACTS, RAISES, Shown
from dashboard.routes import Page
from dashboard.services import Services
from records.model import Act
from records.permissions import PERMITTED, Right
from records.signing import signed_state


def read(services: Services, visit_id: str) -> layout.Entries:
    """The entries of a visit as the archive has them now. Raises NotFound."""
    store = services.station.store
    signed = signed_state(store, visit_id)  # first: what is shown is never older than what would be signed
    visit = store.visit(visit_id)
    patient = store.patient(visit.patient_id)
    return layout.Entries(
        patient=patient,
        visit=visit,
        trials=store.trials_of(visit_id),
        strength=store.strength_tests_of(visit_id, void=True),
        observations=store.observations_of(visit_id, void=True),
        signed=signed,
        today=date.today(),  # noqa: DTZ011 - a visit goes on during its day at the station
        writes=acting().role in PERMITTED[Act.VISIT_EDITED] and patient.erased_at is None,
    )


def show(services: Services, visit_id: str) -> Component:
    """The page. Raises NotFound."""
    return layout.page(services.words, read(services, visit_id))


def now(services: Services, shown: Shown, form: str) -> tuple[list[Component], bool]:
    """The page after an act, and whether the act is all that happened to the visit since it was shown."""
    entries = read(services, shown.visit_id)
    is_fresh = entries.visit.version == shown.version + (form in RAISES)
    return layout.body(services.words, entries), is_fresh


def done(services: Services, shown: Shown, sent: Sent) -> tuple[Any, Any]:
    """Do what a button says, and show the page as it is then."""
    act = ACTS.get(sent.form) or abort(400)  # no page of ours sends another
    store = services.station.store
    return answered(
        services.words, sent, lambda: act(store, shown, sent.typed), lambda: now(services, shown, sent.form)
    )


def register(app: Dash, services: Services) -> Page:
    """Mount the page and its callback."""
    fields = {"type": "visit-field", "form": ALL, "of": ALL, "field": ALL}

    @callback(
        app,
        Act.VISIT_EDITED,
        Output(VisitId.BODY, "children"),
        Output(VisitId.SAID, "children"),
        Input({"type": "visit-act", "form": ALL, "of": ALL}, "n_clicks"),
        State(fields, "value"),
        State(fields, "id"),
        State(VisitId.SHOWN, "data"),
        prevent_initial_call=True,
    )
    def act(_clicks: list[int | None], values: list[Any], ids: list[Any], who: dict[str, Any]) -> tuple[Any, Any]:
        which = pressed()
        if which is None:
            raise PreventUpdate
        sent = Sent(which["form"], which["of"], ids, values)
        return done(services, Shown(**who, of=sent.of), sent)

    return Page("visit", "/visit/<visit_id>", lambda visit_id: show(services, visit_id), Right.READ)
