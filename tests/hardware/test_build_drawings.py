"""The build guide's drawings: drawn from the tables, true to firmware and plate, legible on paper."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from xml.etree import ElementTree

import pytest
from tests_root import ROOT

from hardware.build import draw_mechanics, draw_wiring
from hardware.build.draw_wiring import PAINT, PLACE_NAMES, PLACES, Wire, read_wires
from hardware.build.svg import UNITS_PER_PAPER_MM, Drawing, overlapping

WIRES = read_wires()
PLATE = tomllib.loads((ROOT / "hardware" / "plates" / "reference-a.toml").read_text(encoding="utf-8"))
FIRMWARE = ROOT / "hardware" / "firmware"
PINS = (FIRMWARE / "stancelab" / "hx711.cpp").read_text(encoding="utf-8")
WIRING_PAGE = (ROOT / "hardware" / "build" / "wiring.md").read_text(encoding="utf-8")

DRAWINGS = pytest.mark.parametrize("module", [draw_wiring, draw_mechanics], ids=["wiring", "mechanics"])


def constant(name: str) -> int:
    found = re.search(rf"\b{name} = (0x[0-9A-F]+|\d+)", PINS)
    assert found is not None, name
    return int(found[1], 0)


def to_uno(part: str) -> dict[str, str]:
    """Pin of a part -> pin of the Uno it is joined to."""
    return {wire.from_pin: wire.to_pin for wire in WIRES if (wire.from_part, wire.to_part) == (part, "Uno")}


@pytest.mark.parametrize("cell", range(4))
def test_data_and_clock_of_each_cell_are_on_the_pins_that_the_firmware_reads(cell: int) -> None:
    """On an Uno bit n of port D is pin n, bit n of port C is An; the firmware gives cell i bit 4 + i and bit i."""
    assert "PIND & data" in PINS
    assert "PORTC |= high" in PINS
    first = constant("kFirstLine")
    assert constant("kLines") == 0b1111 << first
    assert constant("kClocks") == 0b1111
    assert to_uno(f"HX711 {cell}") == {"VCC": "5V", "GND": "GND", "DT": f"D{first + cell}", "SCK": f"A{cell}"}


def test_sync_and_button_are_on_the_pins_that_the_firmware_watches() -> None:
    """Bit 0 of the two inputs is sync, bit 1 the button (`board.cpp`)."""
    assert "active & 1 ? kSyncIn" in (FIRMWARE / "stancelab" / "board.cpp").read_text(encoding="utf-8")
    first = constant("kFirstInput")
    assert constant("kInputs") == 0b11 << first
    assert to_uno("sync in")["contact"] == f"D{first}"
    assert to_uno("event button")["contact"] == f"D{first + 1}"


@pytest.mark.parametrize("cell", range(4))
def test_each_cell_is_drawn_where_the_plate_has_it(cell: int) -> None:
    """Right is + x and the right column; front is + y and the upper row."""
    x_mm, y_mm = PLATE["cells_mm"][cell]
    column, row = PLACES[cell]
    assert (column, row) == (int(x_mm > 0), int(y_mm < 0))
    assert PLACE_NAMES[cell] == f"{'front' if y_mm > 0 else 'rear'}-{'right' if x_mm > 0 else 'left'}"


@pytest.mark.parametrize("cell", range(4))
def test_every_cell_has_four_wires_and_a_shield_to_its_own_board(cell: int) -> None:
    wires = [wire for wire in WIRES if wire.from_part == f"cell {cell}"]
    assert {wire.to_part for wire in wires} == {f"HX711 {cell}"}
    assert [(wire.from_pin, wire.to_pin) for wire in wires] == [
        ("E+", "E+"),
        ("E-", "E-"),
        ("A-", "A-"),
        ("A+", "A+"),
        ("shield", "GND"),
    ]


def test_no_pin_of_the_uno_but_supply_and_ground_has_two_wires() -> None:
    ends = Counter(wire.to_pin for wire in WIRES if wire.to_part == "Uno")
    assert {pin for pin, count in ends.items() if count > 1} == {"5V", "GND"}
    assert not {"D0", "D1"} & set(ends)


@pytest.mark.parametrize("cell", range(4))
def test_the_pages_tables_of_pins_are_the_wires(cell: int) -> None:
    pins = to_uno(f"HX711 {cell}")
    assert f"| {cell} | {PLACE_NAMES[cell]} | {pins['DT']} | {pins['SCK']} |" in WIRING_PAGE
    firmware_page = (FIRMWARE / "README.md").read_text(encoding="utf-8")
    assert re.search(r"D4 - D7 \| DOUT of cell 0 - 3 .*\n.*A0 - A3 \| SCK of cell 0 - 3", firmware_page)


@DRAWINGS
def test_the_committed_drawing_is_what_the_script_draws(module: object) -> None:
    assert isinstance(module, type(draw_wiring))
    assert module.TARGET.read_text(encoding="utf-8") == module.draw().svg(), f"run python -m {module.__name__}"


@DRAWINGS
def test_no_words_lie_on_others_or_leave_the_page(module: object) -> None:
    assert isinstance(module, type(draw_wiring))
    assert overlapping(module.draw()) == []


@DRAWINGS
def test_letters_on_a4_are_no_smaller_than_eight_points(module: object) -> None:
    """A point is 0.3528 mm."""
    assert isinstance(module, type(draw_wiring))
    root = ElementTree.fromstring(module.draw().svg())  # noqa: S314 - our own text
    sizes = [float(text.attrib["font-size"]) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert len(sizes) > 30
    assert min(sizes) / UNITS_PER_PAPER_MM / 0.3528 >= 8.0


def test_words_that_share_paper_are_found() -> None:
    page = Drawing("", "")
    page.text((100, 100), "one")
    page.text((110, 104), "other")
    page.text((1180, 500), "outside")
    assert overlapping(page) == [("one", "other"), ("outside", "page")]


def beside_lines(wires: list[Wire]) -> Counter[str]:
    """What should be written beside the lines; a USB cable is called USB."""
    names = Counter("shield, bare" if wire.from_pin == "shield" else wire.colour for wire in wires)
    return Counter({"USB" if name == "USB cable" else name: count for name, count in names.items()})


def test_every_wire_has_its_colours_name_beside_it() -> None:
    """So that the drawing can be printed in grey."""
    written = Counter(words.text for words in draw_wiring.draw().words)
    assert {name: written[name] for name in beside_lines(WIRES)} == dict(beside_lines(WIRES))
    assert {wire.colour for wire in WIRES} == set(PAINT)
