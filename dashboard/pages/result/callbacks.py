"""What happens on the page of a result."""

from __future__ import annotations

from datetime import date
from typing import Any

from dash import ALL, MATCH, Dash, Input, Output, State, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from analysis.geometry import Side
from dashboard.components.explain import explanation
from dashboard.ids import ResultId
from dashboard.pages.patient.view import goes_on
from dashboard.pages.result import layout, view
from dashboard.pages.result.pictures import curves, legend, panel_picture
from dashboard.pages.result.tables import explained, metric_table
from dashboard.routes import Page
from dashboard.services import Services
from dashboard.station import VisitResults


def show(services: Services, visit_id: str) -> Component:
    """The page of one visit's result, as the archive has it now. Raises NotFound."""
    words, results = services.words, services.station.visit_results(visit_id)
    demo = any(filed.trial.demo for filed in results.trials)
    again = goes_on(results.visit, date.today())  # noqa: DTZ011 - the day on the station's own clock
    body = _body(services, results) if results.trials else layout.empty(words)
    return layout.frame(words, results.patient, results.visit, [body], demo=demo, again=again)


def _body(services: Services, results: VisitResults) -> Component:
    words, station = services.words, services.station
    panels = [view.panel(words, results, side) for side in Side]
    sides = [layout.side_panel(words, panel, panel_picture(words, station, results, panel.picked)) for panel in panels]
    read = legend(words, station, [panel.picked for panel in panels])
    overview = layout.overview(words, view.comparison(words, results), sides, read, view.seen(words, results))
    return layout.tabs(words, overview, metric_table(words, results), view.all_choices(words, results))


def register(app: Dash, services: Services) -> Page:
    """Mount the page and its callbacks."""
    _register_pictures(app, services)
    _register_explanation(app, services)
    return Page("result", "/result/<visit_id>", lambda visit_id: show(services, visit_id))


def _register_pictures(app: Dash, services: Services) -> None:
    words, station = services.words, services.station

    @app.callback(
        Output({"type": ResultId.PICTURE, "side": MATCH}, "children"),
        Input({"type": ResultId.PICKED, "side": MATCH}, "value"),
        State(ResultId.VISIT, "data"),
        prevent_initial_call=True,
    )
    def picture(trial_id: str, visit_id: str) -> Component | None:
        return panel_picture(words, station, station.visit_results(visit_id), trial_id)

    @app.callback(
        Output(ResultId.DETAIL, "children"),
        Input(ResultId.DETAIL_TRIAL, "value"),
        Input(ResultId.TABS, "value"),
        State(ResultId.VISIT, "data"),
        prevent_initial_call=True,
    )
    def detail(trial_id: str | None, tab: str, visit_id: str) -> Component | None:
        if tab != layout.DETAILS or trial_id is None:
            return None
        return curves(words, station, station.visit_results(visit_id), trial_id)


def _register_explanation(app: Dash, services: Services) -> None:
    @app.callback(
        output={
            "opened": Output(ResultId.EXPLANATION, "opened"),
            "title": Output(ResultId.EXPLANATION, "title"),
            "body": Output(ResultId.EXPLANATION, "children"),
        },
        inputs={"clicks": Input({"type": ResultId.EXPLAIN, "metric": ALL, "place": ALL}, "n_clicks")},
        state={"visit_id": State(ResultId.VISIT, "data")},
        prevent_initial_call=True,
    )
    def explain(clicks: list[int | None], visit_id: str) -> dict[str, Any]:
        if not ctx.triggered_id or not any(entry["value"] for entry in ctx.triggered):
            raise PreventUpdate  # buttons came onto the page, nobody pressed one
        results = services.station.visit_results(visit_id)
        told = explained(services.words, ctx.triggered_id["metric"], results)
        return {"opened": True, "title": html.H2(told.label), "body": explanation(services.words, told)}
