"""A box that says something instead of, or before, content."""

from __future__ import annotations

from dash import html


def notice(title: str, text: str, *, is_page: bool = False) -> html.Div:
    """Why there is nothing to show, and what to do about it; ``is_page`` where it is all that the page says."""
    heading = html.H1(title) if is_page else html.H2(title)
    return html.Div([heading, html.P(text)], className="notice")
