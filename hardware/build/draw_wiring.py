"""Draw `wiring.svg` from `wires.csv`: the plate seen from above, every wire with its colour's name.

python -m hardware.build.draw_wiring
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from hardware.build.svg import INK, PAPER, QUIET, WIDTH, Anchor, Drawing, Point

FOLDER = Path(__file__).resolve().parent
WIRES = FOLDER / "wires.csv"
TARGET = FOLDER / "wiring.svg"

#: Name of a wire's colour -> how it is drawn.
PAINT = {
    "red": "#d93025",
    "black": "#1b1b1b",
    "white": "#ffffff",
    "green": "#1e8e3e",
    "yellow": "#f5c518",
    "blue": "#1a6fd6",
    "violet": "#8430ce",
    "grey": "#8a9099",
    "bare": "#c9ced6",
    "USB cable": "#39424f",
}
#: Where the person's front is up: channel -> (column, row), 0 is left and front.
PLACES = {0: (0, 0), 1: (1, 0), 2: (1, 1), 3: (0, 1)}
PLACE_NAMES = ("front-left", "front-right", "rear-right", "rear-left")

PLATE_TOP, PLATE_BOTTOM = 178.0, 628.0
ROW_TOP = (196.0, 434.0)
CELL_LEFT, CELL_WIDTH = 44.0, 116.0
CONVERTER_LEFT, CONVERTER_WIDTH = 292.0, 104.0
BLOCK_HEIGHT, FIRST_PIN, PIN_STEP = 182.0, 44.0, 25.0
UNO_LEFT, UNO_WIDTH = 510.0, WIDTH - 2 * 510.0


@dataclass(frozen=True, slots=True)
class Wire:
    """One row of `wires.csv`."""

    from_part: str
    from_pin: str
    to_part: str
    to_pin: str
    colour: str
    what: str


def read_wires() -> list[Wire]:
    """Every wire of the plate, in the table's order."""
    with WIRES.open(encoding="utf-8", newline="") as file:
        return [Wire(**row) for row in csv.DictReader(file)]


def draw_wire(page: Drawing, points: list[Point], colour: str) -> None:
    """A line with a dark edge, so that white and yellow show on paper."""
    page.path(points, stroke=INK, stroke_width=5)
    page.path(points, stroke=PAINT[colour], stroke_width=3)


def name_wire(page: Drawing, at: Point, text: str) -> None:
    """The colour's name in a gap of the line."""
    width = 0.6 * 13 * len(text) + 8
    page.add("rect", x=at[0] - width / 2, y=at[1] - 9, width=width, height=18, fill=PAPER)
    page.text((at[0], at[1] + 4.5), text, anchor="middle")


def across(x: float, column: int) -> float:
    """The left column's x in this column: the right one is its image."""
    return x if column == 0 else WIDTH - x


def draw_block(page: Drawing, left: float, top: float, width: float, column: int) -> None:
    """The outline of a cell or a board."""
    edge = across(left, column) - (width if column else 0)
    page.box(edge, top, width, BLOCK_HEIGHT, stroke_width=2)


def pin_y(top: float, index: int) -> float:
    """Height of the pin with this number, counted from the top of its block."""
    return top + FIRST_PIN + PIN_STEP * index


def draw_cell(page: Drawing, cell: int) -> None:
    """A load cell: number, place, bridge."""
    column, row = PLACES[cell]
    top, middle = ROW_TOP[row], across(CELL_LEFT + CELL_WIDTH / 2, column)
    draw_block(page, CELL_LEFT, top, CELL_WIDTH, column)
    page.text((middle, top + 52), str(cell), size=44, anchor="middle", weight="700")
    page.text((middle, top + 78), PLACE_NAMES[cell], size=15, anchor="middle", weight="700")
    centre = top + 116
    diamond: list[Point] = [(middle, centre - 22), (middle + 26, centre), (middle, centre + 22), (middle - 26, centre)]
    page.path([*diamond, diamond[0]], stroke_width=1.6)
    for one, other in zip(diamond, [*diamond[1:], diamond[0]], strict=True):
        page.circle(((one[0] + other[0]) / 2, (one[1] + other[1]) / 2), 5, stroke_width=1.4)
    page.text((middle, top + 167), "load cell", anchor="middle", fill=QUIET)


def draw_cell_wires(page: Drawing, cell: int, wires: list[Wire]) -> None:
    """From the load cell to its converter, with the pins named at the converter."""
    column, row = PLACES[cell]
    top = ROW_TOP[row]
    for index, wire in enumerate(wires):
        y = pin_y(top, index)
        start, end = across(CELL_LEFT + CELL_WIDTH, column), across(CONVERTER_LEFT, column)
        draw_wire(page, [(start, y), (end, y)], wire.colour)
        label = f"shield, {wire.colour}" if wire.from_pin == "shield" else wire.colour
        name_wire(page, ((start + end) / 2, y), label)
        anchor: Anchor = "start" if column == 0 else "end"
        page.text((across(CONVERTER_LEFT + 8, column), y + 4.5), wire.to_pin, anchor=anchor)


