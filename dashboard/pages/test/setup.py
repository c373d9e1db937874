"""Protocol and conditions of the attempts to come: chosen between attempts, by the screen that operates."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.components.aria import named, pressed
from dashboard.conditions import KINDS, Conditions, condition_text
from dashboard.ids import TestId
from dashboard.protocol import Protocol
from dashboard.words import Words

PROTOCOL = "protocol"


def setup(words: Words, now: Protocol, choices: Sequence[Protocol]) -> Component:
    """What holds now in one line; opened, every choice."""
    conditions = Conditions.of(now.condition)
    names = [(one.name, words(f"test.protocol.{one.name}")) for one in choices]
    rows = [_row(words, PROTOCOL, names, now.name)]
    rows += [
        _row(
            words, field, [(each.value, words(f"condition.{each.value}")) for each in kind], getattr(conditions, field)
        )
        for field, kind in KINDS.items()
    ]
    summary = html.Summary(
        [html.Span(words("test.setup.title")), html.Span(summary_text(words, now), className="soft")]
    )
    return html.Details([summary, *rows, html.P(words("test.setup.hint"), className="soft")], className="setup")


def summary_text(words: Words, now: Protocol) -> str:
    """Protocol and conditions in one line."""
    return f"{words(f'test.protocol.{now.name}')} · {condition_text(words, now.condition)}"


def _row(words: Words, field: str, choices: Sequence[tuple[str, str]], chosen: str) -> Component:
    label = words(f"test.setup.{field}")
    buttons = [
        html.Button(
            text,
            id={"type": TestId.SETUP.value, "field": field, "value": value},
            className="choice",
            **pressed(value == chosen),
        )
        for value, text in choices
    ]
    return html.Div(
        [
            html.Span(label, className="setup-label"),
            html.Div(buttons, role="group", className="choices", **named(label)),
        ],
        className="setup-row",
    )


def chosen(now: Protocol, field: str, value: str) -> tuple[str, str]:
    """Name of the protocol and code of the conditions after one more choice. Raises ValueError for one that is none."""
    if field == PROTOCOL:
        return value, now.condition
    told = {name: getattr(Conditions.of(now.condition), name) for name in KINDS}
    return now.name, Conditions(**told | {field: KINDS[field](value)}).code
