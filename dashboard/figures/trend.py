"""Trends over visits: one leg with its trials and band, and left against right over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go

from analysis.geometry import Side
from analysis.metrics import METRICS
from analysis.progress import Point, Progress
from dashboard.figures.palette import GRID, GROUND, MARK_EDGE, NO_SIDE, REFERENCE, STATIC_FILL, style_of
from dashboard.progress_view import DifferencePoint, Event, StrengthPoint
from dashboard.sentences import number_text, side_label, unit_text
from dashboard.words import Words
from dashboard.words.dates import date_text

MARGIN = {"l": 56, "r": 16, "t": 56, "b": 40}
#: Room beside the first and the last visit, as a part of their distance; days where there is one visit only.
ROOM_PART, ROOM_DAYS = 0.06, 7

RATIO_TICKS = (0.2, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 5)

Span = tuple[datetime, datetime]


def span_of(times: Sequence[datetime]) -> Span:
    """From before the first to after the last of these times: one span for all trends of a page."""
    first, last = min(times), max(times)
    room = max((last - first) * ROOM_PART, timedelta(days=ROOM_DAYS if first == last else 1))
    return first - room, last + room


def range_of(legs: Sequence[Progress | None]) -> tuple[float, float] | None:
    """Range of values that holds every trial and band of both legs: one scale for left and right."""
    values = [value for leg in legs if leg is not None for point in leg.points for value in point.values]
    values += [end for leg in legs if leg is not None and leg.band is not None for end in leg.band]
    if not values:
        return None
    room = 0.08 * (max(values) - min(values) or 1.0)
    low, high = min(values) - room, max(values) + room
    return (max(low, 0.0) if min(values) >= 0 else low, high)


def trend(
    leg: Progress,
    span: Span,
    values: tuple[float, float] | None,
    events: Sequence[Event],
    words: Words,
) -> go.Figure:
    """One leg: every trial as a dot, the mean of each visit, the band; a line only joins visits that compare."""
    figure = go.Figure([*_lines(leg), _trials(leg, words), _means(leg, words)])
    metric = METRICS[leg.metric_id]
    title = " ".join(part for part in (words(f"metric.{metric.id}.label"), f"[{unit_text(words, metric.id)}]") if part)
    reach: dict[str, Any] = {} if values is None else {"range": list(values)}
    figure.update_layout(
        **{**GROUND, "hovermode": "closest"},
        margin=MARGIN,
        showlegend=False,
        shapes=[*_band(leg), *_breaks(leg), *_event_lines(events, span)],
        annotations=[*_break_names(leg, words), *_event_names(events, span)],
        xaxis=_time_axis(span),
        yaxis={
            "title": {"text": title, "standoff": 6},
            "gridcolor": GRID,
            "zeroline": False,
            "fixedrange": True,
            **reach,
        },
    )
    return figure


def difference_trend(points: Sequence[DifferencePoint], span: Span, events: Sequence[Event], words: Words) -> go.Figure:
    """Left against right at each visit with its 95 % interval; a filled mark is beyond test variability."""
    is_ratio = all(point.comparison.kind == "ratio" for point in points)
    mdc = next((point.comparison.mdc for point in points if point.comparison.mdc is not None), None)
    estimates = [point.comparison.estimate or 0.0 for point in points]
    ends = [point.comparison.ci95 or (each, each) for point, each in zip(points, estimates, strict=True)]
    symbols = ["square" if point.comparison.flag else "square-open" for point in points]
    marks = go.Scatter(
        x=[_naive(point.at) for point in points],
        y=estimates,
        error_y={
            "type": "data",
            "array": [high - each for (_, high), each in zip(ends, estimates, strict=True)],
            "arrayminus": [each - low for (low, _), each in zip(ends, estimates, strict=True)],
            "color": NO_SIDE.line,
            "thickness": 1.5,
        },
        mode="markers",
        marker={"symbol": symbols, "size": 11, "color": NO_SIDE.line, "line": {"width": 2, "color": NO_SIDE.line}},
        text=[point.text for point in points],
        hovertemplate="%{text}<extra></extra>",
    )
    figure = go.Figure([marks])
    title = words("progress.ratio_axis" if is_ratio else "progress.difference_axis")
    axis = {"title": {"text": title, "standoff": 6}, "gridcolor": GRID, "zeroline": False, "fixedrange": True}
    band = _mdc_band(mdc) if mdc is not None and not is_ratio else []
    figure.update_layout(
        **{**GROUND, "hovermode": "closest"},
        margin=MARGIN,
        showlegend=False,
        shapes=[*band, _level(1.0 if is_ratio else 0.0), *_event_lines(events, span)],
        annotations=_event_names(events, span),
        xaxis=_time_axis(span),
        yaxis=axis | ({"type": "log", "tickvals": RATIO_TICKS} if is_ratio else {}),
    )
    return figure


def strength_trend(points: Sequence[StrengthPoint], span: Span, events: Sequence[Event], words: Words) -> go.Figure:
    """Measured strength of both legs with its 95 % interval. [N m]"""
    traces = [_strength(side, [point for point in points if point.side is side], words) for side in Side]
    figure = go.Figure(traces)
    title = {"text": words("progress.strength_axis"), "standoff": 6}
    figure.update_layout(
        **{**GROUND, "hovermode": "closest"},
        margin=MARGIN,
        showlegend=False,
        shapes=_event_lines(events, span),
        annotations=_event_names(events, span),
        xaxis=_time_axis(span),
        yaxis={"title": title, "gridcolor": GRID, "zeroline": False, "fixedrange": True, "rangemode": "tozero"},
    )
    return figure


def _strength(side: Side, points: Sequence[StrengthPoint], words: Words) -> go.Scatter:
    style = style_of(side)
    reach = [point.moment.ci95[1] - point.moment.value for point in points]
    return go.Scatter(
        x=[_naive(point.at) for point in points],
        y=[point.moment.value for point in points],
        error_y={"type": "data", "array": reach, "color": style.line, "thickness": 1.2},
        mode="lines+markers",
        name=side_label(words, side),
        line={"color": style.line, "width": 2},
        marker={"symbol": style.symbol, "size": 12, "line": {"color": MARK_EDGE, "width": 1.5}},
        text=[point.text for point in points],
        hovertemplate="%{text}<extra></extra>",
    )


def _naive(at: datetime) -> datetime:
    """The station's own clock, which plotly would else turn into another one."""
    return at.replace(tzinfo=None)


