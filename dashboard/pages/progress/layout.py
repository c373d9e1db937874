"""The page of progress: choice of metric and condition, a trend for each leg, left against right, the table."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.aria import named
from dashboard.components.badges import simulated_badge
from dashboard.components.explain import explain_button, explain_drawer
from dashboard.components.graph import graph
from dashboard.components.notice import notice
from dashboard.components.shell import page_head
from dashboard.figures.trend import Span, difference_trend, range_of, span_of, strength_trend, trend
from dashboard.ids import ProgressId
from dashboard.progress_view import Event, LegProgress, MetricProgress, StrengthPoint
from dashboard.sentences import metric_label, side_label
from dashboard.words import Words
from dashboard.words.dates import date_text
from records.model import Patient

HEIGHT = "300px"


def page(
    words: Words,
    patient: Patient,
    known: Sequence[tuple[str, str]],
    metrics: Sequence[str],
    body: Component,
    parameters: Sequence[str],
) -> Component:
    """The whole page."""
    picks = html.Div([_metrics(words, metrics), _conditions(words, known)], className="card condition-pick")
    return html.Div(
        [
            dcc.Store(id=ProgressId.WHO, data=patient.id),
            _head(words, patient),
            picks,
            html.Div(body, id=ProgressId.BODY),
            *explain_drawer(words, parameters),
        ]
    )


def empty(words: Words, patient: Patient) -> Component:
    """Nothing was measured yet."""
    return html.Div([_head(words, patient), notice(words("progress.empty_title"), words("progress.empty_text"))])


def _head(words: Words, patient: Patient) -> Component:
    badges: list[Component] = [simulated_badge(words)] if patient.simulated else []
    who = " ".join(part for part in (patient.code, patient.name) if part)
    return page_head([html.Span(words("progress.title")), *badges], back=(who, f"/patient/{patient.id}"))


def _metrics(words: Words, metrics: Sequence[str]) -> Component:
    pick: Component = dmc.Select(
        id=ProgressId.METRIC,
        label=words("progress.metric"),
        data=[{"value": id, "label": metric_label(words, id)} for id in metrics],
        value=metrics[0],
        allowDeselect=False,
        searchable=True,
        className="condition-select",
    )
    return pick


def _conditions(words: Words, known: Sequence[tuple[str, str]]) -> Component:
    pick: Component = dmc.Select(
        id=ProgressId.CONDITION,
        label=words("result.condition"),
        data=[{"value": key, "label": title} for key, title in known],
        value=known[0][0],
        allowDeselect=False,
        className="condition-select",
    )
    return pick


def trends(words: Words, seen: MetricProgress, strength: Sequence[StrengthPoint], events: Sequence[Event]) -> Component:
    """Everything about one metric, and strength beside it."""
    times = [point.at for leg in seen.legs if leg.progress is not None for point in leg.progress.points]
    if not times:
        return notice(words("progress.empty_title"), words("progress.empty_text"))
    span = span_of([*times, *(point.at for point in strength)])
    values = range_of([leg.progress for leg in seen.legs])
    legs = []
    for leg in seen.legs:
        own = [event for event in events if event.side in (None, leg.side)]
        legs.append(_leg(words, seen, leg, trend_picture(words, leg, span, values, own)))
    read = html.P(words("progress.legend"), className="legend")
    beside = [_difference(words, seen, span, events), _strength(words, strength, span, events)]
    return html.Div([html.Div(legs, className="sides"), read, *beside, _table(words, seen)])


def _strength(words: Words, points: Sequence[StrengthPoint], span: Span, events: Sequence[Event]) -> Component:
    button = explain_button(words, "strength", words("topic.strength.label"), "strength")
    head = html.Div([html.H2(words("progress.strength")), button], className="side-head")
    if not points:
        return html.Section([head, html.P(words("progress.no_strength"), className="soft")], className="card")
    hint = html.P(words("progress.strength_hint"), className="soft")
    picture = graph(strength_trend(points, span, events, words), words("progress.strength_label"), "240px")
    texts = [
        html.Li(f"{date_text(words, point.at)}, {side_label(words, point.side)}: {point.text}") for point in points
    ]
    return html.Section([head, hint, picture, html.Ul(texts, className="sentences")], className="card")


def trend_picture(
    words: Words, leg: LegProgress, span: Span, values: tuple[float, float] | None, events: Sequence[Event]
) -> Component | None:
    """The trend of one leg."""
    if leg.progress is None:
        return None
    label = words("progress.trend_label", side=leg.label, metric=metric_label(words, leg.progress.metric_id))
    return graph(trend(leg.progress, span, values, events, words), label, HEIGHT)


def _leg(words: Words, seen: MetricProgress, leg: LegProgress, picture: Component | None) -> Component:
    heading = html.H2([html.Span(className="glyph"), leg.label])
    buttons = [
        explain_button(words, about, words(f"topic.{about}.label"), leg.side.value) for about in ("change", "band")
    ]
    told = html.Ul([html.Li(text) for text in leg.sentences], className="sentences")
    head = html.Div([heading, html.Span(seen.label, className="soft"), *buttons], className="side-head")
    return html.Section([head, picture, told], className=f"card side-{leg.side.value}")


def _difference(words: Words, seen: MetricProgress, span: Span, events: Sequence[Event]) -> Component:
    button = explain_button(words, "difference", words("topic.difference.label"), "difference")
    head = html.Div([html.H2(words("progress.difference")), button], className="side-head")
    if not seen.differences:
        return html.Section([head, html.P(words("progress.no_difference"), className="soft")], className="card")
    label = words("progress.difference_label", metric=seen.label)
    picture = graph(difference_trend(seen.differences, span, events, words), label, "240px")
    return html.Section([head, picture], className="card")


def _table(words: Words, seen: MetricProgress) -> Component:
    heads = [
        html.Th(words(f"progress.{key}"), scope="col") for key in ("visit", "left", "right", "compared", "break_head")
    ]
    rows = [
        html.Tr(
            [
                html.Th(dcc.Link(row.at, href=f"/result/{row.visit_id}", className="day-link"), scope="row"),
                html.Td(row.left),
                html.Td(row.right),
                html.Td(row.difference),
                html.Td(row.breaks, className="soft"),
            ]
        )
        for row in seen.rows
    ]
    name = named(words("progress.table", metric=seen.label))
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="progress-rows", **name)
    box = html.Div(table, className="table-scroll", tabIndex="0", role="region", **name)
    return html.Section([html.H2(words("progress.table", metric=seen.label)), box], className="card")
