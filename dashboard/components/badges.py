"""Small labels: simulated, demonstration, usable or not."""

from __future__ import annotations

from dash import html

from dashboard.words import Words


def badge(text: str, kind: str = "plain") -> html.Span:
    """A label; ``kind`` is one of plain, good, caution, stop, simulated (classes of `app.css`)."""
    return html.Span(text, className=f"badge badge-{kind}")


def simulated_badge(words: Words) -> html.Span:
    """Stands wherever a simulated patient does."""
    return badge(words("app.simulated"), "simulated")


def demo_stamp(words: Words) -> html.Span:
    """Stands wherever a demonstration does."""
    return html.Span(words("app.demo"), className="demo-stamp", title=words("app.demo_meaning"))
