"""What a section of the settings is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dash.development.base_component import Component

from records.permissions import Permission


@dataclass(frozen=True, slots=True)
class Section:
    """One section.

    Parameters
    ----------
    name : str
        Its address is ``/settings/<name>``, its title ``settings.<name>.title`` in the catalogue of words.
    needs : Act or Right
        Who may not, does not see it.
    layout : callable
        What it shows, called at each visit.
    """

    name: str
    needs: Permission
    layout: Callable[[], Component]