def _time_axis(span: Span) -> dict[str, Any]:
    ends = [_naive(at) for at in span]
    return {
        "range": ends,
        "type": "date",
        "gridcolor": GRID,
        "zeroline": False,
        "fixedrange": True,
        "nticks": 6,
    }


def _stretches(leg: Progress) -> list[list[Point]]:
    """Visits in a row that compare with each other and have a mean."""
    found: list[list[Point]] = [[]]
    for point in leg.points:
        if point.breaks or point.mean is None:
            found.append([])
        if point.mean is not None:
            found[-1].append(point)
    return [stretch for stretch in found if stretch]


def _lines(leg: Progress) -> list[go.Scatter]:
    line = {"color": style_of(leg.side).line, "width": 2}
    return [
        go.Scatter(
            x=[_naive(point.at) for point in stretch],
            y=[point.mean for point in stretch],
            mode="lines",
            line=line,
            hoverinfo="skip",
        )
        for stretch in _stretches(leg)
        if len(stretch) > 1
    ]


def _trials(leg: Progress, words: Words) -> go.Scatter:
    pairs = [(point.at, value) for point in leg.points for value in point.values]
    style = style_of(leg.side)
    return go.Scatter(
        x=[_naive(at) for at, _ in pairs],
        y=[value for _, value in pairs],
        mode="markers",
        name=words("progress.trial"),
        marker={"symbol": f"{style.symbol}-open", "size": 7, "color": style.line, "line": {"width": 1.2}},
        hovertemplate=words("progress.trial_hover"),
        text=[number_text(words, leg.metric_id, value) for _, value in pairs],
    )


