"""Checklist, strength and trials of a visit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from analysis.geometry import Side
from dashboard.components.aria import named
from dashboard.components.badges import badge
from dashboard.components.entry_form import Form
from dashboard.observation_text import entered_text
from dashboard.sentences import side_label
from dashboard.words import Words
from dashboard.words.dates import moment_text
from records.examination import Checklist, ChecklistItem, Observation, StrengthPosition, StrengthTest
from records.model import Trial, TrialStatus, Visit

PAGE = "visit"


def checklist(words: Words, visit: Visit, writes: bool) -> list[Component]:
    """The questions before the first test: asked, or answered."""
    answered = visit.checklist
    if answered is None:
        return _questions(words, None) if writes else [html.P(words("visit.checklist_open"), className="soft")]
    at = moment_text(words, answered.answered_at.astimezone(visit.local_at.tzinfo))
    done = words("visit.checklist_done", name=answered.answered_by, at=at)
    if answered.concerns:
        listed = [html.Li(words(f"checklist.{item.value}_concern")) for item in answered.concerns]
        parts: list[Component] = [html.Div([badge(words("visit.concerns"), "caution")]), html.Ul(listed)]
        parts.append(html.P(words("visit.goes_on", reason=answered.reason)))
    else:
        parts = [html.Div([badge(words("visit.no_concern"), "good")])]
    parts.append(html.P(done, className="soft"))
    if writes:
        again = _questions(words, answered)
        parts.append(Form(words, PAGE, "checklist").folded("visit.checklist_again", again))
    return parts


def _questions(words: Words, answered: Checklist | None) -> list[Component]:
    form = Form(words, PAGE, "checklist")
    options = {"yes": words("entry.yes"), "no": words("entry.no")}
    known = {} if answered is None else {item: "yes" if yes else "no" for item, yes in answered.answers.items()}
    rows = [
        form.answer(item.value, words(f"checklist.{item.value}"), options, known.get(item)) for item in ChecklistItem
    ]
    reason = form.text("go_on_reason", "" if answered is None else answered.reason)
    buttons = html.Div(form.button("visit.checklist_file"), className="form-actions")
    return [html.Div([html.Div(rows, className="questions"), reason, buttons], className="form")]


def strength(words: Words, tests: Sequence[StrengthTest], writes: bool) -> list[Component]:
    """Each leg in a column of its own: what was measured, and a form for one more."""
    columns = [
        html.Div(
            [
                html.H3(side_label(words, side), className=f"leg leg-{side.value}"),
                *[_test(words, test, writes) for test in tests if test.side is side],
                *([_strength_form(words, side)] if writes else []),
            ],
            className="leg-column",
        )
        for side in Side
    ]
    return [html.Div(columns, className="legs")]


def _test(words: Words, test: StrengthTest, writes: bool) -> Component:
    moment = words("visit.moment", nm=test.strength.moment_nm)
    how = [] if test.force_n is None else [words("visit.force", n=test.force_n, cm=100 * (test.lever_m or 0.0))]
    how += [words(f"position.{test.position.value}")] if test.position else []
    how += [test.instrument] if test.instrument else []
    how += [words("visit.pain_of", pain=test.pain)] if test.pain is not None else []
    how += [test.note] if test.note else []
    void = test.void_reason is not None
    lines: list[Component] = [
        html.Div([html.Strong(moment), *([badge(words("visit.void"), "stop")] if void else [])], className="who"),
        html.Span(", ".join(how), className="soft"),
    ]
    if void:
        lines.append(html.Span(test.void_reason, className="soft"))
    if writes:
        lines.append(_void_or_restore(words, "strength", test.id, void))
    return html.Div(lines, className="entry-row is-void" if void else "entry-row")


def _void_or_restore(words: Words, what: str, id: str, void: bool) -> Component:
    if void:
        return Form(words, PAGE, f"restore_{what}", id).button("visit.restore", main=False)
    form = Form(words, PAGE, f"void_{what}", id)
    fields = [form.text("void_reason"), html.Div(form.button("visit.void_do", main=False), className="form-actions")]
    return form.folded("visit.void_entry", fields)


def _strength_form(words: Words, side: Side) -> Component:
    form = Form(words, PAGE, "strength", side.value)
    positions = {each.value: words(f"position.{each.value}") for each in StrengthPosition}
    force = html.Div([form.number("force_n"), form.number("lever_cm")], className="form-pair")
    other = html.Div([form.number("moment_nm"), form.number("pain", decimals=0)], className="form-pair")
    how = html.Div([form.choice("position", positions), form.text("instrument")], className="form-pair")
    hint = html.P(words("visit.strength_hint"), className="soft")
    buttons = html.Div(form.button("visit.strength_add"), className="form-actions")
    key = f"visit.strength_new.{side.value}"
    return form.folded(key, [hint, force, other, how, form.text("note"), buttons])


def trials(words: Words, filed: Sequence[Trial], writes: bool) -> list[Component]:
    """Every trial, void ones too, each with its way out and back."""
    if not filed:
        return [html.P(words("patient.nothing_recorded"), className="soft")]
    numbers: Counter[Side | None] = Counter()
    rows = []
    for trial in filed:
        numbers[trial.side] += 1
        rows.append(_trial(words, trial, numbers[trial.side], writes))
    return [html.Div(rows, role="list", **named(words("visit.trials")))]


def _trial(words: Words, trial: Trial, number: int, writes: bool) -> Component:
    void = trial.status is TrialStatus.VOID
    kind = {TrialStatus.VOID: "stop", TrialStatus.INTERRUPTED: "caution", TrialStatus.FILED: "good"}[trial.status]
    who = words("visit.trial", side=side_label(words, trial.side), number=number)
    lines: list[Component] = [
        html.Div([html.Strong(who), badge(words(f"visit.status.{trial.status.value}"), kind)], className="who")
    ]
    if void:
        lines.append(html.Span(trial.void_reason, className="soft"))
    if writes:
        lines.append(_void_or_restore(words, "trial", trial.id, void))
    return html.Div(lines, role="listitem", className="entry-row is-void" if void else "entry-row")


def observations(words: Words, filed: Sequence[Observation], trials: Sequence[Trial], writes: bool) -> list[Component]:
    """What the examiner saw, void entries too; two of one trial where two stations filed one each."""
    if not filed:
        return [html.P(words("abductors.not_entered"), className="soft")]
    numbers: Counter[Side | None] = Counter()
    titles = {}
    for trial in trials:
        numbers[trial.side] += 1
        titles[trial.id] = words("visit.trial", side=side_label(words, trial.side), number=numbers[trial.side])
    rows = [_observation(words, one, titles.get(one.trial_id or "", ""), writes) for one in filed]
    return [html.Div(rows, role="list", **named(words("visit.observations")))]


def _observation(words: Words, seen: Observation, trial: str, writes: bool) -> Component:
    void = seen.void_reason is not None
    who = trial or words("visit.observation_whole", side=side_label(words, seen.side))
    lines: list[Component] = [
        html.Div([html.Strong(who), *([badge(words("visit.void"), "stop")] if void else [])], className="who"),
        html.Span(entered_text(words, seen) or words("abductors.not_entered"), className="soft"),
        html.Span(words("visit.observation_by", name=seen.created_by), className="soft"),
    ]
    if void:
        lines.append(html.Span(seen.void_reason, className="soft"))
    if writes:
        lines.append(_void_or_restore(words, "observation", seen.id, void))
    return html.Div(lines, role="listitem", className="entry-row is-void" if void else "entry-row")


def read_only(words: Words, visit: Visit) -> list[Component]:
    """What is entered about a visit, for those who only read."""
    known = {
        "body_mass_kg": visit.body_mass_kg,
        "height_cm": None if visit.height_mm is None else visit.height_mm / 10,
        "examiner": visit.examiner,
        "note": visit.note,
    }
    shown = [
        html.Span(f"{words(f'field.{field}')}: {words.number(value, 1) if isinstance(value, float) else value}")
        for field, value in known.items()
        if value
    ]
    return [html.Div(shown, className="facts")]
