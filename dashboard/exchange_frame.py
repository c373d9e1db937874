"""The exchange with the server on every page: a badge in the header, and a notice where a person has to know more."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.components.badges import badge
from dashboard.exchange_text import ExchangeView, exchange_view
from dashboard.gate import callback
from dashboard.ids import ShellId
from dashboard.services import Services
from dashboard.words import Words
from records.model import Act
from records.permissions import Right

EVERY_MS = 2000


def places(services: Services) -> tuple[list[Component], list[Component]]:
    """Where it stands in the header and above every page; nowhere where this station has no server."""
    if services.sender is None:
        return [], []
    above = [
        html.Div(id=ShellId.EXCHANGE_NOTICE),
        dcc.Store(id=ShellId.EXCHANGE_KEY),
        dcc.Interval(id=ShellId.EXCHANGE_TIMER, interval=EVERY_MS),
    ]
    return [html.Span(id=ShellId.EXCHANGE, className="exchange", role="status")], above


def register(app: Dash, services: Services) -> None:
    """The callbacks; none where this station has no server."""
    sender = services.sender
    if sender is None:
        return

    @callback(
        app,
        Right.READ,
        Output(ShellId.EXCHANGE, "children"),
        Output(ShellId.EXCHANGE_NOTICE, "children"),
        Output(ShellId.EXCHANGE_KEY, "data"),
        Input(ShellId.EXCHANGE_TIMER, "n_intervals"),
        State(ShellId.EXCHANGE_KEY, "data"),
        polls=True,
    )
    def show(_: int | None, key: str | None) -> tuple[Any, Any, Any]:
        view = exchange_view(services.words, sender.state(), services.station.store)
        return shown(services.words, view, key)

    @callback(
        app,
        Act.CHANGE_REFUSED,
        Output(ShellId.EXCHANGE_TIMER, "n_intervals"),
        Input(ShellId.EXCHANGE_SEEN, "n_clicks"),
        prevent_initial_call=True,
    )
    def seen(clicks: int | None) -> Any:
        if not clicks:
            return no_update
        sender.seen()
        return 0  # asks for the state anew


def shown(words: Words, view: ExchangeView, key: str | None) -> tuple[Any, Any, Any]:
    """Badge, notice and what they say; nothing is drawn again that stands there already."""
    now = repr(view)
    if now == key:
        return no_update, no_update, no_update
    return badge(view.badge, view.kind), notice_of(words, view), now


def notice_of(words: Words, view: ExchangeView) -> list[Component]:
    """What a person has to know, if anything."""
    parts: list[Component] = []
    if view.title is not None:
        parts.append(
            html.Section([html.H2(view.title), html.P(" ".join(view.lines))], className="banner banner-caution")
        )
    if view.refused:
        lines = html.Ul([html.Li(line) for line in view.refused], className="sentences")
        button = html.Button(words("exchange.seen"), id=ShellId.EXCHANGE_SEEN, className="button")
        head = html.H2(words("exchange.refused_title"))
        parts.append(html.Section([head, lines, button], className="banner banner-stop"))
    return parts
