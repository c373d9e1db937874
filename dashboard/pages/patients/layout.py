"""The list of patients and the form that adds one."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from analysis.geometry import Side
from dashboard.components.aria import named, named_by
from dashboard.components.badges import simulated_badge
from dashboard.components.notice import notice
from dashboard.components.shell import page_head
from dashboard.ids import PatientsId
from dashboard.pages.patients.view import NO_SIDE, Line, rescue_text, shown_text
from dashboard.rescue import Fate, Rescued
from dashboard.words import Words
from records.identity import Identity
from records.model import Sex


def page(words: Words, rescued: Sequence[Rescued] = (), identity: Identity = Identity.NAMES) -> Component:
    """The page; its list is filled by a callback, also the first time. What the start found stands on top."""
    add = dmc.Button(words("patients.add"), id=PatientsId.ADD, leftSection=html.Span(className="icon icon-plus"))
    search = dmc.TextInput(
        id=PatientsId.SEARCH,
        label=words("patients.search"),
        placeholder=words("patients.search_hint"),
        leftSection=html.Span(className="icon icon-search"),
        debounce=200,
        value="",
        className="search",
    )
    more = dmc.Button(words("patients.more"), id=PatientsId.MORE, variant="default", style={"display": "none"})
    return html.Div(
        [
            page_head(words("nav.patients"), add),
            *_found(words, rescued),
            html.Div(search, className="patients-bar"),
            html.Div(id=PatientsId.LIST),
            html.Div(more, className="form-actions", style={"marginTop": "12px"}),
            _form(words, identity),
        ]
    )


def _found(words: Words, rescued: Sequence[Rescued]) -> list[Component]:
    """Recordings that the archive did not have when the program started, and what became of them."""
    lines = [
        html.Li([text, " ", dcc.Link(words("rescue.visit"), href=f"/result/{each.visit_id}")] if shown else text)
        for each in rescued
        if (text := rescue_text(words, each))
        for shown in [each.fate is Fate.FILED]
    ]
    head = html.H2(words("rescue.title"))
    return [html.Section([head, html.Ul(lines, className="sentences")], className="card rescued")] if lines else []


def _form(words: Words, identity: Identity) -> dmc.Modal:
    body = html.Div([*_who(words, identity), _involved(words), *_end(words)], className="form")
    title = html.H2(words("patients.form.title"))
    close = named(words("patients.form.cancel"))
    return dmc.Modal(body, id=PatientsId.FORM, title=title, size="lg", closeButtonProps=close, centered=True)


def _who(words: Words, identity: Identity) -> list[Component]:
    sexes = [{"value": sex.value, "label": words(f"sex.{sex.value}")} for sex in Sex]
    code = dmc.TextInput(
        id=PatientsId.CODE,
        label=words("patients.form.code"),
        description=words("patients.form.code_hint"),
        required=True,
        autoComplete="off",
        inputProps={"data-autofocus": True},
    )
    year = dmc.NumberInput(
        id=PatientsId.BIRTH_YEAR,
        label=words("patients.form.birth_year"),
        allowDecimal=False,
        allowNegative=False,
        thousandSeparator="",
        hideControls=True,
    )
    sex = dmc.Select(id=PatientsId.SEX, label=words("patients.form.sex"), data=sexes, clearable=True)
    name = dmc.TextInput(id=PatientsId.NAME, label=words("patients.form.name"), autoComplete="off")
    by_name = html.Div(name, hidden=identity is Identity.CODE)
    return [code, by_name, html.Div([year, sex], className="form-pair")]


def _involved(words: Words) -> Component:
    sides = [NO_SIDE, *(side.value for side in Side)]
    choices = [{"value": side, "label": words(f"involved.{side}")} for side in sides]
    label_id = f"{PatientsId.INVOLVED}-label"
    label = html.Div(words("patients.form.involved"), className="mantine-InputWrapper-label", id=label_id)
    control = dmc.SegmentedControl(id=PatientsId.INVOLVED, data=choices, value=NO_SIDE, fullWidth=True)
    return html.Div([label, control], role="group", **named_by(label_id))


def _end(words: Words) -> list[Component]:
    buttons = [
        dmc.Button(words("patients.form.cancel"), id=PatientsId.CANCEL, variant="default"),
        dmc.Button(words("patients.form.save"), id=PatientsId.SAVE),
    ]
    return [
        dmc.Textarea(id=PatientsId.NOTE, label=words("patients.form.note"), autosize=True, minRows=2, maxRows=6),
        html.Div(id=PatientsId.PROBLEM, role="alert", className="mantine-InputWrapper-error"),
        html.Div(buttons, className="form-actions"),
    ]


def patient_list(words: Words, lines: Sequence[Line], more: bool) -> Component:
    """The list, as a table whose lines are links."""
    columns = ("code", "name", "age", "sex", "involved", "visits", "last_visit")
    heads = [html.Th(words(f"patients.{column}"), scope="col") for column in columns]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_line(words, line) for line in lines])],
        **named(words("patients.table")),
    )
    count = html.P(shown_text(words, len(lines), more), className="soft", role="status")
    return html.Div([html.Div(html.Div(table, className="table-scroll"), className="card rows"), count])


def _line(words: Words, line: Line) -> html.Tr:
    badges = [simulated_badge(words)] if line.simulated else []
    link = html.Div([dcc.Link(line.code, href=line.href, className="row-link"), *badges], className="who")
    rest = (line.name, line.age, line.sex, line.involved, line.visits, line.last_visit)
    return html.Tr([html.Td(link), *(html.Td(text) for text in rest)])


def empty(words: Words, text: str) -> Component:
    """Nobody in the archive, or nobody found."""
    if text:
        return notice(words("patients.none_found_title"), words("patients.none_found_text", text=text))
    return notice(words("patients.empty_title"), words("patients.empty_text"))
