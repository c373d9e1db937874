"""What is entered about a patient: the header's fields, dates of therapy, doubles, erasure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time

from dash import dcc, html
from dash.development.base_component import Component

from analysis.geometry import Side
from dashboard.components.badges import badge
from dashboard.components.entry_form import Form
from dashboard.sentences import side_label
from dashboard.words import Words
from dashboard.words.dates import date_text, moment_text
from records.copies import Copies
from records.doubles import PatientMerge
from records.identity import IDENTIFYING, Identity
from records.model import Patient, Sex
from records.therapy import TherapyEvent, TherapyKind

PAGE = "patient"


def edit_form(words: Words, patient: Patient, identity: Identity) -> Component:
    """Every field of a patient. Where a code is all that is taken, of the others those that are there to be emptied."""
    offered = {field for field in IDENTIFYING if identity is Identity.NAMES or getattr(patient, field) is not None}
    form = Form(words, PAGE, "patient")
    sides = {side.value: side_label(words, side) for side in Side}
    sexes = {sex.value: words(f"sex.{sex.value}") for sex in Sex}
    born = None if patient.birth_date is None else patient.birth_date.isoformat()
    involved = None if patient.involved_side is None else patient.involved_side.value
    dominant = None if patient.dominant_side is None else patient.dominant_side.value
    who = [
        form.text("code", patient.code),
        *([form.text("name", patient.name)] if "name" in offered else []),
        *([form.text("record_number", patient.record_number)] if "record_number" in offered else []),
    ]
    known = [
        *([form.day("birth_date", born)] if "birth_date" in offered else []),
        form.number("birth_year", patient.birth_year, decimals=0),
        form.choice("sex", sexes, None if patient.sex is None else patient.sex.value),
        form.choice("involved_side", sides, involved),
        form.choice("dominant_side", sides, dominant),
    ]
    texts = [form.text("diagnosis", patient.diagnosis, lines=2), form.text("note", patient.note, lines=2)]
    buttons = html.Div(form.button("patient.save"), className="form-actions")
    pairs: list[Component] = [html.Div(who, className="form-four"), html.Div(known, className="form-four")]
    return form.folded("patient.edit", [*pairs, *texts, buttons])


def therapy(words: Words, events: Sequence[TherapyEvent], writes: bool) -> list[Component]:
    """Dates of surgery and therapy, and a form for one more."""
    listed = [_event(words, event, writes) for event in events]
    parts: list[Component] = listed or [html.P(words("patient.no_therapy"), className="soft")]
    return [*parts, _therapy_form(words)] if writes else parts


def _event(words: Words, event: TherapyEvent, writes: bool) -> Component:
    void = event.void_reason is not None
    day = date_text(words, datetime.combine(event.day, time(), UTC))
    what = [html.Strong(words(f"therapy.{event.kind.value}")), html.Span(day)]
    if event.side is not None:
        what.append(html.Span(side_label(words, event.side)))
    if void:
        what.append(badge(words("visit.void"), "stop"))
    said = " ".join(text for text in (event.note, event.void_reason) if text)
    lines: list[Component] = [html.Div(what, className="who"), *([html.Span(said, className="soft")] if said else [])]
    if writes and void:
        lines.append(Form(words, PAGE, "restore_therapy", event.id).button("visit.restore", main=False))
    elif writes:
        form = Form(words, PAGE, "void_therapy", event.id)
        button = html.Div(form.button("visit.void_do", main=False), className="form-actions")
        lines.append(form.folded("visit.void_entry", [form.text("void_reason"), button]))
    return html.Div(lines, className="entry-row is-void" if void else "entry-row")


def _therapy_form(words: Words) -> Component:
    form = Form(words, PAGE, "therapy")
    kinds = {kind.value: words(f"therapy.{kind.value}") for kind in TherapyKind}
    sides = {side.value: side_label(words, side) for side in Side}
    fields = html.Div([form.choice("kind", kinds), form.day("day"), form.choice("side", sides)], className="form-four")
    button = html.Div(form.button("patient.therapy_add"), className="form-actions")
    return form.folded("patient.therapy_new", [fields, form.text("note"), button])


def doubles(
    words: Words, patient: Patient, merges: Sequence[PatientMerge], codes: Mapping[str, str]
) -> list[Component]:
    """Merges that were done, each with its way back, and the form for another."""
    form = Form(words, PAGE, "merge")
    fields = html.Div([form.text("double_code"), form.text("merge_reason")], className="form-pair")
    hint = html.P(words("patient.merge_hint", code=patient.code), className="soft")
    button = html.Div(form.button("patient.merge", main=False), className="form-actions")
    return [*[_merge(words, each, codes) for each in merges], form.folded("patient.merge_open", [hint, fields, button])]


def _merge(words: Words, merge: PatientMerge, codes: Mapping[str, str]) -> Component:
    values = {"kept": codes[merge.kept_id], "double": codes[merge.merged_id], "name": merge.merged_by}
    visits = len(merge.moved.get("visit", ()))
    at = moment_text(words, merge.merged_at.astimezone())
    said = words("patient.merged", **values, at=at, visits=visits)
    lines: list[Component] = [html.Span(said), html.Span(merge.reason, className="soft")]
    if merge.undone_at is not None:
        undone = words("patient.unmerged", name=merge.undone_by, at=moment_text(words, merge.undone_at.astimezone()))
        lines.append(html.Span(undone, className="soft"))
    else:
        lines.append(Form(words, PAGE, "unmerge", merge.id).button("patient.unmerge", main=False))
    return html.Div(lines, className="entry-row")


def erase_form(words: Words, patient: Patient, copies: Copies) -> Component:
    """Erase, for an administrator: what goes, what stays, and where the person is written down still."""
    form = Form(words, PAGE, "erase")
    fields = html.Div([form.text("erase_reason"), form.text("confirm_code")], className="form-pair")
    hints = [html.P(words("patient.erase_hint", code=patient.code)), *copies_left(words, copies)]
    return form.folded(
        "patient.erase_open", [*hints, fields, html.Div(form.button("patient.erase"), className="form-actions")]
    )


def copies_left(words: Words, copies: Copies) -> list[Component]:
    """Backups and exports that hold the person still."""
    backups = [each.path.name for each in copies.backups]
    exports = [
        words(
            "patient.export_of",
            at=moment_text(words, each.at.astimezone()),
            name=each.actor,
            what=each.details.get("what", ""),
        )
        for each in copies.exports
    ]
    listed = [html.Li(text) for text in (*backups, *exports)]
    parts: list[Component] = (
        [html.P(words.counted("patient.copies", len(listed)))] if listed else [html.P(words("patient.no_copies"))]
    )
    if listed:
        parts.append(html.Ul(listed))
    if copies.server:
        parts.append(html.P(words("patient.copies_server")))
    return parts


def closed_notice(words: Words, patient: Patient, kept_code: str | None, copies: Copies | None) -> Component:
    """Instead of everything that could be entered: the patient was merged into another, or erased."""
    if patient.merged_into is not None:
        link = dcc.Link(kept_code, href=f"/patient/{patient.merged_into}", className="button")
        return html.Section([html.P(words("patient.is_double", code=kept_code)), link], className="card entries")
    at = "" if patient.erased_at is None else moment_text(words, patient.erased_at.astimezone())
    left = [] if copies is None else copies_left(words, copies)
    return html.Section([html.P(words("patient.is_erased", at=at)), *left], className="card entries")
