"""One patient: who it is, the visits, a new visit."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.aria import named
from dashboard.components.badges import demo_stamp, simulated_badge
from dashboard.components.notice import notice
from dashboard.components.shell import page_head
from dashboard.ids import PatientId
from dashboard.pages.patient.view import VisitLine
from dashboard.words import Words
from records.model import Patient


def page(words: Words, patient: Patient, facts: Sequence[str], visits: Sequence[VisitLine]) -> Component:
    """The page of one patient."""
    new_visit = dmc.Button(
        words("patient.new_visit"), id=PatientId.NEW_VISIT, leftSection=html.Span(className="icon icon-plus")
    )
    progress = dcc.Link(words("nav.progress"), href=f"/progress/{patient.id}", className="button")
    badges = [simulated_badge(words)] if patient.simulated else []
    name = [html.Span(patient.name, className="soft")] if patient.name else []
    head = page_head([html.Span(patient.code), *name, *badges], progress, new_visit, back=(words("patient.back"), "/"))
    about: list[Component] = [html.Div([html.Span(fact) for fact in facts], className="facts")]
    if patient.note:
        about.append(html.P(patient.note, className="note"))
    return html.Div(
        [
            dcc.Store(id=PatientId.WHO, data=patient.id),
            head,
            html.Section(about, className="card", **named(words("nav.patient"))),
            html.Section([html.H2(words("patient.visits"), className="section-head"), _visits(words, visits)]),
        ]
    )


def _visits(words: Words, visits: Sequence[VisitLine]) -> Component:
    if not visits:
        return notice(words("patient.no_visit_title"), words("patient.no_visit_text"))
    heads = [html.Th(words(f"patient.{key}"), scope="col") for key in ("visit_at", "measured", "station", "operator")]
    heads.append(html.Th(html.Span(words("patient.continue"), className="hidden"), scope="col"))
    rows = [_visit(words, line) for line in visits]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody(rows)], className="visits", **named(words("patient.visits"))
    )
    return html.Div(html.Div(table, className="table-scroll"), className="card rows")


def _visit(words: Words, line: VisitLine) -> html.Tr:
    stamp = [demo_stamp(words)] if line.demo else []
    link = html.Div([dcc.Link(line.at, href=line.result_href, className="row-link"), *stamp], className="who")
    counts = html.Div([html.Span(text, className="badge") for text in line.counts], className="who")
    again = dcc.Link(words("patient.continue"), href=line.test_href, className="button") if line.test_href else ""
    return html.Tr([html.Td(cell) for cell in (link, counts, line.station, line.operator, again)])
