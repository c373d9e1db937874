"""How a number is computed: a button beside each, and the drawer it opens, on every page that shows numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.components.aria import named
from dashboard.explaining import Explanation, explained
from dashboard.gate import callback
from dashboard.ids import ExplainId, explain_id
from dashboard.words import Words
from records.permissions import Right


def explain_button(words: Words, about: str, label: str, place: str) -> html.Button:
    """Opens the explanation of a metric or topic. ``place`` tells apart the buttons of one metric on a page."""
    text = words("explain.button", metric=label)
    icon = html.Span(className="icon icon-info")
    return html.Button(icon, id=explain_id(about, place), className="icon-button", title=text, **named(text))


def explain_drawer(words: Words, parameters: Sequence[str]) -> list[Component]:
    """Once on each page with explained numbers; ``parameters``: the settings of the results on it."""
    drawer = dmc.Drawer(
        id=ExplainId.DRAWER, position="right", size="md", closeButtonProps={"aria-label": words("explain.close")}
    )
    return [dcc.Store(id=ExplainId.PARAMETERS, data=list(parameters)), drawer]


def explanation(words: Words, told: Explanation) -> Component:
    """Formula, parameters, source and limits."""
    parts = [
        ("explain.formula", html.Div([html.P(paragraph) for paragraph in told.formula])),
        ("explain.parameters", html.Ul([html.Li(text) for text in told.parameters])),
        ("explain.source", html.P(told.source)),
        ("explain.limits", html.P(told.limits)),
    ]
    sections = [html.Section([html.H3(words(key)), body]) for key, body in parts]
    return html.Div(sections, className="explanation")


def register(app: Dash, words: Words) -> None:
    """Let every button open the drawer of its page."""

    @callback(
        app,
        Right.READ,
        output={
            "opened": Output(ExplainId.DRAWER, "opened"),
            "title": Output(ExplainId.DRAWER, "title"),
            "body": Output(ExplainId.DRAWER, "children"),
        },
        inputs={"clicks": Input({"type": ExplainId.BUTTON, "about": ALL, "place": ALL}, "n_clicks")},
        state={"parameters": State(ExplainId.PARAMETERS, "data")},
        prevent_initial_call=True,
    )
    def explain(clicks: list[int | None], parameters: list[str]) -> dict[str, Any]:
        if not ctx.triggered_id or not any(entry["value"] for entry in ctx.triggered):
            raise PreventUpdate  # buttons came onto the page, nobody pressed one
        told = explained(words, ctx.triggered_id["about"], parameters)
        return {"opened": True, "title": html.H2(told.label), "body": explanation(words, told)}
