"""Shapes of a drawing at 1:1, in mm from the middle of its sheet, y upward; and what every printed sheet carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dashboard.report.typeset import typeset
from dashboard.words import Words

Point = tuple[float, float]

THIN_MM, LINE_MM = 0.18, 0.3
BLACK, GREY, PALE = 0, 110, 170
BAR_MM = 100.0


@dataclass(frozen=True, slots=True)
class Shape:
    """One line, polygon, circle or text. Lengths in mm; ``grey`` 0 is black, 255 white; ``turn_deg`` to the left."""

    kind: Literal["line", "polygon", "circle", "text"]
    points: tuple[Point, ...]
    width_mm: float = LINE_MM
    grey: int = BLACK
    dashed: bool = False
    radius_mm: float = 0.0
    text: str = ""
    size_mm: float = 4.0
    bold: bool = False
    turn_deg: float = 0.0
    box_mm: float = 100.0
    lines: int = 1


def line(start: Point, end: Point, *, grey: int = BLACK, width_mm: float = LINE_MM, dashed: bool = False) -> Shape:
    """A straight line."""
    return Shape("line", (start, end), width_mm, grey, dashed)


def circle(centre: Point, radius_mm: float, *, grey: int = BLACK, dashed: bool = False) -> Shape:
    """A circle."""
    return Shape("circle", (centre,), THIN_MM, grey, dashed, radius_mm=radius_mm)


def polygon(points: Sequence[Point], *, grey: int = BLACK) -> Shape:
    """A closed outline."""
    return Shape("polygon", tuple(points), LINE_MM, grey)


def label(
    centre: Point,
    text: str,
    size_mm: float = 4.0,
    *,
    grey: int = BLACK,
    bold: bool = False,
    turn_deg: float = 0.0,
    box_mm: float = 100.0,
    lines: int = 1,
) -> Shape:
    """Text about a point, wrapped within `box_mm`."""
    return Shape(
        "text",
        (centre,),
        0.0,
        grey,
        text=text,
        size_mm=size_mm,
        bold=bold,
        turn_deg=turn_deg,
        box_mm=box_mm,
        lines=lines,
    )


def bar(words: Words, start: Point, *, upward: bool) -> list[Shape]:
    """A scale bar of 100 mm to the right or upward: a sheet has both, for printers can stretch one way only."""
    x, y = start

    def along(far: float, aside: float) -> Point:
        return (x + aside, y + far) if upward else (x + far, y + aside)

    ticks = [
        line(along(10.0 * tick, 0.0), along(10.0 * tick, -4.0 if tick % 5 == 0 else -2.0), width_mm=THIN_MM)
        for tick in range(11)
    ]
    named = label(along(BAR_MM / 2, -7.0), words("sheet.bar"), 3.5, turn_deg=90.0 if upward else 0.0)
    return [line(start, along(BAR_MM, 0.0)), *ticks, named]


def drawn(title: str, width_mm: float, height_mm: float, shapes: Sequence[Shape]) -> bytes:
    """Shapes as a PDF of one page of this size."""
    document: dict[str, Any] = {
        "title": title,
        "width_mm": width_mm,
        "height_mm": height_mm,
        "shapes": [asdict(shape) for shape in shapes],
    }
    return typeset("drawing", document)
