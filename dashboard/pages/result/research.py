"""The research tab: spectra, diffusion plot and the research metrics of one trial, with their parameters."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from analysis.assess import AssessedTrial
from analysis.metrics import METRICS, Unavailable
from dashboard.components.aria import named
from dashboard.components.explain import explain_button
from dashboard.components.graph import graph
from dashboard.explaining import parameters_of
from dashboard.figures.research import diffusion_plot, spectra
from dashboard.sentences import bare_number_text, metric_label, metrics_in_order, reason_text, unit_text
from dashboard.side_view import trial_name
from dashboard.signals import signals_of
from dashboard.station import FiledTrial, Station
from dashboard.visit_groups import ConditionGroup
from dashboard.words import Words

HEIGHT, PLACE = "340px", "research"


def research_pictures(words: Words, station: Station, group: ConditionGroup, filed: FiledTrial) -> Component:
    """One trial as research sees it; computed now, filed nowhere."""
    if signals_of(station, filed.trial.id) is None:
        return html.P(words("result.no_signals"), className="badge-stop alert-box")
    trial, name = station.researched(filed.trial.id), trial_name(words, group, filed)
    window = trial.stance.regular or trial.stance.window
    pictures = []
    for key, draw in (("spectra", spectra), ("diffusion", diffusion_plot)):
        try:
            picture: Component = graph(
                draw(window, trial.stance.side, words), words(f"research.{key}_label", trial=name), HEIGHT
            )
        except Unavailable as unavailable:
            picture = html.P(reason_text(words, unavailable.reason), className="soft")
        pictures.append(html.Div([html.H3(words(f"research.{key}")), picture]))
    parameters = [*parameters_of(words, [trial.result]), words("research.parameters")]
    return html.Div(
        [
            html.Div(pictures, className="pair"),
            _table(words, trial),
            html.H3(words("explain.parameters")),
            html.Ul([html.Li(text) for text in parameters]),
        ]
    )


def _table(words: Words, trial: AssessedTrial) -> Component:
    rows = [_row(words, trial, metric.id) for metric in metrics_in_order(words, "research")]
    heads = [html.Th(words(f"result.{key}"), scope="col") for key in ("metric", "value", "unit")]
    name = named(words("result.research_title"))
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="metrics", **name)
    return html.Div(table, className="table-scroll", tabIndex="0", role="region", **name)


def _row(words: Words, trial: AssessedTrial, id: str) -> html.Tr:
    label, value = metric_label(words, id), trial.result.values[id]
    name = html.Div([label, explain_button(words, id, label, PLACE)], className="metric-name")
    cells: Sequence[Component]
    if value.value is None:
        reason = reason_text(words, value.reason) if value.reason else words("result.not_computed")
        cells = [html.Td(reason, colSpan=2, className="reason")]
    else:
        signed = METRICS[id].worse == "signed"
        cells = [
            html.Td(bare_number_text(words, id, value.value, signed=signed), className="number"),
            html.Td(unit_text(words, id), className="soft"),
        ]
    return html.Tr([html.Th(name, scope="row"), *cells])
