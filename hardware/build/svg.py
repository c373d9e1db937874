"""Text of an SVG drawing, and where its words stand, so that a test can see what overlaps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

#: A4 landscape at four units to a millimetre of paper.
WIDTH, HEIGHT = 1188.0, 840.0
UNITS_PER_PAPER_MM = 4.0
FONT = "Inter, Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"
#: A generous width of a letter against its size: DejaVu Sans, the widest font of the list.
LETTER = 0.6
INK, QUIET, PAPER = "#14181f", "#4a5361", "#ffffff"

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text and the box it takes on the page. [units]"""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: Words) -> bool:
        """Whether the boxes share paper."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def number(value: float) -> str:
    """Two decimals at most, as short as can be."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def attributes(values: dict[str, str | float]) -> str:
    """Attributes as SVG writes them; `_` of a name becomes `-`."""
    shown = {name: value if isinstance(value, str) else number(value) for name, value in values.items()}
    return "".join(f" {name.rstrip('_').replace('_', '-')}={quoteattr(value)}" for name, value in shown.items())


@dataclass(slots=True)
class Drawing:
    """One page. Coordinates are units, y downwards; what is drawn later lies on top."""

    title: str
    description: str
    parts: list[str] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)

    def add(self, element: str, **values: str | float) -> None:
        """Any element without content."""
        self.parts.append(f"<{element}{attributes(values)}/>")

    def text(
        self, at: Point, text: str, size: float = 13, anchor: Anchor = "start", fill: str = INK, weight: str = "400"
    ) -> Words:
        """A line of text; `at` is on its base line. Returns the place it takes."""
        width = LETTER * size * len(text)
        left = at[0] - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        taken = Words(text, left, at[1] - 0.78 * size, left + width, at[1] + 0.22 * size)
        self.words.append(taken)
        values = attributes(
            {"x": at[0], "y": at[1], "font_size": size, "text_anchor": anchor, "fill": fill, "font_weight": weight}
        )
        self.parts.append(f"<text{values}>{escape(text)}</text>")
        return taken

    def lines(self, at: Point, texts: list[str], size: float = 13, step: float = 18, **style: str) -> None:
        """Text line below line, left-aligned."""
        for index, text in enumerate(texts):
            self.text((at[0], at[1] + index * step), text, size, fill=style.get("fill", INK))

    def box(self, left: float, top: float, width: float, height: float, **style: str | float) -> None:
        """A rectangle, outlined and filled with paper unless told otherwise."""
        usual: dict[str, str | float] = {"rx": 6, "fill": PAPER, "stroke": INK, "stroke_width": 1.6}
        self.add("rect", x=left, y=top, width=width, height=height, **(usual | style))

    def circle(self, at: Point, radius: float, **style: str | float) -> None:
        """A circle, outlined and filled with paper unless told otherwise."""
        usual: dict[str, str | float] = {"fill": PAPER, "stroke": INK, "stroke_width": 1.6}
        self.add("circle", cx=at[0], cy=at[1], r=radius, **(usual | style))

    def path(self, points: list[Point], **style: str | float) -> None:
        """A line through points."""
        usual: dict[str, str | float] = {"fill": "none", "stroke": INK, "stroke_width": 1.6, "stroke_linejoin": "round"}
        way = "M" + " L".join(f"{number(x)} {number(y)}" for x, y in points)
        self.add("path", d=way, **(usual | style))

    def arrow(self, tail: Point, head: Point, both: bool = False, **style: str | float) -> None:
        """A straight arrow, or one with two heads."""
        ends = {"marker_end": "url(#head)"} | ({"marker_start": "url(#head)"} if both else {})
        self.path([tail, head], **({"stroke_width": 1.2} | ends | style))

    def svg(self) -> str:
        """The whole file."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(WIDTH)} {number(HEIGHT)}" '
            f'width="297mm" height="210mm" role="img" font-family={quoteattr(FONT)}>'
        )
        marker = (
            '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" '
            f'orient="auto-start-reverse" markerUnits="userSpaceOnUse"><path d="M0 1 L10 5 L0 9 Z" fill="{INK}"/>'
            "</marker></defs>"
        )
        page = f'<rect width="{number(WIDTH)}" height="{number(HEIGHT)}" fill="{PAPER}"/>'
        about = f"<title>{escape(self.title)}</title>\n<desc>{escape(self.description)}</desc>"
        return "\n".join([head, about, marker, page, *self.parts, "</svg>", ""])


def overlapping(drawing: Drawing) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes share paper, and texts that leave the page (paired with "page")."""
    pairs = [
        (one.text, other.text)
        for index, one in enumerate(drawing.words)
        for other in drawing.words[index + 1 :]
        if one.touches(other)
    ]
    margin = 12.0
    outside = [
        (one.text, "page")
        for one in drawing.words
        if one.left < margin or one.top < margin or one.right > WIDTH - margin or one.bottom > HEIGHT - margin
    ]
    return pairs + outside