def draw_board_wires(page: Drawing, cell: int, wires: list[Wire]) -> None:
    """From the converter to the Uno, with the pins named at both."""
    column, row = PLACES[cell]
    top = ROW_TOP[row]
    right = CONVERTER_LEFT + CONVERTER_WIDTH
    for index, wire in enumerate(wires):
        y = pin_y(top, index)
        start, end = across(right, column), across(UNO_LEFT, column)
        draw_wire(page, [(start, y), (end, y)], wire.colour)
        name_wire(page, ((start + end) / 2, y), wire.colour)
        outer: Anchor = "end" if column == 0 else "start"
        inner: Anchor = "start" if column == 0 else "end"
        page.text((across(right - 8, column), y + 4.5), wire.from_pin, anchor=outer)
        page.text((across(UNO_LEFT + 10, column), y + 4.5), wire.to_pin, anchor=inner, weight="700")


def draw_converter(page: Drawing, cell: int) -> None:
    """A board, with the capacitors across its supply."""
    column, row = PLACES[cell]
    top = ROW_TOP[row]
    draw_block(page, CONVERTER_LEFT, top, CONVERTER_WIDTH, column)
    middle = across(CONVERTER_LEFT + CONVERTER_WIDTH / 2, column)
    page.text((middle, top + 23), f"HX711 {cell}", size=15, anchor="middle", weight="700")
    page.text((middle, top + 173), "RATE = 80", anchor="middle", weight="700")
    # The capacitor lies between VCC and GND, at the board.
    x, y = across(CONVERTER_LEFT + CONVERTER_WIDTH + 16, column), pin_y(top, 0)
    page.path([(x, y), (x, y + 9)])
    page.path([(x - 8, y + 9), (x + 8, y + 9)], stroke_width=2.4)
    page.path([(x - 8, y + 15), (x + 8, y + 15)], stroke_width=2.4)
    page.path([(x, y + 15), (x, y + PIN_STEP)])


def draw_uno(page: Drawing) -> None:
    """The Uno with its terminal shield."""
    top, bottom = ROW_TOP[0], ROW_TOP[1] + BLOCK_HEIGHT
    page.box(UNO_LEFT, top, UNO_WIDTH, bottom - top, stroke_width=2, fill="#f2f5f9")
    middle = WIDTH / 2
    page.text((middle, 372), "Arduino Uno", size=18, anchor="middle", weight="700")
    page.lines(
        (UNO_LEFT + 16, 398), ["or Nano, on a shield", "with terminals: its 5V", "and GND rails feed all"], 12, 16
    )


def draw_frame(page: Drawing) -> None:
    """The plate's edge, and which way the person looks."""
    page.box(28, PLATE_TOP, WIDTH - 56, PLATE_BOTTOM - PLATE_TOP, rx=14, fill="#fbfcfd", stroke_dasharray="10 6")
    x, y = 70.0, 422.0
    page.arrow((x, y), (x, y - 34))
    page.arrow((x, y), (x + 48, y))
    page.text((x + 10, y - 22), "y forward")
    page.text((x + 54, y + 4.5), "x to the person's right")
    page.text((WIDTH - 44, 401), "The plate from above; the person looks up the page.", anchor="end", fill=QUIET)
    page.text((WIDTH - 44, 420), "Cell numbers are printed on the plate.", anchor="end", fill=QUIET)


