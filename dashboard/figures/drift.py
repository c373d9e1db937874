"""The drift log of a plate over time: zero of each cell, and how far a known weight reads off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import plotly.graph_objects as go

from analysis.session_check import DRIFT_N, WEIGHT_PCT
from dashboard.calibration_text import cell_name
from dashboard.figures.palette import CELLS, GRID, GROUND, NO_SIDE, REFERENCE, STATIC_FILL
from dashboard.words import Words
from records.model import DriftCheck

DOMAINS = ((0.56, 1.0), (0.0, 0.44))


def drift_chart(checks: Sequence[DriftCheck], newton_per_count: Sequence[float], words: Words) -> go.Figure:
    """Zero of each cell since the first check [N] above, error of the weight [%] below; limits as bands.

    Parameters
    ----------
    checks : sequence of DriftCheck
        In any order; checks that did not pass are crosses.
    newton_per_count : sequence of four
        Gains of the cells by the calibration. [N/count]
    """
    ordered = sorted(checks, key=lambda check: check.made_at)
    at = [check.made_at for check in ordered]
    zeros = np.array([check.outcome.zero for check in ordered]).reshape(-1, 4)
    since_n = (zeros - zeros[:1]) * np.asarray(newton_per_count)
    traces = [
        _curve(at, since_n[:, cell].tolist(), cell_name(words, cell), style.line, style.symbol, "y")
        for cell, style in enumerate(CELLS)
    ]
    symbols = ["circle" if check.passed else "x" for check in ordered]
    weight_pct = [check.outcome.weight_error_pct for check in ordered]
    traces.append(_curve(at, weight_pct, words("drift.weight"), NO_SIDE.line, symbols, "y2"))
    figure = go.Figure(traces)
    figure.update_layout(
        **GROUND,
        margin={"l": 64, "r": 16, "t": 24, "b": 48},
        legend={"orientation": "h", "y": 1.12, "x": 0},
        shapes=[_band("y", DRIFT_N), _band("y2", WEIGHT_PCT)],
        xaxis={"title": {"text": words("drift.when")}, "gridcolor": GRID, "zeroline": False, "anchor": "y2"},
        yaxis=_axis(words("drift.zero"), DOMAINS[0], DRIFT_N),
        yaxis2=_axis(words("drift.weight_axis"), DOMAINS[1], WEIGHT_PCT),
    )
    return figure


def _curve(
    at: list[datetime], values: list[float], name: str, colour: str, symbol: str | list[str], axis: str
) -> go.Scatter:
    line, marker = {"color": colour, "width": 1.5}, {"symbol": symbol, "size": 8}
    return go.Scatter(x=at, y=values, name=name, mode="lines+markers", line=line, marker=marker, xaxis="x", yaxis=axis)


def _band(axis: str, limit: float) -> dict[str, object]:
    """Where a check finds nothing."""
    place = {"x0": 0, "x1": 1, "xref": "paper", "y0": -limit, "y1": limit, "yref": axis}
    return {"type": "rect", "layer": "below", "fillcolor": STATIC_FILL, "line": {"width": 0}, **place}


def _axis(title: str, domain: tuple[float, float], limit: float) -> dict[str, object]:
    named = {"text": title, "font": {"size": 12}, "standoff": 6}
    zero = {"zeroline": True, "zerolinecolor": REFERENCE, "zerolinewidth": 1}
    reach = {"autorangeoptions": {"include": [-1.2 * limit, 1.2 * limit]}}  # the band is always seen whole
    return {"title": named, "domain": domain, "gridcolor": GRID, "fixedrange": True, **zero, **reach}
