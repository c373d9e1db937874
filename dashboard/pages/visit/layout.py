"""The page of a visit's entries, top to bottom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.aria import named
from dashboard.components.badges import badge, simulated_badge
from dashboard.components.entry_form import Form
from dashboard.components.shell import page_head
from dashboard.ids import VisitId
from dashboard.pages.visit import sections, signed
from dashboard.words import Words
from dashboard.words.dates import moment_text
from records.examination import Observation, StrengthTest
from records.model import Patient, Trial, Visit
from records.signatures import SignedState

PAGE = "visit"


@dataclass(frozen=True, slots=True)
class Entries:
    """All that is entered for a visit. ``writes``: who looks at it may change it."""

    patient: Patient
    visit: Visit
    trials: tuple[Trial, ...]
    strength: tuple[StrengthTest, ...]
    observations: tuple[Observation, ...]
    signed: SignedState
    today: date
    writes: bool

    @property
    def rows(self) -> tuple[Trial | StrengthTest | Observation, ...]:
        """What can be made void and restored, each by itself."""
        return (*self.trials, *self.strength, *self.observations)


def page(words: Words, entries: Entries) -> Component:
    """The page; what acts change of it is its body."""
    patient, visit = entries.patient, entries.visit
    at = moment_text(words, visit.local_at)
    links: list[Component] = [dcc.Link(words("patient.result"), href=f"/result/{visit.id}", className="button")]
    if visit.local_at.date() == entries.today and visit.void_reason is None and entries.writes:
        links.append(dcc.Link(words("visit.to_test"), href=f"/test/{visit.id}", className="button button-main"))
    badges = [simulated_badge(words)] if patient.simulated else []
    title: list[Component] = [html.Span(words("visit.title", at=at)), *badges]
    head = page_head(title, *links, back=(patient.code, f"/patient/{patient.id}"))
    said = html.Div(id=VisitId.SAID, className="said")
    return html.Div([head, html.Div(body(words, entries), id=VisitId.BODY), said])


def body(words: Words, entries: Entries) -> list[Component]:
    """Everything below the heading."""
    visit = entries.visit
    shown = {
        "visit_id": visit.id,
        "version": visit.version,
        "content_sha256": entries.signed.content_sha256,
        "versions": {row.id: row.version for row in entries.rows},
    }
    parts: list[Component] = [dcc.Store(id=VisitId.SHOWN, data=shown)]
    if visit.void_reason is not None:
        parts.append(_void_notice(words, entries))
    parts += [
        _card(words, "visit.checklist", sections.checklist(words, entries.visit, entries.writes)),
        _card(words, "visit.about", _about(words, entries)),
        _card(words, "visit.strength", sections.strength(words, entries.strength, entries.writes)),
        _card(words, "visit.trials", sections.trials(words, entries.trials, entries.writes)),
        _card(
            words,
            "visit.observations",
            sections.observations(words, entries.observations, entries.trials, entries.writes),
        ),
        _card(
            words,
            "visit.signatures",
            signed.signatures(words, entries.signed, entries.writes and not visit.void_reason),
        ),
    ]
    if entries.writes and visit.void_reason is None:
        parts.append(_void_form(words))
    return parts


def _card(words: Words, key: str, content: list[Component]) -> Component:
    title = words(key)
    return html.Section([html.H2(title), *content], className="card entries", **named(title))


def _about(words: Words, entries: Entries) -> list[Component]:
    visit = entries.visit
    facts = html.Div(
        [
            html.Span(f"{words('patient.station')}: {visit.station}"),
            html.Span(f"{words('patient.operator')}: {visit.operator}"),
        ],
        className="facts",
    )
    if not entries.writes:
        return [facts, *sections.read_only(words, visit)]
    form = Form(words, PAGE, "visit")
    measures = [
        form.number("body_mass_kg", visit.body_mass_kg),
        form.number("height_cm", _cm(visit.height_mm)),
        form.number("leg_tape_cm", _cm(visit.leg_tape_mm)),
        form.number("pelvis_width_cm", _cm(visit.pelvis_width_mm)),
    ]
    reason = [form.text("change_reason")] if entries.signed.signatures else []
    fields = [html.Div(measures, className="form-four"), form.text("examiner", visit.examiner)]
    fields += [form.text("note", visit.note, lines=3), *reason]
    buttons = html.Div(form.button("visit.save"), className="form-actions")
    return [facts, html.Div([*fields, buttons], className="form")]


def _cm(value_mm: float | None) -> float | None:
    return None if value_mm is None else value_mm / 10


def _void_notice(words: Words, entries: Entries) -> Component:
    texts: list[Component] = [
        html.Div([badge(words("visit.void"), "stop"), html.Span(entries.visit.void_reason)], className="who")
    ]
    if entries.writes:
        texts.append(Form(words, PAGE, "restore_visit").button("visit.restore", main=False))
    return html.Section(texts, className="card entries void-notice", **named(words("visit.void")))


def _void_form(words: Words) -> Component:
    form = Form(words, PAGE, "void_visit")
    fields = [form.text("void_reason"), html.Div(form.button("visit.void_do", main=False), className="form-actions")]
    return html.Section(
        form.folded("visit.void_open", fields), className="card entries", **named(words("visit.void_open"))
    )
