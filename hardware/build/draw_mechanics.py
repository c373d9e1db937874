"""Draw `mechanics.svg`: the plate from above and from the side at 1:4, and one corner at 1:1 on A4.

python -m hardware.build.draw_mechanics
"""

from __future__ import annotations

from pathlib import Path

from hardware.build import mechanics as plate
from hardware.build.draw_wiring import PLACE_NAMES
from hardware.build.svg import INK, PAPER, QUIET, WIDTH, Anchor, Drawing, Point

TARGET = Path(__file__).resolve().parent / "mechanics.svg"

#: On A4 a unit is a quarter of a millimetre: 1 unit for 1 mm is 1:4, 4 units are 1:1.
CENTRE: Point = (320.0, 378.0)
FULL = 4.0
SCALE_BAR_MM = 50.0
SURFACE = plate.CELLS_ABOVE_FLOOR_MM + plate.SURFACE_ABOVE_CELLS_MM
UNDER = SURFACE - plate.TOP_THICKNESS_MM
METAL, CELL, WOOD, RUBBER = "#dfe4ea", "#b9c6d8", "#efe3cd", "#4a5361"
HATCH = (
    '<defs><pattern id="edge" width="14" height="14" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="14" height="14" fill="#fff3c4"/><rect width="6" height="14" fill="#e3b505"/></pattern></defs>'
)


def above(x_mm: float, y_mm: float) -> Point:
    """Where a place of the plate lies on the page."""
    return CENTRE[0] + x_mm, CENTRE[1] - y_mm


def dimension(page: Drawing, one: Point, other: Point, text: str, at: Point | None = None) -> None:
    """A dimension line with arrow heads, its text on paper in the middle or at a place of its own."""
    page.arrow(one, other, both=True)
    middle = ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2) if at is None else at
    width = 0.6 * 13 * len(text) + 8
    if at is None:
        page.add("rect", x=middle[0] - width / 2, y=middle[1] - 9, width=width, height=18, fill=PAPER)
    page.text((middle[0], middle[1] + 4.5), text, anchor="middle")


def draw_outlines(page: Drawing) -> None:
    """Opening of the apron, top, and the edge that nobody stands on."""
    half = plate.TOP_MM / 2
    opening = half + plate.APRON_GAP_MM
    page.box(
        *above(-opening, opening), 2 * opening, 2 * opening, rx=2, fill=WOOD, stroke_width=1, stroke_dasharray="5 4"
    )
    page.box(*above(-half, half), 2 * half, 2 * half, rx=4, fill="url(#edge)", stroke_width=2)
    inner = half - plate.EDGE_MARK_MM
    page.box(*above(-inner, inner), 2 * inner, 2 * inner, rx=2, stroke_width=1)


def draw_feet(page: Drawing) -> None:
    """The foot template: where the standing feet go."""
    marks = plate.PLATE["template"]
    length, width = marks["length_mm"], marks["width_mm"]
    middle_y = (marks["heel_y_mm"] + marks["toe_y_mm"]) / 2
    for x in (-marks["half_spacing_mm"], marks["half_spacing_mm"]):
        left, top = above(x - width / 2, middle_y + length / 2)
        page.box(
            left, top, width, length, rx=width / 2, fill="none", stroke=QUIET, stroke_dasharray="6 5", stroke_width=1.2
        )
    page.text(above(0, 168), "foot template", anchor="middle", fill=QUIET)


def draw_cells(page: Drawing) -> None:
    """Cells with number, name and place."""
    radius = plate.CELL_BODY_MM / 2
    for cell, (x, y) in enumerate(plate.PLATE["cells_mm"]):
        centre = above(x, y)
        page.circle(centre, radius, fill=CELL)
        page.text((centre[0], centre[1] + 10), str(cell), size=28, anchor="middle", weight="700")
        inwards: Anchor = "start" if x < 0 else "end"
        label = above(x + (38 if x < 0 else -38), y + (-20 if y > 0 else 29))
        page.text(label, PLACE_NAMES[cell], anchor=inwards, weight="700")
        page.text((label[0], label[1] + 17), f"{x:+d}, {y:+d}", anchor=inwards, fill=QUIET)


