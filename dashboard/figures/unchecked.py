"""Figures of many traces, made without plotly's checks: these take five times as long as all the rest of a panel.

A test checks what was drawn here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go


def curve(**settings: Any) -> dict[str, Any]:
    """One trace of lines or markers, as plotly.js takes it."""
    return {"type": "scatter", **settings}


def figure(traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> go.Figure:
    """Traces and a layout whose template is given as a mapping."""
    return go.Figure({"data": [dict(trace) for trace in traces], "layout": dict(layout)}, _validate=False)
