"""One patient: who it is, the visits, a new visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.aria import named
from dashboard.components.badges import badge, demo_stamp, simulated_badge
from dashboard.components.notice import notice
from dashboard.components.shell import page_head
from dashboard.ids import PatientId
from dashboard.pages.patient import sections
from dashboard.pages.patient.view import VisitLine
from dashboard.words import Words
from records.copies import Copies
from records.doubles import PatientMerge
from records.identity import Identity
from records.model import Patient
from records.therapy import TherapyEvent


@dataclass(frozen=True, slots=True)
class Entries:
    """All about one patient. ``writes``, ``opens``: may change it, open a visit; ``copies``: for who may erase."""

    patient: Patient
    facts: tuple[str, ...]
    visits: tuple[VisitLine, ...]
    therapy: tuple[TherapyEvent, ...]
    merges: tuple[PatientMerge, ...]
    codes: Mapping[str, str]
    copies: Copies | None
    identity: Identity
    writes: bool
    opens: bool

    @property
    def closed(self) -> bool:
        """Whether nothing more is filed here."""
        return self.patient.merged_into is not None or self.patient.erased_at is not None


def page(words: Words, entries: Entries) -> Component:
    """The page of one patient; what acts change of it is its body."""
    said = html.Div(id=PatientId.SAID, className="said")
    return html.Div([html.Div(body(words, entries), id=PatientId.BODY), said])


def body(words: Words, entries: Entries) -> list[Component]:
    """All of it but what is said about the last act."""
    patient = entries.patient
    writes = entries.writes and not entries.closed
    parts = [
        dcc.Store(id=PatientId.WHO, data={"id": patient.id, "version": patient.version}),
        _head(words, entries),
        _about(words, entries, writes),
    ]
    if entries.closed:
        kept = entries.codes.get(patient.merged_into or "")
        parts.append(sections.closed_notice(words, patient, kept, entries.copies))
    title = html.H2(words("patient.visits"), className="section-head")
    parts.append(html.Section([title, _visits(words, entries.visits)]))
    parts.append(_card(words, "patient.therapy", sections.therapy(words, entries.therapy, writes)))
    if writes or entries.merges:
        parts.append(_card(words, "patient.doubles", sections.doubles(words, patient, entries.merges, entries.codes)))
    if writes and entries.copies is not None:
        parts.append(_card(words, "patient.erasure", [sections.erase_form(words, patient, entries.copies)]))
    return parts


def _head(words: Words, entries: Entries) -> Component:
    patient = entries.patient
    plus = html.Span(className="icon icon-plus")
    actions: list[Component] = [dcc.Link(words("nav.progress"), href=f"/progress/{patient.id}", className="button")]
    if entries.opens:  # nobody else's browser asks for it: who may not would be told at every look at the page
        button = dmc.Button(
            words("patient.new_visit"), id=PatientId.NEW_VISIT, leftSection=plus, disabled=entries.closed
        )
        actions.append(button)
    badges = [simulated_badge(words)] if patient.simulated else []
    name = [html.Span(patient.name, className="soft")] if patient.name else []
    return page_head([html.Span(patient.code), *name, *badges], *actions, back=(words("patient.back"), "/"))


def _about(words: Words, entries: Entries, writes: bool) -> Component:
    patient = entries.patient
    about: list[Component] = [html.Div([html.Span(fact) for fact in entries.facts], className="facts")]
    about += [html.P(text, className="note") for text in (patient.diagnosis, patient.note) if text]
    if writes:
        about.append(sections.edit_form(words, patient, entries.identity))
    return html.Section(about, className="card entries", **named(words("nav.patient")))


def _card(words: Words, key: str, content: list[Component]) -> Component:
    return html.Section([html.H2(words(key)), *content], className="card entries", **named(words(key)))


def _visits(words: Words, visits: Sequence[VisitLine]) -> Component:
    if not visits:
        return notice(words("patient.no_visit_title"), words("patient.no_visit_text"))
    heads = [html.Th(words(f"patient.{key}"), scope="col") for key in ("visit_at", "measured", "station", "operator")]
    heads += [
        html.Th(html.Span(words(f"patient.{key}"), className="hidden"), scope="col") for key in ("entries", "continue")
    ]
    rows = [_visit(words, line) for line in visits]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody(rows)], className="visits", **named(words("patient.visits"))
    )
    return html.Div(html.Div(table, className="table-scroll"), className="card rows")


def _visit(words: Words, line: VisitLine) -> html.Tr:
    stamp = [demo_stamp(words)] if line.demo else []
    stamp += [badge(words("visit.void"), "stop")] if line.void else []
    link = html.Div([dcc.Link(line.at, href=line.result_href, className="row-link"), *stamp], className="who")
    counts = html.Div([html.Span(text, className="badge") for text in line.counts], className="who")
    again = dcc.Link(words("patient.continue"), href=line.test_href, className="button") if line.test_href else ""
    entries = dcc.Link(words("patient.entries"), href=line.entries_href, className="button")
    return html.Tr([html.Td(cell) for cell in (link, counts, line.station, line.operator, entries, again)])
