"""What became of something that was pressed, where it was pressed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component


def told(parts: Sequence[Component], level: str) -> html.Div:
    """``level``: "good", or "stop" where it was refused."""
    drawn: dict[str, Any] = {"data-level": level}
    return html.Div(list(parts), role="status", className="told", **drawn)
