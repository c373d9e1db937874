"""ML, AP and vertical force of one trial over time, with its phases."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from analysis.assess import AssessedTrial
from analysis.phases import StancePhases
from dashboard.figures.palette import BIPEDAL_FILL, GRID, GROUND, REFERENCE, STATIC_FILL, style_of
from dashboard.words import Words

Float = NDArray[np.float64]

ROWS = (("x", "y"), ("x", "y2"), ("x", "y3"))
DOMAINS = ((0.70, 1.0), (0.35, 0.65), (0.0, 0.30))


def _titles(trial: AssessedTrial, words: Words) -> tuple[str, str, str]:
    ml = "figure.ml_lateral" if trial.stance.ml_known else "figure.ml_unknown"
    return words(ml), words("figure.ap"), words("figure.fz")


def _band(span_s: tuple[float, float] | None, colour: str) -> list[dict[str, object]]:
    if span_s is None:
        return []
    place = {"x0": span_s[0], "x1": span_s[1], "y0": 0, "y1": 1, "xref": "x", "yref": "paper"}
    return [{"type": "rect", "layer": "below", "fillcolor": colour, "line": {"width": 0}, **place}]


def _mark(at_s: float | None) -> list[dict[str, object]]:
    if at_s is None:
        return []
    line = {"color": REFERENCE, "width": 1.5, "dash": "dash"}
    return [{"type": "line", "line": line, "x0": at_s, "x1": at_s, "y0": 0, "y1": 1, "xref": "x", "yref": "paper"}]


def _shapes(phases: StancePhases) -> list[dict[str, object]]:
    bands = _band(phases.bipedal_s, BIPEDAL_FILL) + _band(phases.static_s, STATIC_FILL)
    return bands + _mark(phases.foot_off_s) + _mark(phases.touch_down_s)


def _label(at_s: float, text: str, anchor: str) -> dict[str, object]:
    place = {"x": at_s, "y": 1, "xref": "x", "yref": "paper", "xanchor": anchor, "yanchor": "bottom"}
    return {"text": text, "showarrow": False, "font": {"size": 12}, **place}


def _labels(phases: StancePhases, words: Words) -> list[dict[str, object]]:
    labels = []
    if phases.bipedal_s is not None:
        labels.append(_label(float(np.mean(phases.bipedal_s)), words("figure.bipedal"), "center"))
    if phases.static_s is not None:
        labels.append(_label(float(np.mean(phases.static_s)), words("figure.static"), "center"))
    if phases.foot_off_s is not None:
        labels.append(_label(phases.foot_off_s, words("figure.foot_off"), "center"))
    if phases.touch_down_s is not None:
        labels.append(_label(phases.touch_down_s, words("figure.touch_down"), "center"))
    return labels


def _value_axis(title: str, domain: tuple[float, float]) -> dict[str, object]:
    named = {"text": title, "font": {"size": 12}, "standoff": 6}
    return {"title": named, "domain": domain, "gridcolor": GRID, "zeroline": False, "fixedrange": True}


def stabilogram(trial: AssessedTrial, words: Words) -> go.Figure:
    """The whole trial: ML (limb frame where known), AP and Fz. Signals that do not exist leave their row empty."""
    cop, phases, titles = trial.stance.trial, trial.stance.phases, _titles(trial, words)
    line = {"color": style_of(trial.stance.side).line, "width": 1.3}
    signals = (cop.xy_mm[:, 0], cop.xy_mm[:, 1], cop.fz_n)
    traces = [
        go.Scatter(x=cop.time_s, y=signal, mode="lines", line=line, name=title, xaxis=x, yaxis=y)
        for signal, title, (x, y) in zip(signals, titles, ROWS, strict=True)
    ]
    figure = go.Figure(traces)
    figure.update_layout(
        **GROUND,
        margin={"l": 64, "r": 16, "t": 36, "b": 48},
        showlegend=False,
        dragmode="zoom",
        shapes=_shapes(phases),
        annotations=_labels(phases, words),
        xaxis={"title": {"text": words("figure.time")}, "gridcolor": GRID, "zeroline": False, "anchor": "y3"},
        yaxis=_value_axis(titles[0], DOMAINS[0]),
        yaxis2=_value_axis(titles[1], DOMAINS[1]),
        yaxis3=_value_axis(titles[2], DOMAINS[2]),
    )
    return figure
