"""One's own account: password, PIN of the lock screen, where one is logged in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.gate import acting, callback, token
from dashboard.gate.gate import gate_of, now
from dashboard.ids import OwnId
from dashboard.pages.settings.section import Section
from dashboard.services import Services
from dashboard.words import Words
from records import sign_in
from records.errors import RecordsError
from records.passwords import PASSWORD_MINIMUM, PIN_DIGITS
from records.permissions import Right


def layout(words: Words) -> Component:
    """Two forms; nothing of them is kept by the page once it was sent."""
    me = acting()
    who = html.P(words("settings.account.who", name=me.name, role=words(f"role.{me.role.value}")))
    return html.Div([html.Div(who, className="card"), _password(words), _pin(words)])


def _secret(words: Words, id: OwnId, key: str, auto: str, hint: str | None = None) -> Component:
    field: Component = dmc.PasswordInput(
        id=id, label=words(key), autoComplete=auto, description=hint, value="", className="secret"
    )
    return field


def _password(words: Words) -> Component:
    hint = words("gate.password_hint", minimum=PASSWORD_MINIMUM)
    fields = [
        _secret(words, OwnId.OLD, "settings.account.old", "current-password"),
        _secret(words, OwnId.NEW, "settings.account.new", "new-password", hint),
        _secret(words, OwnId.AGAIN, "gate.password_again", "new-password"),
    ]
    save = dmc.Button(words("settings.account.change_password"), id=OwnId.SAVE_PASSWORD)
    return _form(words("settings.account.password_title"), fields, save, OwnId.PASSWORD_TOLD)


def _pin(words: Words) -> Component:
    hint = words("settings.account.pin_hint", n=PIN_DIGITS)
    fields = [
        _secret(words, OwnId.PIN, "settings.account.pin", "off", hint),
        _secret(words, OwnId.PIN_PASSWORD, "gate.password", "current-password"),
    ]
    save = dmc.Button(words("settings.account.change_pin"), id=OwnId.SAVE_PIN)
    return _form(words("settings.account.pin_title"), fields, save, OwnId.PIN_TOLD)


def _form(title: str, fields: list[Component], save: Component, told: OwnId) -> Component:
    said = html.P(id=told, role="status", className="told")
    return html.Section([html.H3(title), *fields, said, html.Div(save, className="form-start")], className="card form")


def register(app: Dash, services: Services) -> Section:
    """Mount the section and its callbacks."""
    words, store = services.words, services.station.store

    @callback(
        app,
        Right.OWN,
        output=_cleared(OwnId.PASSWORD_TOLD, OwnId.OLD, OwnId.NEW, OwnId.AGAIN),
        inputs=[Input(OwnId.SAVE_PASSWORD, "n_clicks")],
        state=[State(OwnId.OLD, "value"), State(OwnId.NEW, "value"), State(OwnId.AGAIN, "value")],
        running=[(Output(OwnId.SAVE_PASSWORD, "loading"), True, False)],
        prevent_initial_call=True,
    )
    def password(clicks: int | None, old: str, new: str, again: str) -> list[Any]:
        def change() -> None:
            sign_in.change_password(store, token(), old, new, now=now(), limits=gate_of(app).limits)

        if new != again:
            return _told(words, words("gate.set_up.not_the_same"), "stop", 3)
        return _changed(words, clicks, change, "settings.account.password_changed", 3)

    @callback(
        app,
        Right.OWN,
        output=_cleared(OwnId.PIN_TOLD, OwnId.PIN, OwnId.PIN_PASSWORD),
        inputs=[Input(OwnId.SAVE_PIN, "n_clicks")],
        state=[State(OwnId.PIN, "value"), State(OwnId.PIN_PASSWORD, "value")],
        running=[(Output(OwnId.SAVE_PIN, "loading"), True, False)],
        prevent_initial_call=True,
    )
    def pin(clicks: int | None, chosen: str, own: str) -> list[Any]:
        def change() -> None:
            sign_in.change_pin(store, token(), own, chosen, now=now(), limits=gate_of(app).limits)

        return _changed(words, clicks, change, "settings.account.pin_changed", 2)

    return Section("account", Right.OWN, lambda: layout(words))


def _cleared(told: OwnId, *fields: OwnId) -> list[Output]:
    return [Output(told, "children"), Output(told, "data-level"), *(Output(field, "value") for field in fields)]


def _told(words: Words, text: str, level: str, fields: int) -> list[Any]:
    return [text, level, *[""] * fields]


def _changed(words: Words, clicks: int | None, change: Callable[[], None], done: str, fields: int) -> list[Any]:
    """Change a secret; what was typed leaves the page, also where it was refused."""
    if not clicks:
        raise PreventUpdate  # the form came onto the page, nobody sent it
    try:
        change()
    except RecordsError as error:
        return _told(words, words(f"errors.{error.code}", **error.values), "stop", fields)
    return _told(words, words(done), "good", fields)
