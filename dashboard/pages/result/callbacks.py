"""What happens on the page of a result."""

from __future__ import annotations

from datetime import date

from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard.explaining import parameters_of
from dashboard.gate import callback
from dashboard.ids import ResultId
from dashboard.pages.patient.view import goes_on
from dashboard.pages.result import layout, reports
from dashboard.pages.result.details import table_of_metrics
from dashboard.pages.result.overview import overview
from dashboard.pages.result.pictures import legend, over_time, panel_picture
from dashboard.pages.result.research import research_pictures
from dashboard.pages.result.tables import metric_table
from dashboard.routes import Page
from dashboard.services import Services
from dashboard.station import FiledTrial
from dashboard.visit_groups import ConditionGroup, condition_groups, group_of
from dashboard.visit_reading import read_visit
from dashboard.visit_view import ConditionView, VisitView
from records.permissions import Right


def show(services: Services, visit_id: str) -> Component:
    """The page of one visit's result, as the archive has it now. Raises NotFound."""
    words, view = services.words, read_visit(services.words, services.station, visit_id)
    again = goes_on(view.visit, date.today())  # noqa: DTZ011 - the day on the station's own clock
    body = condition_body(services, view, 0) if view.conditions else layout.empty(words)
    groups = [condition.group for condition in view.conditions]
    found = [filed.result for group in groups for filed in group.trials if filed.result is not None]
    page = layout.page(words, view, body, parameters_of(words, found), again=again)
    return html.Div([page, reports.reports_card(services, view.visit)])


def condition_body(services: Services, of: VisitView, at: int) -> Component:
    """Everything the page says of one condition of a visit."""
    words, station, view = services.words, services.station, of.conditions[at]
    pictures = [panel_picture(words, station, view.group, _picked(view, side.picked)) for side in view.sides]
    read = legend(words, station, [side.picked for side in view.sides])
    shown = layout.tabs(words, overview(words, view, of.patient.id, pictures, read), view.choices)
    return html.Div([dcc.Store(id=ResultId.SHOWN, data=at), shown])


def _picked(view: ConditionView, trial_id: str | None) -> FiledTrial | None:
    return next((filed for filed in view.group.trials if filed.trial.id == trial_id), None)


def _found(services: Services, visit_id: str, trial_id: str) -> tuple[ConditionGroup, FiledTrial]:
    """A trial of a visit with its group: a trial of another visit is not found. Raises NotFound."""
    return group_of(condition_groups(services.station.visit_results(visit_id)), trial_id)


def register(app: Dash, services: Services) -> Page:
    """Mount the page and its callbacks."""
    _register_condition(app, services)
    _register_pictures(app, services)
    _register_replay(app)
    _register_table(app, services)
    _register_research(app, services)
    reports.register(app, services)
    return Page("result", "/result/<visit_id>", lambda visit_id: show(services, visit_id), Right.READ)


def _register_condition(app: Dash, services: Services) -> None:
    @callback(
        app,
        Right.READ,
        Output(ResultId.BODY, "children"),
        Input(ResultId.CONDITION, "value"),
        State(ResultId.VISIT, "data"),
        prevent_initial_call=True,
    )
    def condition(at: str, visit_id: str) -> Component:
        view = read_visit(services.words, services.station, visit_id)
        return condition_body(services, view, int(at))


def _register_pictures(app: Dash, services: Services) -> None:
    words, station = services.words, services.station

    @callback(
        app,
        Right.READ,
        Output({"type": ResultId.PICTURE, "side": MATCH}, "children"),
        Input({"type": ResultId.PICKED, "side": MATCH}, "value"),
        State(ResultId.VISIT, "data"),
        prevent_initial_call=True,
    )
    def picture(trial_id: str, visit_id: str) -> Component | None:
        return panel_picture(words, station, *_found(services, visit_id, trial_id))

    @callback(
        app,
        Right.READ,
        Output(ResultId.DETAIL, "children"),
        Input(ResultId.DETAIL_TRIAL, "value"),
        Input(ResultId.TABS, "value"),
        State(ResultId.VISIT, "data"),
        prevent_initial_call=True,
    )
    def detail(trial_id: str | None, tab: str, visit_id: str) -> Component | None:
        if tab != layout.DETAILS or trial_id is None:
            return None
        return over_time(words, station, *_found(services, visit_id, trial_id))


def _register_replay(app: Dash) -> None:
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("replay", "mount"),
        Output(ResultId.REPLAYED, "data"),
        Input(ResultId.FILM, "data"),
        State(ResultId.REPLAY, "id"),
    )


def _register_table(app: Dash, services: Services) -> None:
    words = services.words

    @callback(
        app,
        Right.READ,
        Output(ResultId.TABLE, "children"),
        Input(ResultId.TABS, "value"),
        State(ResultId.SHOWN, "data"),
        State(ResultId.VISIT, "data"),
        prevent_initial_call=True,
    )
    def table(tab: str, at: int, visit_id: str) -> Component | None:
        if tab != layout.DETAILS:
            return None
        groups = condition_groups(services.station.visit_results(visit_id))
        return table_of_metrics(words, metric_table(words, groups[at]))


def _register_research(app: Dash, services: Services) -> None:
    words, station = services.words, services.station

    @callback(
        app,
        Right.READ,
        Output(ResultId.RESEARCH, "children"),
        Input(ResultId.RESEARCH_TRIAL, "value"),
        Input(ResultId.TABS, "value"),
        State(ResultId.VISIT, "data"),
        prevent_initial_call=True,
    )
    def research(trial_id: str | None, tab: str, visit_id: str) -> Component | None:
        if tab != layout.RESEARCH or trial_id is None:
            return None
        return research_pictures(words, station, *_found(services, visit_id, trial_id))
