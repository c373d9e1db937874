"""The only `dcc.Graph`: nothing leaves this machine, no logo, and a height that survives a grid."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import dcc, html

from dashboard.components.aria import named
from dashboard.words import load_words

#: plotly 7 puts "Share chart..." into the bar of every graph, which uploads the chart; the bar's buttons are also too
#: small for fingers. No bar at all, and no upload even where a bar comes back.
CONFIG: Any = {"showSendToCloud": False, "displaylogo": False, "displayModeBar": False}


def graph(figure: go.Figure, description: str, height: str, id: str | dict[str, str] | None = None) -> html.Div:
    """A figure with a description for people who do not see it.

    ``height`` is a CSS length: it is set here, never in the figure.
    """
    figure.update_layout(separators=_separators())
    identity: dict[str, Any] = {} if id is None else {"id": id}
    picture = dcc.Graph(figure=figure, config=CONFIG | _locale(), responsive=True, style={"height": height}, **identity)
    return html.Div(picture, className="graph", role="img", **named(description))


def _separators() -> str:
    """Decimal mark and mark of thousands, as plotly takes them: on axes and where the pointer rests."""
    words = load_words()
    return words("language.decimal_mark") + words("language.group_mark")


def _locale() -> dict[str, Any]:
    """Months and the order of day and month on axes; plotly's own files would be loaded from elsewhere."""
    words = load_words()
    months = words("language.months").split()
    dates = {
        "months": months,
        "shortMonths": months,
        "year": "%Y",
        "month": words("language.axis_month"),
        "dayMonth": words("language.axis_day"),
        "dayMonthYear": words("language.axis_date"),
    }
    return {"locale": words.language, "locales": {words.language: {"dictionary": {}, "format": dates}}}
