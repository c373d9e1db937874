"""The CoP of one trial from above, for paper: close up about the foot's midline, and on the whole foot.

The same `Footprint` the screen draws. Put side by side, the pictures of both legs mirror each other about the body's
midline: their medial edges meet, the whole feet stand outside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.geometry import FootPlacement, Side, to_lateral
from dashboard.figures.foot import foot_outline_mm
from dashboard.figures.palette import GRID, MARK_EDGE, REFERENCE, TEXT, course_colour, style_of
from dashboard.figures.statokinesigram import FEW_PIECES, PIECES, Footprint
from dashboard.report.svg import Canvas, Pen, Point
from dashboard.words import Words

Float = NDArray[np.float64]

#: Sizes on paper. [mm]
WIDTH_MM, HEIGHT_MM = 84.0, 58.0
SQUARE_MM, TOP_MM, AXIS_MM, FOOT_MM, EDGE_MM = 48.0, 2.0, 10.0, 21.0, 1.0
FOOT_MARGIN_MM = 10.0
PLAIN_WIDTH_MM, PLAIN_HEIGHT_MM = 60.0, 76.0
MOST_STEPS = 7
STEPS_MM = (5.0, 10.0, 20.0, 50.0, 100.0)


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle of the paper that shows a part of the floor from above, anterior up, true to scale.

    ``corner``: its upper left corner on the paper [mm]; ``centre_mm``: what lies in its middle; ``scale``: paper mm in
    a mm of the floor.
    """

    corner: Point
    width_mm: float
    height_mm: float
    centre_mm: Point
    scale: float
    side: Side | None

    def across(self, ml_mm: Float) -> Float:
        """ML as it lies on the paper: lateral points away from the body's midline."""
        return ml_mm if self.side is None else to_lateral(ml_mm, self.side, 0.0)

    def placed(self, cop_mm: Float) -> list[Point]:
        """Points of the floor on the paper. ``cop_mm``: (n, 2) ML, AP. [mm]."""
        x = self.corner[0] + self.width_mm / 2 + self.scale * (self.across(cop_mm[:, 0]) - self.centre_mm[0])
        y = self.corner[1] + self.height_mm / 2 - self.scale * (cop_mm[:, 1] - self.centre_mm[1])
        return list(zip(x.tolist(), y.tolist(), strict=True))


def drawn_footprint(one: Footprint, half_mm: float, words: Words) -> str:
    """The picture of one trial as SVG. ``half_mm``: half the width of the close-up, one for both sides. [mm]."""
    canvas = Canvas(WIDTH_MM, HEIGHT_MM)
    near = _near(one, half_mm)
    _trace(canvas, near, one, 2.6, PIECES)
    canvas.clipped(near.corner, near.width_mm, near.height_mm, "near")
    over = Canvas(WIDTH_MM, HEIGHT_MM)
    _grid(over, near, half_mm, one, words)
    canvas.parts = over.parts + canvas.parts
    if one.foot is not None:
        left_mm = WIDTH_MM - FOOT_MM - EDGE_MM if one.side is Side.RIGHT else EDGE_MM
        far = _whole(one.foot, Frame((left_mm, TOP_MM), FOOT_MM, SQUARE_MM, (0.0, 0.0), 1.0, _side_of(one)))
        _on_foot(canvas, far, one, one.foot, mark_mm=1.6)
        canvas.text((far.corner[0] + far.width_mm / 2, TOP_MM + SQUARE_MM + 3.0), words("figure.whole_foot"), 2.3)
    return canvas.svg()


def drawn_foot(one: Footprint, foot: FootPlacement) -> str:
    """The whole foot alone, as the patient's version shows it: SVG."""
    canvas = Canvas(PLAIN_WIDTH_MM, PLAIN_HEIGHT_MM)
    paper = Frame((0.0, 0.0), PLAIN_WIDTH_MM, PLAIN_HEIGHT_MM, (0.0, 0.0), 1.0, _side_of(one))
    _on_foot(canvas, _whole(foot, paper), one, foot, mark_mm=2.4)
    return canvas.svg()


def _on_foot(canvas: Canvas, frame: Frame, one: Footprint, foot: FootPlacement, mark_mm: float) -> None:
    """The sole, its midline and the CoP on it."""
    sole = Pen(REFERENCE, 0.25, fill=REFERENCE, opacity=0.14)
    canvas.path(frame.placed(foot_outline_mm(foot)), sole, closed=True)
    _midline(canvas, frame)
    _trace(canvas, frame, one, mark_mm, FEW_PIECES)


