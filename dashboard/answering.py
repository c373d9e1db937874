"""What a page of forms answers when a button was pressed: the page as it is then, or why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import no_update
from dash.development.base_component import Component

from dashboard.components.entry_form import Typed, keep_typed, typed_into
from dashboard.refusal_text import filed, refusal
from dashboard.words import Words
from records.errors import RecordsError


@dataclass(frozen=True, slots=True)
class Sent:
    """What a browser sent when a button was pressed.

    ``form``, ``of``: the form of the button; ``ids``, ``values``: every field of the page, of every form.
    """

    form: str
    of: str
    ids: Sequence[Mapping[str, str]]
    values: Sequence[Any]

    @property
    def typed(self) -> Typed:
        """What stands in the form that was sent."""
        return typed_into(self.ids, self.values, self.form, self.of)


def answered(
    words: Words, sent: Sent, act: Callable[[], object], now: Callable[[], tuple[list[Component], bool]]
) -> tuple[Any, Any]:
    """Do what a button says: the page as it is then, and that it was done; or why not, with what was typed left.

    Parameters
    ----------
    now : function
        Reads the archive once, after the act: the body of the page, and whether nobody else changed what it is about
        since it was shown. What was typed into other forms stays then; else it would be saved over their change.
    """
    try:
        act()
    except RecordsError as problem:
        return no_update, refusal(words, problem)
    body, is_fresh = now()
    if is_fresh:
        keep_typed(body, sent.ids, sent.values, (sent.form, sent.of))
    return body, filed(words)
