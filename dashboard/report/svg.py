"""A drawing as SVG, in millimetres of paper from its upper left corner: what the report's pictures are made of.

Numbers are rounded to a hundredth of a millimetre, so that the same recording gives the same file everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from dashboard.figures.palette import CLEAR, TEXT
from dashboard.report.glyphs import printable

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

POINTS_PER_MM = 72 / 25.4


@dataclass(frozen=True, slots=True)
class Pen:
    """How a line is drawn and filled. [mm]"""

    colour: str = CLEAR
    width_mm: float = 0.2
    dash_mm: tuple[float, ...] = ()
    fill: str = CLEAR
    opacity: float = 1.0

    def attributes(self) -> str:
        """As attributes of an SVG element."""
        stroke, fill = ("none" if each == CLEAR else each for each in (self.colour, self.fill))
        dash = f' stroke-dasharray="{" ".join(_short(part) for part in self.dash_mm)}"' if self.dash_mm else ""
        ends = f'stroke-width="{_short(self.width_mm)}" stroke-linejoin="round" stroke-linecap="round"{dash}'
        return f'fill="{fill}" fill-opacity="{_short(self.opacity)}" stroke="{stroke}" {ends}'


def _short(number: float) -> str:
    """Two decimals, no trailing zeros, no minus zero."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _place(point: Point) -> str:
    return f"{_short(point[0])} {_short(point[1])}"


@dataclass(slots=True)
class Canvas:
    """Collects shapes. x to the right, y downward. [mm]"""

    width_mm: float
    height_mm: float
    parts: list[str] = field(default_factory=list)

    def path(self, points: Iterable[Point], pen: Pen, *, closed: bool = False) -> None:
        """A line through points; it is broken where one is not finite."""
        pieces, begun = [], False
        for point in points:
            if not all(map(isfinite, point)):
                begun = False
                continue
            pieces.append(f"{'L' if begun else 'M'}{_place(point)}")
            begun = True
        if pieces:
            self.parts.append(f'<path d="{"".join(pieces)}{"Z" if closed else ""}" {pen.attributes()}/>')

    def line(self, start: Point, end: Point, pen: Pen) -> None:
        """A straight line."""
        self.path((start, end), pen)

    def box(self, corner: Point, width_mm: float, height_mm: float, pen: Pen) -> None:
        """A rectangle from its upper left corner."""
        size = f'width="{_short(width_mm)}" height="{_short(height_mm)}"'
        self.parts.append(f'<rect x="{_short(corner[0])}" y="{_short(corner[1])}" {size} {pen.attributes()}/>')

    def mark(self, centre: Point, symbol: str, size_mm: float, pen: Pen) -> None:
        """A circle, diamond or square about a point: the shape that stands for a side."""
        half, (x, y) = size_mm / 2, centre
        if symbol == "circle":
            at = f'cx="{_short(x)}" cy="{_short(y)}" r="{_short(half)}"'
            self.parts.append(f"<circle {at} {pen.attributes()}/>")
            return
        far = half * (1.3 if symbol == "diamond" else 0.9)
        corners = ((0.0, -far), (far, 0.0), (0.0, far), (-far, 0.0))
        if symbol != "diamond":
            corners = ((-far, -far), (far, -far), (far, far), (-far, far))
        self.path([(x + dx, y + dy) for dx, dy in corners], pen, closed=True)

    def text(
        self,
        at: Point,
        text: str,
        size_mm: float = 2.5,
        *,
        anchor: Anchor = "middle",
        colour: str = TEXT,
        upward: bool = False,
        bold: bool = False,
    ) -> None:
        """Text on its base line."""
        turn = f' transform="rotate(-90 {_place(at)})"' if upward else ""
        weight = ' font-weight="600"' if bold else ""
        placed = f'x="{_short(at[0])}" y="{_short(at[1])}" font-size="{_short(size_mm)}" text-anchor="{anchor}"'
        look = f'fill={quoteattr(colour)} font-family="Inter"{weight}{turn}'
        self.parts.append(f"<text {placed} {look}>{escape(printable(text))}</text>")

    def clipped(self, corner: Point, width_mm: float, height_mm: float, name: str) -> None:
        """Cut whatever was drawn so far at a rectangle."""
        size = f'width="{_short(width_mm)}" height="{_short(height_mm)}"'
        area = f'<rect x="{_short(corner[0])}" y="{_short(corner[1])}" {size}/>'
        inside = "".join(self.parts)
        self.parts = [f'<clipPath id="{name}">{area}</clipPath><g clip-path="url(#{name})">{inside}</g>']

    def svg(self) -> str:
        """The drawing."""
        size = f'width="{_short(self.width_mm)}mm" height="{_short(self.height_mm)}mm"'
        view = f'viewBox="0 0 {_short(self.width_mm)} {_short(self.height_mm)}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view}>{"".join(self.parts)}</svg>'
