"""Figures show the numbers of the result, and mirror the sides as two feet stand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest
from clinic import TEMPLATE, stood, unknown_axis
from numpy.typing import NDArray
from one_leg import place_after_place

from analysis.area import prediction_ellipse_area
from analysis.assess import AssessedTrial, assess_import
from analysis.geometry import Side
from analysis.settings import AnalysisSettings
from dashboard.figures.foot import foot_outline_mm
from dashboard.figures.palette import SIDES
from dashboard.figures.stabilogram import stabilogram
from dashboard.figures.statokinesigram import Footprint, close_up_half_mm, footprint, statokinesigram
from dashboard.words import load_words

Float = NDArray[np.float64]

WORDS = load_words()
BOTH = pytest.mark.parametrize("side", list(Side))


def assessed(side: Side, shift_mm: float) -> AssessedTrial:
    (trial,) = assess_import(stood(side, shift_mm), settings=AnalysisSettings(), footing=TEMPLATE)
    return trial


def print_of(trial: AssessedTrial) -> Footprint:
    drawn = footprint(trial)
    assert drawn is not None
    return drawn


def drawn(side: Side, shift_mm: float = 6.0) -> go.Figure:
    return statokinesigram(print_of(assessed(side, shift_mm)), 30.0, WORDS)


def trace(figure: go.Figure, name: str, axis: str = "x") -> go.Scatter:
    key = WORDS(f"figure.{name}")
    return next(one for one in figure.data if one.name == key and (one.xaxis or "x") == axis)


@BOTH
def test_the_mark_stands_at_the_lateral_shift_of_the_result(side: Side) -> None:
    """The mean is planted 6 mm lateral of the foot's midline: the mark stands there, and so says the result."""
    trial = assessed(side, 6.0)
    figure = statokinesigram(print_of(trial), 30.0, WORDS)
    shift_mm = trial.result.values["lateral_shift"].value
    assert trace(figure, "mean").x[0] == pytest.approx(shift_mm)
    assert shift_mm == pytest.approx(6.0, abs=0.1)


def path_of(figure: go.Figure, axis: str = "x") -> Float:
    """The path, put together from its pieces: neighbours share a sample."""
    pieces = [each for each in figure.data if each.name == WORDS("figure.cop") and (each.xaxis or "x") == axis]
    parts = [np.column_stack([piece.x, piece.y]) for piece in pieces]
    assert all(before[-1] == pytest.approx(after[0]) for before, after in pairwise(parts))
    return np.vstack([parts[0], *(part[1:] for part in parts[1:])])


@BOTH
def test_the_path_drawn_is_the_window_the_numbers_come_from(side: Side) -> None:
    trial = assessed(side, 6.0)
    figure = statokinesigram(print_of(trial), 30.0, WORDS)
    for axis in ("x", "x2"):
        from_the_middle = path_of(figure, axis) + np.array([TEMPLATE.half_spacing_mm, 0.0])
        assert from_the_middle == pytest.approx(trial.stance.window.xy_mm)


@BOTH
def test_plotly_takes_the_picture_that_is_drawn_without_its_checks(side: Side) -> None:
    figure = drawn(side)
    checked = go.Figure(figure.to_dict())
    assert len(checked.data) == len(figure.data) > 20


@BOTH
def test_the_path_tells_its_time_in_colours_of_its_side(side: Side) -> None:
    pieces = [each for each in drawn(side).data if each.name == WORDS("figure.cop") and (each.xaxis or "x") == "x"]
    colours = [piece.line.color for piece in pieces]
    assert len(set(colours)) == len(colours) > 10
    starts_s = [piece.customdata[0] for piece in pieces]
    assert starts_s == sorted(starts_s)


@BOTH
def test_the_ellipse_drawn_has_the_area_of_the_result(side: Side) -> None:
    """A polygon of 180 sides in an ellipse is smaller by 1 - sin(2 pi / 180) / (2 pi / 180) = 0.02 %."""
    trial = assessed(side, 6.0)
    ellipse = trace(statokinesigram(print_of(trial), 30.0, WORDS), "ellipse")
    x, y = np.asarray(ellipse.x), np.asarray(ellipse.y)
    shoelace = abs(float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))) / 2
    assert shoelace == pytest.approx(prediction_ellipse_area(trial.stance.window), rel=3e-4)
    assert shoelace == pytest.approx(trial.result.values["prediction_ellipse_area"].value, rel=3e-4)


def test_medial_edges_of_the_two_panels_face_each_other() -> None:
    """Coordinates are + lateral on both sides, so the left panel runs from lateral to medial, the right one back."""
    left, right = drawn(Side.LEFT).layout.xaxis.range, drawn(Side.RIGHT).layout.xaxis.range
    assert left == (30.0, -30.0)
    assert right == (-30.0, 30.0)


