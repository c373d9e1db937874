"""The report's pictures: both legs mirror each other, lateral points outwards, every point lies where it was."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from analysis.geometry import Side
from dashboard.figures.statokinesigram import Footprint
from dashboard.report.footprints import AXIS_MM, SQUARE_MM, WIDTH_MM, drawn_foot, drawn_footprint
from dashboard.words import load_words
from hardware.plates import load_plate_model

TEMPLATE = load_plate_model("reference-a").template
Place = tuple[float, float]
SVG = "{http://www.w3.org/2000/svg}"
HALF_MM = 20.0
SCALE = SQUARE_MM / (2 * HALF_MM)


def corner(side: Side | None, *, known: bool = True) -> Footprint:
    """An L of three points: 10 mm lateral and 5 mm forward of the midline, then 10 mm lateral, then on the midline."""
    cop_mm = np.array([[10.0, 5.0], [10.0, 0.0], [0.0, 0.0]])
    foot = TEMPLATE.of(side) if side is not None and known else None
    return Footprint(np.arange(3.0), cop_mm, None, (0.0, 0.0), side, known, foot)


def points_of(path: ElementTree.Element) -> list[Place]:
    """Corners of a path, in paper mm from the upper left."""
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.attrib["d"])]


def traces(svg: str) -> list[ElementTree.Element]:
    """Pieces of the CoP's path: the thinnest lines."""
    drawn = ElementTree.fromstring(svg).iter(f"{SVG}path")  # noqa: S314 - our own
    return [path for path in drawn if path.attrib["stroke-width"] == "0.16"]


def joined(pieces: list[ElementTree.Element]) -> list[Place]:
    """Pieces that share their ends as one line."""
    places = [points_of(piece) for piece in pieces]
    return [*places[0], *(place for piece in places[1:] for place in piece[1:])]


def near_path(side: Side | None, *, known: bool = True) -> np.ndarray:
    """The trace in the close-up, which is drawn first: an L has two pieces."""
    svg = drawn_footprint(corner(side, known=known), HALF_MM, load_words())
    return np.array(joined(traces(svg)[:2]))


def test_lateral_points_outwards_on_either_side() -> None:
    """Seen from above the left foot's lateral border is left, the right one's right: 10 mm are 10 mm of the scale."""
    left, right = near_path(Side.LEFT), near_path(Side.RIGHT)
    assert left[1, 0] - left[2, 0] == pytest.approx(-10 * SCALE, abs=0.02)
    assert right[1, 0] - right[2, 0] == pytest.approx(10 * SCALE, abs=0.02)


@pytest.mark.parametrize("side", Side)
def test_forward_points_upwards(side: Side) -> None:
    path = near_path(side)
    assert path[0, 1] - path[1, 1] == pytest.approx(-5 * SCALE, abs=0.02)


def test_the_midline_of_the_foot_is_the_middle_of_the_close_up() -> None:
    assert near_path(Side.RIGHT)[2, 0] == pytest.approx(AXIS_MM + SQUARE_MM / 2, abs=0.02)
    assert near_path(Side.LEFT)[2, 0] == pytest.approx(WIDTH_MM - 2 - SQUARE_MM / 2, abs=0.02)


def test_where_the_direction_is_not_known_nothing_is_mirrored() -> None:
    left, none = near_path(Side.LEFT, known=False), near_path(None)
    assert left[1, 0] - left[2, 0] == pytest.approx(10 * SCALE, abs=0.02)
    assert none[1, 0] - none[2, 0] == pytest.approx(10 * SCALE, abs=0.02)


@pytest.mark.parametrize("side", Side)
def test_the_cop_on_the_whole_foot_lies_on_the_side_it_was_on(side: Side) -> None:
    """10 mm lateral of the midline: left of it on the left foot."""
    foot = TEMPLATE.of(side)
    trace = joined(traces(drawn_foot(corner(side), foot)))
    assert (trace[1][0] < trace[2][0]) is (side is Side.LEFT)


def test_the_big_toe_lies_toward_the_other_foot() -> None:
    """Seen from above the toes' end of the sole lies medial of its midline: right of it on the left foot."""
    for side in Side:
        svg = drawn_foot(corner(side), TEMPLATE.of(side))
        drawn = ElementTree.fromstring(svg).iter(f"{SVG}path")  # noqa: S314 - our own
        sole = max(map(points_of, drawn), key=len)
        toe_x = min(sole, key=lambda point: point[1])[0]
        assert (toe_x > 30.0) is (side is Side.LEFT)


def test_a_gap_in_the_recording_stays_a_gap_in_the_line() -> None:
    one = corner(Side.LEFT)
    one.cop_mm[1] = np.nan
    svg = drawn_footprint(one, HALF_MM, load_words())
    assert "nan" not in svg.lower()
    assert not any("L" in piece.attrib["d"] for piece in traces(svg))


def test_the_path_takes_on_the_colours_of_its_time() -> None:
    first, last = traces(drawn_footprint(corner(Side.LEFT), HALF_MM, load_words()))[:2]
    assert first.attrib["stroke"] != last.attrib["stroke"]