def _side_of(one: Footprint) -> Side | None:
    return one.side if one.ml_known else None


def _near(one: Footprint, half_mm: float) -> Frame:
    """The close-up, at the inner side of the body; in the middle where there is no foot beside it."""
    if one.foot is None:
        left_mm = (WIDTH_MM - SQUARE_MM + AXIS_MM) / 2
    else:
        left_mm = AXIS_MM if one.side is Side.RIGHT else WIDTH_MM - SQUARE_MM - 2.0
    scale = SQUARE_MM / (2 * half_mm)
    return Frame((left_mm, TOP_MM), SQUARE_MM, SQUARE_MM, (0.0, one.mean_mm[1]), scale, _side_of(one))


def _whole(foot: FootPlacement, paper: Frame) -> Frame:
    """`paper` with the scale and the middle that show the whole foot."""
    along_mm = foot.heel_mm[1] + foot.length_mm / 2
    high = paper.height_mm / (foot.length_mm + 2 * FOOT_MARGIN_MM)
    wide = paper.width_mm / (foot.width_mm + FOOT_MARGIN_MM)
    return replace(paper, centre_mm=(0.0, along_mm), scale=min(high, wide))


def _trace(canvas: Canvas, frame: Frame, one: Footprint, mark_mm: float, pieces: int) -> None:
    """Ellipse, CoP in the colours of its time, and mean."""
    style = style_of(one.side)
    if one.ellipse_mm is not None:
        ellipse = Pen(style.line, 0.35, (1.2, 0.8), fill=style.line, opacity=0.08)
        canvas.path(frame.placed(one.ellipse_mm), ellipse, closed=True)
    points, pieces = frame.placed(one.cop_mm), min(pieces, max(len(one.cop_mm) - 1, 1))
    edges = np.linspace(0, len(points) - 1, pieces + 1).round().astype(int)
    for at, (first, last) in enumerate(pairwise(edges.tolist())):
        canvas.path(points[first : last + 1], Pen(course_colour(style, (at + 0.5) / pieces), 0.16))
    (mean,) = frame.placed(np.array([one.mean_mm]))
    canvas.mark(mean, style.symbol, mark_mm, Pen(MARK_EDGE, 0.3, fill=style.line))


def _midline(canvas: Canvas, frame: Frame) -> None:
    (middle,) = frame.placed(np.array([[0.0, frame.centre_mm[1]]]))
    top, bottom = frame.corner[1], frame.corner[1] + frame.height_mm
    canvas.line((middle[0], top), (middle[0], bottom), Pen(REFERENCE, 0.25, (0.3, 0.8)))


def _grid(canvas: Canvas, frame: Frame, half_mm: float, one: Footprint, words: Words) -> None:
    """Lines and numbers of the close-up, its titles and the foot's midline."""
    (left, top), size = frame.corner, frame.width_mm
    step_mm = next((step for step in STEPS_MM if 2 * half_mm / step <= MOST_STEPS), STEPS_MM[-1])
    for tick_mm in _ticks(-half_mm, half_mm, step_mm):
        (at,) = frame.placed(np.array([[tick_mm, frame.centre_mm[1]]]))
        canvas.line((at[0], top), (at[0], top + size), Pen(GRID, 0.15))
        canvas.text((at[0], top + size + 3.0), words.number(tick_mm, 0), 2.3)
    for tick_mm in _ticks(frame.centre_mm[1] - half_mm, frame.centre_mm[1] + half_mm, step_mm):
        (at,) = frame.placed(np.array([[0.0, tick_mm]]))
        canvas.line((left, at[1]), (left + size, at[1]), Pen(GRID, 0.15))
        canvas.text((left - 1.0, at[1] + 0.8), words.number(tick_mm, 0), 2.3, anchor="end")
    canvas.box(frame.corner, size, size, Pen(GRID, 0.2))
    _midline(canvas, frame)
    title = "figure.ml_unknown" if frame.side is None else f"figure.ml_{frame.side.value}"
    canvas.text((left + size / 2, top + size + 7.0), words(title), 2.4, colour=TEXT)
    canvas.text((left - 7.0, top + size / 2), words("figure.ap"), 2.4, colour=TEXT, upward=True)


def _ticks(low_mm: float, high_mm: float, step_mm: float) -> list[float]:
    first, last = int(np.ceil(low_mm / step_mm)), int(np.floor(high_mm / step_mm))
    return [step_mm * n for n in range(first, last + 1)]
