"""What happens on the page of a visit's entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from dash import ALL, Dash, Input, Output, State, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.components.entry_form import keep_typed, pressed, typed_into
from dashboard.gate import acting, callback
from dashboard.ids import VisitId
from dashboard.pages.visit import layout
from dashboard.pages.visit.acts import ACTS, Shown
from dashboard.refusal_text import filed, refusal
from dashboard.routes import Page
from dashboard.services import Services
from records.errors import RecordsError
from records.model import Act
from records.permissions import PERMITTED, Right
from records.signing import signed_state


def read(services: Services, visit_id: str) -> layout.Entries:
    """The entries of a visit as the archive has them now. Raises NotFound."""
    store = services.station.store
    visit = store.visit(visit_id)
    patient = store.patient(visit.patient_id)
    return layout.Entries(
        patient=patient,
        visit=visit,
        trials=store.trials_of(visit_id),
        strength=store.strength_tests_of(visit_id, void=True),
        observations=store.observations_of(visit_id, void=True),
        signed=signed_state(store, visit_id),
        today=date.today(),  # noqa: DTZ011 - a visit goes on during its day at the station
        writes=acting().role in PERMITTED[Act.VISIT_EDITED] and patient.erased_at is None,
    )


def show(services: Services, visit_id: str) -> Component:
    """The page. Raises NotFound."""
    return layout.page(services.words, read(services, visit_id))


def done(services: Services, shown: Shown, form: str, ids: Sequence[Any], values: Sequence[Any]) -> tuple[Any, Any]:
    """Do what a button says: the page as it is then, and that it was done; or why not, with what was typed left.

    What was typed into other forms stays, unless somebody else changed the visit since the page was shown: then it
    would be saved over their change.
    """
    store = services.station.store
    is_fresh = store.visit(shown.visit_id).version == shown.version
    try:
        ACTS[form](store, shown, typed_into(ids, values, form, shown.of))
    except RecordsError as problem:
        return no_update, refusal(services.words, problem)
    body = layout.body(services.words, read(services, shown.visit_id))
    if is_fresh:
        keep_typed(body, ids, values, form)
    return body, filed(services.words)


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
        return done(services, Shown(**who, of=which["of"]), which["form"], ids, values)

    return Page("visit", "/visit/<visit_id>", lambda visit_id: show(services, visit_id), Right.READ)
