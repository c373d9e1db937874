"""Signatures of a visit: who signed what, what was changed since, and the form that signs."""

from __future__ import annotations

from collections.abc import Mapping

from dash import html
from dash.development.base_component import Component

from dashboard.components.badges import badge
from dashboard.components.entry_form import Form
from dashboard.words import Words
from dashboard.words.dates import moment_text
from records.signatures import Amendment, Meaning, SignedState

PAGE = "visit"
DIGITS = 12


def signatures(words: Words, state: SignedState, signs: bool) -> list[Component]:
    """The state in a word, every signature, every amendment in both versions, and the form."""
    parts: list[Component] = [html.Div(_state(words, state), className="who")]
    parts += [
        html.P(
            words(
                "visit.signed_by",
                name=each.name,
                role=words(f"role.{each.role}"),
                at=moment_text(words, each.local_at),
                meaning=words(f"meaning.{each.meaning.value}"),
                digest=each.content_sha256[:DIGITS],
            )
        )
        for each in state.signatures
    ]
    if state.broken:
        parts.append(html.P(words("visit.signature_broken"), className="said-problem"))
    if state.amendments:
        parts += [html.H3(words("visit.amendments")), html.Ul([_amendment(words, each) for each in state.amendments])]
    return [*parts, _form(words)] if signs else parts


def _state(words: Words, state: SignedState) -> Component:
    if not state.signatures:
        return badge(words("visit.not_signed"))
    return badge(words("visit.amended"), "caution") if state.amended else badge(words("visit.signed"), "good")


def _amendment(words: Words, each: Amendment) -> Component:
    at = moment_text(words, each.at.astimezone())
    head = words("visit.amended_by", act=words(f"act.{each.act}"), name=each.name, at=at)
    reason = [html.Span(words("visit.amended_reason", reason=each.reason), className="soft")] if each.reason else []
    if each.before is None or each.after is None:
        return html.Li([html.Strong(head), html.Div(words("visit.erased"), className="soft")])
    lines = [html.Li(_change(words, field, each.before, each.after)) for field in {**each.before, **each.after}]
    return html.Li([html.Strong(head), html.Ul(lines), *reason])


def _change(words: Words, field: str, before: Mapping[str, object], after: Mapping[str, object]) -> str:
    label = words(f"field.{field}") if words.has(f"field.{field}") else field
    return words(
        "visit.both_versions",
        field=label,
        before=_shown(words, before.get(field)),
        after=_shown(words, after.get(field)),
    )


def _shown(words: Words, value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_shown(words, each)}" for key, each in value.items() if key != "sha256")
    if isinstance(value, float):
        return words.number(value, 1)
    return words("entry.nothing") if value in (None, "") else str(value)


def _form(words: Words) -> Component:
    form = Form(words, PAGE, "sign")
    meanings = {each.value: words(f"meaning.{each.value}") for each in Meaning}
    fields = html.Div(
        [form.choice("meaning", meanings, Meaning.EXAMINED.value), form.password("password")], className="form-pair"
    )
    hint = html.P(words("visit.sign_hint"), className="soft")
    return html.Div([hint, fields, html.Div(form.button("visit.sign"), className="form-actions")], className="form")
