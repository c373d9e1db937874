"""How a number is computed: a button beside each, and what it opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from dashboard.components.aria import named
from dashboard.ids import ResultId, metric_id
from dashboard.words import Words


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is said about one metric, as text."""

    label: str
    formula: Sequence[str]
    parameters: Sequence[str]
    source: str
    limits: str


def explain_button(words: Words, metric: str, label: str, place: str) -> html.Button:
    """Opens the explanation of a metric. ``place`` tells apart the buttons of one metric on a page."""
    text = words("explain.button", metric=label)
    id = metric_id(ResultId.EXPLAIN, metric, place)
    icon = html.Span(className="icon icon-info")
    return html.Button(icon, id=id, className="icon-button", title=text, **named(text))


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
