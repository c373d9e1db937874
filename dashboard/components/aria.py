"""Names for people who hear the page."""

from __future__ import annotations

from typing import Any


def named(label: str) -> dict[str, Any]:
    """Keyword arguments that give a component of `dash.html` its spoken name."""
    return {"aria-label": label}


def named_by(id: str) -> dict[str, Any]:
    """Keyword arguments that let another component's text be its spoken name."""
    return {"aria-labelledby": id}


def pressed(on: bool) -> dict[str, Any]:
    """Keyword arguments of a button that is pressed or not."""
    return {"aria-pressed": "true" if on else "false"}


UNSPOKEN: dict[str, Any] = {"aria-hidden": "true"}
