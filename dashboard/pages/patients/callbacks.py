"""What happens on the page of patients."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.gate import acting, callback
from dashboard.ids import PatientsId, ShellId
from dashboard.pages.patients import layout
from dashboard.pages.patients.view import PAGE_ROWS, lines, new_patient
from dashboard.routes import Page
from dashboard.services import Services
from records import filing
from records.errors import CodeTaken, InvalidEntry
from records.identity import identity_of
from records.model import NAME_LIMIT, Act
from records.permissions import Right

HIDDEN: dict[str, str] = {"display": "none"}
FORM = {
    "code": PatientsId.CODE,
    "name": PatientsId.NAME,
    "birth_year": PatientsId.BIRTH_YEAR,
    "sex": PatientsId.SEX,
    "involved_side": PatientsId.INVOLVED,
    "note": PatientsId.NOTE,
}
#: Fields that show their own mistake; every other one is said above the buttons.
CHECKED = ("code", "name", "birth_year", "note")


def today() -> date:
    """The day on this computer."""
    return date.today()  # noqa: DTZ011 - ages are counted in the station's own years


def found(services: Services, text: str, pages: int) -> tuple[Component, dict[str, str]]:
    """The list for a search, and whether there is more of it."""
    wanted = PAGE_ROWS * pages
    rows = services.station.store.search_patients(text, limit=wanted + 1)
    if not rows:
        return layout.empty(services.words, text.strip()), HIDDEN
    more = len(rows) > wanted
    shown = lines(services.words, rows[:wanted], today())
    return layout.patient_list(services.words, shown, more), {} if more else HIDDEN


def added(services: Services, typed: Mapping[str, object]) -> tuple[str | None, dict[str, str]]:
    """Address of the new patient; or what is wrong, by field."""
    words = services.words
    try:
        entry = new_patient(typed)
        patient = filing.add_patient(services.station.store, acting(), entry)
    except InvalidEntry as problem:
        return None, {problem.field: words(f"errors.{problem.code}", **problem.values)}
    except CodeTaken as problem:
        return None, {"code": words(f"errors.{problem.code}", **problem.values)}
    return f"/patient/{patient.id}", {}


def _answer(href: str | None, problems: Mapping[str, str]) -> dict[str, Any]:
    other = [text for field, text in problems.items() if field not in CHECKED]
    errors = {field: problems.get(field) for field in CHECKED}
    return {"href": href or no_update, "errors": errors, "problem": " ".join(other)}


def register(app: Dash, services: Services) -> Page:
    """Mount the page and its callbacks."""
    _register_list(app, services)
    _register_form(app, services)

    def show() -> Component:
        return layout.page(services.words, services.rescued, identity_of(services.station.store))

    return Page("patients", "/", show, Right.READ)


def _register_list(app: Dash, services: Services) -> None:
    @callback(
        app,
        Right.READ,
        Output(PatientsId.LIST, "children"),
        Output(PatientsId.MORE, "style"),
        Input(PatientsId.SEARCH, "value"),
        Input(PatientsId.MORE, "n_clicks"),
    )
    def search(text: str | None, clicks: int | None) -> tuple[Component, dict[str, str]]:
        return found(services, (text or "")[:NAME_LIMIT], (clicks or 0) + 1)


def _register_form(app: Dash, services: Services) -> None:
    @callback(
        app,
        Act.PATIENT_ADDED,
        Output(PatientsId.FORM, "opened"),
        Input(PatientsId.ADD, "n_clicks"),
        Input(PatientsId.CANCEL, "n_clicks"),
        prevent_initial_call=True,
    )
    def open_form(_add: int | None, _cancel: int | None) -> bool:
        return bool(ctx.triggered_id == PatientsId.ADD)

    @callback(
        app,
        Act.PATIENT_ADDED,
        output={
            "href": Output(ShellId.URL, "href", allow_duplicate=True),
            "errors": {field: Output(FORM[field], "error") for field in CHECKED},
            "problem": Output(PatientsId.PROBLEM, "children"),
        },
        inputs={
            "clicks": Input(PatientsId.SAVE, "n_clicks"),
            "entered": Input(PatientsId.CODE, "n_submit"),
            "typed": {field: State(id, "value") for field, id in FORM.items()},
        },
        running=[(Output(PatientsId.SAVE, "loading"), True, False)],
        prevent_initial_call=True,
    )
    def save(clicks: int | None, entered: int | None, typed: dict[str, object]) -> dict[str, Any]:
        if not clicks and not entered:  # the form came onto the page, nobody sent it
            raise PreventUpdate
        return _answer(*added(services, typed))
