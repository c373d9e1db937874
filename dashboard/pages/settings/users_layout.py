"""How accounts are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components.aria import named
from dashboard.components.told import told
from dashboard.ids import UsersId, user_act_id
from dashboard.words import Words
from dashboard.words.dates import moment_text
from records.accounts import PASSWORD_CODE_VALID
from records.model import Role
from records.people import Account, Session


@dataclass(frozen=True, slots=True)
class Known:
    """An account with its open sessions, newest first."""

    account: Account
    sessions: Sequence[Session]


@dataclass(frozen=True, slots=True)
class Told:
    """What is said about an act. ``code``: of a password that is still to be chosen; shown once."""

    text: str
    level: str = "good"
    code: str | None = None


def page(words: Words, known: Sequence[Known]) -> Component:
    """The accounts, what opens one, what adds one."""
    add = dmc.Button(words("settings.users.add"), id=UsersId.ADD, leftSection=html.Span(className="icon icon-plus"))
    text = html.P(words("settings.users.text"), className="soft")
    head = html.Div([text, add], className="settings-head")
    close = named(words("settings.users.close"))
    body = html.Div(id=UsersId.ONE_BODY)
    one = dmc.Modal(body, id=UsersId.ONE, title=html.H2(words("settings.users.one")), size="lg", closeButtonProps=close)
    return html.Div([head, html.Div(account_list(words, known), id=UsersId.LIST), one, _form(words)])


def account_list(words: Words, known: Sequence[Known]) -> Component:
    """Every account in a table, disabled ones too."""
    columns = ("name", "role", "since", "sessions", "change")
    heads = [html.Th(words(f"settings.users.column.{column}"), scope="col") for column in columns]
    rows = [_row(words, each) for each in known]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], **named(words("settings.users.title")))
    return html.Div(html.Div(table, className="table-scroll"), className="card rows")


def _row(words: Words, known: Known) -> html.Tr:
    account = known.account
    badge = [html.Span(words("settings.users.disabled"), className="badge badge-stop")] if account.disabled_at else []
    label = words("settings.users.change_of", name=account.name)
    change = html.Button(
        words("settings.users.change"),
        id={"type": UsersId.OPEN.value, "account": account.id},
        className="button",
        **named(label),
    )
    cells: list[Component | str] = [
        html.Div([html.Span(account.name, className="cell-name"), *badge], className="who"),
        words(f"role.{account.role.value}"),
        moment_text(words, account.created_at.astimezone()),
        str(len(known.sessions)) if known.sessions else words("settings.users.none_open"),
        change,
    ]
    return html.Tr([html.Td(cell) for cell in cells])


def _form(words: Words) -> dmc.Modal:
    roles = [{"value": role.value, "label": words(f"role.{role.value}")} for role in Role]
    hours = PASSWORD_CODE_VALID.total_seconds() / 3600
    fields = [
        dmc.TextInput(id=UsersId.NAME, label=words("gate.name"), required=True, autoComplete="off", value=""),
        dmc.Select(
            id=UsersId.ROLE,
            label=words("settings.users.role"),
            data=roles,
            value=Role.CLINICIAN.value,
            allowDeselect=False,
        ),
        html.Ul([html.Li(words(f"settings.users.may.{role.value}")) for role in Role], className="soft"),
        html.P(words("settings.users.code_text", hours=hours), className="soft"),
        html.Div(id=UsersId.CODE),
        html.Div(
            [
                dmc.Button(words("settings.users.close"), id=UsersId.CANCEL, variant="default"),
                dmc.Button(words("settings.users.add"), id=UsersId.SAVE),
            ],
            className="form-actions",
        ),
    ]
    title, close = html.H2(words("settings.users.add")), named(words("settings.users.close"))
    return dmc.Modal(
        html.Div(fields, className="form"), id=UsersId.FORM, title=title, size="lg", closeButtonProps=close
    )


def said_of(words: Words, said: Told) -> Component:
    """What was done; a code in letters that can be read aloud."""
    code = [html.P(said.code, className="code-told"), html.P(words("settings.users.code_once"), className="soft")]
    return told([html.P(said.text), *(code if said.code else [])], said.level)


def one(words: Words, known: Known, said: Told | None = None) -> Component:
    """Everything that can be done to one account."""
    account = known.account

    def button(act: str, text: str, *, disabled: bool = False) -> html.Button:
        id = user_act_id(act, account.id, account.version)
        return html.Button(text, id=id, className="button", disabled=disabled)

    roles = [button(f"role:{role.value}", words(f"role.{role.value}"), disabled=role is account.role) for role in Role]
    able = "enable" if account.disabled_at else "disable"
    access = [button("code", words("settings.users.act.code")), button(able, words(f"settings.users.act.{able}"))]
    sessions = [
        html.Li([_session_text(words, session), button(f"session:{session.id}", words("settings.users.act.session"))])
        for session in known.sessions
    ]
    parts = [
        html.H3(account.name),
        *([said_of(words, said)] if said else []),
        _group(words("settings.users.role"), roles),
        html.Ul([html.Li(words(f"settings.users.may.{role.value}")) for role in Role], className="soft"),
        _group(words("settings.users.access"), access),
        html.Div(words("settings.users.column.sessions"), className="mantine-InputWrapper-label"),
        html.Ul(sessions, className="sessions") if sessions else html.P(words("settings.users.no_sessions")),
    ]
    return html.Div(parts, className="form")


def _group(label: str, buttons: Sequence[Component]) -> Component:
    head = html.Div(label, className="mantine-InputWrapper-label")
    return html.Div([head, html.Div(buttons, className="actions")], role="group", **named(label))


def _session_text(words: Words, session: Session) -> html.Span:
    since, active = (moment_text(words, at.astimezone()) for at in (session.created_at, session.active_at))
    return html.Span(words("settings.users.session", station=session.station, since=since, active=active))