def draw_axes(page: Drawing) -> None:
    """The plate's frame."""
    page.arrow(above(0, 0), above(0, 92), stroke_width=1.6)
    page.arrow(above(0, 0), above(76, 0), stroke_width=1.6)
    page.circle(above(0, 0), 4, fill=INK)
    page.text(above(0, 104), "y forward", anchor="middle")
    page.text(above(58, 12), "x right")
    page.text(above(0, -22), "0, 0", anchor="middle", fill=QUIET)


def draw_top_view(page: Drawing) -> None:
    """The left half of the page."""
    page.text((28, 84), "From above, 1:4", size=16, weight="700")
    page.text((190, 84), "the person looks up the page; millimetres", fill=QUIET)
    draw_outlines(page)
    draw_feet(page)
    draw_cells(page)
    draw_axes(page)
    half, at = plate.TOP_MM / 2, plate.SUPPORT_MM
    for x in (-at, at):
        page.path([above(x, -half - 12), above(x, -half - 44)], stroke_width=0.8)
        page.path([above(-half - 12, x), above(-half - 28, x)], stroke_width=0.8)
    for x in (-half, half):
        page.path([above(x, -half - 12), above(x, -half - 78)], stroke_width=0.8)
    page.path([above(0, -half - 30), above(0, -half - 44)], stroke_width=0.8)
    page.path([above(-half - 12, 0), above(-half - 28, 0)], stroke_width=0.8)
    dimension(page, above(-at, -half - 38), above(0, -half - 38), f"{at:g}")
    dimension(page, above(0, -half - 38), above(at, -half - 38), f"{at:g}")
    dimension(page, above(-half, -half - 70), above(half, -half - 70), f"{plate.TOP_MM:g} x {plate.TOP_MM:g}")
    dimension(page, above(-half - 22, at), above(-half - 22, 0), f"{at:g}")
    dimension(page, above(-half - 22, 0), above(-half - 22, -at), f"{at:g}")
    page.text((28, 796), f"striped: {plate.EDGE_MARK_MM:g} mm not to be stood on, marked yellow", fill=QUIET)
    page.text((28, 815), f"around it: gap of {plate.APRON_GAP_MM:g} mm, then the apron", fill=QUIET)


def draw_side_view(page: Drawing) -> None:
    """The whole plate and its apron from the rear, at 1:4."""
    left, floor = 620.0, 182.0
    scale = 520.0 / 800.0
    page.text((left, 84), "From the rear", size=16, weight="700")
    page.text((left + 130, 84), "plate and apron on the floor", fill=QUIET)
    middle = left + 270

    def x(mm: float) -> float:
        return middle + scale * mm

    def slab(from_mm: float, to_mm: float, low_mm: float, high_mm: float, fill: str) -> None:
        height = scale * (high_mm - low_mm)
        page.box(
            x(from_mm), floor - scale * high_mm, scale * (to_mm - from_mm), height, rx=1, fill=fill, stroke_width=1.2
        )

    half, opening = plate.TOP_MM / 2, plate.TOP_MM / 2 + plate.APRON_GAP_MM
    outer = opening + plate.APRON_WIDTH_MM
    slab(-outer, -opening, 0, SURFACE, WOOD)
    slab(opening, outer, 0, SURFACE, WOOD)
    slab(-half, half, UNDER, SURFACE, METAL)
    for at in (-plate.SUPPORT_MM, plate.SUPPORT_MM):
        slab(at - 30, at + 30, 21, UNDER, CELL)
        slab(at - 5, at + 5, 8, 21, METAL)
        slab(at - 22, at + 22, 0, 8, RUBBER)
    page.path([(x(-outer - 20), floor), (x(outer + 20), floor)], stroke_width=2.4)
    page.text((x(-outer + plate.APRON_WIDTH_MM / 2), floor - 15), "apron", anchor="middle")
    page.text((x(outer - plate.APRON_WIDTH_MM / 2), floor - 15), "apron", anchor="middle")
    page.text((x(0), floor - 8), "box with boards, under the top", anchor="middle", fill=QUIET)
    dimension(page, (x(-outer), floor + 24), (x(outer), floor + 24), f"{2 * outer:g}")
    for edge in (-outer, outer):
        page.path([(x(edge), floor + 6), (x(edge), floor + 32)], stroke_width=0.8)


