"""Figures and tables that the build guide's pages quote."""

from __future__ import annotations

import argparse
import csv
import re
from importlib import import_module

import pytest
from tests_root import ROOT

from acquisition.checkup import LOW_SUPPLY_MV, NOISE_N, SPREAD_PCT
from analysis.calibrating import HOLD_OUT_FZ_PCT, HOLD_OUT_MAX_MM, HOLD_OUT_MEAN_MM
from analysis.calibration_checks import ZERO_SHIFT_N
from analysis.calibration_grid import STANDARD_GRAVITY
from analysis.recording import CLOCK_DOUBTFUL
from dashboard.cli import VERBS
from dashboard.words import load_words
from hardware.build import mechanics
from hardware.plates import load_plate_model

GUIDE = ROOT / "hardware" / "build"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(GUIDE.glob("*.md"))}
PARTS = list(csv.DictReader((GUIDE / "bom.csv").read_text(encoding="utf-8").splitlines()))


def rows(page: str, columns: int) -> list[list[str]]:
    """Rows of the page's tables with so many columns, without heads."""
    found = [line.strip("| ").split(" | ") for line in PAGES[page].splitlines() if line.startswith("|")]
    return [row for row in found if len(row) == columns and not row[0].startswith("---")]


def price(part: dict[str, str], which: str) -> float:
    return float(part[which]) * int(part["quantity"])


def test_every_part_stands_on_the_page_as_in_the_file() -> None:
    listed = [
        [
            *(part[name] for name in ("group", "item", "quantity", "required", "substitutes")),
            f"{float(part['low_eur']):g} - {float(part['high_eur']):g}",
        ]
        for part in PARTS
    ]
    assert rows("bill-of-materials", 6)[1:] == listed


def test_the_totals_are_the_sums_of_the_parts() -> None:
    """Options are not part of a plate's price."""
    sums = {group: [0.0, 0.0] for group in dict.fromkeys(part["group"] for part in PARTS)}
    for part in PARTS:
        sums[part["group"]][0] += price(part, "low_eur")
        sums[part["group"]][1] += price(part, "high_eur")
    needed = [value for group, value in sums.items() if group != "option"]
    sums["one plate"] = [sum(low for low, _ in needed), sum(high for _, high in needed)]
    written = {
        row[0].strip("*"): [float(bound) for bound in row[1].strip("*").split(" - ")]
        for row in rows("bill-of-materials", 2)[1:]
    }
    assert written == {group: pytest.approx(value) for group, value in sums.items()}


def test_prices_are_called_estimates_and_dated() -> None:
    assert "Prices are estimates of November 2026" in PAGES["bill-of-materials"]
    assert all(0 <= float(part["low_eur"]) <= float(part["high_eur"]) for part in PARTS)


def test_there_are_as_many_cells_and_boards_as_the_plate_has_corners() -> None:
    quantity = {part["item"]: int(part["quantity"]) for part in PARTS}
    corners = len(mechanics.PLATE["cells_mm"])
    assert quantity["load cell"] == quantity["HX711 board"] == quantity["levelling foot"] == corners


def test_a_plate_on_its_corners_bends_as_the_handbook_says() -> None:
    """Even load q on a square plate held at its four corners, nu 0.25: 0.0257 q a^4 / D in the centre.

    Source: Timoshenko & Woinowsky-Krieger. The load is even where the patch is the whole plate, 2 halves by 2 halves.
    """
    assert mechanics.deflection_factor(1.0, 0.25, patch=(2.0, 2.0)) == pytest.approx(0.0257, abs=5e-5)


def test_more_terms_do_not_move_the_deflection() -> None:
    support = mechanics.SUPPORT_MM / (mechanics.TOP_MM / 2)
    few, many = (mechanics.deflection_factor(support, 0.33, terms=terms) for terms in (8, 12))
    assert few == pytest.approx(many, rel=5e-3)


