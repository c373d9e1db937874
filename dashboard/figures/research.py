"""Spectra and diffusion plot of one window. Solid: ML, dashed: AP, dotted: both together."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from analysis.cop import CopSeries
from analysis.diffusion import PLANAR, Line, diffusion
from analysis.geometry import Side
from analysis.spectrum import spectrum
from analysis.sway import COLUMN
from dashboard.figures.palette import GRID, GROUND, REFERENCE, style_of
from dashboard.words import Words

Float = NDArray[np.float64]

DASHES = {"ml": "solid", "ap": "dash", "planar": "dot"}
MARGIN = {"l": 64, "r": 16, "t": 36, "b": 52}


def spectra(window: CopSeries, side: Side | None, words: Words) -> go.Figure:
    """Power density of ML and AP over frequency, both on logarithmic axes. [mm^2/Hz], [Hz]

    Raises
    ------
    Unavailable
        As `analysis.spectrum`.
    """
    traces = []
    for axis in ("ml", "ap"):
        seen = spectrum(window, COLUMN[axis])
        traces.append(_curve(seen.frequency_hz, seen.power_mm2 / seen.width_hz, axis, side, words))
    figure = go.Figure(traces)
    axes = {"type": "log", "gridcolor": GRID, "zeroline": False, "fixedrange": True}
    ticks = {"tickvals": [0.2, 0.5, 1, 2, 5]}
    figure.update_layout(
        **_ground(),
        xaxis={"title": {"text": words("figure.frequency")}, **axes, **ticks},
        yaxis={"title": {"text": words("figure.density")}, "exponentformat": "power", "dtick": 1, **axes},
    )
    return figure


def diffusion_plot(window: CopSeries, side: Side | None, words: Words) -> go.Figure:
    """Mean square displacement over the interval, with the two lines of each. [mm^2], [s]

    Raises
    ------
    Unavailable
        As `analysis.diffusion`.
    """
    traces: list[go.Scatter] = []
    for axis, column in (*((axis, COLUMN[axis]) for axis in ("ml", "ap")), ("planar", PLANAR)):
        seen = diffusion(window, column)
        at = seen.interval_s
        traces.append(_curve(at, seen.displacement_mm2, axis, side, words))
        middle = seen.lines.at
        traces.append(_line(at[: middle + 1], seen.lines.short))
        traces.append(_line(at[middle:], seen.lines.long))
    figure = go.Figure(traces)
    axes = {"gridcolor": GRID, "zeroline": False, "fixedrange": True, "rangemode": "tozero"}
    figure.update_layout(
        **_ground(),
        xaxis={"title": {"text": words("figure.interval")}, **axes},
        yaxis={"title": {"text": words("figure.displacement")}, **axes},
    )
    return figure


def _ground() -> dict[str, Any]:
    return {**GROUND, "margin": MARGIN, "legend": {"orientation": "h", "y": 1.16, "x": 0}}


def _curve(x: Float, y: Float, axis: str, side: Side | None, words: Words) -> go.Scatter:
    line = {"color": style_of(side).line, "width": 1.8, "dash": DASHES[axis]}
    return go.Scatter(x=x, y=y, mode="lines", line=line, name=words(f"figure.axis_{axis}"))


def _line(at_s: Float, fitted: Line) -> go.Scatter:
    ends = at_s[[0, -1]]
    line = {"color": REFERENCE, "width": 1}
    return go.Scatter(
        x=ends, y=fitted.offset + fitted.slope * ends, mode="lines", line=line, showlegend=False, hoverinfo="skip"
    )
