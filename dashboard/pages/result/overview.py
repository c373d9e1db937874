"""The first tab of a result: left against right, a panel for each side, the hip abductors, what was seen."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from analysis.sides import OUTCOMES
from dashboard.components.aria import UNSPOKEN, named
from dashboard.components.badges import badge
from dashboard.components.explain import explain_button
from dashboard.ids import ResultId, side_id
from dashboard.pages.result.abductors import abductor_card
from dashboard.sentences import metric_label, severity_label
from dashboard.side_view import NumberView, SideView
from dashboard.visit_view import ConditionView, Sentence, TrialView
from dashboard.words import Words

WEIGHTS = ("flagged", "", "untold")


def overview(
    words: Words, view: ConditionView, patient_id: str, pictures: Sequence[Component | None], legend: Sequence[str]
) -> list[Component]:
    """Content of the first tab; ``pictures`` of the left and of the right side."""
    sides = [side_panel(words, side, picture) for side, picture in zip(view.sides, pictures, strict=True)]
    below: list[Component] = [html.P(text, className="legend") for text in (*legend, *view.references)]
    return [
        comparison(words, view),
        html.Div(sides, className="sides"),
        *below,
        abductor_card(words, view.abductors),
        *changed(words, view, patient_id),
        seen(words, view.trials),
    ]


def comparison(words: Words, view: ConditionView) -> Component:
    """Left against right, what stands out first; always with what it does not say."""
    lines = [_sentence(words, sentence) for sentence in view.sentences]
    heading = [html.H2(words("result.compared")), html.Span(view.title, className="soft")]
    return html.Section(
        [
            html.Div(heading, className="card-head"),
            html.Ul(lines, className="sentences"),
            html.P(view.caveat, className="caveat"),
        ],
        className="card",
    )


def _sentence(words: Words, sentence: Sentence) -> html.Li:
    text = [html.Span(sentence.text)]
    if sentence.metric is None or sentence.comparison is None:
        return html.Li(text, className=WEIGHTS[sentence.weight])
    about = "side_ratio" if sentence.comparison.kind == "ratio" else "side_difference"
    topic = "hold_difference" if sentence.metric in OUTCOMES else about
    label = words("result.comparison_of", metric=metric_label(words, sentence.metric))
    button = explain_button(words, topic, label, f"compared-{sentence.metric}")
    return html.Li([*text, button], className=f"told {WEIGHTS[sentence.weight]}")


def changed(words: Words, view: ConditionView, patient_id: str) -> list[Component]:
    """What changed since earlier visits; nothing where there were none."""
    if not view.progress:
        return []
    link = dcc.Link(words("progress.open"), href=f"/progress/{patient_id}", className="button")
    button = explain_button(words, "change", words("topic.change.label"), "changed")
    head = html.Div([html.H2(words("progress.since_before")), button, link], className="side-head")
    lines = [html.Li(line.text) for line in view.progress]
    return [html.Section([head, html.Ul(lines, className="sentences")], className="card")]


def side_panel(words: Words, side: SideView, picture: Component | None) -> Component:
    """One side: validity, the trial drawn, its picture, the numbers over all usable trials."""
    heading = html.H2([html.Span(className="glyph"), side.label])
    if side.absent is not None:
        body = [html.Div(heading, className="side-head"), html.P(side.absent, className="soft")]
        return html.Section(body, className=f"card side-{side.side.value}")
    numbers = html.Div([number(words, one, side.side.value) for one in side.numbers], className="numbers")
    shown = html.Div(picture, id=side_id(ResultId.PICTURE, side.side.value))
    head = html.Div([heading, *_strip(words, side)], className="side-head")
    return html.Section([head, _picker(words, side), shown, numbers], className=f"card side-{side.side.value}")


def _strip(words: Words, side: SideView) -> list[Component]:
    """How far the numbers can be trusted: usable of attempts, failures, practice, noise."""
    strip = [badge(side.usable, "good" if side.all_usable else "caution")] if side.attempts else []
    strip += [badge(text) for text in (side.failures, side.practice, side.noise) if text]
    return [*strip, explain_button(words, "usable", words("topic.usable.label"), side.side.value)]


def _picker(words: Words, side: SideView) -> Component:
    if len(side.choices) < 2:
        return html.Div(className="trial-pick")
    data = [{"value": choice.trial_id, "label": choice.label} for choice in side.choices]
    label = words("result.trial_pick", side=side.label)
    control = dmc.SegmentedControl(id=side_id(ResultId.PICKED, side.side.value), data=data, value=side.picked)
    word = html.Span(words("result.trial_word"), className="soft", **UNSPOKEN)
    return html.Div([word, control], className="trial-pick", role="group", **named(label))


def number(words: Words, one: NumberView, place: str) -> Component:
    """One number with its interval, or why there is none."""
    button = explain_button(words, one.metric, one.label, place)
    label = html.Div([html.Span(one.label), button], className="number-label")
    if one.value is None:
        return html.Div([label, html.Div(one.reason, className="number-reason")], className="number")
    more = [html.Div(text, className="number-more") for text in (one.interval, one.more) if text]
    return html.Div([label, html.Div(one.value, className="number-value"), *more], className="number")


def seen(words: Words, trials: Sequence[TrialView]) -> Component:
    """What was seen in each trial."""
    return html.Section(
        [html.H2(words("result.findings")), html.Ul([_seen(words, one) for one in trials], className="seen")],
        className="card",
    )


def _seen(words: Words, one: TrialView) -> html.Li:
    findings = [
        html.Li(
            [html.Span(severity_label(words, severity), className=f"severity-{severity}"), text], className="seen-li"
        )
        for severity, text in one.findings
    ]
    marks = [badge(words("result.practice"))] if one.practice else []
    marks += [badge(words("result.not_usable"), "caution")] if not one.usable else []
    entered = [html.P(text) for text in one.entered]
    told = [html.P(one.verdict), *entered, *([html.Ul(findings)] if findings else [])]
    return html.Li([html.Div([html.H3(one.name), *marks]), html.Div(told)])
