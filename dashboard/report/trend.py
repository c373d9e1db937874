"""One metric of both legs over the visits, for paper: each trial a dot, the means joined, the band of no change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from analysis.geometry import Side
from analysis.progress import Point, Progress
from dashboard.figures.palette import GRID, MARK_EDGE, REFERENCE, style_of
from dashboard.report.svg import Canvas, Pen
from dashboard.sentences import metric_label, side_label, unit_text
from dashboard.words import Words
from dashboard.words.dates import date_text

#: Sizes on paper. [mm]
WIDTH_MM, HEIGHT_MM = 84.0, 46.0
LEFT_MM, RIGHT_MM, TOP_MM, BOTTOM_MM = 11.0, 3.0, 3.0, 9.0
STEPS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
MOST_LINES = 6
MOST_DATES = 5
DATE_WIDTH_MM = 15.0


class _Plot:
    """Where a moment and a value lie on the paper."""

    def __init__(self, among: Sequence[Progress]) -> None:
        times = sorted(point.at for one in among for point in one.points)
        self.first, self.span_s = times[0], max((times[-1] - times[0]).total_seconds(), 1.0)
        points = [point for one in among for point in one.points]
        values = [value for point in points for value in (*point.values, point.mean) if value is not None]
        values += [end for one in among for end in one.band or ()]
        low, high = min(values, default=0.0), max(values, default=1.0)
        low = min(low, 0.0) if low < 0 or low < 0.5 * high else low
        self.step = next((step for step in STEPS if (high - low) / step <= MOST_LINES - 1), STEPS[-1])
        self.low = self.step * (low // self.step)
        self.high = self.step * (-((-high - 1e-9) // self.step))
        self.high = max(self.high, self.low + self.step)

    def x(self, at: datetime) -> float:
        part = (at - self.first).total_seconds() / self.span_s
        return LEFT_MM + 6.0 + part * (WIDTH_MM - LEFT_MM - RIGHT_MM - 12.0)

    def y(self, value: float) -> float:
        part = (value - self.low) / (self.high - self.low)
        return HEIGHT_MM - BOTTOM_MM - part * (HEIGHT_MM - BOTTOM_MM - TOP_MM)

    def lines(self) -> list[float]:
        return [self.low + n * self.step for n in range(round((self.high - self.low) / self.step) + 1)]


def drawn_trend(words: Words, one: Progress, among: Sequence[Progress] = ()) -> str:
    """One leg's trend as SVG, on the scale that holds all of ``among``. Means are joined where visits compare."""
    canvas, plot = Canvas(WIDTH_MM, HEIGHT_MM), _Plot([one, *among])
    right_mm = WIDTH_MM - RIGHT_MM
    style = style_of(one.side)
    for value in plot.lines():
        canvas.line((LEFT_MM, plot.y(value)), (right_mm, plot.y(value)), Pen(GRID, 0.15))
        places = 1 if plot.step < 1 else 0
        canvas.text((LEFT_MM - 1.0, plot.y(value) + 0.8), words.number(value, places), 2.3, anchor="end")
    if one.band is not None:
        low, high = one.band
        tall_mm = plot.y(low) - plot.y(high)
        fill = Pen(fill=REFERENCE, opacity=0.16)
        canvas.box((LEFT_MM, plot.y(high)), right_mm - LEFT_MM, tall_mm, fill)
    _joined(canvas, plot, one.points, Pen(style.line, 0.45))
    for point in one.points:
        for value in point.values:
            spot = (plot.x(point.at), plot.y(value))
            canvas.mark(spot, style.symbol, 1.1, Pen(style.line, 0.15, fill=style.line, opacity=0.35))
        if point.mean is not None:
            at = (plot.x(point.at), plot.y(point.mean))
            canvas.mark(at, style.symbol, 2.2, Pen(MARK_EDGE, 0.3, fill=style.line))
    _dates(canvas, plot, one.points, words)
    unit = unit_text(words, one.metric_id)
    title = words("report.axis", label=metric_label(words, one.metric_id), unit=unit)
    canvas.text((3.0, TOP_MM + (HEIGHT_MM - BOTTOM_MM - TOP_MM) / 2), title, 2.4, upward=True)
    return canvas.svg()


def _joined(canvas: Canvas, plot: _Plot, points: Sequence[Point], pen: Pen) -> None:
    """Means of neighbouring visits joined; a dotted upright where a visit does not compare with the one before."""
    for before, after in pairwise(points):
        if after.breaks:
            middle = (plot.x(before.at) + plot.x(after.at)) / 2
            canvas.line((middle, TOP_MM), (middle, HEIGHT_MM - BOTTOM_MM), Pen(REFERENCE, 0.25, (0.3, 0.8)))
        elif before.mean is not None and after.mean is not None:
            canvas.line((plot.x(before.at), plot.y(before.mean)), (plot.x(after.at), plot.y(after.mean)), pen)


def _dates(canvas: Canvas, plot: _Plot, points: Sequence[Point], words: Words) -> None:
    """Dates below, as many as there is room for; the first and the last always."""
    chosen = [points[0]]
    for point in points[1:-1]:
        far_enough = plot.x(point.at) - plot.x(chosen[-1].at) >= DATE_WIDTH_MM
        if far_enough and plot.x(points[-1].at) - plot.x(point.at) >= DATE_WIDTH_MM:
            chosen.append(point)
    if len(points) > 1:
        chosen.append(points[-1])
    for point in chosen:
        canvas.text((plot.x(point.at), HEIGHT_MM - 4.5), date_text(words, point.at), 2.3)


def trend_alt(words: Words, side: Side, metric_id: str) -> str:
    """What the picture shows, for those who cannot see it."""
    return words("report.trend_alt", side=side_label(words, side), label=metric_label(words, metric_id))
