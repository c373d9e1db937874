"""Who may log in: accounts, their roles and sessions. For administrators."""

from __future__ import annotations

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.gate import acting, callback
from dashboard.gate.gate import now
from dashboard.ids import UsersId
from dashboard.pages.settings import users_layout as layout
from dashboard.pages.settings.section import Section
from dashboard.services import Services
from records import accounts
from records.errors import RecordsError
from records.model import Act, Role
from records.permissions import Right
from records.sign_in import LIMITS
from records.sign_in_rules import SessionState


def known(services: Services) -> list[layout.Known]:
    """Every account with its open sessions."""
    store, at = services.station.store, now()
    return [
        layout.Known(
            account,
            [
                session
                for session in accounts.sessions_of(store, account.id)
                if session.revoked_at is None
                and LIMITS.state(session.created_at, session.active_at, at) is not SessionState.OVER
            ],
        )
        for account in accounts.accounts_of(store)
    ]


def done(services: Services, act: str, account_id: str, version: int) -> layout.Told:
    """Do what a button says; what to say about it."""
    store, actor, words = services.station.store, acting(), services.words
    verb, _, about = act.partition(":")
    try:
        match verb:
            case "role":
                accounts.change_role(store, actor, account_id, Role(about), version=version)
            case "disable":
                accounts.disable_account(store, actor, account_id, now=now(), version=version)
            case "enable":
                accounts.enable_account(store, actor, account_id, version=version)
            case "session":
                accounts.revoke_session(store, actor, about, now=now())
            case "code":
                invited = accounts.reset_by_code(store, actor, account_id, now=now(), version=version)
                return layout.Told(words("settings.users.code_told", name=invited.account.name), code=invited.code)
    except RecordsError as error:
        return layout.Told(words(f"errors.{error.code}", **error.values), level="stop")
    return layout.Told(words(f"settings.users.done.{verb}"))


def added(services: Services, name: str, role: str) -> tuple[str | None, layout.Told | None]:
    """What is wrong with a new account; or the code that its owner is given."""
    words = services.words
    try:
        invited = accounts.invite(services.station.store, acting(), name, Role(role), now=now())
    except RecordsError as error:
        return words(f"errors.{error.code}", **error.values), None
    return None, layout.Told(words("settings.users.code_told", name=invited.account.name), code=invited.code)


def register(app: Dash, services: Services) -> Section:
    """Mount the section and its callbacks."""
    _register_adding(app, services)
    _register_one(app, services)
    return Section("users", Right.READ_ACCOUNTS, lambda: layout.page(services.words, known(services)))


def _register_adding(app: Dash, services: Services) -> None:
    words = services.words

    @callback(
        app,
        Act.ACCOUNT_ADDED,
        Output(UsersId.FORM, "opened"),
        Input(UsersId.ADD, "n_clicks"),
        Input(UsersId.CANCEL, "n_clicks"),
        prevent_initial_call=True,
    )
    def open_form(_add: int | None, _cancel: int | None) -> bool:
        return bool(ctx.triggered_id == UsersId.ADD)

    @callback(
        app,
        Act.ACCOUNT_ADDED,
        output={
            "problem": Output(UsersId.NAME, "error"),
            "told": Output(UsersId.CODE, "children"),
            "list": Output(UsersId.LIST, "children"),
            "name": Output(UsersId.NAME, "value"),
        },
        inputs={"clicks": Input(UsersId.SAVE, "n_clicks")},
        state={"name": State(UsersId.NAME, "value"), "role": State(UsersId.ROLE, "value")},
        running=[(Output(UsersId.SAVE, "loading"), True, False)],
        prevent_initial_call=True,
    )
    def save(clicks: int | None, name: str | None, role: str) -> dict[str, Any]:
        if not clicks:
            raise PreventUpdate
        problem, told = added(services, name or "", role)
        listed = layout.account_list(words, known(services))
        shown = layout.said_of(words, told) if told else None
        return {"problem": problem, "told": shown, "list": listed, "name": name if problem else ""}


def _register_one(app: Dash, services: Services) -> None:
    words = services.words

    def one(account_id: str, told: layout.Told | None = None) -> Component:
        (found,) = [each for each in known(services) if each.account.id == account_id]
        return layout.one(words, found, told)

    @callback(
        app,
        Right.READ_ACCOUNTS,
        Output(UsersId.ONE, "opened"),
        Output(UsersId.ONE_BODY, "children"),
        Input({"type": UsersId.OPEN.value, "account": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def open_one(_clicks: list[int | None]) -> tuple[bool, Component]:
        return True, one(_pressed()["account"])

    @callback(
        app,
        Act.ROLE_CHANGED,
        Output(UsersId.ONE_BODY, "children", allow_duplicate=True),
        Output(UsersId.LIST, "children", allow_duplicate=True),
        Input({"type": UsersId.ACT.value, "act": ALL, "account": ALL, "version": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def act(_clicks: list[int | None]) -> tuple[Component, Component]:
        pressed = _pressed()
        told = done(services, pressed["act"], pressed["account"], pressed["version"])
        return one(pressed["account"], told), layout.account_list(words, known(services))


def _pressed() -> Any:
    """Id of the button that was pressed; buttons that only came onto the page are nothing."""
    if not ctx.triggered_id or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    return ctx.triggered_id