#: The cut at 1:1: its floor, the foot's axis, and the edges of top and apron that follow from them.
FLOOR, AXIS = 596.0, 896.0
EDGE = AXIS + FULL * (plate.TOP_MM / 2 - plate.SUPPORT_MM)
APRON = EDGE + FULL * plate.APRON_GAP_MM


def height(above_floor_mm: float) -> float:
    """Where a height above the floor lies in the cut."""
    return FLOOR - FULL * above_floor_mm


def draw_corner(page: Drawing) -> None:
    """Cut through one foot at 1:1: top, shim, cell, ball, foot, apron."""
    page.text((620, 268), "Cut through a foot, 1:1", size=16, weight="700")
    bar, end = 1158 - FULL * SCALE_BAR_MM, 1158.0
    page.path([(bar, 256), (bar, 268), (end, 268), (end, 256)], stroke_width=2)
    page.text(((bar + end) / 2, 262), f"{SCALE_BAR_MM:g} mm if printed 1:1", anchor="middle", fill=QUIET)

    def block(half_mm: float, low_mm: float, high_mm: float, fill: str) -> None:
        page.box(AXIS - FULL * half_mm, height(high_mm), 2 * FULL * half_mm, FULL * (high_mm - low_mm), rx=2, fill=fill)

    page.box(796, height(SURFACE), EDGE - 796, FULL * plate.TOP_THICKNESS_MM, rx=2, fill=METAL)
    striped = FULL * plate.EDGE_MARK_MM
    page.box(EDGE - striped, height(SURFACE) - 6, striped, 6, rx=0, fill="url(#edge)", stroke_width=0.8)
    page.box(APRON, height(SURFACE), 70, FULL * SURFACE, rx=2, fill=WOOD)
    page.text((APRON + 35, height(30) + 4.5), "apron", anchor="middle")
    block(14, UNDER - 1, UNDER, "#8a9099")
    block(plate.CELL_BODY_MM / 2 - 6, 22.5, UNDER - 1, CELL)
    block(8, 19, 22.5, METAL)
    block(20, 3, 11, METAL)
    block(20, 0, 3, RUBBER)
    block(3.5, plate.CELLS_ABOVE_FLOOR_MM, 19, METAL)
    page.circle((AXIS, height(plate.CELLS_ABOVE_FLOOR_MM)), FULL * 4.5, fill="#f2f5f9")
    page.text((AXIS, height(34) + 4.5), "load cell", anchor="middle", weight="700")
    page.path([(630, FLOOR), (1160, FLOOR)], stroke_width=3)
    draw_corner_names(page)
    draw_corner_dimensions(page)


def draw_corner_names(page: Drawing) -> None:
    """Each part's name on the left, with a line to the part."""
    for text, above_floor_mm, to_mm in (
        (f"top, {plate.TOP_THICKNESS_MM:g} mm aluminium", 52.5, 25.0),
        ("shim ring", UNDER - 0.5, 14.0),
        (f"body below {plate.CELL_BODY_MM:g} mm wide", 33.0, 24.0),
        ("lock nut", 20.75, 8.0),
        ("ball: the cell plane", plate.CELLS_ABOVE_FLOOR_MM, 4.5),
        ("levelling foot on rubber", 3.0, 20.0),
    ):
        y = height(above_floor_mm)
        words = page.text((620, y + 4.5), text)
        page.path([(words.right + 4, y), (AXIS - FULL * to_mm, y)], stroke=QUIET, stroke_width=1)
        page.circle((AXIS - FULL * to_mm, y), 2.5, fill=QUIET, stroke="none")


