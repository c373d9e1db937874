"""Sheets to print at 1:1: the crosses for the weight of a calibration, and the places of the feet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import atan2, degrees, hypot, sqrt

from analysis.calibration_grid import GRIDS, Grid
from analysis.geometry import Side, from_lateral
from dashboard.figures.foot import foot_outline_mm
from dashboard.report.shapes import (
    GREY,
    PALE,
    THIN_MM,
    Point,
    Shape,
    bar,
    circle,
    drawn,
    label,
    line,
    polygon,
)
from dashboard.words import Words
from hardware.plates import PlateModel

#: Width and height of the paper. [mm]
PAPER_MM: dict[Grid, Point] = {Grid.A2: (420.0, 594.0), Grid.A3: (297.0, 420.0)}
ARM_MM, PUCK_MM = 12.0, 15.0
CORNER_NAMES = ("front_left", "front_right", "rear_right", "rear_left")

#: Plate frame -> sheet. [mm]
Laid = Callable[[Point], Point]


def straight(place: Point) -> Point:
    """The sheet lies square on the plate: up is to the front."""
    return place


def diagonal(place: Point) -> Point:
    """The sheet lies along the plate's diagonal: up is to the front right cell. Makes the diamond fit on A3."""
    x, y = place
    return (x - y) / sqrt(2), (x + y) / sqrt(2)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are on one sheet that are no crosses. [mm]

    ``axes``: half lengths of the plate's axes; ``front``: how far out its arrow; ``way``: how far out a cell's name.
    """

    laid: Laid
    axes: Point
    front: float
    way: float
    text: tuple[float, float, float]  # x, y from the lower edge, width
    bar_across: Point  # from the sheet's lower edge
    bar_upward: Point


LAYOUTS: dict[Grid, Layout] = {
    Grid.A2: Layout(straight, (202.0, 236.0), 232.0, 190.0, (0.0, 28.0, 340.0), (-150.0, 66.0), (140.0, 55.0)),
    Grid.A3: Layout(diagonal, (200.0, 200.0), 152.0, 95.0, (47.0, 45.0, 78.0), (-138.0, 28.0), (95.0, 16.0)),
}
FEET = Layout(straight, (140.0, 150.0), 148.0, 0.0, (88.0, 40.0, 100.0), (-138.0, 28.0), (25.0, 16.0))


def grid_sheet(words: Words, grid: Grid, model: PlateModel) -> bytes:
    """Nine numbered crosses and four hold-outs (H1 to H4), plate axes, ways to the cells, scale bars."""
    layout, paper_mm = LAYOUTS[grid], PAPER_MM[grid]
    title = words("sheet.grid.title", paper=grid.upper(), model=model.geometry.model)
    shapes = [
        *_axes(words, layout),
        *_ways(words, model, layout, paper_mm),
        *_plate_edges(words, model, layout, paper_mm),
    ]
    for number, place in enumerate(GRIDS[grid].fitted, 1):
        shapes += _cross(layout.laid(place), str(number), held_out=False)
    for number, place in enumerate(GRIDS[grid].held_out, 1):
        shapes += _cross(layout.laid(place), words("sheet.hold_out", n=number), held_out=True)
    shapes += _around(words, title, words(f"sheet.grid.lay_{grid.value}"), layout, paper_mm)
    return drawn(title, *paper_mm, shapes)


def foot_sheet(words: Words, model: PlateModel) -> bytes:
    """Both feet on their places, on A3 laid square on the plate: heel line, midlines, outlines, plate axes."""
    paper_mm = PAPER_MM[Grid.A3]
    title = words("sheet.feet.title", model=model.geometry.model)
    shapes = _axes(words, FEET)
    for side in Side:
        shapes += _foot(words, model, side)
    shapes += _around(words, title, words("sheet.feet.lay"), FEET, paper_mm)
    return drawn(title, *paper_mm, shapes)


def _around(words: Words, title: str, how: str, layout: Layout, paper_mm: Point) -> list[Shape]:
    """What every sheet says, and its two bars."""
    width_mm, top = paper_mm[0], paper_mm[1] / 2
    x, y, box_mm = layout.text
    return [
        label((0, top - 14), title, 7.0, bold=True, box_mm=width_mm - 20),
        label((0, top - 24), words("sheet.print"), 4.0, box_mm=width_mm - 20),
        label((x, y - top), how, 4.0, box_mm=box_mm, lines=5),
        *bar(words, (layout.bar_across[0], layout.bar_across[1] - top), upward=False),
        *bar(words, (layout.bar_upward[0], layout.bar_upward[1] - top), upward=True),
    ]


def _cross(place: Point, name: str, *, held_out: bool) -> list[Shape]:
    x, y = place
    grey = GREY if held_out else 0
    return [
        line((x - ARM_MM, y), (x + ARM_MM, y), width_mm=THIN_MM, grey=grey),
        line((x, y - ARM_MM), (x, y + ARM_MM), width_mm=THIN_MM, grey=grey),
        circle(place, PUCK_MM, grey=PALE, dashed=held_out),
        label((x + 14.5, y + 8.5), name, 6.0, bold=not held_out, grey=grey, box_mm=20.0),
    ]


def _axes(words: Words, layout: Layout) -> list[Shape]:
    """The plate's own axes and its front."""
    laid, (half_x, half_y), tip = layout.laid, layout.axes, layout.front
    return [
        line(laid((-half_x, 0.0)), laid((half_x, 0.0)), width_mm=THIN_MM, grey=GREY, dashed=True),
        line(laid((0.0, -half_y)), laid((0.0, half_y)), width_mm=THIN_MM, grey=GREY, dashed=True),
        line(laid((0.0, tip)), laid((-4.0, tip - 10.0)), grey=GREY),
        line(laid((0.0, tip)), laid((4.0, tip - 10.0)), grey=GREY),
        label(laid((16.0, tip - 6.0)), words("sheet.front"), 5.0, bold=True, grey=GREY, box_mm=40.0),
    ]