def test_a_lateral_shift_is_drawn_outwards_on_both_sides() -> None:
    """Left of the midline in the left panel, right of it in the right panel: part of the width from the left edge."""

    def place(figure: go.Figure) -> float:
        first, last = figure.layout.xaxis.range
        return float((trace(figure, "mean").x[0] - first) / (last - first))

    assert place(drawn(Side.LEFT)) == pytest.approx(0.5 - 6 / 60, abs=0.01)
    assert place(drawn(Side.RIGHT)) == pytest.approx(0.5 + 6 / 60, abs=0.01)


def test_the_whole_foot_stands_on_the_outer_side_of_its_panel() -> None:
    left, right = drawn(Side.LEFT).layout, drawn(Side.RIGHT).layout
    assert left.xaxis2.domain[1] < left.xaxis.domain[0]
    assert right.xaxis.domain[1] < right.xaxis2.domain[0]


@BOTH
def test_both_pictures_of_a_panel_hold_the_same_points(side: Side) -> None:
    figure = drawn(side)
    for name in ("mean", "ellipse"):
        assert list(trace(figure, name).x) == list(trace(figure, name, "x2").x)


def test_the_outline_is_as_long_and_wide_as_the_foot() -> None:
    foot = TEMPLATE.right
    outline = foot_outline_mm(foot)
    assert outline[:, 1].min() == pytest.approx(foot.heel_mm[1], abs=1.0)
    assert np.ptp(outline[:, 1]) == pytest.approx(foot.length_mm, rel=0.01)
    assert np.ptp(outline[:, 0]) == pytest.approx(foot.width_mm, rel=0.02)


def test_millimetres_are_as_long_in_ml_as_in_ap() -> None:
    layout = drawn(Side.LEFT).layout
    assert (layout.yaxis.scaleanchor, layout.yaxis2.scaleanchor) == ("x", "x2")


def test_the_close_up_holds_the_widest_trial_and_ends_at_a_round_number() -> None:
    """15 mm lateral on a 5 mm circle reaches 20 mm; the ellipse further: 15 + 5 / sqrt 2 sqrt(2 F) = 23.7 mm."""
    half_mm = close_up_half_mm([footprint(assessed(Side.LEFT, 2.0)), footprint(assessed(Side.RIGHT, 15.0)), None])
    assert half_mm == 25.0


def test_nothing_is_mirrored_where_the_ml_axis_is_not_known() -> None:
    for recording in unknown_axis():
        (trial,) = assess_import(recording, settings=AnalysisSettings())
        figure = statokinesigram(print_of(trial), 30.0, WORDS)
        assert figure.layout.xaxis.range == (-30.0, 30.0)
        assert figure.layout.xaxis.title.text == WORDS("figure.ml_unknown")
        assert trace(figure, "mean").x[0] == pytest.approx(0.0)


def test_a_trial_too_short_for_an_ellipse_is_drawn_without_one() -> None:
    recording = place_after_place([(8.0, 0.0), (5.0, 96.0), (4.0, 0.0)], declared=Side.RIGHT)
    (trial,) = assess_import(recording, settings=AnalysisSettings(), footing=TEMPLATE)
    assert not trial.result.usable
    one = print_of(trial)
    assert one.ellipse_mm is None
    assert WORDS("figure.ellipse") not in [each.name for each in statokinesigram(one, 30.0, WORDS).data]


@BOTH
def test_a_side_is_a_colour_and_a_shape(side: Side) -> None:
    mark = trace(drawn(side), "mean").marker
    assert (mark.color, mark.symbol) == (SIDES[side].line, SIDES[side].symbol)
    assert len({style.line for style in SIDES.values()}) == len({style.symbol for style in SIDES.values()}) == 2


@BOTH
def test_curves_are_the_whole_trial_with_its_phases(side: Side) -> None:
    trial = assessed(side, 6.0)
    figure, cop, phases = stabilogram(trial, WORDS), trial.stance.trial, trial.result.phases
    for curve, signal in zip(figure.data, (cop.xy_mm[:, 0], cop.xy_mm[:, 1], cop.fz_n), strict=True):
        assert np.asarray(curve.y) == pytest.approx(signal, nan_ok=True)
        assert np.asarray(curve.x) == pytest.approx(cop.time_s)
    marked = {(shape.x0, shape.x1) for shape in figure.layout.shapes}
    assert marked == {
        phases.bipedal_s,
        phases.static_s,
        (phases.foot_off_s, phases.foot_off_s),
        (phases.touch_down_s, phases.touch_down_s),
    }