def test_the_table_of_tops_is_what_plate_theory_gives() -> None:
    written = [row[:5] for row in rows("mechanics", 6) if " mm " in row[0]]
    assert written == [
        [
            f"{thickness_mm:g} mm {material.name}",
            f"{material.modulus_gpa:g}",
            f"{mechanics.centre_deflection_mm(material, thickness_mm):.2f}",
            f"{mechanics.centre_deflection_mm(material, thickness_mm, mechanics.FOOT_MM):.2f}",
            f"{mechanics.top_mass_kg(material, thickness_mm):.1f}",
        ]
        for material, thickness_mm in mechanics.TOPS
    ]


def test_the_reference_top_is_stiff_enough_and_12_mm_of_aluminium_are_not() -> None:
    reference_mm = mechanics.centre_deflection_mm(mechanics.ALUMINIUM, mechanics.TOP_THICKNESS_MM)
    assert reference_mm < mechanics.DEFLECTION_LIMIT_MM < mechanics.centre_deflection_mm(mechanics.ALUMINIUM, 12.0)


def test_the_plate_that_stays_is_the_one_its_person_cannot_tip() -> None:
    """20.5 kg x 220 mm against 150 kg x 30 mm about the near feet: 4500 kg mm each."""
    stays_kg = mechanics.mass_that_stays_kg()
    assert stays_kg == pytest.approx(4500 / 220)
    assert mechanics.tipping_mass_kg(stays_kg) == pytest.approx(mechanics.RATED_PERSON_KG)
    assert mechanics.safe_distance_mm(stays_kg) == pytest.approx(mechanics.TOP_MM / 2)
    assert mechanics.top_mass_kg(mechanics.STEEL, 12.0) > stays_kg


REFERENCE_KG = mechanics.top_mass_kg(mechanics.ALUMINIUM, mechanics.TOP_THICKNESS_MM)
REFERENCE_MM = mechanics.centre_deflection_mm(mechanics.ALUMINIUM, mechanics.TOP_THICKNESS_MM)
ALPHA = mechanics.deflection_factor(mechanics.SUPPORT_MM / (mechanics.TOP_MM / 2), mechanics.ALUMINIUM.poisson)
CORNER_KG = mechanics.corner_share() * mechanics.RATED_PERSON_KG

COUNTS_PER_N = 1 / load_plate_model("reference-a").newton_per_count
TEN_KG_COUNTS = 10 * STANDARD_GRAVITY * COUNTS_PER_N

QUOTED = [
    ("mechanics", f"α is {ALPHA:.4f} for a load on a point"),
    (
        "mechanics",
        f"the {REFERENCE_KG:.1f} kg top alone lifts from {mechanics.tipping_mass_kg(REFERENCE_KG):.0f} kg on",
    ),
    ("mechanics", f"150 kg tip it when they stand more than {mechanics.safe_distance_mm(REFERENCE_KG):.0f} mm from"),
    ("mechanics", f"a plate of {mechanics.mass_that_stays_kg():.1f} kg and more"),
    ("mechanics", f"{mechanics.corner_share():.2f} × the person"),
    ("mechanics", f"{CORNER_KG:.0f} kg for 150 kg"),
    ("mechanics", f"would ring at {mechanics.frequency_hz(80.0, REFERENCE_MM):.0f} Hz"),
    ("mechanics", f"{mechanics.SURFACE_ABOVE_CELLS_MM * 10 / 700:.2f} mm at 45 mm, 10 N and 700 N"),
    ("plate-b", f"{mechanics.frequency_hz(80.0, REFERENCE_MM):.0f} Hz with a rigid 80 kg"),
    ("bill-of-materials", f"150 kg need {CORNER_KG:.0f} kg"),
    ("safety", f"at most {mechanics.CELLS_ABOVE_FLOOR_MM + mechanics.SURFACE_ABOVE_CELLS_MM:g} mm above the floor"),
    ("safety", f"Largest person: **{mechanics.RATED_PERSON_KG:g} kg**"),
    ("assembly-checks", f"CoP error {HOLD_OUT_MEAN_MM:g} mm in the mean, {HOLD_OUT_MAX_MM:g} mm at most"),
    ("assembly-checks", f"at most; Fz within {HOLD_OUT_FZ_PCT:g} %"),
    ("assembly-checks", f"each cell within {ZERO_SHIFT_N:g} N, {round(ZERO_SHIFT_N * COUNTS_PER_N, -2):.0f} counts"),
    ("assembly-checks", f"within 0.5 N ({round(0.5 * COUNTS_PER_N, -2):.0f} counts)"),
    (
        "assembly-checks",
        f"1 N is {COUNTS_PER_N:.0f} counts, 10 kg are {10 * STANDARD_GRAVITY * COUNTS_PER_N / 1000:.0f} 000",
    ),
    ("assembly-checks", f"within {100 * CLOCK_DOUBTFUL:g} % (what a ceramic resonator keeps"),
    ("assembly-checks", f"the program warns from {NOISE_N:g} N"),
    ("assembly-checks", f"each within {SPREAD_PCT:g} % of the median"),
    ("assembly-checks", f"supply in `checkup` above {LOW_SUPPLY_MV / 1000:g} V"),
    ("bill-of-materials", f"gives {COUNTS_PER_N:.0f} counts per newton"),
]


