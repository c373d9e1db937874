"""What is printed is true to scale, holds every cross where it belongs, and is the same file every time."""

from __future__ import annotations

from functools import cache
from io import BytesIO

import numpy as np
import pytest
from pypdf import PdfReader
from pypdf.generic import ContentStream

from analysis.calibration_grid import GRIDS, Grid
from dashboard.report.sheets import PAPER_MM, diagonal, foot_sheet, grid_sheet, straight
from dashboard.words import load_words
from hardware.plates import load_plate_model

POINTS_PER_MM = 72 / 25.4
MODEL = load_plate_model("reference-a")
SHEETS = ("a2", "a3", "feet")
Segment = tuple[tuple[float, float], tuple[float, float]]


@cache
def sheet(name: str) -> bytes:
    return foot_sheet(load_words(), MODEL) if name == "feet" else grid_sheet(load_words(), Grid(name), MODEL)


@cache
def segments(name: str) -> tuple[Segment, ...]:
    """Straight lines of a sheet as a printer would draw them, in mm from its middle, y upward."""
    reader = PdfReader(BytesIO(sheet(name)))
    (page,) = reader.pages
    width, height = float(page.mediabox.width), float(page.mediabox.height)
    stack, now, at, found = [], np.eye(3), None, []
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        numbers = [float(each) for each in operands] if operator in (b"cm", b"m", b"l") else []
        if operator == b"q":
            stack.append(now)
        elif operator == b"Q":
            now = stack.pop()
        elif operator == b"cm":
            a, b, c, d, e, f = numbers
            now = np.array([[a, b, 0], [c, d, 0], [e, f, 1]]) @ now
        elif operator in (b"m", b"l"):
            x, y, _ = np.array([*numbers, 1.0]) @ now
            place = ((x - width / 2) / POINTS_PER_MM, (y - height / 2) / POINTS_PER_MM)
            if operator == b"l" and at is not None:
                found.append((at, place))
            at = place
    return tuple(found)


def lines_at(name: str, centre: tuple[float, float]) -> list[Segment]:
    """Segments whose middle is here, within a hundredth of a millimetre."""
    return [(a, b) for a, b in segments(name) if np.allclose((np.array(a) + b) / 2, centre, atol=0.01)]


@pytest.mark.parametrize("name", SHEETS)
def test_the_paper_has_its_size_and_the_file_is_the_same_every_time(name: str) -> None:
    (page,) = PdfReader(BytesIO(sheet(name))).pages
    width_mm, height_mm = PAPER_MM[Grid.A2 if name == "a2" else Grid.A3]
    assert float(page.mediabox.width) == pytest.approx(width_mm * POINTS_PER_MM, abs=0.02)
    assert float(page.mediabox.height) == pytest.approx(height_mm * POINTS_PER_MM, abs=0.02)
    again = foot_sheet(load_words(), MODEL) if name == "feet" else grid_sheet(load_words(), Grid(name), MODEL)
    assert again == sheet(name)


@pytest.mark.parametrize("name", SHEETS)
def test_both_scale_bars_are_a_hundred_millimetres(name: str) -> None:
    """283.46 points. Ten parts each: eleven ticks on either."""
    spans = {(round(abs(b[0] - a[0]), 2), round(abs(b[1] - a[1]), 2)) for a, b in segments(name)}
    assert {(100.0, 0.0), (0.0, 100.0)} <= spans
    for (a, b), across in (((a, b), a[1] == pytest.approx(b[1])) for a, b in segments(name)):
        if np.hypot(b[0] - a[0], b[1] - a[1]) == pytest.approx(100.0, abs=0.01):
            steps = {round(t[0] if across else t[1], 1) for t, _ in segments(name)}
            start = min(a[0], b[0]) if across else min(a[1], b[1])
            assert {round(start + 10.0 * tick, 1) for tick in range(11)} <= steps


@pytest.mark.parametrize("grid", Grid)
def test_every_cross_is_printed_where_the_weight_has_to_stand(grid: Grid) -> None:
    """Two hairs of 24 mm through each place; on A3 turned with the plate's diagonal up the sheet."""
    laid = straight if grid is Grid.A2 else diagonal
    for place in (*GRIDS[grid].fitted, *GRIDS[grid].held_out):
        hairs = [(a, b) for a, b in lines_at(grid, laid(place)) if np.hypot(b[0] - a[0], b[1] - a[1]) < 30]
        lengths = sorted((round(abs(b[0] - a[0]), 2), round(abs(b[1] - a[1]), 2)) for a, b in hairs)
        assert lengths == [(0.0, 24.0), (24.0, 0.0)], place


def test_turning_the_sheet_keeps_distances() -> None:
    assert np.hypot(*diagonal((180.0, 0.0))) == pytest.approx(180.0)
    assert diagonal((220.0, 220.0)) == (pytest.approx(0.0), pytest.approx(np.hypot(220, 220)))
    assert diagonal((0.0, 1.0))[0] < 0  # the front is up and to the left


def test_heel_lines_lie_where_the_template_puts_the_heels() -> None:
    for foot in (MODEL.template.left, MODEL.template.right):
        wide = [(a, b) for a, b in lines_at("feet", foot.heel_mm) if a[1] == pytest.approx(b[1], abs=0.01)]
        assert [round(abs(b[0] - a[0]), 2) for a, b in wide] == [foot.width_mm]


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_says_how_to_print_and_which_way_is_front(name: str) -> None:
    text = PdfReader(BytesIO(sheet(name))).pages[0].extract_text()
    assert "Print at 100 %" in text
    assert "FRONT" in text
    assert text.count("100 mm") >= 2


@pytest.mark.parametrize("grid", Grid)
def test_a_sheet_names_all_four_cells(grid: Grid) -> None:
    text = PdfReader(BytesIO(sheet(grid))).pages[0].extract_text()
    for cell, corner in enumerate(("front left", "front right", "rear right", "rear left")):
        assert f"to cell {cell}, {corner}" in text


@pytest.mark.parametrize("name", SHEETS)
def test_fonts_travel_with_the_sheet(name: str) -> None:
    (page,) = PdfReader(BytesIO(sheet(name))).pages
    for font in page["/Resources"]["/Font"].values():  # type: ignore[index,union-attr]
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile3", "/FontFile2"} & set(descriptor)