def draw_corner_dimensions(page: Drawing) -> None:
    """Heights on the right, overhang and gap above."""
    over = height(SURFACE) - 26
    for x in (AXIS, EDGE, APRON):
        page.path([(x, height(SURFACE) - 10), (x, over - 8)], stroke_width=0.8)
    dimension(page, (AXIS, over), (EDGE, over), f"{plate.TOP_MM / 2 - plate.SUPPORT_MM:g}")
    page.text((APRON + 8, over + 4.5), f"gap {plate.APRON_GAP_MM:g}")
    page.path(
        [(AXIS, height(SURFACE) + 20), (AXIS, FLOOR + 10)], stroke=QUIET, stroke_width=0.8, stroke_dasharray="12 4 3 4"
    )
    plane = height(plate.CELLS_ABOVE_FLOOR_MM)
    page.path([(AXIS + 24, plane), (1136, plane)], stroke_width=0.8, stroke_dasharray="4 4")
    page.path([(APRON + 74, height(SURFACE)), (1166, height(SURFACE))], stroke_width=0.8)
    dimension(page, (1128, plane), (1128, height(SURFACE)), f"{plate.SURFACE_ABOVE_CELLS_MM:g}")
    dimension(page, (1128, FLOOR), (1128, plane), f"{plate.CELLS_ABOVE_FLOOR_MM:g}")
    dimension(page, (1158, FLOOR), (1158, height(SURFACE)), f"{SURFACE:g}")


def draw_rules(page: Drawing) -> None:
    """What must hold, with the figures of `mechanics.py`."""
    bend_mm = plate.centre_deflection_mm(plate.ALUMINIUM, plate.TOP_THICKNESS_MM)
    mass_kg = plate.top_mass_kg(plate.ALUMINIUM, plate.TOP_THICKNESS_MM)
    beyond_mm = plate.safe_distance_mm(mass_kg)
    page.box(612, 640, WIDTH - 28 - 612, 178)
    page.text((628, 664), "What must hold", size=15, weight="700")
    rules = [
        f"Heights are the most allowed: {plate.SURFACE_ABOVE_CELLS_MM:g} above the cells, {SURFACE:g} above the floor.",
        f"Bending in the centre below {plate.DEFLECTION_LIMIT_MM:g} mm at {plate.LOAD_N:g} N: here {bend_mm:.2f} mm.",
        "The four feet equal to 0.1 mm: shim, level, lock.",
        "Only the four balls carry the top: no cable, box or apron.",
        f"{plate.RATED_PERSON_KG:g} kg tip this top of {mass_kg:.1f} kg from beyond {beyond_mm:.0f} mm:",
        f"so the apron, or a plate of {plate.mass_that_stays_kg():.1f} kg and more.",
        "The USB cable leaves at the front edge.",
    ]
    page.lines((628, 690), rules, 13, 19.5)


def draw() -> Drawing:
    """The whole page."""
    page = Drawing(
        "Mechanics of reference plate A",
        "The top from above with its cells, foot template and edge; plate and apron from the rear; one foot cut open.",
    )
    page.parts.append(HATCH)
    page.text((28, 46), "Mechanics of reference plate A", size=24, weight="700")
    page.text((WIDTH - 28, 46), "drawn by draw_mechanics.py", anchor="end", fill=QUIET)
    draw_top_view(page)
    draw_side_view(page)
    draw_corner(page)
    draw_rules(page)
    return page


def main() -> None:
    """Write the file that is committed."""
    TARGET.write_text(draw().svg(), encoding="utf-8")


if __name__ == "__main__":
    main()
