"""The CoP of one trial seen from above: close up about the foot's midline, and on the whole foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from analysis.area import prediction_ellipse_outline_mm
from analysis.assess import AssessedTrial
from analysis.cop import CopSeries
from analysis.geometry import FootPlacement, Side, to_lateral
from dashboard.figures.foot import foot_outline_mm
from dashboard.figures.palette import (
    CLEAR,
    FONT,
    FOOT_FILL,
    GRID,
    MARK_EDGE,
    REFERENCE,
    TEXT,
    course_colour,
    style_of,
)
from dashboard.figures.unchecked import curve, figure
from dashboard.words import Words

Float = NDArray[np.float64]

FOOT_MARGIN_MM = 12.0
CLOSE_UP_MINIMUM_MM, CLOSE_UP_STEP_MM = 20.0, 5.0
FOOT_PART, GAP_PART = 0.24, 0.13
ELLIPSE_POINTS_MINIMUM = 10
MARK_PX, SMALL_MARK_PX = 13, 8
#: Pieces of the path, each in one colour: of the close-up and of the whole foot.
PIECES, FEW_PIECES = 20, 4
NEAR, FAR = ("x", "y"), ("x2", "y2")
BARE = {"showgrid": False, "showticklabels": False}


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a panel draws: the CoP (n, 2) [mm], the ellipse's outline or None, the mean, and the foot where it is known.

    ML is + lateral from the stance foot's midline where ``foot`` is there; else from the mean position, as recorded
    where the body side is not known. AP is in the plate frame where ``foot`` is there, else from the mean position.
    """

    time_s: Float
    cop_mm: Float
    ellipse_mm: Float | None
    mean_mm: tuple[float, float]
    side: Side | None
    ml_known: bool
    foot: FootPlacement | None


def _shown(trial: AssessedTrial) -> CopSeries:
    """The window the numbers come from; where a trial has none, its stance, so that one sees what happened."""
    stance = trial.stance
    if len(stance.window.points_mm) >= ELLIPSE_POINTS_MINIMUM:
        return stance.window
    return stance.trial.between(stance.phases.start_s, stance.phases.end_s)


def footprint(trial: AssessedTrial) -> Footprint | None:
    """What to draw of a trial; None where it holds no CoP at all."""
    stance, cop = trial.stance, _shown(trial)
    points = cop.points_mm
    if not len(points):
        return None
    foot = stance.footing.of(stance.side) if stance.footing and stance.side and stance.ml_known else None
    mean = points.mean(axis=0)
    origin = np.array([stance.footing.half_spacing_mm, 0.0]) if stance.footing and foot else mean
    has_ellipse = cop is stance.window
    return Footprint(
        time_s=cop.time_s,
        cop_mm=cop.xy_mm - origin,
        ellipse_mm=prediction_ellipse_outline_mm(cop) - origin if has_ellipse else None,
        mean_mm=(float(mean[0] - origin[0]), float(mean[1] - origin[1])),
        side=stance.side,
        ml_known=stance.ml_known,
        foot=foot,
    )


def close_up_half_mm(footprints: Sequence[Footprint | None]) -> float:
    """Half the width of the close-up that holds every given trial about its midline: one scale for both sides. [mm]."""
    extents = [CLOSE_UP_MINIMUM_MM]
    for one in footprints:
        if one is not None:
            outline = one.cop_mm if one.ellipse_mm is None else np.vstack([one.cop_mm, one.ellipse_mm])
            extents.append(float(np.nanmax(np.abs(outline - (0.0, one.mean_mm[1])))))
    return float(np.ceil(max(extents) * 1.05 / CLOSE_UP_STEP_MM) * CLOSE_UP_STEP_MM)


def _edges_mm(one: Footprint, left_mm: float, right_mm: float) -> list[float]:
    """Left and right edge of a picture seen from above, as coordinates of the footprint: lateral points outwards."""
    edges = np.array([left_mm, right_mm])
    if one.side is None or not one.ml_known:
        return [float(edge) for edge in edges]
    return [float(edge) for edge in to_lateral(edges, one.side, 0.0)]


def _ml_title(one: Footprint, words: Words) -> str:
    if one.side is None or not one.ml_known:
        return words("figure.ml_unknown")
    return words(f"figure.ml_{one.side.value}")


def _axis(title: str, **settings: object) -> dict[str, object]:
    return {
        "title": {"text": title, "font": {"size": 13}, "standoff": 8},
        "gridcolor": GRID,
        "zeroline": False,
        "tickfont": {"size": 12},
        "fixedrange": True,
        "constrain": "domain",
        **settings,
    }


def _lines(one: Footprint, words: Words, axes: tuple[str, str], mark_px: int) -> list[dict[str, Any]]:
    """Ellipse, CoP and mean as traces of one pair of axes."""
    style, (x, y) = style_of(one.side), axes
    traces: list[dict[str, Any]] = []
    if one.ellipse_mm is not None:
        line = {"color": style.line, "width": 2, "dash": "dash"}
        name = words("figure.ellipse")
        ellipse = {"x": one.ellipse_mm[:, 0], "y": one.ellipse_mm[:, 1], "fill": "toself", "fillcolor": style.fill}
        traces.append(curve(**ellipse, mode="lines", line=line, name=name, hoverinfo="skip", xaxis=x, yaxis=y))
    pieces = PIECES if axes == NEAR else FEW_PIECES
    traces += _course(one, words, axes, pieces)
    marker = {"symbol": style.symbol, "size": mark_px, "color": style.line, "line": {"color": MARK_EDGE, "width": 1.5}}
    at = {"x": [one.mean_mm[0]], "y": [one.mean_mm[1]], "hovertemplate": words("figure.mean_hover")}
    return [*traces, curve(**at, mode="markers", marker=marker, name=words("figure.mean"), xaxis=x, yaxis=y)]


