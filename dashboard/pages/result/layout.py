"""The result of a visit: comparison, a panel for each side, what was seen; details in a second tab."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.aria import UNSPOKEN, named
from dashboard.components.badges import badge, demo_stamp, simulated_badge
from dashboard.components.explain import explain_button
from dashboard.components.notice import notice
from dashboard.components.shell import page_head
from dashboard.ids import ResultId, side_id
from dashboard.pages.result.details import details
from dashboard.pages.result.tables import MetricTable
from dashboard.pages.result.view import Choice, Number, Panel, Seen, Sentence
from dashboard.words import Words
from dashboard.words.dates import moment_text
from records.model import Patient, Visit

OVERVIEW, DETAILS = "overview", "details"
WEIGHTS = ("flagged", "", "untold")


def frame(
    words: Words, patient: Patient, visit: Visit, body: Sequence[Component], *, demo: bool, again: bool
) -> Component:
    """Heading and body of the page; ``again`` where the test can go on."""
    badges: list[Component] = [simulated_badge(words)] if patient.simulated else []
    badges += [demo_stamp(words)] if demo else []
    title = [html.Span(words("result.title")), html.Span(moment_text(words, visit.local_at), className="soft"), *badges]
    test = [dcc.Link(words("patient.continue"), href=f"/test/{visit.id}", className="button")] if again else []
    way = (" ".join(part for part in (patient.code, patient.name) if part), f"/patient/{patient.id}")
    drawer = dmc.Drawer(
        id=ResultId.EXPLANATION,
        position="right",
        size="md",
        closeButtonProps={"aria-label": words("explain.close")},
    )
    store = dcc.Store(id=ResultId.VISIT, data=visit.id)
    return html.Div([store, page_head(title, *test, back=way), *body, drawer])


def empty(words: Words) -> Component:
    """A visit in which nothing was recorded."""
    return notice(words("result.empty_title"), words("result.empty_text"))


def tabs(words: Words, overview: Sequence[Component], table: MetricTable, choices: Sequence[Choice]) -> Component:
    """Overview and details; the details are drawn when they are opened."""
    heads = dmc.TabsList(
        [
            dmc.TabsTab(words("result.overview"), value=OVERVIEW),
            dmc.TabsTab(words("result.details"), value=DETAILS),
        ],
    )
    panels = [
        dmc.TabsPanel(html.Div(overview), value=OVERVIEW, pt="md"),
        dmc.TabsPanel(details(words, table, choices), value=DETAILS, pt="md"),
    ]
    both: Component = dmc.Tabs([heads, *panels], id=ResultId.TABS, value=OVERVIEW, keepMounted=False)
    return both


def overview(
    words: Words,
    sentences: Sequence[Sentence],
    sides: Sequence[Component],
    legend: Sequence[str],
    trials: Sequence[Seen],
) -> list[Component]:
    """Content of the first tab."""
    below = [html.P(text, className="legend") for text in legend]
    return [comparison(words, sentences), html.Div(sides, className="sides"), *below, seen(words, trials)]


def comparison(words: Words, sentences: Sequence[Sentence]) -> Component:
    """Left against right, what stands out first; always with what it does not say."""
    lines = [html.Li(sentence.text, className=WEIGHTS[sentence.weight]) for sentence in sentences]
    caveat = html.P(words("comparison.no_reference"), className="caveat")
    return html.Section(
        [html.H2(words("result.compared")), html.Ul(lines, className="sentences"), caveat], className="card"
    )


def side_panel(words: Words, panel: Panel, picture: Component | None) -> Component:
    """One side: validity, the trial drawn, its picture, the numbers over all usable trials."""
    heading = html.H2([html.Span(className="glyph"), panel.label])
    if panel.absent is not None:
        body = [html.Div(heading, className="side-head"), html.P(panel.absent, className="soft")]
        return html.Section(body, className=f"card side-{panel.side.value}")
    usable = badge(panel.usable, "good" if panel.all_usable else "caution")
    head = html.Div([heading, usable, badge(panel.failures)], className="side-head")
    numbers = html.Div([_number(words, number, panel.side.value) for number in panel.numbers], className="numbers")
    shown = html.Div(picture, id=side_id(ResultId.PICTURE, panel.side.value))
    return html.Section([head, _picker(words, panel), shown, numbers], className=f"card side-{panel.side.value}")


def _picker(words: Words, panel: Panel) -> Component:
    if len(panel.choices) < 2:
        return html.Div(className="trial-pick")
    data = [{"value": choice.trial_id, "label": choice.label} for choice in panel.choices]
    label = words("result.trial_pick", side=panel.label)
    control = dmc.SegmentedControl(id=side_id(ResultId.PICKED, panel.side.value), data=data, value=panel.picked)
    word = html.Span(words("result.trial_word"), className="soft", **UNSPOKEN)
    return html.Div([word, control], className="trial-pick", role="group", **named(label))


def _number(words: Words, number: Number, place: str) -> Component:
    label = html.Div(
        [html.Span(number.label), explain_button(words, number.metric, number.label, place)], className="number-label"
    )
    if number.value is None:
        return html.Div([label, html.Div(number.reason, className="number-reason")], className="number")
    more = html.Div(number.more, className="number-more")
    return html.Div([label, html.Div(number.value, className="number-value"), more], className="number")


def seen(words: Words, trials: Sequence[Seen]) -> Component:
    """What was seen in each trial."""
    return html.Section(
        [html.H2(words("result.findings")), html.Ul([_seen(words, one) for one in trials], className="seen")],
        className="card",
    )


def _seen(words: Words, one: Seen) -> html.Li:
    findings = [html.Ul([html.Li(text, className="seen-li") for text in one.findings])] if one.findings else []
    name = [html.H3(one.trial), *([] if one.usable else [badge(words("result.not_usable"), "caution")])]
    return html.Li([html.Div(name), html.Div([html.P(one.ended), *findings])])