def _means(leg: Progress, words: Words) -> go.Scatter:
    shown = [point for point in leg.points if point.mean is not None]
    style = style_of(leg.side)
    texts = []
    for point in shown:
        text = number_text(words, leg.metric_id, point.mean or 0.0)
        text = words("value.at_least", value=text) if point.censored else text
        texts.append(words("progress.mean_hover", date=date_text(words, point.at), value=text, n=len(point.values)))
    return go.Scatter(
        x=[_naive(point.at) for point in shown],
        y=[point.mean for point in shown],
        mode="markers",
        name=words("progress.mean"),
        marker={
            "symbol": ["triangle-up" if point.censored else style.symbol for point in shown],
            "size": 13,
            "color": style.line,
            "line": {"color": MARK_EDGE, "width": 1.5},
        },
        hovertemplate="%{text}<extra></extra>",
        text=texts,
    )


def _band(leg: Progress) -> list[dict[str, Any]]:
    if leg.band is None:
        return []
    place = {"x0": 0, "x1": 1, "xref": "paper", "y0": leg.band[0], "y1": leg.band[1], "yref": "y"}
    return [{"type": "rect", "layer": "below", "fillcolor": STATIC_FILL, "line": {"width": 0}, **place}]


def _mdc_band(mdc: float) -> list[dict[str, Any]]:
    place = {"x0": 0, "x1": 1, "xref": "paper", "y0": -mdc, "y1": mdc, "yref": "y"}
    return [{"type": "rect", "layer": "below", "fillcolor": STATIC_FILL, "line": {"width": 0}, **place}]


def _level(at: float) -> dict[str, Any]:
    line = {"color": REFERENCE, "width": 1.5, "dash": "dot"}
    return {"type": "line", "layer": "below", "line": line, "x0": 0, "x1": 1, "xref": "paper", "y0": at, "y1": at}


def _upright(at: datetime, dash: str) -> dict[str, Any]:
    line = {"color": REFERENCE, "width": 1.5, "dash": dash}
    return {"type": "line", "line": line, "x0": _naive(at), "x1": _naive(at), "y0": 0, "y1": 1, "yref": "paper"}


def _name(at: datetime, text: str, y: float) -> dict[str, Any]:
    place = {"x": _naive(at), "y": y, "yref": "paper", "yanchor": "bottom", "xanchor": "center"}
    return {"text": text, "showarrow": False, "font": {"size": 12}, **place}


def _broken(leg: Progress) -> list[tuple[datetime, Point]]:
    """Halfway between the visits that do not compare, and the later one."""
    return [
        (before.at + (after.at - before.at) / 2, after)
        for before, after in zip(leg.points, leg.points[1:], strict=False)
        if after.breaks
    ]


def _breaks(leg: Progress) -> list[dict[str, Any]]:
    return [_upright(at, "dashdot") for at, _ in _broken(leg)]


def _break_names(leg: Progress, words: Words) -> list[dict[str, Any]]:
    return [_name(at, words("progress.break_mark"), 1.0) for at, _ in _broken(leg)]


def _event_lines(events: Sequence[Event], span: Span) -> list[dict[str, Any]]:
    return [_upright(event.at, "dash") for event in _within(events, span)]


def _event_names(events: Sequence[Event], span: Span) -> list[dict[str, Any]]:
    """Names on two levels in turn: events follow one another closely."""
    return [_name(event.at, event.text, 1.07 + 0.09 * (n % 2)) for n, event in enumerate(_within(events, span))]


def _within(events: Sequence[Event], span: Span) -> list[Event]:
    first, last = (_naive(at) for at in span)
    return [event for event in events if first <= event.at <= last]
