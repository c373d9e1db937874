"""Why the archive did not take an entry, with both values where somebody else was first. Pure."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.words import Words
from records.errors import Conflict, InvalidEntry, RecordsError


def refusal(words: Words, problem: RecordsError) -> Component:
    """What stands where the entry was refused."""
    sentence = words(f"errors.{problem.code}", **problem.values)
    if isinstance(problem, InvalidEntry) and words.has(f"field.{problem.field}"):
        sentence = words("entry.at_field", field=words(f"field.{problem.field}"), sentence=sentence)
    if not isinstance(problem, Conflict) or not problem.differences:
        return html.P(sentence, className="said-problem", role="alert")
    rows = [
        html.Li(
            words("entry.both_values", field=_field(words, name), mine=_shown(words, mine), filed=_shown(words, filed))
        )
        for name, (mine, filed) in problem.differences.items()
    ]
    return html.Div([html.P(sentence), html.Ul(rows)], className="said-problem", role="alert")


def filed(words: Words) -> Component:
    """What stands where an act was done."""
    return html.P(words("entry.filed"), className="said-done", role="status")


def _field(words: Words, name: str) -> str:
    return words(f"field.{name}") if words.has(f"field.{name}") else name


def _shown(words: Words, value: object) -> str:
    if value in (None, ""):
        return words("entry.nothing")
    return f"{value:g}" if isinstance(value, float) else str(value)
