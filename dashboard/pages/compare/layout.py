"""The page that compares: two choices, two columns of pictures, what differs, and the values."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.comparing import Compared, Option, Shown, What
from dashboard.components.aria import named
from dashboard.components.badges import simulated_badge
from dashboard.components.explain import explain_button, explain_drawer
from dashboard.components.notice import notice
from dashboard.components.shell import page_head
from dashboard.ids import CompareId
from dashboard.words import Words
from records.model import Patient

PLACE = "compare"


def picked(known: Sequence[Option], visit_id: str) -> tuple[str, str] | None:
    """What is chosen at first: the visit before and this one; without one before, the first two trials of this one."""
    visits = [option.key for option in known if option.key.startswith(f"{What.VISIT}:")]
    own = [key for key in visits if key.split(":")[1] == visit_id]
    if own and (earlier := visits[visits.index(own[-1]) + 1 :]):
        return earlier[0], own[0]
    trials = [option.key for option in known if option.key.startswith(f"{What.TRIAL}:{visit_id}:")]
    return (trials[0], trials[1]) if len(trials) > 1 else None


def page(
    words: Words,
    patient: Patient,
    visit_id: str,
    known: Sequence[Option],
    chosen: tuple[str, str],
    body: Component,
    parameters: Sequence[str],
) -> Component:
    """The whole page."""
    selects = [
        _select(words, id, words(f"compare.{name}"), known, value)
        for id, name, value in zip((CompareId.FIRST, CompareId.SECOND), ("first", "second"), chosen, strict=True)
    ]
    return html.Div(
        [
            dcc.Store(id=CompareId.WHO, data=patient.id),
            _head(words, patient, visit_id),
            html.Div(selects, className="card condition-pick compare-pick"),
            html.Div(body, id=CompareId.BODY),
            *explain_drawer(words, parameters),
        ]
    )


def empty(words: Words, patient: Patient, visit_id: str) -> Component:
    """Nothing to put beside each other."""
    nothing = notice(words("compare.empty_title"), words("compare.empty_text"))
    return html.Div([_head(words, patient, visit_id), nothing])


def mixed(words: Words) -> Component:
    """A trial and a visit are two different things."""
    return notice(words("compare.mixed_title"), words("compare.mixed_text"))


def _head(words: Words, patient: Patient, visit_id: str) -> Component:
    badges: list[Component] = [simulated_badge(words)] if patient.simulated else []
    who = " ".join(part for part in (patient.code, patient.name) if part)
    title = [html.Span(words("compare.title")), html.Span(who, className="soft"), *badges]
    return page_head(title, back=(words("compare.back"), f"/result/{visit_id}"))


def _select(words: Words, id: CompareId, label: str, known: Sequence[Option], value: str) -> Component:
    groups: dict[str, list[dict[str, str]]] = {}
    for option in known:
        groups.setdefault(option.group, []).append({"value": option.key, "label": option.label})
    pick: Component = dmc.Select(
        id=id,
        label=label,
        data=[{"group": name, "items": items} for name, items in groups.items()],
        value=value,
        allowDeselect=False,
        searchable=True,
        nothingFoundMessage=words("compare.nothing_found"),
        className="compare-select",
    )
    return pick


def beside(words: Words, found: Compared, pictures: Sequence[Sequence[Component]]) -> Component:
    """Both beside each other."""
    columns = [_column(shown, drawn) for shown, drawn in zip((found.first, found.second), pictures, strict=True)]
    told: list[Component] = []
    if found.differs:
        texts = [html.Li(text) for text in found.differs]
        told.append(html.Div([html.P(words("compare.differs")), html.Ul(texts)], className="badge-caution alert-box"))
    told.append(html.Ul([html.Li(text) for text in found.sentences], className="sentences"))
    said = html.Section([html.H2(words("compare.said")), *told], className="card")
    return html.Div([said, html.Div(columns, className="sides compare-sides"), _table(words, found)])


def _column(shown: Shown, pictures: Sequence[Component]) -> Component:
    said = [html.P(text, className="soft") for text in shown.said]
    head = [html.H2(shown.title), html.P(shown.subtitle, className="soft")]
    return html.Section([*head, *pictures, *said], className="card")


def _table(words: Words, found: Compared) -> Component:
    wide = len(found.heads) // max(len(found.legs), 1)
    legs = [html.Th(leg, scope="colgroup", colSpan=wide, className="leg-head") for leg in found.legs]
    above = [html.Tr([html.Td("", colSpan=2), *legs])] if legs else []
    heads = html.Tr(
        [
            html.Th(words("result.metric"), scope="col"),
            html.Th(words("result.unit"), scope="col"),
            *(html.Th(head, scope="col", className="number") for head in found.heads),
        ]
    )
    rows = []
    for row in found.rows:
        label = html.Div([row.label, explain_button(words, row.metric, row.label, PLACE)], className="metric-name")
        cells = [html.Td(text, className="number") for text in row.texts]
        rows.append(html.Tr([html.Th(label, scope="row"), html.Td(row.unit, className="soft"), *cells]))
    name = named(words("compare.table"))
    table = html.Table([html.Thead([*above, heads]), html.Tbody(rows)], className="metrics", **name)
    box = html.Div(table, className="table-scroll", tabIndex="0", role="region", **name)
    return html.Section([html.H2(words("compare.table")), box], className="card")
