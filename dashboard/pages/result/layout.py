"""The result of a visit: its frame, the choice of a condition, and the tabs."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.badges import demo_stamp, simulated_badge
from dashboard.components.explain import explain_drawer
from dashboard.components.notice import notice
from dashboard.components.shell import page_head
from dashboard.ids import ResultId
from dashboard.pages.result.details import details, research
from dashboard.side_view import Choice
from dashboard.visit_view import VisitView
from dashboard.words import Words
from dashboard.words.dates import moment_text

OVERVIEW, DETAILS, RESEARCH = "overview", "details", "research"


def page(words: Words, view: VisitView, body: Component, parameters: Sequence[str], *, again: bool) -> Component:
    """The whole page; ``again`` where the test can go on."""
    visit = view.visit
    parts = [dcc.Store(id=ResultId.VISIT, data=visit.id), _head(words, view, again=again)]
    if visit.void_reason is not None:
        void = words("result.void_visit", reason=visit.void_reason)
        parts.append(html.P(void, className="badge-stop alert-box", role="note"))
    if len(view.conditions) > 1:
        parts.append(_conditions(words, view))
    return html.Div([*parts, html.Div(body, id=ResultId.BODY), *explain_drawer(words, parameters)])


def _head(words: Words, view: VisitView, *, again: bool) -> Component:
    patient, visit = view.patient, view.visit
    badges: list[Component] = [simulated_badge(words)] if patient.simulated else []
    badges += [demo_stamp(words)] if view.demo else []
    title = [html.Span(words("result.title")), html.Span(moment_text(words, visit.local_at), className="soft"), *badges]
    test = [dcc.Link(words("patient.continue"), href=f"/test/{visit.id}", className="button")] if again else []
    actions: list[Component] = []
    if view.conditions:
        actions.append(dcc.Link(words("compare.open"), href=f"/compare/{visit.id}", className="button"))
        actions.append(dcc.Link(words("nav.progress"), href=f"/progress/{patient.id}", className="button"))
    actions.append(dcc.Link(words("nav.visit"), href=f"/visit/{visit.id}", className="button"))
    actions.append(html.A(words("reports.title"), href=f"#{ResultId.REPORTS_CARD}", className="button"))
    way = (" ".join(part for part in (patient.code, patient.name) if part), f"/patient/{patient.id}")
    return page_head(title, *actions, *test, back=way)


def _conditions(words: Words, view: VisitView) -> Component:
    """Which condition is shown: one at a time, so that nobody compares two by accident."""
    pick = dmc.Select(
        id=ResultId.CONDITION,
        label=words("result.condition"),
        data=[{"value": str(at), "label": condition.title} for at, condition in enumerate(view.conditions)],
        value="0",
        allowDeselect=False,
        className="condition-select",
    )
    return html.Div([pick, html.P(words("result.conditions_apart"), className="soft")], className="card condition-pick")


def empty(words: Words) -> Component:
    """A visit in which nothing was recorded."""
    return notice(words("result.empty_title"), words("result.empty_text"))


def tabs(words: Words, overview: Sequence[Component], choices: Sequence[Choice]) -> Component:
    """Overview, details and research; the last two are drawn when they are opened."""
    names = {OVERVIEW: "result.overview", DETAILS: "result.details", RESEARCH: "result.research"}
    heads = dmc.TabsList([dmc.TabsTab(words(name), value=value) for value, name in names.items()])
    panels = [
        dmc.TabsPanel(html.Div(overview), value=OVERVIEW, pt="md"),
        dmc.TabsPanel(details(words, choices), value=DETAILS, pt="md"),
        dmc.TabsPanel(research(words, choices), value=RESEARCH, pt="md"),
    ]
    made: Component = dmc.Tabs([heads, *panels], id=ResultId.TABS, value=OVERVIEW, keepMounted=False)
    return made
