"""Which page answers which address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dash.development.base_component import Component
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, RequestRedirect, Rule

from records.permissions import Permission


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Parameters
    ----------
    name : str
        Its title is ``nav.<name>`` in the catalogue of words.
    path : str
        Its address, ids in angle brackets: "/patient/<patient_id>".
    layout : callable
        Called at each visit with the ids of the address as keyword arguments.
    needs : Act or Right
        Who may not, sees a page that says so.
    """

    name: str
    path: str
    layout: Callable[..., Component]
    needs: Permission


class Routes:
    """The pages by address."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = {page.name: page for page in pages}
        rules = [Rule(page.path, endpoint=page.name) for page in pages]
        self._adapter = Map(rules, redirect_defaults=False, merge_slashes=False).bind("localhost")

    def find(self, path: str) -> tuple[Page, dict[str, str]] | None:
        """The page at `path` and the ids in it; None where there is none."""
        try:
            name, ids = self._adapter.match(path)
        except (NotFound, RequestRedirect):
            return None
        return self._pages[name], {key: str(value) for key, value in ids.items()}