def _ways(words: Words, model: PlateModel, layout: Layout, paper_mm: Point) -> list[Shape]:
    """From the middle toward every cell as far as the paper goes, with its name along the way."""
    shapes = []
    for number, (cell, name) in enumerate(zip(model.geometry.cells_mm, CORNER_NAMES, strict=True)):
        x, y = layout.laid(cell)
        far = min((paper_mm[0] / 2 - 6) / max(abs(x), 1e-9), (paper_mm[1] / 2 - 36) / max(abs(y), 1e-9), 1.0)
        ahead_x, ahead_y = x / hypot(x, y), y / hypot(x, y)
        turn_deg = degrees(atan2(ahead_y, ahead_x))
        upright_deg = turn_deg - 180.0 if turn_deg > 90.5 else turn_deg + 180.0 if turn_deg < -89.5 else turn_deg
        aside = 4.0 if upright_deg == turn_deg else -4.0
        spot = (layout.way * ahead_x - aside * ahead_y, layout.way * ahead_y + aside * ahead_x)
        text = words("sheet.to_cell", n=number, corner=words(f"sheet.corner.{name}"))
        shapes.append(line((0.0, 0.0), (x * far, y * far), width_mm=THIN_MM, grey=PALE, dashed=True))
        shapes.append(circle((x * far, y * far), 2.0, grey=GREY))
        shapes.append(label(spot, text, 3.2, grey=GREY, turn_deg=upright_deg, box_mm=60.0))
    return shapes


def _plate_edges(words: Words, model: PlateModel, layout: Layout, paper_mm: Point) -> list[Shape]:
    """Edges of the plate, where they lie on the paper."""
    if model.geometry.surface_mm is None or layout.laid is diagonal:
        return []
    half_y_mm = model.geometry.surface_mm[1] / 2
    if half_y_mm > paper_mm[1] / 2:
        return []
    shapes = []
    for y in (half_y_mm, -half_y_mm):
        half_mm = paper_mm[0] / 2 - 10
        shapes.append(line((-half_mm, y), (half_mm, y), grey=GREY, dashed=True))
        shapes.append(label((half_mm - 45, y - 4.0), words("sheet.edge"), 3.5, grey=GREY, box_mm=90.0))
    return shapes


def _foot(words: Words, model: PlateModel, side: Side) -> list[Shape]:
    foot = model.template.of(side)
    outline = foot_outline_mm(foot)
    x_mm = from_lateral(outline[:, 0], side, foot.midline_x_mm)
    sole = list(zip(x_mm.tolist(), outline[:, 1].tolist(), strict=True))
    heel, toe = foot.heel_mm, foot.toe_mm
    half_mm = foot.width_mm / 2
    return [
        polygon(sole),
        line((heel[0], heel[1] - 4), (toe[0], toe[1] + 12), width_mm=THIN_MM, grey=GREY, dashed=True),
        line((heel[0] - half_mm, heel[1]), (heel[0] + half_mm, heel[1])),
        label((heel[0], heel[1] - 12), words(f"sheet.feet.{side.value}"), 6.0, bold=True, box_mm=80.0),
        label((toe[0], toe[1] + 18), words("sheet.feet.second_toe"), 3.5, grey=GREY, box_mm=80.0),
    ]
