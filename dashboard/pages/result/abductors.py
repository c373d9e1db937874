"""The hip abductors of both sides: what was measured and entered, and the sentence that it allows with its rule."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.abductor_view import AbductorSide, AbductorView
from dashboard.components.explain import explain_button
from dashboard.words import Words

PLACE = "abductors"


def abductor_card(words: Words, view: AbductorView) -> Component:
    """Both sides beside each other, and what always stands below them."""
    sides = html.Div([_side(words, side) for side in (view.left, view.right)], className="abductor-sides")
    mdc = [html.P(view.mdc, className="caveat")] if view.mdc else []
    helps = [html.P(text, className="caveat") for text in view.help]
    return html.Section([html.H2(words("abductors.title")), sides, *mdc, *helps], className="card abductors")


def _side(words: Words, side: AbductorSide) -> Component:
    place = f"{PLACE}-{side.side.value}"
    heading = html.H3([html.Span(className="glyph"), side.label])
    pattern = html.P(
        [html.Span(side.pattern), explain_button(words, "pattern", words("topic.pattern.label"), place)],
        className="pattern told",
    )
    rows = [
        _row(words, one.metric, one.label, _number_text(one.value, one.reason, one.interval), place)
        for one in side.numbers
    ]
    rows += [_row(words, row.topic, row.label, row.text, place) for row in side.entered]
    refused = [html.P(side.refused, className="badge-caution alert-box", role="note")] if side.refused else []
    budget = [html.P(side.budget, className="caveat")] if side.budget else []
    table = html.Table(html.Tbody(rows), className="abductor-rows")
    rule = html.P(side.rule, className="caveat")
    return html.Div([heading, pattern, rule, *refused, table, *budget], className=f"of-{side.side.value}")


def _number_text(value: str | None, reason: str | None, interval: str) -> list[str | Component]:
    if value is None:
        return [html.Span(reason, className="soft")]
    return [html.Strong(value), *([html.Span(interval, className="soft beside")] if interval else [])]


def _row(words: Words, about: str, label: str, text: str | list[str | Component], place: str) -> html.Tr:
    name = html.Div([label, explain_button(words, about, label, place)], className="metric-name")
    return html.Tr([html.Th(name, scope="row"), html.Td(text)])