def _course(one: Footprint, words: Words, axes: tuple[str, str], pieces: int) -> list[dict[str, Any]]:
    """The path in pieces of equal length, each in the colour of its time; neighbours share a sample."""
    style, hover, name = style_of(one.side), words("figure.cop_hover"), words("figure.cop")
    edges = np.linspace(0, len(one.cop_mm) - 1, min(pieces, max(len(one.cop_mm) - 1, 1)) + 1).round().astype(int)
    drawn = np.column_stack([one.cop_mm, one.time_s]).astype(np.float32)  # what a screen can show, half as long
    traces = []
    for at, (first, last) in enumerate(pairwise(edges.tolist())):
        part = slice(first, last + 1)
        path = {"x": drawn[part, 0], "y": drawn[part, 1], "customdata": drawn[part, 2]}
        line = {"color": course_colour(style, (at + 0.5) / (len(edges) - 1)), "width": 1.3}
        traces.append(
            curve(**path, mode="lines", line=line, name=name, hovertemplate=hover, xaxis=axes[0], yaxis=axes[1])
        )
    return traces


def _midline(axes: tuple[str, str]) -> dict[str, object]:
    line = {"color": REFERENCE, "width": 1.5, "dash": "dot"}
    place = {"x0": 0, "x1": 0, "y0": 0, "y1": 1, "xref": axes[0], "yref": f"{axes[1]} domain"}
    return {"type": "line", "layer": "below", "line": line, **place}


def _parts(one: Footprint) -> tuple[tuple[float, float], tuple[float, float]]:
    """Parts of the width for the close-up and for the whole foot, the foot on the outer side of the body."""
    if one.side is Side.RIGHT:
        return (0.0, 1 - FOOT_PART - GAP_PART), (1 - FOOT_PART, 1.0)
    return (FOOT_PART + GAP_PART, 1.0), (0.0, FOOT_PART)


def _near(one: Footprint, half_mm: float, words: Words) -> dict[str, object]:
    """Axes of the close-up."""
    ap_mm = one.mean_mm[1]
    width = {} if one.foot is None else {"domain": list(_parts(one)[0])}
    return {
        "xaxis": _axis(_ml_title(one, words), range=_edges_mm(one, -half_mm, half_mm), **width),
        "yaxis": _axis(words("figure.ap"), range=[ap_mm - half_mm, ap_mm + half_mm], scaleanchor="x"),
    }


def _far(one: Footprint, foot: FootPlacement, words: Words) -> dict[str, object]:
    """Axes of the whole foot."""
    half_mm = foot.width_mm / 2 + FOOT_MARGIN_MM
    ends = [foot.heel_mm[1] - FOOT_MARGIN_MM, foot.heel_mm[1] + foot.length_mm + FOOT_MARGIN_MM]
    across = {"range": _edges_mm(one, -half_mm, half_mm), "domain": list(_parts(one)[1]), "anchor": "y2", **BARE}
    along = {"range": ends, "scaleanchor": "x2", "anchor": "x2", **BARE}
    return {"xaxis2": _axis(words("figure.whole_foot"), **across), "yaxis2": _axis("", **along)}


def _sole(foot: FootPlacement, words: Words, axes: tuple[str, str]) -> dict[str, Any]:
    outline, line = foot_outline_mm(foot), {"color": REFERENCE, "width": 1.5}
    shape = {"x": outline[:, 0], "y": outline[:, 1], "fill": "toself", "fillcolor": FOOT_FILL, "hoverinfo": "skip"}
    return curve(**shape, mode="lines", line=line, name=words("figure.foot"), xaxis=axes[0], yaxis=axes[1])


def statokinesigram(one: Footprint, half_mm: float, words: Words) -> go.Figure:
    """CoP path, 95 % prediction ellipse and mean of one trial, seen from above with anterior up.

    The close-up reaches `half_mm` to either side of the foot's midline (of the mean where no foot is known). Left and
    right panels put side by side mirror each other: their medial edges meet, the whole feet stand outside.
    """
    traces, shapes, axes = _lines(one, words, NEAR, MARK_PX), [_midline(NEAR)], _near(one, half_mm, words)
    if one.foot is not None:
        traces = [*traces, _sole(one.foot, words, FAR), *_lines(one, words, FAR, SMALL_MARK_PX)]
        shapes.append(_midline(FAR))
        axes |= _far(one, one.foot, words)
    layout = {
        "template": {},
        "font": {"family": FONT, "color": TEXT},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "margin": {"l": 56, "r": 12, "t": 12, "b": 52},
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "shapes": shapes,
    }
    return figure(traces, layout | axes)