@pytest.mark.parametrize(("page", "words"), QUOTED, ids=lambda value: value[:30])
def test_what_a_page_quotes_is_what_is_calculated(page: str, words: str) -> None:
    assert words in PAGES[page]


def test_checks_are_numbered_through_and_each_says_its_limit() -> None:
    """Columns: number, check, how, limit, what to do."""
    checks = [row for row in rows("assembly-checks", 5) if row[0].isdigit()]
    assert [int(row[0]) for row in checks] == list(range(1, len(checks) + 1))
    assert [row[1] for row in checks if not all(cell.strip() for cell in row)] == []
    assert len(checks) >= 30


def test_every_page_names_its_sources() -> None:
    assert [name for name, text in PAGES.items() if name != "README" and "\nSources: " not in text] == []


def test_what_a_healthy_board_says_is_quoted_as_it_says_it() -> None:
    """The line of `?` as in the firmware's own page; the sentence of `identify` as the program words it."""
    line = "stancelab 1.0.0 4981mV 91.8 92.4 92.1 91.9/s"
    firmware_page = (ROOT / "hardware" / "firmware" / "README.md").read_text(encoding="utf-8")
    assert all(line in text for text in (firmware_page, PAGES["flash"], PAGES["rate-jumper"]))
    said = load_words()("command.identify.rate", rates="91.8 / 92.4 / 92.1 / 91.9", nominal=80)
    assert said in PAGES["rate-jumper"]


COMMANDS = sorted({found for text in PAGES.values() for found in re.findall(r"python3 start\.py ([^`\n]+)", text)})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_guide_is_one(command: str) -> None:
    """Its verb is a verb, and the verb takes its options."""
    verb, *arguments = command.split()
    parser = argparse.ArgumentParser(exit_on_error=False)
    import_module(f"dashboard.commands.{VERBS[verb]}").add_arguments(parser)
    assert parser.parse_args(arguments)


def test_the_guide_says_what_it_is_not() -> None:
    assert "not a medical device" in PAGES["safety"]
    assert re.search(r"no plate has been built by these pages yet", PAGES["README"])


def test_every_page_and_table_is_reached_from_the_entry() -> None:
    reached = set(re.findall(r"\]\(([\w.-]+)", PAGES["README"]))
    linked = {name for page in PAGES.values() for name in re.findall(r"\]\(([\w.-]+)", page)}
    assert {f"{name}.md" for name in PAGES if name != "README"} <= reached
    assert {path.name for path in GUIDE.iterdir() if path.suffix in {".csv", ".svg"}} <= linked