def draw_outside(page: Drawing, wires: list[Wire]) -> None:
    """What leaves the plate at its front edge: button, USB, sync."""
    top, height = 72.0, 62.0
    floor = top + height
    rows = {(wire.from_part, wire.from_pin): wire for wire in wires}
    for left, width, name, below in (
        (44, 196, "event button", "held while it lasts; optional"),
        (494, 200, "USB isolator", "full speed, feeds 500 mA"),
        (1000, 144, "sync in", "optional"),
    ):
        page.box(left, top, width, height)
        page.text((left + width / 2, top + 27), name, size=15, anchor="middle", weight="700")
        page.text((left + width / 2, top + 47), below, size=12, anchor="middle", fill=QUIET)
    page.box(776, top, 170, height)
    page.text((861, top + 27), "laptop", size=15, anchor="middle", weight="700")
    page.text((861, top + 47), "on battery, 1.5 m away", size=12, anchor="middle", fill=QUIET)
    draw_wire(page, [(594, ROW_TOP[0]), (594, floor)], rows["Uno", "USB"].colour)
    draw_wire(page, [(694, top + 31), (776, top + 31)], rows["USB isolator", "computer side"].colour)
    page.text((600, 164), "USB", size=12, weight="700")
    page.text((735, top + 22), "USB", anchor="middle", weight="700")
    for part, pins_x, ends_x in (("event button", (526, 556), (100, 142)), ("sync in", (666, 634), (1100, 1058))):
        for index, pin in enumerate(("contact", "return")):
            wire = rows[part, pin]
            level = 168.0 - 18 * index
            start, end = pins_x[index], ends_x[index]
            draw_wire(page, [(start, ROW_TOP[0]), (start, level), (end, level), (end, floor)], wire.colour)
            name_wire(page, ((end + start) / 2, level), f"{wire.colour}")
            page.text((start, ROW_TOP[0] + 18), wire.to_pin, size=12, anchor="middle", weight="700")


def draw_chip(page: Drawing, left: float, top: float) -> None:
    """The corner of the chip where RATE is: pins 16 to 13 seen from above, pin 15 lifted and joined to 16."""
    page.box(left, top, 200, 52, rx=3, fill="#2a313b")
    page.circle((left + 14, top + 40), 4, fill=PAPER)
    page.text((left + 100, top + 32), "HX711", size=15, anchor="middle", fill=PAPER, weight="700")
    for index, (number, name) in enumerate((("16", "DVDD"), ("15", "RATE"), ("14", "XI"), ("13", "XO"))):
        x = left + 26 + 50 * index
        lifted = number == "15"
        page.box(x - 8, top - (34 if lifted else 24), 16, 34 if lifted else 24, rx=1, fill="#c9ced6")
        page.text((x, top - 62), name, anchor="middle", weight="700" if index < 2 else "400")
        page.text((x, top - 46), number, anchor="middle", fill=QUIET)
    page.path([(left + 26, top - 14), (left + 26, top - 30), (left + 76, top - 30)], stroke="#d93025", stroke_width=5)


def draw_rate(page: Drawing) -> None:
    """How RATE is changed, for both kinds of board."""
    page.box(28, 640, 560, 178)
    page.text((44, 664), "RATE: 80 conversions a second instead of 10", size=15, weight="700")
    draw_chip(page, 56, 746)
    page.lines(
        (284, 696),
        ["Green board: lift pin 15 off its pad", "(tied to ground), bridge it to pin 16."],
    )
    page.lines(
        (284, 748),
        ["SparkFun board: cut the RATE jumper", "on the underside; join VCC and VDD."],
    )
    page.text((284, 800), "rate-jumper.md tells more.", fill=QUIET)


def draw_rules(page: Drawing) -> None:
    """What goes wrong most often."""
    page.box(604, 640, WIDTH - 28 - 604, 178)
    page.text((620, 664), "Read before soldering", size=15, weight="700")
    rules = [
        "Colours of cell wires differ: the cell's own data sheet rules.",
        "Counts must rise when the cell is pressed: else swap A- and A+.",
        "Every cell's shield ends at its board, not at the plate or cell.",
        "Each board: 10 µF and 100 nF across VCC and GND (two bars).",
        "Cell cables under 0.5 m; keep away from USB and mains leads.",
        "D2, D3: contact to ground; pulled up in the chip; never driven.",
        "D0, D1 are the USB line. D10 to D13 stay free.",
    ]
    page.lines((620, 690), rules, 13, 19.5)


def draw() -> Drawing:
    """The whole page."""
    page = Drawing(
        "Wiring of reference plate A",
        "Four load cells in the corners of the plate, each on its own HX711 board; the boards on an Arduino Uno; "
        "the Uno through a USB isolator on a laptop. Every wire is in wires.csv.",
    )
    wires = read_wires()
    page.text((28, 46), "Wiring of reference plate A", size=24, weight="700")
    page.text((WIDTH - 28, 46), "drawn from wires.csv by draw_wiring.py", anchor="end", fill=QUIET)
    draw_frame(page)
    draw_uno(page)
    for cell in PLACES:
        draw_cell(page, cell)
        draw_converter(page, cell)
        draw_cell_wires(page, cell, [wire for wire in wires if wire.from_part == f"cell {cell}"])
        draw_board_wires(page, cell, [wire for wire in wires if wire.from_part == f"HX711 {cell}"])
    draw_outside(page, wires)
    draw_rate(page)
    draw_rules(page)
    return page


def main() -> None:
    """Write the file that is committed."""
    TARGET.write_text(draw().svg(), encoding="utf-8")


if __name__ == "__main__":
    main()
