"""The details (every metric of every trial, one trial over time) and the research tab of a result."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components.aria import named
from dashboard.components.explain import explain_button
from dashboard.ids import ResultId
from dashboard.pages.result.tables import Cell, MetricTable, Row
from dashboard.side_view import Choice
from dashboard.words import Words

PLACE = "table"


def details(words: Words, choices: Sequence[Choice]) -> Component:
    """Content of the details tab; curves and table are made when it is opened."""
    pick = _trial_select(words, ResultId.DETAIL_TRIAL, choices)
    curves = [html.H2(words("result.curves")), pick, html.Div(id=ResultId.DETAIL)]
    hint = html.P(words("result.metrics_hint"), className="soft")
    metrics = [html.H2(words("result.all_metrics")), hint, html.Div(id=ResultId.TABLE)]
    return html.Div([html.Section(curves, className="card"), html.Section(metrics, className="card")])


def research(words: Words, choices: Sequence[Choice]) -> Component:
    """Content of the research tab: it is computed when a trial is chosen."""
    hint = html.P(words("result.research_hint"), className="soft")
    pick = _trial_select(words, ResultId.RESEARCH_TRIAL, choices)
    shown = html.Div(id=ResultId.RESEARCH)
    return html.Section([html.H2(words("result.research_title")), hint, pick, shown], className="card")


def _trial_select(words: Words, id: ResultId, choices: Sequence[Choice]) -> Component:
    pick = dmc.Select(
        id=id,
        label=words("result.choose_trial"),
        data=[{"value": choice.trial_id, "label": choice.label} for choice in choices],
        value=choices[0].trial_id if choices else None,
        allowDeselect=False,
        w=280,
    )
    return html.Div(pick, className="trial-pick")


def table_of_metrics(words: Words, table: MetricTable) -> Component:
    """Every metric of every trial."""
    heads = [
        html.Th(words("result.metric"), scope="col"),
        html.Th(words("result.unit"), scope="col"),
        *(html.Th(name, scope="col", className="number mean") for name in table.mean_columns),
        *(_trial_head(name, why) for name, why in table.columns),
    ]
    width = len(heads)
    usable = [not why for _, why in table.columns]
    bodies = [
        html.Tbody([_group_head(title, width), *(_row(words, row, usable, width) for row in rows)])
        for title, rows in table.groups
    ]
    name = named(words("result.all_metrics"))
    body = html.Table([html.Thead(html.Tr(heads)), *bodies], className="metrics", **name)
    notes = html.Ol([html.Li(text) for text in table.notes], className="notes")
    return html.Div([html.Div(body, className="table-scroll", tabIndex="0", role="region", **name), notes])


def _group_head(title: str, width: int) -> html.Tr:
    return html.Tr(html.Th(title, colSpan=width, scope="colgroup", className="group"))


def _trial_head(name: str, why: str) -> html.Th:
    note: list[str | Component] = [html.Br(), why] if why else []
    return html.Th([name, *note], scope="col", className="number unusable" if why else "number")


def _row(words: Words, row: Row, usable: Sequence[bool], width: int) -> html.Tr:
    label = html.Div([row.label, explain_button(words, row.metric, row.label, PLACE)], className="metric-name")
    head = [html.Th(label, scope="row"), html.Td(row.unit, className="soft")]
    if row.reason is not None:
        return html.Tr([*head, html.Td(row.reason, colSpan=width - len(head), className="reason")])
    cells = [_cell(cell, is_usable) for cell, is_usable in zip(row.cells, usable, strict=True)]
    means = [html.Td(mean, className="number mean") for mean in row.means]
    return html.Tr([*head, *means, *cells])


def _cell(cell: Cell, usable: bool) -> html.Td:
    text: list[str | Component] = [cell.text] if cell.note is None else [cell.text, html.Sup(str(cell.note))]
    return html.Td(text, className="number" if usable else "number unusable")
