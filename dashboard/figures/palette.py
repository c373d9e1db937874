"""The only colours of figures. A side is always a colour and a marker shape, never a colour alone.

Neutral parts (axis text, grid, reference lines) get their final colour from `assets/app.css`, so that one figure is
right in light and dark; what stands here is their light form, for figures that leave the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.geometry import Side


@dataclass(frozen=True, slots=True)
class SideStyle:
    """Line colour, the same colour as a faint fill, and marker symbol of one side.

    ``course``: colours of a path from its beginning over its middle to its end; they show on light and dark ground.
    """

    line: str
    fill: str
    symbol: str
    course: tuple[tuple[int, int, int], ...] = ((138, 149, 163), (107, 118, 131), (74, 85, 98))


SIDES: dict[Side, SideStyle] = {
    Side.LEFT: SideStyle(
        "#1d6fb8", "rgba(29,111,184,0.10)", "circle", ((29, 178, 196), (29, 111, 184), (112, 72, 200))
    ),
    Side.RIGHT: SideStyle("#c2570c", "rgba(194,87,12,0.10)", "diamond", ((214, 158, 20), (194, 87, 12), (190, 30, 90))),
}
#: Cells of a plate, by number. Colours that mean no side.
CELLS: tuple[SideStyle, ...] = (
    SideStyle("#0f766e", "rgba(15,118,110,0.10)", "circle"),
    SideStyle("#7c3aed", "rgba(124,58,237,0.10)", "square"),
    SideStyle("#a16207", "rgba(161,98,7,0.10)", "triangle-up"),
    SideStyle("#be185d", "rgba(190,24,93,0.10)", "diamond-tall"),
)
NO_SIDE = SideStyle("#6b7683", "rgba(107,118,131,0.10)", "square")

TEXT = "#3b4652"
GRID = "#e3e7ec"
REFERENCE = "#7b8794"
FOOT_FILL = "rgba(123,135,148,0.14)"
BIPEDAL_FILL = "rgba(123,135,148,0.16)"
STATIC_FILL = "rgba(15,118,110,0.12)"
MARK_EDGE = "#ffffff"
CLEAR = "rgba(0,0,0,0)"
FONT = "Inter, system-ui, sans-serif"
#: What every figure of curves stands on.
GROUND: Mapping[str, object] = {
    "template": "none",
    "font": {"family": FONT, "color": TEXT, "size": 12},
    "paper_bgcolor": CLEAR,
    "plot_bgcolor": CLEAR,
    "hovermode": "x unified",
}


def style_of(side: Side | None) -> SideStyle:
    """The style of a side; neutral where the side is not known."""
    return SIDES[side] if side is not None else NO_SIDE


def course_colour(style: SideStyle, part: float) -> str:
    """Colour of a path after this part of its time, 0 to 1."""
    place = min(max(part, 0.0), 1.0) * (len(style.course) - 1)
    at = min(int(place), len(style.course) - 2)
    mixed = (a + (b - a) * (place - at) for a, b in zip(style.course[at], style.course[at + 1], strict=True))
    return "rgb({},{},{})".format(*(round(part) for part in mixed))


def course_gradient(style: SideStyle) -> str:
    """The colours of a path from its beginning to its end, for a style sheet."""
    return f"linear-gradient(90deg, {', '.join(course_colour(style, part) for part in (0.0, 0.5, 1.0))})"
