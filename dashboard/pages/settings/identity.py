"""How people are known in this archive: by a code only, or by name, too."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.gate import acting, callback
from dashboard.ids import IdentityId
from dashboard.pages.settings.section import Section
from dashboard.services import Services
from dashboard.words import Words
from records.errors import RecordsError
from records.identity import Identity, choose_identity, identity_of
from records.model import Act


def layout(words: Words, chosen: Identity) -> Component:
    """The choice, as it is."""
    choices = [
        dmc.Radio(label=words(f"settings.identity.{each.value}"), value=each.value, my="xs") for each in Identity
    ]
    group = dmc.RadioGroup(
        choices, id=IdentityId.CHOICE, value=chosen.value, label=words("settings.identity.label"), size="sm"
    )
    said = html.P(id=IdentityId.TOLD, role="status", className="told")
    save = html.Div(dmc.Button(words("settings.identity.save"), id=IdentityId.SAVE), className="form-start")
    text = html.P(words("settings.identity.text"), className="soft")
    return html.Section([text, group, said, save], className="card form")


def saved(services: Services, choice: str) -> str:
    """Choose, and what is said then."""
    words, store = services.words, services.station.store
    try:
        choose_identity(store, acting(), Identity(choice))
    except RecordsError as problem:
        return words(f"errors.{problem.code}", **problem.values)
    return words("settings.identity.saved")


def register(app: Dash, services: Services) -> Section:
    """Mount the section and its callback."""

    @callback(
        app,
        Act.IDENTITY_CHOSEN,
        Output(IdentityId.TOLD, "children"),
        Input(IdentityId.SAVE, "n_clicks"),
        State(IdentityId.CHOICE, "value"),
        prevent_initial_call=True,
    )
    def save(clicks: int | None, choice: str) -> str:
        if not clicks:
            raise PreventUpdate
        return saved(services, choice)

    def show() -> Component:
        return layout(services.words, identity_of(services.station.store))

    return Section("identity", Act.IDENTITY_CHOSEN, show)
