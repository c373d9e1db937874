"""What the examiner saw, asked after each trial. Every answer is filed when it is given; none is "not looked at"."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from analysis.abductors import PelvicDrop
from dashboard.components.aria import named, pressed
from dashboard.ids import TestId
from dashboard.words import Words
from records.examination import WORST_PAIN, NewObservation, Observation
from records.model import Trial

YES_NO = {"yes": True, "no": False}
#: Choices of each field, as they stand in the id of a button.
CHOICES: dict[str, tuple[str, ...]] = {
    "pelvic_drop": tuple(drop.value for drop in PelvicDrop),
    "trunk_lean": tuple(YES_NO),
    "hand_support": tuple(YES_NO),
    "pain": tuple(map(str, range(WORST_PAIN + 1))),
}
NUMBERS = ("drop_at_s", "trunk_lean_deg", "tilt_deg", "tilt_sd_deg")


def parsed(field: str, value: object) -> Any:
    """What a button or an input stands for; an empty one: not looked at. Raises ValueError for what is no answer."""
    text = "" if value is None else str(value)
    if field not in (*CHOICES, *NUMBERS, "note"):
        raise ValueError(f"{field!r} is nothing an examiner is asked")
    if field == "note":
        return text
    if not text:
        return None
    if field in NUMBERS:
        return float(text)
    if text not in CHOICES[field]:
        raise ValueError(f"{text!r} is no answer about {field}")
    return PelvicDrop(text) if field == "pelvic_drop" else int(text) if field == "pain" else YES_NO[text]


def form(words: Words, trial: Trial, seen: Observation | None) -> list[Component]:
    """The fields of one trial as they are filed."""
    if trial.side is None:
        return []
    now = seen or NewObservation(trial.side, trial.id)
    who = words("test.seen.of", label=words(f"test.stance.{trial.side.value}"), attempt=trial.attempt)
    rows: list[Component] = [html.Div([html.H3(words("test.seen.title")), html.Span(who, className="soft")])]
    rows.append(_choice(words, trial, now, "pelvic_drop"))
    if now.pelvic_drop is PelvicDrop.LATER:
        rows.append(html.Div(_number(words, trial, now, "drop_at_s"), className="typed"))
    rows.append(_choice(words, trial, now, "trunk_lean"))
    if now.trunk_lean:
        rows.append(html.Div(_number(words, trial, now, "trunk_lean_deg"), className="typed"))
    rows += [_choice(words, trial, now, "hand_support"), _choice(words, trial, now, "pain")]
    tilt = [_number(words, trial, now, "tilt_deg"), _number(words, trial, now, "tilt_sd_deg")]
    rows.append(html.Div(tilt, className="typed"))
    note = dmc.Textarea(
        id=typed_id(trial.id, "note"), label=words("test.seen.note"), value=now.note, debounce=True, autosize=True
    )
    return [*rows, note, html.P(id=TestId.SEEN_PROBLEM, role="alert", className="problem")]


def typed_id(trial_id: str, field: str) -> dict[str, str]:
    """Id of an input: the trial is in it, so that what is typed late goes to the trial it was typed for."""
    return {"type": TestId.TYPED.value, "trial": trial_id, "field": field}


def _value(now: NewObservation, field: str) -> str:
    """The choice that is filed, as in the id of its button; "" where it was not looked at."""
    known = getattr(now, field)
    if known is None:
        return ""
    return ("yes" if known else "no") if isinstance(known, bool) else str(known)


def _choice(words: Words, trial: Trial, now: NewObservation, field: str) -> Component:
    chosen, label = _value(now, field), words(f"test.seen.{field}")
    buttons = [
        html.Button(
            value if field == "pain" else words(f"test.seen.{field}_{value}"),
            id={
                "type": TestId.SEEN.value,
                "trial": trial.id,
                "field": field,
                "value": "" if value == chosen else value,  # pressed again: not looked at after all
                "at": value,
            },
            className="choice",
            **pressed(value == chosen),
        )
        for value in CHOICES[field]
    ]
    group = html.Div(buttons, role="group", className="choices", **named(label))
    return html.Div([html.Span(label, className="setup-label"), group], className="setup-row")


def _number(words: Words, trial: Trial, now: NewObservation, field: str) -> Component:
    known = getattr(now, field)
    made: Component = dmc.NumberInput(
        id=typed_id(trial.id, field),
        label=words(f"test.seen.{field}"),
        value="" if known is None else known,
        debounce=True,
        hideControls=True,
        decimalScale=1,
    )
    return made
