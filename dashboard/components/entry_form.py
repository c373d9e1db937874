"""Fields that people fill in and the buttons that file them: ids by pattern, so that one callback serves a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import dash_mantine_components as dmc
from dash import ctx, html
from dash.development.base_component import Component

from dashboard.words import Words
from records.errors import Kind, NotFound

Typed = Mapping[str, Any]
FIELD, ACT = "field", "act"


class Form:
    """One form of a page; ``of``: the row it is about, where there are several."""

    def __init__(self, words: Words, page: str, name: str, of: str = "") -> None:
        self._words, self._page, self._name, self._of = words, page, name, of

    def text(self, field: str, value: str | None = "", *, lines: int = 1, **more: Any) -> Component:
        """A line of text, or several."""
        known: dict[str, Any] = {"id": self._id(field), "label": self._label(field), "value": value or "", **more}
        if lines == 1:
            return self._component(dmc.TextInput(autoComplete="off", **known))
        return self._component(dmc.Textarea(autosize=True, minRows=lines, maxRows=8, **known))

    def number(self, field: str, value: float | None = None, *, decimals: int = 1) -> Component:
        """A number; empty: not measured."""
        shown = "" if value is None else value
        return self._component(
            dmc.NumberInput(
                id=self._id(field),
                label=self._label(field),
                value=shown,
                hideControls=True,
                decimalScale=decimals,
                thousandSeparator="",
                decimalSeparator=self._words("language.decimal_mark"),
            )
        )

    def choice(self, field: str, options: Mapping[str, str], value: str | None = None) -> Component:
        """One of several, or none."""
        listed = [{"value": key, "label": label} for key, label in options.items()]
        return self._component(
            dmc.Select(id=self._id(field), label=self._label(field), data=listed, value=value, clearable=True)
        )

    def answer(self, field: str, label: str, options: Mapping[str, str], value: str | None) -> Component:
        """A question whose answers stand side by side; none is chosen before somebody does."""
        radios = dmc.Group([dmc.Radio(label=text, value=key, size="md") for key, text in options.items()], gap="lg")
        return self._component(dmc.RadioGroup(radios, id=self._id(field), label=label, value=value, className="answer"))

    def password(self, field: str) -> Component:
        """A secret."""
        return self._component(
            dmc.PasswordInput(
                id=self._id(field),
                label=self._label(field),
                value="",
                autoComplete="current-password",
                size="md",
                visibilityToggleButtonProps={"style": {"display": "none"}},
            )
        )

    def day(self, field: str, value: str | None = None) -> Component:
        """A day, as YYYY-MM-DD."""
        return self._component(
            dmc.DateInput(
                id=self._id(field),
                label=self._label(field),
                value=value,
                valueFormat="YYYY-MM-DD",
                placeholder="2026-03-31",
                clearable=True,
                size="md",
            )
        )

    def button(self, key: str, *, main: bool = True) -> Component:
        """Files the form."""
        variant = "filled" if main else "default"
        return self._component(
            dmc.Button(
                self._words(key),
                id={"type": f"{self._page}-{ACT}", "form": self._name, "of": self._of},
                variant=variant,
            )
        )

    def folded(self, key: str, body: Sequence[Component], **values: object) -> Component:
        """A form that is opened by its heading."""
        summary = html.Summary(self._words(key, **values))
        return html.Details([summary, html.Div(list(body), className="form")], className="entry")

    def _id(self, field: str) -> dict[str, str]:
        return {"type": f"{self._page}-{FIELD}", "form": self._name, "of": self._of, "field": field}

    def _label(self, field: str) -> str:
        return self._words(f"field.{field}")

    @staticmethod
    def _component(made: Any) -> Component:
        component: Component = made
        return component


def typed_into(ids: Sequence[Mapping[str, str]], values: Sequence[Any], form: str, of: str) -> Typed:
    """What stands in the fields of one form."""
    return {id["field"]: value for id, value in zip(ids, values, strict=True) if (id["form"], id["of"]) == (form, of)}


def keep_typed(
    body: Sequence[Component], ids: Sequence[Mapping[str, str]], values: Sequence[Any], sent: tuple[str, str]
) -> None:
    """Let what stands in the other forms of a page stand there again: it was not sent, and is not lost.

    ``sent``: form and row of the one that was.
    """
    others = [(id, value) for id, value in zip(ids, values, strict=True) if (id["form"], id["of"]) != sent]
    typed = {tuple(sorted(id.items())): value for id, value in others}
    for part in body:
        for field in part._traverse():  # type: ignore[no-untyped-call]
            key = tuple(sorted(field.id.items())) if isinstance(getattr(field, "id", None), dict) else None
            if key in typed and key is not None and not isinstance(field, dmc.PasswordInput):
                field.value = typed[key]


def pressed() -> Mapping[str, str] | None:
    """Which button of a form was pressed; None where they only came onto the page."""
    if not ctx.triggered_id or not any(each["value"] for each in ctx.triggered):
        return None
    which: Mapping[str, str] = ctx.triggered_id
    return which


class Row(Protocol):
    """What a form can be about."""

    @property
    def id(self) -> str: ...  # noqa: D102


def of_these(kind: Kind, rows: Iterable[Row], id: str) -> str:
    """`id` where it is one of the rows that the page shows. Raises NotFound: of another page, or of none."""
    if id not in {row.id for row in rows}:
        raise NotFound(kind, id)
    return id


def text_of(typed: Typed, field: str) -> str:
    """What was typed as text."""
    return str(typed.get(field) or "")


def number_of(typed: Typed, field: str, times: float = 1.0) -> float | None:
    """What was typed as a number, in the unit of the archive; None: nothing."""
    value = typed.get(field)
    return None if value in (None, "") else round(float(str(value)) * times, 6)
